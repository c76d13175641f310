"""Key facts: a list for readers who join late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Errors, Kind, source_field, source_text
from articles.text.richtext import count_points, items

if TYPE_CHECKING:
    from articles.models import Update
    from articles.pending import PendingRelations

#: The least number of points for a summary, and the number for which the head of the page has room.
POINTS = range(3, 6)


class Facts(Kind):
    code = "facts"
    name = pgettext_lazy("kind of update", "Key facts")
    hint = _("What readers joining late need to know. Pinned to the top.")
    sign = "★"
    pinned = True

    def publish_errors(self, update: Update, pending: PendingRelations) -> Errors:
        body, field = source_text(update, "body"), source_field(update, "body")
        if not any(items(body)):
            return {field: _("Write the key facts as a list.")}
        if count_points(body) not in POINTS:
            return {field: _("Write three to five points. The top of the page has room for five.")}
        return {}

"""Key facts: a list for readers who join late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Errors, Kind, source_field, source_text
from articles.text.richtext import items

if TYPE_CHECKING:
    from articles.models import Update
    from articles.pending import PendingRelations


class Facts(Kind):
    code = "facts"
    name = pgettext_lazy("kind of update", "Key facts")
    hint = _("What readers joining late need to know. Pinned to the top.")
    sign = "★"
    pinned = True

    def publish_errors(self, update: Update, pending: PendingRelations) -> Errors:
        if any(items(source_text(update, "body"))):
            return {}
        return {source_field(update, "body"): _("Write the key facts as a list.")}

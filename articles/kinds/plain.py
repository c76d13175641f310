"""Kinds without their own template context or structured data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Errors, Kind

if TYPE_CHECKING:
    from articles.models import Update
    from articles.pending import PendingRelations


class Text(Kind):
    code = "text"
    name = pgettext_lazy("kind of update", "Text")
    hint = _("A few sentences, with a headline if needed.")
    sign = "¶"


class Pictures(Kind):
    code = "pictures"
    name = pgettext_lazy("kind of update", "Pictures")
    hint = _("One or more pictures, each with a credit line and alt text.")
    sign = "▣"
    optional = ("headline", "body")
    wordless = True


class Embed(Kind):
    code = "embed"
    name = pgettext_lazy("kind of update", "Embed")
    hint = _("A post, video or chart from another site.")
    sign = "⧉"
    fields = ("embed_url",)
    optional = ("headline", "body")
    wordless = True

    def publish_errors(self, update: Update, pending: PendingRelations) -> Errors:
        return {} if pending.embed_url_of(update) else {"embed_url": _("Paste the link to the post, video or chart.")}

"""What a reader who comes late must know."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Kind, beside, source_text
from articles.text.richtext import items


class Facts(Kind):
    code = "facts"
    name = pgettext_lazy("kind of update", "Key facts")
    hint = _("A list of what a reader who comes late must know. It is pinned on top of the page.")
    sign = "★"
    pinned = True

    def errors(self, update: Any) -> dict[str, Any]:
        if items(source_text(update, "body")):
            return {}
        return {beside(update, "body"): _("Write the key facts as a list.")}

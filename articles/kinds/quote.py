"""Somebody's own words."""

from __future__ import annotations

import re
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Kind, beside, source_text
from articles.text.localized import Text
from articles.translations.selection import ReaderTexts

_WHOLE = re.compile(r"<blockquote[^>]*>((?:(?!</?blockquote).)*)</blockquote>", re.DOTALL)
_MARKS = ("“", "”", "„", "‘", "‚", "’", "«", "»", "‹", "›", '"', "'")


class Quote(Kind):
    code = "quote"
    name = pgettext_lazy("kind of update", "Quote")
    hint = _("The words without quotation marks, which the page sets; who said them; where they can be read.")
    sign = "“"
    fields = ("attribution", "source_url")

    def errors(self, update: Any) -> dict[str, Any]:
        errors = {}
        if not source_text(update, "body"):
            errors[beside(update, "body")] = _("Write what was said.")
        if not source_text(update, "attribution"):
            errors[beside(update, "attribution")] = _("Say who is quoted.")
        return errors

    def context(self, update: Any, article: Any, texts: ReaderTexts) -> dict[str, Any]:
        words = texts.own("body")
        # An editor or another site may have marked as a quote what is one as a whole.
        whole = _WHOLE.fullmatch(words.value.strip())
        value = whole[1] if whole else words.value
        return {
            "words": Text(value, words.language, words.page_language),
            "sets_marks": not strip_tags(value).strip().startswith(_MARKS),
            "attribution": texts.text("attribution"),
        }

    def structured(self, update: Any, texts: ReaderTexts) -> dict[str, Any]:
        quotation = {
            "@type": "Quotation",
            "text": " ".join(strip_tags(str(texts.own("body"))).split()),
            "inLanguage": texts.language,
            "creditText": str(texts.text("attribution")),
        }
        return {"mainEntity": quotation | ({"isBasedOn": update.source_url} if update.source_url else {})}

"""A quote: somebody's literal words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Errors, Kind, Values, source_field, source_text
from articles.text.localized import Text, text_in
from articles.text.plaintext import plain_text

if TYPE_CHECKING:
    from articles.models import Article, Update
    from articles.pending import PendingRelations
    from articles.translations.selection import ReaderTexts

_WHOLE = re.compile(r"<blockquote[^>]*>((?:(?!</?blockquote).)*)</blockquote>", re.DOTALL)
_MARKS = ("“", "”", "„", "‘", "‚", "’", "«", "»", "‹", "›", '"', "'")


class Quote(Kind):
    code = "quote"
    name = pgettext_lazy("kind of update", "Quote")
    hint = _("The quote without quotation marks (they are added automatically), the speaker, and a link to the source.")
    sign = "“"
    fields = ("attribution", "source_url")
    optional = ("headline", "source_url")

    def publish_errors(self, update: Update, pending: PendingRelations) -> Errors:
        errors: Errors = {}
        if not source_text(update, "body"):
            errors[source_field(update, "body")] = _("Enter the quote.")
        if not source_text(update, "attribution"):
            errors[source_field(update, "attribution")] = _("Enter who is being quoted.")
        return errors

    def words(self, update: Update, language: str) -> str:
        words = super().words(update, language)
        return " – ".join(filter(None, (words, words and text_in(update, "attribution", language))))

    def context(self, update: Update, article: Article, texts: ReaderTexts) -> Values:
        body = texts.own("body")
        # The whole text may be one <blockquote>, typed or pasted; the template adds its own.
        whole = _WHOLE.fullmatch(body.value.strip())
        value = whole[1] if whole else body.value
        return {
            "words": Text(value, body.language, body.page_language),
            "sets_marks": not plain_text(value).startswith(_MARKS),
            "attribution": texts.text("attribution"),
        }

    def structured(self, update: Update, texts: ReaderTexts) -> Values:
        quotation = {
            "@type": "Quotation",
            "text": plain_text(str(texts.own("body"))),
            "inLanguage": texts.language,
            "creditText": str(texts.text("attribution")),
        }
        return {"mainEntity": quotation | ({"isBasedOn": update.source_url} if update.source_url else {})}

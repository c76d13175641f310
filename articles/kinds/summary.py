"""A short plain text of an update, for titles, descriptions, structured data and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from articles import kinds
from articles.text.localized import Text, text_in
from articles.text.plaintext import first_words

if TYPE_CHECKING:
    from articles.models import Update

#: The limit of a title, in words.
TITLE_LENGTH, DESCRIPTION_LENGTH = 12, 40


def whole(update: Update, language: str, page_language: str) -> Text:
    """Return the text of the update without its headline, in `language` or else in the original's; it may be empty."""
    for code in dict.fromkeys((language, update.source_language)):
        if words := kinds.of(update).words(update, code):
            return Text(words, code, page_language)
    # The language of the title of an embed is unknown.
    embed = getattr(update, "embed", None) if update.pk else None
    return Text(embed.title if embed else "", page_language, page_language)


def title(update: Update, language: str, page_language: str) -> Text:
    """Return the headline, or else the first words of the update; it may be empty."""
    if headline := text_in(update, "headline", language):
        return Text(headline, language, page_language)
    return _cut(whole(update, language, page_language), TITLE_LENGTH)


def description(update: Update, language: str, page_language: str) -> Text:
    """Return the first sentences of the update, or else its headline; it may be empty."""
    found = _cut(whole(update, language, page_language), DESCRIPTION_LENGTH)
    return found or title(update, language, page_language)


def _cut(text: Text, words: int) -> Text:
    return Text(first_words(text.value, words, text.language), text.language, text.page_language)

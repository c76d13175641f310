"""Select the texts that readers of one language get of an article or update, and the notes on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext as _

from articles.text.localized import Text, text_in
from articles.translations.models import Translation
from liveblog.languages import language_name

if TYPE_CHECKING:
    from articles.models import Article, Update

State = Translation.State


@dataclass(frozen=True)
class ReaderTexts:
    """The texts of an article or update for readers of one language: all in one language, never mixed."""

    item: Article | Update
    page_language: str
    #: The language of the texts.
    language: str
    #: The state of the translation; an original is always reviewed.
    state: str = State.REVIEWED
    outdated: bool = False

    def text(self, field: str, of: models.Model | None = None) -> Text:
        """Return a field of the item, or `of` a related row, in the source language if the translation lacks it."""
        value, language = text_in(of or self.item, field, self.language), self.language
        if not value:
            value, language = text_in(of or self.item, field, self.item.source_language), self.item.source_language
        return Text(value, language, self.page_language)

    def own(self, field: str) -> Text:
        """Return a field in the language of the texts, even if it is empty."""
        return Text(text_in(self.item, field, self.language), self.language, self.page_language)

    def original(self, field: str) -> Text:
        return Text(text_in(self.item, field, self.item.source_language), self.item.source_language, self.page_language)

    @property
    def translated(self) -> bool:
        return self.language != self.item.source_language

    @property
    def notes(self) -> list[str]:
        """Return the notes on the texts for the reader, in the language of the page."""
        return [note for note in (self.state_note, self.outdated_note) if note]

    @property
    def state_note(self) -> str:
        """Return a note that the texts are not translated, or that the translation is not reviewed; "" otherwise."""
        name = language_name(self.item.source_language)
        if not self.translated:
            if self.language == self.page_language or not any(self.own(field) for field in self.item.TEXTS):
                return ""
            return _("Not translated. Original language: %(language)s") % {"language": name}
        if self.state == State.MACHINE:
            return _("Machine translation, not reviewed. Original language: %(language)s") % {"language": name}
        if self.state == State.REVIEW:
            return _("Translation in review. Original language: %(language)s") % {"language": name}
        return ""

    @property
    def outdated_note(self) -> str:
        if not (self.translated and self.outdated):
            return ""
        return _("The original has since been corrected; this translation may be out of date.")


def reader_texts(item: Article | Update, language: str, policy: str) -> ReaderTexts | None:
    """Return the texts of `item`, which has its `translations` prefetched; None if readers are not shown it."""
    source = ReaderTexts(item, language, item.source_language)
    if language == item.source_language:
        return source
    row = next((row for row in item.translations.all() if row.language == language), None)
    state = row.state if row else State.MISSING
    translated = item.exists_in(language) and state not in (State.MISSING, State.REFUSED)
    if translated and (state == State.REVIEWED or policy == "machine"):
        return ReaderTexts(item, language, language, state, row.outdated if row else False)
    return None if policy == "reviewed" else source


def of_article(article: Article, language: str) -> ReaderTexts:
    """Return an article's own texts. If the policy shows none, return the original, because a page needs a headline."""
    return reader_texts(article, language, article.policy(language)) or ReaderTexts(
        article, language, article.source_language
    )


def of_update(update: Update, article: Article, language: str) -> ReaderTexts | None:
    return reader_texts(update, language, article.policy(language))

"""Which words of an article or update a reader of one language is given, and what they are told about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from articles.text.localized import Text, text_in
from articles.translations.models import Translation
from liveblog.languages import language_name

State = Translation.State


@dataclass(frozen=True)
class ReaderTexts:
    """An article's own texts, or an update, as readers of one language get it: whole in one language, never half."""

    item: Any
    page_language: str
    #: The language in which they get it.
    language: str
    #: Who stands behind the words.
    state: str = State.REVIEWED
    outdated: bool = False

    def text(self, field: str, of: Any = None) -> Text:
        """A field of the item, or `of` one of its parts; one that the translation lacks in the original's language."""
        value, language = text_in(of or self.item, field, self.language), self.language
        if not value:
            value, language = text_in(of or self.item, field, self.item.source_language), self.item.source_language
        return Text(value, language, self.page_language)

    def own(self, field: str) -> Text:
        """A field as it is in the language that the reader gets, even if it is empty."""
        return Text(text_in(self.item, field, self.language), self.language, self.page_language)

    def original(self, field: str) -> Text:
        return Text(text_in(self.item, field, self.item.source_language), self.item.source_language, self.page_language)

    @property
    def translated(self) -> bool:
        return self.language != self.item.source_language

    @property
    def notes(self) -> list[str]:
        """What the reader must know about these words, in the language of the page."""
        name = language_name(self.item.source_language)
        if not self.translated:
            if self.language == self.page_language or not any(self.own(field) for field in self.item.TEXTS):
                return []
            return [_("Not translated yet. Original language: %(language)s") % {"language": name}]
        notes = []
        if self.state == State.MACHINE:
            notes.append(_("Machine translation, not reviewed. Original language: %(language)s") % {"language": name})
        elif self.state == State.REVIEW:
            notes.append(_("Translation in review. Original language: %(language)s") % {"language": name})
        if self.outdated:
            notes.append(_("The original has been corrected since. This translation is being brought up to date."))
        return notes


def reader_texts(item: Any, language: str, policy: str) -> ReaderTexts | None:
    """`item` with its `translations` fetched. None where readers of the language are not shown it at all."""
    source = ReaderTexts(item, language, item.source_language)
    if language == item.source_language:
        return source
    row = next((row for row in item.translations.all() if row.language == language), None)
    state = row.state if row else State.MISSING
    there = item.exists_in(language) and state not in (State.MISSING, State.REFUSED)
    if there and (state == State.REVIEWED or policy == "machine"):
        return ReaderTexts(item, language, language, state, row.outdated if row else False)
    return None if policy == "reviewed" else source


def of_article(article: Any, language: str) -> ReaderTexts:
    """An article's own texts: a page is never without a headline."""
    return reader_texts(article, language, article.policy(language)) or ReaderTexts(
        article, language, article.source_language
    )


def languages_of(article: Any) -> list[str]:
    """The languages in which the page really is, and is not only offered."""
    return [language for language in article.offered_languages if of_article(article, language).language == language]


def of_update(update: Any, article: Any, language: str) -> ReaderTexts | None:
    return reader_texts(update, language, article.policy(language))

"""The base class of all kinds of update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from articles.choices import Errors
from articles.text.localized import text_in
from articles.text.plaintext import plain_text
from liveblog.languages import column

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Translatable

    from articles.models import Article, Update
    from articles.pending import PendingRelations
    from articles.translations.selection import ReaderTexts

#: Variables of a template, or properties of JSON-LD.
Values = dict[str, Any]


class Kind:
    #: The value in the database: at most 12 letters. The template is named after it.
    code: str
    #: For the composer: the name, a sentence about the contents, and a character for the button.
    name: Translatable
    hint: Translatable
    sign: str
    #: Fields of the composer that the kind needs besides headline and text.
    fields: tuple[str, ...] = ()
    #: Fields of the composer that may stay empty.
    optional: tuple[str, ...] = ("headline",)
    #: Whether an update needs neither headline nor text.
    wordless = False
    #: Whether an update is pinned at the top of the page when it is first published.
    pinned = False

    @property
    def template(self) -> str:
        """The template of the part of the update between the headline and the pictures."""
        return f"articles/kinds/{self.code}.html"

    def publish_errors(self, update: Update, pending: PendingRelations) -> Errors:
        """Return what is missing before an update can be published. `pending`: relations that are saved after it."""
        return {}

    def plan_errors(self, update: Update, before: Update | None) -> Errors:
        """Return errors in the planned moments of an update that is to be published.

        `before`: the stored row, None if there is none.
        """
        return {}

    def edit_errors(self, update: Update, before: Update) -> Errors:
        """Return errors that forbid an edit, even of a draft.

        `before`, the stored row, is of this kind; `update` may have become another.
        """
        return {}

    def words(self, update: Update, language: str) -> str:
        """Return the plain text of the update without its headline, in exactly this language.

        Pictures without text are described by their captions or alternative texts, never by their credit lines.
        """
        return plain_text(text_in(update, "body", language)) or words_of_pictures(update, language)

    def context(self, update: Update, article: Article, texts: ReaderTexts) -> Values:
        """Return variables for the template, in addition to those of every kind."""
        return {}

    def structured(self, update: Update, texts: ReaderTexts) -> Values:
        """Return JSON-LD properties (schema.org) in addition to those of a BlogPosting."""
        return {}


def words_of_pictures(update: Update, language: str) -> str:
    """Return the captions of the pictures of an update, or their alternative texts; empty if it has none."""
    pictures = update.pictures.all() if update.pk else ()
    found = (text_in(picture, "caption", language) or text_in(picture, "alt", language) for picture in pictures)
    return " · ".join(filter(None, found))


def source_text(update: Update, field: str) -> str:
    """Return a text of the update in its source language."""
    return text_in(update, field, update.source_language)


def source_field(update: Update, field: str) -> str:
    """Return the name of the form field that holds a text in the update's source language."""
    return column(field, update.source_language)

"""What every kind of update says of itself."""

from __future__ import annotations

from typing import Any

from articles.text.localized import text_in
from articles.translations.selection import ReaderTexts


class Kind:
    #: As it is stored: letters only, 12 at most. The template is named after it.
    code: str
    #: For the editor: what it is called, one sentence on what to write, a sign for the button.
    name: Any
    hint: Any
    sign: str
    #: Fields of the composer that it asks for besides headline and text.
    fields: tuple[str, ...] = ()
    #: Whether it can do without a headline and a text.
    wordless = False
    #: Whether an update goes to the top of the page when it is first published.
    pinned = False

    @property
    def template(self) -> str:
        """How readers see what is between the headline and the pictures."""
        return f"articles/kinds/{self.code}.html"

    def errors(self, update: Any) -> dict[str, Any]:
        """What is missing before it can be published, by the name of the form field where it belongs."""
        return {}

    def errors_of_edit(self, update: Any, was: Any) -> dict[str, Any]:
        """What must not become of an update that was of this kind, be it of another now. `was`: its row as it is."""
        return {}

    def context(self, update: Any, article: Any, texts: ReaderTexts) -> dict[str, Any]:
        """What the template needs besides what there is to say of any update."""
        return {}

    def structured(self, update: Any, texts: ReaderTexts) -> dict[str, Any]:
        """What schema.org has words for beyond a BlogPosting."""
        return {}


def source_text(update: Any, field: str) -> str:
    """A text of the update in its own language."""
    return text_in(update, field, update.source_language)


def beside(update: Any, field: str) -> str:
    """The name of the form field of a text in the update's own language."""
    return f"{field}_{update.source_language}"

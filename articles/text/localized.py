"""Texts with their language, for pages in another language."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString

from liveblog import lists
from liveblog.languages import column, direction, tag


@dataclass(frozen=True)
class Text:
    """A text on a page whose language may differ from the language of the text."""

    value: str
    language: str
    page_language: str

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return self.value

    @property
    def foreign(self) -> bool:
        return self.language != self.page_language

    @property
    def attributes(self) -> SafeString:
        """Return the `lang` and `dir` attributes of the text's element; none if it is in the page's language."""
        if not self.foreign:
            return SafeString("")
        return format_html(' lang="{}" dir="{}"', tag(self.language), direction(self.language))


def titled(item: models.Model, language: str) -> Text:
    """Return the headline of an article in `language`, or else in its source language, for pages in `language`."""
    own: str = item.source_language  # type: ignore[attr-defined]
    for code in (language, own):
        if found := text_in(item, "headline", code):
            return Text(found, code, language)
    return Text(str(item), own, language)


def joined(texts: Sequence[Text], language: str) -> SafeString:
    """Return a list of names in words of a language as HTML: “A, B and C”, each with its own language."""
    html = [format_html("<bdi{}>{}</bdi>", text.attributes, text.value) for text in texts]
    return lists.joined([text.value for text in texts], language, html)


def text_in(item: models.Model, field: str, language: str) -> str:
    """Return the text of a translated field in exactly this language; empty if there is none."""
    return getattr(item, column(field, language)) or ""

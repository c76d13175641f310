"""Which words a reader of one language is given, and in which language those are."""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from liveblog.languages import direction


@dataclass(frozen=True)
class Text:
    """A piece of text on a page whose language may be another than the text's."""

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
        """The `lang` and `dir` attributes that the text's element needs on this page; none where it is at home."""
        if not self.foreign:
            return SafeString("")
        return format_html(' lang="{}" dir="{}"', self.language, direction(self.language))


def text_in(item: Any, field: str, language: str) -> str:
    """The text of a translated field in exactly this language."""
    return getattr(item, f"{field}_{language}") or ""

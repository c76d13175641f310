"""Terms of the glossary, in the form that engines and checks use."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: A letter of a word. Scripts without spaces between words are left out: there a word may begin anywhere.
LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff]"


@dataclass(frozen=True)
class Term:
    """The translation of a word or name; an empty `target` means that it is not translated."""

    source: str
    target: str = ""

    @property
    def expected(self) -> str:
        return self.target or self.source


def occurring(terms: Iterable[Term], text: str) -> list[Term]:
    """Return the terms whose source occurs in `text` as a word of its own. Case matters."""
    return [term for term in terms if re.search(rf"(?<!{LETTER}){re.escape(term.source)}(?!{LETTER})", text)]

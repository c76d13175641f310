"""Terms of the glossary, as engines and checks use them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: What a word is made of, but for scripts that put no spaces between words: there, each place may be an edge.
LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff]"


@dataclass(frozen=True)
class Term:
    """How a word or name is said in another language; an empty `target` says that it is not translated."""

    source: str
    target: str = ""

    @property
    def expected(self) -> str:
        return self.target or self.source


def occurring(terms: Iterable[Term], text: str) -> list[Term]:
    """The terms whose source stands in `text` as a word of its own; upper and lower case count as they are written."""
    return [term for term in terms if re.search(rf"(?<!{LETTER}){re.escape(term.source)}(?!{LETTER})", text)]

"""Check a translation against its original, in the same way for machines and people.

The checks look for faults that would mislead readers. When in doubt, they report nothing, because editors learn to
ignore false alarms. Only faults that must never be stored are blocking.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from articles.translations.checks.acronyms import acronyms_differing
from articles.translations.checks.dates import dates_differing
from articles.translations.checks.names import names_differing
from articles.translations.checks.numbers import numbers_differing
from articles.translations.checks.pair import Content, Pair, base
from articles.translations.checks.polarity import polarity_differing
from articles.translations.checks.quotations import quotations_differing
from articles.translations.checks.script import foreign_text, mixed_letters
from articles.translations.checks.structure import (
    BIDI,
    INVISIBLE,
    broken_off,
    characters,
    markup,
    omissions,
    out_of_proportion,
    placeholders_differing,
    questions_differing,
    structure,
)
from articles.translations.checks.terms import terms_differing
from articles.translations.checks.typography import typography_differing
from articles.translations.checks.untranslated import left_in_another_language
from liveblog.blank import is_blank
from liveblog.lists import listed
from liveblog.translation.terms import Term

_MESSAGES = {
    "empty": gettext_lazy("The translation is empty."),
    "markup": gettext_lazy("The markup is broken: %(details)s."),
    "bidi": gettext_lazy("Invisible characters reverse the direction of the text: %(details)s."),
    "invisible": gettext_lazy("The text contains invisible characters: %(details)s."),
    "language": gettext_lazy("This doesn’t seem to be in the language of the translation: %(details)s."),
    "untranslated": gettext_lazy("This seems to have been left in another language: %(details)s."),
    "truncated": gettext_lazy("The text breaks off mid-sentence: %(details)s."),
    "length": gettext_lazy("The length is out of proportion to the original: %(details)s."),
    "omission": gettext_lazy("Something seems to be missing here: “%(details)s”."),
    "structure": gettext_lazy("Links, list items or paragraphs differ from the original: %(details)s."),
    "placeholders": gettext_lazy("Placeholders or markup characters differ from the original: %(details)s."),
    "question": gettext_lazy("A question has become a statement, or a statement a question: “%(details)s”."),
    "script": gettext_lazy("These words contain letters that don’t exist in this language: %(details)s."),
    "typography": gettext_lazy("This language normally uses other punctuation or spacing: %(details)s."),
    "numbers": gettext_lazy("Numbers differ from the original: %(details)s."),
    "dates": gettext_lazy("Days or months differ from the original: %(details)s."),
    "units": gettext_lazy("Units differ from the original: %(details)s."),
    "negation_lost": gettext_lazy("A negation is missing: “%(details)s”."),
    "negation_added": gettext_lazy("The original has no such negation: “%(details)s”."),
    "opposite": gettext_lazy("The translation seems to say the opposite: %(details)s."),
    "terms": gettext_lazy("Glossary terms are missing: %(details)s."),
    "forbidden": gettext_lazy("The glossary forbids these words: %(details)s."),
    "acronyms": gettext_lazy("Acronyms differ from the original, or belong to another language: %(details)s."),
    "names": gettext_lazy("Names differ from the original: %(details)s."),
    "quotes_unbalanced": gettext_lazy("Unmatched quotation mark: %(details)s."),
    "quotes_foreign": gettext_lazy("Wrong quotation marks for this language: %(details)s."),
    "quotes_count": gettext_lazy("The number of quotations differs from the original: %(details)s."),
}
_BLOCKING = frozenset({"empty", "markup", "bidi"})


@dataclass(frozen=True)
class Problem:
    """A possible fault for an editor to check; `details` quote the texts and need no translation."""

    code: str
    blocking: bool
    details: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """Return a sentence for the translator in the active language."""
        message = _MESSAGES.get(self.code) or gettext_lazy("Please check: %(details)s.")
        return str(message) % {"details": listed(self.details)}

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "blocking": self.blocking, "details": list(self.details)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Problem":
        return cls(stored["code"], bool(stored["blocking"]), tuple(stored.get("details", ())))


def check(
    source: str,
    translation: str,
    source_language: str,
    language: str,
    *,
    terms: Iterable[Term] = (),
    html: bool = False,
) -> list[Problem]:
    """Return the faults that `translation` has or seems to have. `html`: the texts are rich text."""
    original, target = Content(source, html=html), Content(translation, html=html)
    if not is_blank(original.text) and is_blank(target.text):
        return [Problem("empty", True)]
    pair = Pair(original, target, source_language, language)
    foreign = foreign_text(pair)
    found = {
        "markup": markup(pair),
        "bidi": characters(BIDI, target.text),
        "invisible": characters(INVISIBLE, target.text),
        "language": foreign,
        "untranslated": [] if foreign else left_in_another_language(pair),
        "truncated": broken_off(pair),
        "length": out_of_proportion(pair),
        "omission": omissions(pair),
        "structure": structure(pair),
        "placeholders": placeholders_differing(pair),
        "question": questions_differing(pair),
        "script": mixed_letters(pair),
        "typography": typography_differing(pair),
        **numbers_differing(pair),
        **terms_differing(terms, pair),
        "dates": dates_differing(pair),
        "acronyms": acronyms_differing(original.text, target.text, base(source_language), base(language)),
        "names": names_differing(pair),
        **quotations_differing(pair),
        **polarity_differing(pair),
    }
    return [
        Problem(code, code in _BLOCKING, tuple(dict.fromkeys(details))) for code, details in found.items() if details
    ]

"""Language detection with the model of py3langid. The language may remain unknown."""

import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from threading import Lock
from typing import Protocol

from liveblog.languages import base, script_of

#: In characters. A shorter text may consist only of names, and would be attributed to the language of the names.
_MIN_LETTERS = 20
_MIN_CONFIDENCE = 0.75
_lock = Lock()

#: Scripts (ISO 15924) of languages that have several, by the first word of their letters' names in Unicode.
_LETTERS = {"Latn": "LATIN", "Cyrl": "CYRILLIC", "Arab": "ARABIC", "Hebr": "HEBREW", "Deva": "DEVANAGARI"}


def language_of(text: str, among: Collection[str] | None = None, home: str = "") -> tuple[str, float] | None:
    """Return the language of `text` and the confidence, from 0 to 1; None if the text is too short or ambiguous.

    The model does not distinguish varieties of a language, such as pt-br and pt. The script decides between some;
    otherwise the answer is `home`, or the first variety.

    among   the languages to choose from; default: all known ones
    home    the language of the page on which the text is
    """
    if sum(map(str.isalpha, text)) < _MIN_LETTERS:
        return None
    ranking = _model().rank(text)
    if among is not None:
        bases = set(map(base, among))
        ranking = [(code, share) for code, share in ranking if code in bases]
    total = sum(share for _, share in ranking)
    if not total:
        return None
    language, share = ranking[0]
    if share / total < _MIN_CONFIDENCE:
        return None
    return (_variety(language, text, among, home) if among is not None else language), share / total


def _variety(language: str, text: str, among: Collection[str], home: str) -> str:
    codes = sorted((code for code in among if base(code) == language), key=lambda code: code != home)
    return next((code for code in codes if len(codes) > 1 and _is_in_script(text, script_of(code))), codes[0])


def _is_in_script(text: str, script: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    name = _LETTERS.get(script)
    return name is not None and 2 * sum(unicodedata.name(each, "").startswith(name) for each in letters) > len(letters)


def known() -> frozenset[str]:
    """Return the codes of all languages that the model knows."""
    return frozenset(_model().labels)


def load() -> None:
    """Load the model, which takes a second. A server calls this at start-up, so that no reader waits."""
    _model()


class _Model(Protocol):
    labels: Sequence[str]

    def rank(self, text: str) -> list[tuple[str, float]]: ...


def _model() -> _Model:
    with _lock:  # or two threads might both load it
        return _load()


@lru_cache(maxsize=1)
def _load() -> _Model:
    # Import here, so that only processes that detect languages load the model and numpy.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

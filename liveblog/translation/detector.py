"""Language detection with the model of py3langid. The answer may also be that the language is not known."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from threading import Lock
from typing import Protocol

#: A shorter text may consist of names alone, and would be attributed to the language of the names.
_MIN_LETTERS = 20
_MIN_CONFIDENCE = 0.75
_lock = Lock()


def language_of(text: str, among: Collection[str] | None = None) -> tuple[str, float] | None:
    """Return the language of `text` and the confidence, from 0 to 1; None if the text is too short or ambiguous.

    among   the languages to choose from; default: all known ones
    """
    if sum(map(str.isalpha, text)) < _MIN_LETTERS:
        return None
    ranking = _model().rank(text)
    if among is not None:
        ranking = [(code, share) for code, share in ranking if code in among]
    total = sum(share for _, share in ranking)
    if not total:
        return None
    language, share = ranking[0]
    return (language, share / total) if share / total >= _MIN_CONFIDENCE else None


def known() -> frozenset[str]:
    """Return the codes of all languages that the model knows."""
    return frozenset(_model().labels)


def load() -> None:
    """Load the model, which takes a second: a server does so when it starts, and no reader waits for it."""
    _model()


class _Model(Protocol):
    labels: Sequence[str]

    def rank(self, text: str) -> list[tuple[str, float]]: ...


def _model() -> _Model:
    with _lock:  # or two threads might both load it
        return _load()


@lru_cache(maxsize=1)
def _load() -> _Model:
    # Imported here, so that only processes that detect languages load the model and numpy.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

"""Which language a text is written in: py3langid's model, asked so that it may also say that it does not know."""

from collections.abc import Collection
from functools import lru_cache
from threading import Lock
from typing import Any

#: Below this a headline of names alone would be given to whatever language the names come from.
_LETTERS = 20
_CONFIDENCE = 0.75
_lock = Lock()


def language_of(text: str, among: Collection[str] | None = None) -> tuple[str, float] | None:
    """The language of `text`, one of `among` if given, and how sure that is; None if too short or uncertain."""
    if sum(map(str.isalpha, text)) < _LETTERS:
        return None
    ranking = _model().rank(text)
    if among is not None:
        ranking = [(code, share) for code, share in ranking if code in among]
    total = sum(share for _, share in ranking)
    if not total:
        return None
    language, share = ranking[0]
    return (language, share / total) if share / total >= _CONFIDENCE else None


def known() -> frozenset[str]:
    """The languages that can be told apart at all."""
    return frozenset(_model().labels)


def _model() -> Any:
    with _lock:  # two threads that come first would both load it
        return _load()


@lru_cache(maxsize=1)
def _load() -> Any:
    # Here, because only processes that check translations are to pay for the model and for numpy.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

"""The engines of machine translation that the settings describe, and the order in which they are tried.

TRANSLATION_ENGINES names them, for all pairs of languages or for some. If one fails, the caller asks the next. An
engine that has failed is paused for a while, unless no other is active.
"""

import threading
import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from liveblog.configuration import options
from liveblog.errors import ProviderError
from liveblog.translation.engines.base import Engine, Task, Terms, translate_by_kind
from liveblog.translation.order import BUILT_IN, parse

__all__ = ["BUILT_IN", "Engine", "Task", "Terms", "available", "chain", "check", "parse", "pause", "translate_by_kind"]

#: Seconds for which an engine is paused after a failure unrelated to the text, if the provider states no time.
PAUSE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 900.0
#: Columns of the database hold names up to this length. MEMORY is the name of the translation memory in them.
MAX_NAME_LENGTH, MEMORY = 20, "memory"
_ABOUT_THE_ENGINE = frozenset({"unreachable", "timeout", "busy", "quota", "refused"})

_lock = threading.Lock()
_made: dict[str, tuple[dict[str, Any], Engine]] = {}
_paused_until: dict[str, float] = {}


def available() -> bool:
    """Return whether the settings describe any engine."""
    return any(
        _engine(name) for _source, _target, names in parse(options.value("TRANSLATION_ENGINES")) for name in names
    )


def check(text: str) -> None:
    """Raise ImproperlyConfigured if TRANSLATION_ENGINES has a wrong rule or names a class that is no engine."""
    for path in {name for _source, _target, names in parse(text) for name in names if name not in BUILT_IN}:
        try:
            made_by = import_string(path)
        except ImportError as error:
            raise ImproperlyConfigured(f"TRANSLATION_ENGINES names {path}, which can’t be imported: {error}") from None
        if not (isinstance(made_by, type) and issubclass(made_by, Engine)):
            raise ImproperlyConfigured(f"TRANSLATION_ENGINES names {path}, which is no class of an Engine.")
        name = getattr(made_by, "name", "")
        if not 0 < len(name) <= MAX_NAME_LENGTH or name in BUILT_IN or name == MEMORY:
            raise ImproperlyConfigured(
                f"The engine {path} has the name {name!r}. It needs one of its own of {MAX_NAME_LENGTH} characters at "
                "most."
            )


def chain(source: str, target: str) -> list[Engine]:
    """Return the engines for a pair of languages, in the order in which they are tried.

    An engine stays the same object while its settings are the same, because it keeps connections and glossaries.
    """
    for of_source, of_target, names in parse(options.value("TRANSLATION_ENGINES")):
        if of_source in ("*", source) and of_target in ("*", target):
            found = [engine for engine in map(_engine, names) if engine]
            now = time.monotonic()
            active = [engine for engine in found if _paused_until.get(engine.name, 0) <= now]
            return active or found
    return []


def pause(engine: Engine, error: ProviderError) -> None:
    """Pause an engine after a failure that would affect other texts, too."""
    if error.reason in _ABOUT_THE_ENGINE:
        seconds = PAUSE_SECONDS if error.retry_after is None else error.retry_after
        _paused_until[engine.name] = time.monotonic() + min(seconds, LONGEST_PAUSE_SECONDS)


def _engine(name: str) -> Engine | None:
    made_by = import_string(BUILT_IN.get(name, name))
    arguments = made_by.options()
    if arguments is None:
        return None
    with _lock:
        known = _made.get(name)
        if known is None or known[0] != arguments:
            known = _made[name] = (arguments, made_by(**arguments))
            _paused_until.pop(known[1].name, None)
        return known[1]

"""The engines of machine translation that the settings describe, and the order in which they are asked.

TRANSLATION_ENGINES names them, for all pairs of languages or for some. If one fails, the caller asks the next. An
engine that has failed rests for a while, unless it is the only one.
"""

import re
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from liveblog.errors import ProviderError
from liveblog.translation.engines.base import Engine, Task, Terms, translate_by_kind

__all__ = ["BUILT_IN", "Engine", "Task", "Terms", "available", "chain", "parse", "rest", "translate_by_kind"]

#: The engines by the names that the settings use, in the order of preference where the settings state none.
BUILT_IN: Mapping[str, str] = {
    "deepl": "liveblog.translation.engines.deepl.DeepL",
    "llm": "liveblog.translation.engines.llm.LLM",
    "google": "liveblog.translation.engines.google.Google",
    "azure": "liveblog.translation.engines.azure.Azure",
    "libretranslate": "liveblog.translation.engines.libretranslate.LibreTranslate",
}

#: Seconds for which an engine rests after a failure that says nothing about the text, if the provider states none.
REST_SECONDS = 60.0
LONGEST_REST_SECONDS = 900.0
_ABOUT_THE_ENGINE = frozenset({"unreachable", "timeout", "busy", "quota", "refused"})

#: For each pair of languages the names of its engines; "*" stands for any language.
Rules = Sequence[tuple[str, str, Sequence[str]]]

_lock = threading.Lock()
_made: dict[str, tuple[dict[str, Any], Engine]] = {}
_resting: dict[str, float] = {}


@lru_cache(maxsize=16)
def parse(text: str) -> Rules:
    """Return the rules of TRANSLATION_ENGINES: "deepl llm; en>uk llm deepl; *>ar google".

    Rules for a pair go before those for one of its languages, and those before the others. Raise ImproperlyConfigured
    if there is no such engine, or if a rule names none.
    """
    rules: list[tuple[str, str, Sequence[str]]] = []
    for rule in filter(None, map(str.strip, text.split(";"))):
        words = re.split(r"[\s,]+", rule)
        source, arrow, target = words[0].partition(">")
        names = words[1:] if arrow else words
        unknown = [name for name in names if name not in BUILT_IN and "." not in name]
        if unknown or not names or (arrow and not (source and target)):
            raise ImproperlyConfigured(
                f"TRANSLATION_ENGINES has {rule!r}. A rule is a pair such as en>uk, or nothing, and names of engines: "
                f"{', '.join(BUILT_IN)}, or the import path of a class."
            )
        rules.append((_code(source), _code(target), names) if arrow else ("*", "*", names))
    rules = rules or [("*", "*", tuple(BUILT_IN))]
    return sorted(rules, key=lambda rule: (rule[0] == "*") + (rule[1] == "*"))


def _code(tag: str) -> str:
    return tag.replace("_", "-").lower()


def available() -> bool:
    """Return whether the settings describe any engine."""
    return any(_engine(name) for _source, _target, names in parse(settings.TRANSLATION_ENGINES) for name in names)


def chain(source: str, target: str) -> list[Engine]:
    """Return the engines for a pair of languages in the order in which they are to be asked; none if there is none.

    An engine stays the same object as long as its settings do, because it keeps connections and glossaries.
    """
    for of_source, of_target, names in parse(settings.TRANSLATION_ENGINES):
        if of_source in ("*", source) and of_target in ("*", target):
            found = [engine for engine in map(_engine, names) if engine]
            now = time.monotonic()
            awake = [engine for engine in found if _resting.get(engine.name, 0) <= now]
            return awake or found
    return []


def rest(engine: Engine, error: ProviderError) -> None:
    """Let an engine rest after a failure that other texts would meet too."""
    if error.reason in _ABOUT_THE_ENGINE:
        seconds = REST_SECONDS if error.retry_after is None else error.retry_after
        _resting[engine.name] = time.monotonic() + min(seconds, LONGEST_REST_SECONDS)


def _engine(name: str) -> Engine | None:
    made_by = import_string(BUILT_IN.get(name, name))
    options = made_by.options()
    if options is None:
        return None
    with _lock:
        known = _made.get(name)
        if known is None or known[0] != options:
            known = _made[name] = (options, made_by(**options))
            _resting.pop(known[1].name, None)
        return known[1]

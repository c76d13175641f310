"""The names of the engines of machine translation, and the rules for the order in which they are tried."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured

#: The engines by the names that the settings use, in the order of preference where the settings state none.
BUILT_IN: Mapping[str, str] = {
    "deepl": "liveblog.translation.engines.deepl.DeepL",
    "llm": "liveblog.translation.engines.llm.LLM",
    "google": "liveblog.translation.engines.google.Google",
    "azure": "liveblog.translation.engines.azure.Azure",
    "libretranslate": "liveblog.translation.engines.libretranslate.LibreTranslate",
    "offline": "liveblog.translation.engines.offline.Offline",
}

#: Their names for people.
NAMES: Mapping[str, str] = {
    "deepl": "DeepL",
    "llm": "LLM",
    "google": "Google",
    "azure": "Azure",
    "libretranslate": "LibreTranslate",
    "offline": "CTranslate2",
}

#: For each pair of languages the names of its engines; "*" stands for any language.
Rules = Sequence[tuple[str, str, Sequence[str]]]


@lru_cache(maxsize=16)
def parse(text: str) -> Rules:
    """Return the rules of TRANSLATION_ENGINES: "deepl llm; en>uk llm deepl; *>ar google".

    Rules for a pair precede those for one of its languages, which precede all others. Raise ImproperlyConfigured if an
    engine is unknown, or if a rule names none.
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

"""Checks of the form: markup, characters, structure, extent, language."""

import re

from articles.translations.checks.pair import BLOCKS, Pair, base
from liveblog.languages import SHIPPED
from liveblog.translation.detector import known, language_of

_CODE = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]\w+);")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
INVISIBLE = re.compile("[\u200b\u2060\ufeff]")


def markup(pair: Pair) -> list[str]:
    """Broken tags, and tags or entities a reader would see as such."""
    seen = [] if _CODE.search(pair.source.text) else _CODE.findall(pair.target.text)
    return pair.target.broken + seen


def characters(which: re.Pattern[str], text: str) -> list[str]:
    return [f"U+{ord(character):04X}" for character in which.findall(text)]


def structure(pair: Pair) -> list[str]:
    source, target = pair.source, pair.target
    lost = [f"−{link}" for link in source.links - target.links]
    added = [f"+{link}" for link in target.links - source.links]
    fewer = (source.counts - target.counts).keys() & BLOCKS
    return lost + added + [f"<{tag}> {source.counts[tag]} → {target.counts[tag]}" for tag in sorted(fewer)]


_END = tuple(".!?…؟۔。！？")
_AFTER_END = " \t\r\n\xa0\u202f\u200e\u200f\u061c\"'”“’‘»«›‹)]」』*"
#: Characters that a language needs for what takes English one.
_EXTENT = {"de": 1.1, "fr": 1.15, "es": 1.12, "pl": 1.05, "ro": 1.1, "ar": 0.88, "ja": 0.45, "zh": 0.35, "ko": 0.5}


def broken_off(pair: Pair) -> list[str]:
    """Blocks that do not end where a sentence does, though those of the original do."""
    sources, targets = pair.source.blocks, pair.target.blocks
    if len(sources) != len(targets):
        sources, targets = sources[-1:], targets[-1:]
    ends = [(one.rstrip(_AFTER_END), other.rstrip(_AFTER_END)) for one, other in zip(sources, targets, strict=False)]
    return [
        "…" + target[-30:]
        for source, target in ends
        if source.endswith(_END) and not _is_question(source) and not target.endswith((*_END, ":"))
    ]


def _is_question(block: str) -> bool:
    """A headline that asks in one language may state in another."""
    return block.endswith(("?", "؟", "？")) and not _SENTENCE_END.search(block)


def out_of_proportion(pair: Pair) -> list[str]:
    source, target = (len(" ".join(reading.text.split())) for reading in (pair.source, pair.target))
    expected = source * _EXTENT.get(base(pair.language), 1) / _EXTENT.get(base(pair.source_language), 1)
    if source < 60 or 0.62 < target / expected < 1.65:
        return []
    return [f"{source} → {target}"]


_SENTENCE_END = re.compile(r"(?<=[.!?…؟。！？])[\s”“»«\"’]+|\n+")


#: What a text may turn out to be in. Among all languages, Arabic is hardly ever told from its dialects.
_LIKELY = frozenset(SHIPPED) | {"bg", "cs", "fa", "it", "ja", "nl", "pt", "ru", "tr", "zh"}


def foreign_text(pair: Pair) -> list[str]:
    language = base(pair.language)
    untouched: list[str] = []
    if language != base(pair.source_language):
        originals = set(_sentences(pair.source.text))
        untouched = [sentence for sentence in _sentences(pair.target.text) if sentence in originals]
    if language in known():
        for text in (pair.target.text, *pair.target.blocks):
            detected = language_of(text, _LIKELY | {language, base(pair.source_language)})
            if detected and detected[0] != language:
                untouched.append(" ".join(text.split()))
    return [text if len(text) <= 50 else text[:49] + "…" for text in untouched]


def _sentences(text: str) -> list[str]:
    """Sentences of more than a name: a credit may well read the same in two languages."""
    sentences = (sentence.strip(' \xa0\u202f“”„«»"') for sentence in _SENTENCE_END.split(text))
    return [sentence for sentence in sentences if len(re.findall(r"\b[^\W\d_A-Z]\w+", sentence)) >= 3]

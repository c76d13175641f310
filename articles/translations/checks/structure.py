"""Check the form: markup, characters, structure, length, language."""

import re

from articles.translations.checks.pair import BLOCKS, Pair, base, shortened
from liveblog.languages import SHIPPED
from liveblog.translation.detector import known, language_of

_CODE = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]\w+);")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
INVISIBLE = re.compile("[\u200b\u2060\ufeff]")


def markup(pair: Pair) -> list[str]:
    """Return broken tags, and tags or entities that readers would see as text."""
    visible = [] if _CODE.search(pair.source.text) else _CODE.findall(pair.target.text)
    return pair.target.broken + visible


def characters(pattern: re.Pattern[str], text: str) -> list[str]:
    return [f"U+{ord(character):04X}" for character in pattern.findall(text)]


def structure(pair: Pair) -> list[str]:
    source, target = pair.source, pair.target
    lost = [f"−{link}" for link in source.links - target.links]
    added = [f"+{link}" for link in target.links - source.links]
    fewer = (source.counts - target.counts).keys() & BLOCKS
    return lost + added + [f"<{tag}> {source.counts[tag]} → {target.counts[tag]}" for tag in sorted(fewer)]


_END = tuple(".!?…؟۔。！？")
_AFTER_END = " \t\r\n\xa0\u202f\u200e\u200f\u061c\"'”“’‘»«›‹)]」』*"
#: The length of a text, relative to its length in English.
_RELATIVE_LENGTH = {
    "de": 1.1,
    "fr": 1.15,
    "es": 1.12,
    "pl": 1.05,
    "ro": 1.1,
    "ar": 0.88,
    "ja": 0.45,
    "zh": 0.35,
    "ko": 0.5,
}


def broken_off(pair: Pair) -> list[str]:
    """Return the ends of blocks that break off in mid-sentence although those of the original do not."""
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
    """Return whether a block is a single question, which another language may put as a statement."""
    return block.endswith(("?", "؟", "？")) and not _SENTENCE_END.search(block)


def out_of_proportion(pair: Pair) -> list[str]:
    source, target = (len(" ".join(reading.text.split())) for reading in (pair.source, pair.target))
    expected = (
        source * _RELATIVE_LENGTH.get(base(pair.language), 1) / _RELATIVE_LENGTH.get(base(pair.source_language), 1)
    )
    if source < 60 or 0.62 < target / expected < 1.65:
        return []
    return [f"{source} → {target}"]


_SENTENCE_END = re.compile(r"(?<=[.!?…؟。！？])[\s”“»«\"’]+|\n+")


#: Languages to choose from. Among all languages, the detector hardly ever tells Arabic from its dialects.
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
    return [shortened(text) for text in untouched]


def _sentences(text: str) -> list[str]:
    """Return the sentences that are more than a name; credits are often the same in two languages."""
    sentences = (sentence.strip(' \xa0\u202f“”„«»"') for sentence in _SENTENCE_END.split(text))
    return [sentence for sentence in sentences if len(re.findall(r"\b[^\W\d_A-Z]\w+", sentence)) >= 3]

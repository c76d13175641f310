"""Check the form: markup, characters, structure, length, questions."""

import re

from articles.translations.checks.pair import BLOCKS, Pair, base, sentences

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


#: Shorter texts vary too much.
_MIN_LENGTH = 75


def out_of_proportion(pair: Pair) -> list[str]:
    source, target = (len(" ".join(reading.text.split())) for reading in (pair.source, pair.target))
    expected = _expected_length(source, pair)
    if source < _MIN_LENGTH or 0.62 < target / expected < 1.65:
        return []
    return [f"{source} → {target}"]


#: A sentence may be joined to another, but then the translation is not much shorter.
_MIN_SHARE_OF_LENGTH = 0.78
_CLAUSE = re.compile(r"[.!?…؟;؛:](?=[\s”»“]|$)|[,،](?=\s)|\s[–—-]\s")


def omissions(pair: Pair) -> list[str]:
    """Return paragraphs whose translation has fewer sentences or clauses and is much shorter."""
    sources, targets = pair.source.blocks, pair.target.blocks
    if len(sources) != len(targets):
        return []
    found = []
    for source, target in zip(sources, targets, strict=True):
        before, after = (len(sentences(text)) for text in (source, target))
        share = len(target) / _expected_length(len(source), pair)
        fewer = before > after and share < _MIN_SHARE_OF_LENGTH
        clauses, others = (len(_CLAUSE.findall(text)) for text in (source, target))
        if fewer or (clauses > others + 1 and share < _MIN_SHARE_OF_LENGTH - 0.18 and len(source) > 60):
            text = " ".join(target.split())
            found.append(f"{before} → {after}: {text if len(text) <= 50 else '…' + text[-49:]}")
    return found


def _expected_length(length: int, pair: Pair) -> float:
    return (
        max(1, length)
        * _RELATIVE_LENGTH.get(base(pair.language), 1)
        / _RELATIVE_LENGTH.get(base(pair.source_language), 1)
    )


_SENTENCE_END = re.compile(r"(?<=[.!?…؟。！？])[\s”“»«\"’]+|\n+")
_QUESTION_MARK = re.compile("[?؟？]")
_TAG = re.compile(r",\s+(?:\w+n’t|\w+n't|is|are|was|were|do|does|did|has|have|had|can|could|will|would|right)(?: \w+)?\?|¿(?:no|verdad)\?|, (?:oder|nicht wahr|nu-i așa|prawda|n’est-ce pas|чи не так)[ \xa0\u202f]?\?", re.IGNORECASE)
#: A question may become a heading such as "Wie es weitergeht".
_INDIRECT = re.compile(r"(?:wie|was|warum|wieso|weshalb|wer|wo|wann|why|how|what|where|who|when|ce que|comment|pourquoi|où|por qué|cómo|qué|jak|co|dlaczego|de ce|cum|ce|чому|як|що|كيف|لماذا|ماذا)\b", re.IGNORECASE)


def questions_differing(pair: Pair) -> list[str]:
    """Return questions that became statements, or statements that became questions."""
    source, target = (_TAG.sub(".", content.text) for content in (pair.source, pair.target))
    before, after = (len(_QUESTION_MARK.findall(text)) for text in (source, target))
    if before > after:
        indirect = before == 1 and _INDIRECT.match(target.strip(" «“„")) and not target.rstrip(_AFTER_END).endswith(_END)
        return [] if indirect else _questions(source)[-(before - after) :] if after == 0 else _questions(source)
    return _questions(target)[before:] if after > before else []


def _questions(text: str) -> list[str]:
    found = [" ".join(sentence.split()) for sentence in _SENTENCE_END.split(text) if _QUESTION_MARK.search(sentence)]
    return [text if len(text) <= 60 else "…" + text[-59:] for text in found]


_PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s|%s\b|\{\{\s*\w+\s*\}\}")
_MARKDOWN = re.compile(r"(?<![\w*])(\*{1,2}|_{1,2}|~~)(?=\S)[^*_~\n]{1,200}?(?<=\S)\1(?![\w*])|\[[^\]\n]+\]\(https?://[^)\s]+\)")


def placeholders_differing(pair: Pair) -> list[str]:
    """Return placeholders that were changed, and signs of Markdown where the original has none."""
    source, target = (set(_PLACEHOLDER.findall(content.text)) for content in (pair.source, pair.target))
    signs = [] if _MARKDOWN.search(pair.source.text) else [match[0] for match in _MARKDOWN.finditer(pair.target.text)]
    return [f"−{lost}" for lost in sorted(source - target)] + [f"+{new}" for new in sorted(target - source)] + signs

# ruff: noqa: E501 the words of a language stay on one line
"""Check the form: markup, characters, structure, length, questions."""

import re

from articles.translations.checks.pair import BLOCKS, SENTENCE_END, Pair, base, sentences
from liveblog.languages import script_of

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


#: Scripts whose sentences have no end mark.
_WITHOUT_FULL_STOPS = frozenset({"Thai", "Laoo"})
_END = tuple(".!?…؟۔。！？।॥։።៕၊။")
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
    "he": 0.8,
    "th": 0.95,
}


def broken_off(pair: Pair) -> list[str]:
    """Return the ends of blocks that break off in mid-sentence, unless those of the original do."""
    if script_of(pair.language) in _WITHOUT_FULL_STOPS:
        return []
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
    return block.endswith(("?", "؟", "？")) and not SENTENCE_END.search(block)


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
            found.append(text if len(text) <= 50 else "…" + text[-49:])
    return found


def _expected_length(length: int, pair: Pair) -> float:
    return (
        max(1, length)
        * _RELATIVE_LENGTH.get(base(pair.language), 1)
        / _RELATIVE_LENGTH.get(base(pair.source_language), 1)
    )


_QUESTION_MARK = re.compile("[?؟？]")
_TAG = re.compile(
    r",\s+(?:\w+n’t|\w+n't|is|are|was|were|do|does|did|has|have|had|can|could|will|would|right)(?: \w+)?\?|¿(?:no|verdad)\?|, (?:oder|nicht wahr|nu-i așa|prawda|n’est-ce pas|чи не так)[ \xa0\u202f]?\?",
    re.IGNORECASE,
)
#: Question words: a question may be translated as an indirect one, or as a heading such as "Wie es weitergeht".
_INTERROGATIVES = {
    "en": "how|why|what|where|who|whom|whose|when|whether|which",
    "de": "wie|was|warum|wieso|weshalb|wer|wen|wem|wo|wann|ob|welche[rsnm]?|wohin|wozu|womit",
    "fr": "comment|pourquoi|où|ce qu[ie’].*|quand|quel(?:le)?s?",
    "es": "por qué|cómo|qué|quién|quiénes|dónde|cuándo|cuál|cuáles",
    "pl": "jak|co|dlaczego|gdzie|kiedy|czy|który|która|które",
    "ro": "cum|ce|de ce|cine|unde|când|dacă|care",
    "uk": "як|що|чому|хто|де|коли|чи|який|яка|яке|навіщо",
    "ar": "كيف|لماذا|ماذا|بماذا|متى|أين|هل|ما إذا",
}


def questions_differing(pair: Pair) -> list[str]:
    """Return questions that became statements, or statements that became questions."""
    source, target = (_TAG.sub(".", content.text) for content in (pair.source, pair.target))
    before, after = (len(_QUESTION_MARK.findall(text)) for text in (source, target))
    if before == after:
        return []
    longer, shorter, language = (
        (source, target, base(pair.language)) if before > after else (target, source, base(pair.source_language))
    )
    statements = [part for part in SENTENCE_END.split(shorter) if not _QUESTION_MARK.search(part)]
    words = _INTERROGATIVES.get(language)
    indirect = sum(bool(words and re.search(rf"\b(?:{words})\b", part, re.IGNORECASE)) for part in statements)
    if indirect >= abs(before - after) and not (
        before == 1 and after == 0 and shorter.rstrip(_AFTER_END).endswith(".") and len(statements) == 1
    ):
        return []
    return _questions(longer)[-abs(before - after) :]


def _questions(text: str) -> list[str]:
    found = [" ".join(sentence.split()) for sentence in SENTENCE_END.split(text) if _QUESTION_MARK.search(sentence)]
    return [text if len(text) <= 60 else "…" + text[-59:] for text in found]


_PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s|%s\b|\{\{\s*\w+\s*\}\}")
_MARKDOWN = re.compile(
    r"(?<![\w*])(\*{1,2}|_{1,2}|~~)(?=\S)[^*_~\n]{1,200}?(?<=\S)\1(?![\w*])|\[[^\]\n]+\]\(https?://[^)\s]+\)"
)


def placeholders_differing(pair: Pair) -> list[str]:
    """Return placeholders that were changed, and signs of Markdown where the original has none."""
    source, target = (set(_PLACEHOLDER.findall(content.text)) for content in (pair.source, pair.target))
    signs = [] if _MARKDOWN.search(pair.source.text) else [match[0] for match in _MARKDOWN.finditer(pair.target.text)]
    return [f"−{lost}" for lost in sorted(source - target)] + [f"+{new}" for new in sorted(target - source)] + signs

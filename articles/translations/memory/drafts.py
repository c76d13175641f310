"""Fill a plan of machine drafts with reviewed passages, so that engines need not translate them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from articles.models import GlossaryTerm, TranslationUnit
from articles.text import passages
from articles.text.richtext import blocks
from articles.translations import columns
from articles.translations.memory import lookup
from articles.translations.suggestions import Part, Plan, Sentence

if TYPE_CHECKING:
    from articles.models import Article, Update

#: Translations by the digest of the passage, for one kind of text.
_Known = Mapping[str, str]


def fill(plan: Plan, item: Article | Update, language: str) -> Plan:
    """Return the plan with reviewed translations of equal passages of the same kind.

    A block, such as a paragraph or a list, is filled completely or not at all. This takes one query; none if there is
    nothing to draft. Using drafts of other articles reveals nothing, because the same words are in this text.
    """
    wanted = {
        (GlossaryTerm.kind_of(field), passages.digest(passage))
        for field, source in zip(plan.fields, plan.sentences, strict=True)
        for passage in passages.Parted(source).passages
    }
    if not wanted:
        return plan
    readable = TranslationUnit.objects.public(besides=columns.article_of(item))
    found: dict[str, dict[str, str]] = {}
    for unit in lookup.exact(
        readable.between(item.source_language, language), dict.fromkeys(digest for _kind, digest in wanted)
    ):
        # A unit from a file has no kind of text.
        for kind in {kind for kind, digest in wanted if digest == unit.digest and unit.kind in ("", kind)}:
            found.setdefault(kind, {}).setdefault(unit.digest, unit.target)
    if not found:
        return plan
    parts = {}
    for field, each in plan.parts.items():
        known = found.get(GlossaryTerm.kind_of(field), {})
        parts[field] = [
            filled
            for part in each
            for filled in (_filled(part, known, rich=field in plan.rich) if isinstance(part, Sentence) else [part])
        ]
    return replace(plan, parts=parts)


def _filled(sentence: Sentence, known: _Known, *, rich: bool) -> Iterator[Part]:
    """Yield the known blocks of a passage, and between them the parts that are left to draft."""
    left = ""
    for block in blocks(sentence.source) if rich else [sentence.source]:
        translated = passages.substituted(block, known)
        if translated is None:
            left += block
            continue
        if left:
            yield Sentence(left)
        left = ""
        yield translated
    if left:
        yield Sentence(left, sentence.space)
    elif sentence.space:
        yield sentence.space


def saved(before: Plan, after: Plan) -> int:
    """Return the number of characters that engines need not translate."""
    return sum(map(len, before.sentences)) - sum(map(len, after.sentences))

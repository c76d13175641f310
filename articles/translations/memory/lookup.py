"""Find reviewed translations of equal and of similar passages.

Similar passages are selected by an index (`liveblog.search.index`) and measured by rapidfuzz. Both databases find the
same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, IntegerField, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.db.models.lookups import GreaterThanOrEqual
from rapidfuzz.distance import Indel

from articles.models import TranslationUnit
from articles.text import passages
from articles.text.plaintext import plain_text
from articles.translations import suggestions
from articles.translations.memory import units
from articles.translations.models import TranslationUnitQuerySet
from liveblog.search.folding import BOUNDARY, forms, part

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from articles.models import Article

#: The least similarity of two passages: 1 stands for the same words and markup, 0 for no character in common.
LEAST = 0.7
#: The similarity of passages that differ only in markup, case or white space.
_NEARLY_SAME = 0.99

#: The number of matches offered for a passage, and of units of one source or passage that are measured.
MOST = 3
_MOST_OF_A_SOURCE, _MOST_OF_A_PASSAGE = 3, 60
#: The greatest number of units that have enough words of one of the passages of a query.
_MAX_FOUND = 5_000

#: The number of passages in one query, and the greatest number for which similar ones are searched: far more than an
#: update has.
_BATCH, _MAX_PASSAGES = 20, 60
#: The number of words of a passage that are searched. A similar passage must have half of them.
_MAX_WORDS = 6
_MAX_LENGTH = 4_000

_ORIGINS = ("translation__article", "translation__update__article", "reviewer")
_NEWEST = (F("reviewed_at").desc(nulls_last=True), "-pk")


@dataclass(frozen=True)
class Match:
    """A reviewed translation of a passage, or of a similar one."""

    unit: TranslationUnit
    similarity: float
    #: The offered translation: that of the unit, with the numbers and names of the passage if that is safe.
    target: str

    @property
    def exact(self) -> bool:
        return self.similarity == 1

    @property
    def adapted(self) -> bool:
        return self.target != self.unit.target


def readable_by(user: User | AnonymousUser, article: Article) -> TranslationUnitQuerySet:
    """Return the units that a translator of this article may see: of unpublished texts, only the article's own."""
    found = TranslationUnit.objects.all()
    return found if user.has_perm("articles.view_update") else found.public(besides=article)


def exact(found: TranslationUnitQuerySet, wanted: Mapping[str, Any]) -> list[TranslationUnit]:
    """Return the newest units of each kind with these digests of sources."""
    if not wanted:
        return []
    of_same_source = Window(RowNumber(), partition_by=[F("digest"), F("kind")], order_by=_NEWEST)
    ranked = found.filter(digest__in=wanted).annotate(rank=of_same_source).filter(rank__lte=_MOST_OF_A_SOURCE)
    return list(ranked.select_related(*_ORIGINS).order_by(*_NEWEST))


def matches(
    found: TranslationUnitQuerySet, wanted: Sequence[tuple[str, str]], source_language: str, language: str
) -> list[list[Match]]:
    """Return for each of the (kind, passage) pairs its best matches, the best first.

    This takes one query for exact matches, and two for each 20 passages without one.
    """
    found = found.between(source_language, language)
    by_digest: dict[str, list[TranslationUnit]] = {}
    digests = [passages.digest(passage) for _kind, passage in wanted]
    for unit in exact(found, dict.fromkeys(digests)):
        by_digest.setdefault(unit.digest, []).append(unit)
    lacking = {
        digest: passage
        for digest, (_kind, passage) in zip(digests, wanted, strict=True)
        if digest not in by_digest and len(passage) <= _MAX_LENGTH
    }
    similar = _similar(found, dict(list(lacking.items())[:_MAX_PASSAGES]))
    results = []
    for digest, (kind, passage) in zip(digests, wanted, strict=True):
        scored = [(1.0, unit) for unit in by_digest.get(digest, ())] or similar.get(digest, [])
        # The best model for a headline is another headline.
        scored = sorted(scored, key=lambda each: (-each[0], each[1].kind != kind))
        results.append(_offered(scored, passage, source_language, language))
    return results


def _offered(
    scored: Sequence[tuple[float, TranslationUnit]], passage: str, source_language: str, language: str
) -> list[Match]:
    made: dict[str, Match] = {}
    for similarity, unit in scored:
        target = unit.target
        if similarity < 1:
            carried = suggestions.carried(unit.source, passage, unit.target, source_language, language)
            target = unit.target if carried is None else carried
        made.setdefault(target, Match(unit, similarity, target))
        if len(made) == MOST:
            break
    return list(made.values())


def similarity(one: str, other: str) -> float:
    """Return the similarity of the words of two different passages."""
    return min(_NEARLY_SAME, Indel.normalized_similarity(units.plain(one), units.plain(other)))


def _similar(
    found: TranslationUnitQuerySet, wanted: Mapping[str, str]
) -> dict[str, list[tuple[float, TranslationUnit]]]:
    """Return the units whose sources are similar to passages, by the digests of these, with their similarities."""
    conditions = {digest: each for digest, passage in wanted.items() if (each := _condition(passage)) is not None}
    candidates: list[TranslationUnit] = []
    keys = list(conditions)
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        of_same_source = Window(RowNumber(), partition_by=[F("digest"), F("kind")], order_by=_NEWEST)
        # If they were joined by OR, each unit found for one passage would be checked for all of them.
        first, *others = [found.filter(conditions[key]).order_by().values_list("pk") for key in batch]
        keys_of_units = {key for (key,) in first.union(*others, all=True)[:_MAX_FOUND]}
        some = found.filter(pk__in=keys_of_units).annotate(rank=of_same_source)
        some = some.filter(rank__lte=1).order_by(*_NEWEST)
        candidates += some.select_related(*_ORIGINS)[: len(batch) * _MOST_OF_A_PASSAGE]
    words = {unit.pk: units.plain(unit.source) for unit in candidates}
    results: dict[str, list[tuple[float, TranslationUnit]]] = {}
    for digest in conditions:
        text = units.plain(wanted[digest])
        for unit in candidates:
            alike = Indel.normalized_similarity(text, words[unit.pk], score_cutoff=LEAST)
            if alike >= LEAST:
                results.setdefault(digest, []).append((min(_NEARLY_SAME, alike), unit))
    return results


def _condition(passage: str) -> Q | None:
    """Return the condition for sources of similar passages: a similar length, and half of the longest words."""
    text = plain_text(passage)
    terms = _terms(text)
    if not terms:
        return None
    needed = (len(terms) + 1) // 2
    held = reduce(add, (_one_if(Q(words__holds=term)) for term in terms))
    # 1 - |a - b| / (a + b), the greatest possible similarity of texts with these lengths.
    shortest, longest = len(text) * LEAST / (2 - LEAST), len(text) * (2 - LEAST) / LEAST
    enough = Q(GreaterThanOrEqual(held, needed))
    return Q(words__has_some=(terms, needed)) & Q(length__gte=shortest, length__lte=longest) & enough


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _terms(text: str) -> list[str]:
    """Return the parts of a folded text by which similar ones are found: its longest words, as it has them.

    A short word, such as one of a script without spaces, counts together with the next one: an index of trigrams finds
    nothing shorter than three characters.
    """
    words = [word for token in text.split() for word in (forms(token) or ("",))[0].split(BOUNDARY) if word]
    joined = [
        word if len(word) > 2 or place + 1 == len(words) else f"{word}{BOUNDARY}{words[place + 1]}"
        for place, word in enumerate(words)
    ]
    longest = sorted(dict.fromkeys(joined), key=len, reverse=True)
    return [part(word, beginnings=True) for word in longest[:_MAX_WORDS]]

"""Find reviewed translations of a passage: of the same words, and of similar ones.

Similar passages are selected by an index (`liveblog.search.index`) and measured by rapidfuzz. Both databases answer
alike.
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
#: The similarity of passages of which only the markup, the case or the white space differs.
_NEARLY_SAME = 0.99

#: Matches of a passage that are offered, and units of one source or passage that are measured for it.
MOST = 3
_MOST_OF_A_SOURCE, _MOST_OF_A_PASSAGE = 3, 60
#: Units that have enough words of one of the passages of a query.
_MAX_FOUND = 5_000

#: Passages of one query, and all that similar ones are sought for: far more than a post of a live blog has.
_BATCH, _MAX_PASSAGES = 20, 60
#: Words of a passage that are looked for. Half of them must be in a similar one.
_MAX_WORDS = 6
_MAX_LENGTH = 4_000

_ORIGINS = ("translation__article", "translation__update__article", "reviewer")
_NEWEST = (F("reviewed_at").desc(nulls_last=True), "-pk")


@dataclass(frozen=True)
class Match:
    """A reviewed translation of a passage, or of a similar one."""

    unit: TranslationUnit
    similarity: float
    #: The translation as it is offered: the unit's, with the numbers and names of the passage where that is safe.
    target: str

    @property
    def exact(self) -> bool:
        return self.similarity == 1

    @property
    def adapted(self) -> bool:
        return self.target != self.unit.target


def readable_by(user: User | AnonymousUser, article: Article) -> TranslationUnitQuerySet:
    """Return the units whose words a user may see who translates this article: of drafts, only those of its own."""
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

    It costs one query for exact matches, and two for similar ones to each 20 passages that have none.
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
        # A headline is best translated as another headline was.
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
    """Return how alike the words of two passages are that are not the same."""
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
        # Joined by OR, the conditions of all passages would be checked in each unit that one of them has found.
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
    """Return what the sources of similar passages have: a similar length, and half of the words that tell most."""
    text = plain_text(passage)
    terms = _terms(text)
    if not terms:
        return None
    needed = (len(terms) + 1) // 2
    held = reduce(add, (_one_if(Q(words__holds=term)) for term in terms))
    # 1 - |a - b| / (a + b), the most that two texts of these lengths can have in common.
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

"""Find objects by the words of a query."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from liveblog.models import SearchText
from liveblog.search.folding import part, words_of
from liveblog.search.texts import kind_of

QuerySetT = TypeVar("QuerySetT", bound=QuerySet[Any])


def matching(
    found: QuerySetT,
    query: str,
    *,
    languages: Collection[str] | None = None,
    titles: bool = False,
    beginnings: bool = False,
) -> QuerySetT:
    """Return those objects of `found` whose texts hold all words of a query; all of them if the query is empty.

    languages    the languages of the texts; None stands for all. The words may be in texts of different languages.
    titles       only titles count
    beginnings   a word matches only the beginning of words; otherwise also within words, as in “Donaubrücke”

    The lookup takes one database query, however long the search query is. A query without a letter, a digit or a symbol
    finds nothing.
    """
    if not query.strip():
        return found
    words = words_of(query)
    if not words:
        return found.none()
    rows = SearchText.objects.filter(kind=kind_of(found.model))
    if languages is not None:
        rows = rows.filter(language__in=["", *languages])
    for forms in words:
        anywhere = Q()
        for form in forms:
            wanted = part(form, beginnings=beginnings)
            holds = Q(text__holds=wanted)
            anywhere |= holds & Q(title__contains=wanted) if titles else holds
        found = found.filter(pk__in=rows.filter(anywhere).values("object_id"))
    return found

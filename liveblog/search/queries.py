"""Find objects by the words of a query."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from liveblog.models import SearchText
from liveblog.search.folding import part, words_of
from liveblog.search.texts import kind_of

QuerySetT = TypeVar("QuerySetT", bound=QuerySet[Any])


def matching(found: QuerySetT, query: str, *, titles: bool = False) -> QuerySetT:
    """Return those objects of `found` whose texts hold all words of a query; all of them if the query is empty.

    titles   only titles count

    The words may be in texts of different languages, and within other words, as in “Donaubrücke”. The lookup takes one
    database query, however long the search query is. A query without a letter, a digit or a symbol finds nothing.
    """
    if not query.strip():
        return found
    words = words_of(query)
    if not words:
        return found.none()
    rows = SearchText.objects.filter(kind=kind_of(found.model))
    for forms in words:
        anywhere = Q()
        for form in forms:
            wanted = part(form)
            holds = Q(text__holds=wanted)
            anywhere |= holds & Q(title__contains=wanted) if titles else holds
        found = found.filter(pk__in=rows.filter(anywhere).values("object_id"))
    return found

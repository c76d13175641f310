"""The search box of the lists in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from liveblog.search.queries import matching


class IndexedSearchMixin(admin.ModelAdmin):
    """An admin whose search box uses the index, as do other forms that select its objects."""

    #: Django shows the box only if this is not empty; `get_search_results` ignores it.
    search_fields = ("pk",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        return matching(queryset, search_term), False

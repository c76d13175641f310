"""The audit log in the admin: to read and to filter, not to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from liveblog.audit import wording
from liveblog.audit.models import Entry
from liveblog.moments.admin import MomentsAdmin


@admin.register(Entry)
class EntryAdmin(MomentsAdmin):
    list_display = ("at", "who", "action", "subject", "details_shown", "network")
    list_display_links = None
    list_filter = ("action", "at", ("actor", admin.RelatedOnlyFieldListFilter))
    search_fields = ("actor_name", "about")
    list_per_page = 100
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"list_title": gettext("Audit log")} | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).select_related("actor")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    @admin.display(description=_("who"), ordering="actor_name")
    def who(self, entry: Entry) -> str:
        return entry.actor_name or "–"

    @admin.display(description=_("subject"), ordering="about")
    def subject(self, entry: Entry) -> str:
        return format_html("<bdi>{}</bdi>", wording.subject_of(entry))

    @admin.display(description=_("details"))
    def details_shown(self, entry: Entry) -> str:
        rows = format_html_join("", "<div><dt>{}</dt><dd><bdi>{}</bdi></dd></div>", wording.lines_of(entry))
        return format_html('<dl class="details">{}</dl>', rows) if rows else ""

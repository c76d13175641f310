from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from comments.models import Comment


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    """The moderators' view: what readers wrote is decided on, never rewritten."""

    list_display = ("name", "text", "article", "language", "state", "written_at")
    list_filter = ("state", "language", ("article", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("article",)
    search_fields = ("name", "text")
    fields = ("article", "language", "name", "text", "written_at", "state")
    readonly_fields = ("article", "language", "name", "text", "written_at")
    actions = ("approve", "refuse", "mark_as_spam")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def _decide(self, comments: QuerySet[Comment], state: str) -> None:
        for comment in comments.exclude(state=state):
            comment.state = state
            comment.save()

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request: HttpRequest, comments: Any) -> None:
        self._decide(comments, Comment.State.APPROVED)

    @admin.action(description=_("Refuse"), permissions=["change"])
    def refuse(self, request: HttpRequest, comments: Any) -> None:
        self._decide(comments, Comment.State.REFUSED)

    @admin.action(description=_("Mark as spam"), permissions=["change"])
    def mark_as_spam(self, request: HttpRequest, comments: Any) -> None:
        self._decide(comments, Comment.State.SPAM)

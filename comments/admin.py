from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from comments.models import Comment
from liveblog.languages import direction
from liveblog.spoken import NamedFilter, SpokenAdmin, named


@admin.register(Comment)
class CommentAdmin(SpokenAdmin):
    """The moderators' view: what readers wrote is decided on, never rewritten."""

    list_display = ("writer", "words", "article_named", "language", "state", "written_at")
    list_filter = ("state", "language", ("article", NamedFilter))
    list_select_related = ("article",)
    search_fields = ("name", "text")
    fields = ("article_named", "language", "writer", "words", "written_at", "state")
    readonly_fields = ("article_named", "language", "writer", "words", "written_at")
    actions = ("approve", "refuse", "mark_as_spam")

    @admin.display(description=_("name"), ordering="name")
    def writer(self, comment: Comment) -> SafeString:
        return format_html("<bdi>{}</bdi>", comment.name)

    @admin.display(description=_("text"))
    def words(self, comment: Comment) -> SafeString:
        language = comment.language
        text = linebreaksbr(comment.text, autoescape=True)
        return format_html('<span lang="{}" dir="{}">{}</span>', language, direction(language), text)

    @admin.display(description=_("article"), ordering="article")
    def article_named(self, comment: Comment) -> SafeString:
        return named(comment.article)

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


from comments import privacy_admin, rules_admin  # noqa: E402, F401 - they register their pages

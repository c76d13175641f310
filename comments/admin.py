from datetime import tzinfo

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, Decision
from comments.queue import decisions, reasons, urls
from liveblog.admin_lang import LangAttributeAdmin
from liveblog.moments.admin import MomentsAdmin


@admin.register(Comment)
class CommentAdmin(LangAttributeAdmin):
    """The list is the moderators' queue, where moderators decide on comments. Nobody rewrites them."""

    def get_urls(self) -> list[URLPattern]:
        return [*urls.patterns(self.admin_site.admin_view), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: object, **kwargs: object) -> HttpResponse:
        """Redirect to the queue, filtered to this comment."""
        return redirect(f"{reverse('admin:comments_comment_changelist')}?comment={object_id}")


@admin.register(Decision)
class DecisionAdmin(MomentsAdmin):
    """The moderation log: each decision with moderator, time and reason."""

    list_display = ("at", "comment_link", "who", "from_state", "to_state", "reason_shown")
    list_display_links = None
    list_filter = ("to_state", "actor")
    list_select_related = ("user", "comment__article")
    date_hierarchy = "day"
    list_per_page = 50

    def zone_of(self, item: Decision) -> tzinfo:
        return item.comment.article.zone

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: object, **kwargs: object) -> HttpResponse:
        return redirect("admin:comments_decision_changelist")

    @admin.display(description=_("comment"))
    def comment_link(self, line: Decision) -> SafeString:
        address = f"{reverse('admin:comments_comment_changelist')}?comment={line.comment_id}"
        return format_html('<a href="{}">#{}</a>', address, line.comment_id)

    @admin.display(description=_("decided by"))
    def who(self, line: Decision) -> SafeString:
        name = decisions.name_of(line.user) if line.actor == "moderator" else line.get_actor_display()
        return format_html("<bdi>{}</bdi>", name)

    @admin.display(description=_("reason"))
    def reason_shown(self, line: Decision) -> SafeString:
        known, words = reasons.decode(line.reason)
        return format_html("{} <bdi>{}</bdi>", known, words)


from comments import privacy_admin, rules_admin  # noqa: E402, F401 - they register their pages

"""The admin pages for the rules of an article's comments, for listed words and for bans."""

from __future__ import annotations

from datetime import tzinfo

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from comments.models import Ban, Discussion, ListedWord
from liveblog.admin_lang import LangAttributeAdmin, named
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.languages import direction
from liveblog.moments.fields import ArticleMomentFormMixin, MomentFormMixin
from liveblog.networks import client_of
from liveblog.search.admin import IndexedSearchMixin


class DiscussionForm(ArticleMomentFormMixin, forms.ModelForm):
    """The form of an article's rules."""


class BanForm(MomentFormMixin, forms.ModelForm):
    """The form of a ban, which belongs to no article: its times are local times of the site."""


@admin.register(Discussion)
class DiscussionAdmin(LangAttributeAdmin):
    form = DiscussionForm
    list_display = ("article_named", "policy", "closes_at")
    list_filter = ("policy",)
    list_select_related = ("article",)
    autocomplete_fields = ("article",)

    def save_model(self, request: HttpRequest, obj: Discussion, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            record(Action.SETTINGS_CHANGED, f"article {obj.article_id}", changed=form.changed_data)

    def zone_of(self, item: Discussion) -> tzinfo:
        return item.article.zone

    @admin.display(description=_("article"), ordering="article")
    def article_named(self, discussion: Discussion) -> SafeString:
        return named(discussion.article)

    def get_readonly_fields(self, request: HttpRequest, obj: Discussion | None = None) -> tuple[str, ...]:
        # The rules of one article cannot be moved to another.
        return ("article_named",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: Discussion | None = None) -> tuple[str, ...]:
        return ("article_named" if obj else "article", "policy", "closes_at")


@admin.register(ListedWord)
class ListedWordAdmin(IndexedSearchMixin, LangAttributeAdmin):
    list_display = ("word_marked", "language", "action")
    list_filter = ("language", "action")

    @admin.display(description=_("word"), ordering="word")
    def word_marked(self, word: ListedWord) -> SafeString:
        return format_html('<bdi lang="{}" dir="{}">{}</bdi>', word.language, direction(word.language), word.word)


@admin.register(Ban)
class BanAdmin(LangAttributeAdmin):
    """Bans are made in the queue. Here they are listed, shortened and lifted."""

    form = BanForm
    list_display = ("banned", "until", "in_force", "user", "reason")
    list_select_related = ("user",)
    fields = ("banned", "until", "reason", "user", "at")
    readonly_fields = ("banned", "user", "at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ban]:
        return super().get_queryset(request).order_by("-until", "-pk")

    @admin.display(description=_("who"))
    def banned(self, ban: Ban) -> str:
        return format_html("<bdi>{}</bdi>", client_of(ban.address)) if ban.address else str(_("An email address"))

    @admin.display(description=_("in force"))
    def in_force(self, ban: Ban) -> str:
        return gettext("Yes") if ban.until > timezone.now() else gettext("No")

"""The admin of articles, updates, authors, topics and snippets."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from js_asset import Script

from articles import changes
from articles.base_admin import (
    ChangeLoggedAdmin,
    Fieldsets,
    TranslatedAdmin,
    TranslatedForm,
    labels_without_language,
    language_fieldsets,
)
from articles.desk import urls as desk_urls
from articles.desk.consumers import PERMISSIONS
from articles.embeds import views as embed_views
from articles.embeds.forms import EmbedFormMixin
from articles.history.admin import VersionsAdminMixin, author_of
from articles.models import Article, Author, CoverageEvent, Snippet, Topic, Update
from articles.pictures.forms import PicturesFormMixin
from articles.pictures.views import upload
from articles.publishing import finishing, rules, syndication
from articles.publishing.finishing import Decision, Fate
from articles.text.localized import text_in
from liveblog.admin_lang import LangAttributeAdmin, NamedFilter, language_of, named
from liveblog.fields import TextFormField, offered_languages, with_kept_languages
from liveblog.languages import SHIPPED, direction
from liveblog.lists import comma
from liveblog.moments import zones
from liveblog.moments.fields import ArticleMomentFormMixin, MomentFormMixin, ZoneFormField
from liveblog.moments.formats import element
from liveblog.numbers import number
from liveblog.search.admin import IndexedSearchMixin

admin.site.site_header = admin.site.site_title = _("Live desk")
admin.site.index_title = _("Newsroom")


class ArticleForm(MomentFormMixin, TranslatedForm):
    """The form of an article: its times are local times of the zone that is selected in the form.

    Before it finishes a coverage it asks about the scheduled updates.
    """

    zone_control = "time_zone"

    finishing = forms.ChoiceField(
        label=_("Scheduled updates, once the coverage has finished"),
        choices=Fate.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    #: The primary keys of the updates that the form has named.
    finishing_named = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.fields.get("time_zone")
        if isinstance(zone, ZoneFormField) and self.instance.pk:
            zone.keep(self.instance.time_zone)
        waiting = list(finishing.scheduled(self.instance)) if self.instance.pk else []
        rows = [
            (named(update), element(update.publish_at, self.instance.zone)) for update in waiting if update.publish_at
        ]
        names = format_html_join("", "<li>{} · {}</li>", rows)
        self.fields["finishing"].help_text = format_html("<ul>{}</ul>", names)
        self.fields["finishing_named"].initial = self._now_named = ",".join(str(update.pk) for update in waiting)

    def moments_zone(self) -> tzinfo:
        chosen = self.data.get(self.add_prefix("time_zone")) if "time_zone" in self.fields else None
        return ZoneInfo(chosen) if chosen and zones.is_zone(chosen) else self.instance.zone

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        fate = self.cleaned_data.get("finishing")
        pks = map(number, self.cleaned_data.get("finishing_named", "").split(","))
        self.instance.finishing = Decision(Fate(fate), frozenset(filter(None, pks))) if fate else None
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        if self.has_error("finishing"):
            # The next attempt decides about the updates that are named beside the error.
            self._redisplay_with("finishing_named", self._now_named)


@admin.register(Article)
class ArticleAdmin(IndexedSearchMixin, TranslatedAdmin[Article]):
    """The admin of articles, with the addresses of their desks."""

    form = ArticleForm
    metadata_displays = ("topics_named", "related_named")
    metadata_fields = (
        ("slug", "state"),
        "source_language",
        "languages",
        "time_zone",
        ("coverage_start", "coverage_end"),
        "authors",
        "topics",
        "related",
        "photo",
        "policies",
        "needs_release",
        "shows_writing",
        "notifications",
    )
    translate_permission = "articles.translate_article"
    autocomplete_fields = ("authors", "topics", "related")
    list_display = ("headline_shown", "state", "coverage_start", "languages_shown", "desk_link", "page_link")
    list_filter = ("state", "topics")
    date_hierarchy = "start_day"

    def zone_of(self, item: Article) -> tzinfo:
        return item.zone

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Fieldsets:
        found = super().get_fieldsets(request, obj)
        unfinished = obj is not None and obj.state != Article.State.FINISHED
        if obj and unfinished and self.can_edit_source(request, obj) and finishing.scheduled(obj).exists():
            found[0][1]["fields"][1:1] = ["finishing", "finishing_named"]
        return found

    def save_model(self, request: HttpRequest, obj: Article, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "state" in form.changed_data and obj.state == Article.State.FINISHED:
            self._name_submitted(request, obj)

    def _name_submitted(self, request: HttpRequest, article: Article) -> None:
        """Say which updates of a finished coverage still wait for their release."""
        waiting = list(finishing.submitted(article))
        if waiting:
            text = ngettext(
                "{count} update is awaiting approval and won’t be published automatically: {updates}",
                "{count} updates are awaiting approval and won’t be published automatically: {updates}",
                len(waiting),
            )
            names = format_html_join(comma(), "{}", ((named(update),) for update in waiting))
            message = format_html(text, count=len(waiting), updates=names)
            self.message_user(request, message, messages.WARNING)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        events = CoverageEvent.objects.filter(article=number(object_id) or 0).select_related("article", "user")
        context: dict[str, object] = {"events": [(event, author_of(event)) for event in events]}
        return super().history_view(request, object_id, context | (extra_context or {}))

    class Media:
        js = (Script("articles/photo.js", type="module"),)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        found = super().get_list_display(request)
        return [name for name in found if name != "desk_link" or self._has_desk(request)]

    def _has_desk(self, request: HttpRequest) -> bool:
        return any(request.user.has_perm(permission) for permission in PERMISSIONS)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, object],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Article | None = None,
    ) -> HttpResponse:
        context["has_desk"] = self._has_desk(request)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            *desk_urls.patterns(wrap),
            path("<int:pk>/desk/embed/", wrap(embed_views.preview), name="articles_article_embed"),
            *super().get_urls(),
        ]

    @admin.display(description=_("headline"))
    def headline_shown(self, article: Article) -> str | SafeString:
        return text_in(article, "headline", get_language() or "en") or named(article)

    @admin.display(description=_("topics"))
    def topics_named(self, article: Article) -> SafeString:
        return format_html_join(", ", "<bdi>{}</bdi>", ((topic,) for topic in article.topics.all()))

    @admin.display(description=_("related articles"))
    def related_named(self, article: Article) -> SafeString:
        return format_html_join(", ", "{}", ((named(other),) for other in article.related.all()))

    @admin.display(description=_("languages"))
    def languages_shown(self, article: Article) -> str:
        return " · ".join(article.languages)

    @admin.display(description=_("page"))
    def page_link(self, article: Article) -> str:
        return format_html('<a href="{}">{}</a>', article.url(page_language(article)), _("View"))

    @admin.display(description=_("live desk"))
    def desk_link(self, article: Article) -> str:
        return format_html('<a href="{}">{}</a>', reverse("admin:articles_desk", args=[article.pk]), _("Open"))


class UpdateForm(ArticleMomentFormMixin, PicturesFormMixin, EmbedFormMixin, TranslatedForm):
    """The form of an update in the admin, with the buttons that publish and withdraw it."""

    #: The user of the form, and whether they may change the state and the pictures. `UpdateAdmin.get_form` sets both.
    user: User
    may_publish = False

    # Shown in a dialogue before an update is withdrawn.
    withdraw_mark = forms.BooleanField(label=_("Show readers that an update was removed here"), required=False)
    withdraw_reason = TextFormField(label=_("Reason shown to readers (optional)"), max_length=500, required=False)

    class Meta:
        model = Update
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        data = self.data if isinstance(self.data, QueryDict) and self.is_bound and self.may_publish else None
        self.init_pictures(data, self.user)

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if self.may_publish:
            self._apply_button()
            self.check_pictures()
        return cleaned

    def _apply_button(self) -> None:
        """Set the state according to the pressed button."""
        update = self.instance
        planned = self.cleaned_data.get("publish_at") if "publish_at" in self.fields else update.publish_at
        if "_publish" in self.data:
            for name, message in rules.early_errors(update, planned).items():
                self.add_error(name if name in self.fields else None, message)
            update.publish(planned)
        elif "_submit" in self.data:
            update.state = Update.State.SUBMITTED
        elif "_draft" in self.data:
            update.state = Update.State.DRAFT
        elif "_withdraw" in self.data:
            update.withdraw(
                leaves_mark=self.cleaned_data.get("withdraw_mark", False),
                reason=self.cleaned_data.get("withdraw_reason", ""),
            )
        elif update.state in (Update.State.DRAFT, Update.State.SCHEDULED) and "publish_at" in self.fields:
            # If updates need release, a time alone does not schedule one.
            article = self.cleaned_data.get("article") or (update.article if update.article_id else None)
            if update.state == Update.State.DRAFT and article and article.needs_release:
                return
            update.state = Update.State.SCHEDULED if planned else Update.State.DRAFT


@admin.register(Update)
class UpdateAdmin(IndexedSearchMixin, VersionsAdminMixin, TranslatedAdmin[Update]):
    """The admin of updates, with their versions and the upload of pictures."""

    form = UpdateForm
    metadata_fields = ("article", "source_language", ("is_key", "publish_at"), "authors", "embed_url")
    translate_permission = "articles.translate_update"
    autocomplete_fields = ("article", "authors")
    metadata_displays = ("article_named",)
    list_display = ("text_named", "article_named", "state", "is_key", "source_language", "first_published_at")
    list_filter = ("state", "is_key", "source_language", ("article", NamedFilter))
    list_select_related = ("article", "embed")
    ordering = ("-first_published_at", "-pk")
    change_form_template = "admin/articles/update/change_form.html"

    def zone_of(self, item: Update) -> tzinfo:
        return item.article.zone

    def tab_languages(self, request: HttpRequest, obj: Update | None) -> list[str]:
        article = obj.article if obj else self._article_to_add_to(request)
        if article is None:
            return super().tab_languages(request, obj)
        return list(dict.fromkeys([*article.offered_languages, *([obj.source_language] if obj else [])]))

    def _article_to_add_to(self, request: HttpRequest) -> Article | None:
        pk = number(request.GET.get("article"))
        return None if pk is None else Article.objects.filter(pk=pk).first()

    def get_form(
        self, request: HttpRequest, obj: Update | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        assert issubclass(form, UpdateForm)
        assert isinstance(request.user, User)
        form.user = request.user
        form.may_publish = not self.only_translates(request)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Update | None = None) -> Fieldsets:
        found = super().get_fieldsets(request, obj)
        if obj is None or not obj.leaves_mark:
            # Without a mark, readers see no reason.
            for _name, options in found[1:]:
                options["fields"] = [name for name in options["fields"] if not name.startswith("withdrawal_note")]
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Update | None = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        if obj is not None:
            fields.append("article_named")
            if obj.first_published_at:
                fields.append("publish_at")
        return fields

    @admin.display(description=_("embed"))
    def embed_url(self, update: Update) -> str:
        return str(getattr(update, "embed", "") or self.get_empty_value_display())

    @admin.display(description=_("update"))
    def text_named(self, update: Update) -> SafeString:
        return named(update)

    @admin.display(description=_("article"), ordering="article")
    def article_named(self, update: Update) -> SafeString:
        return named(update.article)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        author = Author.objects.filter(user=request.user.pk).first()
        if author:
            initial.setdefault("authors", [author.pk])
        article = self._article_to_add_to(request)
        languages = article.offered_languages if article else [code for code, _name in settings.LANGUAGES]
        own = get_language() or "en"
        initial.setdefault("source_language", own if own in languages else languages[0])
        return initial

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, object],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Update | None = None,
    ) -> HttpResponse:
        adminform = context["adminform"]
        assert isinstance(adminform, AdminForm)
        assert isinstance(adminform.form, UpdateForm)
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        writes = may and not self.only_translates(request)
        article = obj.article if obj else self._article_to_add_to(request)
        allowed = rules.allowed_actions(obj, article, request.user) if writes else ()
        context |= {f"can_{action}": True for action in allowed} | {
            "show_save_and_add_another": False,
            "pictures": adminform.form.pictures.render_container(may_change=writes),
            "page_url": obj.url(page_language(obj.article)) if obj and obj.state == "published" else "",
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("pictures/", wrap(upload), name="articles_picture_upload"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Update, form: forms.ModelForm, change: bool) -> None:
        before = changes.row_before(obj)
        super().save_model(request, obj, form, change)
        if obj.state == Update.State.PUBLISHED and not (before and before.published_before):
            try:
                syndication.publish_copies(obj, request.user)
            except ValidationError as error:
                # The update is published all the same; its copies stay drafts.
                self.message_user(request, " ".join(error.messages), messages.WARNING)

    # An update that readers have seen can be withdrawn; only superusers can delete it.

    def has_delete_permission(self, request: HttpRequest, obj: Update | None = None) -> bool:
        if obj is not None and obj.published_before and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)

    # After saving, the user sees the updates of the same article.

    def response_post_save_add(self, request: HttpRequest, obj: Update) -> HttpResponseRedirect:
        return HttpResponseRedirect(
            f"{reverse('admin:articles_update_changelist')}?article__id__exact={obj.article_id}"
        )

    def response_post_save_change(self, request: HttpRequest, obj: Update) -> HttpResponseRedirect:
        return self.response_post_save_add(request, obj)


def page_language(article: Article) -> str:
    """Return the language in which links from the admin open an article."""
    own = get_language() or "en"
    return own if own in article.offered_languages else article.front_language


@admin.register(Author)
class AuthorAdmin(IndexedSearchMixin, ChangeLoggedAdmin):
    """The admin of bylines, with a tab for the name in each language."""

    list_display = ("original", "names", "user")
    autocomplete_fields = ("user",)

    class Media:
        js = (Script("articles/language-tabs.js", type="module"),)

    @admin.display(description=_("name"), ordering=Author.original_name())
    def original(self, author: Author) -> SafeString:
        return named(author)

    @admin.display(description=_("in other languages"))
    def names(self, author: Author) -> SafeString:
        others = (code for code in SHIPPED if code != author.source_language)
        # Many languages of one script write a name in the same way.
        texts = {text_in(author, "name", code): code for code in others}
        shown = ((code, direction(code), text) for text, code in texts.items() if text and text != str(author))
        return format_html_join(" · ", '<bdi lang="{}" dir="{}">{}</bdi>', shown)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [Author.original_name()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"source_language": get_language() or "en", **super().get_changeform_initial_data(request)}

    def get_fieldsets(self, request: HttpRequest, obj: Author | None = None) -> Fieldsets:
        offered = [code for code, _name in settings.LANGUAGES]
        # The site may not offer the language in which the author writes the name.
        own = [obj.source_language] if obj and obj.source_language not in offered else []
        return [
            (None, {"fields": ["source_language", "user"], "classes": ["facts"]}),
            *language_fieldsets(Author, [*offered, *own]),
        ]

    def get_form(
        self, request: HttpRequest, obj: Author | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        kwargs["labels"] = labels_without_language(Author)
        form: Any = super().get_form(request, obj, change, **kwargs)
        own = form.base_fields.get("source_language")
        if own is not None and obj is not None:
            own.choices = with_kept_languages(offered_languages(), [obj.source_language])
        return form

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and language_of(db_field):
            field.required = False
        return field


@admin.register(Topic)
class TopicAdmin(IndexedSearchMixin, ChangeLoggedAdmin):
    """The admin of topics."""

    list_display = ("__str__", "slug")

    def get_fields(self, request: HttpRequest, obj: Topic | None = None) -> list[Any]:
        return ["slug", *(f"name_{code}" for code, _name in settings.LANGUAGES)]


@admin.register(Snippet)
class SnippetAdmin(IndexedSearchMixin, LangAttributeAdmin):
    """The admin of snippets, which pages do not show."""

    list_display = ("text_named", "article", "kind", "source_language")
    list_filter = ("source_language", ("article", NamedFilter))
    autocomplete_fields = ("article",)

    @admin.display(description=_("name"), ordering="name")
    def text_named(self, snippet: Snippet) -> SafeString:
        return named(snippet)


from articles.interchange import admin as interchange_admin  # noqa: E402, F401 - registers its pages
from articles.translations import admin as translations_admin  # noqa: E402, F401 - registers its pages
from articles.translations.glossary import admin as glossary_admin  # noqa: E402, F401 - registers its pages

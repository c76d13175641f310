"""The admin of articles, updates, authors, topics and snippets."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from csp.constants import SELF
from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Case, Count, Max, OuterRef, Prefetch, Subquery, When, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
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
from articles.desk import views as desk_views
from articles.desk.consumers import PERMISSIONS
from articles.embeds import views as embed_views
from articles.embeds.forms import EmbedFormMixin
from articles.history.admin import VersionsAdminMixin, author_of
from articles.models import Article, Author, CoverageDefaults, CoverageEvent, Snippet, Topic, Update
from articles.newsroom import starting
from articles.newsroom.coverage import Heading, heading, marks_of, may_open_desks
from articles.newsroom.waiting import desk_url
from articles.pictures.forms import PicturesFormMixin
from articles.pictures.views import upload
from articles.policies import PoliciesFormField
from articles.publishing import finishing, rules, syndication
from articles.publishing.finishing import Decision, Fate
from articles.slugs import SlugsFormField
from articles.text.localized import joined, text_in
from articles.text.plaintext import plain_text
from liveblog import lists
from liveblog.actors import user_of
from liveblog.admin_lang import LangAttributeAdmin, NamedFilter, language_of, named
from liveblog.branding import current as branding
from liveblog.fields import TextFormField, offered_languages, with_kept_languages
from liveblog.languages import KNOWN, column, direction, language_name
from liveblog.lists import comma
from liveblog.moments import zones
from liveblog.moments.fields import ArticleMomentFormMixin, MomentFormMixin, ZoneFormField
from liveblog.moments.formats import element
from liveblog.numbers import number
from liveblog.search.admin import IndexedSearchMixin


def _site_name() -> str:
    """Return the name of the site; that of the product if the newsroom has not set one."""
    brand = branding.current()
    return brand.name if brand.has_name else gettext("Live desk")


# Evaluated again at each use.
admin.site.site_header = admin.site.site_title = lazy(_site_name, str)()  # type: ignore[assignment]
admin.site.index_title = _("Newsroom")
admin.site.index_template = "admin/tables.html"


class ArticleForm(MomentFormMixin, TranslatedForm):
    """The form of an article: its times are local times of the zone selected in it.

    Before it finishes a coverage, it asks about the scheduled updates.
    """

    zone_control = "time_zone"

    finishing = forms.ChoiceField(
        label=_("Scheduled updates, once the coverage has finished"),
        choices=Fate.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    #: The primary keys of the updates that the form has listed.
    finishing_named = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keep_to_languages()
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

    def _keep_to_languages(self) -> None:
        """Limit the fields for slugs and policies to the languages of the article."""
        source = self.instance.source_language
        others = [code for code in self.instance.offered_languages if code != source] if self.instance.pk else None
        if others is None:
            return
        if (slugs := self.fields.get("slugs")) is not None:
            self.fields["slugs"] = SlugsFormField(others, label=slugs.label, help_text=slugs.help_text)
        if (policies := self.fields.get("policies")) is not None:
            later = [code for code, _name in settings.LANGUAGES if code not in (source, *others)]
            self.fields["policies"] = PoliciesFormField(
                others, others=later, label=policies.label, help_text=policies.help_text
            )

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
            # The next attempt decides on the updates that are listed beside the error.
            self._redisplay_with("finishing_named", self._now_named)


class PhotoInput(forms.ClearableFileInput):
    """A photo with its preview."""

    template_name = "articles/widgets/photo.html"


def _group(name: Any, content: str | SafeString, fields: list[str]) -> tuple[Any, dict[str, Any]]:
    """Return a group of the form that is collapsed unless it has errors. `content`: its summary while collapsed."""
    title = format_html("{} <small>{}</small>", name, content) if content else name
    return title, {"classes": ["group", "collapse"], "fields": fields}


@admin.register(Article)
class ArticleAdmin(IndexedSearchMixin, TranslatedAdmin[Article]):
    """The admin of articles, with the addresses of their desks."""

    form = ArticleForm
    metadata_displays = ("topics_named", "related_named")
    metadata_fields = (
        ("slug", "state"),
        "slugs",
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
        "embedding",
        "embed_origins",
    )
    translate_permission = "articles.translate_article"
    autocomplete_fields = ("authors", "topics", "related")
    list_display = ("headline_shown", "coverage_start_shown", "people_shown", "languages_shown", "desk_link")
    list_display_links = None
    list_filter = ("state", "topics")
    date_hierarchy = "start_day"

    def zone_of(self, item: Article) -> tzinfo:
        return item.zone

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Fieldsets:
        if obj is None or not self.can_edit_source(request, obj):
            return super().get_fieldsets(request, obj)
        return [*self._groups(obj), *language_fieldsets(Article, self._translated_into(obj))]

    def _translated_into(self, article: Article) -> list[str]:
        return [code for code in article.offered_languages if code != article.source_language]

    def _groups(self, article: Article) -> Fieldsets:
        """Return the groups of the form. A collapsed one has a summary."""
        own = article.source_language
        waits = article.state != Article.State.FINISHED and finishing.scheduled(article).exists()
        languages = lists.joined([language_name(code) for code in article.offered_languages], get_language() or "en")
        begins = format_html("{} · {}", article.get_state_display(), element(article.coverage_start, article.zone))
        authors = joined(Author.bylines(article.authors.all(), get_language() or "en"), get_language() or "en")
        questions = ["finishing", "finishing_named"] if waits else []
        unlisted = (
            ["begins_with_update"] if article.state == Article.State.ANNOUNCED or article.begins_with_update else []
        )
        state = ["state", *unlisted, *questions, "coverage_start", "coverage_end", "time_zone"]
        texts = [column("headline", own), column("standfirst", own)]
        photo = ["photo", *(f"photo_{name}_{own}" for name in ("alt", "caption", "credit"))]
        return [
            (_("Headline and slug"), {"classes": ["group"], "fields": [*texts, "slug", "slugs", "version"]}),
            (_("Picture"), {"classes": ["group", "group-picture"], "fields": photo}),
            _group(_("Languages"), languages, ["source_language", "languages", "policies"]),
            _group(_("Time and place"), begins, [*state, column("dateline", own)]),
            _group(_("People and topics"), authors or gettext("no one yet"), ["authors", "topics", "related"]),
            _group(_("Background"), "", [column("body", own)]),
            _group(_("Rules"), "", ["needs_release", "shows_writing", "notifications", "embedding", "embed_origins"]),
        ]

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "photo":
            made = PhotoInput()
            made.attrs |= field.widget.attrs
            made.is_required = field.widget.is_required
            field.widget = made
        return field

    # The drawer of the desk -------------------------------------------------------------------------------------------

    @method_decorator(csp_replace({"frame-ancestors": [SELF]}))
    @method_decorator(xframe_options_sameorigin)
    def drawer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form without the newsroom's navigation, in the drawer of the desk."""
        request.in_drawer = True  # type: ignore[attr-defined]
        return self.change_view(request, str(pk))

    def like_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a coverage the settings of an earlier one."""
        article = get_object_or_404(Article, pk=pk)
        if not self.can_edit_source(request, article):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        model = get_object_or_404(Article, pk=number(request.POST.get("like")) or 0)
        try:
            starting.take_over(article, model, user_of(request))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, gettext("The settings were copied."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:articles_article_drawer", args=[pk]))

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        if getattr(request, "in_drawer", False):
            self.message_user(request, gettext("Saved."), messages.SUCCESS)
            return HttpResponseRedirect(f"{request.path}?saved=1")
        return super().response_change(request, obj)

    def save_model(self, request: HttpRequest, obj: Article, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "state" in form.changed_data and obj.state == Article.State.FINISHED:
            self._name_submitted(request, obj)

    def _name_submitted(self, request: HttpRequest, article: Article) -> None:
        """Show a message with the updates of a finished coverage that still wait for their release."""
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

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return CoverageDefaults.stored().values | super().get_changeform_initial_data(request)

    class Media:
        js = (Script("articles/photo.js", type="module"),)

    # The list ---------------------------------------------------------------------------------------------------------

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [Case(When(state=Article.State.FINISHED, then=1), default=0), "-coverage_start", "-pk"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Article]:
        published = Update.objects.published().filter(article=OuterRef("pk")).order_by()
        counted = published.values("article").annotate(count=Count("pk"), last=Max("first_published_at"))
        found: models.QuerySet[Article] = super().get_queryset(request)
        return found.annotate(
            count_published=Coalesce(Subquery(counted.values("count")), 0), last_at=Subquery(counted.values("last"))
        )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        found = super().get_changelist_instance(request)
        rows = list(found.result_list)
        prefetch_related_objects(rows, Prefetch("authors", Author.objects.order_by("pk")), "topics")
        marks = marks_of(rows)
        for row in rows:
            row.marks, row.opens_desk = marks[row.pk], self._has_desk(request)
        found.result_list = rows
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(
            request, {"list_title": pgettext("kind of list", "Coverage"), **(extra_context or {})}
        )

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
        context |= {"has_desk": self._has_desk(request), "show_save_and_add_another": False}
        if obj is not None and getattr(request, "in_drawer", False):
            earlier = [(other.pk, heading(other)) for other in starting.recent() if other.pk != obj.pk]
            context |= {"earlier": earlier if self.can_edit_source(request, obj) else []}
            response = super().render_change_form(request, context, add, change, form_url, obj)
            assert isinstance(response, TemplateResponse)
            response.template_name = "admin/articles/article/drawer.html"
            return response
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            *desk_urls.patterns(wrap),
            path("<int:pk>/drawer/", wrap(self.drawer_view), name="articles_article_drawer"),
            path("<int:pk>/like/", wrap(self.like_view), name="articles_article_like"),
            path("<int:pk>/desk/embed/", wrap(embed_views.preview), name="articles_article_embed"),
            *super().get_urls(),
        ]

    @admin.display(description=_("headline"))
    def headline_shown(self, article: Article) -> SafeString:
        own = Heading(str(article), article.source_language)
        shown = heading(article)
        opens_desk = getattr(article, "opens_desk", False)
        context = {
            "article": article,
            "heading": own,
            "other": shown if shown != own else None,
            "url": reverse(f"admin:articles_{'desk' if opens_desk else 'article_change'}", args=[article.pk]),
        }
        return render_to_string("admin/rows/article.html", context)

    @admin.display(description=_("status, start"), ordering="coverage_start")
    def coverage_start_shown(self, article: Article) -> SafeString:
        context = {"item": article, "at": article.coverage_start, "zone": article.zone}
        return render_to_string("admin/rows/state.html", context)

    @admin.display(description=_("people"))
    def people_shown(self, article: Article) -> SafeString | str:
        language = get_language() or "en"
        return joined(Author.bylines(article.authors.all(), language), language) or gettext("no one yet")

    @admin.display(description=_("topics"))
    def topics_named(self, article: Article) -> SafeString:
        return format_html_join(comma(), "<bdi>{}</bdi>", ((topic,) for topic in article.topics.all()))

    @admin.display(description=_("related articles"))
    def related_named(self, article: Article) -> SafeString:
        return format_html_join(comma(), "{}", ((named(other),) for other in article.related.all()))

    @admin.display(description=_("languages"))
    def languages_shown(self, article: Article) -> SafeString:
        return render_to_string("admin/newsroom/marks.html", {"marks": article.marks})  # type: ignore[attr-defined]

    @admin.display(description=_("live desk"))
    def desk_link(self, article: Article) -> str:
        address = reverse("admin:articles_desk", args=[article.pk])
        return format_html('<a class="button small" href="{}">{}</a>', address, _("Open desk"))


class UpdateForm(ArticleMomentFormMixin, PicturesFormMixin, EmbedFormMixin, TranslatedForm):
    """The form of an update in the admin, with the buttons that publish and withdraw it."""

    #: The user of the form, and whether they may change the state and the pictures. `UpdateAdmin.get_form` sets both.
    user: User
    may_publish = False

    # A dialogue shows these fields before an update is withdrawn.
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


class MineFilter(admin.SimpleListFilter):
    """A filter by the user's role in an update that readers have not seen."""

    title = _("mine")
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("drafts", _("Your drafts")),
            ("awaiting", _("Awaiting approval")),
            ("handed", _("Handed over to you")),
        ]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        user, states = request.user, Update.State
        found: dict[str | None, dict[str, Any]] = {
            "drafts": {"state": states.DRAFT, "written_by": user.pk, "assignee": None},
            "awaiting": {"state": states.SUBMITTED, "submitted_by": user.pk},
            "handed": {"state__in": (states.DRAFT, states.SUBMITTED), "assignee": user.pk},
        }
        return queryset.filter(**found.get(self.value(), {}))


#: The parameter of the form for browsers without JavaScript; without it, writers are redirected to the desk.
PLAIN_FORM = "form"


@admin.register(Update)
class UpdateAdmin(IndexedSearchMixin, VersionsAdminMixin, TranslatedAdmin[Update]):
    """The admin of updates, with their versions and the upload of pictures."""

    form = UpdateForm
    metadata_fields = ("article", "source_language", ("is_key", "publish_at"), "authors", "topics", "embed_url")
    translate_permission = "articles.translate_update"
    autocomplete_fields = ("article", "authors", "topics")
    metadata_displays = ("article_named", "topics_named")
    list_display = ("text_named", "first_published_at_shown", "article_named")
    list_display_links = None
    list_filter = ("state", MineFilter, "is_key", "source_language", ("article", NamedFilter))
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
            # Readers see a reason only beside a mark.
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

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        found = super().get_changelist_instance(request)
        rows = list(found.result_list)
        prefetch_related_objects(rows, Prefetch("authors", Author.objects.order_by("pk")))
        writes = may_open_desks(request.user)
        for row in rows:
            row.opens_desk = writes
        found.result_list = rows
        return found

    @admin.display(description=_("update"))
    def text_named(self, update: Update) -> SafeString:
        language = get_language() or "en"
        opens_desk = getattr(update, "opens_desk", False)
        address = desk_url(update) if opens_desk else reverse("admin:articles_update_change", args=[update.pk])
        context = {
            "update": update,
            "url": address,
            "byline": joined(Author.bylines(update.authors.all(), language), language),
            "language": language_name(update.source_language),
        }
        return render_to_string("admin/rows/update.html", context)

    @admin.display(description=_("status, time"), ordering="first_published_at")
    def first_published_at_shown(self, update: Update) -> SafeString:
        at = update.first_published_at or update.publish_at
        return render_to_string("admin/rows/state.html", {"item": update, "at": at, "zone": update.article.zone})

    @admin.display(description=_("topics"))
    def topics_named(self, update: Update) -> SafeString:
        return format_html_join(comma(), "<bdi>{}</bdi>", ((topic,) for topic in update.topics.all()))

    @admin.display(description=_("article"), ordering="article")
    def article_named(self, update: Update) -> SafeString:
        return named(update.article)

    # Users write updates at the desk. The form is for browsers without JavaScript, and for users who only read.

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        if self._wants_desk(request, "articles.add_update"):
            article = self._article_to_add_to(request)
            if article is not None:
                return HttpResponseRedirect(reverse("admin:articles_desk", args=[article.pk]))
            self.message_user(request, _("Choose the coverage, then write at its live desk."), messages.INFO)
            return HttpResponseRedirect(reverse("admin:articles_article_changelist"))
        return super().add_view(request, form_url, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        if self._wants_desk(request, "articles.change_update"):
            update = Update.objects.only("article").filter(pk=number(object_id) or 0).first()
            if update is not None:
                address = reverse("admin:articles_desk", args=[update.article_id])
                return HttpResponseRedirect(f"{address}?edit={update.pk}")
        return super().change_view(request, object_id, form_url, extra_context)

    def _wants_desk(self, request: HttpRequest, permission: str) -> bool:
        return request.method == "GET" and PLAIN_FORM not in request.GET and request.user.has_perm(permission)

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
        return [
            path("pictures/", wrap(upload), name="articles_picture_upload"),
            path("approvals/", wrap(desk_views.waiting), name="articles_approvals"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Update, form: forms.ModelForm, change: bool) -> None:
        before = changes.row_before(obj)
        super().save_model(request, obj, form, change)
        if obj.state == Update.State.PUBLISHED and not (before and before.published_before):
            try:
                syndication.publish_copies(obj, request.user)
            except ValidationError as error:
                # The update is published anyway; its copies remain drafts.
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

    @admin.display(description=pgettext_lazy("of a person", "name"), ordering=Author.original_name())
    def original(self, author: Author) -> SafeString:
        return named(author)

    @admin.display(description=_("in other languages"))
    def names(self, author: Author) -> SafeString:
        others = (code for code in KNOWN if code != author.source_language)
        # Many languages with the same script write a name in the same way.
        texts = {text_in(author, "name", code): code for code in others}
        shown = ((code, direction(code), text) for text, code in texts.items() if text and text != str(author))
        return format_html_join(" · ", '<bdi lang="{}" dir="{}">{}</bdi>', shown)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [Author.original_name()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"source_language": get_language() or "en", **super().get_changeform_initial_data(request)}

    def get_fieldsets(self, request: HttpRequest, obj: Author | None = None) -> Fieldsets:
        offered = [code for code, _name in settings.LANGUAGES]
        # The site may not offer the language of the author's original name.
        own = [obj.source_language] if obj and obj.source_language not in offered else []
        return [
            (None, {"fields": ["source_language", "user", "photo", "links"], "classes": ["facts"]}),
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

    list_display = ("__str__", "slug", "count_shown")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Topic]:
        found: models.QuerySet[Topic] = super().get_queryset(request)
        return found.annotate(count=Count("articles"))

    @admin.display(description=_("coverage"), ordering="count")
    def count_shown(self, topic: Topic) -> str:
        count = topic.count  # type: ignore[attr-defined]
        return ngettext("%(count)d live blog", "%(count)d live blogs", count) % {"count": count}

    def get_fields(self, request: HttpRequest, obj: Topic | None = None) -> list[Any]:
        return ["slug", *(column("name", code) for code, _name in settings.LANGUAGES)]

    def get_form(
        self, request: HttpRequest, obj: Topic | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        kwargs["labels"] = {
            column("name", code): gettext("Name in %(language)s") % {"language": language_name(code)} for code in KNOWN
        }
        form: type[forms.ModelForm] = super().get_form(request, obj, change, **kwargs)
        return form


@admin.register(Snippet)
class SnippetAdmin(IndexedSearchMixin, LangAttributeAdmin):
    """The admin of snippets, which pages do not show."""

    list_display = ("text_named", "beginning", "article_named", "kind", "source_language")
    list_select_related = ("article",)
    list_filter = ("source_language", ("article", NamedFilter))
    autocomplete_fields = ("article",)

    @admin.display(description=pgettext_lazy("of a thing", "name"), ordering="name")
    def text_named(self, snippet: Snippet) -> SafeString:
        return named(snippet)

    @admin.display(description=_("text"))
    def beginning(self, snippet: Snippet) -> SafeString:
        text = Truncator(snippet.headline or plain_text(snippet.body)).chars(80)
        language = snippet.source_language
        return format_html('<span lang="{}" dir="{}">{}</span>', language, direction(language), text)

    @admin.display(description=_("article"), ordering="article")
    def article_named(self, snippet: Snippet) -> SafeString | str:
        return named(snippet.article) if snippet.article else gettext("All coverage")


from articles.interchange import admin as interchange_admin  # noqa: E402, F401 - registers its pages
from articles.translations import admin as translations_admin  # noqa: E402, F401 - registers its pages
from articles.translations.glossary import admin as glossary_admin  # noqa: E402, F401 - registers its pages
from articles.translations.memory import admin as memory_admin  # noqa: E402, F401 - registers its pages

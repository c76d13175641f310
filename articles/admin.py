from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from js_asset import Media, Script

from articles import changes
from articles.desk import urls as desk_urls
from articles.desk.consumers import RIGHTS
from articles.embeds import views as embed_views
from articles.embeds.forms import EmbedFormMixin
from articles.history.admin import VersionsAdmin
from articles.models import Article, Author, Snippet, Topic, Translation, Update
from articles.pictures.forms import PicturesFormMixin
from articles.pictures.views import upload
from articles.publishing import rules, syndication
from articles.templatetags.live import own_name
from articles.text.localized import text_in
from articles.text.richtext import same, sanitise
from articles.translations import columns
from liveblog.actors import acting_as
from liveblog.admin_lang import LangAttributeAdmin, NamedFilter, language_of, named
from liveblog.fields import with_kept_languages
from liveblog.languages import SHIPPED, direction

admin.site.site_header = admin.site.site_title = _("Live desk")
admin.site.index_title = _("Newsroom")


def translated_fields(model: type[models.Model]) -> list[str]:
    """In the order of writing: the item's own texts, then those of its photo."""
    return sorted(columns.fields_of(model), key=lambda name: name.startswith("photo"))


class TranslatedForm(forms.ModelForm):
    """A form that is made from one version of its item, and replaces no other."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, label="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        if self.instance.pk and (own := self.fields.get("source_language")):
            own.choices = with_kept_languages(own.choices, [self.instance.source_language])
        for name in self._translations():
            # Translators and machines save while this is open; the form tells which text it was opened with.
            self.fields[name].show_hidden_initial = True

    def _translations(self) -> list[str]:
        """The fields of languages other than the original's."""
        if not self.instance.pk:
            return []
        own = f"_{self.instance.source_language}"
        names = (f"{field}_{code}" for field in translated_fields(type(self.instance)) for code in SHIPPED)
        return [name for name in names if name in self.fields and not name.endswith(own)]

    def _merge(self) -> None:
        """Keep what others wrote in the texts that this form leaves as they were."""
        for name in self._translations():
            now = getattr(self.instance, name) or ""
            opened = self.data.get(self[name].html_initial_name, now)
            written = self.cleaned_data.get(name) or ""
            if same(written, opened):
                self.cleaned_data[name] = now
            elif not same(now, opened) and not same(now, written):
                self.add_error(
                    name,
                    _("Somebody else has changed this text since you opened it. Now it reads: %(text)s")
                    % {"text": strip_tags(now)},
                )
                answer: Any = self.data.copy()
                answer[self[name].html_initial_name] = now
                self.data = answer

    def clean(self) -> None:
        super().clean()
        self._merge()
        if self.instance.pk and self.cleaned_data.get("version") != self.instance.version:
            # What is sent next is an answer to the version that the message tells of.
            answer: Any = self.data.copy()
            answer["version"] = self.instance.version
            self.data = answer
            raise ValidationError(
                _(
                    "Somebody else has saved this since you opened it. Nothing of yours is lost: it is still in this "
                    "form, but not saved. Compare it with the present version, then save again."
                ),
                code="conflict",
            )

    # The model may complain of a field that this user is not shown.
    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and hasattr(error, "error_dict"):
            shown: dict[str, Any] = {}
            for name, messages in error.error_dict.items():
                shown.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).extend(messages)
            error = ValidationError(shown)
        super().add_error(field, error)


class ChangeLoggedAdmin(LangAttributeAdmin):
    """An admin of what stands on pages: whoever reads them is told of a deletion, and the history says whose it was."""

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with acting_as(request.user):
            return super().delete_view(request, *args, **kwargs)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        # One by one, so that each is told.
        with acting_as(request.user):
            for item in queryset:
                item.delete()


class TranslatedAdmin(ChangeLoggedAdmin):
    """An admin with one tab per language, for texts of all the languages that the site offers."""

    form = TranslatedForm
    exclude: tuple[str, ...] | None = ("version",)  # The model's is not for editing; the form brings its own.
    #: Methods that show facts which cannot be changed, in the language of what they name.
    named_facts: tuple[str, ...] = ()
    #: Fields that are about the item, not about what it says.
    facts: tuple[str | tuple[str, ...], ...] = ()
    translate_permission = ""

    class Media:
        js = (Script("articles/language-tabs.js", type="module"),)

    def tab_languages(self, request: HttpRequest, obj: Any) -> list[str]:
        return [code for code, _name in settings.LANGUAGES]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        tabs = [
            (
                format_html('<span lang="{}" dir="{}">{}</span>', code, direction(code), own_name(code)),
                {
                    "classes": ["language", f"language-{code}"],
                    "fields": [f"{field}_{code}" for field in translated_fields(self.model)],
                },
            )
            for code in self.tab_languages(request, obj)
        ]
        shown = self.get_readonly_fields(request, obj)
        facts = [f"{fact}_named" if f"{fact}_named" in shown else fact for fact in self.facts]
        # Who only looks sends no form that would be of a version.
        hidden = ["version"] if obj is None or self.has_change_permission(request, obj) else []
        return [(None, {"fields": [*facts, *hidden], "classes": ["facts"]}), *tabs]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # A tab says its language once, for all of its fields; read-only ones take their labels from nowhere else.
        kwargs["labels"] = {
            field.name: capfirst(field.translated_field.verbose_name)
            for field in self.model._meta.fields
            if hasattr(field, "translated_field")
        }
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and language_of(db_field):
            field.required = False
        return field

    def as_read(self, name: str, text: str) -> str:
        return mark_safe(sanitise(text)) if name.startswith("body_") else text

    # A translator sees all, and changes the texts that are not in the source language.

    def only_translates(self, request: HttpRequest) -> bool:
        return not super().has_change_permission(request) and request.user.has_perm(self.translate_permission)

    def writes(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the facts are this user's to change."""
        return self.has_change_permission(request, obj) and not self.only_translates(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or request.user.has_perm(self.translate_permission)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(super().get_readonly_fields(request, obj))
        if obj is not None and not self.writes(request, obj):
            fields += [name for name in admin.utils.flatten(self.facts) if not hasattr(self, f"{name}_named")]
            fields += self.named_facts
        if obj is not None and self.only_translates(request):
            fields += [f"{field}_{obj.source_language}" for field in translated_fields(self.model)]
        return fields

    # One article is saved by one person at a time, in the order of its revisions.

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            # From here to the commit nobody else saves, so the version that is checked is the one that is replaced.
            changes.lock(found)
            found = super().get_object(request, object_id, from_field)
        return found

    # What the models allow depends on who acts, and their rules are asked when the form is checked.

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with acting_as(request.user):
            return super().changeform_view(request, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        # Nobody deletes a translation by itself; it goes with its text.
        return deleted, counts, set(lacking) - {Translation._meta.verbose_name}, protected

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with acting_as(request.user), changes.edit(obj):
            super().save_model(request, obj, form, change)
            form.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save nothing more: `save_model` has saved the relations, within the edit."""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        # The editor's import map is the one inline element of a page; the policy lets it pass by its nonce.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Article)
class ArticleAdmin(TranslatedAdmin):
    named_facts = ("topics_named", "related_named")
    facts = (
        ("slug", "state"),
        "source_language",
        "languages",
        ("coverage_start", "coverage_end"),
        "time_zone",
        "authors",
        "topics",
        "related",
        "photo",
        "policies",
        "needs_release",
    )
    translate_permission = "articles.translate_article"
    autocomplete_fields = ("authors", "topics", "related")
    list_display = ("headline_shown", "state", "coverage_start", "languages_shown", "desk_link", "page_link")
    list_filter = ("state", "topics")
    search_fields = ("slug", *(f"headline_{code}" for code in settings.MODELTRANSLATION_LANGUAGES))
    date_hierarchy = "coverage_start"

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return shown if self._has_desk(request) else [name for name in shown if name != "desk_link"]

    def _has_desk(self, request: HttpRequest) -> bool:
        return any(request.user.has_perm(right) for right in RIGHTS)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["has_desk"] = self._has_desk(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
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


class UpdateForm(PicturesFormMixin, EmbedFormMixin, TranslatedForm):
    #: Who fills it in, and whether the buttons that publish and withdraw are theirs to press, and the pictures.
    user: Any = None
    may_publish = False

    # The question that is asked before something is withdrawn.
    withdraw_mark = forms.BooleanField(
        label=_("Leave a mark: readers are told that an update was withdrawn here"), required=False
    )
    withdraw_reason = forms.CharField(label=_("Reason, for readers (optional)"), max_length=500, required=False)

    class Meta:
        model = Update
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.take_pictures(self.data if self.is_bound and self.may_publish else None, self.user)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.may_publish:
            self._apply_button()
            self.check_pictures()
        return cleaned

    def _apply_button(self) -> None:
        update = self.instance
        planned = self.cleaned_data.get("publish_at") if "publish_at" in self.fields else update.publish_at
        if "_publish" in self.data:
            # Released before its time, it waits for that.
            later = update.state == Update.State.SUBMITTED and planned and planned > timezone.now()
            update.state = Update.State.SCHEDULED if later else Update.State.PUBLISHED
        elif "_submit" in self.data:
            update.state = Update.State.SUBMITTED
        elif "_draft" in self.data:
            update.state = Update.State.DRAFT
        elif "_withdraw" in self.data:
            self._withdraw()
        elif update.state in (Update.State.DRAFT, Update.State.SCHEDULED) and "publish_at" in self.fields:
            # Where a second person releases updates, a time alone schedules nothing.
            article = self.cleaned_data.get("article") or (update.article if update.article_id else None)
            if update.state == Update.State.DRAFT and article and article.needs_release:
                return
            update.state = Update.State.SCHEDULED if planned else Update.State.DRAFT

    def _withdraw(self) -> None:
        update = self.instance
        update.state = Update.State.WITHDRAWN
        update.leaves_mark = self.cleaned_data.get("withdraw_mark", False)
        if update.leaves_mark:
            setattr(update, f"withdrawal_note_{update.source_language}", self.cleaned_data.get("withdraw_reason", ""))


@admin.register(Update)
class UpdateAdmin(VersionsAdmin, TranslatedAdmin):
    form = UpdateForm
    facts = ("article", "source_language", ("is_key", "publish_at"), "authors", "embed_url")
    translate_permission = "articles.translate_update"
    autocomplete_fields = ("article", "authors")
    named_facts = ("article_named",)
    list_display = ("text_named", "article_named", "state", "is_key", "source_language", "first_published_at")
    list_filter = ("state", "is_key", "source_language", ("article", NamedFilter))
    list_select_related = ("article",)
    search_fields = tuple(f"{field}_{code}" for field in Update.TEXTS for code in settings.MODELTRANSLATION_LANGUAGES)
    ordering = ("-first_published_at", "-pk")
    change_form_template = "admin/articles/update/change_form.html"

    def tab_languages(self, request: HttpRequest, obj: Update | None) -> list[str]:
        article = obj.article if obj else self._article_to_add_to(request)
        if article is None:
            return super().tab_languages(request, obj)
        return list(dict.fromkeys([*article.offered_languages, *([obj.source_language] if obj else [])]))

    def _article_to_add_to(self, request: HttpRequest) -> Article | None:
        pk = request.GET.get("article", "")
        return Article.objects.filter(pk=pk).first() if pk.isdecimal() else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        form.may_publish = not self.only_translates(request)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if obj is None or not obj.leaves_mark:
            # There is nothing to give a reason for.
            for _name, options in found[1:]:
                options["fields"] = [name for name in options["fields"] if not name.startswith("withdrawal_note")]
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Update | None = None) -> Any:
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
        author = Author.objects.filter(user=request.user).first()
        if author:
            initial.setdefault("authors", [author.pk])
        article = self._article_to_add_to(request)
        languages = article.offered_languages if article else [code for code, _name in settings.LANGUAGES]
        own = get_language() or "en"
        initial.setdefault("source_language", own if own in languages else languages[0])
        return initial

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        writes = may and not self.only_translates(request)
        article = obj.article if obj else self._article_to_add_to(request)
        acts = rules.allowed_actions(obj, article, request.user) if writes else ()
        context |= {f"can_{act}": True for act in acts} | {
            "show_save_and_add_another": False,
            "pictures": context["adminform"].form.pictures.render_container(may_change=writes),
            "page_url": obj.url(page_language(obj.article)) if obj and obj.state == "published" else "",
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [path("pictures/", wrap(upload), name="articles_picture_upload"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Update, form: Any, change: bool) -> None:
        was = changes.row_before(obj)
        super().save_model(request, obj, form, change)
        if obj.state == Update.State.PUBLISHED and not (was and was.published_before):
            try:
                syndication.publish_copies(obj, request.user)
            except ValidationError as error:
                # It has appeared all the same; its copies stay drafts.
                self.message_user(request, " ".join(error.messages), messages.WARNING)

    # What readers have seen can be withdrawn, and is kept with all its versions.

    def has_delete_permission(self, request: HttpRequest, obj: Update | None = None) -> bool:
        if obj is not None and obj.published_before and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)

    # Who has published goes on in the same article.

    def response_post_save_add(self, request: HttpRequest, obj: Update) -> HttpResponseRedirect:
        return HttpResponseRedirect(
            f"{reverse('admin:articles_update_changelist')}?article__id__exact={obj.article_id}"
        )

    def response_post_save_change(self, request: HttpRequest, obj: Update) -> HttpResponseRedirect:
        return self.response_post_save_add(request, obj)


def page_language(article: Article) -> str:
    own = get_language() or "en"
    return own if own in article.offered_languages else article.front_language


@admin.register(Author)
class AuthorAdmin(ChangeLoggedAdmin):
    list_display = ("name", "user")
    search_fields = ("name",)
    autocomplete_fields = ("user",)


@admin.register(Topic)
class TopicAdmin(ChangeLoggedAdmin):
    list_display = ("__str__", "slug")
    search_fields = ("slug", *(f"name_{code}" for code in settings.MODELTRANSLATION_LANGUAGES))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["slug", *(f"name_{code}" for code, _name in settings.LANGUAGES)]


@admin.register(Snippet)
class SnippetAdmin(LangAttributeAdmin):
    list_display = ("text_named", "article", "kind", "source_language")
    list_filter = ("source_language", ("article", NamedFilter))
    search_fields = ("name", "headline", "body")
    autocomplete_fields = ("article",)

    @admin.display(description=_("name"), ordering="name")
    def text_named(self, snippet: Snippet) -> SafeString:
        return named(snippet)


from articles.translations import admin as translations_admin  # noqa: E402, F401 - registers its pages

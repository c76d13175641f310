"""Base classes of the admin: forms and tabs for texts in all languages, and logged deletions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django import forms
from django.conf import settings
from django.contrib.admin.utils import flatten
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from js_asset import Media, Script
from modeltranslation.fields import TranslationField

from articles import changes
from articles.models import Article, Translation, Update
from articles.text.localized import text_in
from articles.text.plaintext import plain_text
from articles.text.richtext import RichTextField, prepare, same, sanitise, within_bounds
from articles.translations import checks, columns, review, rights
from liveblog.actors import acting_as
from liveblog.admin_lang import LangAttributeAdmin, language_of
from liveblog.fields import offered_languages, with_kept_languages
from liveblog.languages import KNOWN, column, direction, language_title, own_name
from liveblog.lists import labelled

if TYPE_CHECKING:
    _ItemForm = forms.ModelForm[Any]
else:
    _ItemForm = forms.ModelForm


#: The result of `get_fieldsets`: name and options of each fieldset.
Fieldsets = list[tuple[Any, Any]]

#: A model with a form that has texts in all languages.
ItemT = TypeVar("ItemT", bound=Article | Update)


def _same_plain(field: Any, one: str, other: str) -> bool:
    """Return whether a plain text field stores both texts as the same one; browsers change line endings."""
    return field.normalise(one) == field.normalise(other)


def translated_fields(model: type[models.Model]) -> list[str]:
    """Return the translated fields in the order of the form: those of the photo are last."""
    return sorted(columns.fields_of(model), key=lambda name: name.startswith("photo"))


def language_fieldsets(model: type[models.Model], languages: Sequence[str]) -> Fieldsets:
    """Return a fieldset with the texts of each language, which `language-tabs.js` turns into a tab."""
    return [
        (
            format_html('<span lang="{}" dir="{}">{}</span>', code, direction(code), own_name(code)),
            {
                "classes": ["language", f"language-{code}"],
                "fields": [column(field, code) for field in translated_fields(model)],
            },
        )
        for code in languages
    ]


def labels_without_language(model: type[models.Model]) -> dict[str, str]:
    """Return the labels of translated fields without the language, which the tab names."""
    return {
        field.name: capfirst(field.translated_field.verbose_name)
        for field in model._meta.fields
        if isinstance(field, TranslationField)
    }


class _HiddenInput(forms.HiddenInput):
    """A hidden field, which has neither a label nor a help text (HTML, section 4.10.5.1.1; ARIA in HTML, section 4)."""

    def id_for_label(self, id_: str) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(
            name, value, {key: each for key, each in (attrs or {}).items() if "aria-" not in key}
        )


class TranslatedForm(_ItemForm):
    """A form of one version of an article or update: it cannot overwrite another version."""

    version = forms.CharField(widget=_HiddenInput, required=False, label="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Read this now, because cleaning sets the fields of the instance.
        self._version = self.instance.version_name if self.instance.pk else ""
        self.fields["version"].initial = self._version
        own = self.fields.get("source_language")
        if self.instance.pk and isinstance(own, forms.ChoiceField):
            own.choices = with_kept_languages(offered_languages(), [self.instance.source_language])
        for name in self._translations():
            # Translators and machines may save while the form is open, so it sends the texts with which it was opened.
            self.fields[name].show_hidden_initial = True
            self.fields[name].hidden_widget = _HiddenInput

    def _translations(self) -> list[str]:
        """Return the fields of all languages but the source language."""
        if not self.instance.pk:
            return []
        others = [code for code in KNOWN if code != self.instance.source_language]
        names = (column(field, code) for field in translated_fields(type(self.instance)) for code in others)
        return [name for name in names if name in self.fields]

    def _merge(self) -> None:
        """Keep texts that only others have changed; report texts that both others and this form have changed."""
        for name in self._translations():
            stored = getattr(self.instance, name) or ""
            opened = self._opened_with(name, stored)
            written = self.cleaned_data.get(name) or ""
            rich = isinstance(field := self.instance._meta.get_field(name), RichTextField)
            alike = same if rich else partial(_same_plain, field)
            if alike(written, opened):
                self.cleaned_data[name] = stored
            elif not alike(stored, opened) and not alike(stored, written):
                self.add_error(
                    name,
                    _("Someone else has changed this text since you opened it. It now reads: %(text)s")
                    % {"text": plain_text(stored) if rich else stored},
                )
                self._redisplay_with(self[name].html_initial_name, stored)

    def _opened_with(self, name: str, stored: str) -> str:
        """Return the text with which the form was opened, according to the form; "" if that is invalid."""
        opened = self.data.get(self[name].html_initial_name, stored)
        try:
            within_bounds(opened)
        except ValidationError:
            return ""
        return opened

    def _redisplay_with(self, name: str, value: object) -> None:
        """Set a hidden value for the next attempt: the message shows the user the present text or version."""
        assert isinstance(self.data, QueryDict)
        data = self.data.copy()
        data[name] = str(value)
        self.data = data

    def clean(self) -> dict[str, object]:
        super().clean()
        self._merge()
        if self.instance.pk and self.cleaned_data.get("version") != self._version:
            self._redisplay_with("version", self._version)
            raise ValidationError(
                _(
                    "Someone else saved changes while you were editing. Your text is still here but hasn’t been "
                    "saved. Compare it with the current version, then save again."
                ),
                code="conflict",
            )
        return self.cleaned_data

    #: The remarks on the translations that a bound form makes reviewed, by language.
    remarks: dict[str, review.Problems]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        self.remarks = self._find_remarks()
        lacking = {
            language: review.unacknowledged(language, problems, self.acknowledged)
            for language, problems in self.remarks.items()
        }
        for language, problems in lacking.items():
            for field, found in problems.items():
                self._report(language, field, found)
        if any(lacking.values()):
            message = _("The checks found possible problems in a translation. If it is right as it is, save again.")
            self.add_error(None, ValidationError(message, code="warning"))

    def _report(self, language: str, field: str, found: list[checks.Problem]) -> None:
        name = column(field, language) if column(field, language) in self.fields else None
        for problem in found:
            # Pictures have their translations at the translators' desk.
            message = problem.message if name else labelled(language_title(language), problem.message)
            self.add_error(name, ValidationError(message, code="warning"))

    def _find_remarks(self) -> dict[str, review.Problems]:
        found: dict[str, review.Problems] = {}
        item = self.instance
        if not isinstance(item, Article) and item.article_id is None:
            return found
        source = self._texts(item.source_language)
        for language in columns.article_of(item).languages:
            names = [column(field, language) for field in columns.fields_of(type(item))]
            stored = getattr(item, "_texts_as_read", {}) if item.pk else {}
            changed = any((getattr(item, name) or "") != (stored.get(name) or "") for name in names)
            texts = self._texts(language) if changed and language != item.source_language else {}
            # A text without a counterpart stays in review.
            if texts and review.complete(item, source, texts):
                found[language] = review.remarks_on(item, source, texts, language)
        return {language: problems for language, problems in found.items() if problems}

    def _texts(self, language: str) -> dict[str, str]:
        item = self.instance
        if item.pk:
            return columns.texts_of(item, language)
        texts = {field: text_in(item, field, language) for field in columns.fields_of(type(item))}
        return {field: text for field, text in texts.items() if text}

    @property
    def acknowledged(self) -> list[str]:
        """Return the keys of the remarks that this form has shown before."""
        return self.data.getlist("acknowledged") if isinstance(self.data, QueryDict) else []

    @property
    def named(self) -> list[str]:
        """Return the keys of the remarks that this form shows, and with which the next attempt saves it."""
        if not self.is_bound:
            return []
        return [key for language, problems in self.remarks.items() for key in review.keys_of(language, problems)]

    def add_error(self, field: str | None, error: Any) -> None:
        """Report errors of hidden fields as errors of the whole form."""
        if field is None and hasattr(error, "error_dict"):
            shown: dict[str, list[ValidationError]] = {}
            for name, errors in error.error_dict.items():
                if name not in self.errors:
                    # A field without a valid value already has its error.
                    shown.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).extend(errors)
            error = ValidationError(shown)
        super().add_error(field, error)


class ChangeLoggedAdmin(LangAttributeAdmin):
    """The admin of rows that pages show: a deletion updates open pages and is recorded for the user."""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        with acting_as(request.user):
            return super().delete_view(request, object_id, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        # Delete row by row, so that each deletion is a separate edit.
        with acting_as(request.user):
            for item in queryset:
                item.delete()


class TranslatedAdmin(ChangeLoggedAdmin, Generic[ItemT]):
    """The admin of articles and updates, with one tab for each language that the site offers."""

    form = TranslatedForm
    exclude: ClassVar[Any] = ("version",)  # The form has its own field for it.
    #: Fields that are not translated texts.
    metadata_fields: tuple[str | tuple[str, ...], ...] = ()
    #: Methods that show metadata read-only, in the language of the related row. Each replaces the field that it is
    #: named after.
    metadata_displays: tuple[str, ...] = ()
    translate_permission = ""

    class Media:
        js = (
            Script("articles/language-tabs.js", type="module"),
            Script("articles/translation-remarks.js", type="module"),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        for entry in (getattr(response, "context_data", None) or {}).get("action_list", ()):
            entry.message = review.log_message(entry)
        return response

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.remarks_view)
        name = f"articles_{self.opts.model_name}_remarks"
        return [
            path("add/remarks/", view, name=f"{name}_add"),
            path("<int:pk>/remarks/", view, name=name),
            *super().get_urls(),
        ]

    def remarks_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Return the remarks on translations that are being written as JSON: {name of the field: [message]}."""
        obj = None if pk is None else get_object_or_404(self.get_queryset(request), pk=pk)
        may = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        if not may:
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        assert isinstance(form, TranslatedForm)
        with acting_as(request.user):
            form.is_valid()
        return JsonResponse(
            {
                column(field, language): [problem.message for problem in found]
                for language, problems in form.remarks.items()
                for field, found in problems.items()
            }
        )

    def tab_languages(self, request: HttpRequest, obj: ItemT | None) -> list[str]:
        """Return the languages that have a tab."""
        return [code for code, _name in settings.LANGUAGES]

    def get_fieldsets(self, request: HttpRequest, obj: ItemT | None = None) -> Fieldsets:
        tabs = language_fieldsets(self.model, self.tab_languages(request, obj))
        shown = self.get_readonly_fields(request, obj)
        metadata = [f"{name}_named" if f"{name}_named" in shown else name for name in self.metadata_fields]
        # A read-only form needs no version.
        hidden = ["version"] if obj is None or self.has_change_permission(request, obj) else []
        return [(None, {"fields": [*metadata, *hidden], "classes": ["facts"]}), *tabs]

    def get_form(
        self, request: HttpRequest, obj: ItemT | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        # Read-only fields have no other source of labels.
        kwargs["labels"] = labels_without_language(self.model)
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and language_of(db_field):
            field.required = False
        return field

    def as_read(self, name: str, text: str) -> str:
        return mark_safe(sanitise(text)) if name.startswith("body_") else text

    # Translators see everything, and change texts that are not in the source language.

    def only_translates(self, request: HttpRequest) -> bool:
        """Return whether the user may translate, but not edit."""
        return not super().has_change_permission(request) and request.user.has_perm(self.translate_permission)

    def can_edit_source(self, request: HttpRequest, obj: ItemT) -> bool:
        """Return whether the user may change metadata and source texts."""
        return self.has_change_permission(request, obj) and not self.only_translates(request)

    def editable_languages(self, request: HttpRequest, obj: ItemT) -> frozenset[str]:
        """Return the languages whose texts the user may change."""
        if not self.has_change_permission(request, obj):
            return frozenset()
        if self.only_translates(request):
            return rights.languages_of(request.user) - {obj.source_language}
        return frozenset(KNOWN)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_change_permission(request, obj) or request.user.has_perm(self.translate_permission)

    def get_readonly_fields(self, request: HttpRequest, obj: ItemT | None = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        if obj is not None and not self.can_edit_source(request, obj):
            fields += [name for name in flatten(self.metadata_fields) if not hasattr(self, f"{name}_named")]
            fields += self.metadata_displays
        if obj is not None and self.only_translates(request):
            others = KNOWN.keys() - self.editable_languages(request, obj)
            fields += [
                column(field, code) for code in KNOWN if code in others for field in translated_fields(self.model)
            ]
        return fields

    # Only one request at a time saves an article, in the order of its revisions.

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ItemT | None:
        found: ItemT | None = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            # The lock lasts until the commit, so no other version can come between the check and the save.
            changes.lock(found)
            found = super().get_object(request, object_id, from_field)
        return found

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        prepare(request.POST)
        # The rules of the models depend on the acting user, and the form's validation applies them.
        with acting_as(request.user):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_deleted_objects(
        self, objs: Sequence[models.Model] | models.QuerySet, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        # A translation is deleted together with its text, without a separate permission.
        return deleted, counts, set(lacking) - {str(Translation._meta.verbose_name)}, protected

    def save_model(self, request: HttpRequest, obj: ItemT, form: forms.ModelForm, change: bool) -> None:
        assert isinstance(form, TranslatedForm)
        with acting_as(request.user), review.acknowledging(form.acknowledged), changes.edit(obj):
            super().save_model(request, obj, form, change)
            form.save_m2m()

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: object, change: bool) -> None:
        """Do nothing: `save_model` has saved the relations within the edit."""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, object],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: ItemT | None = None,
    ) -> HttpResponse:
        context["remarks_url"] = reverse(
            f"admin:articles_{self.opts.model_name}_remarks{'' if obj else '_add'}", args=[obj.pk] if obj else []
        )
        # The editor's import map is the only inline script of a page, and needs the nonce of the CSP.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))  # type: ignore[attr-defined]
        return super().render_change_form(request, context, add, change, form_url, obj)

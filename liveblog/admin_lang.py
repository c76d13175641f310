"""Language attributes in the admin: each text says its language, for screen readers, fonts and writing directions.

See WCAG 2.2, success criterion 3.1.2, "Language of Parts".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteMixin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from liveblog.admin_input import KnownSelect, KnownSelectMultiple
from liveblog.languages import column, direction
from liveblog.moments.admin import MomentsAdmin

if TYPE_CHECKING:
    from django import forms
    from django.utils.functional import _StrOrPromise


class HasLanguage(Protocol):
    """Something whose `str()` is in its source language."""

    source_language: str


def language_of(field: object) -> str | None:
    """Return the language of a translated column; None for another field."""
    language: str | None = getattr(field, "language", None)
    return language if language and getattr(field, "name", "").endswith(column("", language)) else None


def named(item: HasLanguage) -> SafeString:
    """Return the `str()` of an item as HTML that states its language."""
    language = item.source_language
    return format_html('<bdi lang="{}" dir="{}">{}</bdi>', language, direction(language), str(item))


class NamedFilter(admin.RelatedOnlyFieldListFilter):
    """A filter by related items that have a source language."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, _StrOrPromise]]:
        found = super().field_choices(field, request, model_admin)
        items = field.related_model._default_manager.in_bulk([pk for pk, _label in found])
        return [(pk, named(items[pk])) for pk, _label in found]


class _LangAttributeOptions(AutocompleteMixin):
    """Options with the language of the items that they stand for."""

    def optgroups(
        self, name: str, value: Sequence[str], attrs: dict[str, object] | None = None
    ) -> list[tuple[str | None, list[dict[str, Any]], int | None]]:
        groups = super().optgroups(name, value, attrs)
        options = [option for _label, options, _index in groups for option in options if option["value"]]
        related_model = cast("type[models.Model]", self.field.related_model)
        items = related_model._default_manager.filter(pk__in=[str(option["value"]) for option in options])
        languages = dict(items.values_list("pk", "source_language"))
        for option in options:
            language = languages.get(int(str(option["value"])))
            if language:
                option["attrs"] |= {"lang": language, "dir": direction(language)}
        return groups


class _Select(_LangAttributeOptions, KnownSelect):
    pass


class _SelectMultiple(_LangAttributeOptions, KnownSelectMultiple):
    pass


class LangAttributeAdmin(MomentsAdmin):
    """An admin whose fields state their language."""

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and (language := language_of(db_field)):
            field.widget.attrs |= {"lang": language, "dir": direction(language)}
        return field

    def as_read(self, name: str, text: str) -> str:
        """Return a read-only text as readers see it."""
        return text

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        item = context["adminform"].form.instance
        columns = {field.name: language_of(field) for field in self.model._meta.concrete_fields}
        for name in context["adminform"].readonly_fields:
            language, text = columns.get(name), getattr(item, name, None)
            if language and text:
                shown = format_html(
                    '<div lang="{}" dir="{}">{}</div>', language, direction(language), self.as_read(name, text)
                )
                setattr(item, name, shown)
        return super().render_change_form(request, context, *args, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if self._states_language(db_field):
            kwargs["widget"] = _Select(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if self._states_language(db_field):
            kwargs["widget"] = _SelectMultiple(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _states_language(self, db_field: models.Field) -> bool:
        return db_field.name in self.autocomplete_fields and hasattr(db_field.related_model, "source_language")

    def get_deleted_objects(
        self, objs: models.QuerySet | Sequence[models.Model], request: HttpRequest
    ) -> tuple[list, dict[str, int], set[str], list]:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return _isolated(deleted), counts, lacking, protected


def _isolated(entries: Sequence[object]) -> list[object]:
    return [_isolated(entry) if isinstance(entry, list) else _bdi(entry) for entry in entries]


def _bdi(text: object) -> SafeString:
    return format_html("<bdi>{}</bdi>", text)

"""An admin in which every text says in which language it is, for screen readers, fonts and directions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from liveblog.languages import direction


def language_of(field: Any) -> str | None:
    """The language of a translated column, None of any other field."""
    language = getattr(field, "language", None)
    return language if language and field.name.endswith(f"_{language}") else None


def named(item: Any) -> SafeString:
    """What something is called, marked as being in its own language."""
    language = item.source_language
    return format_html('<bdi lang="{}" dir="{}">{}</bdi>', language, direction(language), str(item))


class NamedFilter(admin.RelatedOnlyFieldListFilter):
    """A filter by something that has a source language."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        found = super().field_choices(field, request, model_admin)
        items = field.related_model._default_manager.in_bulk([pk for pk, _label in found])
        return [(pk, named(items[pk])) for pk, _label in found]


class _LangAttributeOptions:
    """Options that are in the language of what they name."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        groups = super().optgroups(name, value, attrs)  # type: ignore[misc]
        options = [option for _label, options, _index in groups for option in options if option["value"]]
        named_by_them = self.field.related_model._default_manager.filter(pk__in=[str(one["value"]) for one in options])  # type: ignore[attr-defined]
        languages = dict(named_by_them.values_list("pk", "source_language"))
        for option in options:
            language = languages.get(int(str(option["value"])))
            if language:
                option["attrs"] |= {"lang": language, "dir": direction(language)}
        return groups


class _Select(_LangAttributeOptions, AutocompleteSelect):
    pass


class _SelectMultiple(_LangAttributeOptions, AutocompleteSelectMultiple):
    pass


class LangAttributeAdmin(admin.ModelAdmin):
    """An admin whose fields say in which language they are."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and (language := language_of(db_field)):
            field.widget.attrs |= {"lang": language, "dir": direction(language)}
        return field

    def as_read(self, name: str, text: str) -> str:
        """A text that cannot be changed here, as it is shown."""
        return text

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
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

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if self._speaks(db_field):
            kwargs["widget"] = _Select(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if self._speaks(db_field):
            kwargs["widget"] = _SelectMultiple(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _speaks(self, db_field: Any) -> bool:
        return db_field.name in self.autocomplete_fields and hasattr(db_field.related_model, "source_language")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return _isolated(deleted), counts, lacking, protected


def _isolated(entries: list[Any]) -> list[Any]:
    return [_isolated(entry) if isinstance(entry, list) else _bdi(entry) for entry in entries]


def _bdi(text: str) -> SafeString:
    return format_html("<bdi>{}</bdi>", text)

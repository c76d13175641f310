"""The admin with input that none of its pages sends: where Django's views fail, ours answer as for any wrong input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.db import models
from django.http import Http404, HttpRequest
from js_asset import Script

from liveblog import select_words
from liveblog.fields import ObjectsFormField
from liveblog.numbers import number
from liveblog.search.folding import MAX_QUERY_LENGTH, MAX_WORDS

if TYPE_CHECKING:
    from django import forms

    class _Widget(AutocompleteMixin, forms.Select): ...
else:
    _Widget = object


class _KnownOptions(_Widget):
    """A mixin for widgets that look up the objects of a form that was sent: only numbers can name one.

    They speak in messages of the interface, without Select2's own file of words.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.i18n_name = None

    class Media:
        js = (Script("liveblog/select-words.js", type="module"),)

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        # It would name the library's words.
        attrs.pop("lang", None)
        return attrs | select_words.attributes()

    def optgroups(
        self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None
    ) -> list[tuple[str | None, list[dict[str, Any]], int | None]]:
        named = [key for key in value if number(str(key)) is not None]
        groups = super().optgroups(name, named, attrs)
        if not self.allow_multiple_selected and not groups[0][1]:
            # A list that requires a choice begins with none (HTML, section 4.10.7, "placeholder label option").
            groups[0][1].append(self.create_option(name, "", "", selected=False, index=0))
        return groups

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value == "":
            # Select2 shows the text, which is empty; HTML wants something to show in its place.
            option["attrs"]["label"] = "–"
        return option


class KnownSelect(_KnownOptions, AutocompleteSelect):
    """A field of the admin in which one object is searched and selected."""


class KnownSelectMultiple(_KnownOptions, AutocompleteSelectMultiple):
    """A field of the admin in which objects are searched and selected."""


class InputAdmin(admin.ModelAdmin):
    """An admin that takes any key of an object, and any choice in a form, for the input of a stranger."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the object with a key, or None. An empty name of a field stands for the primary key."""
        return super().get_object(request, object_id, from_field or None)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Search for as many words as readers may: each is a condition, and databases bound their number."""
        words = search_term[:MAX_QUERY_LENGTH].split()[:MAX_WORDS]
        return super().get_search_results(request, queryset, " ".join(words))

    def object_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """Return the object with a key. Raise Http404 if there is none, whatever the key is."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KnownSelect(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KnownSelectMultiple(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_manytomany(db_field, request, **{"form_class": ObjectsFormField, **kwargs})

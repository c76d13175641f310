"""Handle input that no page of the admin sends: Django's views would fail, ours report it as invalid."""

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

    They take their messages from the interface, not from Select2's own translations.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.i18n_name = None

    class Media:
        js = (Script("liveblog/select-words.js", type="module"),)

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        # It would include the library's translations.
        attrs.pop("lang", None)
        return attrs | select_words.attributes()

    def optgroups(
        self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None
    ) -> list[tuple[str | None, list[dict[str, Any]], int | None]]:
        named = [key for key in value if number(str(key)) is not None]
        groups = super().optgroups(name, named, attrs)
        if not self.allow_multiple_selected and not groups[0][1]:
            # A required list begins with an empty option (HTML, section 4.10.7, "placeholder label option").
            groups[0][1].append(self.create_option(name, "", "", selected=False, index=0))
        return groups

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value == "":
            # Select2 shows the text, which is empty; HTML requires a label that is not.
            option["attrs"]["label"] = "–"
        return option


class KnownSelect(_KnownOptions, AutocompleteSelect):
    """A field of the admin to search for one object and select it."""


class KnownSelectMultiple(_KnownOptions, AutocompleteSelectMultiple):
    """A field of the admin to search for objects and select them."""


class InputAdmin(admin.ModelAdmin):
    """An admin that trusts no object key and no choice of a form."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the object with a key, or None. An empty `from_field` stands for the primary key."""
        return super().get_object(request, object_id, from_field or None)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Search for as many words as readers may: each is a condition, and databases limit their number."""
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

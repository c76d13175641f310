"""The column and the form field for slugs of other languages than the main one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import models
from django.utils.text import capfirst

from liveblog.languages import KNOWN, language_name

MAX_LENGTH = 120


class SlugsField(models.JSONField):
    """A slug for each language that has its own."""

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def validate(self, value: object, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not isinstance(value, dict) or not value.keys() <= KNOWN.keys():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        for slug in value.values():
            if not isinstance(slug, str) or len(slug) > MAX_LENGTH:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            validate_slug(slug)

    def save_form_data(self, instance: models.Model, data: dict[str, str]) -> None:
        stored: dict[str, str] = self.value_from_object(instance) or {}
        # Slugs of languages that are not in the form stay unchanged.
        super().save_form_data(instance, {code: slug for code, slug in (stored | data).items() if slug})

    def formfield(self, **kwargs: object) -> SlugsFormField:
        return SlugsFormField(label=capfirst(self.verbose_name), help_text=self.help_text)


class SlugsWidget(forms.MultiWidget):
    """A line for the slug of each language."""

    template_name = "articles/widgets/slugs.html"

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = languages
        attrs = {"dir": "ltr", "maxlength": MAX_LENGTH, "spellcheck": "false", "autocomplete": "off"}
        super().__init__({code: forms.TextInput(attrs=attrs) for code in languages})

    def decompress(self, value: str | dict[str, str] | None) -> list[str]:
        slugs = json.loads(value) if isinstance(value, str) else value or {}
        return [slugs.get(code, "") for code in self.languages]

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for widget, code in zip(context["widget"]["subwidgets"], self.languages, strict=True):
            widget["label"] = language_name(code)
        return context


class SlugsFormField(forms.MultiValueField):
    """The slugs of some languages, by default those that the site offers."""

    def __init__(self, languages: Sequence[str] | None = None, **kwargs: Any) -> None:
        self.languages = [code for code, _name in settings.LANGUAGES] if languages is None else languages
        fields = [forms.SlugField(max_length=MAX_LENGTH, required=False) for _language in self.languages]
        super().__init__(
            fields, widget=SlugsWidget(self.languages), require_all_fields=False, **{"required": False, **kwargs}
        )

    def compress(self, values: list[str]) -> dict[str, str]:
        return dict(zip(self.languages, values or [""] * len(self.languages), strict=True))

    def has_changed(self, initial: dict[str, str] | None, data: list[str] | None) -> bool:
        before = {code: (initial or {}).get(code, "") for code in self.languages}
        try:
            return bool(self.clean(data) != before)
        except ValidationError:
            return True

"""Policies: for each language, the texts that readers get while a translation is not reviewed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from articles.choices import Policy
from liveblog.fields import offered_languages


class PoliciesField(models.JSONField):
    """A policy for each language; Policy.MACHINE for a language that is not named."""

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def validate(self, value: object, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not isinstance(value, dict) or not set(value.values()) <= set(Policy.values):
            raise ValidationError(self.error_messages["invalid"], code="invalid")

    def save_form_data(self, instance: models.Model, data: dict[str, str]) -> None:
        offered = {code for code, _name in settings.LANGUAGES}
        stored: dict[str, str] = self.value_from_object(instance) or {}
        # The form has only the languages that the site offers at present.
        hidden = {code: policy for code, policy in stored.items() if code not in offered}
        super().save_form_data(instance, hidden | data)

    def formfield(self, **kwargs: object) -> PoliciesFormField:
        return PoliciesFormField(required=False, label=capfirst(self.verbose_name), help_text=self.help_text)


class PoliciesWidget(forms.MultiWidget):
    template_name = "articles/widgets/policies.html"

    def __init__(self) -> None:
        super().__init__({code: forms.Select(choices=Policy.choices) for code, _name in settings.LANGUAGES})

    def decompress(self, value: str | dict[str, str] | None) -> list[str]:
        policies = json.loads(value) if isinstance(value, str) else value or {}
        return [policies.get(code, Policy.MACHINE) for code, _name in settings.LANGUAGES]

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for widget, (_code, label) in zip(context["widget"]["subwidgets"], offered_languages(), strict=True):
            widget["label"] = label
        return context


class PoliciesFormField(forms.MultiValueField):
    def __init__(self, **kwargs: Any) -> None:
        fields = [forms.ChoiceField(choices=Policy.choices, required=False) for _language in settings.LANGUAGES]
        super().__init__(fields, widget=PoliciesWidget(), require_all_fields=False, **kwargs)

    def compress(self, values: list[str]) -> dict[str, str]:
        codes = (code for code, _name in settings.LANGUAGES)
        selected = dict(zip(codes, values or [], strict=False))
        return {code: policy for code, policy in selected.items() if policy and policy != Policy.MACHINE}

    def has_changed(self, initial: dict[str, str] | None, data: list[str] | None) -> bool:
        return self.clean(data) != (initial or {})

"""Policies: for each language, the texts that readers get until a translation is reviewed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from articles.choices import Policy
from liveblog.languages import language_name


class PoliciesField(models.JSONField):
    """A policy for each language; Policy.MACHINE for missing languages."""

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
        return PoliciesFormField(label=capfirst(self.verbose_name), help_text=self.help_text)


#: The name of the choice for all languages without their own.
_ALL = "all"


class PoliciesWidget(forms.MultiWidget):
    """One choice for all languages, and exceptions."""

    template_name = "articles/widgets/policies.html"

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = languages
        exceptions = [("", _("as above")), *Policy.choices]
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {_ALL: forms.Select(choices=Policy.choices)}
        super().__init__(widgets | {code: forms.Select(choices=exceptions) for code in languages})

    def id_for_label(self, id_: str) -> str:
        """Return the id of the choice for all languages, which the label of the field names."""
        return f"{id_}_0" if id_ else ""

    def decompress(self, value: str | dict[str, str] | None) -> list[str]:
        policies = json.loads(value) if isinstance(value, str) else value or {}
        each = [policies.get(code, Policy.MACHINE) for code in self.languages]
        usual = max(Policy, key=lambda policy: (each.count(policy), policy == Policy.MACHINE))
        return [usual, *("" if policy == usual else policy for policy in each)]

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        usual, *exceptions = context["widget"]["subwidgets"]
        for widget, code in zip(exceptions, self.languages, strict=True):
            widget["label"] = language_name(code)
        context["widget"] |= {
            "usual": usual,
            "exceptions": exceptions,
            "has_exceptions": any(widget["value"] not in ([""], None, []) for widget in exceptions),
        }
        return context


class PoliciesFormField(forms.MultiValueField):
    """The policies of languages.

    languages   those that have a choice of their own, default: all that the site offers
    others      those that follow the choice for all besides, such as languages that are added later
    """

    def __init__(self, languages: Sequence[str] | None = None, *, others: Sequence[str] = (), **kwargs: Any) -> None:
        self.languages = [code for code, _name in settings.LANGUAGES] if languages is None else languages
        self.others = others
        fields = [forms.ChoiceField(choices=Policy.choices, required=False) for _each in range(1 + len(self.languages))]
        super().__init__(
            fields, widget=PoliciesWidget(self.languages), require_all_fields=False, **{"required": False, **kwargs}
        )

    def compress(self, values: list[str]) -> dict[str, str]:
        usual, *exceptions = values or [""]
        selected = dict.fromkeys([*self.languages, *self.others], usual)
        selected |= {code: policy for code, policy in zip(self.languages, exceptions, strict=False) if policy}
        return {code: policy for code, policy in selected.items() if policy and policy != Policy.MACHINE}

    def has_changed(self, initial: dict[str, str] | None, data: list[str] | None) -> bool:
        return self.clean(data) != (initial or {})

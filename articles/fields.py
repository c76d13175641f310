import json
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from liveblog.languages import SHIPPED


class LanguageField(models.CharField):
    """The code of one shipped language. Which of them a form offers is the site's setting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 8
        kwargs["choices"] = [(code, _(name)) for code, name in SHIPPED.items()]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["choices"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        return forms.ChoiceField(
            choices=offered_languages(),
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
        )


class LanguagesField(models.CharField):
    """A set of shipped languages, kept as ",ar,de,": any database can search it with `contains`."""

    description = "A set of languages"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 128
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, *_: Any) -> list[str] | None:
        return None if value is None else [code for code in value.split(",") if code]

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = [code for code in value.split(",") if code]
        return [code for code in SHIPPED if code in value] if value is not None else value

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        codes: Any = self.to_python(value)
        return f",{','.join(codes)},"

    def value_to_string(self, obj: models.Model) -> str:
        codes: Any = self.value_from_object(obj)
        return ",".join(codes)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        if not value and not self.blank:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def run_validators(self, value: Any) -> None:
        pass

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        # A form shows the site's languages. Those that it does not offer at the moment are not its to take away.
        now: Any = self.value_from_object(instance) or ()
        kept = set(now) - {code for code, _name in settings.LANGUAGES}
        super().save_form_data(instance, self.to_python([*data, *kept]))

    def formfield(self, **kwargs: Any) -> Any:
        return _LanguagesFormField(
            choices=offered_languages(),
            widget=forms.CheckboxSelectMultiple,
            required=not self.blank,
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
        )


class _LanguagesFormField(forms.MultipleChoiceField):
    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(data or ())


class Policy(models.TextChoices):
    """What readers of a language are given of a text that nobody has reviewed in it."""

    MACHINE = "machine", _("Machine drafts, labelled")
    ORIGINAL = "original", _("The original")
    REVIEWED = "reviewed", _("Nothing")


class PoliciesField(models.JSONField):
    """A policy for each language; the first where none is named."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        offered = {code for code, _name in settings.LANGUAGES}
        now: Any = self.value_from_object(instance) or {}
        super().save_form_data(instance, {code: now[code] for code in now if code not in offered} | data)

    def formfield(self, **kwargs: Any) -> Any:
        return PoliciesFormField(required=False, label=capfirst(self.verbose_name), help_text=self.help_text)


class PoliciesWidget(forms.MultiWidget):
    template_name = "articles/widgets/policies.html"

    def __init__(self) -> None:
        super().__init__({code: forms.Select(choices=Policy.choices) for code, _name in settings.LANGUAGES})

    def decompress(self, value: Any) -> list[str]:
        kept = json.loads(value) if isinstance(value, str) else value or {}
        return [kept.get(code, Policy.MACHINE) for code, _name in settings.LANGUAGES]

    def get_context(self, name: str, value: Any, attrs: Any) -> Any:
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
        chosen = dict(zip(codes, values or [], strict=False))
        return {code: policy for code, policy in chosen.items() if policy and policy != Policy.MACHINE}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.clean(data) != (initial or {})


def with_those_kept(choices: Any, kept: Any) -> list[tuple[str, Any]]:
    """Choices together with languages that an item has although the site does not offer them now."""
    offered = list(choices)
    known = {code for code, _name in offered}
    return [*offered, *((code, _(SHIPPED[code])) for code in kept if code in SHIPPED and code not in known)]


def offered_languages() -> list[tuple[str, Any]]:
    """The site's languages as choices, their names in the language of the page."""
    return [(code, _(name)) for code, name in settings.LANGUAGES]

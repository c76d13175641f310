"""Fields that hold one or several of the shipped languages."""

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


def with_kept_languages(choices: Any, kept: Any) -> list[tuple[str, Any]]:
    """Choices together with languages that an item has although the site does not offer them now."""
    offered = list(choices)
    known = {code for code, _name in offered}
    return [*offered, *((code, _(SHIPPED[code])) for code in kept if code in SHIPPED and code not in known)]


def offered_languages() -> list[tuple[str, Any]]:
    """The site's languages as choices, their names in the language of the page."""
    return [(code, _(name)) for code, name in settings.LANGUAGES]

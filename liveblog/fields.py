"""Fields of models and forms: texts that are not blank, and one or several of the shipped languages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.lookups import Contains
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from liveblog import web_origins
from liveblog.blank import unless_blank
from liveblog.languages import KNOWN, MAX_CODE_LENGTH
from liveblog.marks import bounded_marks
from liveblog.numbers import number

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.utils.functional import _StrOrPromise

#: Code and name of languages.
Choices = Iterable[tuple[str, "_StrOrPromise"]]


class TextFormField(forms.CharField):
    """A text in a form. A blank text counts as empty, and a required field refuses it."""

    def to_python(self, value: object) -> str | None:
        return unless_blank(bounded_marks(super().to_python(value) or "")) or self.empty_value


class ObjectsFormField(forms.ModelMultipleChoiceField):
    """Objects selected in a form. A number too large for a primary key is an invalid choice."""

    def clean(self, value: Any) -> Any:
        for key in value if isinstance(value, (list, tuple)) else ():
            if isinstance(key, str) and number(key) is None:
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": key})
        return super().clean(value)


class NormalisedField(models.Field):
    """A mixin for fields whose text is normalised by every write. It precedes the field class that stores the text."""

    def normalise(self, text: str) -> str:
        """Return the text as it is stored: "" if it is blank."""
        return unless_blank(bounded_marks(text))

    def _normalised(self, text: str | None) -> str | None:
        return self.normalise(text) if text else text

    def clean(self, value: str | None, model_instance: models.Model | None) -> str | None:
        return super().clean(self._normalised(value), model_instance)

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        written = super().pre_save(model_instance, add)
        value = self._normalised(written) if isinstance(written, str) else written
        if value != written:
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: object) -> object:
        value = super().get_prep_value(value)
        return self._normalised(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": TextFormField, **kwargs})

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        # Migrations depend on the column, not on how its text is normalised.
        name, _path, args, kwargs = super().deconstruct()
        stored = models.TextField if isinstance(self, models.TextField) else models.CharField
        return name, f"django.db.models.{stored.__name__}", args, kwargs


class ShortTextField(NormalisedField, models.CharField):
    """A short text that is not blank."""


class LongTextField(NormalisedField, models.TextField):
    """A long text that is not blank."""


class OriginsField(LongTextField):
    """Origins of web pages, one on each line, as `liveblog.web_origins.normal_pattern` returns them."""

    def normalise(self, text: str) -> str:
        lines = (_normal_origin(line) or line.strip() for line in super().normalise(text).splitlines())
        return "\n".join(dict.fromkeys(filter(None, lines)))

    def validate(self, value: str | None, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        for line in (value or "").splitlines():
            if _normal_origin(line) is None:
                message = _("“%(line)s” isn’t a web address. Enter it as https://partner.example.")
                raise ValidationError(message, "origin", {"line": line})


def _normal_origin(line: str) -> str | None:
    try:
        return web_origins.normal_pattern(line)
    except ValueError:
        return None


class LanguageField(models.CharField):
    """The code of one shipped language. A form offers those of the setting LANGUAGES."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = MAX_CODE_LENGTH
        kwargs["choices"] = [(code, _(name)) for code, name in KNOWN.items()]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["choices"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: object) -> forms.ChoiceField:  # type: ignore[override]
        return forms.ChoiceField(
            choices=offered_languages(),
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
        )


class SourceLanguageField(LanguageField):
    """The language in which a row is written. The database has columns for texts in it, and so the row keeps its text.

    No constraint of the database says so, because it would have to be replaced, under a lock, for each language that a
    site adds.
    """

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, str) and value not in KNOWN:
            raise ValueError(f"{value!r} is no language for which the database has columns.")
        return super().get_db_prep_save(value, connection)


class LanguagesField(models.CharField):
    """A list of shipped languages, in their order. Any database can search it: `languages__has="de"`."""

    description = "A list of languages"

    # The types of the model attribute when it is set and read, for django-stubs.
    _pyi_private_set_type: Collection[str]  # type: ignore[assignment]
    _pyi_private_get_type: list[str]  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 1000
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, *args: object) -> list[str] | None:
        return None if value is None else _decoded(value)

    def to_python(self, value: str | Collection[str] | None) -> list[str] | None:
        if value is None:
            return None
        codes = _decoded(value) if isinstance(value, str) else value
        return [code for code in KNOWN if code in codes]

    def get_prep_value(self, value: str | Collection[str] | None) -> str | None:
        return value if value is None or isinstance(value, str) else _encoded(self.to_python(value) or ())

    def value_to_string(self, obj: models.Model) -> str:
        return ",".join(self._codes_of(obj))

    def _codes_of(self, obj: models.Model) -> list[str]:
        codes: Any = self.value_from_object(obj)
        return codes or []

    def validate(self, value: Collection[str] | None, model_instance: models.Model | None) -> None:
        if not value and not self.blank:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def run_validators(self, value: object) -> None:
        """Do nothing: the validators of a CharField are for text."""

    def save_form_data(self, instance: models.Model, data: Iterable[str]) -> None:
        # The form offers the languages of the site. Languages that the site no longer offers stay in the list.
        offered = {code for code, _name in settings.LANGUAGES}
        kept = [code for code in self._codes_of(instance) if code not in offered]
        super().save_form_data(instance, self.to_python([*data, *kept]))

    def formfield(self, **kwargs: object) -> forms.MultipleChoiceField:  # type: ignore[override]
        return _LanguagesFormField(
            choices=offered_languages(),
            widget=forms.CheckboxSelectMultiple,
            required=not self.blank,
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
        )


def _encoded(codes: Collection[str]) -> str:
    """Return the codes as the database stores them, ",ar,de,"; "" for none."""
    return f",{','.join(codes)}," if codes else ""


def _decoded(text: str) -> list[str]:
    return [code for code in text.split(",") if code]


@LanguagesField.register_lookup
class _Has(Contains):
    """True if the list has the language whose code is the right-hand side."""

    lookup_name = "has"
    param_pattern = "%%" + _encoded(["%s"]) + "%%"

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:
        return connection.operators["contains"] % rhs  # type: ignore[attr-defined]


class _LanguagesFormField(forms.MultipleChoiceField):
    def has_changed(self, initial: Collection[str] | None, data: Collection[str] | None) -> bool:
        return set(initial or ()) != set(data or ())


def with_kept_languages(choices: Choices, kept: Iterable[str]) -> list[tuple[str, _StrOrPromise]]:
    """Return choices, followed by the languages that an item has although the site no longer offers them."""
    offered = list(choices)
    known = {code for code, _name in offered}
    return [*offered, *((code, _(KNOWN[code])) for code in kept if code in KNOWN and code not in known)]


def offered_languages() -> Sequence[tuple[str, _StrOrPromise]]:
    """Return the languages of the site as choices, named in the language of the page."""
    return [(code, _(name)) for code, name in settings.LANGUAGES]

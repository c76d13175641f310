"""The form of stored settings. It shows values of the environment read-only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liveblog.configuration.models import StoredSetting
from liveblog.configuration.options import OPTIONS, Option

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: A stored key shows its last characters, by which people recognise it, if enough of it stays hidden.
_SHOWN_CHARACTERS, _LEAST_UNKNOWN = 4, 12


@dataclass(frozen=True)
class Row:
    """One setting on the page: a field, or the value from the environment."""

    option: Option
    field: forms.BoundField | None = None
    remove: forms.BoundField | None = None
    stored: StoredSetting | None = None
    ending: str = ""
    #: The value that the environment sets, if it is no secret.
    value: str = ""
    #: True if it is read-only only because a key of the environment is sent to that address.
    belongs_to_key: bool = False


class OptionsForm(forms.Form):
    """A form of some options. An empty key leaves the stored one as it is."""

    #: Django's forms have this attribute, but django-stubs lacks it.
    _errors: ErrorDict | None

    def __init__(self, names: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.options = [OPTIONS[name] for name in names]
        self.rows = {
            row.name: row for row in StoredSetting.objects.filter(name__in=[each.name for each in self.options])
        }
        for option in self.options:
            if self._is_closed(option):
                continue
            field = option.field(label=option.label, help_text=option.help, required=False)
            stored = self._stored(option)
            if not option.is_secret:
                field.initial = option.default if stored is None else stored
            elif stored:
                self.fields[f"remove_{option.name}"] = forms.BooleanField(label=_("Remove"), required=False)
            self.fields[option.name] = field

    def _stored(self, option: Option) -> Any:
        row = self.rows.get(option.name)
        return None if row is None else row.read()

    def _is_closed(self, option: Option) -> bool:
        return option.set_by_environment or self._belongs_to_key(option)

    def _belongs_to_key(self, option: Option) -> bool:
        """Return whether a key that the environment sets is sent to this address, so it cannot be changed."""
        keys = (each for each in OPTIONS.values() if each.sent_to == option.name)
        return not option.set_by_environment and any(key.set_by_environment for key in keys)

    def row(self, name: str) -> Row:
        option = OPTIONS[name]
        if self._is_closed(option):
            value = "" if option.is_secret else str(getattr(settings, name))
            return Row(option, value=value, belongs_to_key=self._belongs_to_key(option))
        stored = self._stored(option) if option.is_secret else None
        ending = str(stored or "")[-_SHOWN_CHARACTERS:]
        is_long = len(str(stored or "")) >= _SHOWN_CHARACTERS + _LEAST_UNKNOWN
        return Row(
            option,
            self[name],
            self[f"remove_{name}"] if stored else None,
            self.rows.get(name) if stored else None,
            ending if is_long else "",
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for option in self.options:
            key_is_kept = option.name in self.fields and self._stored(option) and not cleaned.get(option.name)
            address = OPTIONS.get(option.sent_to)
            if not key_is_kept or address is None or cleaned.get(f"remove_{option.name}"):
                continue
            if cleaned.get(address.name, "") != (self._stored(address) or address.default):
                message = _("Enter the key again: it would be sent to another server now.")
                self.add_error(option.name, message)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the values of all fields as they would be after saving, the stored ones of empty keys included."""
        found: dict[str, Any] = {}
        for option in self.options:
            if option.name not in self.fields:
                continue
            entered = self.cleaned_data.get(option.name)
            if option.is_secret and not entered and not self.cleaned_data.get(f"remove_{option.name}"):
                entered = self._stored(option)
            found[option.name] = option.default if entered is None else entered
        return found

    def save(self, user: User) -> list[str]:
        """Store what has changed, and return the names of these settings. Defaults are not stored."""
        changed = []
        with transaction.atomic():
            for name, value in self.values().items():
                option = OPTIONS[name]
                stored = self._stored(option)
                if value == (option.default if stored is None else stored):
                    continue
                changed.append(name)
                if value == option.default:
                    self.rows[name].delete()
                else:
                    put(name, value, user)
        return changed


def put(name: str, value: Any, user: User | None) -> None:
    """Store a value."""
    StoredSetting(name=name, value=json.dumps(value), changed_by=user, changed_at=timezone.now()).save()

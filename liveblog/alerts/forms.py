"""The form in which users choose their alerts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from liveblog.accounts.models import Profile
from liveblog.alerts import kinds
from liveblog.alerts.models import AlertChoice, Channel
from liveblog.fields import offered_languages

#: A week.
_MAX_MINUTES = 7 * 24 * 60


class AlertsForm(forms.Form):
    """A channel for each kind that concerns the user, minutes for kinds about waiting work, and the language."""

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self._user = user
        self.kinds = kinds.offered_to(user)
        for kind in self.kinds:
            choice = kinds.choice_of(user, kind)
            self.fields[f"{kind.code}-channel"] = forms.ChoiceField(
                label=kind.label, choices=Channel.choices, initial=choice.channel, widget=forms.RadioSelect
            )
            if kind.find is not None:
                self.fields[f"{kind.code}-minutes"] = forms.IntegerField(
                    label=_("Minutes to wait before notifying me"),
                    initial=choice.minutes or 15,
                    min_value=1,
                    max_value=_MAX_MINUTES,
                )
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of my notifications"),
            choices=offered_languages(),
            initial=Profile.objects.filter(user=user).values_list("language", flat=True).first() or get_language(),
        )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField | None]]:
        """Return for each kind its field, and that of its minutes, if it has any."""
        return [
            (self[f"{kind.code}-channel"], self[f"{kind.code}-minutes"] if kind.find is not None else None)
            for kind in self.kinds
        ]

    def save(self) -> None:
        with transaction.atomic():
            for kind in self.kinds:
                values = {
                    "channel": self.cleaned_data[f"{kind.code}-channel"],
                    "minutes": self.cleaned_data.get(f"{kind.code}-minutes"),
                }
                AlertChoice.objects.update_or_create(user=self._user, kind=kind.code, defaults=values)
            Profile.objects.update_or_create(user=self._user, defaults={"language": self.cleaned_data["language"]})

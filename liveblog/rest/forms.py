"""The form to make an access token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from liveblog.rest import scopes
from liveblog.rest.models import MAX_TOKENS, Token, too_many

#: The days for which a token can be valid.
DAYS = (7, 30, 90, 365)


class TokenForm(forms.ModelForm):
    """A token of `owner`, who cannot give it more rights than they have."""

    #: `TokenAdmin.get_form` sets it.
    owner: User

    scopes = forms.MultipleChoiceField(label=_("May do"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        initial=90,
        choices=lambda: [(days, ngettext("%(count)d day", "%(count)d days", days) % {"count": days}) for days in DAYS],
        help_text=_("It then expires automatically. You can revoke it earlier."),
    )

    class Meta:
        model = Token
        fields = ("name", "scopes", "articles")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(each.value, each.label) for each in scopes.possible(self.owner)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        if Token.objects.in_force().filter(user=self.owner).count() >= MAX_TOKENS:
            raise too_many()
        return super().clean() or {}

    @property
    def valid_for(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])

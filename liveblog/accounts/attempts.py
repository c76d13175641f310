"""The one place that judges attempts to log in: by password, by a code of a second factor, or by passkey.

Each attempt is announced by `begin` before any password is hashed, and its end by `succeed` or `fail`. Requests for a
letter, such as that of a forgotten password, go through `begin` as well.
"""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from liveblog import limits

#: Attempts of one network in a minute.
_MOST = 20


def begin(request: HttpRequest, kind: str, account: str) -> None:
    """Count an attempt. Raise ValidationError, to be shown at the form, if there have been too many.

    kind      "password", "code", "passkey" or "letter"
    account   what was typed as the name of the account, or its username; "" if it is not known yet
    """
    if not limits.allowed(request, f"log-in:{kind}", _MOST, 60):
        raise forms.ValidationError(_("There were too many attempts. Wait a minute, then try again."), code="limited")


def succeed(request: HttpRequest, kind: str, account: str) -> None:
    """Record that an attempt was successful."""


def fail(request: HttpRequest, kind: str, account: str) -> None:
    """Record that an attempt failed."""

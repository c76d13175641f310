"""The forms of logging in: django-allauth's, with labels of this product and with `attempts`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liveblog import roles
from liveblog.accounts import attempts
from liveblog.fields import TextFormField, offered_languages

#: Limit of an authenticator's response, in characters. With its maker's certificate it has some thousands.
_MAX_CREDENTIAL = 50_000


def _plain(form: forms.Form, **labels: Any) -> None:
    """Give fields these labels, and remove placeholders, which are bad for screen readers and translations."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if name in labels:
            field.label = labels[name]


class LoginForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login=_("Username or email address"), password=_("Password"))
        self.fields["login"].max_length = 254
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "autofocus": True,
            "maxlength": 254,
        }
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs["maxlength"] = 4096

    def add_prefix(self, field_name: str) -> str:
        # Browsers and password managers know this name from Django's admin.
        return super().add_prefix("username" if field_name == "login" else field_name)


class ResetPasswordForm(account.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, email=_("Email address"))

    def clean_email(self) -> str:
        attempts.begin(context.request, "e-mail", self.cleaned_data["email"])
        return super().clean_email()


class ResetPasswordKeyForm(account.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1=_("New password"), password2=_("Repeat new password"))
        self.fields["password1"].help_text = password_validation.password_validators_help_text_html()


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": _("Current password"), "password1": _("New password")}
        _plain(self, password2=_("Repeat new password"), **labels)
        self.fields["password1"].help_text = password_validation.password_validators_help_text_html()


class SetPasswordForm(account.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1=_("New password"), password2=_("Repeat new password"))
        self.fields["password1"].help_text = password_validation.password_validators_help_text_html()


class ReauthenticateForm(account.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password=_("Password"))
        self.fields["password"].help_text = ""


class _CodeMixin:
    """A code of an authenticator app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, code=_("Code"))  # type: ignore[arg-type]
        self.fields["code"].widget.attrs |= {"maxlength": 20, "autofocus": True}  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        username = self.user.get_username()  # type: ignore[attr-defined]
        attempts.begin(context.request, "code", username)
        code: str = super().clean_code()  # type: ignore[misc]
        attempts.succeed(context.request, "code", username)
        return code


class AuthenticateForm(_CodeMixin, mfa.AuthenticateForm):
    pass


class ReauthenticateCodeForm(_CodeMixin, mfa.ReauthenticateForm):
    pass


class ActivateTOTPForm(_CodeMixin, totp.ActivateTOTPForm):
    pass


class _CredentialField(forms.JSONField):
    """The answer of an authenticator, as a browser sends it (W3C Web Authentication, Level 3, section 5.1)."""

    widget = forms.HiddenInput

    def to_python(self, value: object) -> Any:
        if isinstance(value, str) and len(value) > _MAX_CREDENTIAL:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: object, initial: object) -> None:
        """Return no data to show again: a response is valid for one challenge."""


@contextmanager
def _refusing_nonsense() -> Iterator[None]:
    """Turn the errors of django-allauth and fido2 for malformed responses into an error of the form."""
    try:
        yield
    except ValidationError:
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class _CredentialMixin:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = _CredentialField()  # type: ignore[attr-defined]

    def clean_credential(self) -> Any:
        with _refusing_nonsense():
            return super().clean_credential()  # type: ignore[misc]


class LoginWebAuthnForm(_CredentialMixin, webauthn.LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        attempts.begin(context.request, "passkey", "")
        authenticator = super().clean_credential()
        attempts.succeed(context.request, "passkey", "")
        return authenticator


class AuthenticateWebAuthnForm(_CredentialMixin, webauthn.AuthenticateWebAuthnForm):
    pass


class ReauthenticateWebAuthnForm(_CredentialMixin, webauthn.ReauthenticateWebAuthnForm):
    pass


class AddWebAuthnForm(webauthn.AddWebAuthnForm):
    """A new passkey: always one that works without a password."""

    name = TextFormField(label=_("Name of this device or key"), max_length=100, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = _CredentialField()
        self.fields["passwordless"].widget = forms.HiddenInput()
        self.initial["passwordless"] = True

    def clean(self) -> dict[str, Any]:
        with _refusing_nonsense():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class EditWebAuthnForm(webauthn.EditWebAuthnForm):
    """Another name for a passkey."""

    name = TextFormField(label=_("Name of this device or key"), max_length=100)


class AcceptInvitationForm(SetPasswordForm):
    """The password with which a colleague opens the account that was made for them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].widget.attrs["autofocus"] = True


class InvitationForm(forms.Form):
    """One colleague to invite."""

    email = forms.EmailField(
        label=_("Email address"), max_length=254, widget=forms.EmailInput({"dir": "ltr", "autofocus": True})
    )
    name = TextFormField(
        label=pgettext_lazy("of a person", "Name"),
        max_length=120,
        help_text=_("As it appears in the byline: first name, then family name."),
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple, required=False)
    is_admin = forms.BooleanField(
        label=_("Administrator"),
        required=False,
        help_text=_("Has all rights, and invites and suspends colleagues. Not needed for daily work."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages of translations"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("For translators: the languages they translate into. Select none for all languages."),
    )

    def __init__(self, inviter: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (role, format_html("<strong>{}</strong> {}", roles.NAMES[role], roles.PURPOSES[role]))
            for role in roles.NAMES
        ]
        self.fields["languages"].choices = offered_languages()  # type: ignore[attr-defined]
        if not inviter.is_superuser:
            del self.fields["is_admin"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("There is already an account with this email address."))
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("roles") and not cleaned.get("is_admin"):
            self.add_error("roles", _("Choose a role. Without one, your colleague can’t log in."))
        if roles.TRANSLATOR not in cleaned.get("roles", ()):
            cleaned["languages"] = []
        return cleaned

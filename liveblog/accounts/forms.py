"""The forms of logging in: django-allauth's, with labels of this product and with `attempts`."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from liveblog.accounts import attempts


def _plain(form: forms.Form, **labels: Any) -> None:
    """Give fields these labels, and no placeholders, which screen readers and translations do without."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if name in labels:
            field.label = labels[name]


class LoginForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login=_("Username or e-mail address"), password=_("Password"))
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
        # The name by which browsers and password managers know the field of Django's admin.
        return super().add_prefix("username" if field_name == "login" else field_name)


class ResetPasswordForm(account.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, email=_("E-mail address"))

    def clean_email(self) -> str:
        from allauth.core import context

        attempts.begin(context.request, "letter", self.cleaned_data["email"])
        return super().clean_email()


class ResetPasswordKeyForm(account.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1=_("New password"), password2=_("New password, again"))
        self.fields["password1"].help_text = password_validation.password_validators_help_text_html()


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": _("Present password"), "password1": _("New password")}
        _plain(self, password2=_("New password, again"), **labels)
        self.fields["password1"].help_text = password_validation.password_validators_help_text_html()


class SetPasswordForm(account.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1=_("New password"), password2=_("New password, again"))
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
        from allauth.core import context

        username = self.user.get_username()  # type: ignore[attr-defined]
        attempts.begin(context.request, "code", username)
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except forms.ValidationError:
            attempts.fail(context.request, "code", username)
            raise
        attempts.succeed(context.request, "code", username)
        return code


class AuthenticateForm(_CodeMixin, mfa.AuthenticateForm):
    pass


class ReauthenticateCodeForm(_CodeMixin, mfa.ReauthenticateForm):
    pass


class ActivateTOTPForm(_CodeMixin, totp.ActivateTOTPForm):
    pass


class LoginWebAuthnForm(webauthn.LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        from allauth.core import context

        attempts.begin(context.request, "passkey", "")
        return super().clean_credential()


class AddWebAuthnForm(webauthn.AddWebAuthnForm):
    """A new passkey: always one that works without a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this device or key")
        self.fields["name"].max_length = 100
        self.fields["name"].widget.attrs["maxlength"] = 100
        self.fields["passwordless"].widget = forms.HiddenInput()
        self.initial["passwordless"] = True


class EditWebAuthnForm(webauthn.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this device or key")
        self.fields["name"].max_length = 100

"""The newsroom's own rules, in the hooks that django-allauth has for them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from liveblog import emails, encryption, networks
from liveblog.accounts import attempts, devices
from liveblog.branding import current as branding

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.utils.functional import _StrOrPromise

logger = logging.getLogger(__name__)

#: Seconds after a log-in during which nobody has to authenticate again.
_JUST_NOW = 300

#: By the name of the e-mail in django-allauth: what happened to the account.
_NEWS: dict[str, _StrOrPromise] = {
    "account/email/password_changed": _("The password of your account was changed."),
    "account/email/password_reset": _("The password of your account was changed using a link from an email."),
    "account/email/password_set": _("A password was set for your account."),
    "mfa/email/totp_activated": _("An authenticator app was set up for your account."),
    "mfa/email/totp_deactivated": _("The authenticator app was removed from your account."),
    "mfa/email/webauthn_added": _("A passkey was added to your account."),
    "mfa/email/webauthn_removed": _("A passkey was removed from your account."),
    "mfa/email/recovery_codes_generated": _(
        "New recovery codes were created for your account. The old ones no longer work."
    ),
    "socialaccount/email/account_connected": _("You can now log in to your account with your company login."),
    "socialaccount/email/account_disconnected": _("You can no longer log in to your account with your company login."),
}

#: By the template of django-allauth: the message after an action. Other messages of django-allauth are not shown.
_DONE: dict[str, _StrOrPromise] = {
    "account/messages/password_changed.txt": _("Your password was changed."),
    "account/messages/password_set.txt": _("Your password was saved."),
    "mfa/messages/totp_activated.txt": _("The authenticator app was set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app was removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey was added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey was removed."),
    "mfa/messages/recovery_codes_generated.txt": _("These are your new recovery codes."),
}


def send_news(request: HttpRequest, user: User, news: _StrOrPromise) -> None:
    """Tell users by e-mail what happened to their account, and from which device."""
    if not user.email:
        return
    context = {
        "user": user,
        "news": news,
        "device": devices.describe(request.META.get("HTTP_USER_AGENT", "")),
        "at": timezone.now(),
        "site": branding.current().sender,
        "url": settings.SITE_URL + reverse("mfa_index"),
    }
    emails.send_later(emails.compose("account/emails/news.txt", user.email, context))


class AccountAdapter(DefaultAccountAdapter):
    """Logging in. Accounts are created by invitation only; there is no public sign-up form."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_password": _("This password is incorrect."),
        "username_password_mismatch": _("The username or password is incorrect. Check upper and lower case."),
        "email_password_mismatch": _("The email address or password is incorrect. Check upper and lower case."),
        "invalid_password_reset": _("This link has been used or has expired. Request a new one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or _DONE.get(message_template or "")
        if text:
            messages.add_message(request, level, str(text), extra_tags=extra_tags)

    # Attempts ---------------------------------------------------------------------------------------------------------

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        attempts.begin(request, "password", _account(credentials))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        if user:
            attempts.succeed(request, "password", _account(credentials))
        return user

    # Networks and addresses -------------------------------------------------------------------------------------------

    def get_client_ip(self, request: HttpRequest) -> str:
        return networks.stored_of(request)

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return super().is_safe_url(url)
        except ValueError:
            # Not a valid address, such as //[
            return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **details: Any) -> HttpResponse:
        assert isinstance(user, User)
        response = super().post_login(request, user, **details)
        if user.last_login_before and not devices.is_known(request, user):  # type: ignore[attr-defined]
            send_news(request, user, _("Someone logged in to your account from a new device."))
        devices.remember(request, response, user)
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        # Django has just set the time of the last log-in to now.
        user.last_login_before = user.last_login  # type: ignore[attr-defined]
        super().login(request, user)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Require authentication again before factors change, except just after a log-in."""
        records = get_authentication_records(self.request, self.request.user)
        just_now = any(time.time() - record["at"] < _JUST_NOW for record in records)
        return super().is_reauthentication_required(app=app) and not just_now

    # E-mails ----------------------------------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an e-mail in the background. Only those e-mails of django-allauth that are used here have templates."""
        emails.send_later(self.render_mail(template_prefix, email, context))

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        assert isinstance(email, str)
        context = context | {"site": branding.current().sender}
        return emails.compose(f"account/emails/{template_prefix.rpartition('/')[2]}.txt", email, context)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        assert isinstance(user, User)
        send_news(self.request, user, _NEWS[template_prefix])

    def get_reset_password_from_key_url(self, key: str) -> str:
        # Of the site, not of the Host header of the request.
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", key)

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": gettext("Use your password"),
            "mfa_reauthenticate": gettext("Use a code"),
            "mfa_reauthenticate:webauthn": gettext("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods if method["id"] in words]


def _account(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors. Their secrets are encrypted at rest, so a copy of the database is not enough to make codes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This is incorrect or has expired. Try again."),
        "cannot_generate_recovery_codes": _("To get recovery codes, add a passkey or an authenticator app first."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        text = encryption.decrypt(encrypted_text)
        if text is None:
            logger.error("No key in SECRET_KEY_FALLBACKS can read a second factor; an administrator can remove it.")
            raise self.validation_error("incorrect_code")
        return text

    def _get_site_name(self) -> str:
        return branding.current().sender

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002
        from allauth.core import context

        return devices.describe(context.request.META.get("HTTP_USER_AGENT", ""))

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        assert isinstance(user, User)
        entity = super().get_public_key_credential_user_entity(user)
        return entity | {"display_name": user.get_full_name() or user.get_username(), "name": user.get_username()}

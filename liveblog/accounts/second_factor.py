"""Second factors: the roles that need one (REQUIRE_MFA), the way to set one up, and their secrets at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from liveblog import roles
from liveblog.audit.accounts import about
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.encryption import decrypt, encrypt, is_current
from liveblog.rekeying import Result

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

#: The keys of `Authenticator.data` under which django-allauth keeps what `SecondFactorAdapter.encrypt` returns: the
#: secret of an authenticator app, and the seed of recovery codes.
_ENCRYPTED = ("secret", "seed")


def is_missing(user: User, session: SessionBase) -> bool:
    """Return whether a user must set up a second factor before anything else.

    Users who came through the company's log-in need none: the company decides on the factors there.
    """
    if not _is_required(user) or Authenticator.objects.filter(user=user, type__in=_FACTORS).exists():
        return False
    methods = session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    return not any(entry.get("method") == "socialaccount" for entry in methods)


def is_lacking(user: User) -> bool:
    """Return whether a user lacks the second factor that their role needs."""
    return (
        _is_required(user)
        and not Authenticator.objects.filter(user=user, type__in=_FACTORS).exists()
        and not SocialAccount.objects.filter(user=user).exists()
    )


def _is_required(user: User) -> bool:
    required: list[str] = settings.REQUIRE_MFA
    if not required:
        return False
    if user.is_superuser:
        return roles.ADMIN in required
    return any(name.lower() in required for name in user.groups.values_list("name", flat=True))


def remove_all(user: User) -> bool:
    """Remove all second factors of a person. Return whether there were any."""
    with transaction.atomic():
        found = list(Authenticator.objects.filter(user=user))
        for authenticator in found:
            record(Action.FACTOR_REMOVED, about(user), kind=str(authenticator.type))
            authenticator.delete()
    return bool(found)


def rekey(result: Result) -> None:
    """Encrypt the secrets of second factors with the present key; see `liveblog.rekeying`."""
    for pk in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list("pk", flat=True):
        with transaction.atomic():
            # The lock keeps a recovery code that is used in the meantime from becoming valid again.
            authenticator = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if authenticator is not None:
                _rekey(authenticator, result)


def _rekey(authenticator: Authenticator, result: Result) -> None:
    stored = {name: authenticator.data[name] for name in _ENCRYPTED if name in authenticator.data}
    texts = {name: decrypt(value) for name, value in stored.items()}
    readable = {name: text for name, text in texts.items() if text is not None}
    if len(readable) < len(stored):
        result.unreadable += 1
    elif not all(map(is_current, stored.values())):
        authenticator.data |= {name: encrypt(text) for name, text in readable.items()}
        authenticator.save(update_fields=["data"])
        result.changed += 1


class SecondFactorMiddleware:
    """Redirect users without a required second factor from the newsroom's pages to the page that sets it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_MFA and request.path_info.startswith("/admin/"):
            user = request.user
            if isinstance(user, User) and is_missing(user, request.session):
                return redirect("mfa_index")
        return self.get_response(request)

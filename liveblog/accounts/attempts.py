"""Throttle all attempts to log in: by password, by a code of a second factor, or by passkey.

Callers announce each attempt to `begin`, which counts it before any password is hashed, and a success to `succeed`.
Requests for an e-mail, such as that of a forgotten password, go through `begin` as well.

After some attempts without success there are pauses, which grow. They are counted by account and by network. So this
stops both many networks that guess one password and one network that tries many accounts. Nor can anybody lock out
somebody else: a browser or a network from which users have logged in before has its own count for their account.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django import forms
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import ngettext

from liveblog import limits, networks
from liveblog.accounts import devices, hashers

#: Seconds for which failures are counted.
PERIOD_SECONDS = 86_400

#: Number of failures without a pause. A network may be an office in which many people mistype.
FREE_OF_ACCOUNT = 5
FREE_OF_NETWORK = 20

#: Further pauses double from two seconds up to two to this power: 17 minutes.
MAX_DOUBLINGS = 10

#: E-mails that are sent for one account and for one network in an hour.
EMAILS_OF_ACCOUNT, EMAILS_OF_NETWORK = 3, 10


_DEVICE = "device:"


class _Throttle(NamedTuple):
    """A throttle of one kind of attempt for one identity; the first `free` failures cause no pause."""

    scope: str
    identity: str
    free: int

    @property
    def action(self) -> str:
        return f"log-in:{self.scope}"

    def pause(self) -> float:
        """Return the seconds until the next attempt; 0 if it may begin now, which uses up its turn."""
        seconds = self._pause_after(limits.counted(self.action, self.identity, PERIOD_SECONDS))
        return 0 if self._take_turn(seconds) else limits.seconds_left(seconds)

    def add(self) -> None:
        """Count an attempt as failed. The pause after it begins at once."""
        self._take_turn(self._pause_after(limits.count(self.action, self.identity, PERIOD_SECONDS)))

    def _pause_after(self, failures: int) -> int:
        return 2 ** min(failures - self.free + 1, MAX_DOUBLINGS) if failures >= self.free else 0

    def _take_turn(self, seconds: int) -> bool:
        """Take the only turn in the present period of this many seconds. Return False if it is already taken."""
        return not seconds or limits.within(f"{self.action}:{seconds}", self.identity, 1, seconds)


def begin(request: HttpRequest, kind: str, account: str) -> None:
    """Count an attempt. Raise ValidationError, to be shown at the form, if there have been too many.

    kind      "password", "code", "passkey" or "e-mail"
    account   what was typed as the name of the account, or its username; "" if it is not known yet
    """
    if kind == "e-mail":
        _begin_email(request, account)
        return
    throttles = list(_throttles(request, kind, account))
    if wait := max((throttle.pause() for throttle in throttles), default=0):
        raise too_many(wait)
    if kind == "password" and hashers.are_busy():
        raise too_many(60)
    # Count before checking the password, so that any number of simultaneous attempts is counted before the first one
    # fails.
    for throttle in throttles:
        throttle.add()


def succeed(request: HttpRequest, kind: str, account: str) -> None:
    """Record a success: reset the count of the account, and take one failure off that of the network."""
    for throttle in _throttles(request, kind, account):
        if throttle.scope == "network":
            # Only one: owners of one account must not erase their failures with other accounts.
            limits.take_back(throttle.action, throttle.identity, PERIOD_SECONDS)
        else:
            limits.reset(throttle.action, throttle.identity, PERIOD_SECONDS)


def too_many(seconds: float) -> forms.ValidationError:
    """Return the error for an attempt that has to wait for some seconds."""
    minutes = max(1, math.ceil(seconds / 60))
    text = ngettext(
        "Too many login attempts. Please try again in %(minutes)s minute.",
        "Too many login attempts. Please try again in %(minutes)s minutes.",
        minutes,
    )
    return forms.ValidationError(text % {"minutes": minutes}, code="limited")


def _begin_email(request: HttpRequest, account: str) -> None:
    of_account = limits.within("e-mail:account", _hashed(account.casefold()), EMAILS_OF_ACCOUNT, 3600)
    if not of_account or not limits.allowed(request, "e-mail:network", EMAILS_OF_NETWORK, 3600):
        raise too_many(limits.seconds_left(3600))


def _throttles(request: HttpRequest, kind: str, account: str) -> Iterator[_Throttle]:
    known = ""
    if account:
        user = User.objects.filter(Q(username__iexact=account) | Q(email__iexact=account)).order_by("pk").first()
        # Username and e-mail address share one count. A name without an account is treated alike.
        name = account.casefold() if user is None else str(user.pk)
        known = "" if user is None else _known_as(request, user)
        yield _Throttle(f"{kind}:{'known' if known else 'account'}", _hashed(f"{name}:{known}"), FREE_OF_ACCOUNT)
    if not known.startswith(_DEVICE):
        # A known browser has only its own count, whatever others in the same office try.
        address = limits.counted_address(request.META.get("REMOTE_ADDR") or "")
        yield _Throttle("network", address, FREE_OF_NETWORK)


def _known_as(request: HttpRequest, user: User) -> str:
    """Return the browser or network, if the user has logged in from it before; otherwise ""."""
    if devices.is_known(request, user):
        return f"{_DEVICE}{devices.cookie_of(request)}"
    network = networks.stored_of(request)
    if network != networks.UNKNOWN and UserSession.objects.filter(user=user, ip=network).exists():
        return f"network:{network}"
    return ""


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

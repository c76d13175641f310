"""The devices from which people log in: their names, and the cookie that identifies a known browser."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from liveblog import numbers

_COOKIE = "known_device"
_SALT = "liveblog.accounts.devices"
#: Seconds for which a browser stays known.
_MAX_AGE = 365 * 24 * 3600
#: Number of accounts for which one browser can be known.
_MAX_ACCOUNTS = 10

#: The browser is the first name that the User-Agent contains: each browser also claims to be some that follow.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def describe(user_agent: str) -> str:
    """Return the name of a browser and its system: 'Firefox on Windows'."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown device")


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((name for sign, name in names.items() if sign in user_agent), "")


def is_known(request: HttpRequest, user: User) -> bool:
    """Return whether this person has logged in with this browser before."""
    return user.pk in _accounts(request)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark the browser as one from which this person logs in."""
    accounts = [user.pk, *(pk for pk in _accounts(request) if pk != user.pk)][:_MAX_ACCOUNTS]
    response.set_signed_cookie(
        _COOKIE,
        ".".join(map(str, accounts)),
        salt=_SALT,
        max_age=_MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def cookie_of(request: HttpRequest) -> str:
    """Return the identifying cookie of this browser; "" if it has none."""
    return request.COOKIES.get(_COOKIE, "")


def _accounts(request: HttpRequest) -> list[int]:
    try:
        value = request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=_MAX_AGE)
    except signing.BadSignature:
        return []
    return [pk for text in (value or "").split(".") if (pk := numbers.number(text)) is not None]

"""Answers while the database is down, too busy or locked: 503 Service Unavailable (RFC 9110, section 15.6.4).

The request had no effect. The response to a form contains all its input, so that it can be sent again.
"""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.translation import gettext as _

from liveblog import cache
from liveblog.pagecache import STALE

#: When clients should try again, in seconds.
RETRY_AFTER_SECONDS = 5


class Field(NamedTuple):
    """A value that was sent with a form. Files and passwords are not sent back: the user has to enter them again."""

    name: str
    value: str
    kind: str


def answer(request: HttpRequest) -> HttpResponse:
    """Return the answer to a request that failed because of the database, in the language of the request."""
    if (stale := _stale(request)) is not None:
        return stale
    response: HttpResponse
    if "application/json" in request.headers.get("Accept", ""):
        response = JsonResponse({"errors": {}, "problem": _message(request)}, status=503)
    else:
        context = {"fields": _fields(request), "address": request.get_full_path(), "message": _message(request)}
        response = render(request, "503.html", context, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    add_never_cache_headers(response)
    return response


def _stale(request: HttpRequest) -> HttpResponse | None:
    """Return the last page that any process made for this address, marked as stale (RFC 9211)."""
    if request.method not in ("GET", "HEAD") or not hasattr(request, "page_language"):
        return None
    page = cache.latest(request.get_full_path())
    if page is None:
        return None
    response = HttpResponse(page.content, content_type=page.content_type)
    response.headers["ETag"] = f'W/"{page.version}"'
    response.headers["Age"] = str(int(page.age))
    response.headers["Cache-Status"] = f"{STALE}; hit; ttl={-int(page.age)}"
    patch_cache_control(response, public=True, max_age=1)
    return response


def _message(request: HttpRequest) -> str:
    if request.method == "POST":
        return _("We couldn’t save this just now. Please send it again in a moment.")
    return _("We can’t show this page just now. Please try again in a moment.")


def _fields(request: HttpRequest) -> list[Field]:
    """Return the input of a form."""
    if request.method != "POST":
        return []
    try:
        posted = [(name, value) for name, values in request.POST.lists() for value in values]
        files = [(name, file.name or "") for name, values in request.FILES.lists() for file in values]
    except Exception:  # An unreadable body cannot be sent back.
        return []
    secret = [(name, value) for name, value in posted if "password" in name]
    return [
        *(Field(name, str(value), "hidden") for name, value in posted if (name, value) not in secret),
        *(Field(name, "", "password") for name, _value in secret),
        *(Field(name, str(value), "file") for name, value in files),
    ]

"""Helpers of the comment views: the sender, and the origin of a form."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from comments.submission import Sender
from liveblog.networks import address_of
from liveblog.origin import from_here

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def posted_from_here(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> View[P]:
    """Protect a form without a cookie: reject a POST that the browser says comes from another site.

    See `liveblog.origin`.
    """

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and not from_here(request):
            raise PermissionDenied(
                _("This form can only be sent from our own site. Please open the page again and try once more.")
            )
        return view(request, *args, **kwargs)

    return guarded


def sender(request: HttpRequest) -> Sender:
    """Return the IP address and the User-Agent of a request."""
    try:
        address = str(address_of(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        address = None
    return Sender(address, request.headers.get("User-Agent", "").replace("\0", "")[:300])


def wants_json(request: HttpRequest) -> bool:
    """Return whether the request comes from the JavaScript module, which puts the response into the page."""
    return "application/json" in request.headers.get("Accept", "")

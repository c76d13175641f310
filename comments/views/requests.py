"""What all views of comments ask of a request."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from articles.models import Article
from comments.submission import Sender
from liveblog.origin import from_here


def article_at(slug: str, language: str) -> Article:
    article = get_object_or_404(Article, slug=slug)
    if language not in article.offered_languages:
        raise Http404
    return article


def posted_from_here(view: Callable[..., HttpResponse]) -> Any:
    """A form that sets no cookie: posting from elsewhere is refused by where the browser says it comes from."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not from_here(request):
            raise PermissionDenied(
                _("This form can only be sent from our own page. Please open the page again and try once more.")
            )
        return view(request, *args, **kwargs)

    return guarded


def sender(request: HttpRequest) -> Sender:
    try:
        address = str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        address = None
    return Sender(address, request.headers.get("User-Agent", "").replace("\0", "")[:300])


def wants_json(request: HttpRequest) -> bool:
    """Whether it comes from our module, which puts the answer into the page, and not from the form itself."""
    return "application/json" in request.headers.get("Accept", "")

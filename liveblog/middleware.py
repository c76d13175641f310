import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext

from liveblog import limits

_LANGUAGE = re.compile(r"^/(?:vote/)?([a-z]{2,3})(?:/|$)")


#: Methods that change nothing (RFC 9110, section 9.2.1).
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class PostLimitMiddleware:
    """Limit how many forms of any kind one network address sends without an account.

    What costs more than a page has a limit of its own besides.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in _SAFE or self._is_known(request):
            return self.get_response(request)
        if limits.allowed(request, "post", settings.POSTS_PER_MINUTE, 60):
            return self.get_response(request)
        text = gettext("Too many requests came from you in a short time. Please wait some minutes and try again.")
        if "application/json" in request.headers.get("Accept", ""):
            response: HttpResponse = JsonResponse({"problem": text, "message": text, "errors": {}}, status=429)
        else:
            response = render(request, "429.html", {"text": text}, status=429)
        # RFC 6585, section 4.
        response.headers["Retry-After"] = "60"
        return response

    def _is_known(self, request: HttpRequest) -> bool:
        # Without the cookie nobody has to ask the database.
        return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


class LanguageMiddleware(LocaleMiddleware):
    """Activate the language in the address of a reader's page, and follow nothing else, so that caches can share it.

    Other addresses (the admin, errors) follow the cookie or Accept-Language, as Django does.

    Django's `i18n_patterns` does not fit, for three reasons. It resolves and reverses addresses in the active language
    only, but one page links to the article in all its languages, and the hub renders an update for all languages at
    once; here the language is an argument of `reverse`. It expects the language at the beginning of the path; after
    /vote/ it would follow the cookie, and send "Vary: Accept-Language". And instead of a 404 for an address without a
    language it may redirect, depending on Accept-Language and the cookie.
    """

    def process_request(self, request: HttpRequest) -> None:
        match = _LANGUAGE.match(request.path_info)
        if match and match[1] in dict(settings.LANGUAGES):
            request.page_language = match[1]  # type: ignore[attr-defined]
            translation.activate(match[1])
            request.LANGUAGE_CODE = match[1]
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        language = getattr(request, "page_language", None)
        if language is None:
            return super().process_response(request, response)
        response.headers.setdefault("Content-Language", language)
        return response

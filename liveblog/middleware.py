import re

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

_LANGUAGE = re.compile(r"^/(?:vote/)?([a-z]{2,3})(?:/|$)")


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

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

_LANGUAGE = re.compile(r"^/(?:(?:embed|vote)/)?([a-z]{2,3})(?:/|$)")


class LanguageMiddleware(LocaleMiddleware):
    """The language of a reader's page is the one in its address, and of nothing else; so caches need not vary by it.

    Addresses without a language (the admin, errors) follow the cookie or Accept-Language, as Django does.
    """

    def process_request(self, request: HttpRequest) -> None:
        match = _LANGUAGE.match(request.path_info)
        if match and match[1] in dict(settings.LANGUAGES):
            request.page_language = match[1]  # type: ignore[attr-defined]
            translation.activate(match[1])
            request.LANGUAGE_CODE = match[1]
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        language = getattr(request, "page_language", None)
        if language is None:
            return super().process_response(request, response)
        response.headers.setdefault("Content-Language", language)
        return response

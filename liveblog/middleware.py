import re
import time
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext
from django.utils.translation.trans_real import parse_accept_lang_header

from liveblog import http_methods, limits, logs, metrics, tracing
from liveblog.languages import CODE_IN_ADDRESS, base, nearest, tag

#: The form of an id that a proxy may give a request.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._=+-]{1,64}")


class ObservingMiddleware:
    """Measure each request, give it an id for the log, and let probes use the network address.

    A probe or Prometheus asks a process by its network address, which is not in ALLOWED_HOSTS, and every few seconds,
    which is too often for the log.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._answer_soon(request)
        with _Observed(request) as observed:
            observed.response = self._get_response(request)
        return observed.response

    async def _answer_soon(self, request: HttpRequest) -> HttpResponseBase:
        with _Observed(request) as observed:
            observed.response = await self._get_response(request)  # type: ignore[misc]
        return observed.response


class _Observed:
    """A request while it is answered."""

    response: HttpResponseBase

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._is_probe = request.path_info in logs.PROBES

    def __enter__(self) -> "_Observed":
        given = self._request.headers.get("X-Request-ID", "")
        trusted = came_through_proxy(self._request) and _REQUEST_ID.fullmatch(given)
        self._id = given if trusted else uuid.uuid4().hex
        # The id stays set, because Django logs errors after all middleware. The context ends with the request.
        logs.request_id.set(self._id)
        if self._is_probe:
            self._request.META["HTTP_HOST"] = _own_host()
        self._span = tracing.request_span(self._request, trusted=bool(trusted))
        self._began = time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        seconds = time.perf_counter() - self._began
        response = getattr(self, "response", None)
        if response is None:
            # The request was cancelled.
            self._span.end("none", 499)
            return
        route = metrics.route_of(self._request.resolver_match)
        self._span.end(route, response.status_code)
        if self._is_probe:
            # Keep Django from logging a probe with an error status.
            response._has_been_logged = True  # type: ignore[attr-defined]
            return
        method = self._request.method if self._request.method in ("GET", "POST") else "other"
        metrics.REQUESTS.labels(route, method, f"{response.status_code // 100}xx").observe(seconds)
        # A cached page answers many requests.
        if "public" not in response.headers.get("Cache-Control", ""):
            response.headers["X-Request-ID"] = self._id


def came_through_proxy(request: HttpRequest) -> bool:
    """Return whether a trusted proxy forwarded the request.

    The address of the client is then the one in the proxy's header, and its port is 0.
    """
    client = getattr(request, "scope", {}).get("client")
    return client is not None and client[1] == 0


def _own_host() -> str:
    host = next(iter(settings.ALLOWED_HOSTS), "") or "localhost"
    return urlsplit(settings.SITE_URL).netloc if host == "*" else host.lstrip(".")


_LANGUAGE = re.compile(rf"^(/(?:vote/|embed/)?)({CODE_IN_ADDRESS})(?=/|$)", re.IGNORECASE)


class FormEncodingMiddleware:
    """Read all forms as UTF-8, the encoding of our pages.

    The media type multipart/form-data has no charset (RFC 7578, section 8). Django honours one anyway, and some of
    Python's codecs return unpaired surrogates, which no page can show and no database can store.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.content_type == "multipart/form-data" and request.encoding:
            request.encoding = "utf-8"
        return self.get_response(request)


class PostLimitMiddleware:
    """Limit how many forms of any kind one network address sends without an account.

    Requests that cost more than a page also have their own limit.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in http_methods.SAFE or self._is_known(request) or _has_token(request):
            return self.get_response(request)
        if limits.allowed(request, "post", settings.POSTS_PER_MINUTE, 60):
            return self.get_response(request)
        text = gettext("You have sent too many requests in a short time. Please wait a few minutes and try again.")
        if "application/json" in request.headers.get("Accept", ""):
            response: HttpResponse = JsonResponse({"problem": text, "message": text, "errors": {}}, status=429)
        else:
            response = render(request, "429.html", {"text": text}, status=429)
        # RFC 6585, section 4.
        response.headers["Retry-After"] = "60"
        return response

    def _is_known(self, request: HttpRequest) -> bool:
        # Without the cookie no query is needed.
        return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


def _has_token(request: HttpRequest) -> bool:
    """Return whether the API limits a request: it counts the requests of each token, and those with a wrong one."""
    scheme, _sep, _token = request.headers.get("Authorization", "").partition(" ")
    return request.path_info.startswith("/api/v1/desk/") and scheme.lower() == "bearer"


def preferred_language(request: HttpRequest) -> str:
    """Return the language that a reader has chosen (cookie), or else the first of Accept-Language on this site.

    Django offers a language only if it has a catalogue. Here zh-CN leads to zh-hans, pt leads to pt-br if the site has
    no other Portuguese, and a script that the site lacks leads to the other script.
    """
    offered = [code for code, _name in settings.LANGUAGES]
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in offered:
        return chosen
    for wanted, _priority in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if wanted == "*":
            break
        if found := nearest(wanted, offered) or next((code for code in offered if base(code) == base(wanted)), None):
            return found
    return settings.LANGUAGE_CODE


class LanguageMiddleware(LocaleMiddleware):
    """Activate the language in the address of a reader's page and ignore all else, so that caches can share the page.

    Other addresses (the admin, errors) follow the cookie or Accept-Language, as in Django.

    Django's `i18n_patterns` does not fit, for three reasons. It resolves and reverses addresses only in the active
    language, but a page links to the article in all its languages, and the hub renders an update for all languages at
    once; here the language is an argument of `reverse`. It expects the language at the beginning of the path; after
    /vote/ it would follow the cookie, and send "Vary: Accept-Language". And instead of a 404 for an address without a
    language it may redirect, depending on Accept-Language and the cookie.
    """

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:  # type: ignore[override]
        match = _LANGUAGE.match(request.path_info)
        language = match[2].lower() if match else ""
        if match is None or language not in dict(settings.LANGUAGES):
            translation.activate(preferred_language(request))
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            return None
        if language != match[2] and request.method in http_methods.SAFE:
            # People write "pt-BR", but each page has one address.
            query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
            rest = iri_to_uri(request.path_info[match.end() :])
            response = HttpResponsePermanentRedirect(f"{match[1]}{language}{rest}{query}")
            patch_cache_control(response, public=True, max_age=3600)
            return response
        request.page_language = language  # type: ignore[attr-defined]
        translation.activate(language)
        request.LANGUAGE_CODE = language
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        language = getattr(request, "page_language", None)
        if language is None:
            return super().process_response(request, response)
        response.headers.setdefault("Content-Language", tag(language))
        return response

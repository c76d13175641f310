import sys
from collections.abc import Callable

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.static import serve

from liveblog import cache, connections, outages, unavailable
from liveblog.branding.current import edition
from liveblog.errors import MovedSlug, NotInLanguage
from liveblog.middleware import preferred_language
from liveblog.pagecache import PAGES_IN_MEMORY
from liveblog.uploads import PRIVATE_UPLOADS

#: Seconds for which a "not found" page may list coverage that has just ended.
SUGGESTIONS_SECONDS = 30.0


@require_safe
def to_language(request: HttpRequest) -> HttpResponse:
    """Redirect to the reader's language. No other address of readers depends on Accept-Language."""
    response = redirect("index", language=preferred_language(request))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Return 200 if this process can serve readers: the database answers, or pages are in memory. Otherwise 503."""
    if _database_answers():
        return HttpResponse("ok\n", content_type="text/plain")
    if request.scope.get(PAGES_IN_MEMORY):  # type: ignore[attr-defined]
        text = "The database does not answer. Readers get pages from memory.\n"
        return HttpResponse(text, content_type="text/plain")
    return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain")


def _database_answers() -> bool:
    try:
        with connections.for_readers(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return connection.vendor == "postgresql" and _takes_connections()
    return True


def _takes_connections() -> bool:
    """Return whether the database accepts a connection outside the pool, whose connections may all be busy."""
    try:
        psycopg.connect(**connection.get_connection_params()).close()
    except Exception:
        return False
    return True


@require_safe
def upload(request: HttpRequest, path: str) -> HttpResponseBase:
    """Return an uploaded file in one piece: Django's streaming under ASGI takes a thread switch for each chunk."""
    # Files of imports may contain drafts and personal data.
    if path.startswith(PRIVATE_UPLOADS):
        raise Http404
    response: HttpResponseBase = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    if isinstance(response, FileResponse):
        whole = HttpResponse(response.getvalue(), headers=response.headers)
        response.close()
        response = whole
    # The name of an uploaded file is never reused.
    patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers which pages they may read (RFC 9309), and where the sitemaps are (https://www.sitemaps.org)."""
    for_people = ["/admin/", "/vote/", "/i18n/"]
    for_people += ["/*/search/"]
    for_people += [f"/*/comments/{page}/" for page in ("mine", "confirm", "unsubscribe")]
    closed = for_people if settings.INDEXING else ["/"]
    sitemaps = [reverse("sitemap-index"), reverse("news-sitemap-of-all")]
    sitemaps += [reverse("news-sitemap", args=[language]) for language, _name in settings.LANGUAGES]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    lines += [f"Sitemap: {settings.SITE_URL}{path}" for path in sitemaps] if settings.INDEXING else []
    response = HttpResponse("\n".join(lines).strip() + "\n", content_type="text/plain; charset=utf-8")
    patch_cache_control(response, public=True, max_age=3600)
    return response


#: Takes a language; returns HTML with the present coverage.
_suggestions: Callable[[str], str] = lambda _language: ""  # noqa: E731 - until an app knows better


def suggest_with(suggestions: Callable[[str], str]) -> None:
    """Show these suggestions on "not found" pages."""
    global _suggestions
    _suggestions = suggestions


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Respond with 404 and help: the page in other languages, the search, and live coverage.

    If its address has a former slug, redirect to the same page under the present one.
    """
    if isinstance(exception, MovedSlug) and "slug" in getattr(request.resolver_match, "kwargs", ()):
        return _moved(request, exception.slug)
    addresses, title = [], None
    if isinstance(exception, NotInLanguage):
        rest = request.path.partition("/")[2].partition("/")[2]
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        addresses = [{"language": code, "url": f"/{code}/{rest}{query}"} for code in exception.languages]
        title = exception.title
    suggestions = cached_suggestions(get_language() or "en")
    return render(request, "404.html", {"addresses": addresses, "title": title, "suggestions": suggestions}, status=404)


def cached_suggestions(language: str) -> str:
    """Return the cached suggestions: the "not found" pages themselves are not cached."""
    key = f"suggestions:{edition()}:{language}"
    found = cache.get(key)
    if found is None:
        try:
            found = _suggestions(language)
        except DatabaseError:
            return ""
        cache.put(key, found, SUGGESTIONS_SECONDS)
    return mark_safe(found)


#: Seconds for which caches may keep the redirect, because the slug may change again.
_MOVED_MAX_AGE_SECONDS = 3600


def _moved(request: HttpRequest, slug: str) -> HttpResponse:
    match = request.resolver_match
    assert match is not None
    address = reverse(match.view_name, kwargs=match.kwargs | {"slug": slug})
    query = request.META.get("QUERY_STRING", "")
    # 308 makes the browser repeat a form unchanged (RFC 9110, section 15.4.9), so a comment is not lost.
    status = 301 if request.method in ("GET", "HEAD") else 308
    response = HttpResponse(status=status, headers={"Location": f"{address}?{query}" if query else address})
    patch_cache_control(response, public=True, max_age=_MOVED_MAX_AGE_SECONDS)
    return response


def failed(request: HttpRequest) -> HttpResponse:
    if outages.is_temporary(sys.exception()):
        return unavailable.answer(request)
    return render(request, "500.html", status=500)

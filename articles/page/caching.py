"""Responses that are made once for all readers, with validators from what they depend on (RFC 9110, section 13)."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.crypto import salted_hmac
from django.utils.http import http_date

from articles.models import Article
from liveblog.branding import current as branding
from liveblog.cache import MAX_KEPT, get_or_make, point

#: Seconds for which a cache may serve a page without asking (RFC 9111). A stale page catches up by itself.
MAX_AGE_SECONDS = 5


def cached_response(
    request: HttpRequest,
    name: str,
    state: str,
    render: Callable[[], bytes],
    content_type: str,
    *,
    last_modified: datetime.datetime | None = None,
    freshness: Mapping[str, int] | None = None,
    group: str = "pages",
    max_entries: int = MAX_KEPT,
) -> HttpResponse:
    """Return the page `name` in a state that names everything else that it depends on; render it once for all readers.

    group           the group of the page in the cache; see `liveblog.cache.keep`
    max_entries     the number of pages of the group that are kept
    last_modified   when it last changed, for programs that do not support ETags
    freshness       directives of Cache-Control (RFC 9111) for pages that may be cached longer than a live page
    """
    version = f"{branding.edition()}:{name}:{state}"
    etag = f'W/"{version}"'
    modified = int(last_modified.timestamp()) if last_modified is not None else None
    response: HttpResponse | None = get_conditional_response(request, etag, modified)
    if response is None:

        def make() -> bytes:
            point(request.get_full_path(), name)
            return render()

        content = get_or_make(name, version, make, content_type, group=group, max_entries=max_entries)
        response = HttpResponse(content, content_type=content_type)
    response.headers["ETag"] = etag
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    patch_cache_control(response, public=True, **(freshness or {"max_age": MAX_AGE_SECONDS}))
    return response


def placeholder(name: str) -> str:
    """Return a text that `filled` replaces in the cached page. It is keyed, so authors cannot forge it."""
    return salted_hmac("articles.page.caching", name).hexdigest()


def filled(page: bytes, article: Article) -> bytes:
    """Return a cached page with the present state in place of the placeholders "revision" and "token"."""
    page = page.replace(placeholder("revision").encode(), str(article.revision).encode())
    return page.replace(placeholder("token").encode(), article.revision_token.encode())

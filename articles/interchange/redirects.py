"""Answer the addresses that imported coverage had before."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.utils.cache import patch_cache_control
from django.utils.deprecation import MiddlewareMixin

from articles.interchange.models import OldAddress
from articles.models import Article
from liveblog.languages import CODE_IN_ADDRESS

_MAX_LENGTH = 500
#: The present address may change again.
MAX_AGE_SECONDS = 3600
_LANGUAGE = re.compile(rf"/({CODE_IN_ADDRESS})(/.*)")


def split_address(address: str) -> tuple[str, str]:
    """Return host and path of an old address, with its query if there is one; an empty path if it is unusable."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "")[:255]
    except ValueError:
        return "", ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if not path.startswith("/") or path == "/" or len(path) > _MAX_LENGTH:
        return host, ""
    return host, path


class OldAddresses(MiddlewareMixin):
    """Redirect readers from an old address to the present one if this site has no page there.

    This happens only when the response would be 404, so no old address hides a page of this site. WordPress has
    addresses such as /?p=12, at which we have the page that leads to the reader's language.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_root = request.path == "/" and bool(request.META.get("QUERY_STRING"))
        if request.method not in ("GET", "HEAD") or not (response.status_code == 404 or is_root):
            return response
        target = target_of(request.get_full_path(), request.get_host().partition(":")[0])
        if target is None or target == request.path:
            return response
        redirect = HttpResponsePermanentRedirect(target)
        patch_cache_control(redirect, public=True, max_age=MAX_AGE_SECONDS)
        return redirect


def target_of(path: str, host: str) -> str | None:
    """Return the present path of an old address, None if it is not known."""
    bare = path.partition("?")[0]
    # Addresses of other sites with this product have the language before the stored path.
    own = _LANGUAGE.fullmatch(bare)
    candidates = [path] if bare == "/" else [path, bare]
    if bare != "/" and not bare.endswith("/"):
        candidates.append(f"{bare}/")
    if own and own[1] in dict(settings.LANGUAGES):
        candidates.append(own[2])
    found = list(OldAddress.objects.filter(path__in=candidates).select_related("article", "update__article")[:50])
    if not found:
        return None
    best = min(found, key=lambda row: (candidates.index(row.path), row.host != host))
    language = best.language or (own[1] if own else "")
    return _path_of(best, language)


def _path_of(row: OldAddress, language: str) -> str | None:
    article: Article = row.article
    offered = article.offered_languages
    if not offered:
        return None
    code = language if language in offered else article.front_language
    update = row.update
    if update is not None and update.on_page and update.article_id == article.pk:
        return str(update.url(code))
    return article.url(code)

"""The defence of forms on readers' pages against other sites: the origin that the browser states, without a cookie."""

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host


@lru_cache(maxsize=64)
def is_of_site(host: bytes) -> bool:
    """Return whether the header Host names this site, as ALLOWED_HOSTS says."""
    domain, _port = split_domain_port(host[:300].decode("latin-1"))
    return bool(domain) and validate_host(domain, list(map(str, settings.ALLOWED_HOSTS)))


def from_here(request: HttpRequest) -> bool:
    """Return whether a page of this site posted the form.

    See Fetch Metadata Request Headers (W3C); for browsers without it, the header Origin (RFC 6454).
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc in {request.get_host(), urlsplit(settings.SITE_URL).netloc}

"""The defence of forms on readers' pages against other sites: the origin that the browser states, without a cookie."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def from_here(request: HttpRequest) -> bool:
    """Return whether a page of this site posted the form.

    See Fetch Metadata Request Headers (W3C); for browsers without it, the header Origin (RFC 6454).
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc in {request.get_host(), urlsplit(settings.SITE_URL).netloc}

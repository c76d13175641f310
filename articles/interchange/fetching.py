"""Requests for live blogs and their pictures: bounded, and to public servers only.

An operator at the command line may name a server of their own network, such as the old site itself; then requests to
that server are allowed, whatever its address is. Users of the admin cannot do that.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from articles.embeds.fetching import Fetcher
from articles.interchange.records import SourceError
from articles.pictures import processing
from liveblog.errors import ProviderError
from liveblog.http import Client

#: Limits for a page or an API response. The timeout of embeds is for one small response.
_SECONDS = 60.0
MAX_BYTES = 64_000_000


class Fetching:
    """Fetch by GET. `trusted`: an address whose server may be requested even if it is not public."""

    def __init__(self, trusted: str = "") -> None:
        self._fetcher = _Fetcher(trusted)

    def page(self, url: str) -> bytes:
        """Return the body at an address. Raise ProviderError and nothing else."""
        return self._fetcher.fetch(url, MAX_BYTES)

    def source(self, url: str) -> bytes:
        """Return the body at an address of a live blog. Raise SourceError if there is none."""
        try:
            return self.page(url)
        except ProviderError as error:
            raise _not_fetched(url, error.reason) from None

    def document(self, url: str) -> dict[str, Any]:
        """Return the JSON object at an address of a live blog. Raise SourceError if there is none."""
        try:
            found = json.loads(self.source(url))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise _not_fetched(url, "nonsense")
        return found

    def picture(self, url: str) -> bytes:
        """Return the file of a picture. Raise ProviderError and nothing else."""
        return self._fetcher.fetch(url, processing.MAX_BYTES)


class _Fetcher(Fetcher):
    def __init__(self, trusted: str) -> None:
        super().__init__(_SECONDS, dict(settings.EMBED_ROUTES), "import")
        self._origin = _origin(trusted) if trusted else None
        self._trusted = Client("import")

    def _client_for(self, url: str) -> tuple[Client, str]:
        if self._origin is not None and _origin(url) == self._origin:
            return self._trusted, url
        # Old articles have http addresses of pictures that are now available by https.
        return super()._client_for(_secure(url))


def _not_fetched(url: str, reason: str) -> SourceError:
    texts = {
        "forbidden": _("%(address)s isn’t a public web address."),
        "gone": _("Nothing was found at %(address)s, or the website denies access."),
        "large": _("The response from %(address)s is too large."),
        "nonsense": _("The response from %(address)s can’t be read."),
    }
    text = texts.get(reason) or _("%(address)s isn’t responding. Try again later.")
    # Isolate the address (UAX #9): a right-to-left message would reorder its slashes.
    return SourceError(text % {"address": f"\u2066{url}\u2069"})


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise ProviderError("forbidden") from None


def _secure(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ProviderError("forbidden") from None
    return urlunsplit(parts._replace(scheme="https")) if parts.scheme == "http" else url

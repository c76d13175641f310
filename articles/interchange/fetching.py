"""Requests for live blogs and their pictures: bounded, and to public servers only.

An operator at the command line may name a server of their own network, such as the old site itself; then that server,
and no other, is asked whatever its address is. People in the admin may not.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from articles.embeds.fetching import Fetcher, reason_of
from articles.interchange.records import SourceError
from articles.pictures import processing
from liveblog.errors import ProviderError
from liveblog.http import Client

#: For a page or an answer of an interface. The timeout of embeds is for one small answer.
_SECONDS = 60.0
MAX_BYTES = 64_000_000
_MAX_REDIRECTS = 5


class Fetching:
    """Fetches by GET. `trusted`: an address whose server is asked even if it is not a public one."""

    def __init__(self, trusted: str = "") -> None:
        self._origin = _origin(trusted) if trusted else None
        self._client = Client("import")
        self._public = Fetcher(_SECONDS, dict(settings.EMBED_ROUTES))

    def page(self, url: str) -> bytes:
        """Return the body at an address. Raise ProviderError and nothing else."""
        return self._fetch(url, MAX_BYTES)

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
        return self._fetch(url, processing.MAX_BYTES)

    def _fetch(self, url: str, max_bytes: int) -> bytes:
        deadline = time.monotonic() + _SECONDS
        for _number in range(_MAX_REDIRECTS + 1):
            if self._origin is None or _origin(url) != self._origin:
                # Old articles name pictures by http that are at https as well.
                return self._public.fetch(_secure(url), max_bytes)
            answer = self._client.send("GET", url, seconds=deadline - time.monotonic(), max_bytes=max_bytes)
            if answer.redirect:
                url = urljoin(url, answer.redirect)
            elif answer.status != 200:
                raise ProviderError(reason_of(answer.status))
            else:
                return answer.body
        raise ProviderError("nonsense")


def _not_fetched(url: str, reason: str) -> SourceError:
    texts = {
        "forbidden": _("%(address)s isn’t a public web address."),
        "gone": _("Nothing was found at %(address)s, or the website denies access."),
        "large": _("The response from %(address)s is too large."),
        "nonsense": _("The response from %(address)s can’t be read."),
    }
    text = texts.get(reason) or _("%(address)s isn’t responding. Try again later.")
    # Isolated (UAX #9): its slashes would change places in a message that runs from right to left.
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

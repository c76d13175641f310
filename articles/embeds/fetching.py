"""Requests to addresses from untrusted input: only to public servers, with limits of time and size."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urljoin

from liveblog import public_http
from liveblog.errors import ProviderError, Reason
from liveblog.http import Client

_MAX_REDIRECTS = 5


class Fetcher:
    """Fetch by GET from public servers over https. Any number of threads may use it.

    name      that of the servers in the metrics
    seconds   limit of a whole request: DNS, redirects, headers and body
    routes    overrides of hosts, as "https://host" → "http://127.0.0.1:8001"; their addresses are not checked
    """

    def __init__(self, seconds: float, routes: Mapping[str, str], name: str = "embeds") -> None:
        self._seconds = seconds
        self._client = Client(name, public_http.adapters(routes))

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """Return the body of a response with status 200. Raise ProviderError and nothing else."""
        deadline = time.monotonic() + self._seconds
        for _ in range(_MAX_REDIRECTS + 1):
            client, url = self._client_for(url)
            answer = client.send("GET", url, seconds=deadline - time.monotonic(), max_bytes=max_bytes)
            if answer.redirect:
                url = _joined(url, answer.redirect)
            elif answer.status != 200:
                raise ProviderError(_reason_of(answer.status))
            else:
                return answer.body
        raise ProviderError("nonsense")

    def _client_for(self, url: str) -> tuple[Client, str]:
        """Return the client for an address, and the address. Raise ProviderError if requests to it are forbidden."""
        public_http.check(url)
        return self._client, url


def _joined(url: str, reference: str) -> str:
    try:
        return urljoin(url, reference)
    except ValueError:
        raise ProviderError("nonsense") from None


def _reason_of(status: int) -> Reason:
    """Return the reason for an HTTP status that is not a success."""
    if status in (408, 425, 429, 503):
        return "busy"
    return "unreachable" if status >= 500 else "gone" if status >= 400 else "nonsense"

"""The client of a request that came through proxies, and the scheme that it used.

Only the proxies in TRUSTED_PROXIES are trusted, and only their headers X-Forwarded-For and X-Forwarded-Proto. The
header Forwarded (RFC 7239) is ignored: common proxies set the other two, and pass on a header that they do not set
unchanged from the client.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.conf import settings

from liveblog.asgi_types import Application, Receive, Scope, Send
from liveblog.networks import Address, address_of

logger = logging.getLogger(__name__)

#: The value in TRUSTED_PROXIES for a local proxy that connects to a Unix socket, and so has no address.
UNIX = "unix"

#: Monitoring requests these on the machine itself, without a proxy that names a client.
_FOR_MONITORING = ("/healthz", "/readyz", "/metrics")

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}

#: The greatest number of hops that are examined.
_MAX_HOPS = 32


def problem() -> str:
    """Return why this server cannot identify its clients; "" if it can. See docs/how-to/run-in-production.md."""
    if settings.TRUSTED_PROXIES is not None or not settings.SITE_URL.startswith("https:"):
        return ""
    return (
        "TRUSTED_PROXIES is not set. Name the addresses or networks of the proxies that speak TLS for this server, "
        "such as 127.0.0.1,10.0.0.0/8, or “unix” for one on a Unix socket. Otherwise all readers count as one client."
    )


class TrustedProxies:
    """An ASGI application around another one, which it gives the client's own address and scheme in the scope.

    Clients that a trusted proxy does not name have no address, and all count as one. A request without exactly one
    Host is answered with 400 (RFC 9112, section 3.2).

    trusted   addresses and networks, and perhaps UNIX
    """

    def __init__(self, app: Application, trusted: Iterable[str]) -> None:
        self._app = app
        names = set(trusted)
        self._trusts_unix = UNIX in names
        self._networks = [ipaddress.ip_network(name) for name in names - {UNIX}]
        #: Nearly all requests come from the same few proxies.
        self._is_proxy = lru_cache(maxsize=1024)(self._is_trusted_peer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            if [name for name, _value in scope["headers"]].count(b"host") != 1:
                await _refuse(scope, receive, send)
                return
            # Change the scope in place, so that the server's access log also names the client.
            self._resolve(scope)
        await self._app(scope, receive, send)

    def _resolve(self, scope: Scope) -> None:
        peer = scope.get("client")
        if not self._is_proxy(peer[0] if peer else None):
            return
        client = self._client(scope)
        if client is None and scope.get("path") not in _FOR_MONITORING:
            logger.error(
                "A trusted proxy names no client: it must set X-Forwarded-For. All such clients count as one.",
            )
        scope["client"] = None if client is None else (str(client), 0)
        scheme = _SCHEMES.get(["", *_values(scope, b"x-forwarded-proto")][-1].lower())
        if scheme is not None:
            scope["scheme"] = _WEBSOCKET_SCHEMES[scheme] if scope["type"] == "websocket" else scheme

    def _is_trusted_peer(self, host: str | None) -> bool:
        """Return whether a peer is a trusted proxy. Its host is None if it connects to a Unix socket."""
        address = None if host is None else _address(host)
        # A host that is not an IP address, such as that of a test's client, is no proxy.
        return (address is None) == (host is None) and self._trusts(address)

    def _client(self, scope: Scope) -> Address | None:
        """Return the last hop that is not a trusted proxy, or else the first hop; None if a proxy names none.

        Each proxy appends the address of its client, so only entries of trusted proxies are reliable.
        """
        client = None
        hops = [*_values(scope, b"x-forwarded-for")][-_MAX_HOPS:]
        for hop in reversed(hops):
            client = _address(hop)
            if client is None or not self._trusts(client):
                break
        return client

    def _trusts(self, address: Address | None) -> bool:
        if address is None:
            return self._trusts_unix
        return any(address in network for network in self._networks)


def _values(scope: Scope, header: bytes) -> Iterator[str]:
    """Yield the members of a header that is a list, which may be spread over several lines (RFC 9110, section 5.3)."""
    for name, value in scope["headers"]:
        if name == header:
            yield from (item.strip() for item in value.decode("latin-1").split(","))


def _address(text: str) -> Address | None:
    """Return the address of a hop, which may have a port: 192.0.2.1:80 or [2001:db8::1]:80. None if it is invalid."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return address_of(text)
    except ValueError:
        return None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close"})
            return
        kind = "websocket.http.response"
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": f"{kind}.start", "status": 400, "headers": headers})
    await send({"type": f"{kind}.body", "body": b"A request names one host.\n"})

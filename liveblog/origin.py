"""The defence against cross-site requests: compare the whole origin that the browser states, without a cookie."""

from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from liveblog.asgi_types import Application, Receive, Scope, Send


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
    return origin is None or origin in {f"{request.scheme}://{request.get_host()}", *settings.SITE_ORIGINS}


class OwnPagesOnly:
    """An ASGI application around one for websockets. It refuses websockets that pages of other origins open.

    Scheme, host and port must be equal. A client that states no origin, or several, is refused as well: every browser
    states one (RFC 6455, section 10.2).

    others   takes the scope and another origin, and returns whether its pages may open this websocket
    """

    def __init__(
        self,
        app: Application,
        origins: Iterable[str],
        others: Callable[[Scope, str], Awaitable[bool]] | None = None,
    ) -> None:
        self._app = app
        self._origins = {origin.encode() for origin in origins}
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stated = [value for name, value in scope["headers"] if name == b"origin"]
        if len(stated) == 1 and (stated[0] in self._origins or await self._is_allowed(scope, stated[0])):
            await self._app(scope, receive, send)
        else:
            await receive()
            # A close before the handshake is accepted is an answer with status 403.
            await send({"type": "websocket.close"})

    async def _is_allowed(self, scope: Scope, origin: bytes) -> bool:
        return self._others is not None and await self._others(scope, origin.decode("latin-1"))

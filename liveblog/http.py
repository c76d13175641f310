"""The HTTP client for requests to providers, webhooks, push services and embeds: bounded in time and in size.

The company's log-in, S3 storage, email, Sentry and OpenTelemetry use the clients of their libraries.

The time limit of requests applies between two packets, so a server that sends a byte now and then would keep its caller
waiting without a limit; name lookup has no limit at all. Therefore each exchange runs in a thread of its own, and the
caller stops waiting for it when the time is over. The connection is cut then, so that the thread ends too: a server
that sends a byte now and then keeps neither a caller nor a place among the exchanges that may be under way.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from liveblog import metrics, tracing
from liveblog.errors import ProviderError

#: Number of exchanges of a client that may be under way, including those whose caller no longer waits.
MAX_EXCHANGES = 16
_HEADERS = {"User-Agent": "liveblog", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}


@dataclass(frozen=True)
class Answer:
    """The response of a server. `headers` ignores case; `body` is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def successful(self) -> bool:
        return 200 <= self.status < 300

    @property
    def redirect(self) -> str:
        """The reference that a redirect points to, which may be relative; "" if the answer is no redirect."""
        return self.headers.get("Location", "") if self.status in (301, 302, 303, 307, 308) else ""


class Client:
    """Send requests and keep connections open between them. Any number of threads may use it at once.

    name          the name of the other server in metrics
    adapters      adapters of requests by the beginning of addresses; an address without an adapter is not asked.
                  Default: those of requests.
    environment   whether this machine's settings for proxies and certificates (HTTPS_PROXY, REQUESTS_CA_BUNDLE) apply
    """

    def __init__(
        self, name: str, adapters: Mapping[str, BaseAdapter] | None = None, *, environment: bool = False
    ) -> None:
        self._name = name
        self._session = requests.Session()
        self._session.trust_env = environment
        # Requests are independent of each other, and cookies of other servers would only fill the memory.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if adapters is not None:
            self._session.adapters.clear()
            for prefix, adapter in adapters.items():
                self._session.mount(prefix, adapter)
        for adapter in self._session.adapters.values():
            _have_connections_cut(adapter)
        self._places = threading.BoundedSemaphore(MAX_EXCHANGES)

    def send(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        max_bytes: int,
        read_errors: bool = False,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> Answer:
        """Send one request, once, and return the answer, which need not be a success. Redirects are not followed.

        seconds       limit for the whole exchange: waiting for a turn, name lookup, connection, headers, body
        max_bytes     limit for the decompressed body
        read_errors   whether to read the body of an answer that is not a success; otherwise it is b""
        content       `json` or `data`, as requests takes them

        Raise ProviderError: "unreachable", "timeout", "large", "busy" (too many exchanges are under way), "refused"
        (a key that is invalid in a header), or what an adapter raises.
        """
        request = requests.Request(method, url, headers={**_HEADERS, **(headers or {})}, **content)
        began, result = time.monotonic(), "error"
        try:
            with tracing.provider_span(self._name):
                answer = self._answer(request, seconds, max_bytes, read_errors)
            result = "success" if answer.status < 400 else "refused"
        except ProviderError as error:
            result = error.reason
            raise
        finally:
            metrics.PROVIDERS.labels(self._name, result).observe(time.monotonic() - began)
        return answer

    def _answer(self, request: requests.Request, seconds: float, max_bytes: int, read_errors: bool) -> Answer:
        deadline = time.monotonic() + seconds
        if not self._places.acquire(timeout=max(0.0, seconds)):
            raise ProviderError("busy")
        answer: Future[Answer] = Future()
        exchange = _Exchange()
        work = (exchange, answer, request, deadline, max_bytes, read_errors)
        try:
            threading.Thread(target=self._work, args=work, daemon=True, name="http").start()
        except RuntimeError:
            # The operating system does not let this process start more threads.
            self._places.release()
            raise ProviderError("busy") from None
        try:
            return answer.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            exchange.cut()
            raise ProviderError("timeout", f"no whole answer within {seconds:g} s") from None

    def _work(
        self,
        exchange: _Exchange,
        answer: Future[Answer],
        request: requests.Request,
        deadline: float,
        max_bytes: int,
        read_errors: bool,
    ) -> None:
        _of_thread.exchange = exchange
        try:
            answer.set_result(self._exchange(request, deadline, max_bytes, read_errors))
        # Catch bugs, too: they must not leave the caller waiting.
        except BaseException as error:
            answer.set_exception(_as_provider_error(error))
        finally:
            self._places.release()

    def _exchange(self, request: requests.Request, deadline: float, max_bytes: int, read_errors: bool) -> Answer:
        # Not prepared by the session, which would read passwords from ~/.netrc.
        prepared = request.prepare()
        options = self._session.merge_environment_settings(prepared.url or "", {}, True, None, None)
        options |= {"allow_redirects": False, "timeout": max(0.001, deadline - time.monotonic())}
        with self._session.send(prepared, **options) as response:
            answer = Answer(response.status_code, response.headers, b"")
            if answer.successful or read_errors:
                return replace(answer, body=_body(response, deadline, max_bytes))
            return answer


class _Exchange:
    """The connection of an exchange, which another thread can cut."""

    def __init__(self) -> None:
        self._connection: socket.socket | None = None
        self._over = False
        self._lock = threading.Lock()

    def uses(self, connection: socket.socket) -> None:
        """Note the connection. Raise TimeoutError if the caller no longer waits."""
        with self._lock:
            self._connection = connection
            if self._over:
                raise TimeoutError

    def cut(self) -> None:
        with self._lock:
            self._over = True
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)


#: `exchange`: that of this thread.
_of_thread = threading.local()


class _Watched:
    """A connection that registers with its exchange before it waits for the headers of an answer."""

    sock: socket.socket

    def getresponse(self) -> Any:
        if (exchange := getattr(_of_thread, "exchange", None)) is not None:
            exchange.uses(self.sock)
        return super().getresponse()  # type: ignore[misc]


class _Connection(_Watched, urllib3.connection.HTTPConnection):  # type: ignore[misc]
    pass


class _SecureConnection(_Watched, urllib3.connection.HTTPSConnection):  # type: ignore[misc]
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _have_connections_cut(adapter: BaseAdapter) -> None:
    """Make the connections of an adapter `_Watched`, including those through a proxy."""
    if not isinstance(adapter, HTTPAdapter):
        return
    pools = {"http": _Pool, "https": _SecurePool}
    adapter.poolmanager.pool_classes_by_scheme = pools
    proxied = adapter.proxy_manager_for

    def proxy_manager_for(*args: Any, **kwargs: Any) -> Any:
        manager = proxied(*args, **kwargs)
        manager.pool_classes_by_scheme = pools
        return manager

    adapter.proxy_manager_for = proxy_manager_for  # type: ignore[method-assign]


def _body(response: requests.Response, deadline: float, max_bytes: int) -> bytes:
    body = bytearray()
    while piece := response.raw.read1(65536, decode_content=True):
        body += piece
        if len(body) > max_bytes:
            raise ProviderError("large")
        if time.monotonic() > deadline:
            raise ProviderError("timeout")
    return bytes(body)


def _as_provider_error(error: BaseException) -> BaseException:
    """Return the ProviderError for an error of the libraries, and any other error as it is.

    The original is not chained to it: its message may hold headers and addresses.
    """
    match error:
        case ProviderError():
            return error
        case requests.exceptions.InvalidHeader() | UnicodeError():
            return ProviderError("refused", "the headers cannot be sent")
        case requests.Timeout() | urllib3.exceptions.TimeoutError():
            return ProviderError("timeout")
        # The libraries raise ValueError for many malformed responses.
        case requests.RequestException() | urllib3.exceptions.HTTPError() | OSError() | ValueError():
            return ProviderError("unreachable", type(error).__name__)
    return error

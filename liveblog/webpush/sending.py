"""Send messages to browsers through their push services (RFC 8030), encrypted for each browser (RFC 8291).

Each push service has connections of its own, and a circuit breaker. So a service that answers slowly or not at all
delays only its own messages, and these for a bounded time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal

from django.conf import settings
from pywebpush import WebPusher

from liveblog import public_http
from liveblog.errors import ProviderError
from liveblog.http import MAX_EXCHANGES, Answer, Client
from liveblog.numbers import number
from liveblog.webpush import vapid
from liveblog.webpush.circuit_breakers import CircuitBreakers
from liveblog.webpush.endpoints import Endpoint, address_of, origin_of, service_of

logger = logging.getLogger(__name__)

#: Time limit of a message, in seconds.
TIMEOUT_SECONDS = 10.0
_MAX_BYTES = 2000
#: Octets of a message. A push service need not accept more than 4096 encrypted ones (RFC 8030, section 7.2).
MAX_MESSAGE_BYTES = 3500
#: The longest pause that a push service can impose, in seconds.
_MAX_RETRY_AFTER = 24 * 3600

#: The circuit breakers of this process.
circuit_breakers = CircuitBreakers()

Urgency = Literal["low", "normal", "high"]


@dataclass(frozen=True)
class Content:
    """The same for all browsers that are sent it.

    data      the text for the service worker
    topic     it replaces a message of the same topic that still waits at the push service (RFC 8030, section 5.4)
    seconds   time for which the push service keeps it for a device that is off
    """

    data: bytes
    topic: str = ""
    urgency: Urgency = "normal"
    seconds: int = 6 * 3600


@dataclass(frozen=True)
class Message:
    """A message for one browser."""

    endpoint: Endpoint
    content: Content


def send(message: Message) -> None:
    """Send a message.

    Raise ProviderError with the reason "gone" if the subscription has ended, "skipped" if the circuit breaker of its
    push service is open for `retry_after` seconds, or another one.
    """
    # The settings may have changed since the subscription was stored.
    try:
        address = address_of(message.endpoint.address)
    except Exception:
        raise ProviderError("forbidden") from None
    origin = origin_of(address)
    if pause := circuit_breakers.seconds_open(origin):
        raise ProviderError("skipped", retry_after=pause)
    headers: dict[str, str] = {
        "Authorization": vapid.authorization(origin),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(message.content.seconds),
        "Urgency": message.content.urgency,
    }
    if message.content.topic:
        headers["Topic"] = message.content.topic
    body = _encrypted(message)
    client = _client(service_of(address), _routes())
    try:
        _check(client.send("POST", address, seconds=TIMEOUT_SECONDS, max_bytes=_MAX_BYTES, headers=headers, data=body))
    except ProviderError as error:
        circuit_breakers.note(origin, error)
        raise
    circuit_breakers.note(origin, None)


def send_all(messages: Sequence[Message]) -> list[ProviderError | None]:
    """Send messages at the same time, and return the error of each."""
    if not settings.JOBS_IN_THREADS:
        return [_error_of(message) for message in messages]
    with ThreadPoolExecutor(MAX_EXCHANGES, thread_name_prefix="webpush") as pool:
        return list(pool.map(_error_of, messages))


def _error_of(message: Message) -> ProviderError | None:
    try:
        send(message)
    except ProviderError as error:
        return error
    except Exception as error:
        # The other messages are sent in any case. The text of the error may contain the endpoint.
        logger.warning("A message could not be sent (%s).", type(error).__name__)
        return ProviderError("nonsense")
    return None


def _encrypted(message: Message) -> bytes:
    if len(message.content.data) > MAX_MESSAGE_BYTES:
        raise ProviderError("large")
    keys = {"p256dh": message.endpoint.public_key, "auth": message.endpoint.secret}
    pusher = WebPusher({"endpoint": message.endpoint.address, "keys": keys})
    body: bytes = pusher.encode(message.content.data, content_encoding="aes128gcm")["body"]
    return body


def _routes() -> tuple[tuple[str, str], ...]:
    routes: Mapping[str, str] = settings.PUSH_ROUTES
    return tuple(sorted(routes.items()))


@lru_cache(maxsize=64)
def _client(_service: str, routes: tuple[tuple[str, str], ...]) -> Client:
    """Return the client for a push service, with its own limit of simultaneous exchanges."""
    return Client("web push", public_http.adapters(dict(routes)))


def _check(answer: Answer) -> None:
    """Raise ProviderError unless the push service has accepted the message."""
    if answer.successful:
        return
    status = answer.status
    if status in (404, 410):
        # RFC 8030, section 7.3: the subscription has expired, or the reader has ended it.
        raise ProviderError("gone", status=status)
    if status in (408, 425, 429, 503):
        raise ProviderError("busy", status=status, retry_after=_retry_after(answer.headers.get("Retry-After", "")))
    if status >= 500:
        raise ProviderError("unreachable", f"status {status}", status=status)
    raise ProviderError("large" if status == 413 else "refused", f"status {status}", status=status)


def _retry_after(text: str) -> float | None:
    """Return the seconds of a header Retry-After, which is a number or a date (RFC 9110, section 10.2.3)."""
    if (seconds := number(text, maximum=10**9)) is not None:
        return float(min(seconds, _MAX_RETRY_AFTER))
    try:
        at = parsedate_to_datetime(text)
        left = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, left.total_seconds()), _MAX_RETRY_AFTER)

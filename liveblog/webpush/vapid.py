"""The key by which push services recognise this site, and the header that proves it (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
import time
from email.utils import parseaddr
from functools import lru_cache
from threading import Lock

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

#: Seconds for which a header is valid. RFC 8292, section 2 allows a day.
_VALID_SECONDS = 12 * 3600

#: By key and origin of the push service: the header, and the time from which a new one is made.
_headers: dict[tuple[str, str], tuple[str, float]] = {}
_lock = Lock()


def new_private_key() -> str:
    """Return a new value of VAPID_PRIVATE_KEY."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encoded(number.to_bytes(32, "big"))


def encoded(data: bytes) -> str:
    """Return data in base64url without padding, as browsers write keys."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def configured() -> bool:
    return bool(settings.VAPID_PRIVATE_KEY)


def public_key() -> str:
    """Return the key that browsers subscribe with (`applicationServerKey`); "" if none is configured."""
    return _public_key(settings.VAPID_PRIVATE_KEY) if configured() else ""


@lru_cache(maxsize=4)
def _public_key(private_key: str) -> str:
    key = Vapid02.from_string(private_key).public_key
    return encoded(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def authorization(origin: str) -> str:
    """Return the header Authorization for a push service. It is signed once for many messages."""
    name, now = (settings.VAPID_PRIVATE_KEY, origin), time.time()
    with _lock:
        header, until = _headers.get(name, ("", 0.0))
        if now >= until:
            claims = {"aud": origin, "exp": int(now) + _VALID_SECONDS, "sub": _contact()}
            header = Vapid02.from_string(settings.VAPID_PRIVATE_KEY).sign(claims)["Authorization"]
            _headers[name] = header, now + _VALID_SECONDS / 2
        return header


def _contact() -> str:
    """Return the operator's contact for push services (RFC 8292, section 2.1)."""
    return (
        settings.SITE_URL
        if settings.SITE_URL.startswith("https://")
        else f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    )

"""Subscriptions as browsers send them (Push API of the W3C). They come from strangers, so every part is validated."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from liveblog import public_http
from liveblog.errors import ProviderError

MAX_ENDPOINT_LENGTH = 1000
#: Octets of the keys: an uncompressed point of P-256, and a secret (RFC 8291, section 2.1 and 3.2).
_POINT_LENGTH, _SECRET_LENGTH = 65, 16
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,100}={0,2}")


@dataclass(frozen=True)
class Endpoint:
    """The address at which a push service accepts messages for one browser, and the keys to encrypt them."""

    address: str
    public_key: str
    secret: str

    @classmethod
    def of(cls, data: Any) -> Endpoint:
        """Read `PushSubscription.toJSON()`. Raise ValidationError if no message could be sent."""
        keys = data.get("keys") if isinstance(data, dict) else None
        if not isinstance(keys, dict):
            raise _unusable()
        address = address_of(data.get("endpoint"))
        point, secret = _octets(keys.get("p256dh")), _octets(keys.get("auth"))
        if len(secret) != _SECRET_LENGTH or len(point) != _POINT_LENGTH:
            raise _unusable()
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError:
            raise _unusable() from None
        return cls(address, keys["p256dh"].rstrip("="), keys["auth"].rstrip("="))


def address_of(text: object) -> str:
    """Return the address of an endpoint. Raise ValidationError unless it belongs to a push service of the settings."""
    if not isinstance(text, str) or len(text) > MAX_ENDPOINT_LENGTH:
        raise _unusable()
    try:
        public_http.check(text)
    except ProviderError:
        raise _unusable() from None
    if not service_of(text):
        raise ValidationError(_("This site can’t send to your browser’s notification service."))
    return text


def origin_of(address: str) -> str:
    """Return the origin of the push service."""
    return f"https://{urlsplit(address).hostname}"


def services() -> list[str]:
    """Return the push services of the settings: "host", "*.domain", or "*" for any."""
    return [urlsplit(origin).hostname or "" for origin in settings.PUSH_ROUTES] + settings.PUSH_SERVICES


def service_of(address: str) -> str:
    """Return the item of `services` to which an endpoint belongs; "" if there is none."""
    host = urlsplit(address).hostname or ""
    for service in services():
        if service in ("*", host) or (service.startswith("*.") and host.endswith(service[1:])):
            return service
    return ""


def _octets(text: object) -> bytes:
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise _unusable()
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        raise _unusable() from None


def _unusable() -> ValidationError:
    return ValidationError(_("Your browser’s subscription can’t be used. Reload the page and try again."))

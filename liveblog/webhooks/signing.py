"""Sign messages, so that receivers can verify their origin (Standard Webhooks, "Signature scheme")."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

#: The prefix of every secret.
BEGINNING = "whsec_"
_BYTES = 32


def new_secret() -> str:
    return BEGINNING + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(message_id: str, timestamp: int, body: str, keys: Iterable[str]) -> dict[str, str]:
    """Return the headers of a message, with a signature by each key. `timestamp` is in seconds since 1970."""
    signed = f"{message_id}.{timestamp}.{body}".encode()
    signatures = (hmac.digest(base64.b64decode(key.removeprefix(BEGINNING)), signed, hashlib.sha256) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(signature).decode()}" for signature in signatures),
    }

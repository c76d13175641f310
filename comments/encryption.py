"""What readers entrust to us: encrypted at rest, and found again by a keyed hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def _derived(key: str, purpose: str) -> bytes:
    return hmac.digest(key.encode(), f"comments.{purpose}".encode(), "sha256")


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, "encryption"))) for key in keys])


class EncryptedField(models.TextField):
    """A text that only a process with the site's SECRET_KEY can read. No query can compare it."""

    def get_prep_value(self, value: Any) -> Any:
        return _cipher(_keys()).encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *_: Any) -> str:
        if not value:
            return ""
        try:
            return _cipher(_keys()).decrypt(value.encode()).decode()
        except InvalidToken:
            # Written with a key that is gone, and so are the words.
            return ""


def hashes(value: str) -> list[str]:
    """All that a value may be kept as, the present key's first: after a change of keys old rows are found as well."""
    plain = value.strip().casefold().encode()
    return [hmac.new(_derived(key, "matching"), plain, "sha256").hexdigest() for key in _keys()] if plain else []


def keyed_hash(value: str) -> str:
    """What tells whether two values are the same, and not what they are. Nothing of nothing."""
    return next(iter(hashes(value)), "")


def keyed_secret(*values: str) -> str:
    """A secret that nobody without the site's key can tell from what it is made of; the same each time."""
    made_of = "\0".join(values).encode()
    return (
        base64.urlsafe_b64encode(hmac.digest(_derived(_keys()[0], "secrets"), made_of, "sha256")).decode().rstrip("=")
    )


def hashed_secret(secret: str) -> str:
    """A secret as it is kept. It is long and random, so that a plain hash cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()

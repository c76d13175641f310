"""Encrypt secrets at rest, and find them by a keyed hash.

All keys are derived from SECRET_KEY and SECRET_KEY_FALLBACKS: the present key encrypts and hashes new values; former
keys still decrypt and find old ones. `liveblog.rekeying` encrypts and hashes old values with the present key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def _derived(key: str, purpose: str) -> bytes:
    return hmac.digest(key.encode(), f"liveblog.{purpose}".encode(), "sha256")


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, "encryption"))) for key in keys])


def encrypt(text: str) -> str:
    """Return a text encrypted with the present key."""
    return _cipher(_keys()).encrypt(text.encode()).decode()


def decrypt(stored: str) -> str | None:
    """Return the text of an encrypted value; None if no configured key can read it."""
    try:
        return _cipher(_keys()).decrypt(stored.encode()).decode()
    except InvalidToken:
        return None


def is_current(stored: str) -> bool:
    """Return whether a value was encrypted with the present key, not with a former one."""
    try:
        _cipher(_keys()[:1]).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


class EncryptedField(models.TextField):
    """A text that is encrypted in the database. Queries cannot compare it. It is empty if no key can read it."""

    def get_prep_value(self, value: str | None) -> str:
        return encrypt(value) if value else ""

    def from_db_value(self, value: str | None, *_: object) -> str:
        return (decrypt(value) if value else None) or ""


def hashes(value: str) -> list[str]:
    """Return the hashes of a value, one for each key, so that rows written before a change of keys are found, too."""
    plain = value.strip().casefold().encode()
    return [hmac.new(_derived(key, "matching"), plain, "sha256").hexdigest() for key in _keys()] if plain else []


def keyed_hash(value: str) -> str:
    """Return a hash that matches equal values without storing them; empty if the value is empty."""
    return next(iter(hashes(value)), "")


def keyed_secrets(*values: str) -> list[str]:
    """Return secrets derived from values, always the same ones: one for each key, the present key first."""
    made_of = "\0".join(values).encode()
    digests = (hmac.digest(_derived(key, "secrets"), made_of, "sha256") for key in _keys())
    return [base64.urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests]


def hashed_secret(secret: str) -> str:
    """Return the hash under which a secret is stored. A secret is long and random, so no key or salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()

"""Tell whether the session or access token in the headers of a request is valid, before Django reads it."""

from __future__ import annotations

from collections.abc import Iterable

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError
from django.http import parse_cookie

from liveblog.accounts import sessions
from liveblog.rest.models import Token

_BEARER = "bearer "


async def is_known(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether an authenticated user sends a request.

    While the database does not answer, return True, so that people get their form back with their input.
    """
    try:
        return await database_sync_to_async(belongs_to_somebody)(list(headers))
    except DatabaseError:
        return True


def belongs_to_somebody(headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether the session or the token in the headers belongs to an active user."""
    for name, value in headers:
        text = value.decode("latin-1")
        if name == b"cookie" and sessions.user_of(parse_cookie(text).get(settings.SESSION_COOKIE_NAME)) is not None:
            return True
        if name == b"authorization" and text.lower().startswith(_BEARER):
            token = Token.find(text[len(_BEARER) :].strip())
            if token is not None and token.user.is_active:
                return True
    return False

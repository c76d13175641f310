"""Cast votes: one for each browser and poll, also under concurrency."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import TYPE_CHECKING

from django.http import HttpRequest

from articles.polls.models import Vote

if TYPE_CHECKING:
    from articles.models import Update

#: The path limits the cookie to the addresses of votes, so that pages stay the same for everybody.
COOKIE = "voter"
COOKIE_PATH = "/vote/"
COOKIE_MAX_AGE = 180 * 86_400


def token(request: HttpRequest) -> str:
    """Return the random UUID of this browser: from its cookie, from its script, or a new one.

    A script sends one with its first vote, so that a vote repeated because no response came is still one vote.
    """
    for value in (request.COOKIES.get(COOKIE, ""), request.POST.get("voter", "")):
        try:
            return str(uuid.UUID(value))
        except ValueError:
            continue
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


def cast(update: Update, voter: str, choice: int) -> None:
    """Store or change a vote. It is one statement, so of two concurrent votes of a browser the later one stays."""
    # The digest includes the poll, so that nobody can tell how the same browser voted in other polls.
    digest = hashlib.sha256(f"{update.pk}:{voter}".encode()).hexdigest()
    Vote.objects.bulk_create(
        [Vote(update_id=update.pk, voter=digest, choice=choice)],
        update_conflicts=True,
        unique_fields=["update", "voter"],
        update_fields=["choice", "counted"],
    )

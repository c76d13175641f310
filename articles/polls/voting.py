"""Taking a reader's vote: one for each browser and poll, whatever happens at the same time."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import Any

from django.http import HttpRequest

from articles.polls.models import Vote

#: The browser sends it to the addresses of votes alone, so that pages stay the same for everybody.
COOKIE = "voter"
COOKIE_PATH = "/vote/"
COOKIE_AGE = 180 * 86_400


def token(request: HttpRequest) -> str:
    """What this browser is known by: a random number that it was given, or has made, when it voted for the first time.

    A page with scripts sends its own along, so that what is sent twice because no answer came is still one vote.
    """
    for value in (request.COOKIES.get(COOKIE, ""), request.POST.get("voter", "")):
        try:
            return str(uuid.UUID(value))
        except ValueError:
            continue
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


def cast(update: Any, voter: str, choice: int) -> None:
    """Take or change a vote. One statement: of two votes of a browser at the same moment the later stays."""
    # Only a digest for this poll is kept, so that nobody can tell what else the same browser voted.
    digest = hashlib.sha256(f"{update.pk}:{voter}".encode()).hexdigest()
    Vote.objects.bulk_create(
        [Vote(update_id=update.pk, voter=digest, choice=choice)],
        update_conflicts=True,
        unique_fields=["update", "voter"],
        update_fields=["choice", "counted"],
    )

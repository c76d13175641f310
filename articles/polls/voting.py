"""Cast votes: one for each browser and poll, even with concurrent requests."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from articles.models import Update
from articles.polls.models import Vote

#: The path limits the cookie to the addresses of votes, so that pages stay the same for everybody.
COOKIE = "voter"
COOKIE_PATH = "/vote/"
COOKIE_MAX_AGE = 180 * 86_400

#: The least number of votes of a network in one poll that the desk shows, and the greatest number of networks.
MIN_VOTES, MAX_ORIGINS = 20, 5
#: The time for which the networks of votes are kept.
KEEP_NETWORK = timedelta(days=30)


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


def cast(update: Update, voter: str, choice: int, address: str | None = None) -> None:
    """Store or change a vote. It is one statement, so of two concurrent votes of a browser, the later one wins.

    address   the reader's network, as `liveblog.limits.counted_address` names it
    """
    # The digest includes the poll, so that nobody can tell how the same browser voted in other polls.
    digest = hashlib.sha256(f"{update.pk}:{voter}".encode()).hexdigest()
    Vote.objects.bulk_create(
        [Vote(update_id=update.pk, voter=digest, choice=choice, network=_network(update, address))],
        update_conflicts=True,
        unique_fields=["update", "voter"],
        update_fields=["choice", "counted", "network"],
    )


def _network(update: Update, address: str | None) -> str:
    # It is keyed, so that nobody can find the address by trying all of them, and differs between polls.
    if not address:
        return ""
    return salted_hmac("articles.polls.voting", f"{update.pk}:{address}", algorithm="sha256").hexdigest()


class Origin(NamedTuple):
    """The votes in a poll from one network address."""

    update: Update
    votes: int
    total: int

    @property
    def share(self) -> float:
        return self.votes / self.total


def origins(article_id: int) -> list[Origin]:
    """Return the networks that sent MIN_VOTES votes or more in one poll of an article, the largest first.

    At most MAX_ORIGINS; one network may be an office, or all customers of a mobile operator.
    """
    votes = Vote.objects.filter(update__article=article_id).order_by()
    grouped = votes.exclude(network="").values("update", "network").annotate(count=Count("pk"))
    found = list(grouped.filter(count__gte=MIN_VOTES).order_by("-count", "update")[:MAX_ORIGINS])
    if not found:
        return []
    polls = {each["update"] for each in found}
    totals = dict(votes.filter(update__in=polls).values_list("update").annotate(Count("pk")))
    updates = Update.objects.in_bulk(polls)
    return [Origin(updates[each["update"]], each["count"], totals[each["update"]]) for each in found]


def forget_networks() -> int:
    """Delete the networks of votes after KEEP_NETWORK, and return the number of these votes."""
    old = Vote.objects.filter(at__lt=timezone.now() - KEEP_NETWORK).exclude(network="")
    return old.update(network="")

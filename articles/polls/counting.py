"""Tallies of polls, counted about once a second while readers vote, by any process.

A vote is one row and takes no lock. The transaction that publishes a tally marks the counted votes, under the article's
lock. So a vote cast in the meantime is counted in this round or the next, a vote cast just before a crash in the first
round after it, and a thousand votes in a second make one change of the page.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from articles.models import Tally, Update, Vote
from articles.polls import ballot, voting
from liveblog import jobs
from liveblog.delivery import log
from liveblog.delivery.hub import Hub

logger = logging.getLogger(__name__)

#: The least time between two tallies of one poll.
INTERVAL_SECONDS = 1.0
FORGET_INTERVAL_SECONDS = 3600.0


def element_of(pk: int) -> str:
    """Return the element of the results. It is separate from the form, which keeps the reader's selection."""
    return f"poll-{pk}"


def publish_tallies() -> int:
    """Count the polls that have new votes and close those that are due. Return the number of polls that changed."""
    voted = set(Vote.objects.filter(counted=False).values_list("update", flat=True).distinct())
    past = Update.objects.published().filter(kind="poll", closes_at__lte=timezone.now())
    closing = set(past.exclude(tally__closed_for=F("closes_at")).values_list("pk", flat=True))
    published = 0
    for pk in sorted(voted | closing):
        try:
            published += _publish(pk)
        except Exception:
            logger.exception("The votes of the poll %s could not be counted.", pk)
    return published


def _publish(pk: int) -> bool:
    article_id = Update.objects.values_list("article", flat=True).get(pk=pk)
    with transaction.atomic():
        log.lock(article_id)
        update = Update.objects.select_related("article", "tally").get(pk=pk)
        tally = getattr(update, "tally", None) or Tally(update=update)
        now = timezone.now()
        is_past = update.closes_at is not None and update.closes_at <= now
        closes = is_past and tally.closed_for != update.closes_at
        # Another process has just counted.
        if tally.at and now - tally.at < timedelta(seconds=INTERVAL_SECONDS) and not closes:
            return False
        votes = Vote.objects.filter(update=pk)
        if not votes.filter(counted=False).update(counted=True) and not closes:
            return False
        found = dict(votes.values_list("choice").annotate(count=Count("pk")).order_by())
        counts = [found.get(number, 0) for number in range(ballot.length(update))]
        differs = counts != ballot.counts(update)
        tally.counts, tally.at = counts, now
        if closes:
            tally.closed_for = update.closes_at
        tally.save()
        if update.state == Update.State.PUBLISHED:
            if closes:
                log.append(article_id, update.element)
            elif differs:
                log.append(article_id, element_of(pk))
    return True


async def publish_when_voted(hub: Hub) -> None:
    """Publish tallies while the server runs, and delete the networks of old votes once an hour."""
    forgets_at = 0.0
    waiting = jobs.pauses(INTERVAL_SECONDS)
    while True:
        try:
            await hub.query(publish_tallies)
            if (now := asyncio.get_running_loop().time()) >= forgets_at:
                forgets_at = now + FORGET_INTERVAL_SECONDS
                await hub.query(voting.forget_networks)
        except Exception:
            logger.warning("Votes could not be counted; trying again.", exc_info=True)
        await asyncio.sleep(next(waiting))

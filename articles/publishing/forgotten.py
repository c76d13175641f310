"""Warn of coverage that its editors have forgotten, and finish it if nobody answers.

A coverage counts as forgotten if, for COVERAGE_WARN_HOURS, nobody has worked on it and nothing has appeared in it, and
no update is scheduled. COVERAGE_FINISH_HOURS after the warning it is finished. Every process checks; the first one
acts, under the lock of the article, so that each event and each e-mail about it is created once.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from articles.history import recording
from articles.models import Article, CoverageEvent
from articles.publishing import emails, quiet
from liveblog import jobs
from liveblog.actors import CLOCK, acting_as
from liveblog.delivery import log
from liveblog.notify import notify_desk_after_commit

logger = logging.getLogger(__name__)

#: Seconds between two checks for forgotten coverage, and for e-mails to send.
INTERVAL = 60.0
EMAIL_INTERVAL = 10.0


def keep_open(article: Article) -> None:
    """Record that the acting user wants a coverage to stay open. Its time without activity restarts."""
    recording.record_event(article, CoverageEvent.Kind.KEPT)
    notify_desk_after_commit(article.pk)


def handle_due() -> int:
    """Warn of forgotten coverage, and finish coverage whose warning is old enough. Return the number of both."""
    span = timedelta(hours=settings.COVERAGE_WARN_HOURS)
    if not span:
        return 0
    now = timezone.now()
    done = 0
    for article in quiet.quiet_until_now(now - span):
        try:
            # First query without a lock.
            done += _is_due(article, now, span) and _handle(article.pk, now, span)
        except Exception:
            logger.exception("The forgotten coverage %s could not be handled.", article.pk)
    return done


def _is_due(article: Article, now: datetime, span: timedelta) -> bool:
    """Return whether the editors of a quiet coverage are to be warned now, or the coverage is to be finished."""
    if warning := quiet.warning_of(article):
        return warning.finishes_at is not None and warning.finishes_at <= now
    return quiet.quiet_since(article) <= now - span


def _handle(pk: int, now: datetime, span: timedelta) -> bool:
    with transaction.atomic(), acting_as(CLOCK):
        log.lock(pk)
        # Another process or an editor may have been faster.
        article = quiet.quiet_until_now(now - span).filter(pk=pk).first()
        if article is None or not _is_due(article, now, span):
            return False
        if quiet.warning_of(article) is None:
            event = recording.record_event(article, CoverageEvent.Kind.WARNED)
            notify_desk_after_commit(pk)
        else:
            article.state, article.finished_by_clock = Article.State.FINISHED, True
            article.save()
            event = CoverageEvent.objects.filter(article=article, kind=CoverageEvent.Kind.FINISHED).latest("at", "pk")
        emails.enqueue(event)
    return True


async def handle_when_due() -> None:
    """Handle forgotten coverage as long as the server runs. E-mails have their own thread: a mail server may hang."""
    await asyncio.gather(
        jobs.run_while_serving(handle_due, INTERVAL, logger),
        jobs.run_while_serving(emails.send_due, EMAIL_INTERVAL, logger),
    )

"""The background jobs of comments. Every server process polls for due jobs; the first free one runs them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from django.conf import settings

from comments import checking, closing, emails
from liveblog import jobs

logger = logging.getLogger(__name__)

#: Seconds between two polls for due jobs. E-mails are less urgent.
INTERVAL = 0.5
EMAIL_INTERVAL = 5.0


def run_due() -> int:
    """Run all due jobs except e-mails, and return their number."""
    return _run(checking.run_due, closing.close_due)


def send_emails() -> int:
    """Send due e-mails, and return their number. They have their own thread: a mail server may hang."""
    return _run(emails.run_due)


def _run(*jobs: Callable[[], int]) -> int:
    done = 0
    for job in jobs:
        # If one fails, the others still run.
        try:
            done += job()
        except Exception:
            logger.warning("Work on comments could not be done; trying again.", exc_info=True)
    return done


async def run_when_due() -> None:
    """Poll for due jobs as long as the server runs."""
    if settings.COMMENTS_WORKER:
        await asyncio.gather(
            jobs.run_while_serving(run_due, INTERVAL, logger),
            jobs.run_while_serving(send_emails, EMAIL_INTERVAL, logger),
        )

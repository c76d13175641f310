"""What is done for comments in the background, in every server process: whichever is free does what is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from django.conf import settings

from comments import checking, closing, digests, emails
from liveblog import jobs

logger = logging.getLogger(__name__)

#: Seconds between looks. No letter is in a hurry.
INTERVAL = 0.5
INTERVAL_OF_LETTERS = 5.0


def run_due() -> int:
    """Do everything that is due, but for letters. Returns how much there was."""
    return _done(checking.run_due, closing.close_due)


def send_emails() -> int:
    """The same for letters, for which a mail server may have others wait."""
    return _done(digests.enqueue, emails.run_due)


def _done(*jobs: Callable[[], int]) -> int:
    done = 0
    for job in jobs:
        # Whatever is wrong with one, the others go on.
        try:
            done += job()
        except Exception:
            logger.warning("Work on comments could not be done; trying again.", exc_info=True)
    return done


async def run_when_due() -> None:
    """Look for what is due as long as the server runs."""
    if settings.COMMENTS_WORKER:
        await asyncio.gather(
            jobs.run_while_serving(run_due, INTERVAL, logger),
            jobs.run_while_serving(send_emails, INTERVAL_OF_LETTERS, logger),
        )

"""What is done for comments in the background, in every server process: whichever is free does what is due."""

from __future__ import annotations

import logging

from django.conf import settings

from comments import checking, closing, digests, mailing
from liveblog import duties

logger = logging.getLogger(__name__)

#: Seconds between looks.
INTERVAL = 0.5


def work_off() -> int:
    """Do everything that is due. Returns how much there was."""
    done = 0
    for job in (checking.work_off, closing.close_due, mailing.work_off, digests.put_down):
        # Whatever is wrong with one, the others go on.
        try:
            done += job()
        except Exception:
            logger.warning("Work on comments could not be done; trying again.", exc_info=True)
    return done


async def work_when_due() -> None:
    """Look for what is due as long as the server runs."""
    if settings.COMMENTS_IN_SERVER:
        await duties.while_serving(work_off, INTERVAL, logger)

"""What is done for comments in the background, in every server process: whichever is free does what is due."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections, connection

from comments import checking, closing, digests, mailing

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
    if not settings.COMMENTS_IN_SERVER:
        return
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="comments") as thread:
        while True:
            if not await loop.run_in_executor(thread, _with_connection):
                await asyncio.sleep(INTERVAL)


def _with_connection() -> int:
    close_old_connections()
    try:
        return work_off()
    finally:
        connection.close()

"""Clears old entries and expired sessions while the server runs."""

import logging

from django.contrib.sessions.models import Session
from django.utils import timezone

from liveblog import jobs
from liveblog.audit import recording

logger = logging.getLogger(__name__)

#: Seconds between two looks.
_INTERVAL = 3600.0


def clear() -> int:
    """Delete what is too old. Return the number of entries, which is 0 if nothing more is to do."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return recording.clear_old()


async def clear_when_due() -> None:
    await jobs.run_while_serving(clear, _INTERVAL, logger)

"""Clear old entries while the server runs."""

import logging

from liveblog import jobs
from liveblog.audit import recording

logger = logging.getLogger(__name__)

#: Seconds between two runs.
_INTERVAL = 3600.0


async def clear_when_due() -> None:
    await jobs.run_while_serving(recording.clear_old, _INTERVAL, logger)

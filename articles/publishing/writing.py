"""The sign that somebody is writing an update of an article, which readers see if the article allows it."""

from __future__ import annotations

from liveblog import cache
from liveblog.newsroom.presence import TIMEOUT_SECONDS


def note(article_id: int) -> None:
    """Record that somebody is writing. This expires after some seconds, so callers repeat it."""
    cache.put(_key(article_id), True, TIMEOUT_SECONDS)


def is_going_on(article_id: int) -> bool:
    return bool(cache.get(_key(article_id)))


def _key(article_id: int) -> str:
    return f"writing:{article_id}"

"""Machine translations of comments: made when somebody first asks for one, and kept."""

from __future__ import annotations

import hashlib
import logging
import threading
from concurrent.futures import Future

from comments import moderation
from comments.models import Comment, CommentTranslation
from comments.text import cleaned, says_something
from liveblog.connections import give_back
from liveblog.errors import Conflict, ProviderError
from liveblog.translation import engines
from liveblog.translation.engines import Engine

logger = logging.getLogger(__name__)

#: How many may wait for a provider at once in this process. Others are told that there is no translation.
_PLACES = threading.BoundedSemaphore(16)

#: What this process is having translated: comment, language and the hash of the words. Who asks for the same waits.
_under_way: dict[tuple[int, str, str], Future[str | None]] = {}
_one_at_a_time = threading.Lock()


def possible() -> bool:
    """Whether there is a provider to ask."""
    return engines.configured() is not None


def kept(comment: Comment, language: str) -> str | None:
    """The translation that was made of a comment's present words."""
    found = CommentTranslation.objects.filter(comment=comment, language=language, text_hash=hash_of(comment)).first()
    return found.text if found else None


def translated(comment: Comment, language: str) -> str | None:
    """A comment's text in another language; None where no provider gives one."""
    if (text := kept(comment, language)) is not None:
        return text
    engine = engines.configured()
    if engine is None or not _PLACES.acquire(blocking=False):
        return None
    try:
        return _asked_once(engine, comment, language)
    finally:
        _PLACES.release()


def _asked_once(engine: Engine, comment: Comment, language: str) -> str | None:
    what = (comment.pk, language, hash_of(comment))
    with _one_at_a_time:
        others = _under_way.get(what)
        answer = _under_way.setdefault(what, Future())
    if others is not None:
        give_back()
        return others.result()
    text = None
    try:
        # Whoever asked before may just have got it.
        text = kept(comment, language) or _asked(engine, comment, language)
        return text
    finally:
        with _one_at_a_time:
            del _under_way[what]
        answer.set_result(text)


def _asked(engine: Engine, comment: Comment, language: str) -> str | None:
    give_back()
    try:
        [text] = engine.translate([comment.text], comment.language, language, html=False)
    except ProviderError as error:
        logger.warning("The translation of a comment failed (%s).", error.reason)
        return None
    text = cleaned(text)
    return text if says_something(text) and _keep(comment, language, text, engine.name) else None


def _keep(comment: Comment, language: str, text: str, engine: str) -> bool:
    """Keep a translation, unless the comment was erased or changed while it was made. Returns whether it is kept."""
    try:
        with moderation.locked(comment.pk) as now:
            if now.text != comment.text:
                return False
            values = {"text": text, "engine": engine, "text_hash": hash_of(now)}
            CommentTranslation.objects.update_or_create(comment=now, language=language, defaults=values)
    except Conflict:
        return False
    return True


def hash_of(comment: Comment) -> str:
    return hashlib.sha256(comment.text.encode()).hexdigest()

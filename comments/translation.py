"""Machine translations of comments: made when a reader or moderator first asks for one, and stored."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from comments import moderation
from comments.models import Comment, CommentTranslation
from comments.text import cleaned
from liveblog.connections import give_back
from liveblog.errors import Conflict, ProviderError
from liveblog.translation import engines
from liveblog.translation.engines import Engine

logger = logging.getLogger(__name__)

#: The greatest number of requests of this process that wait for a provider. Further ones get no translation.
_SLOTS = threading.BoundedSemaphore(16)

#: The translations for which this process is waiting, by comment, language and hash of the text. A second request for
#: the same one waits for the first.
_pending: dict[tuple[int, str, str], Future[str | None]] = {}
_pending_lock = threading.Lock()


def available() -> bool:
    """Return whether a translation provider is configured."""
    return engines.available()


def stored(comment: Comment, language: str) -> str | None:
    """Return the stored translation of a comment's present text; None if there is none."""
    found = CommentTranslation.objects.filter(comment=comment, language=language, text_hash=hash_of(comment)).first()
    return found.text if found else None


def translate(comment: Comment, language: str) -> str | None:
    """Return the text of a comment in another language, stored or newly made; None if no provider delivers one."""
    if (text := stored(comment, language)) is not None:
        return text
    chain = engines.chain(comment.language, language)
    if not chain or not _SLOTS.acquire(blocking=False):
        return None
    try:
        return _request_once(chain, comment, language)
    finally:
        _SLOTS.release()


def _request_once(chain: Sequence[Engine], comment: Comment, language: str) -> str | None:
    key = (comment.pk, language, hash_of(comment))
    with _pending_lock:
        pending = _pending.get(key)
        answer = _pending.setdefault(key, Future())
    if pending is not None:
        give_back()
        return pending.result()
    text = None
    try:
        # A request that ended just now may have stored it.
        text = stored(comment, language) or _request(chain, comment, language)
        return text
    finally:
        with _pending_lock:
            del _pending[key]
        answer.set_result(text)


def _request(chain: Sequence[Engine], comment: Comment, language: str) -> str | None:
    give_back()
    for engine in chain:
        try:
            [text] = engine.translate([comment.text], comment.language, language, html=False)
        except ProviderError as error:
            logger.warning("The translation of a comment by %s failed (%s).", engine.name, error.reason)
            engines.pause(engine, error)
        else:
            text = cleaned(text)
            return text if text and _store(comment, language, text, engine.name) else None
    return None


def _store(comment: Comment, language: str, text: str, engine: str) -> bool:
    """Store a translation, unless the comment was erased or changed in the meantime. Return whether it was stored."""
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

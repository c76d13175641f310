"""Machine translations of comments: made when somebody first asks for one, and kept."""

from __future__ import annotations

import hashlib
import logging

from articles.translations import engines
from articles.translations.engines import Failure
from comments.models import Comment, CommentTranslation
from comments.text import cleaned, says_something

logger = logging.getLogger(__name__)


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
    if engine is None:
        return None
    try:
        [text] = engine.translate([comment.text], comment.language, language, html=False)
    except Failure as failure:
        logger.warning("The translation of a comment failed (%s).", failure.reason)
        return None
    text = cleaned(text)
    if not says_something(text):
        return None
    CommentTranslation.objects.update_or_create(
        comment=comment,
        language=language,
        defaults={"text": text, "engine": engine.name, "text_hash": hash_of(comment)},
    )
    return text


def hash_of(comment: Comment) -> str:
    return hashlib.sha256(comment.text.encode()).hexdigest()

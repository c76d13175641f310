"""A comment comes in: whether it is taken, and whether it appears by itself or somebody has to look.

All of it happens in one transaction under the article's lock. Nothing is asked of anybody else meanwhile: a check for
spam is put down to be made afterwards.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from comments import blocklist, moderation, spam
from comments import text as plain
from comments.encryption import hashed_secret, keyed_hash, keyed_secret
from comments.models import Actor, Ban, Comment, Discussion, Held, ListedWord, Policy, State
from liveblog import limits
from liveblog.delivery import log
from liveblog.errors import Conflict
from liveblog.languages import SHIPPED
from liveblog.translation import detector

#: Nobody types a comment in less, in seconds.
MIN_TYPING_TIME = 3.0

#: How long a text is remembered for telling whether it comes again.
REMEMBERED = timedelta(days=1)

#: How many others may say the very same before somebody has to look.
DUPLICATE_WINDOW = 2

_SHORT = 25

#: To whoever answers a comment that went while they wrote.
NOTHING_TO_ANSWER = gettext_lazy("The comment that you answer is no longer there. Yours can stand by itself.")

#: The stretch of time that limits are for, in seconds.
WINDOW = 600


class Rejected(Exception):  # noqa: N818 - an answer that is no
    """A comment is not taken. `message` says why, to its author; `field` is where that belongs, if to one."""

    def __init__(self, message: str, field: str | None = None, status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


@dataclass(frozen=True)
class Sender:
    """What a request says of who sends it."""

    address: str | None
    user_agent: str


@dataclass(frozen=True)
class Accepted:
    """A comment that was taken, and the secret by which its author finds it again."""

    comment: Comment
    secret: str


def submit(article: Article, values: dict[str, Any], language: str, sender: Sender) -> Accepted:
    """Take a comment as the form gave it, from a page in `language`. Raises Refused.

    The same comment sent twice, by a second click or a lost answer, is taken once.
    """
    name, email, text, parent = values["name"], values["email"], values["text"], values.get("parent")
    _turn_away(email, sender, sender.address)
    listed = _listed(name, text)
    secret = _secret(article, values, sender)
    with transaction.atomic():
        log.lock(article.pk)
        discussion = _open_discussion(article.pk)
        if (before := Comment.objects.filter(secret_hash=hashed_secret(secret)).first()) is not None:
            return Accepted(before, secret)
        if parent is not None and not Comment.objects.approved().filter(pk=parent.pk).exists():
            raise Rejected(str(NOTHING_TO_ANSWER))
        comment = Comment(
            article=article,
            parent=parent,
            name=name,
            email=email,
            text=text,
            text_hash=plain.hash_of(text),
            language=language_of(text, language),
            page_language=language,
            notify=bool(values.get("notify")),
            address=sender.address,
            user_agent=sender.user_agent,
            secret_hash=hashed_secret(secret),
        )
        comment.held, comment.held_detail = _hold_reason(comment, listed, values.get("seconds"))
        _accept(comment, discussion)
    return Accepted(comment, secret)


def edit(comment: Comment, text: str, sender: Sender, *, version: int) -> Comment:
    """Its author changes a comment, read in `version`: it goes through the door once more. Raises Refused, Conflict."""
    _turn_away(comment.email, sender, sender.address, comment.address)
    listed = _listed(comment.name, text)
    with moderation.locked(comment.pk) as now:
        discussion = _open_discussion(now.article_id)
        _must_be_changeable(now, version)
        if now.text == text:
            return now
        now.text, now.text_hash = text, plain.hash_of(text)
        now.language = language_of(text, now.page_language)
        now.version += 1
        now.edited_at = timezone.now()
        now.queued_at = None
        now.held, now.held_detail = _hold_reason(now, listed, None)
        _accept(now, discussion, edited=True)
    return now


def withdraw(comment: Comment, *, version: int) -> None:
    """Its author deletes a comment. Raises Refused, Conflict."""
    with moderation.locked(comment.pk) as now:
        _must_be_changeable(now, version)
        now.delete()


def _must_be_changeable(comment: Comment, version: int) -> None:
    if not comment.may_be_changed:
        raise Rejected(_("The time in which you could change your comment is over."), status=403)
    if comment.version != version:
        raise Conflict(comment)


def language_of(text: str, page_language: str) -> str:
    """The language of a text: as far as it can be told, and otherwise that of the page."""
    found = detector.language_of(text, among=SHIPPED)
    return found[0] if found else page_language


# At the door ----------------------------------------------------------------------------------------------------------


def _turn_away(email: str, sender: Sender, *addresses: str | None) -> None:
    """Who is banned by their e-mail or one of their addresses, and who sends too much."""
    if Ban.objects.of(email, *addresses).exists():
        raise Rejected(_("You cannot comment here at the moment."), status=403)
    address = limits.counted_address(sender.address or "")
    by_address = limits.within("comment", address, settings.COMMENTS_PER_ADDRESS, WINDOW)
    if not by_address or not limits.within("commenter", keyed_hash(email), settings.COMMENTS_PER_EMAIL, WINDOW):
        raise Rejected(
            _("Many comments came from you in a short time. Please wait some minutes and send it again."), status=429
        )


def _listed(name: str, text: str) -> ListedWord | None:
    listed = blocklist.found_in(name, text)
    if listed is not None and listed.action == ListedWord.Action.REFUSE:
        raise Rejected(_("“%(word)s” is a word that we do not print.") % {"word": listed.word}, "text")
    return listed


def _open_discussion(article_id: int) -> Discussion:
    discussion = Discussion.of(article_id)
    if not discussion.is_open:
        raise Rejected(_("Comments on this article are closed."), status=403)
    return discussion


def _secret(article: Article, values: dict[str, Any], sender: Sender) -> str:
    """What leads an author back to a comment. The same comment sent again by the same sender has the same.

    A sender is known by the random key that the form's module makes, and without that by where the form came from.
    Somebody who sends the words of another has another secret, and so a comment of their own.
    """
    parent = values.get("parent")
    said = (str(article.pk), str(parent.pk if parent else ""), values["email"], values["text"])
    # Each kind says what it is: no key that somebody makes up stands for the place of somebody else.
    if key := values.get("key"):
        return keyed_secret("key", key, *said)
    if place := limits.counted_address(sender.address or ""):
        return keyed_secret("place", place, sender.user_agent, *said)
    return secrets.token_urlsafe(24)


def _hold_reason(comment: Comment, listed: ListedWord | None, seconds: float | None) -> tuple[str, str]:
    """Why somebody has to look at a comment, whatever the article's rules; nothing where there is no reason."""
    if comment.open_reports:
        return Held.REPORTED, ""
    links = plain.count_of_links(f"{comment.name}\n{comment.text}")
    if listed is not None:
        return Held.WORDS, listed.word
    if links > settings.COMMENTS_MAX_LINKS:
        return Held.LINKS, str(links)
    if seconds is not None and seconds < MIN_TYPING_TIME:
        return Held.FAST, f"{seconds:.1f} s"
    if len(comment.text) >= _SHORT:
        same = Comment.objects.filter(text_hash=comment.text_hash, written_at__gt=timezone.now() - REMEMBERED)
        echoes = same.exclude(pk=comment.pk).count()
        if echoes >= DUPLICATE_WINDOW:
            return Held.DOUBLED, str(echoes)
    return "", ""


def _accept(comment: Comment, discussion: Discussion, *, edited: bool = False) -> None:
    """Save a comment in the state that the rules say; within the article's lock."""
    if not comment.held and not may_appear(comment, discussion):
        comment.held = Held.EDITED if edited else Held.POLICY
    queued_at = None
    if spam.configured() and comment.address:
        # Whatever holds it, a moderator is not to be bothered with what the check finds.
        spam.ask(comment, recheck="edit" if edited else "")
        queued_at = timezone.now() + spam.GRACE
        comment.held = comment.held or Held.CHECK
    if comment.held and comment.state == State.APPROVED:
        held, comment.held = comment.held, ""
        moderation.settle(comment, State.WAITING, actor=Actor.AUTHOR, held=held, queued_at=queued_at)
    elif comment.held or comment.state == State.APPROVED:
        comment.queued_at = queued_at
        comment.save()
    else:
        moderation.settle(comment, State.APPROVED, actor=Actor.POLICY)


def may_appear(comment: Comment, discussion: Discussion) -> bool:
    """Whether an article's rules let a comment appear that nobody has read and that nothing speaks against."""
    if discussion.policy == Policy.AT_ONCE:
        return True
    return discussion.policy == Policy.KNOWN and is_trusted(keyed_hash(comment.email))


def is_trusted(email_hash: str) -> bool:
    """Whether moderators have approved an author often enough, and never had reason to regret it."""
    record = moderation.record_of(email_hash)
    if record[State.SPAM] or record[State.REFUSED]:
        return False
    return moderation.approved_by_moderators(email_hash) >= settings.COMMENTS_TRUSTED_AFTER

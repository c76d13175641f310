"""Accept or reject a comment, and decide whether it appears at once or waits for a moderator.

This happens in one transaction under the article's lock. It asks no other server in the meantime: the spam check is
queued and runs later.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, NotRequired, TypedDict

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from comments import blocklist, confirmation, moderation, spam
from comments import text as plain
from comments.models import Actor, Ban, Comment, Discussion, EmailAddress, Held, ListedWord, Policy, State
from liveblog import limits
from liveblog.delivery import log
from liveblog.encryption import hashed_secret, keyed_hash, keyed_secrets
from liveblog.errors import Conflict
from liveblog.languages import KNOWN
from liveblog.translation import detector

#: Seconds. A comment that was typed faster is held.
MIN_TYPING_SECONDS = 3.0

#: A comment is held if more comments than MAX_DUPLICATES with the same text were sent within DUPLICATE_WINDOW.
MAX_DUPLICATES = 1
DUPLICATE_WINDOW = timedelta(days=1)

#: In characters. Shorter texts, such as “Thank you”, do not count as duplicates.
_MIN_DUPLICATE_LENGTH = 25

#: The message to a reader whose comment answers one that has been deleted.
PARENT_GONE = gettext_lazy("The comment you are replying to no longer exists. You can post yours as a new comment.")

#: The period that rate limits apply to.
RATE_WINDOW_SECONDS = 600


class CommentData(TypedDict):
    """The cleaned data of `comments.forms.CommentForm`."""

    name: str
    email: str
    text: str
    parent: NotRequired[Comment | None]
    #: The proof that the e-mail belongs to the sender; see `comments.confirmation`.
    proof: NotRequired[str]
    notify: NotRequired[bool]
    #: Seconds for which the form was open, as measured by the browser.
    seconds: NotRequired[float | None]
    #: A random key from the browser; see `_secrets`.
    key: NotRequired[str]


class Rejected(Exception):  # noqa: N818 - an outcome of normal use, not an error
    """A comment is not accepted.

    message   the reason, for its author
    field     the field of the form to which the message belongs, if there is one
    status    the HTTP status of the answer
    """

    def __init__(self, message: str, field: str | None = None, status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


@dataclass(frozen=True)
class Sender:
    """The IP address and the User-Agent of the sender of a comment."""

    address: str | None
    user_agent: str


@dataclass(frozen=True)
class Accepted:
    """An accepted comment, and the secret of its author's private page."""

    comment: Comment
    secret: str


class _Facts(NamedTuple):
    """The results of slow checks of a comment, made before the article is locked."""

    text_hash: str
    language: str
    links: int

    @classmethod
    def of(cls, name: str, text: str, page_language: str) -> _Facts:
        links = plain.count_of_links(f"{name}\n{text}")
        return cls(plain.hash_of(text), language_of(text, page_language), links)


def submit(article: Article, values: CommentData, language: str, sender: Sender) -> Accepted:
    """Save a comment that was sent from a page in `language`. Raise Rejected.

    A comment that is sent twice, by a second click or after a lost response, is saved once.
    """
    name, email, text, parent = values["name"], values["email"], values["text"], values.get("parent")
    confirmed = confirmation.proves(email, values.get("proof", ""))
    _check_sender(email, sender, sender.address, confirmed=confirmed)
    listed = _check_words(name, text)
    # Do the slow checks first: nobody else can change the article while it is locked.
    facts = _Facts.of(name, text, language)
    secrets_ = _secrets(article, values, sender)
    with transaction.atomic():
        log.lock(article.pk)
        discussion = _open_discussion(article.pk)
        for secret in secrets_:
            if (before := Comment.objects.filter(secret_hash=hashed_secret(secret)).first()) is not None:
                return Accepted(before, secret)
        if parent is not None and not Comment.objects.approved().filter(pk=parent.pk).exists():
            raise Rejected(str(PARENT_GONE))
        comment = Comment(
            article=article,
            parent=parent,
            name=name,
            email=email,
            confirmed=confirmed,
            text=text,
            text_hash=facts.text_hash,
            language=facts.language,
            page_language=language,
            notify=bool(values.get("notify")),
            address=sender.address,
            user_agent=sender.user_agent,
            secret_hash=hashed_secret(secrets_[0]),
        )
        comment.held, comment.held_detail = _hold_reason(comment, facts, listed, values.get("seconds"))
        _accept(comment, discussion)
        confirmation.ask(comment, sender.address)
    return Accepted(comment, secrets_[0])


def edit(comment: Comment, text: str, sender: Sender, *, version: int) -> Comment:
    """Change the text of a comment for its author, who read `version`; check it again. Raise Rejected or Conflict."""
    _check_sender(comment.email, sender, sender.address, comment.address, confirmed=comment.confirmed)
    listed = _check_words(comment.name, text)
    facts = _Facts.of(comment.name, text, comment.page_language)
    with moderation.locked(comment.pk) as now:
        discussion = _open_discussion(now.article_id)
        if now.text == text:
            # Perhaps the page that has saved it was reloaded.
            return now
        _must_be_changeable(now, version)
        now.text, now.text_hash, now.language = text, facts.text_hash, facts.language
        now.version += 1
        now.edited_at = timezone.now()
        now.queued_at = None
        now.held, now.held_detail = _hold_reason(now, facts, listed, None)
        _accept(now, discussion, edited=True)
    return now


def confirm(address: EmailAddress, own: Collection[int], others: Collection[int]) -> None:
    """Confirm an e-mail address and the comments `own`; remove the address from `others`, which its owner disowns."""
    EmailAddress.objects.filter(pk=address.pk).update(confirmed_at=timezone.now(), silenced_at=None)
    found = confirmation.unconfirmed(address)
    for pk in found.filter(pk__in=others).values_list("pk", flat=True):
        moderation.update_unseen(pk, email="", email_hash="", notify=False)
    for pk in found.filter(pk__in=own).values_list("pk", flat=True):
        # Its author may have deleted it in the meantime.
        with contextlib.suppress(Conflict):
            _confirm(pk)


def _confirm(pk: int) -> None:
    """Mark a comment as confirmed, and publish it if the article's rules now do. Raise Conflict if it is gone."""
    with moderation.locked(pk) as now:
        now.confirmed = True
        waits = now.state == State.WAITING and now.held == Held.POLICY
        if waits and may_appear(now, Discussion.of(now.article_id)):
            moderation.set_state(now, State.APPROVED, actor=Actor.POLICY)
        else:
            now.save()


def withdraw(comment: Comment, *, version: int) -> None:
    """Delete a comment for its author, who read `version`. Raise Rejected or Conflict."""
    with moderation.locked(comment.pk) as now:
        _must_be_changeable(now, version)
        now.delete()


def _must_be_changeable(comment: Comment, version: int) -> None:
    if not comment.may_be_changed:
        raise Rejected(_("You can no longer change your comment."), status=403)
    if comment.version != version:
        raise Conflict(comment)


def language_of(text: str, page_language: str) -> str:
    """Return the detected language of a text; the language of the page if detection is not certain."""
    found = detector.language_of(text, among=KNOWN, home=page_language)
    return found[0] if found else page_language


# Checks ---------------------------------------------------------------------------------------------------------------


def _check_sender(email: str, sender: Sender, *addresses: str | None, confirmed: bool) -> None:
    """Raise Rejected if the e-mail or an IP address is banned, or if too many comments came from the sender.

    Anybody can type an e-mail, so only comments of its confirmed owner count against it.
    """
    if Ban.objects.of(email, *addresses).exists():
        raise Rejected(_("You can’t comment here at the moment."), status=403)
    address = limits.counted_address(sender.address or "")
    by_address = limits.within("comment", address, settings.COMMENTS_PER_ADDRESS, RATE_WINDOW_SECONDS)
    if not by_address or (confirmed and not _is_within_email_limit(email)):
        raise Rejected(
            _("You have sent many comments in a short time. Please wait a few minutes and try again."), status=429
        )


def _is_within_email_limit(email: str) -> bool:
    return limits.within("commenter", keyed_hash(email), settings.COMMENTS_PER_EMAIL, RATE_WINDOW_SECONDS)


def _check_words(name: str, text: str) -> ListedWord | None:
    """Return the listed word for which the comment is held, if there is one. Raise Rejected if the word rejects it."""
    listed = blocklist.found_in(name, text)
    if listed is not None and listed.action == ListedWord.Action.REJECT:
        raise Rejected(_("We don’t publish the word “%(word)s”.") % {"word": listed.word}, "text")
    return listed


def _open_discussion(article_id: int) -> Discussion:
    discussion = Discussion.of(article_id)
    if not discussion.is_open:
        raise Rejected(_("Comments on this article are closed."), status=403)
    return discussion


def _secrets(article: Article, values: CommentData, sender: Sender) -> list[str]:
    """Return the secret of the author's private page; the same one if the same sender repeats the comment.

    Further secrets are those by former keys.

    A sender is identified by the random key of the form's JavaScript module; without JavaScript, by IP address and
    browser. Another sender of the same text gets another secret, and so another comment.
    """
    parent = values.get("parent")
    content = (str(article.pk), str(parent.pk if parent else ""), values["email"], values["text"])
    # The prefixes separate the two: nobody can invent a key that equals the address of another sender.
    if key := values.get("key"):
        return keyed_secrets("key", key, *content)
    # Clients without an address cannot be distinguished.
    if sender.address:
        return keyed_secrets("address", limits.counted_address(sender.address), sender.user_agent, *content)
    return [secrets.token_urlsafe(24)]


def _hold_reason(comment: Comment, facts: _Facts, listed: ListedWord | None, seconds: float | None) -> tuple[str, str]:
    """Return why a moderator must see a comment regardless of the article's rules, and the detail; empty if no need."""
    if comment.open_reports:
        return Held.REPORTED, ""
    if listed is not None:
        return Held.WORDS, listed.word
    if facts.links > settings.COMMENTS_MAX_LINKS:
        return Held.LINKS, str(facts.links)
    if seconds is not None and seconds < MIN_TYPING_SECONDS:
        return Held.FAST, f"{seconds:.1f} s"
    if len(comment.text) >= _MIN_DUPLICATE_LENGTH:
        since = timezone.now() - DUPLICATE_WINDOW
        same = Comment.objects.filter(text_hash__in=plain.hashes_of(comment.text), written_at__gt=since)
        duplicates = same.exclude(pk=comment.pk).count()
        if duplicates > MAX_DUPLICATES:
            return Held.DOUBLED, str(duplicates)
    return "", ""


def _accept(comment: Comment, discussion: Discussion, *, edited: bool = False) -> None:
    """Save a comment in the state that the article's rules give it. Call under the article's lock."""
    if not comment.held and not may_appear(comment, discussion):
        comment.held = Held.EDITED if edited else Held.POLICY
    queued_at = None
    if spam.configured() and comment.address:
        # Check it even if it is held for another reason: moderators need not see spam.
        spam.request_check(comment, recheck="edit" if edited else "")
        queued_at = timezone.now() + spam.GRACE_PERIOD
        comment.held = comment.held or Held.CHECK
    if comment.held and comment.state == State.APPROVED:
        held, comment.held = comment.held, ""
        moderation.set_state(comment, State.WAITING, actor=Actor.AUTHOR, held=held, queued_at=queued_at)
    elif comment.held or comment.state == State.APPROVED:
        comment.queued_at = queued_at
        comment.save()
    else:
        moderation.set_state(comment, State.APPROVED, actor=Actor.POLICY)


def may_appear(comment: Comment, discussion: Discussion) -> bool:
    """Return whether the article's rules publish a comment that no moderator has read and no check has held."""
    if discussion.policy == Policy.AT_ONCE:
        return True
    return discussion.policy == Policy.TRUSTED and comment.confirmed and is_trusted(comment.email)


def is_trusted(email: str) -> bool:
    """Return whether moderators approved enough comments of an author, and none was rejected or marked as spam.

    Only comments that the owner of the e-mail has confirmed count.
    """
    record = moderation.record_of(email)
    if record[State.SPAM] or record[State.REJECTED]:
        return False
    return moderation.approved_by_moderators(email) >= settings.COMMENTS_TRUSTED_AFTER

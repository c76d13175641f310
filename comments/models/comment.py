from __future__ import annotations

import datetime
import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from comments import webhooks
from comments.models.addresses import EmailAddress
from liveblog.delivery import log
from liveblog.encryption import EncryptedField, keyed_hash
from liveblog.fields import LanguageField, LongTextField, ShortTextField
from liveblog.pagination import time_key

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: Elements of the page besides the threads: the number of comments, and the editors' choice.
COUNT = "comments-count"
FEATURED = "comments-featured"

#: The time for which the author may change or delete a comment.
EDIT_WINDOW = datetime.timedelta(minutes=10)


class State(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("state of a comment", "Awaiting moderation")
    APPROVED = "approved", pgettext_lazy("state of a comment", "Approved")
    REJECTED = "rejected", pgettext_lazy("state of a comment", "Rejected")
    SPAM = "spam", pgettext_lazy("state of a comment", "Spam")
    DELETED = "deleted", pgettext_lazy("state of a comment", "Deleted by its author")


class Held(models.TextChoices):
    """Why a comment waits for a moderator."""

    POLICY = "policy", pgettext_lazy("reason for holding a comment", "All comments here are moderated first")
    CHECK = "check", pgettext_lazy("reason for holding a comment", "Being checked for spam")
    UNCHECKED = "unchecked", pgettext_lazy("reason for holding a comment", "Spam check failed")
    LINKS = "links", pgettext_lazy("reason for holding a comment", "Many links")
    WORDS = "words", pgettext_lazy("reason for holding a comment", "Contains a listed word")
    FAST = "fast", pgettext_lazy("reason for holding a comment", "Typed faster than a person can")
    DOUBLED = "doubled", pgettext_lazy("reason for holding a comment", "Same text sent several times")
    EDITED = "edited", pgettext_lazy("reason for holding a comment", "Edited by its author")
    REPORTED = "reported", pgettext_lazy("reason for holding a comment", "Reported by readers")


class CommentQuerySet(models.QuerySet["Comment"]):
    def approved(self) -> CommentQuerySet:
        return self.filter(state=State.APPROVED)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete comments one by one, so that open pages are updated and answers keep their place."""
        for comment in self.order_by("-pk"):
            comment.delete()
        return 0, {}

    # As in Django: templates must not call it, and managers do not offer it.
    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def threads(self) -> CommentQuerySet:
        """Return the first level that readers see: approved comments, and empty places that have answers."""
        return self.filter(thread=None, shown=True)

    def queued(self) -> CommentQuerySet:
        """Return the comments that moderators have to decide on, oldest first: waiting or reported ones."""
        return self.filter(queued_at__lte=timezone.now()).order_by("queued_at", "pk")


class Comment(models.Model):
    """A reader's comment on an article. Other readers see it once it is approved."""

    State = State

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="comments", verbose_name=_("article"))
    #: The comment that this one answers, and the first-level comment above both.
    parent = models.ForeignKey(
        "self", models.RESTRICT, null=True, blank=True, related_name="replies", verbose_name=_("in reply to")
    )
    thread = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, editable=False, related_name="members")
    language = LanguageField(_("language"))
    name = ShortTextField(pgettext_lazy("of a person", "name"), max_length=60)
    text = LongTextField(_("comment"), max_length=3000)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    held = models.CharField(_("held because"), max_length=12, choices=Held, blank=True)
    #: The listed word, or the number of links.
    held_detail = models.CharField(max_length=120, blank=True)
    written_at = models.DateTimeField(_("written"), auto_now_add=True)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    #: The number of decisions and edits. Moderators who decide name the version that they have read.
    version = models.PositiveIntegerField(default=0)
    featured = models.BooleanField(_("editors’ choice"), default=False)
    #: The update that an editor made from it.
    update_made = models.ForeignKey("articles.Update", models.SET_NULL, null=True, blank=True, related_name="+")
    #: The `copy_group` of that update, to find its copies in other articles after it is deleted.
    copy_group_made = models.UUIDField(null=True, editable=False)

    # Derived with each save: whether it has a place on the page, and its number of approved answers.
    shown = models.BooleanField(default=False, editable=False)
    answers = models.PositiveIntegerField(default=0, editable=False)

    # The author. The language is that of the page on which the comment was written.
    email = EncryptedField(_("email"), blank=True)
    email_hash = models.CharField(max_length=64, blank=True)
    #: Whether the owner of the e-mail has confirmed that this comment is theirs; see `comments.confirmation`.
    confirmed = models.BooleanField(default=False, editable=False)
    page_language = LanguageField(_("language of the page"), default="en")
    notify = models.BooleanField(_("wants email notifications"), default=False)
    secret_hash = models.CharField(max_length=64, blank=True)
    #: Deleted when the spam check no longer needs them; see `comments.privacy`.
    address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    text_hash = models.CharField(max_length=64, blank=True)

    # Moderation: when it entered the queue, the moderator who has it open, the number of unsettled reports.
    queued_at = models.DateTimeField(_("waiting since"), null=True, blank=True)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)
    open_reports = models.PositiveIntegerField(default=0)

    # The spam check. The row is the queue: its task is due at `spam_due_at`. See `comments.spam`.
    spam_task = models.CharField(max_length=8, blank=True)
    spam_due_at = models.DateTimeField(null=True, blank=True)
    spam_attempts = models.PositiveSmallIntegerField(default=0)
    spam_failure = models.CharField(max_length=20, blank=True)
    spam_verdict = models.CharField(max_length=8, blank=True)
    recheck_reason = models.CharField(max_length=40, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at", "-pk")
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        permissions = [
            ("feature_comment", "Can feature a comment and make an update of it"),
            ("erase_comment", "Can export and erase what an e-mail address left"),
        ]
        indexes = [
            models.Index(fields=["article", "state", "-written_at", "-id"], name="newest_comments"),
            models.Index(
                fields=["article", "-written_at", "-id"],
                condition=Q(thread__isnull=True, shown=True),
                name="threads_by_time",
            ),
            models.Index(
                fields=["article", "-answers", "-written_at", "-id"],
                condition=Q(thread__isnull=True, shown=True),
                name="threads_by_answers",
            ),
            models.Index(
                fields=["article", "-written_at", "-id"],
                condition=Q(state="approved", featured=True),
                name="featured_comments",
            ),
            models.Index(fields=["queued_at", "id"], condition=Q(queued_at__isnull=False), name="queued_comments"),
            models.Index(fields=["spam_due_at"], condition=Q(spam_due_at__isnull=False), name="due_spam_checks"),
            models.Index(fields=["email_hash", "state"], name="comments_of_an_author"),
            models.Index(fields=["text_hash", "written_at"], name="comments_of_a_text"),
            models.Index(fields=["secret_hash"], name="comments_by_secret"),
            models.Index(fields=["address", "written_at"], name="comments_by_address"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(~Q(text="") & ~Q(name="")) | Q(state="deleted"), name="comment_says_something"
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(queued_at__isnull=False), name="what_waits_is_in_the_queue"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(thread__isnull=False), name="reply_stands_in_a_thread"
            ),
        ]

    def __str__(self) -> str:
        # The admin log stores this, so it must not contain anything that the author wrote.
        return f"#{self.pk}"

    def save(self, **kwargs: Any) -> None:
        with transaction.atomic():
            log.lock(self.article_id)
            if self.parent_id and not self.thread_id:
                self.thread_id = Comment.objects.values_list("thread", flat=True).get(pk=self.parent_id)
                self.thread_id = self.thread_id or self.parent_id
            self.email_hash = keyed_hash(self.email) or self.email_hash
            if self._state.adding and self.email:
                EmailAddress.of(self.email)
            self._queue()
            before = self._visible()
            begins_to_wait = self._waits_for_people and not self._waited_for_people()
            super().save(**kwargs)
            after = self._visible()
            if begins_to_wait:
                webhooks.waits(self)
            if (before is None) != (after is None):
                (webhooks.appeared if before is None else webhooks.disappeared)(self)
            if before != after:
                self._log(before, after, self.thread_id or self.pk)
                self.shown, self.answers = Comment.objects.values_list("shown", "answers").get(pk=self.pk)

    @property
    def _waits_for_people(self) -> bool:
        """Return whether a moderator must decide; the spam check decides most comments automatically."""
        return self.state == State.WAITING and self.held != Held.CHECK

    def _waited_for_people(self) -> bool:
        """Return whether the comment as stored waits for a moderator."""
        stored = Comment.objects.filter(pk=self.pk, state=State.WAITING).exclude(held=Held.CHECK)
        return self.pk is not None and stored.exists()

    def _queue(self) -> None:
        """Put a waiting comment into the queue; take a decided one out, unless reports on it are unsettled."""
        if self.state == State.WAITING:
            self.queued_at = self.queued_at or timezone.now()
            self.held = self.held or Held.POLICY
        elif self.state != State.APPROVED or not self.open_reports:
            self.queued_at = None

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the comment, or empty it if it has answers, which keep their place below it.

        A comment with an update made from it is emptied, too: its hash leads to the update if the author's data is
        erased later.
        """
        with transaction.atomic():
            log.lock(self.article_id)
            if self.was_quoted or self.replies.exists():
                return self.empty()
            before = self._visible()
            if before is not None:
                webhooks.disappeared(self)
            thread, pk = self.thread_id, self.pk
            deleted = super().delete(using, keep_parents)
            if before is not None:
                self._log(before, None, thread or pk)
            return deleted

    def empty(self) -> tuple[int, dict[str, int]]:
        """Remove all data of the author, but keep the place in the thread.

        The hash of the author's e-mail stays if an update was made from the comment.
        """
        self.name = self.text = self.email = self.secret_hash = self.text_hash = ""
        self.user_agent = self.held = self.held_detail = self.spam_task = self.spam_failure = ""
        self.address = self.queued_at = self.spam_due_at = self.edited_at = None
        if not self.was_quoted:
            self.email_hash = ""
        self.notify = self.featured = False
        self.state = State.DELETED
        self.version += 1
        self.save()
        for related in (self.translations, self.notes, self.decisions, self.reports, self.emails, self.answer_emails):
            related.all().delete()
        return 0, {}

    # On readers' pages ------------------------------------------------------------------------------------------------

    def _visible(self) -> dict[str, object] | None:
        """Return what readers see of the comment as stored; None if they do not see it."""
        if self.pk is None:
            return None
        fields = ("name", "text", "language", "featured", "edited_at")
        return Comment.objects.approved().filter(pk=self.pk).values(*fields).first()

    def _log(self, before: dict[str, object] | None, after: dict[str, object] | None, thread: int) -> None:
        """Log the changed elements for open pages, and update `answers` and `shown` of the thread."""
        came_or_went = (before is None) != (after is None)
        if came_or_went:
            members = Comment.objects.approved().filter(thread=thread)
            Comment.objects.filter(pk=thread).update(answers=members.count())
            Comment.objects.filter(pk=self.pk).update(shown=after is not None)
            Comment.objects.filter(pk=thread).update(
                shown=Exists(Comment.objects.approved().filter(Q(pk=thread) | Q(thread=thread)))
            )
        log.append(self.article_id, f"comment-{thread}")
        if came_or_went:
            log.append(self.article_id, COUNT)
        if (before or {}).get("featured") or (after or {}).get("featured"):
            log.append(self.article_id, FEATURED)

    @property
    def element(self) -> str:
        """The element of the page that holds the comment: its thread."""
        return f"comment-{self.thread_id or self.pk}"

    @property
    def sort_key(self) -> str:
        return time_key(self.written_at, self.pk)

    @property
    def version_name(self) -> str:
        """Return the name of the version for forms: its number, and a digest of its visible content.

        After a failover or a restore that loses the last decisions and edits, new ones get the same numbers.
        """
        read = json.dumps([self.name, self.text, self.state])
        return f"{self.version}-{hashlib.sha256(read.encode()).hexdigest()[:20]}"

    def version_called(self, name: str | None) -> int:
        """Return the number of the present version if this is its name, otherwise -1, which is no version."""
        return self.version if name == self.version_name else -1

    @property
    def was_quoted(self) -> bool:
        """Return whether an update made from the comment, or a copy of it, may exist."""
        return self.update_made_id is not None or self.copy_group_made is not None

    @property
    def may_be_changed(self) -> bool:
        """Return whether the author may still change or delete the comment."""
        return self.state in (State.WAITING, State.APPROVED) and timezone.now() < self.written_at + EDIT_WINDOW

    @property
    def claimant(self) -> User | None:
        """The moderator with a valid claim on the comment, if there is one."""
        return self.claimed_by if self.claimed_until and self.claimed_until > timezone.now() else None


class Commenter(Comment):
    """The admin's entry for exporting and erasing the data of one e-mail address. See `comments.privacy`."""

    class Meta:
        proxy = True
        verbose_name = _("data of an email address")
        verbose_name_plural = _("data of an email address")
        default_permissions = ()

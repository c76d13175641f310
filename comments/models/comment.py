from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from comments.encryption import EncryptedField, keyed_hash
from liveblog.delivery import log
from liveblog.fields import LanguageField

#: Elements of the page beside the threads themselves: how many comments there are, and those that editors chose.
COUNT = "comments-count"
CHOSEN = "comments-chosen"

#: How long its author may change or delete a comment.
SECOND_THOUGHTS = datetime.timedelta(minutes=10)


class State(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("state of a comment", "Waiting")
    APPROVED = "approved", pgettext_lazy("state of a comment", "Approved")
    REFUSED = "refused", pgettext_lazy("state of a comment", "Refused")
    SPAM = "spam", pgettext_lazy("state of a comment", "Spam")
    DELETED = "deleted", pgettext_lazy("state of a comment", "Deleted by its author")


class Held(models.TextChoices):
    """Why a comment does not appear by itself."""

    POLICY = "policy", pgettext_lazy("reason for holding a comment", "All comments here are read first")
    CHECK = "check", pgettext_lazy("reason for holding a comment", "Being checked for spam")
    UNCHECKED = "unchecked", pgettext_lazy("reason for holding a comment", "Could not be checked for spam")
    LINKS = "links", pgettext_lazy("reason for holding a comment", "Many links")
    WORDS = "words", pgettext_lazy("reason for holding a comment", "A word from the list")
    FAST = "fast", pgettext_lazy("reason for holding a comment", "Written faster than people type")
    DOUBLED = "doubled", pgettext_lazy("reason for holding a comment", "The same text several times")
    EDITED = "edited", pgettext_lazy("reason for holding a comment", "Changed by its author")
    REPORTED = "reported", pgettext_lazy("reason for holding a comment", "Reported by readers")


class CommentQuerySet(models.QuerySet):
    def approved(self) -> CommentQuerySet:
        return self.filter(state=State.APPROVED)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Each by itself, so that open pages are told and answers keep their place."""
        for comment in self.order_by("-pk"):
            comment.delete()
        return 0, {}

    delete.alters_data = True
    delete.queryset_only = True

    def threads(self) -> CommentQuerySet:
        """What readers see at the first level: approved comments, and places of those that were answered."""
        return self.filter(thread=None, shown=True)

    def queued(self) -> CommentQuerySet:
        """What moderators have to do, the oldest first: what waits, and what readers reported."""
        return self.filter(queued_at__lte=timezone.now()).order_by("queued_at", "pk")


class Comment(models.Model):
    """What a reader wrote under an article. Others see it once it is approved."""

    State = State

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="comments", verbose_name=_("article"))
    #: The comment that this one answers, and the one at the first level under which both stand.
    parent = models.ForeignKey(
        "self", models.RESTRICT, null=True, blank=True, related_name="replies", verbose_name=_("in reply to")
    )
    thread = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, editable=False, related_name="members")
    language = LanguageField(_("language"))
    name = models.CharField(_("name"), max_length=60)
    text = models.TextField(_("comment"), max_length=3000)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    held = models.CharField(_("reason held"), max_length=12, choices=Held, blank=True)
    #: Which word of the list, how many links.
    held_detail = models.CharField(max_length=120, blank=True)
    written_at = models.DateTimeField(_("written"), auto_now_add=True)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    #: Counts decisions and edits: who decides says which version they have read.
    version = models.PositiveIntegerField(default=0)
    featured = models.BooleanField(_("editors’ choice"), default=False)
    #: The live post that an editor made of it.
    update_made = models.ForeignKey("articles.Update", models.SET_NULL, null=True, blank=True, related_name="+")
    #: What tells its copies in other articles, where it was deleted and they were not.
    copy_group_made = models.UUIDField(null=True, editable=False)

    # What readers see of it, kept with each save: whether it has a place in the page, and how many approved answers.
    shown = models.BooleanField(default=False, editable=False)
    answers = models.PositiveIntegerField(default=0, editable=False)

    # Its author. The language is that of the page on which it was written.
    email = EncryptedField(_("e-mail"), blank=True)
    email_hash = models.CharField(max_length=64, blank=True)
    page_language = LanguageField(_("language of the page"), default="en")
    notify = models.BooleanField(_("wants to be told by e-mail"), default=False)
    secret_hash = models.CharField(max_length=64, blank=True)
    #: Kept for as long as checking for spam needs them; see `comments.privacy`.
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    text_hash = models.CharField(max_length=64, blank=True)

    # Moderation: since when it waits for somebody, who has it open, how many readers reported it.
    queued_at = models.DateTimeField(_("waiting since"), null=True, blank=True)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)
    open_reports = models.PositiveIntegerField(default=0)

    # The spam check. The row is the queue: what has a time is to be done then. See `comments.spam`.
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
        # The admin's log keeps it: nothing of what its author wrote.
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            log.lock(self.article_id)
            if self.parent_id and not self.thread_id:
                self.thread_id = Comment.objects.values_list("thread", flat=True).get(pk=self.parent_id)
                self.thread_id = self.thread_id or self.parent_id
            self.email_hash = keyed_hash(self.email) or self.email_hash
            self._queue()
            before = self._seen()
            super().save(*args, **kwargs)
            self._settle(before, self._seen())

    def _queue(self) -> None:
        """What waits, waits for somebody; what is decided does not, unless readers have reported it."""
        if self.state == State.WAITING:
            self.queued_at = self.queued_at or timezone.now()
            self.held = self.held or Held.POLICY
        elif self.state != State.APPROVED or not self.open_reports:
            self.queued_at = None

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """What was answered leaves its place behind, empty, so that the answers stand where they stood.

        So does what an update was made of, for whoever has the update erased later by the e-mail address.
        """
        with transaction.atomic():
            log.lock(self.article_id)
            if self.was_quoted or self.replies.exists():
                return self.empty()
            before = self._seen()
            thread, pk = self.thread_id, self.pk
            deleted = super().delete(*args, **kwargs)
            if before is not None:
                self._log(before, None, thread or pk)
            return deleted

    def empty(self) -> tuple[int, dict[str, int]]:
        """Take away all that its author left, but for the place in the thread.

        Whose it was is still known, by a hash, as long as there is an update made of it.
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
        for related in (self.translations, self.notes, self.decisions, self.reports, self.letters, self.answer_letters):
            related.all().delete()
        return 0, {}

    # What readers see -------------------------------------------------------------------------------------------------

    def _seen(self) -> dict[str, Any] | None:
        """What readers see of the comment as it is in the database; None where they do not see it."""
        if self.pk is None:
            return None
        fields = ("name", "text", "language", "featured", "edited_at")
        return Comment.objects.approved().filter(pk=self.pk).values(*fields).first()

    def _settle(self, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        if before == after:
            return
        self._log(before, after, self.thread_id or self.pk)
        found = Comment.objects.values_list("shown", "answers").get(pk=self.pk)
        self.shown, self.answers = found

    def _log(self, before: dict[str, Any] | None, after: dict[str, Any] | None, thread: int) -> None:
        """Tell open pages, and keep the count of the thread and whether it has a place."""
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
            log.append(self.article_id, CHOSEN)

    @property
    def element(self) -> str:
        """The element of the page that holds it: that of its thread."""
        return f"comment-{self.thread_id or self.pk}"

    @property
    def sort_key(self) -> str:
        return f"{self.written_at.astimezone(datetime.UTC):%Y%m%dT%H%M%S.%f}-{self.pk:012d}"

    @property
    def was_quoted(self) -> bool:
        """Whether there may be an update that was made of it."""
        return self.update_made_id is not None or self.copy_group_made is not None

    @property
    def may_be_changed(self) -> bool:
        """Whether its author may still change or delete it."""
        return self.state in (State.WAITING, State.APPROVED) and timezone.now() < self.written_at + SECOND_THOUGHTS

    @property
    def claimed_now(self) -> Any:
        """The moderator who has it open, if somebody has."""
        return self.claimed_by if self.claimed_until and self.claimed_until > timezone.now() else None


class Commenter(Comment):
    """Readers by what they left: the admin's entry for exporting and erasing it. See `comments.privacy`."""

    class Meta:
        proxy = True
        verbose_name = _("what an e-mail address left")
        verbose_name_plural = _("what an e-mail address left")
        default_permissions = ()

"""The subjects that readers follow, and the notifications that they get."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liveblog.fields import LanguageField
from liveblog.jobs import QueueRow
from liveblog.webpush.models import PushSubscription


class Level(models.TextChoices):
    """The updates that a reader is notified of. Each level includes those after it."""

    ALL = "all", _("Every update")
    KEY = "key", _("Key events")
    BREAKING = "breaking", _("Breaking news")


class Follow(models.Model):
    """A coverage, a topic or an author that a browser follows, in the language of the page on which it began to."""

    Level = Level

    subscription = models.ForeignKey(PushSubscription, models.CASCADE, related_name="follows")
    article = models.ForeignKey("articles.Article", models.CASCADE, null=True, related_name="follows")
    topic = models.ForeignKey("articles.Topic", models.CASCADE, null=True, related_name="follows")
    author = models.ForeignKey("articles.Author", models.CASCADE, null=True, related_name="follows")
    language = LanguageField()
    level = models.CharField(max_length=8, choices=Level, default=Level.ALL)
    created_at = models.DateTimeField(default=timezone.now)

    #: The columns for the subject, of which exactly one is set.
    SUBJECTS = ("article", "topic", "author")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=False, topic__isnull=True, author__isnull=True)
                | Q(article__isnull=True, topic__isnull=False, author__isnull=True)
                | Q(article__isnull=True, topic__isnull=True, author__isnull=False),
                name="follow_has_one_subject",
            ),
            *(
                models.UniqueConstraint(
                    fields=["subscription", subject],
                    condition=Q(**{f"{subject}__isnull": False}),
                    name=f"one_follow_of_{subject}",
                )
                for subject in ("article", "topic", "author")
            ),
        ]
        indexes = [
            # Followers are read in batches, in the order of their subscriptions.
            models.Index(
                fields=[subject, "language", "subscription"],
                condition=Q(**{f"{subject}__isnull": False}),
                name=f"followers_of_{subject}",
            )
            for subject in ("article", "topic", "author")
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}: {self.subject_kind} {self.subject_id}"

    @property
    def subject_kind(self) -> str:
        return next(name for name in self.SUBJECTS if getattr(self, f"{name}_id") is not None)

    @property
    def subject_id(self) -> int:
        return int(getattr(self, f"{self.subject_kind}_id"))


class Story(models.Model):
    """The notification of an update for its followers: the first one, a correction, and its withdrawal.

    Its primary key is that of the update, which may be deleted. The copies of an update in other articles are the same
    story, so nobody who follows several of them is notified twice.
    """

    id = models.BigIntegerField(primary_key=True)
    #: That of the update. It names the copies even if the update has been deleted.
    copy_group = models.UUIDField(null=True, db_index=True)
    article = models.ForeignKey("articles.Article", models.SET_NULL, null=True, related_name="stories")
    #: The highest level that the update has had.
    level = models.CharField(max_length=8, choices=Level, default=Level.ALL)
    created_at = models.DateTimeField(default=timezone.now)
    #: Nobody is notified before this time; until then it can be stopped.
    goes_at = models.DateTimeField()
    stopped = models.BooleanField(default=False)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    withdrawn = models.BooleanField(default=False)
    #: Number of readers who have got a notification.
    told = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["created_at"], name="oldest_stories")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def tag(self) -> str:
        """The name under which a browser shows its notification: a later one replaces an earlier one."""
        return f"update-{self.pk}"


class Edition(QueueRow):
    """A story in one language. The row is queued while its text is awaited and its readers are collected.

    See `articles.following.editions`.
    """

    story = models.ForeignKey(Story, models.CASCADE, related_name="editions")
    language = LanguageField()
    #: The time until which the text is awaited.
    deadline = models.DateTimeField()
    #: The message for readers; empty while there is no text.
    message = models.JSONField(null=True)
    #: The event of the message.
    about = models.CharField(max_length=48, blank=True)
    #: The number of messages so far; a reader who has an earlier one gets the present one.
    version = models.PositiveIntegerField(default=0)
    #: Subscriptions up to this one have been collected.
    gathered = models.BigIntegerField(default=0)
    #: Whether all have been collected. Later followers get no correction of a message that they did not get.
    complete = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["story", "language"], name="one_edition_in_a_language")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_editions")]

    def __str__(self) -> str:
        return f"#{self.story_id} {self.language}"


class Delivery(QueueRow):
    """One reader's notification of a story. The rows are the queue of `articles.following.deliveries`."""

    story = models.ForeignKey(Story, models.CASCADE, related_name="deliveries")
    edition = models.ForeignKey(Edition, models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(PushSubscription, models.CASCADE, related_name="deliveries")
    #: The version of the edition that the reader has; 0: none.
    version = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    #: The push service, one of `liveblog.webpush.endpoints.services`; "" if it is no longer in the settings.
    service = models.CharField(max_length=255, blank=True)
    #: Whether it waits for the end of quiet hours.
    held = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["story", "subscription"], name="one_delivery_of_a_story")]
        indexes = [
            models.Index(fields=["service", "due_at"], condition=Q(due_at__isnull=False), name="due_notifications")
        ]

    def __str__(self) -> str:
        return f"#{self.story_id} to {self.subscription_id}"

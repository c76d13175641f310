"""The times at which updates were modified, and the queued pings to hubs and search engines."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liveblog.fields import LanguageField
from liveblog.jobs import QueueRow


class Modification(models.Model):
    """When the published contents of an update for readers of one language were last modified.

    There is no row while they are as first published.
    """

    update: Any = models.ForeignKey("articles.Update", models.CASCADE, related_name="modifications")
    language = LanguageField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["update", "language"], name="one_modification_in_a_language")]

    def __str__(self) -> str:
        return f"{self.update_id} {self.language}"


class Ping(QueueRow):
    """A notice to another service that one of our addresses has changed.

    The rows are the queue of `articles.feeds.pings`. They are only added by edits, never updated, so that edits of
    different coverage do not wait for each other; rows of the same address are sent as one notice.
    """

    class Service(models.TextChoices):
        WEBSUB = "websub"
        INDEXNOW = "indexnow"

    service = models.CharField(max_length=8, choices=Service)
    address = models.URLField(max_length=500)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["service", "due_at"], condition=Q(due_at__isnull=False), name="due_pings")]

    def __str__(self) -> str:
        return f"{self.service} {self.address}"

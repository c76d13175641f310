"""The alerts that people of the newsroom have chosen, and the queue of alerts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liveblog.jobs import QueueRow


class Channel(models.TextChoices):
    NONE = "none", _("Not at all")
    EMAIL = "email", _("By email")
    PUSH = "push", _("On my devices")


class AlertChoice(models.Model):
    """One person's choice about one kind of alert. Without a row, the default of the kind holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="alert_choices")
    #: The code of a kind; see `liveblog.alerts.kinds`.
    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=8, choices=Channel)
    #: Minutes that the subject has to wait before the alert; None if the kind is not about waiting.
    minutes = models.PositiveIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_choice_about_a_kind")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.channel}"


class Alert(QueueRow):
    """A queued alert to one user about one subject. Alerts of one kind that are due together are one message."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20)
    #: Identifies the subject within the kind, so that nobody is alerted to it twice.
    subject = models.CharField(max_length=60)
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind", "subject"], name="one_alert_of_a_thing")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_alerts")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.subject}"

"""E-mails to editors about coverage that nobody works on."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from liveblog.jobs import QueueRow


class CoverageEmail(QueueRow):
    """An e-mail to one editor about an event of a coverage. `articles.publishing.emails` writes and sends it."""

    event = models.ForeignKey("articles.CoverageEvent", models.CASCADE, related_name="emails")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_coverage_emails")]
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="one_email_about_an_event")]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.user_id}"

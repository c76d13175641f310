from django.conf import settings
from django.db import models
from django.db.models import Q

from liveblog.jobs import QueueRow


class EmailJob(QueueRow):
    """An e-mail to be sent. It holds neither words nor an address: when it is, they are taken from what it is about."""

    class Kind(models.TextChoices):
        APPROVED = "approved"
        ANSWERED = "answered"
        DIGEST = "digest"

    #: Names the occasion, so that nobody gets two letters about it.
    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    #: Whose author it goes to; a digest goes to `person` instead.
    comment = models.ForeignKey("comments.Comment", models.CASCADE, null=True, related_name="letters")
    answer = models.ForeignKey("comments.Comment", models.CASCADE, null=True, related_name="answer_letters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_letters")]

    def __str__(self) -> str:
        return self.key

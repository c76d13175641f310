from django.db import models
from django.db.models import Q

from liveblog.jobs import QueueRow


class EmailJob(QueueRow):
    """An e-mail to be sent. Its text and its address are taken from the comment when it is sent."""

    class Kind(models.TextChoices):
        APPROVED = "approved"
        ANSWERED = "answered"
        CONFIRM = "confirm"

    #: Identifies the occasion, so that nobody gets two e-mails about it.
    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    #: The recipient is the author of this comment. A request to confirm goes to `address`.
    comment = models.ForeignKey("comments.Comment", models.CASCADE, null=True, related_name="emails")
    answer = models.ForeignKey("comments.Comment", models.CASCADE, null=True, related_name="answer_emails")
    address = models.ForeignKey("comments.EmailAddress", models.CASCADE, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_emails")]

    def __str__(self) -> str:
        return self.key

"""Webhooks and their deliveries."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liveblog import public_http
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.encryption import EncryptedField
from liveblog.errors import ProviderError
from liveblog.fields import ShortTextField
from liveblog.jobs import QueueRow
from liveblog.webhooks import signing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from articles.models import Article

#: The greatest number of webhooks of a site.
MAX_WEBHOOKS = 50
#: The time for which messages are also signed with the former secret.
OLD_SECRET_FOR = timedelta(hours=24)


def validate_address(address: str) -> None:
    """Raise ValidationError unless an address may be that of a public server."""
    try:
        public_http.check(address)
    except ProviderError:
        message = _("Enter the address of a public server. It begins with https://.")
        raise ValidationError(message, code="address") from None


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def told_of(self, event: str, article_id: int | None) -> list[Webhook]:
        """Return those that get an event in an article; None: an event without an article."""
        found: list[Webhook] = [webhook for webhook in self.filter(is_on=True) if event in webhook.events]
        if all(webhook.every_article for webhook in found):
            return found
        of_article = set(self.filter(articles=article_id or 0).values_list("pk", flat=True))
        return [webhook for webhook in found if webhook.every_article or webhook.pk in of_article]


class Webhook(models.Model):
    """Another system that gets messages about events at its own address."""

    class Reason(models.TextChoices):
        """Why it is switched off."""

        PERSON = "person", pgettext_lazy("why a webhook is off", "A person switched it off")
        FAILING = "failing", pgettext_lazy("why a webhook is off", "No response for days")
        GONE = "gone", pgettext_lazy("why a webhook is off", "It responded that it no longer exists (410)")
        FULL = "full", pgettext_lazy("why a webhook is off", "Too many messages were waiting for it")

    name = ShortTextField(
        pgettext_lazy("of a thing", "name"),
        max_length=80,
        help_text=_("The system that gets the messages, so that you recognise it."),
    )
    address = ShortTextField(
        _("address"), max_length=500, validators=[validate_address], help_text=_("Messages are sent there by POST.")
    )
    events = models.JSONField(_("events"), default=list)
    #: Not the same as an empty list of articles, which remains when the last one is deleted.
    every_article = models.BooleanField(default=True, editable=False)
    articles = models.ManyToManyField(
        "articles.Article",
        blank=True,
        related_name="+",
        verbose_name=_("articles"),
        help_text=_("Leave it empty for all articles."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    secret = EncryptedField(editable=False)
    old_secret = EncryptedField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    is_on = models.BooleanField(_("switched on"), default=True)
    off_since = models.DateTimeField(null=True, editable=False)
    off_reason = models.CharField(max_length=10, choices=Reason, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    #: The end of the lease of a process that sends to it: one message is under way at a time.
    taken_until = models.DateTimeField(null=True, editable=False)
    succeeded_at = models.DateTimeField(_("last success"), null=True, editable=False)

    # The e-mail about its being switched off; see `liveblog.webhooks.emails`.
    email_due_at = models.DateTimeField(null=True, editable=False)
    email_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    email_failure = models.CharField(max_length=40, blank=True, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def free(cls, now: datetime, prefix: str = "") -> Q:
        """Return the condition that no process sends to it. `prefix`: for queries of related models."""
        return Q(**{f"{prefix}taken_until": None}) | Q(**{f"{prefix}taken_until__lte": now})

    @property
    def secrets(self) -> list[str]:
        """Return the secrets that sign its messages, the present one first."""
        until = self.old_secret_until
        keeps = bool(self.old_secret) and until is not None and timezone.now() < until
        return [self.secret, *([self.old_secret] if keeps else [])]

    def renew_secret(self) -> str:
        """Set a new secret. For a day, the former one signs as well, so that the receiver can be updated."""
        self.old_secret, self.old_secret_until = self.secret, timezone.now() + OLD_SECRET_FOR
        self.secret = signing.new_secret()
        return self.secret

    @property
    def lost_its_articles(self) -> bool:
        """Return whether it is limited to articles that were all deleted, so that it gets nothing about any."""
        return self.pk is not None and not self.every_article and not self.articles.exists()

    def limit_to(self, articles: Iterable[Article]) -> None:
        """Limit it to these articles; none stands for all. The webhook must have been saved."""
        only = list(articles)
        Webhook.objects.filter(pk=self.pk).update(every_article=not only)
        self.articles.set(only)

    def switch_off(self, reason: str, *, tell: bool = False) -> None:
        """Switch it off. `tell`: whether to send an e-mail to the user who made it."""
        now = timezone.now()
        with transaction.atomic():
            rows = Webhook.objects.filter(pk=self.pk, is_on=True)
            due = {"email_due_at": now, "email_attempts": 0, "email_failure": ""} if tell else {}
            if rows.update(is_on=False, off_since=now, off_reason=reason, **due):
                self.deliveries.filter(due_at__isnull=False).update(due_at=None)
                record(Action.WEBHOOK_OFF, self.about, reason=reason)

    def switch_on(self) -> None:
        Webhook.objects.filter(pk=self.pk).update(is_on=True, off_since=None, off_reason="", failing_since=None)

    @property
    def about(self) -> str:
        """Return its name in entries of the audit log."""
        return f"webhook {self.name}"


class Delivery(QueueRow):
    """One message to one webhook. The rows are the queue of `liveblog.webhooks.sending`."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    #: The same for each attempt, so that a receiver recognises a repeated message.
    message_id = models.CharField(max_length=40, unique=True)
    event = models.CharField(_("event"), max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    delivered_at = models.DateTimeField(null=True)
    #: The status of the last answer.
    status = models.PositiveSmallIntegerField(null=True)
    #: The last attempts, each with its time, status of HTTP, failure and seconds.
    tries = models.JSONField(default=list)

    class Meta:
        ordering = ("-pk",)
        default_permissions = ("view",)
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_deliveries"),
            models.Index(
                fields=["webhook", "due_at", "id"], condition=Q(due_at__isnull=False), name="due_deliveries_of_webhook"
            ),
            models.Index(fields=["created_at"], name="old_deliveries"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"

    @classmethod
    def of(cls, webhook: Webhook, event: str, body: str) -> Delivery:
        """Return a delivery that is due now, not saved."""
        message_id = f"msg_{uuid.uuid4().hex}"
        return cls(webhook=webhook, message_id=message_id, event=event, body=body, due_at=timezone.now())

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from comments.models.comment import State
from liveblog.encryption import hashes
from liveblog.fields import LongTextField, ShortTextField
from liveblog.moments.fields import MomentField
from liveblog.networks import client_of

#: The time in which a moderator may undo a decision before readers and the spam service are told.
UNDO_WINDOW = datetime.timedelta(minutes=1)


class Actor(models.TextChoices):
    """The maker of a decision: a person, the rules or the spam check."""

    MODERATOR = "moderator", pgettext_lazy("who decided on a comment", "A moderator")
    AUTHOR = "author", pgettext_lazy("who decided on a comment", "Its author")
    POLICY = "policy", pgettext_lazy("who decided on a comment", "The article’s rules")
    SPAM_CHECK = "spam", pgettext_lazy("who decided on a comment", "The spam filter")


class Decision(models.Model):
    """One line of the moderation log: a comment went from one state to another. Lines are added, never changed."""

    comment = models.ForeignKey("comments.Comment", models.CASCADE, related_name="decisions", verbose_name=_("comment"))
    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    #: The day of `at` in the article's time zone, by which the log is filtered.
    day = models.DateField(_("time"), editable=False)
    actor = models.CharField(_("decided by"), max_length=10, choices=Actor)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("moderator")
    )
    from_state = models.CharField(_("previous status"), max_length=12, choices=State)
    to_state = models.CharField(_("new status"), max_length=12, choices=State)
    reason = ShortTextField(_("reason"), max_length=300, blank=True)
    #: The version of the comment that the decision made. Only the decision that made the present version can be undone.
    version = models.PositiveIntegerField()
    #: The values that the decision overwrote and an undo restores.
    was_held = models.CharField(max_length=12, blank=True)
    was_queued_at = models.DateTimeField(null=True)
    had_reports = models.PositiveIntegerField(default=0)
    undoes = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="undone_by", verbose_name=_("reverses")
    )

    class Meta:
        ordering = ("-pk",)
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["comment", "version"], name="one_decision_on_a_version")]

    def __str__(self) -> str:
        return f"#{self.comment_id}: {self.from_state} → {self.to_state}"

    def save(self, **kwargs: Any) -> None:
        if self._state.adding:
            self.day = self.at.astimezone(self.comment.article.zone).date()
        super().save(**kwargs)


class Note(models.Model):
    """A note on a comment for other moderators. Readers never see it."""

    comment = models.ForeignKey("comments.Comment", models.CASCADE, related_name="notes", verbose_name=_("comment"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("moderator")
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)
    text = LongTextField(_("note"), max_length=1000)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        default_permissions = ("add", "view")

    def __str__(self) -> str:
        return f"#{self.comment_id}"


class BanQuerySet(models.QuerySet["Ban"]):
    def in_force(self) -> BanQuerySet:
        return self.filter(until__gt=timezone.now())

    def of(self, email: str, *addresses: str | None) -> BanQuerySet:
        """Return the present bans on an e-mail or on one of the IP addresses."""
        networks = [banned_address(address) for address in addresses if address]
        return self.in_force().filter(Q(email_hash__in=hashes(email)) | Q(address__in=networks))


def banned_address(address: str) -> str:
    """Return the address that a ban on `address` stores: the first one of the network that counts as one client."""
    return str(client_of(address).network_address)


class Ban(models.Model):
    """No comments are accepted with this e-mail, or from this IP address or its network, until a time."""

    email_hash = models.CharField(max_length=64, blank=True, db_index=True)
    address = models.GenericIPAddressField(_("IP address"), null=True, blank=True, db_index=True)
    until = MomentField(_("until"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("moderator")
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)
    reason = ShortTextField(_("reason"), max_length=300, blank=True)

    objects = BanQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
        constraints = [
            models.CheckConstraint(condition=~Q(email_hash="") | Q(address__isnull=False), name="ban_of_somebody")
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def clean(self) -> None:
        super().clean()
        before = Ban.objects.filter(pk=self.pk).values_list("until", flat=True).first()
        # Forms show whole minutes or seconds.
        stored = before and self.until and before.replace(second=0, microsecond=0)
        if self.until and self.until <= timezone.now() and self.until.replace(second=0, microsecond=0) != stored:
            raise ValidationError({"until": _("This time has already passed. To lift the ban, delete it.")})

    def save(self, **kwargs: Any) -> None:
        if self.address:
            self.address = banned_address(self.address)
        super().save(**kwargs)


class Report(models.Model):
    """A reader's report of a comment. Each reader counts once: `reader_hash` is a keyed hash of the IP address."""

    class Reason(models.TextChoices):
        ABUSE = "abuse", pgettext_lazy("reason for reporting a comment", "Abusive or hateful")
        SPAM = "spam", pgettext_lazy("reason for reporting a comment", "Advertising")
        FALSE = "false", pgettext_lazy("reason for reporting a comment", "Harmful misinformation")
        PRIVATE = "private", pgettext_lazy("reason for reporting a comment", "Shares someone’s personal information")
        OTHER = "other", pgettext_lazy("reason for reporting a comment", "Something else")

    comment = models.ForeignKey("comments.Comment", models.CASCADE, related_name="reports", verbose_name=_("comment"))
    at = models.DateTimeField(_("time"), auto_now_add=True)
    reason = models.CharField(_("reason"), max_length=8, choices=Reason)
    text = ShortTextField(_("reader’s explanation"), max_length=500, blank=True)
    reader_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "reader_hash"], condition=~Q(reader_hash=""), name="one_report_of_a_reader"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}: {self.reason}"

"""The versions of updates, and the events of coverages."""

from __future__ import annotations

from datetime import UTC

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class UpdateVersion(models.Model):
    """The state of an update after one edit. `articles.history.recording` writes versions; nothing changes them."""

    class Cause(models.TextChoices):
        WRITTEN = "", pgettext_lazy("way in which a version came about", "Written")
        CLOCK = "clock", pgettext_lazy("way in which a version came about", "Scheduler")
        MACHINE = "machine", pgettext_lazy("way in which a version came about", "Automatic")
        FOUND = "found", pgettext_lazy("way in which a version came about", "Before the history begins")

    update = models.ForeignKey("articles.Update", models.CASCADE, related_name="versions", verbose_name=_("update"))
    #: Numbered from 1 within the update.
    number = models.PositiveIntegerField()
    at = models.DateTimeField(_("time"), auto_now_add=True)
    #: None if a machine made the version, or if the account is deleted.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("person")
    )
    cause = models.CharField(_("origin"), max_length=8, choices=Cause, default=Cause.WRITTEN)
    #: The name of the user or machine, which outlives the account. Empty if it is unknown who made the state.
    actor = models.CharField(max_length=150, blank=True)
    #: The number of the version that this one restored.
    restored = models.PositiveIntegerField(null=True)
    #: Columns and relations by name; see `articles.history.recording.as_stored`.
    data = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("update_id", "-number")
        default_permissions = ()
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [
            models.UniqueConstraint(fields=["update", "number"], name="one_version_of_a_number"),
            models.CheckConstraint(condition=~Q(actor="") | Q(cause="found"), name="version_names_its_actor"),
        ]

    def __str__(self) -> str:
        return f"#{self.update_id}.{self.number}"

    @property
    def name(self) -> str:
        """Return the name of the version for forms: its number, and its time in microseconds.

        After a failover or a restore that loses the last versions, new ones get the same numbers.
        """
        return f"{self.number}-{self.at.astimezone(UTC):%Y%m%d%H%M%S%f}"


class CoverageEvent(models.Model):
    """A change of state of an article's coverage. `articles.history.recording` writes it when the state changes."""

    class Kind(models.TextChoices):
        ANNOUNCED = "announced", pgettext_lazy("event of a coverage", "Announced")
        STARTED = "started", pgettext_lazy("event of a coverage", "Started")
        RESUMED = "resumed", pgettext_lazy("event of a coverage", "Resumed")
        FINISHED = "finished", pgettext_lazy("event of a coverage", "Finished")
        WARNED = "warned", pgettext_lazy("event of a coverage", "Editors alerted: nothing new")
        KEPT = "kept", pgettext_lazy("event of a coverage", "Kept open")

    Cause = UpdateVersion.Cause

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="events", verbose_name=_("article"))
    kind = models.CharField(_("event"), max_length=9, choices=Kind)
    at = models.DateTimeField(_("time"), default=timezone.now)
    #: None if a machine caused the event, or if the account is deleted.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("person")
    )
    cause = models.CharField(_("origin"), max_length=8, choices=Cause, default=Cause.WRITTEN)
    #: The name of the user or machine, which outlives the account.
    actor = models.CharField(max_length=150)

    class Meta:
        ordering = ("-at", "-pk")
        default_permissions = ()
        verbose_name = _("coverage event")
        verbose_name_plural = _("coverage events")
        indexes = [models.Index(fields=["article", "-at"], name="events_of_a_coverage")]
        constraints = [models.CheckConstraint(condition=~Q(actor=""), name="event_names_its_actor")]

    def __str__(self) -> str:
        return f"#{self.article_id}: {self.kind}"

"""The versions of updates."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class UpdateVersion(models.Model):
    """An update as one edit left it. `articles.history.recording` writes versions; nothing changes them."""

    class Cause(models.TextChoices):
        WRITTEN = "", pgettext_lazy("way in which a version came about", "Written")
        CLOCK = "clock", pgettext_lazy("way in which a version came about", "Clock")
        MACHINE = "machine", pgettext_lazy("way in which a version came about", "Machine")
        FOUND = "found", pgettext_lazy("way in which a version came about", "As it was before its history begins")

    update = models.ForeignKey("articles.Update", models.CASCADE, related_name="versions", verbose_name=_("update"))
    #: Counts from 1 within the update.
    number = models.PositiveIntegerField()
    at = models.DateTimeField(_("time"), auto_now_add=True)
    #: None if a machine, the clock or a command made the version.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("person")
    )
    cause = models.CharField(_("way"), max_length=8, choices=Cause, default=Cause.WRITTEN)
    #: The number of the version that this one restored.
    restored = models.PositiveIntegerField(null=True)
    #: Columns and relations by name; see `articles.history.recording.as_stored`.
    data = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("update", "-number")
        default_permissions = ()
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [models.UniqueConstraint(fields=["update", "number"], name="one_version_of_a_number")]

    def __str__(self) -> str:
        return f"#{self.update_id}.{self.number}"

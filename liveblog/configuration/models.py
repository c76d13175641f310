"""The settings that administrators have stored, each in a row."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liveblog.encryption import EncryptedField


class StoredSetting(models.Model):
    """The value of one setting. All values are encrypted, because some of them are keys."""

    name = models.CharField(max_length=60, primary_key=True)
    #: JSON.
    value = EncryptedField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("change",)
        verbose_name = _("setting")
        verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return self.name

    def read(self) -> Any:
        """Return the value; None if no configured key can decrypt it."""
        return json.loads(self.value) if self.value else None

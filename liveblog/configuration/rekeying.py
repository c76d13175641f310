"""Encrypt stored settings again with the present key; see `liveblog.rekeying`."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Cast

from liveblog.configuration.models import StoredSetting
from liveblog.encryption import is_current
from liveblog.rekeying import Result


def rekey(result: Result) -> None:
    for row in StoredSetting.objects.annotate(encrypted=Cast("value", models.TextField())):
        if row.encrypted and not row.value:
            result.unreadable += 1
        elif row.encrypted and not is_current(row.encrypted):
            # Somebody may be changing it at the same time.
            same = StoredSetting.objects.annotate(before=Cast("value", models.TextField())).filter(pk=row.pk)
            result.changed += same.filter(before=row.encrypted).update(value=row.value)

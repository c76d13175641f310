"""Encrypt the secrets of webhooks again with the present key; see `liveblog.rekeying`."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Cast

from liveblog.encryption import is_current
from liveblog.rekeying import Result
from liveblog.webhooks.models import Webhook

_FIELDS = ("secret", "old_secret")


def rekey(result: Result) -> None:
    stored = {f"stored_{name}": Cast(name, models.TextField()) for name in _FIELDS}
    for webhook in Webhook.objects.annotate(**stored):
        for name in _FIELDS:
            text, encrypted = getattr(webhook, name), getattr(webhook, f"stored_{name}")
            if encrypted and not text:
                result.unreadable += 1
            elif encrypted and not is_current(encrypted):
                # It may be renewed at the same time.
                row = Webhook.objects.annotate(before=Cast(name, models.TextField())).filter(pk=webhook.pk)
                result.changed += row.filter(before=encrypted).update(**{name: text})

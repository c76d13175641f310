"""End the sessions and access tokens of suspended accounts, and let users with a role into the newsroom."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models.signals import m2m_changed, post_save

from liveblog.accounts import sessions
from liveblog.rest.models import Token


def connect() -> None:
    """Listen to changes of accounts."""
    post_save.connect(_saved, sender=User, dispatch_uid="suspension")
    m2m_changed.connect(_roles_changed, sender=User.groups.through, dispatch_uid="staff status of roles")


def _saved(sender: object, instance: User, **kwargs: Any) -> None:
    if not instance.is_active:
        transaction.on_commit(lambda: sessions.end_all(instance))
        for token in Token.objects.in_force().filter(user=instance):
            token.revoke()


def _roles_changed(
    sender: object, instance: User | Group, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Give staff status, which Django's admin requires, to every user who gets a role."""
    if action != "post_add" or not pk_set:
        return
    if isinstance(instance, User):
        instance.is_staff = True
        User.objects.filter(pk=instance.pk, is_staff=False).update(is_staff=True)
    elif reverse:
        User.objects.filter(pk__in=pk_set, is_staff=False).update(is_staff=True)

"""Scopes: the rights of a token. They never exceed those of its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Scope(models.TextChoices):
    READ = "read", _("Read what isn’t public: drafts, translations in progress, waiting comments")
    CREATE = "create", _("Write new updates, as drafts")
    CORRECT = "correct", _("Change updates, also those that readers see")
    PUBLISH = "publish", _("Publish and schedule updates")
    WITHDRAW = "withdraw", _("Withdraw updates")
    TRANSLATE = "translate", _("Save, accept and refuse translations")
    MODERATE = "moderate", _("Decide on comments")


#: By scope: permissions ("app label.codename"). The owner of a token with this scope needs one of them.
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    Scope.READ: ("articles.view_update",),
    Scope.CREATE: ("articles.add_update",),
    Scope.CORRECT: ("articles.change_update",),
    Scope.PUBLISH: ("articles.change_update",),
    Scope.WITHDRAW: ("articles.change_update",),
    Scope.TRANSLATE: ("articles.translate_article", "articles.translate_update"),
    Scope.MODERATE: ("comments.change_comment",),
}


def possible(user: User | AnonymousUser) -> list[Scope]:
    """Return the scopes that tokens of a user may have."""
    return [scope for scope in Scope if may(user, scope)]


def may(user: User | AnonymousUser, scope: str) -> bool:
    """Return whether a user has one of the permissions of a scope."""
    return any(user.has_perm(permission) for permission in PERMISSIONS[scope])

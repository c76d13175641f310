"""Scopes: what a token lets a program do. It never lets it do more than the person whose token it is may do."""

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


#: The permissions ("app label.codename") of which a person needs one before a token of theirs may have the scope.
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
    """Return the scopes that tokens of a person may have."""
    return [scope for scope in Scope if may(user, scope)]


def may(user: User | AnonymousUser, scope: str) -> bool:
    """Return whether the role of a person lets them do what a scope stands for."""
    return any(user.has_perm(permission) for permission in PERMISSIONS[scope])

"""The updates that await approval, shown on every page of the newsroom to those who can approve them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from articles.changes import Edit
from articles.choices import UpdateState
from articles.models import Update
from articles.models.base import Versioned
from liveblog import notify

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

#: The channel layer group of all open pages of those who can approve updates.
GROUP = "approvals"

#: The greatest number of updates in the list; the count includes all.
SHOWN = 20
#: The permission of those who can approve.
PERMISSION = "articles.change_update"


def to_approve(user: User | AnonymousUser) -> QuerySet[Update]:
    """Return the updates that a user can approve, the oldest first. Nobody approves their own."""
    own = Q(submitted_by=user.pk) | Q(submitted_by=None, written_by=user.pk)
    return Update.objects.filter(state=UpdateState.SUBMITTED).exclude(own).order_by("pk")


def waiting_for(user: User | AnonymousUser) -> tuple[int, list[Update]]:
    """Return how many updates a user can approve, and those that have waited longest. Nobody approves their own."""
    if not user.has_perm(PERMISSION):
        return 0, []
    found = to_approve(user)
    shown = list(found.select_related("article", "embed", "submitted_by", "written_by")[:SHOWN])
    return (len(shown) if len(shown) < SHOWN else found.count()), shown


class Approvals:
    """The follower that notifies the newsroom when an update begins to await approval, or no longer does."""

    def before(self, row: Versioned) -> str:
        return getattr(row, "state", "") if isinstance(row, Update) else ""

    def after(self, edit: Edit, memory: str | None) -> None:
        if not isinstance(edit.item, Update):
            return
        now = getattr(edit.saved, "state", "")
        # The list shows changes of the text, too.
        if UpdateState.SUBMITTED in (now, memory):
            notify.notify_group_after_commit(GROUP)

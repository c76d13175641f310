"""Tell writers the decision on an update that somebody else had to release."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.changes import Edit
from articles.models import Update
from articles.models.base import Versioned
from liveblog.actors import acting_user
from liveblog.alerts import kinds
from liveblog.alerts.kinds import Content, Kind

State = Update.State

_RELEASED, _RETURNED = "released", "returned"
_CODE = "decisions"


class Decisions:
    """The follower that tells the person who submitted an update that it was released or sent back."""

    def before(self, row: Versioned) -> str:
        return row.state if isinstance(row, Update) else ""

    def after(self, edit: Edit, memory: str | None) -> None:
        update = edit.saved
        if memory != State.SUBMITTED or not isinstance(update, Update) or update.state == State.SUBMITTED:
            return
        old = edit.old
        # A draft no longer names the person who had submitted it.
        writer = (old.submitted_by if isinstance(old, Update) else None) or update.written_by
        if writer is None or writer == acting_user():
            return
        if update.state in (State.PUBLISHED, State.SCHEDULED, State.DRAFT):
            decision = _RETURNED if update.state == State.DRAFT else _RELEASED
            kinds.tell(_CODE, writer, f"{decision} {update.pk} {update.version}")


def _compose(user: User, subjects: Sequence[str]) -> Content | None:
    found = {}
    for subject in subjects:
        decision, pk, _version = subject.split()
        if update := Update.objects.select_related("article").filter(pk=int(pk)).first():
            # Only the last decision about an update counts.
            found[update.pk] = (decision, update)
    if not found:
        return None
    texts = {
        _RELEASED: _("Your update was approved: %(update)s"),
        _RETURNED: _("Your update was sent back: %(update)s"),
    }
    lines = [texts[decision] % {"update": update} for decision, update in found.values()]
    title = lines[0] if len(lines) == 1 else _("What became of your updates")
    article = next(iter(found.values()))[1].article_id
    return Content(title, [] if len(lines) == 1 else lines, reverse("admin:articles_desk", args=[article]))


def register() -> None:
    kinds.register(
        Kind(_CODE, gettext_lazy("My updates were approved or sent back"), "articles.change_update", _compose)
    )

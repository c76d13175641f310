"""The change log: each change of what readers see is a line in it.

Code that changes what a page shows appends the element to the log in the transaction of the change. Delivery to
readers follows from that.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from liveblog import notify
from liveblog.delivery.states import State, new_token
from liveblog.models import Change

#: The element to append if a change affects the page as a whole: open pages reload.
PAGE = "page"

_DELETE_BATCH_SIZE = 1000


def _articles() -> models.QuerySet:
    return Change._meta.get_field("article").related_model._base_manager.all()


def lock(*article_ids: int) -> None:
    """Lock the articles until the transaction ends, so that commits come in the order of their revisions.

    They are locked in the order of their ids, so that two transactions never wait for each other.
    """
    list(_articles().select_for_update().only("pk").filter(pk__in=article_ids).order_by("pk"))


def append(article_id: int, element: str, languages: Collection[str] = ()) -> int:
    """Record that `element` of the article's page changed, and notify readers after the commit. Return the revision.

    languages   those in which the element changed; none stands for all languages

    Raise TransactionManagementError outside a transaction; it has to be the transaction that makes the change.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A change is logged in the transaction that makes it.")
    row = _articles().filter(pk=article_id)
    locked = row.select_for_update(no_key=True)
    previous = State(*locked.values_list("revision", "revision_token").get())
    state = State(previous.revision + 1, new_token())
    row.update(revision=state.revision, revision_token=state.token, revised_at=timezone.now())
    Change.objects.create(
        article_id=article_id,
        revision=state.revision,
        token=state.token,
        previous_token=previous.token,
        element=element,
        languages=languages,
    )
    transaction.on_commit(lambda: notify.notify_readers(article_id), robust=True)
    return state.revision


def reload_all_pages() -> None:
    """Make the open pages of all articles reload, and cached pages obsolete."""
    for pk in _articles().values_list("pk", flat=True):
        with transaction.atomic():
            append(pk, PAGE)


def state_besides(article_id: int, state: State, kind: str) -> State:
    """Return the earliest known state that differs from `state` only in elements whose name begins with `kind`."""
    lines = Change.objects.filter(article_id=article_id, revision__lte=state.revision)
    others = lines.exclude(element__startswith=kind).order_by("-revision")
    if (last := others.first()) is not None:
        return last.state
    # The lines of other elements are pruned: none of those elements has changed since the oldest line that is left.
    oldest = lines.order_by("revision").first()
    return state if oldest is None else oldest.previous_state


def changed_at(article_id: int, *, besides: str) -> datetime | None:
    """Return when an element whose name does not begin with `besides` last changed; None if no line is left."""
    lines = Change.objects.filter(article_id=article_id).exclude(element__startswith=besides)
    return lines.order_by("-revision").values_list("at", flat=True).first()


def prune(before: datetime) -> int:
    """Delete the lines written before a time, and return their number.

    Each article loses its oldest lines up to some revision, so the rest has no gap. A page that shows an earlier
    revision has to reload.
    """
    newest = Change.objects.filter(at__lt=before).values("article").annotate(revision=models.Max("revision")).order_by()
    deleted = 0
    for article_id, revision in newest.values_list("article", "revision"):
        # In batches, so that nobody who posts in the meantime has to wait.
        while pks := list(
            Change.objects.filter(article_id=article_id, revision__lte=revision).values_list("pk", flat=True)[
                :_DELETE_BATCH_SIZE
            ]
        ):
            deleted += Change.objects.filter(pk__in=pks).delete()[0]
    return deleted

"""The change log: the one way in which anything that readers see becomes different.

Whoever changes what a page shows does it inside a transaction, appends the element here in the same transaction, and
need not think of readers again.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import models, transaction

from liveblog import notify
from liveblog.models import Change

#: The element to append when more than one element can tell has changed: open pages load anew.
PAGE = "page"

_PIECE = 1000


def _articles() -> models.QuerySet:
    return Change._meta.get_field("article").related_model._base_manager.all()


def lock(*article_ids: int) -> None:
    """Hold the articles' rows until the transaction ends, so that commits come in the order of their revisions.

    Several are taken in order of their numbers: two who need the same ones never wait for each other.
    """
    list(_articles().select_for_update().only("pk").filter(pk__in=article_ids).order_by("pk"))


def append(article_id: int, element: str, languages: Collection[str] = ()) -> int:
    """Record that `element` of the article's page changed, and ring the bell once that is committed.

    `languages` are those in which it changed, all of them where none is named. Must run in the transaction that
    makes the change. Returns the new revision.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A change is logged in the transaction that makes it.")
    _articles().filter(pk=article_id).update(revision=models.F("revision") + 1)
    revision = _articles().values_list("revision", flat=True).get(pk=article_id)
    Change.objects.create(article_id=article_id, revision=revision, element=element, languages=languages)
    transaction.on_commit(lambda: notify.notify_readers(article_id), robust=True)
    return revision


def state_besides(article_id: int, revision: int, kind: str) -> str:
    """Names what an article's page shows at `revision`, apart from elements of `kind` (and what begins like it).

    As long as nothing but those changes, the name stays the same.
    """
    others = Change.objects.filter(article_id=article_id, revision__lte=revision).exclude(element__startswith=kind)
    last = others.order_by("-revision").values_list("revision", flat=True).first()
    if last is not None:
        return str(last)
    # The log begins later. Whatever was before its first line has not changed since.
    oldest = (
        Change.objects.filter(article_id=article_id).order_by("revision").values_list("revision", flat=True).first()
    )
    return f"before-{oldest if oldest is not None else revision + 1}"


def prune(before: datetime) -> int:
    """Forget changes that were made before a moment. Returns how many.

    Of each article the oldest go, up to a revision: what is left has no gap, and who asks from before that is told to
    load the page anew.
    """
    newest = Change.objects.filter(at__lt=before).values("article").annotate(revision=models.Max("revision")).order_by()
    deleted = 0
    for article_id, revision in newest.values_list("article", "revision"):
        # In pieces, so that nobody who posts meanwhile has to wait.
        while pks := list(
            Change.objects.filter(article_id=article_id, revision__lte=revision).values_list("pk", flat=True)[:_PIECE]
        ):
            deleted += Change.objects.filter(pk__in=pks).delete()[0]
    return deleted

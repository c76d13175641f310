"""Store reviewed passages in the transaction of the review.

The memory has the passages of a translation's last review, which `remembered` names. So whatever makes a translation
reviewed — the desk, a form, a restored version, an import — is remembered at the end of its edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from articles import changes
from articles.models import Article, GlossaryTerm, Translation, TranslationUnit, Update
from articles.text import passages
from articles.translations import columns, review
from articles.translations.memory import units

if TYPE_CHECKING:
    from articles.changes import Edit
    from articles.models.base import Versioned

_State = Translation.State

#: Reviewed texts that differ from those in the memory, and texts that are no longer translations.
_CHANGED = (Q(state=_State.REVIEWED) & ~Q(remembered=F("review_digest"))) | (
    Q(state__in=(_State.REFUSED, _State.MISSING)) & ~Q(remembered="")
)


class TranslationMemory:
    """The follower that remembers the reviewed translations of an item after each edit."""

    def before(self, row: Versioned) -> None:
        """See Follower."""

    def after(self, edit: Edit, memory: None) -> None:
        item = edit.new
        if item is None:
            # Its units were deleted with its translations.
            return
        assert isinstance(item, Article | Update)
        # Hardly any edit makes a translation reviewed, so find out without a query.
        changed = [row.pk for row in item.translations.all() if _has_changed(row)]
        for row in Translation.objects.filter(pk__in=changed) if changed else ():
            _remember(row, item)


def _has_changed(row: Translation) -> bool:
    """Return whether _CHANGED holds."""
    if row.state == _State.REVIEWED:
        return row.remembered != row.review_digest
    return bool(row.remembered) and row.state in (_State.REFUSED, _State.MISSING)


def _remember(row: Translation, item: Article | Update) -> None:
    if row.remembered:
        TranslationUnit.objects.filter(translation=row).delete()
    digest = ""
    if row.state == _State.REVIEWED:
        digest = row.review_digest
        texts = columns.texts_of(item, row.language)
        if review.holds(row, texts):
            TranslationUnit.objects.bulk_create(_units_of(row, item, texts), batch_size=500)
    Translation.objects.filter(pk=row.pk).update(remembered=digest)


def _units_of(row: Translation, item: Article | Update, texts: review.Texts) -> Iterator[TranslationUnit]:
    rich = columns.rich_fields(item)
    seen: set[tuple[str, str, str]] = set()
    for field, source in row.source.items():
        kind = GlossaryTerm.kind_of(field)
        ours, theirs = (units.as_passage(text, rich=field in rich) for text in (source, texts.get(field, "")))
        for passage, translated in passages.pairs(ours, theirs):
            digest = passages.digest(passage)
            if (kind, digest, translated) in seen or max(len(passage), len(translated)) > units.MAX_LENGTH:
                continue
            seen.add((kind, digest, translated))
            yield units.unit(
                passage,
                translated,
                digest,
                translation=row,
                source_language=item.source_language,
                language=row.language,
                kind=kind,
                reviewer_id=row.reviewer_id,
                reviewed_at=row.reviewed_at,
            )


def build(*, again: bool = False) -> Iterator[Translation]:
    """Remember the reviewed translations that are not in the memory, and yield each; `again`: remember all of them.

    People may go on working in the meantime.
    """
    if again:
        Translation.objects.exclude(remembered="").update(remembered="again")
    changed = Translation.objects.filter(_CHANGED).order_by("pk").values_list("pk", flat=True)
    last = 0
    while keys := list(changed.filter(pk__gt=last)[:500]):
        last = keys[-1]
        for pk in keys:
            if row := _remember_one(pk):
                yield row


@transaction.atomic
def _remember_one(pk: int) -> Translation | None:
    found = Translation.objects.select_related("article", "update__article").filter(pk=pk)
    row: Translation | None = found.first()
    if row is None:
        return None
    changes.lock(row.item)
    # Somebody else may have reviewed it before this took the lock.
    row = found.filter(_CHANGED).first()
    if row is not None:
        _remember(row, row.item)
    return row

"""Edits: the only way to change what readers of a live page see.

An edit is a transaction around a save. It holds the lock of the article, reads the row before and after, and calls the
followers: the parts of the product that react to every edit, such as the change log, the history and the desks. This
module knows none of them; they register in `articles.apps`. Writes that readers see and that bypass an edit raise
`OutsideEditError`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar, cast

from django.db import models, transaction

from liveblog import notify
from liveblog.delivery import log

if TYPE_CHECKING:
    from articles.models import Article, Update
    from articles.models.base import NamedOnPages, Versioned

_Item = TypeVar("_Item", bound="Versioned")

#: The element of a page that lists related articles.
RELATED = "related"


class OutsideEditError(RuntimeError):
    """A write that readers would see is not within an edit, so open pages would miss it."""


class Follower(Protocol):
    """A part of the product that reacts to edits, in the transaction of the edit and under the article's lock."""

    def before(self, row: Versioned) -> object:
        """Return the data that `after` needs about the row before the edit, which is read with its relations."""

    def after(self, edit: Edit, memory: Any) -> None:
        """React to the edit. `memory` is the result of `before`; None if there was no row."""


#: Names of the followers of every edit, in the order in which they are called.
FOLLOWERS = (
    *("translation states", "translation memory", "beginning", "change log", "desks", "search", "feeds", "webhooks"),
    *("history", "copies", "notifications", "decisions", "audit", "approvals"),
)

_followers: dict[str, Follower] = {}


def register(name: str, follower: Follower) -> None:
    """Register a follower of every edit. `name` is one of FOLLOWERS, which sets the order."""
    if name not in FOLLOWERS:
        raise ValueError(f"No follower is called {name!r}.")
    _followers[name] = follower


def missing_followers() -> list[str]:
    """Return the names in FOLLOWERS that are not registered."""
    return [name for name in FOLLOWERS if name not in _followers]


class Edit:
    """One edit of an article or an update, from the row as it was to the row as it is saved."""

    def __init__(self, item: Article | Update, *, stored: Versioned | None = None, reloads_page: bool = False) -> None:
        """Read the row before the edit, unless it is given. `reloads_page`: open pages reload in any case."""
        self.item = item
        self.model = type(item)
        self.reloads_page = reloads_page
        #: Whether the history has a new version after this edit.
        self.recorded = False
        #: Whether its byline or its topics may have changed. Deleting an author or topic sends no signal.
        self.names_changed = reloads_page
        #: Nothing was written.
        self.is_given_up = False
        self._pk = item.pk
        self._makes_page = self.model.IS_PAGE and item.pk is None
        self.old: Versioned | None = stored or self.model.read(self._pk, with_relations=True)
        self._memories = {} if self.old is None else {name: _followers[name].before(self.old) for name in self._names()}

    def finish(self) -> None:
        """Call the followers."""
        for name in self._names():
            _followers[name].after(self, self._memories.get(name))

    @property
    def page_id(self) -> int | None:
        """The article on whose page the item is; None if this edit creates the page, which nobody reads yet."""
        return None if self._makes_page else self.item.page_id

    @property
    def owner(self) -> tuple[str, int | None]:
        return (str(self.model._meta.model_name), self.item.pk)

    @cached_property
    def saved(self) -> Versioned | None:
        """The row as saved, None if it was deleted. Only the first follower, the translation states, may change it."""
        return self.model.read(self.item.pk or self._pk)

    @cached_property
    def new(self) -> Versioned | None:
        """The row after the edit with all relations that pages show; None if it was deleted."""
        if self.saved is not None:
            if not self.names_changed:
                self.saved.take_names(self.old)
            self.saved.fetch_relations()
        return self.saved

    @staticmethod
    def _names() -> Iterable[str]:
        return (name for name in FOLLOWERS if name in _followers)


#: Open edits by the identity of their item.
_open_edits: ContextVar[Mapping[int, Edit]] = ContextVar("open edits", default=MappingProxyType({}))


@contextmanager
def edit(item: Article | Update) -> Iterator[None]:
    """Open a transaction in which `item` may be saved, related or deleted; a no-op inside an edit of the same item."""
    if id(item) in _open_edits.get():
        yield
        return
    with transaction.atomic():
        lock(item)
        with edit_locked(item):
            yield


@contextmanager
def edit_locked(item: Article | Update, stored: Versioned | None = None) -> Iterator[Edit]:
    """Edit an item in the transaction of the caller, who holds the `lock` and rolls all of it back after an error.

    stored   the row, if the caller has read it with its relations under the lock
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("The caller's transaction holds the lock.")
    with _opened(item, stored=stored) as opened:
        yield opened
        if not opened.is_given_up:
            opened.finish()


@contextmanager
def _opened(item: Article | Update, *, stored: Versioned | None = None, reloads_page: bool = False) -> Iterator[Edit]:
    opened = Edit(item, stored=stored, reloads_page=reloads_page)
    token = _open_edits.set({**_open_edits.get(), id(item): opened})
    try:
        yield opened
    finally:
        _open_edits.reset(token)


def row_before(item: _Item) -> _Item | None:
    """Return the row before the open edit, or the present one if no edit is open; None if there is no row."""
    opened = _open_edits.get().get(id(item))
    if opened is not None:
        return cast("_Item | None", opened.old)
    return type(item)._base_manager.filter(pk=item.pk).first() if item.pk else None


def lock(item: Article | Update) -> None:
    """Lock the article of an item, and those that show copies of the update, until the transaction ends."""
    log.lock(*item.page_ids())


@contextmanager
def removing(article: Article) -> Iterator[None]:
    """Delete a whole page in the block. This notifies its readers, and the pages that list it as related."""
    with transaction.atomic():
        pk = article.pk
        others = article.pages_naming_it()
        yield
        for other in others:
            log.append(other, RELATED)
        transaction.on_commit(lambda: notify.notify_readers(pk), robust=True)


@contextmanager
def renaming(item: NamedOnPages, *fields: str) -> Iterator[None]:
    """Save a row that many pages name. If one of `fields` changes, those pages reload."""
    with transaction.atomic():
        old = type(item)._default_manager.filter(pk=item.pk).values_list(*fields).first() if item.pk else None
        yield
        if old is not None and old != tuple(getattr(item, field) for field in fields):
            for article_id in item.pages_naming_it():
                log.append(article_id, log.PAGE)


@contextmanager
def removing_name(item: NamedOnPages) -> Iterator[None]:
    """Delete a row that many pages name. Those pages reload, and the edit of each update is recorded."""
    with transaction.atomic(), ExitStack() as edits:
        pages, updates = item.pages_naming_it(), list(item.updates_naming_it())
        log.lock(*pages, *(update.article_id for update in updates))
        opened = [edits.enter_context(_opened(update, reloads_page=True)) for update in updates]
        yield
        for each in opened:
            each.finish()
        for article_id in pages:
            log.append(article_id, log.PAGE)


# The guard ------------------------------------------------------------------------------------------------------------


def require_edit(owners: Iterable[tuple[str, int]], write: str) -> None:
    """Raise OutsideEditError unless an edit is open for each owner, an ("article" or "update", primary key) pair."""
    owners = set(owners)
    open_now = {each.owner for each in _open_edits.get().values()}
    if lacking := owners - open_now:
        named = ", ".join(f"{name} {pk}" for name, pk in sorted(lacking))
        raise OutsideEditError(f"{write} changes what readers see of {named}. Do it within articles.changes.edit.")


class _GuardedRow(Protocol):
    """A model with a `GuardedQuerySet`: see `Guarded` for its attributes."""

    OWNERS: ClassVar[Mapping[str, str]]
    UNSEEN: ClassVar[Collection[str]]

    def owners(self) -> set[tuple[str, int]]: ...


class GuardedQuerySet(models.QuerySet):
    """Rows that readers see: bulk writes need an edit for each row, like all other writes.

    Bookkeeping that must bypass this, such as counters, uses `_base_manager`.
    """

    model: type[_GuardedRow]  # type: ignore[assignment]

    def update(self, **values: object) -> int:
        if not values.keys() <= set(self.model.UNSEEN):
            require_edit(self.owners(), f"{self.model.__name__}.objects.update()")
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        require_edit(self.owners(), f"{self.model.__name__}.objects.delete()")
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        objs = list(objs)
        require_edit((owner for row in objs for owner in row.owners()), f"{self.model.__name__}.objects.bulk_create()")
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        objs, fields = list(objs), list(fields)
        if not set(fields) <= set(self.model.UNSEEN):
            write = f"{self.model.__name__}.objects.bulk_update()"
            require_edit((owner for row in objs for owner in row.owners()), write)
        return super().bulk_update(objs, fields, batch_size)

    def owners(self) -> set[tuple[str, int]]:
        found = set()
        for column, name in self.model.OWNERS.items():
            found |= {(name, pk) for pk in self.values_list(column, flat=True) if pk is not None}
        return found


class NamedQuerySet(models.QuerySet):
    """Rows that pages name, such as authors. Bulk writes of columns that readers see raise: no page would get them."""

    model: type[NamedOnPages]  # type: ignore[assignment]

    def update(self, **values: object) -> int:
        if not values.keys() <= self.model.UNSEEN:
            raise OutsideEditError(f"{self.model.__name__}.objects.update() reaches no page. Save each row instead.")
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        raise OutsideEditError(f"{self.model.__name__}.objects.delete() reaches no page. Delete each row instead.")

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Guarded(models.Model):
    """A row of an article or update, such as a picture: it is saved and deleted within an edit of its owner."""

    #: Columns that refer to the owner, by the model name of the owner.
    OWNERS: ClassVar[Mapping[str, str]]
    #: Columns that readers do not see; any code may write them.
    UNSEEN: ClassVar[Collection[str]] = frozenset()

    _owners_as_read: frozenset[tuple[str, int]] | set[tuple[str, int]] = frozenset()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[object]) -> Self:  # type: ignore[override]
        row = super().from_db(db, field_names, values)
        row._owners_as_read = row._owners_now()
        return row

    def owners(self) -> set[tuple[str, int]]:
        """Return the present owners of the row, and those from when it was read."""
        before = set() if self._state.adding else self._owners_as_read
        return self._owners_now() | before

    def _owners_now(self) -> set[tuple[str, int]]:
        keys = {name: self.__dict__.get(f"{column}_id") for column, name in self.OWNERS.items()}
        return {(name, key) for name, key in keys.items() if key is not None}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not set(kwargs.get("update_fields") or ("",)) <= set(self.UNSEEN):
            require_edit(self.owners(), f"{type(self).__name__}.save()")
        super().save(*args, **kwargs)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        require_edit(self.owners(), f"{type(self).__name__}.delete()")
        return super().delete(using, keep_parents)


def guard_relations(
    sender: type[models.Model],
    instance: models.Model,
    action: str,
    reverse: bool,
    model: type[models.Model],
    pk_set: set[int] | None,
    **_: object,
) -> None:
    """Require an edit for authors, topics and related articles, and mark it as changed; a receiver of `m2m_changed`."""
    if not action.startswith("pre_") or not (pk_set or action == "pre_clear"):
        return
    if not reverse:
        owners = {(str(instance._meta.model_name), instance.pk)}
    elif pk_set:
        owners = {(str(model._meta.model_name), pk) for pk in pk_set}
    else:
        relation = next(field for field in model._meta.many_to_many if field.remote_field.through is sender)
        rows = sender._default_manager.filter(**{relation.m2m_reverse_field_name(): instance.pk})
        owners = {(str(model._meta.model_name), pk) for pk in rows.values_list(relation.m2m_field_name(), flat=True)}
    require_edit(owners, f"{sender.__name__} {action.removeprefix('pre_')}")
    for each in _open_edits.get().values():
        each.names_changed = each.names_changed or each.owner in owners

"""The folded texts of each searchable object, stored in the transaction that saves the object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save

from liveblog.models import SearchText
from liveblog.search.folding import fold


class Texts(NamedTuple):
    """The text of an object in one language."""

    title: str
    text: str = ""


#: Returns the texts of an object by language; "" stands for texts without a language, such as names of people.
TextsOf = Callable[[Any], Mapping[str, Texts]]

_texts_of: dict[type[models.Model], TextsOf] = {}


def register(model: type[models.Model], texts: TextsOf, fields: tuple[str, ...] = ()) -> None:
    """Make the objects of a model searchable by their texts.

    fields   the columns of the texts: a save that may change one of them stores the texts; if there are none, code that
             saves objects calls `store`
    """
    _texts_of[model] = texts
    name = model._meta.label_lower

    def saved(
        instance: models.Model, created: bool, raw: bool, update_fields: frozenset[str] | None, **_: object
    ) -> None:
        # Fixtures have their own rows of the index, and rows in any order.
        if not raw and (update_fields is None or not update_fields.isdisjoint(fields)):
            store(instance, new=created)

    def deleted(instance: models.Model, **_: object) -> None:
        SearchText.objects.filter(kind=name, object_id=instance.pk).delete()

    if fields:
        post_save.connect(saved, sender=model, weak=False, dispatch_uid=f"search {name}")
    post_delete.connect(deleted, sender=model, weak=False, dispatch_uid=f"search {name}")


def kind_of(model: type[models.Model]) -> str:
    """Return the name of a model in the index. Raise KeyError if it is not registered."""
    concrete = model._meta.concrete_model
    assert concrete is not None
    if concrete not in _texts_of:
        raise KeyError(f"{model.__name__} is not registered for the search.")
    return concrete._meta.label_lower


def of(item: models.Model) -> Mapping[str, Texts]:
    """Return the texts of an object by language."""
    return _texts_of[type(item)](item)


def store(item: models.Model, texts: Mapping[str, Texts] | None = None, *, new: bool = False) -> None:
    """Update the texts of an object in the index.

    `texts`: the result of `of`, if the caller has it. `new`: the index does not contain the object yet.
    """
    kind = kind_of(type(item))
    wanted = {}
    for language, (title, text) in (of(item) if texts is None else texts).items():
        row = SearchText(
            kind=kind, object_id=item.pk, language=language, title=fold(title), text=fold(f"{title}\n{text}")
        )
        if row.text:
            wanted[language] = row
    found = SearchText.objects.filter(kind=kind, object_id=item.pk)
    stored = {} if new else {row.language: row for row in found}
    changed = [row for language, row in wanted.items() if not _same(row, stored.get(language))]
    if changed:
        SearchText.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["kind", "object_id", "language"],
            update_fields=["title", "text"],
        )
    if stored.keys() - wanted:
        found.exclude(language__in=wanted).delete()


def _same(row: SearchText, stored: SearchText | None) -> bool:
    return stored is not None and (row.title, row.text) == (stored.title, stored.text)


def rebuild() -> Iterator[tuple[str, int]]:
    """Rebuild the index while people go on working. Yield each kind and its number of objects."""
    for model in _texts_of:
        kind, count = kind_of(model), 0
        for pk in model._base_manager.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=1000):
            with transaction.atomic():
                # A simultaneous save of the object waits for the lock, and stores its text after this one.
                item = model._base_manager.select_for_update().filter(pk=pk).first()
                if item is not None:
                    store(item)
                    count += 1
        gone = SearchText.objects.filter(kind=kind).exclude(object_id__in=model._base_manager.values("pk"))
        gone.delete()
        yield kind, count
    SearchText.objects.exclude(kind__in=[kind_of(model) for model in _texts_of]).delete()

"""The texts of each object that is searched for: stored folded, in the transaction that saves the object."""

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


#: Returns what an object says by language; "" stands for what belongs to no language, such as the name of a person.
TextsOf = Callable[[Any], Mapping[str, Texts]]

_texts_of: dict[type[models.Model], TextsOf] = {}


def register(model: type[models.Model], texts: TextsOf, fields: tuple[str, ...] = ()) -> None:
    """Have the objects of a model found by their texts.

    fields   the columns that the texts are made of: a save that may change one of them stores the texts. Without them,
             whatever saves the objects calls `store`.
    """
    _texts_of[model] = texts
    name = model._meta.label_lower

    def saved(
        instance: models.Model, created: bool, raw: bool, update_fields: frozenset[str] | None, **_: object
    ) -> None:
        # The rows of a fixture come in any order, those of the index among them.
        if not raw and (update_fields is None or not update_fields.isdisjoint(fields)):
            store(instance, new=created)

    def deleted(instance: models.Model, **_: object) -> None:
        SearchText.objects.filter(kind=name, object_id=instance.pk).delete()

    if fields:
        post_save.connect(saved, sender=model, weak=False, dispatch_uid=f"search {name}")
    post_delete.connect(deleted, sender=model, weak=False, dispatch_uid=f"search {name}")


def kind_of(model: type[models.Model]) -> str:
    """Return the name under which the index holds the objects of a model. Raise KeyError if it holds none."""
    concrete = model._meta.concrete_model
    assert concrete is not None
    if concrete not in _texts_of:
        raise KeyError(f"{model.__name__} is not registered for the search.")
    return concrete._meta.label_lower


def of(item: models.Model) -> Mapping[str, Texts]:
    """Return what an object says by language, as it is registered."""
    return _texts_of[type(item)](item)


def store(item: models.Model, texts: Mapping[str, Texts] | None = None, *, new: bool = False) -> None:
    """Write the texts of an object into the index if they differ.

    `texts`: the result of `of`, if the caller has it. `new`: the index has nothing of the object yet.
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
    """Make the index what the objects say, while people go on working. Yield each kind and its number of objects."""
    for model in _texts_of:
        kind, count = kind_of(model), 0
        for pk in model._base_manager.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=1000):
            with transaction.atomic():
                # Another save of the object waits for the lock, and stores its own text after this one.
                item = model._base_manager.select_for_update().filter(pk=pk).first()
                if item is not None:
                    store(item)
                    count += 1
        gone = SearchText.objects.filter(kind=kind).exclude(object_id__in=model._base_manager.values("pk"))
        gone.delete()
        yield kind, count
    SearchText.objects.exclude(kind__in=[kind_of(model) for model in _texts_of]).delete()

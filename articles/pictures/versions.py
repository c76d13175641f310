"""Which pictures an update has, and what stands beside them: written down, put back, taken over into another update.

Call within an edit of the update. A picture that is taken out keeps its file, for an earlier version may come back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from articles.models import Picture, Update
from articles.translations import states
from liveblog.languages import SHIPPED


def as_data(update: Update) -> list[dict[str, Any]]:
    """All that `from_data` needs: the pictures in order, with their texts by column."""
    return [{"id": picture.pk} | _texts(picture) for picture in update.pictures.all()]


def from_data(update: Update, data: Iterable[dict[str, Any]], languages: Iterable[str] = tuple(SHIPPED)) -> None:
    """Give an update the pictures that it had, with their texts in these languages."""
    wanted = {each["id"]: each for each in data}
    found = Picture.objects.in_bulk(wanted)
    chosen = []
    for pk, texts in wanted.items():
        picture = found.get(pk)
        # Only what has ever been this update's.
        if picture is not None and update.pk in (picture.update_id, picture.removed_from_id):
            for column in _columns(languages):
                setattr(picture, column, texts.get(column, ""))
            chosen.append(picture)
    put(update, chosen)


def put(update: Update, pictures: list[Picture]) -> None:
    """Have an update show these pictures, in this order, and no other."""
    update.pictures.exclude(pk__in=[picture.pk for picture in pictures]).update(update=None, removed_from=update)
    for position, picture in enumerate(pictures):
        picture.update, picture.removed_from, picture.position = update, None, position
        picture.save()


def copy(source: Update, target: Update) -> None:
    """Give the pictures of one update to another as well; the files are the same."""
    for picture in source.pictures.all():
        picture.pk, picture.update = None, target
        picture._state.adding = True
        picture.save()


def _columns(languages: Iterable[str]) -> list[str]:
    return [f"{field}_{language}" for field in states.fields_of(Picture) for language in languages]


def _texts(picture: Picture) -> dict[str, str]:
    return {column: text for column in _columns(SHIPPED) if (text := getattr(picture, column))}

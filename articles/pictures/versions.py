"""The pictures of an update in versions of the history: store, restore, and copy to another update.

Call functions that write within an edit of the update. A removed picture keeps its file, because an earlier version
may be restored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from django.db.models import Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from articles.models import Picture, Update
from articles.translations import columns
from liveblog.languages import KNOWN, column

#: A picture in a version: the name of its file (`image`) and its texts by column.
Data = dict[str, str]


def as_data(update: Update) -> list[Data]:
    """Return the pictures in order, each with the name of its file and its texts by column."""
    return [{"image": picture.image.name} | texts_of(picture) for picture in update.pictures.all()]


def from_data(update: Update, data: Iterable[Data], languages: Iterable[str] = tuple(KNOWN)) -> None:
    """Give an update the pictures in `data`, with their texts in `languages`.

    `data` is from the update or from a copy of it in another article. Copies have their own rows for the same files.
    """
    wanted = {each["image"]: each for each in data}
    pictures = []
    for image, texts in wanted.items():
        picture = _known(update, image)
        if picture is not None:
            for column in _columns(languages):
                setattr(picture, column, texts.get(column, ""))
            pictures.append(picture)
    put(update, pictures)


def with_texts(update: Update, data: Iterable[Data], languages: Iterable[str]) -> list[Picture]:
    """Return the present pictures of an update with their texts of `data` in some languages, not saved."""
    before = {each["image"]: each for each in data}
    pictures = list(update.pictures.all())
    for picture in pictures:
        if (texts := before.get(picture.image.name)) is not None:
            for column in _columns(languages):
                setattr(picture, column, texts.get(column, ""))
    return pictures


def describe(data: Iterable[Data]) -> SafeString:
    """Return pictures as text for people: the names of their files with all their texts."""
    lines = (
        (PurePath(each["image"]).name, *sorted(text for name, text in each.items() if name != "image")) for each in data
    )
    return format_html_join(mark_safe("<br>"), "<bdi>{}</bdi>", ((" · ".join(dict.fromkeys(line)),) for line in lines))


def _known(update: Update, image: str) -> Picture | None:
    """Return the picture with a file if it is or was a picture of this update or of a copy; a copy's as a new row."""
    found = Picture.objects.filter(image=image)
    own = found.filter(Q(update=update) | Q(removed_from=update)).first()
    if own is not None or update.copy_group is None:
        return own
    group = update.copy_group
    copied = found.filter(Q(update__copy_group=group) | Q(removed_from__copy_group=group)).first()
    if copied is not None:
        copied.pk = None
        copied._state.adding = True
    return copied


def put(update: Update, pictures: Sequence[Picture]) -> None:
    """Make `pictures` the pictures of an update, in this order."""
    update.pictures.exclude(pk__in=[picture.pk for picture in pictures]).update(update=None, removed_from=update)
    for position, picture in enumerate(pictures):
        picture.update, picture.removed_from, picture.position = update, None, position
        picture.save()


def copy(source: Update, target: Update) -> None:
    """Copy the pictures of one update to another. The rows are new, the files are shared."""
    for picture in source.pictures.all():
        picture.pk, picture.update = None, target
        picture._state.adding = True
        picture.save()


def _columns(languages: Iterable[str]) -> list[str]:
    return [column(field, language) for field in columns.fields_of(Picture) for language in languages]


def texts_of(picture: Picture) -> dict[str, str]:
    """Return the texts of a picture by column, without empty ones."""
    return {column: text for column in _columns(KNOWN) if (text := getattr(picture, column))}

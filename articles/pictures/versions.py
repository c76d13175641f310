"""Which pictures an update has, and what stands beside them: written down, put back, given to another update as well.

Call within an edit of the update. A picture that is taken out keeps its file, for an earlier version may come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from django.db.models import Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from articles.models import Picture, Update
from articles.translations import columns
from liveblog.languages import SHIPPED


def as_data(update: Update) -> list[dict[str, Any]]:
    """All that `from_data` needs: the pictures in order, by their files, with their texts by column."""
    return [{"image": picture.image.name} | _texts(picture) for picture in update.pictures.all()]


def from_data(update: Update, data: Iterable[dict[str, Any]], languages: Iterable[str] = tuple(SHIPPED)) -> None:
    """Give an update the pictures that it had, or that its copy in another article has, with texts in these languages.

    A copy has rows of its own, of the same files.
    """
    wanted = {each["image"]: each for each in data}
    chosen = []
    for image, texts in wanted.items():
        picture = _known(update, image)
        if picture is not None:
            for column in _columns(languages):
                setattr(picture, column, texts.get(column, ""))
            chosen.append(picture)
    put(update, chosen)


def with_words(update: Update, data: Iterable[dict[str, Any]], languages: Iterable[str]) -> list[Picture]:
    """The pictures that an update has, with what stood beside them in these languages. They are not saved."""
    then = {each["image"]: each for each in data}
    pictures = list(update.pictures.all())
    for picture in pictures:
        if (texts := then.get(picture.image.name)) is not None:
            for column in _columns(languages):
                setattr(picture, column, texts.get(column, ""))
    return pictures


def described(data: Iterable[dict[str, Any]]) -> SafeString:
    """The pictures in words: the names of their files, and what stands beside them in whatever language."""
    lines = (
        (PurePath(each["image"]).name, *sorted(text for name, text in each.items() if name != "image")) for each in data
    )
    return format_html_join(mark_safe("<br>"), "<bdi>{}</bdi>", ((" · ".join(dict.fromkeys(line)),) for line in lines))


def _known(update: Update, image: str) -> Picture | None:
    """The picture of a file, if it has ever been this update's or that of one of its copies."""
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
    return [f"{field}_{language}" for field in columns.fields_of(Picture) for language in languages]


def _texts(picture: Picture) -> dict[str, str]:
    return {column: text for column in _columns(SHIPPED) if (text := getattr(picture, column))}

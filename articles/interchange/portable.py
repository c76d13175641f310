"""Replace primary keys by names, so that another database can read a version or a translation.

Accounts are named by their user names, authors by the keys of the archive, topics by their slugs, and pictures by their
files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from articles.history.recording import TRANSLATIONS
from articles.interchange.records import Data
from articles.models import Translation, Update

#: Columns that refer to accounts.
USER_COLUMNS = frozenset(
    field.name
    for field in Update._meta.concrete_fields
    if field.related_model is not None and field.related_model._meta.label == settings.AUTH_USER_MODEL
)
_TRANSLATION_USERS = ("translator", "reviewer")
#: Columns of a translation in archives. Those of the queue and of open desks are useless elsewhere.
TRANSLATION_COLUMNS = (
    *("state", "outdated", "engine", "problems", "accepted"),
    *("made_at", "first_made_at", "reviewed_at", "first_reviewed_at"),
)
#: Texts of pictures are named by their primary keys in a database, and by their files in an archive.
_PICTURE_FIELD = re.compile(r"picture-([0-9]+)-(.+)")
_PORTABLE_FIELD = re.compile(r"picture:(.+):([a-z_]+)")

Renamed = Callable[[Any], Any]


class Accounts:
    """User names by primary key, and the other way round."""

    def __init__(self, *, known: bool) -> None:
        """`known`: whether the names are those of accounts of this database."""
        self._known = known
        self._names: dict[int, str] = {}
        self._keys: dict[str, int | None] = {}
        self.lacking: set[str] = set()

    def name(self, pk: int | None) -> str | None:
        if pk is None:
            return None
        if pk not in self._names:
            found = get_user_model()._default_manager.filter(pk=pk).first()
            self._names[pk] = found.get_username() if found else ""
        return self._names[pk] or None

    def key(self, name: str | None) -> int | None:
        """Return the account with a name; None if there is none, or if the archive is of another site."""
        if not name:
            return None
        if name not in self._keys:
            model = get_user_model()
            found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first() if self._known else None
            self._keys[name] = found.pk if found else None
        if self._keys[name] is None:
            self.lacking.add(name)
        return self._keys[name]


def renamed(
    data: Data, *, user: Renamed, author: Renamed, topic: Renamed, image: Renamed, field: Callable[[str], str]
) -> Data:
    """Return a version with other names for the rows to which it refers. A name that becomes None or "" is omitted."""
    found = dict(data)
    # The copies of an update are in other articles, which are not in the archive.
    found["copy_group"] = None
    for column in USER_COLUMNS & found.keys():
        found[column] = user(found[column])
    found["authors"] = [name for name in map(author, data.get("authors", ())) if name]
    found["topics"] = [name for name in map(topic, data.get("topics", ())) if name]
    found["pictures"] = [{**each, "image": name} for each in data.get("pictures", ()) if (name := image(each["image"]))]
    found[TRANSLATIONS] = {
        language: renamed_state(state, user=user, field=field)
        for language, state in (data.get(TRANSLATIONS) or {}).items()
    }
    return found


def renamed_state(state: Data, *, user: Renamed, field: Callable[[str], str]) -> Data:
    """Return the state of a translation with other names for accounts and for the texts of pictures."""
    found = dict(state)
    for name in _TRANSLATION_USERS:
        if name in found:
            found[name] = user(found[name])
    for name in ("problems", "accepted"):
        if name in found:
            found[name] = [{**each, "field": field(str(each.get("field", "")))} for each in found[name]]
    if "source" in found:
        found["source"] = {field(name): text for name, text in found["source"].items()}
    return found


def translation_data(row: Translation) -> Data:
    """Return a translation in the form of archives, but still with the names of this database."""
    return {
        **{name: getattr(row, name) for name in TRANSLATION_COLUMNS},
        "source": row.source,
        "translator": row.translator_id,
        "reviewer": row.reviewer_id,
    }


def portable_field(name: str, images: Mapping[int, str]) -> str:
    """Return the name in an archive of a text of `columns.texts_of`. `images`: names of files by primary key."""
    found = _PICTURE_FIELD.fullmatch(name)
    return f"picture:{images.get(int(found[1]), '')}:{found[2]}" if found else name


def local_field(name: str, pictures: Mapping[str, int]) -> str:
    """Return the local name of a text in an archive. `pictures`: primary keys by the names of their files."""
    found = _PORTABLE_FIELD.fullmatch(name)
    return f"picture-{pictures.get(found[1], 0)}-{found[2]}" if found else name

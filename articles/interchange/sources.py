"""Recognise the format of a file or an address, and open it as a source of records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from articles.interchange.archive import ArchiveSource
from articles.interchange.records import Source, SourceError


@contextmanager
def opened(place: str, *, language: str = "", time_zone: str = "", trusted: bool = False) -> Iterator[Source]:
    path = Path(place)
    if not path.is_file():
        raise SourceError(_("There is no file “%(name)s”.") % {"name": place})
    with path.open("rb") as file:
        yield ArchiveSource(file)

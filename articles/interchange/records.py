"""The common form of all formats: a coverage, and its posts.

The names of columns and relations are those of a version of the history (`articles.history.recording.as_stored`), so
that a record, a version and a line of an archive use the same names. Where a version has a primary key, a record has a
name: the key of an author, the address of a picture, the name of an account.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from django.core.exceptions import ValidationError

from articles.interchange.notes import Notes
from liveblog.languages import column

#: Columns and relations by name, as JSON has them.
Data = dict[str, Any]


class SourceError(ValidationError):
    """The source cannot be imported at all. The message, in the active language, says what to do."""

    def __str__(self) -> str:
        return " ".join(self.messages)


@dataclass
class Byline:
    """An author, to whom records refer by key.

    name, role, place   by language
    links               one in each line
    photo               the address of the picture, "" for none
    """

    key: str
    source_language: str
    name: dict[str, str]
    role: dict[str, str] = field(default_factory=dict)
    place: dict[str, str] = field(default_factory=dict)
    links: str = ""
    photo: str = ""


@dataclass
class Coverage:
    """An article without its updates.

    key         the permanent name of the coverage
    data        columns of the article
    authors     their keys
    topics      slug, and names by language; `other_topics` are those of updates alone
    related     slugs
    photo       the address of the photo, "" for none
    events      kind, moment and actor of each state change, if the source has them
    addresses   former addresses, as (language or "", address)
    complete    whether the source has all its posts, so that a missing one was removed
    """

    key: str
    data: Data
    bylines: dict[str, Byline] = field(default_factory=dict)
    authors: list[str] = field(default_factory=list)
    topics: list[Data] = field(default_factory=list)
    other_topics: list[Data] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    photo: str = ""
    translations: dict[str, Data] = field(default_factory=dict)
    events: list[Data] = field(default_factory=list)
    addresses: list[tuple[str, str]] = field(default_factory=list)
    complete: bool = False

    @property
    def source_language(self) -> str:
        return str(self.data["source_language"])


@dataclass
class Post:
    """An update.

    key             its permanent id within its coverage
    data            columns; `authors`, `topics` (slugs), `pictures` and `embed` as a version has them
    translations    the state of each translation, by language
    embed           the answer of the provider, if it is known
    votes           of a poll, by choice
    modifications   when the texts were last modified, by language
    removed         pictures of earlier versions only
    versions        the history
    addresses       those that it had, as (language or "", address)
    """

    key: str
    data: Data
    translations: dict[str, Data] = field(default_factory=dict)
    embed: Data = field(default_factory=dict)
    votes: list[int] = field(default_factory=list)
    poll_closed_for: str | None = None
    modifications: dict[str, str] = field(default_factory=dict)
    removed: list[Data] = field(default_factory=list)
    versions: list[Data] = field(default_factory=list)
    addresses: list[tuple[str, str]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Return a digest of the whole record."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()

    @property
    def label(self) -> str:
        """Return a short label by which people recognise the post."""
        language = self.data.get("source_language", "")
        text = self.data.get(column("headline", language)) or self.data.get(column("body", language)) or ""
        return f"{self.key}: {text}" if text else self.key


class Source(Protocol):
    """A coverage in some format."""

    #: The name of the format, such as "wordpress".
    format: str
    notes: Notes

    def coverage(self) -> Coverage:
        """Return the article. Raise SourceError if the source cannot be imported."""

    def posts(self) -> Iterator[Post]:
        """Yield the posts, the oldest first. May be called several times."""

    def picture(self, address: str) -> bytes:
        """Return the file of a picture. Raise ProviderError or KeyError if it is not available."""

    def parts(self) -> Iterator[tuple[str, Iterator[Data]]]:
        """Yield the data of other apps, by their registered names."""

"""The relations of an update that are saved after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from articles.models import Author, Picture, Topic, Update


@dataclass(frozen=True)
class PendingRelations:
    """Pictures, embed, byline and topics that an update gets once it is saved; None leaves a relation unchanged.

    A form builds the value and saves the relations after the row. Validation takes it as an argument, so that the rules
    apply to the update as it will be. `embed_url` is empty if the update loses its embed.
    """

    pictures: Sequence[Picture] | None = None
    embed_url: str | None = None
    authors: Sequence[Author] | None = None
    topics: Sequence[Topic] | None = None

    def pictures_of(self, update: Update) -> list[Picture]:
        """Return the pictures that the update will have, in their order."""
        if self.pictures is not None:
            return list(self.pictures)
        return list(update.pictures.all()) if update.pk else []

    def embed_url_of(self, update: Update) -> str:
        """Return the address of the embed that the update will have, "" for none."""
        if self.embed_url is not None:
            return self.embed_url
        embed = getattr(update, "embed", None) if update.pk else None
        return embed.url if embed else ""

    def authors_of(self, update: Update) -> list[Author]:
        """Return the authors whom the update will name."""
        if self.authors is not None:
            return list(self.authors)
        return list(update.authors.all()) if update.pk else []

    def topics_of(self, update: Update) -> list[Topic]:
        """Return the topics that the update will have."""
        if self.topics is not None:
            return list(self.topics)
        return list(update.topics.all()) if update.pk else []


#: Every relation stays unchanged.
NOTHING_PENDING = PendingRelations()

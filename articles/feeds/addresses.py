"""Ids and addresses of feeds, by their subject, language and format."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from articles.models import Article, Author, Topic
from articles.templatetags.live import absolute
from liveblog import pagination
from liveblog.pagination import Place

#: The formats, by the last part of the address: file name and media type.
FORMATS = {"atom": ("feed.atom", "application/atom+xml"), "json": ("feed.json", "application/feed+json")}


def tag(specific: str) -> str:
    """Return a URI that names something permanently (RFC 4151), even if the site moves."""
    return f"tag:{settings.FEED_AUTHORITY}:{specific}"


def tag_of_update(pk: int, language: str) -> str:
    """Return the id of an update in the feeds of one language."""
    return tag(f"update-{pk}.{language}")


class Channel(NamedTuple):
    """The subject of a feed: the updates of an article, of a topic, of an author, or all, in one language.

    slug, topic   in addresses: of the article, and of the topic
    author        the primary key; 0 for none
    """

    language: str
    slug: str = ""
    key_only: bool = False
    topic: str = ""
    author: int = 0

    @property
    def path(self) -> str:
        """Return the path of the page for people."""
        if self.slug:
            return reverse("live", args=[self.language, self.slug])
        if self.topic:
            return reverse("topic", args=[self.language, self.topic])
        if self.author:
            return reverse("author", args=[self.language, self.author])
        return reverse("index", args=[self.language])

    @property
    def page_url(self) -> str:
        return absolute(pagination.address(self.path, {"key": 1 if self.key_only and self.slug else None}))

    def url(self, format_: str, place: Place = Place()) -> str:  # noqa: B008 - an immutable tuple
        """Return the address of the feed, at a place of its list."""
        parameters = {**place.query, "key": int(self.key_only) or None}
        return absolute(pagination.address(f"{self.path}{FORMATS[format_][0]}", parameters))

    def tag(self, subject: Article | Topic | Author | None) -> str:
        """Return the id of the feed; `subject` is the article, the topic or the author."""
        kinds: dict[type, str] = {Article: "coverage", Topic: "topic", Author: "author"}
        name = f"{kinds[type(subject)]}-{subject.pk}" if subject else "site"
        return tag(f"{name}.{self.language}{'.key' if self.key_only else ''}")

"""Make records from the data of other systems, in the same way for all of them.

A format finds the entries; this module reads their texts, moments, pictures and authors, and notes doubts.
"""

from __future__ import annotations

import datetime
import hashlib
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.embeds import providers
from articles.interchange import markup, times
from articles.interchange.fetching import Fetching
from articles.interchange.markup import Content, Image
from articles.interchange.notes import Notes
from articles.interchange.records import Byline, Coverage, Data, Post, SourceError
from articles.models import Picture
from articles.text import richtext
from articles.text.plaintext import first_words, plain_text
from liveblog.languages import KNOWN, column, nearest
from liveblog.translation import detector

#: The prefix of a generated key.
_DIGEST = "sha256:"
#: An update with more pictures would be a gallery.
MAX_PICTURES = 20


@dataclass
class Entry:
    """A post in the data of a format. Texts may be plain or HTML, and moments in any notation."""

    key: str
    headline: object = ""
    body: str = ""
    published: object = None
    modified: object = None
    authors: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    embeds: list[str] = field(default_factory=list)
    address: str = ""
    is_key: bool = False
    is_pinned: bool = False
    is_withdrawn: bool = False
    is_draft: bool = False
    #: The person quoted, if the text is a quotation, and its address.
    attribution: str = ""
    source_url: str = ""


@dataclass
class Blog:
    """A live blog in the data of a format."""

    key: str
    headline: object = ""
    standfirst: object = ""
    body: str = ""
    language: str = ""
    #: The language of the page, which is often just that of the template.
    page_language: str = ""
    starts: object = None
    ends: object = None
    is_over: bool = False
    authors: list[str] = field(default_factory=list)
    image: Image | None = None
    address: str = ""
    topics: list[str] = field(default_factory=list)
    complete: bool = False
    entries: list[Entry] = field(default_factory=list)


@dataclass
class Options:
    """The user's answers about a source: its language, the time zone of the event, and the slug, "" for none."""

    language: str = ""
    time_zone: str = ""
    slug: str = ""


class ForeignSource:
    """A live blog of another system as a source of records."""

    def __init__(self, format_: str, blog: Blog, options: Options, notes: Notes, fetching: Fetching) -> None:
        self.format = format_
        self.notes = notes
        self._blog = blog
        self._fetching = fetching
        self._zone_name = options.time_zone or timezone.get_default_timezone_name()
        self._zone = zoneinfo.ZoneInfo(self._zone_name)
        self._bylines: dict[str, Byline] = {}
        self._language = self._recognised(options.language)
        self._posts = self._read_entries()
        if not self._posts:
            raise SourceError(_("The source has no updates that can be imported."))
        self._key = _key(blog.key) if blog.key else self._made_up_key(options.slug)
        self._headline = self._named(options.slug)

    # As a source ----------------------------------------------------------------------------------------------------

    def coverage(self) -> Coverage:
        blog, language = self._blog, self._language
        moments = [post.data["first_published_at"] for post in self._posts if post.data.get("first_published_at")]
        first, last = min(moments, default=timezone.now()), max(moments, default=timezone.now())
        start = times.read(blog.starts, self._zone)[0] or first
        end = times.read(blog.ends, self._zone)[0]
        is_over = blog.is_over or (end is not None and end <= timezone.now())
        content = markup.content_of(blog.body, blog.address) if blog.body else Content()
        headline = self._headline
        if len(content.body) > richtext.MAX_LENGTH:
            self.notes.add("cut", headline)
            content.body = _shortened(content.body)
        data: Data = {
            "source_language": language,
            "languages": [language],
            "time_zone": self._zone_name,
            "state": "finished" if is_over else "live",
            "coverage_start": min(start, first),
            "coverage_end": max(filter(None, (end or last, start))) if is_over else None,
            column("headline", language): headline,
            column("standfirst", language): self._fitting(markup.line_of(blog.standfirst), 600, "standfirst"),
            column("body", language): content.body,
        }
        slug = slugify(urlsplit(blog.address).path.rstrip("/").rpartition("/")[2].removesuffix(".html"))
        data["slug"] = slug if not slug.isdigit() else ""
        image = blog.image or next(iter(content.images), None)
        if image is not None:
            data |= {
                column("photo_alt", language): (image.alt or image.caption or headline)[:300],
                column("photo_caption", language): image.caption[:500],
                column("photo_credit", language): image.credit[:200],
            }
        return Coverage(
            key=self._key,
            data={name: value for name, value in data.items() if value not in ("", None)},
            bylines=self._bylines,
            authors=self._author_keys(blog.authors),
            topics=[
                {"slug": slugify(name)[:80], "name": {language: name[:120]}} for name in blog.topics if slugify(name)
            ],
            photo=image.address if image else "",
            addresses=[(language, blog.address)] if blog.address else [],
            complete=blog.complete,
        )

    def posts(self) -> Iterator[Post]:
        return iter(self._posts)

    def picture(self, address: str) -> bytes:
        return self._fetching.picture(address)

    def parts(self) -> Iterator[tuple[str, Iterator[Data]]]:
        return iter(())

    def _made_up_key(self, slug: str) -> str:
        """Return a key for a live blog with neither id nor address, from that of the article or of its posts."""
        oldest = self._posts[0]
        return f"slug:{slug}" if slug else _digest(f"{oldest.key} {oldest.data['first_published_at']}")

    def _named(self, slug: str) -> str:
        """Return the headline of the live blog; if it has none, a placeholder for people to correct."""
        if headline := self._fitting(markup.line_of(self._blog.headline), 200, "headline"):
            return headline
        first = self._posts[0].data
        text = first[column("headline", self._language)] or first_words(
            plain_text(first[column("body", self._language)]), 8
        )
        found = slug.replace("-", " ") or text or urlsplit(self._blog.address).hostname or self._key
        self.notes.add("no-headline", found)
        return self._fitting(found, 200, "headline")

    # Entries --------------------------------------------------------------------------------------------------------

    def _read_entries(self) -> list[Post]:
        found: list[tuple[datetime.datetime | None, Post]] = []
        for entry in _without_doubles(self._blog.entries, self._zone, self.notes):
            post = self._post(entry)
            if post is not None:
                found.append((post.data.get("first_published_at"), post))
        moments = [moment for moment, _post in found if moment]
        newest_first = len(moments) > 1 and moments[0] > moments[-1]
        if newest_first:
            found.reverse()
        known = next(iter(moment for moment, _post in found if moment), timezone.now())
        for moment, post in found:
            known = moment or known
            post.data["first_published_at"] = known
        found.sort(key=lambda each: each[1].data["first_published_at"])
        return [post for _moment, post in found]

    def _post(self, entry: Entry) -> Post | None:
        language, notes = self._language, self.notes
        content = markup.content_of(entry.body, entry.address or self._blog.address) if entry.body else Content()
        headline = markup.line_of(entry.headline)
        if _repeats(headline, content.body):
            headline = ""
        words = headline or first_words(plain_text(content.body), 8)
        # The generated key of an entry without an id means nothing to people, so show its moment.
        name = str(entry.published or entry.modified or "?") if entry.key.startswith(_DIGEST) else entry.key
        label = f"{name}: {words}" if words else name
        for tag, number in content.lost.items():
            for _number in range(number):
                notes.add("markup", f"{tag} – {label}")
        moment, doubt = times.read(entry.published, self._zone)
        if moment is None:
            moment, doubt = times.read(entry.modified, self._zone)
            notes.add("no-time", label)
        if doubt:
            notes.add(doubt, label)
        embeds = list(dict.fromkeys([*entry.embeds, *content.embeds]))
        body, embed = content.body, (embeds[0] if embeds else "")
        for other in embeds[1:]:
            notes.add("second-embed", f"{other} – {label}")
            body += f'<p><a href="{escape(other)}">{escape(other)}</a></p>'
        if len(body) > richtext.MAX_LENGTH:
            notes.add("cut", label)
            body = _shortened(body)
        pictures = self._pictures([*entry.images, *content.images], label)
        if not (headline or plain_text(body) or pictures or embed or entry.is_withdrawn):
            notes.add("empty", label)
            return None
        kind = "text"
        if entry.attribution and plain_text(body):
            kind = "quote"
        elif not (headline or plain_text(body)):
            kind = "pictures" if pictures else "embed" if embed else "text"
        data: Data = {
            "source_language": language,
            "kind": kind,
            "state": "withdrawn" if entry.is_withdrawn else "draft" if entry.is_draft else "published",
            "first_published_at": moment,
            "is_key": entry.is_key,
            column("headline", language): self._fitting(headline, 200, label),
            column("body", language): richtext.normalise(body),
            "authors": self._author_keys(entry.authors),
            "pictures": pictures,
            "embed": {"url": embed} if embed else None,
        }
        if kind == "quote":
            data[column("attribution", language)] = self._fitting(markup.line_of(entry.attribution), 200, label)
            if len(entry.source_url) <= 500 and markup.scheme_of(entry.source_url) in ("http", "https"):
                data["source_url"] = entry.source_url
        if entry.is_pinned:
            data["pin"] = 1
        if entry.is_withdrawn:
            data["withdrawn_at"] = times.read(entry.modified, self._zone)[0]
        addresses = [(language, entry.address)] if entry.address and "#" not in entry.address else []
        return Post(_key(entry.key), data, addresses=addresses)

    def _pictures(self, images: Iterable[Image], label: str) -> list[Data]:
        language = self._language
        found: dict[str, Data] = {}
        for image in images:
            if image.address in found:
                continue
            if len(found) == MAX_PICTURES:
                self.notes.add("picture", f"{image.address} – {label}")
                continue
            texts = {
                column(name, language): self._fitting(markup.line_of(text), _LENGTHS[name], label)
                for name, text in (("alt", image.alt), ("caption", image.caption), ("credit", image.credit))
            }
            found[image.address] = {"image": image.address} | {name: text for name, text in texts.items() if text}
        return list(found.values())

    def _author_keys(self, names: Iterable[str]) -> list[str]:
        keys = []
        for each in names:
            name = markup.line_of(each)[:120]
            if name and name not in keys:
                self._bylines.setdefault(name, Byline(name, self._language, {self._language: name}))
                keys.append(name)
        return keys

    def _fitting(self, text: str, most: int, label: str) -> str:
        text = " ".join(text.split())
        if len(text) <= most:
            return text
        self.notes.add("cut", label)
        return f"{text[: most - 1].rstrip()}…"

    def _recognised(self, wanted: str) -> str:
        """Return the language of the texts: according to the user, to the source, or to language detection."""
        if wanted:
            return wanted
        if named := _known_language(self._blog.language):
            return named
        around = _known_language(self._blog.page_language)
        texts = [markup.line_of(self._blog.headline), *(entry.body for entry in self._blog.entries[:20])]
        found = detector.language_of(" ".join(plain_text(text) for text in texts)[:5000], tuple(KNOWN))
        if found is None:
            if around:
                return around
            raise SourceError(_("The source doesn’t give its language. Choose its language."))
        if found[0] != around:
            self.notes.add("language", found[0])
        return found[0]


def _known_language(stated: str) -> str:
    return nearest(stated.replace("_", "-").casefold(), KNOWN) or ""


def _key(stated: str) -> str:
    """Return the key of an entry or a coverage, limited to the length of the column."""
    return stated if len(stated) <= 500 else _digest(stated)


def _digest(stated: str) -> str:
    return f"{_DIGEST}{hashlib.sha256(stated.encode()).hexdigest()[:32]}"


_LENGTHS = {name: getattr(Picture._meta.get_field(name), "max_length", 0) for name in ("alt", "caption", "credit")}


def _without_doubles(entries: Iterable[Entry], zone: datetime.tzinfo, notes: Notes) -> list[Entry]:
    """Return the entries, each with an id and only once: of two with the same id, the one changed last."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if not entry.key:
            stated = f"{entry.published} {plain_text(entry.body)[:200]} {markup.line_of(entry.headline)}"
            entry.key = _digest(stated)
            notes.add("no-id", markup.line_of(entry.headline) or plain_text(entry.body)[:60])
        before = found.get(entry.key)
        if before is not None:
            if (before.headline, before.body) != (entry.headline, entry.body):
                notes.add("doubled", entry.key)
            if _changed_at(before, zone) > _changed_at(entry, zone):
                continue
        found[entry.key] = entry
    return list(found.values())


def _changed_at(entry: Entry, zone: datetime.tzinfo) -> datetime.datetime:
    moments = (times.read(value, zone)[0] for value in (entry.modified, entry.published))
    return next(filter(None, moments), datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC))


def _repeats(headline: str, body: str) -> bool:
    """Return whether a headline is only the beginning of the text, which some systems use in place of a headline."""
    words = " ".join(headline.rstrip("….").split()).casefold()
    return bool(words) and " ".join(plain_text(body).split()).casefold().startswith(words)


def _shortened(body: str) -> str:
    kept: list[str] = []
    size = 0
    for block in richtext.blocks(richtext.normalise(body)):
        size += len(block)
        if size > richtext.MAX_LENGTH:
            break
        kept.append(block)
    if kept:
        return "".join(kept)
    # A single paragraph is too long. An escaped character can take six.
    return f"<p>{escape(plain_text(body)[: richtext.MAX_LENGTH // 6].rstrip())}…</p>"


def is_known_embed(address: Any) -> bool:
    return isinstance(address, str) and providers.match(address) is not None

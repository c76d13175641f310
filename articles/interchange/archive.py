"""Our own format: one ZIP file with a line of JSON for each object, and the pictures beside them.

docs/reference/archive-format.md describes it. Both directions work line by line, so memory does not grow with the
coverage.

An archive is signed with the secret key, because anybody can edit a file: only the signature shows that this site made
it, so that its user names are those of accounts here.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from django.conf import settings
from django.core import signing
from django.core.files.storage import Storage
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from articles.interchange import shapes
from articles.interchange.notes import Notes
from articles.interchange.records import Byline, Coverage, Data, Post, SourceError
from articles.pictures import processing
from liveblog import json_input

_BYLINE = frozenset(field.name for field in fields(Byline))

FORMAT, VERSION = "liveblog-archive", 1
LINES = "coverage.ndjson"
MEDIA = "media/"

#: Limit of a line. An update has eight languages of at most 100,000 characters, and a version repeats them.
_MAX_LINE_BYTES = 16_000_000
#: Limit of all versions of one update, which are read at once.
_MAX_VERSIONS_BYTES = 128_000_000
_CHUNK_BYTES = 1 << 16
_SALT = "articles.interchange.archive"
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)


class _Encoder(DjangoJSONEncoder):
    def default(self, o: object) -> object:
        # Django's encoder drops microseconds, which order updates of the same second.
        return o.isoformat() if isinstance(o, datetime.datetime) else super().default(o)


def media_name(name: str) -> str:
    """Return the name in an archive of an uploaded file. Its last part is random, so no two files have the same."""
    return f"{MEDIA}{PurePosixPath(name).name}" if name else ""


class Writer:
    """Write an archive: the pictures first, then the lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        #: The digests of the files, by name.
        self._media: dict[str, str] = {}
        self._lines: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self.counts: dict[str, int] = {}

    def add_file(self, storage: Storage, name: str) -> bool:
        """Copy an uploaded file into the archive. Return False if the storage does not have it."""
        target = media_name(name)
        if target in self._media:
            return True
        try:
            source = storage.open(name)
        except FileNotFoundError:
            return False
        # Pictures are compressed already.
        entry = zipfile.ZipInfo(target)
        digest = hashlib.sha256()
        with source, self._zip.open(entry, "w", force_zip64=True) as copy:
            for chunk in source.chunks(_CHUNK_BYTES):
                copy.write(chunk)
                digest.update(chunk)
        self._media[target] = digest.hexdigest()
        return True

    def write(self, kind: str, data: Mapping[str, Any]) -> None:
        if self._lines is None:
            self._lines = self._zip.open(LINES, "w", force_zip64=True)
        line = json.dumps({"type": kind, **data}, cls=_Encoder, ensure_ascii=False).encode() + b"\n"
        self._lines.write(line)
        self._digest.update(line)
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def finish(self) -> None:
        """Write the digests of the files, and the last line, which marks the archive as complete and signs it."""
        for name, digest in self._media.items():
            self.write("file", {"name": name, "sha256": digest})
        signature = signing.Signer(salt=_SALT).signature(self._digest.hexdigest())
        self.write("end", {"counts": dict(self.counts), "signature": signature})
        assert self._lines is not None
        self._lines.close()
        self._zip.close()


class ArchiveSource:
    """An archive as a source of records. Raise SourceError if it is damaged or of another format."""

    format = "archive"

    def __init__(self, file: BinaryIO) -> None:
        self.notes = Notes()
        try:
            self._zip = zipfile.ZipFile(file)
            self._names = set(self._zip.namelist())
        except _BROKEN_ZIP:
            raise _damaged() from None
        header = next(self._lines(), {})
        if header.get("type") != "header" or header.get("format") != FORMAT:
            raise SourceError(_("This file isn’t a coverage archive."))
        if header.get("version") != VERSION:
            raise SourceError(_("The archive was made by a newer version. Update this site first."))
        self.header = header
        #: The digests of the files, by name.
        self._digests: dict[str, str] = {}
        is_signed = self._check_whole()
        #: Whether this site made it, and nobody has changed it since.
        self.is_own = is_signed and header.get("site") == settings.SITE_URL

    def coverage(self) -> Coverage:
        bylines: dict[str, Byline] = {}
        topics: list[Data] = []
        events: list[Data] = []
        article: Data | None = None
        for line in self._lines():
            match line["type"]:
                case "author":
                    bylines[line["key"]] = Byline(**{name: line[name] for name in _BYLINE & line.keys()})
                case "topic":
                    topics.append({"slug": line["slug"], "name": line["name"]})
                case "article":
                    article = line
                case "event":
                    events.append(_without_type(line))
                case "update":
                    break
        if article is None:
            raise _damaged()
        # Archives of the first releases list no topics of the article: all their topics are the article's.
        own = article.get("topics", [topic["slug"] for topic in topics])
        return Coverage(
            key=article["key"],
            data=article["data"],
            bylines=bylines,
            authors=article["authors"],
            topics=[topic for topic in topics if topic["slug"] in own],
            other_topics=[topic for topic in topics if topic["slug"] not in own],
            related=article["related"],
            photo=article["photo"],
            translations=article["translations"],
            events=events,
            addresses=[tuple(each) for each in article["addresses"]],
        )

    def posts(self) -> Iterator[Post]:
        post: Post | None = None
        size = 0
        for line, length in self._measured_lines():
            if line["type"] == "update":
                if post is not None:
                    yield post
                post, size = _post(line), 0
            elif line["type"] == "version" and post is not None and line["update"] == post.key:
                size += length
                if size > _MAX_VERSIONS_BYTES:
                    raise _damaged()
                post.versions.append({name: line[name] for name in line.keys() - {"type", "update"}})
            elif post is not None:
                yield post
                post = None
        if post is not None:
            yield post

    def picture(self, address: str) -> bytes:
        info = self._zip.getinfo(address) if address.startswith(MEDIA) else None
        if info is None or info.file_size > processing.MAX_BYTES:
            raise KeyError(address)
        try:
            with self._zip.open(info) as file:
                # A file can be larger than the directory of the ZIP file states.
                content = file.read(processing.MAX_BYTES + 1)
        except _BROKEN_ZIP:
            raise KeyError(address) from None
        if len(content) > processing.MAX_BYTES:
            raise KeyError(address)
        # The signature covers the lines only, so they vouch for the files.
        if self.is_own and self._digests.get(address) != hashlib.sha256(content).hexdigest():
            raise KeyError(address)
        return content

    def parts(self) -> Iterator[tuple[str, Iterator[Data]]]:
        for name in self.header.get("parts", ()):
            kinds = tuple(self.header["parts"][name])
            yield name, (line for line in self._lines() if line["type"] in kinds)

    def _check_whole(self) -> bool:
        """Return whether the signature is valid. Raise SourceError if lines are missing."""
        counts: dict[str, int] = {}
        last: Data = {}
        digest, text = hashlib.sha256(), b""
        for following in self._texts():
            # All lines but the last, which has the signature.
            digest.update(text)
            text = following
            last = _line(text)
            counts[last["type"]] = counts.get(last["type"], 0) + 1
            if last["type"] == "file" and last["name"] in self._names:
                self._digests[last["name"]] = last["sha256"]
        counts.pop("end", None)
        if last.get("type") != "end" or last.get("counts") != counts:
            raise SourceError(_("The archive is incomplete. Copy it again, or export the coverage again."))
        try:
            signing.Signer(salt=_SALT).unsign(f"{digest.hexdigest()}:{last.get('signature', '')}")
        except signing.BadSignature:
            return False
        return True

    def _lines(self) -> Iterator[Data]:
        return map(_line, self._texts())

    def _measured_lines(self) -> Iterator[tuple[Data, int]]:
        return ((_line(text), len(text)) for text in self._texts())

    def _texts(self) -> Iterator[bytes]:
        if LINES not in self._names:
            raise SourceError(_("This file isn’t a coverage archive."))
        try:
            with self._zip.open(LINES) as lines:
                while text := lines.readline(_MAX_LINE_BYTES + 1):
                    if len(text) > _MAX_LINE_BYTES:
                        raise _damaged()
                    yield text
        # An encrypted file raises RuntimeError.
        except _BROKEN_ZIP:
            raise _damaged() from None


def _line(text: bytes) -> Data:
    """Return the object on a line. Raise SourceError if it is malformed."""
    try:
        line = json_input.loads(text)
    except ValueError:
        raise _damaged() from None
    if not isinstance(line, dict) or not isinstance(line.get("type"), str) or not shapes.is_line(line):
        raise _damaged()
    return line


def _damaged() -> SourceError:
    return SourceError(_("The archive is damaged. Export the coverage again."))


def _post(line: Data) -> Post:
    return Post(
        key=line["key"],
        data=line["data"],
        translations=line["translations"],
        embed=line.get("embed", {}),
        votes=line.get("votes", []),
        poll_closed_for=line.get("poll_closed_for"),
        modifications=line.get("modifications", {}),
        removed=line.get("removed_pictures", []),
        addresses=[tuple(each) for each in line.get("addresses", [])],
    )


def _without_type(line: Data) -> Data:
    return {name: value for name, value in line.items() if name != "type"}


@contextmanager
def writing_to(path: Path) -> Iterator[Writer]:
    """Write an archive that appears at `path` once it is complete."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            writer = Writer(file)
            yield writer
            writer.finish()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

"""Recognise the format of a file or an address, and open it as a source of records."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from articles.interchange import json_ld, sourcefabric, wordpress
from articles.interchange.archive import LINES, ArchiveSource
from articles.interchange.fetching import MAX_BYTES, Fetching
from articles.interchange.foreign import Blog, ForeignSource, Options
from articles.interchange.models import ImportedArticle
from articles.interchange.notes import Notes
from articles.interchange.records import Source, SourceError

_MAX_PAGES = 1000
_ENCODING = re.compile(rb"charset=[\"']?([\w-]+)", re.IGNORECASE)
#: Browsers read all of these as Windows-1252 (https://encoding.spec.whatwg.org/#names-and-labels).
_LATIN = frozenset({"iso-8859-1", "iso8859-1", "latin1", "us-ascii", "ascii"})
_IS_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def is_address(place: str) -> bool:
    return bool(_IS_ADDRESS.match(place))


@contextmanager
def opened(place: str, options: Options, *, slug: str = "", trusted: bool = False) -> Iterator[Source]:
    """Open a file or an address. Raise SourceError if it cannot be imported.

    slug      selects a live blog if a file has several
    trusted   whether the server at the address need not be public
    """
    if is_address(place):
        yield from_address(place, options, Fetching(place if trusted else ""))
        return
    try:
        file = Path(place).open("rb")  # noqa: SIM115 - closed below
    except OSError:
        raise SourceError(_("There is no readable file “%(name)s”.") % {"name": place}) from None
    with file:
        yield from_file(file, options, Fetching(), slug=slug)


def from_file(file: BinaryIO, options: Options, fetching: Fetching, *, slug: str = "") -> Source:
    """Return the source in an open file."""
    head = file.read(4096)
    file.seek(0)
    if head.startswith(b"PK"):
        return _from_zip(file, options, fetching)
    if b"<rss" in head and b"wordpress" in head.lower():
        notes = Notes()
        return ForeignSource("wordpress", wordpress.from_export(file, notes, slug), options, notes, fetching)
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise SourceError(_("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1_000_000})
    return _from_content(content, "", options, fetching)


def from_address(address: str, options: Options, fetching: Fetching) -> Source:
    """Return the source at an address: an API, a page or a file."""
    notes = Notes()
    if wordpress.is_rest_address(address):
        return _from_wordpress(address, options, fetching)
    if sourcefabric.is_api_address(address):
        return ForeignSource("sourcefabric", sourcefabric.from_api(address, fetching, notes), options, notes, fetching)
    content = fetching.source(address)
    if content.startswith(b"PK"):
        return _from_zip(io.BytesIO(content), options, fetching)
    return _from_content(content, address, options, fetching)


def _from_zip(file: BinaryIO, options: Options, fetching: Fetching) -> Source:
    """Return our own archive, or the JSON files in a ZIP file."""
    try:
        packed = zipfile.ZipFile(file)
        if LINES in packed.namelist():
            return ArchiveSource(file)
        documents: list[object] = []
        size = 0
        for info in packed.infolist():
            if not info.filename.endswith((".json", ".ndjson", ".jsonl")):
                continue
            size += info.file_size
            if size > MAX_BYTES:
                raise SourceError(_("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1_000_000})
            with packed.open(info) as member:
                documents.append(_loaded(_decoded(member.read(MAX_BYTES))))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        raise SourceError(_("The archive is damaged. Export the coverage again.")) from None
    found = _from_document([each for each in documents if each is not None], "", options, fetching)
    if found is None:
        raise SourceError(_("The file contains no live blog in a supported format."))
    return found


def _from_content(content: bytes, address: str, options: Options, fetching: Fetching) -> Source:
    text = _decoded(content)
    if text.lstrip()[:1] in ("{", "["):
        source = _from_document(_loaded(text), address, options, fetching, text)
    elif text.lstrip().startswith("<?xml") and "wordpress" in text[:4096].lower():
        notes = Notes()
        blog = wordpress.from_export(io.BytesIO(content), notes)
        return ForeignSource("wordpress", blog, options, notes, fetching)
    else:
        source = _from_page(text, address, options, fetching)
    if source is None:
        raise SourceError(_("The file contains no live blog in a supported format."))
    return source


def _from_document(
    document: object, address: str, options: Options, fetching: Fetching, text: str = ""
) -> ForeignSource | None:
    notes = Notes()
    if document is None and "LiveBlogPosting" in text:
        document = next(iter(json_ld.salvaged(text, notes)), None)
    single = document[0] if isinstance(document, list) and len(document) == 1 else document
    if wordpress.is_rest_answer(single):
        return ForeignSource("wordpress", wordpress.from_answers(single, {}, address, notes), options, notes, fetching)
    if blogs := json_ld.blogs_in_json(single, address, notes):
        blog = _only(blogs)
        _add_older_documents(blog, single, address, fetching, notes)
        return ForeignSource("schema.org", blog, options, notes, fetching)
    if sourcefabric.is_dump(single):
        return ForeignSource("sourcefabric", sourcefabric.from_dump(single, address, notes), options, notes, fetching)
    return None


def _from_wordpress(address: str, options: Options, fetching: Fetching, page: str = "") -> ForeignSource:
    """Return the source at the API of the plugin. Its page has what the API lacks: the language and the state."""
    notes = Notes()
    blog = wordpress.from_rest(address, fetching, notes)
    if not page and blog.address:
        with suppress(SourceError):
            page = _decoded(fetching.source(blog.address))
    for told in json_ld.blogs_in(page, blog.address, Notes()) if page else []:
        blog.page_language = blog.page_language or told.page_language
        blog.is_over = blog.is_over or bool(told.ends)
    return ForeignSource("wordpress", blog, options, notes, fetching)


def _from_page(html: str, address: str, options: Options, fetching: Fetching) -> ForeignSource | None:
    notes = Notes()
    blogs = json_ld.blogs_in(html, address, notes)
    api = wordpress.rest_address(html, address) if is_address(address) else None
    # In its page, the plugin writes only the newest entries, without their formatting. An import from the page that has
    # begun goes on, because the same entries have other ids there.
    if api and not ImportedArticle.objects.filter(key__in=[each.key for each in blogs], format="schema.org").exists():
        with suppress(SourceError):
            return _from_wordpress(api, options, fetching, html)
        notes.add("partial")
    if not blogs:
        return None
    blog = _only(blogs)
    _add_older_pages(blog, html, address, fetching, notes)
    return ForeignSource("schema.org", blog, options, notes, fetching)


def _add_older_pages(blog: Blog, html: str, address: str, fetching: Fetching, notes: Notes) -> None:
    """Add the posts of further pages, linked by rel=next."""
    seen = {address}
    for _number in range(_MAX_PAGES):
        following = json_ld.next_page(html, address)
        if not address or not following or following in seen:
            break
        seen.add(following)
        try:
            html = _decoded(fetching.source(following))
        except SourceError:
            notes.add("partial", following)
            break
        # The id of the coverage may be that of its page.
        more = json_ld.blogs_in(html, following, notes)
        new = {entry.key for each in more for entry in each.entries} - {entry.key for entry in blog.entries}
        if not new:
            break
        blog.entries += [entry for each in more for entry in each.entries if entry.key in new or not entry.key]
        address = following


def _add_older_documents(blog: Blog, document: object, address: str, fetching: Fetching, notes: Notes) -> None:
    """Add the posts of further documents, linked by `next` as in our own liveblog.json."""
    seen = {address}
    for _number in range(_MAX_PAGES):
        following = json_ld.next_document(document, address)
        if not address or not following or following in seen:
            break
        seen.add(following)
        try:
            document = _loaded(_decoded(fetching.source(following)))
        except SourceError:
            document = None
        if document is None:
            notes.add("partial", following)
            break
        known = {entry.key for entry in blog.entries}
        more = [entry for each in json_ld.blogs_in_json(document, following, notes) for entry in each.entries]
        blog.entries += [entry for entry in more if not entry.key or entry.key not in known]
        address = following


def _only(blogs: list[Blog]) -> Blog:
    """Return the live blog of a page: the one with the most posts, because others are only teasers."""
    return max(blogs, key=lambda blog: len(blog.entries))


def _decoded(content: bytes) -> str:
    """Return the text of a file. Its encoding is declared at its beginning, or else is UTF-8 or Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    named = _ENCODING.search(content[:2048])
    stated = named[1].decode().lower() if named else ""
    for encoding in ("windows-1252" if stated in _LATIN else stated, "utf-8-sig", "windows-1252"):
        with suppress(UnicodeDecodeError, LookupError):
            return content.decode(encoding)
    return content.decode("utf-8-sig", errors="replace")


def _loaded(text: str) -> object:
    """Return a JSON document, or a list of documents from one line each; None if it is neither."""
    try:
        return json_ld.loads(text)
    except ValueError:
        documents = []
        for line in text.splitlines():
            if line.strip():
                try:
                    documents.append(json.loads(line))
                except (ValueError, RecursionError):
                    return None
        return documents or None

"""Finished coverage as files that any web server can serve, and that also open from a disk.

Each page has the same path as here: /en/live/summit/ is en/live/summit/index.html. A page of a longer
list, which has an address with a query, becomes a folder below the list. Links within the archive are relative; all
other links lead to the site. The archive omits scripts and forms.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage
from django.core.handlers.base import BaseHandler
from django.test import RequestFactory
from selectolax.lexbor import LexborHTMLParser, LexborNode

from articles.models import Article, Update
from articles.page import json_ld

if TYPE_CHECKING:
    from django.http import HttpResponse

#: Elements that need a server or a script: views of the list by its parameters have no files.
_REMOVED = (
    'script:not([type="application/ld+json"]), form, noscript, button, template, #connection, .new-updates, '
    'link[rel="preload"], link[rel="modulepreload"], link[rel="manifest"], [data-mine], a[href="#comments-form"], '
    'a[href*="/report/"], a[href*="/translation/"], .filter, .order, .own-zone, .share, '
    ".comments > .filters, .comment-form, [data-reply]"
)
_DOCUMENTS = ("liveblog.json", "feed.atom", "feed.json")
_CSS_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)|@import\s+[\"']([^\"']+)[\"']")
_MAX_PAGES = 10_000


class StaticArchiveError(Exception):
    """The archive cannot be made. The message says why."""


def write(article: Article, directory: Path, progress: Callable[[int], None] | None = None) -> int:
    """Write the pages of a finished coverage in all its languages, and return their number.

    Raise StaticArchiveError if the coverage is not finished, or if the directory exists.
    """
    if article.state != Article.State.FINISHED:
        raise StaticArchiveError("The coverage has not finished. A static archive would go stale.")
    if directory.exists():
        raise StaticArchiveError(f"{directory} exists already. Name a directory that does not exist.")
    if not article.offered_languages:
        raise StaticArchiveError("The coverage appears in no language of this site.")
    partial = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        count = _Archive(article, partial, progress).write()
        partial.rename(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return count


class _Archive:
    def __init__(self, article: Article, directory: Path, progress: Callable[[int], None] | None) -> None:
        self._article = article
        self._directory = directory
        self._progress = progress
        self._handler = BaseHandler()
        self._handler.load_middleware()
        self._requests = RequestFactory()
        self._site = urlsplit(settings.SITE_URL)
        self._media = default_storage.url("x").removesuffix("x")
        self._count = 0
        #: The file that contains an element, by language.
        self._places: dict[str, dict[str, str]] = {}
        #: The addresses of the pages with comments, by language.
        self._conversations: dict[str, list[str]] = {}
        self._copied: set[str] = set()

    def write(self) -> int:
        languages = self._article.offered_languages
        for language in languages:
            self._places[language] = self._find_places(language)
        for language in languages:
            base = self._article.url(language)
            for start, folder in ((base, "older"), (f"{base}?key=1", "key")):
                self._write_list(language, start, base, folder)
            self._write_list(language, f"{base}comments/", f"{base}comments/", "page")
            for conversation in self._conversations[language]:
                self._write_list(language, conversation, conversation, "page")
            for update in self._updates():
                self._write_page(language, update.url(language))
            for name in _DOCUMENTS:
                self._write_document(f"{base}{name}")
        return self._count

    def _updates(self) -> Iterator[Update]:
        found = Update.objects.filter(article=self._article).on_page().order_by("pk")
        for update in found.iterator(chunk_size=500):
            update.article = self._article
            yield update

    # Pages ----------------------------------------------------------------------------------------------------------

    def _get(self, path: str) -> bytes | None:
        """Return a page as readers get it; None if there is none."""
        request = self._requests.get(path, secure=self._site.scheme == "https", HTTP_HOST=self._site.netloc)
        response = cast("HttpResponse", self._handler.get_response(request))
        # Do not close the response: that would also close the database connection.
        if response.status_code >= 500:
            raise StaticArchiveError(f"The page {path} cannot be made. The log says why.")
        return response.content if response.status_code == 200 else None

    def _pages(self, start: str, base: str, folder: str) -> Iterator[tuple[str, LexborHTMLParser]]:
        """Yield the pages of a list, each with its file."""
        address, number = start, 0
        while number < _MAX_PAGES and (content := self._get(address)) is not None:
            tree = LexborHTMLParser(content.decode())
            following = tree.css_first('nav.pages a[rel~="next"]')
            # Read the link now: the caller rewrites the links of the page.
            found = (following.attributes.get("href") or "").partition("#")[0] if following is not None else ""
            yield self._file_of_list(base, folder, number), tree
            if not found:
                return
            address = found
            number += 1

    @staticmethod
    def _file_of_list(base: str, folder: str, number: int) -> str:
        # The first page of all updates has the address of the coverage; that of key events has a query here.
        first = "" if folder != "key" else "key/"
        return f"{base[1:]}{first if number == 0 else f'{folder}-{number}/'}index.html"

    def _find_places(self, language: str) -> dict[str, str]:
        base = self._article.url(language)
        places: dict[str, str] = {}
        for file, tree in self._pages(base, base, "older"):
            for node in tree.css('article[id^="update-"]'):
                places.setdefault(node.attributes.get("id") or "", file)
        comments = f"{base}comments/"
        threads = [node for _file, tree in self._pages(comments, comments, "page") for node in tree.css(".thread[id]")]
        numbers = [(node.attributes.get("id") or "").removeprefix("comment-") for node in threads]
        self._conversations[language] = [f"{comments}{number}/" for number in dict.fromkeys(numbers)]
        for address in self._conversations[language]:
            for file, tree in self._pages(address, address, "page"):
                for node in tree.css('[id^="comment-"], [id^="reply-"]'):
                    places.setdefault(node.attributes.get("id") or "", file)
        return places

    def _write_list(self, language: str, start: str, base: str, folder: str) -> None:
        for number, (file, tree) in enumerate(self._pages(start, base, folder)):
            for link in tree.css("nav.pages a[href]"):
                relations = (link.attributes.get("rel") or "").split()
                if "next" in relations:
                    target = self._file_of_list(base, folder, number + 1)
                elif "prev" in relations:
                    target = self._file_of_list(base, folder, number - 1)
                else:
                    target = self._file_of_list(base, folder, 0)
                link.attrs["href"] = _relative(target, file)  # type: ignore[index]
                link.attrs["data-within"] = ""  # type: ignore[index]
            self._save(language, file, tree)

    def _write_page(self, language: str, path: str) -> None:
        if (content := self._get(path)) is not None:
            self._save(language, f"{path[1:]}index.html", LexborHTMLParser(content.decode()))

    def _write_document(self, path: str) -> None:
        if (content := self._get(path)) is not None:
            self._put(path[1:], self._whole(content) if path.endswith("/liveblog.json") else content)

    def _whole(self, content: bytes) -> bytes:
        """Return the first document of a coverage, with the updates of all further ones, linked by `next`."""
        first = page = json.loads(content)
        for _number in range(_MAX_PAGES):
            if "next" not in page or (following := self._get(page["next"].removeprefix(settings.SITE_URL))) is None:
                break
            page = json.loads(following)
            first["liveBlogUpdate"] += page["liveBlogUpdate"]
        first.pop("next", None)
        first["@context"] = "https://schema.org"
        return json_ld.dumped(first).encode()

    def _save(self, language: str, file: str, tree: LexborHTMLParser) -> None:
        for node in tree.css(_REMOVED):
            node.decompose()
        for node in tree.css("[href], [src], [srcset]"):
            self._rewrite(language, file, node)
        main = tree.css_first("main")
        if main is not None:
            for name in ("data-live", "data-socket", "data-changes", "data-heartbeat"):
                if name in main.attributes:
                    del main.attrs[name]  # type: ignore[attr-defined]
        self._put(file, f"<!doctype html>\n{(tree.root.html if tree.root else None) or ''}".encode())
        self._count += 1
        if self._progress is not None:
            self._progress(self._count)

    def _rewrite(self, language: str, file: str, node: LexborNode) -> None:
        attributes = node.attributes
        if "data-within" in attributes:
            del node.attrs["data-within"]  # type: ignore[attr-defined]
            return
        relation = attributes.get("rel") or ""
        is_link = node.tag in ("a", "area") or (node.tag == "link" and relation not in ("stylesheet", "icon"))
        for name in ("href", "src"):
            value = attributes.get(name)
            if value is None:
                continue
            target = self._page(language, file, value) if is_link else self._resource(file, value)
            node.attrs[name] = target  # type: ignore[index]
        if srcset := attributes.get("srcset"):
            parts = (part.strip().partition(" ") for part in srcset.split(","))
            rewritten = ", ".join(f"{self._resource(file, address)} {size}".strip() for address, _gap, size in parts)
            node.attrs["srcset"] = rewritten  # type: ignore[index]

    # Addresses ------------------------------------------------------------------------------------------------------

    def _page(self, language: str, file: str, address: str) -> str:
        """Return the address of another page, as a link on the page in `file`."""
        if not address.startswith("/") or address.startswith("//"):
            return address
        parts = urlsplit(address)
        for code in self._article.offered_languages:
            base = self._article.url(code)
            if parts.path.startswith(base):
                return self._within(code, base, file, parts.path.removeprefix(base), parts.query, parts.fragment)
        return f"{settings.SITE_URL}{address}"

    def _within(self, code: str, base: str, file: str, rest: str, query: str, fragment: str) -> str:
        suffix = f"#{fragment}" if fragment else ""
        if found := re.fullmatch(r"update/([0-9]+)/", rest):
            if f"update-{found[1]}" in self._places[code]:
                return _relative(f"{base[1:]}{rest}index.html", file)
            return _relative(f"{base[1:]}index.html", file)
        if found := re.fullmatch(r"comments/([0-9]+)/", rest):
            for element in (fragment, f"reply-{found[1]}", f"comment-{found[1]}"):
                if place := self._places[code].get(element):
                    return f"{_relative(place, file)}#{element}"
        if rest in _DOCUMENTS:
            return _relative(f"{base[1:]}{rest}", file)
        if rest == "comments/":
            return _relative(f"{base[1:]}comments/index.html", file) + suffix
        if rest:
            return f"{settings.SITE_URL}{base}{rest}{f'?{query}' if query else ''}{suffix}"
        if at := re.search(r"(?:^|&)at=([0-9]+)", query):
            place = self._places[code].get(f"update-{at[1]}")
            return _relative(place or f"{base[1:]}index.html", file) + suffix
        if re.search(r"(?:^|&)key=1", query):
            return _relative(f"{base[1:]}key/index.html", file) + suffix
        return _relative(f"{base[1:]}index.html", file) + suffix

    def _resource(self, file: str, address: str) -> str:
        """Copy a file that a page needs, and return its address for the page in `file`."""
        path = unquote(urlsplit(address).path)
        if address.startswith(self._media):
            name = f"media/{unquote(address.removeprefix(self._media)).partition('?')[0]}"
            self._copy_media(name)
        elif address.startswith(settings.STATIC_URL):
            name = f"static/{path.removeprefix(settings.STATIC_URL)}"
            self._copy_static(name)
        elif address.startswith(_BRAND):
            name = address[1:]
            self._copy_brand(name)
        else:
            return address
        return _relative(name, file)

    def _copy_media(self, name: str) -> None:
        if name not in self._copied:
            self._copied.add(name)
            with suppress(OSError), default_storage.open(name.removeprefix("media/")) as file:
                target = self._target(name)
                with target.open("wb") as copy:
                    shutil.copyfileobj(file, copy)

    def _copy_static(self, name: str) -> None:
        """Copy a static file, and the files to which a style sheet refers."""
        if name in self._copied:
            return
        self._copied.add(name)
        short = name.removeprefix("static/")
        content = _static_content(short)
        if content is None:
            return
        self._put(name, content)
        if name.endswith(".css"):
            for first, second in _CSS_URL.findall(content.decode(errors="replace")):
                address = (first or second).partition("#")[0].partition("?")[0]
                if address and not urlsplit(address).scheme:
                    self._copy_static(posixpath.normpath(posixpath.join(posixpath.dirname(name), address)))

    def _copy_brand(self, name: str) -> None:
        """Copy a file of the branding, and the files beside it to which its style sheet refers."""
        if name in self._copied or (content := self._get(f"/{name}")) is None:
            return
        self._copied.add(name)
        if name.endswith(".css"):
            for other in re.findall(rf'url\("({_BRAND}[^"]+)"\)', content.decode()):
                self._copy_brand(other[1:])
            content = content.replace(f'url("{_BRAND}'.encode(), b'url("')
        self._put(name, content)

    def _put(self, name: str, content: bytes) -> None:
        self._target(name).write_bytes(content)

    def _target(self, name: str) -> Path:
        target = self._directory / name
        if not target.resolve().is_relative_to(self._directory.resolve()):
            raise StaticArchiveError(f"{name} is no name of a file.")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


#: The path of the files of the branding.
_BRAND = "/brand/"


def _static_content(name: str) -> bytes | None:
    with suppress(OSError, ValueError, NotImplementedError), staticfiles_storage.open(name) as file:
        return bytes(file.read())
    found = finders.find(name)
    return Path(found).read_bytes() if isinstance(found, str) else None


def _relative(target: str, file: str) -> str:
    """Return the relative address of one file of the archive for a page in another one."""
    return posixpath.relpath(target, posixpath.dirname(file) or ".")

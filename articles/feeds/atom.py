"""A feed as Atom (RFC 4287), with removed entries (RFC 6721), archives (RFC 5005) and pictures (Media RSS)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed, rfc3339_date
from django.utils.xmlutils import SimplerXMLGenerator

from articles.feeds.addresses import FORMATS, Channel
from articles.feeds.entries import Document, Entry, Image, scheme_of
from articles.templatetags.live import absolute
from articles.text.localized import Text
from liveblog.branding import current as branding
from liveblog.languages import tag as language_tag
from liveblog.release import RELEASE

#: Characters that no XML document may contain (XML 1.0, section 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_NAMESPACES = {
    "xmlns:fh": "http://purl.org/syndication/history/1.0",
    "xmlns:at": "http://purl.org/atompub/tombstones/1.0",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


def written(document: Document) -> bytes:
    """Return the document as XML."""
    feed = _Feed(document)
    output = io.BytesIO()
    feed.write(output, "utf-8")
    return output.getvalue()


class _Handler:
    """Write XML elements, with their language where it differs from that of the parent."""

    def __init__(self, generator: SimplerXMLGenerator) -> None:
        self._generator = generator

    def element(self, name: str, content: str = "", **attributes: object) -> None:
        given = {key.rstrip("_").replace("__", ":"): _clean(str(value)) for key, value in attributes.items() if value}
        self._generator.addQuickElement(name, _clean(content), given)

    @contextmanager
    def around(self, name: str, **attributes: str) -> Iterator[None]:
        """Write the start and end tags of an element around the output of the block."""
        given = {key.replace("__", ":"): _clean(value) for key, value in attributes.items()}
        self._generator.startElement(name, AttributesImpl(given))
        yield
        self._generator.endElement(name)

    def text(self, name: str, text: Text, language: str, **attributes: object) -> None:
        """Write a text; `language` is that of the elements around it."""
        foreign = language_tag(text.language) if text.language != language else None
        self.element(name, str(text), xml__lang=foreign, **attributes)


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


class _Feed(Atom1Feed):
    """Django's Atom feed, with the elements that it lacks."""

    def __init__(self, document: Document) -> None:
        self._document = document
        channel = document.channel
        super().__init__(
            title=str(document.title),
            link=channel.page_url,
            description="",
            language=language_tag(channel.language),
            feed_url=channel.url("atom", document.place),
            feed_guid=document.id,
        )

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), **_NAMESPACES}

    def add_root_elements(self, generator: SimplerXMLGenerator) -> None:
        document, handler = self._document, _Handler(generator)
        channel = document.channel
        handler.element("id", document.id)
        handler.text("title", document.title, channel.language)
        if document.subtitle:
            handler.element("subtitle", document.subtitle)
        handler.element("updated", rfc3339_date(document.updated))
        with handler.around("author"):
            handler.element("name", branding.current().publisher)
            handler.element("uri", settings.SITE_URL)
        handler.element("generator", "Live blog", version=RELEASE)
        handler.element("icon", absolute(branding.current().icon.url))
        for relation, attributes in _links(document):
            handler.element("link", rel=relation, **attributes)
        if document.place.relation:
            handler.element("fh:archive")

    def write_items(self, generator: SimplerXMLGenerator) -> None:
        handler = _Handler(generator)
        for removed in self._document.removed:
            with handler.around("at:deleted-entry", ref=removed.id, when=rfc3339_date(removed.at)):
                if removed.reason:
                    handler.text("at:comment", removed.reason, self._document.channel.language)
        for entry in self._document.entries:
            with handler.around("entry", xml__lang=language_tag(entry.language)):
                _write_entry(handler, entry)
                if self._document.article is None:
                    _write_source(handler, entry, self._document.channel)


def _links(document: Document) -> list[tuple[str, dict[str, Any]]]:
    channel = document.channel
    atom, json = (media_type for _name, media_type in FORMATS.values())
    languages = document.article.offered_languages if document.article else [code for code, _name in settings.LANGUAGES]
    found: list[tuple[str, dict[str, Any]]] = [
        ("self", {"type": atom, "href": channel.url("atom", document.place)}),
        ("alternate", {"type": "text/html", "hreflang": language_tag(channel.language), "href": channel.page_url}),
        (
            "alternate",
            {"type": json, "hreflang": language_tag(channel.language), "href": channel.url("json", document.place)},
        ),
    ]
    for code in languages:
        if code != channel.language:
            other = channel._replace(language=code)
            found.append(("alternate", {"type": atom, "hreflang": language_tag(code), "href": other.url("atom")}))
    if document.place.relation:
        found += [(relation, {"type": atom, "href": channel.url("atom")}) for relation in ("current", "first")]
    elif settings.WEBSUB_HUB:
        found.append(("hub", {"href": settings.WEBSUB_HUB}))
    if document.older:
        older = {"type": atom, "href": channel.url("atom", document.older)}
        found += [("prev-archive", older), ("next", older)]
    return found


def _write_entry(handler: _Handler, entry: Entry) -> None:
    handler.element("id", entry.id)
    handler.text("title", entry.title, entry.language)
    handler.element("published", rfc3339_date(entry.published))
    handler.element("updated", rfc3339_date(entry.updated))
    for name in entry.authors:
        with handler.around("author"):
            handler.element("name", name)
    handler.element(
        "link", rel="alternate", type="text/html", hreflang=language_tag(entry.page_language), href=entry.url
    )
    # If there are several alternates, feedparser uses the last as the address of the entry, other programs the first.
    for code, url in entry.alternates.items():
        handler.element("link", rel="related", type="text/html", hreflang=language_tag(code), href=url)
    for category in entry.categories:
        handler.element("category", term=category.term, scheme=scheme_of(category), label=category.label)
    for image in entry.images:
        _write_image(handler, image, entry.language)
    # The notes are in the language of the page, and the content marks other languages.
    html = Text(entry.html, entry.page_language, entry.page_language)
    handler.text("content", html, entry.language, type="html")


def _write_image(handler: _Handler, image: Image, language: str) -> None:
    handler.element("link", rel="enclosure", type=image.media_type, href=image.url, title=str(image.alt))
    size = {"width": str(image.width), "height": str(image.height)}
    with handler.around("media:content", url=image.url, type=image.media_type, medium="image", **size):
        # Some programs mistake media:description for the text of the entry.
        for name, text in (("title", image.caption or image.alt), ("credit", image.credit)):
            if text:
                handler.text(f"media:{name}", text, language)


def _write_source(handler: _Handler, entry: Entry, site: Channel) -> None:
    """Write the feed from which an entry of the site's feed is copied (RFC 4287, section 4.2.11)."""
    channel = site._replace(slug=entry.coverage.slug_in(site.language), key_only=False)
    with handler.around("source"):
        handler.element("id", channel.tag(entry.coverage))
        handler.text("title", entry.coverage_title, entry.language)
        handler.element("updated", rfc3339_date(entry.updated))
        handler.element("link", rel="self", type=FORMATS["atom"][1], href=channel.url("atom"))
        handler.element("link", rel="alternate", type="text/html", href=channel.page_url)

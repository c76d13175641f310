"""LiveBlogPosting of schema.org in any page: as JSON-LD or microdata, or a bare JSON document.

https://schema.org/LiveBlogPosting, https://www.w3.org/TR/json-ld11/, https://html.spec.whatwg.org/#microdata. This
reads only the forms that occur on real pages: names without a prefix, or with that of schema.org. It repairs JSON that
some programs write incorrectly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from articles.interchange.foreign import Blog, Entry, is_known_embed
from articles.interchange.markup import Image, line_of
from articles.interchange.notes import Notes
from articles.text.plaintext import text_of

_MAX_DEPTH = 12
_CONTROLS = re.compile(r"[\x00-\x1f]")
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
_PREFIX = re.compile(r"^(?:https?://schema\.org/|schema:)")
#: The attribute with the value of a microdata element (HTML, 5.2.4).
_VALUE_ATTRIBUTES = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    "meta": "content",
    "object": "data",
    "data": "value",
    "meter": "value",
    "time": "datetime",
}

#: Properties whose values may be references to objects elsewhere.
_REFERENCES = ("liveBlogUpdate", "author", "image", "video", "audio", "sharedContent")

Thing = dict[str, Any]


def blogs_in(html: str, address: str, notes: Notes) -> list[Blog]:
    """Return the live blogs in a page."""
    tree = LexborHTMLParser(html)
    base = _base_of(tree, address)
    # A document of the page may refer to an object in another one.
    found = blogs_in_json(list(_documents(tree, notes)), base, notes)
    found = found or [_blog(thing, base, notes) for thing in _microdata(tree) if _is(thing, "LiveBlogPosting")]
    root = tree.css_first("html[lang]")
    for blog in found:
        blog.page_language = (root.attributes.get("lang") or "") if root is not None else ""
    return found


def blogs_in_json(document: object, address: str, notes: Notes) -> list[Blog]:
    """Return the live blogs in a JSON-LD document."""
    things = list(_things(document))
    described = {thing["@id"]: thing for thing in things if isinstance(thing.get("@id"), str) and not _refers(thing)}
    return [_blog(thing, address, notes, described) for thing in things if _is(thing, "LiveBlogPosting")]


def next_page(html: str, address: str) -> str:
    """Return the address of the page with the older posts, "" if there is none."""
    link = LexborHTMLParser(html).css_first('link[rel~="next"][href]')
    return urljoin(address, link.attributes.get("href") or "") if link is not None else ""


def next_document(document: object, address: str) -> str:
    """Return the address of the document with the older posts, "" if there is none."""
    value = document.get("next") if isinstance(document, dict) else None
    return urljoin(address, value) if isinstance(value, str) and value else ""


def loads(text: str) -> object:
    """Return the document in a script element. Raise ValueError if it cannot be repaired."""
    stripped = text.strip().removeprefix("<!--").removesuffix("-->").strip()
    stripped = stripped.removeprefix("/*<![CDATA[*/").removesuffix("/*]]>*/").rstrip(";")
    for attempt in (stripped, _CONTROLS.sub(" ", stripped), _TRAILING_COMMA.sub(r"\1", _CONTROLS.sub(" ", stripped))):
        try:
            return json.loads(attempt)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        except ValueError:
            continue
    raise ValueError("no JSON")


def _base_of(tree: LexborHTMLParser, address: str) -> str:
    canonical = tree.css_first('link[rel="canonical"][href]')
    found = (canonical.attributes.get("href") or "") if canonical is not None else ""
    return urljoin(address, found) if found else address


def _documents(tree: LexborHTMLParser, notes: Notes) -> Iterator[object]:
    for script in tree.css('script[type^="application/ld+json"]'):
        text = script.inner_html or ""
        try:
            yield loads(text)
        except ValueError:
            if "LiveBlogPosting" in text:
                yield from salvaged(text, notes)


def salvaged(text: str, notes: Notes) -> Iterator[object]:
    """Yield the readable parts of a broken document: each complete post, and the properties around them."""
    decoder = json.JSONDecoder()
    start = text.find("[", text.find('"liveBlogUpdate"'))
    if start < 0:
        notes.add("broken", "JSON-LD")
        return
    entries: list[object] = []
    position = start + 1
    while (opening := text.find("{", position)) >= 0:
        try:
            entry, position = decoder.raw_decode(text, opening)
        except (ValueError, RecursionError):
            notes.add("broken", " ".join(text[opening : opening + 100].split()))
            # The next post begins after the start of this one, wherever this one is broken.
            following = re.compile(r'\{\s*"@type"\s*:\s*"[A-Za-z]*Posting"').search(text, opening + 1)
            if following is None:
                break
            position = following.start()
            continue
        entries.append(entry)
    head = text[: text.find('"liveBlogUpdate"')].rstrip().rstrip(",")
    try:
        blog = json.loads(head + "}")
    except (ValueError, RecursionError):
        blog = {"@type": "LiveBlogPosting"}
        for name in ("headline", "url", "@id", "datePublished", "coverageStartTime", "inLanguage"):
            if value := re.search(rf'"{name}"\s*:\s*("(?:[^"\\]|\\.)*")', head):
                blog[name] = loads(value[1])
    if isinstance(blog, dict):
        yield blog | {"liveBlogUpdate": [entry for entry in entries if isinstance(entry, dict)]}


def _things(value: object, depth: int = 0) -> Iterator[Thing]:
    """Yield all objects in a document, the outer ones first, apart from those within a live blog."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for each in value:
            yield from _things(each, depth + 1)
    elif isinstance(value, dict):
        thing = {_PREFIX.sub("", str(name)): each for name, each in value.items()}
        yield thing
        if not _is(thing, "LiveBlogPosting"):
            for each in thing.values():
                yield from _things(each, depth + 1)


def _is(thing: Thing, kind: str) -> bool:
    kinds = thing.get("@type")
    return kind in [_PREFIX.sub("", str(each)) for each in (kinds if isinstance(kinds, list) else [kinds])]


def _refers(value: object) -> bool:
    """Return whether an object only refers to another one by its id (JSON-LD 1.1, "node reference")."""
    return isinstance(value, dict) and "@id" in value and value.keys() <= {"@id", "@type"}


def _resolved(thing: Thing, described: Mapping[str, Thing]) -> Thing:
    """Replace references by the objects that a document describes elsewhere."""

    def resolve(value: object) -> object:
        key = value.get("@id") if isinstance(value, dict) and _refers(value) else value
        return described.get(key, value) if isinstance(key, str) else value

    return thing | {name: [resolve(each) for each in _list(thing[name])] for name in _REFERENCES if name in thing}


def _blog(thing: Thing, base: str, notes: Notes, described: Mapping[str, Thing] = MappingProxyType({})) -> Blog:
    thing = _resolved(thing, described)
    address = urljoin(base, _address_of(thing)) or base
    updates = _list(thing.get("liveBlogUpdate"))
    entries = []
    for update in updates:
        if isinstance(update, dict):
            named = {_PREFIX.sub("", str(name)): each for name, each in update.items()}
            entries.append(_entry(_resolved(named, described), address))
        else:
            notes.add("broken", str(update)[:100])
    image = next(iter(_images(thing.get("image"), address)), None)
    return Blog(
        key=_text(thing.get("@id")) or address,
        headline=_text(thing.get("headline")) or _text(thing.get("name")),
        standfirst=_text(thing.get("description")),
        body=_text(thing.get("articleBody")),
        language=_text(thing.get("inLanguage")),
        starts=_text(thing.get("coverageStartTime")) or _text(thing.get("datePublished")),
        ends=_text(thing.get("coverageEndTime")),
        authors=_names(thing.get("author")),
        image=image,
        address=address,
        topics=[name for each in _list(thing.get("about")) if (name := _name(each))][:10],
        entries=entries,
    )


def _entry(update: Thing, base: str) -> Entry:
    address = urljoin(base, _text(update.get("url")) or "")
    key = _text(update.get("@id")) or _text(update.get("identifier")) or _text(update.get("url"))
    embeds: list[str] = []
    images = _images(update.get("image"), base)
    for media in (*_list(update.get("video")), *_list(update.get("audio")), *_list(update.get("sharedContent"))):
        if not isinstance(media, dict):
            media = {"url": media}
        addresses = [media.get(name) for name in ("embedUrl", "contentUrl", "url")]
        embeds += [str(each) for each in addresses if is_known_embed(each)][:1]
    body = (
        "".join(map(_text, _list(update.get("articleBody"))))
        or _text(update.get("text"))
        or _text(update.get("description"))
    )
    return Entry(
        key=urljoin(base, key) if key else "",
        headline=_text(update.get("headline")) or _text(update.get("name")),
        body=body,
        published=_text(update.get("datePublished")) or _text(update.get("dateCreated")),
        modified=_text(update.get("dateModified")),
        authors=_names(update.get("author")),
        images=images,
        embeds=embeds,
        address=address if address != base else "",
    )


def _list(value: object) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, dict) and "@list" in value:
        value = value["@list"]
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    """Return a value as text: the first of several, and `@value` of an object with a language or type."""
    for each in _list(value):
        if isinstance(each, dict):
            each = each.get("@value") or each.get("name") or each.get("@id") or each.get("alternateName") or ""
        if isinstance(each, str | int | float) and not isinstance(each, bool) and str(each).strip():
            return str(each)
    return ""


def _address_of(thing: Thing) -> str:
    return _text(thing.get("url")) or _text(thing.get("mainEntityOfPage")) or _text(thing.get("@id"))


def _name(value: object) -> str:
    if isinstance(value, dict):
        return _text(value.get("name"))
    return value if isinstance(value, str) else ""


def _names(value: object) -> list[str]:
    # Organisations do not count as authors of a live blog: on most pages this is the site itself.
    people = [each for each in _list(value) if not (isinstance(each, dict) and _is(each, "Organization"))]
    names = (line_of(_name(each)) for each in people)
    return [name for name in names if name and "://" not in name]


def _images(value: object, base: str) -> list[Image]:
    found: dict[str, Image] = {}
    for each in _list(value):
        thing = each if isinstance(each, dict) else {"url": each}
        address = _text(thing.get("contentUrl")) or _text(thing.get("url")) or _text(thing.get("@id"))
        credit = _text(thing.get("creditText")) or ", ".join(_names(thing.get("creator")))
        if not address.strip():
            continue
        image = Image(
            urljoin(base, address),
            alt=_text(thing.get("alternateName")) or _text(thing.get("description")),
            caption=_text(thing.get("caption")),
            credit=credit or _text(thing.get("copyrightNotice")),
        )
        found.setdefault(image.address, image)
    return list(found.values())


# Microdata ------------------------------------------------------------------------------------------------------------


def _microdata(tree: LexborHTMLParser) -> Iterator[Thing]:
    """Yield the top-level items of a page in the form of JSON-LD."""
    for node in tree.css("[itemscope]"):
        if "itemprop" not in node.attributes:
            yield _item(node, tree)


def _item(node: LexborNode, tree: LexborHTMLParser, depth: int = 0) -> Thing:
    kinds = (node.attributes.get("itemtype") or "").split()
    thing: Thing = {"@type": [_PREFIX.sub("", kind) for kind in kinds]}
    if identifier := node.attributes.get("itemid"):
        thing["@id"] = identifier
    elif identifier := node.attributes.get("id"):
        thing["identifier"] = f"#{identifier}"
    if depth > _MAX_DEPTH:
        return thing
    roots = [node]
    for name in (node.attributes.get("itemref") or "").split():
        if re.fullmatch(r"[\w-]+", name):
            roots += tree.css(f"#{name}")[:1]
    for root in roots:
        for prop in _properties(root, include_root=root is not node):
            names = (prop.attributes.get("itemprop") or "").split()
            value: object
            value = _item(prop, tree, depth + 1) if "itemscope" in prop.attributes else _value(prop, names)
            for name in names:
                thing.setdefault(_PREFIX.sub("", name), []).append(value)
    return thing


def _properties(root: LexborNode, *, include_root: bool) -> Iterator[LexborNode]:
    """Yield the elements that are properties of an item, without those of nested items."""
    pending = [root] if include_root else list(root.iter())
    while pending:
        node = pending.pop(0)
        if "itemprop" in node.attributes:
            yield node
        if "itemscope" not in node.attributes:
            pending[:0] = list(node.iter())


def _value(node: LexborNode, names: list[str]) -> str:
    attributes = node.attributes
    if (content := attributes.get("content")) is not None:
        return content
    attribute = _VALUE_ATTRIBUTES.get(node.tag or "")
    if attribute and (value := attributes.get(attribute)):
        return value
    if {"articleBody", "text", "description"} & set(names):
        return node.inner_html or ""
    return text_of(node)

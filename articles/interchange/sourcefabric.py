"""Sourcefabric Live Blog 3 (on Superdesk): its public API, and dumps of its collection "archive".

A post is a package: the references in its group "main" lead to items of the types text, image, embed, quote and others.
The API puts the item into the reference; in a dump, items are documents of the same collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from articles.interchange.fetching import Fetching
from articles.interchange.foreign import Blog, Entry, is_known_embed
from articles.interchange.markup import Image, content_of, is_html, line_of
from articles.interchange.notes import Notes
from articles.interchange.records import SourceError

_API = re.compile(r"(?P<root>.*/api/)(?:client_)?blogs/(?P<blog>[0-9a-f]{24})(?:/.*)?")
_PAGE_SIZE = 100
_MAX_PAGES = 2000

Document = dict[str, Any]


def is_api_address(address: str) -> bool:
    return _API.fullmatch(address.partition("?")[0]) is not None


def is_dump(document: object) -> bool:
    """Return whether a document has posts of Live Blog."""
    return any(True for _post in _posts_in(document))


def from_api(address: str, fetching: Fetching, notes: Notes) -> Blog:
    """Return a live blog with all its posts, page by page. Raise SourceError if the site does not answer."""
    found = _API.fullmatch(address.partition("?")[0])
    assert found is not None
    base = f"{found['root']}client_blogs/{found['blog']}"
    blog = fetching.document(base)
    posts: list[object] = []
    for page in range(1, _MAX_PAGES + 1):
        answer = fetching.document(f"{base}/posts?{urlencode({'max_results': _PAGE_SIZE, 'page': page})}")
        items = answer.get("_items")
        if not isinstance(items, list):
            raise SourceError(_("The response from %(address)s can’t be read.") % {"address": base})
        posts += items
        if not items or "next" not in (answer.get("_links") or {}):
            break
    return from_documents(blog, posts, {}, base, notes, complete=True)


def from_dump(document: object, address: str, notes: Notes) -> Blog:
    """Return the live blog in a dump: one document, a list of documents, or a response of the API."""
    documents = list(_documents(document))
    blog = next((each for each in documents if "blog_status" in each or "blog_preferences" in each), {})
    items = {_key(each): each for each in documents if each.get("particular_type") == "item" or "item_type" in each}
    posts = list(_posts_in(document))
    blogs = {_key_of(each.get("blog")) for each in posts} - {""}
    if len(blogs) > 1:
        wanted = _key(blog)
        posts = [each for each in posts if wanted and _key_of(each.get("blog")) == wanted]
        if not posts:
            raise SourceError(_("The file contains several live blogs. Export only one of them."))
    key = _key(blog) or next(iter(blogs), "") or address
    return from_documents(blog, posts, items, key, notes, complete=True)


def from_documents(
    blog: Document, posts: Iterable[object], items: dict[str, Document], address: str, notes: Notes, *, complete: bool
) -> Blog:
    """Return a live blog. `items`: the items that references name, by id."""
    entries = []
    for post in posts:
        if not isinstance(post, dict):
            notes.add("broken", str(post)[:100])
        elif post.get("post_status") not in ("comment", "ad"):
            entries.append(_entry(post, items, notes))
    preferences = blog.get("blog_preferences")
    language = str(preferences.get("language") or "") if isinstance(preferences, dict) else ""
    public = str(blog.get("public_url") or "")
    picture = _picture(blog.get("picture_renditions"), {}) or (
        Image(str(blog["picture_url"])) if blog.get("picture_url") else None
    )
    return Blog(
        key=public or address,
        headline=blog.get("title") or "",
        standfirst=blog.get("description") or "",
        language=language,
        starts=blog.get("start_date") or blog.get("_created"),
        is_over=blog.get("blog_status") == "closed",
        image=picture,
        address=public if "://" in public else "",
        complete=complete,
        entries=entries,
    )


def _entry(post: Document, items: dict[str, Document], notes: Notes) -> Entry:
    key = _key(post)
    entry = Entry(
        key=key,
        headline=post.get("headline") if not str(post.get("headline") or "").startswith("undefined") else "",
        published=post.get("published_date") or post.get("firstcreated") or post.get("_created"),
        modified=post.get("content_updated_date") or post.get("versioncreated") or post.get("_updated"),
        is_key=post.get("lb_highlight") is True,
        is_pinned=post.get("sticky") is True,
        is_withdrawn=post.get("deleted") is True or bool(post.get("unpublished_date")),
        is_draft=post.get("post_status") in ("draft", "submitted"),
    )
    bodies: list[str] = []
    parts = list(_items_of(post, items, notes))
    if [_kind_of(part) for part in parts if _kind_of(part) != "image"] == ["quote"]:
        entry.attribution = _speaker_of(next(part for part in parts if _kind_of(part) == "quote"))
    for part in parts:
        _add(entry, bodies, part)
    entry.body = "".join(bodies)
    authors = [part.get("commenter") or _author(part.get("original_creator")) for part in parts]
    authors = [*filter(None, authors)] or [_author(post.get("original_creator")) or _author(post.get("publisher"))]
    entry.authors = list(dict.fromkeys(name for name in authors if name))
    return entry


def _add(entry: Entry, bodies: list[str], item: Document) -> None:
    """Add an item of a post to its entry."""
    meta = item.get("meta") if isinstance(item.get("meta"), dict) else {}
    assert isinstance(meta, dict)
    text = str(item.get("text") or "")
    kind = _kind_of(item)
    if kind == "image":
        media = meta.get("media") if isinstance(meta.get("media"), dict) else {}
        image = _picture((media or {}).get("renditions"), meta)
        if image is None:
            found = content_of(text)
            image = found.images[0] if found.images else None
            if image is not None:
                image.caption, image.credit = image.caption or line_of(meta.get("caption")), line_of(meta.get("credit"))
        if image is not None:
            entry.images.append(image)
    elif kind == "embed":
        addresses = (meta.get("original_url"), meta.get("url"), *content_of(str(meta.get("html") or "")).embeds)
        known = next((each for each in addresses if is_known_embed(each)), None)
        if known:
            entry.embeds.append(str(known))
        elif address := next((str(each) for each in addresses if each), ""):
            title = line_of(meta.get("title")) or address
            bodies.append(f'<p><a href="{escape(address)}">{escape(title)}</a></p>')
        # A card repeats the data of the provider; the journalist's own text is in `text`.
        if text and not known and not meta.get("html"):
            bodies.append(text)
    elif kind == "quote":
        # The field is edited as plain text; `text` is derived from it, with the speaker as a heading.
        quote = f"<p>{escape(str(meta['quote']))}</p>" if meta.get("quote") else text
        if entry.attribution:
            bodies.append(quote)
        else:
            # If there are other items, the quote is only part of the post, which somebody else has written.
            speaker = _speaker_of(item)
            bodies.append(f"<blockquote>{quote}</blockquote>" + (f"<p>— {escape(speaker)}</p>" if speaker else ""))
    else:
        bodies.append(text if is_html(text) or not text else f"<p>{escape(text)}</p>")


def _kind_of(item: Document) -> object:
    return item.get("item_type") or item.get("type")


def _speaker_of(quote: Document) -> str:
    """Return the quoted person. The editor's field is `credit`; imported posts have other ones."""
    meta = quote.get("meta")
    if not isinstance(meta, dict):
        return ""
    return line_of(meta.get("credit") or meta.get("author") or meta.get("attribution"))


def _items_of(post: Document, items: dict[str, Document], notes: Notes | None = None) -> Iterator[Document]:
    """Yield the items of a post in order."""
    for group in post.get("groups") or ():
        if not isinstance(group, dict) or group.get("id") == "root":
            continue
        for reference in group.get("refs") or ():
            if not isinstance(reference, dict):
                continue
            item = reference.get("item")
            if not isinstance(item, dict):
                item = items.get(_key_of(reference.get("residRef")))
            if item is not None:
                yield item
            elif notes is not None:
                notes.add("broken", f"{_key(post)}: {_key_of(reference.get('residRef'))}")


def _picture(renditions: object, meta: Document) -> Image | None:
    """Return the largest rendition of a picture."""
    if not isinstance(renditions, dict):
        return None
    for name in ("original", "baseImage", "viewImage", "thumbnail"):
        rendition = renditions.get(name)
        if isinstance(rendition, dict) and isinstance(rendition.get("href"), str):
            caption = line_of(meta.get("caption"))
            return Image(rendition["href"], line_of(meta.get("alt")), caption, line_of(meta.get("credit")))
    return None


def _author(person: object) -> str:
    if not isinstance(person, dict):
        return ""
    return line_of(person.get("byline") or person.get("display_name") or person.get("username") or "")


def _documents(document: object) -> Iterator[Document]:
    if isinstance(document, list):
        for each in document:
            yield from _documents(each)
    elif isinstance(document, dict):
        listed = [value for name, value in document.items() if name in ("_items", "posts", "items", "archive")]
        if listed:
            blog = document.get("blog")
            if isinstance(blog, dict):
                yield blog
            for value in listed:
                yield from _documents(value)
            # Dumps may have the posts within the blog.
            if "blog_status" in document:
                yield document
        else:
            yield document


def _posts_in(document: object) -> Iterator[Document]:
    for each in _documents(document):
        if isinstance(each.get("groups"), list) and each.get("particular_type", "post") == "post":
            yield each


def _key(document: Document) -> str:
    return _key_of(document.get("_id") or document.get("guid"))


def _key_of(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("$oid") or value.get("_id") or ""
    return value if isinstance(value, str) else ""

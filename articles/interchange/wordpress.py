"""The Liveblog plugin of WordPress (Automattic): its REST API, and the export of WordPress (WXR).

Entries are comments of the type "liveblog". An entry that was changed or deleted has a further comment that names it in
the metadata `liveblog_replaces`; without a text, it is a deletion. Key events have the metadata `liveblog_key_entry`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from django.utils.translation import gettext as _

from articles.interchange.fetching import Fetching
from articles.interchange.foreign import Blog, Entry
from articles.interchange.markup import Image
from articles.interchange.notes import Notes
from articles.interchange.records import SourceError
from articles.text.parsed import parse
from liveblog.numbers import number

_REST = re.compile(r"(?P<root>.*/)wp-json/liveblog/v1/(?P<post>[0-9]+)(?:/.*)?")
_POST = re.compile(r"(?P<root>.*/)wp-json/wp/v2/[\w-]+/(?P<post>[0-9]+)")
_MAX_PAGES = 5000
_ATTEMPTS = 3
# All patterns have limits: a page from outside may contain a million beginnings without an end.
_SHORTCODE = re.compile(r"\[/?(?:liveblog_key_events|caption|embed|gallery|video|audio)\b[^\[\]]*\]")
_CAPTION = re.compile(
    r"\[caption\b[^\[\]]{0,500}\]\s{0,20}((?:<a\b[^<>]{0,2000}>\s{0,20})?<img\b[^<>]{0,4000}>(?:\s{0,20}</a>)?)"
    r"((?:(?!\[caption\b).){0,4000}?)\[/caption\]",
    re.DOTALL,
)
_PLAYER = re.compile(
    r"""\[(video|audio)\b[^\[\]]{0,300}?\b(?:src|mp4|m4v|webm|mp3|m4a|ogg)="""
    r"""["']([^"'\[\]]{1,2000})["'][^\[\]]{0,300}\]"""
)
#: An image by its address alone, in a line of its own.
_LONE_IMAGE = re.compile(r"^[ \t]*(https?://[^\s<>\"']+\.(?:jpe?g|png|gif))[ \t]*$", re.IGNORECASE | re.MULTILINE)
#: The numbers of the contributors in PHP's serialisation of a list: a:2:{i:0;i:4;i:1;i:7;}
_CONTRIBUTORS = re.compile(r"i:\d+;i:(\d+);")
_COMMAND = re.compile(r"(?:^|(?<=>)|(?<=\s))/key\b\s*")
#: The same command once it is saved. The style sheet of the plugin hides it, and writes # before a hashtag.
_SAVED_COMMAND = re.compile(
    r"""<span\b[^<>]{0,200}\bclass=["'][^"'<>]{0,200}\btype-key\b[^<>]{0,200}>[^<>]{0,50}</span>\s*"""
)
_HASHTAG = re.compile(r"""(<(a|span)\b[^<>]{0,500}\bclass=["']liveblog-hash\b[^<>]{0,500}>)#?([^<>]{0,200}</\2>)""")
#: States of an entry that readers do not see.
_REMOVED = ("trash", "post-trashed", "spam", "0")
#: The element to which the plugin adds the entries of an article.
_MARK = re.compile(r"""\bid=["']?wpcom-liveblog-container\b""")


# The REST API ---------------------------------------------------------------------------------------------------------


def is_rest_address(address: str) -> bool:
    return _REST.fullmatch(address.partition("?")[0]) is not None


def rest_address(html: str, address: str) -> str | None:
    """Return the address of the plugin's API for the article of a page; None if the page has no such live blog."""
    if not _MARK.search(html):
        return None
    for link in parse(html).css('link[rel="alternate"][type="application/json"]'):
        found = _POST.fullmatch(urljoin(address, link.attributes.get("href") or ""))
        if found is not None:
            return f"{found['root']}wp-json/liveblog/v1/{found['post']}/"
    return None


def is_rest_answer(document: object) -> bool:
    """Return whether a document is an answer of the plugin, or several of them."""
    parts = document if isinstance(document, list) else [document]
    return bool(parts) and all(isinstance(part, dict) and isinstance(part.get("entries"), list) for part in parts)


def from_rest(address: str, fetching: Fetching, notes: Notes) -> Blog:
    """Return a live blog with all its entries, page by page. Raise SourceError if the site does not answer."""
    found = _REST.fullmatch(address.partition("?")[0])
    assert found is not None
    base = f"{found['root']}wp-json/liveblog/v1/{found['post']}"
    answers, complete = _answers(base, fetching)
    try:
        post = fetching.document(f"{found['root']}wp-json/wp/v2/posts/{found['post']}?_embed=1")
    except SourceError:
        # Some sites disable the API of their posts.
        post = {}
    return from_answers(answers, post, base, notes, complete=complete)


def _answers(base: str, fetching: Fetching) -> tuple[list[dict[str, Any]], bool]:
    """Return the entries, page by page, and whether they are complete.

    If an entry is removed meanwhile, the first one of the next page moves to a page that was already read, and would
    seem to be removed, too. The number of all entries shows this, so they are read again.
    """
    for _attempt in range(_ATTEMPTS):
        first = fetching.document(f"{base}/get-entries/1/0-0")
        last = min(_MAX_PAGES, number(str(first.get("pages", 1))) or 1)
        answers = [first, *(fetching.document(f"{base}/get-entries/{page}/0-0") for page in range(2, last + 1))]
        if len({str(answer.get("total")) for answer in answers}) == 1:
            return answers, True
    return answers, False


def from_answers(document: object, post: dict[str, Any], address: str, notes: Notes, *, complete: bool = False) -> Blog:
    """Return the live blog in answers of the plugin. `post`: the answer of WordPress about the post, {} if unknown."""
    answers: list[dict[str, Any]] = document if isinstance(document, list) else [document]  # type: ignore[list-item]
    entries: list[Entry] = []
    keys: dict[str, Entry] = {}
    for answer in answers:
        post = post or answer.get("post") or {}
        for data in answer["entries"]:
            if not isinstance(data, dict):
                notes.add("broken", str(data)[:100])
                continue
            entry = _rest_entry(data)
            # Later polling responses repeat an entry to change or delete it.
            before = keys.get(entry.key)
            if before is not None and data.get("type") in ("update", "delete"):
                entries.remove(before)
                entry.published = before.published
            keys[entry.key] = entry
            entries.append(entry)
    link = str(post.get("link") or next((_without_fragment(e.address) for e in entries if e.address), "") or address)
    title = post.get("title")
    media = ((post.get("_embedded") or {}).get("wp:featuredmedia") or [{}])[0]
    image = None
    if isinstance(media, dict) and isinstance(media.get("source_url"), str):
        image = Image(media["source_url"], str(media.get("alt_text") or ""), _rendered(media.get("caption")))
    return Blog(
        key=link,
        headline=_rendered(title),
        standfirst=_rendered(post.get("excerpt")),
        body=_cleaned(_rendered(post.get("content"))),
        starts=f"{post['date_gmt']}Z" if post.get("date_gmt") else None,
        is_over=post.get("liveblog_state") == "archive",
        language=str(post.get("lang") or ""),
        image=image,
        address=link,
        complete=complete,
        entries=entries,
    )


def _rest_entry(data: dict[str, Any]) -> Entry:
    authors = data.get("authors")
    classes = str(data.get("css_classes") or "")
    body = str(data.get("render") or data.get("html") or data.get("content") or "")
    return Entry(
        key=str(data.get("id") or ""),
        headline=data.get("headline") or "",
        body=_cleaned(body),
        published=data.get("entry_time") or data.get("timestamp"),
        modified=data.get("timestamp"),
        authors=[str(each.get("name") or "") for each in authors if isinstance(each, dict)]
        if isinstance(authors, list)
        else [],
        address=str(data.get("share_link") or ""),
        is_key=bool(data.get("key_event")) or "liveblog-key" in classes or "type-key" in classes,
        is_withdrawn=data.get("type") == "delete",
    )


def _rendered(value: object) -> str:
    found = value.get("rendered") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _without_fragment(address: str) -> str:
    return address.partition("#")[0]


def _cleaned(body: str) -> str:
    """Return a text as readers see it, without the shortcodes and marks of the plugin and WordPress."""
    body = _CAPTION.sub(r"<figure>\1<figcaption>\2</figcaption></figure>", body)
    body = _SHORTCODE.sub("", _PLAYER.sub(r'<\1 src="\2"></\1>', body))
    body = _HASHTAG.sub(r"\1#\3", _SAVED_COMMAND.sub("", body))
    return _COMMAND.sub("", _LONE_IMAGE.sub(r'<img src="\1">', body))


# The export -----------------------------------------------------------------------------------------------------------


def from_export(file: IO[bytes], notes: Notes, slug: str = "") -> Blog:
    """Return the live blog in an export. Raise SourceError if there is none, or several and none has the slug.

    Exports of whole sites are large, so the file is read item by item.
    """
    #: Each with the names of the readers whose comments are not imported.
    blogs: list[tuple[Blog, list[str]]] = []
    people: dict[str, str] = {}
    site = language = ""
    try:
        for _event, element in ElementTree.iterparse(file, forbid_dtd=True):
            name = _local(element)
            if name == "base_blog_url":
                site = element.text or ""
            elif name == "language" and not language:
                language = element.text or ""
            elif name == "author" and (fields := _fields(element)).get("author_id"):
                people[fields["author_id"]] = fields.get("author_display_name") or fields.get("author_login", "")
            elif name == "item":
                if (found := _exported(element, site, language, people)) is not None:
                    blogs.append(found)
                element.clear()
    # Besides ParseError, forbidden entities raise other errors.
    except (ElementTree.ParseError, ValueError):
        if not blogs:
            raise SourceError(_("The export is damaged. Export the site again.")) from None
        notes.add("broken", "XML")
    named = [each for each in blogs if slug and urlsplit(each[0].address).path.rstrip("/").endswith(f"/{slug}")]
    if len(named) == 1 or len(blogs) == 1:
        blog, commenters = (named or blogs)[0]
        for name in commenters:
            notes.add("comments", name)
        return blog
    if not blogs:
        raise SourceError(_("The export contains no live blog."))
    listed = ", ".join(urlsplit(blog.address).path.rstrip("/").rpartition("/")[2] for blog, _commenters in blogs[:20])
    raise SourceError(
        _("The export contains several live blogs. Choose one by its URL slug: %(names)s") % {"names": listed}
    )


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _fields(element: Element) -> dict[str, str]:
    """Return the texts of the children of an element, by name without a namespace."""
    return {_local(child): (child.text or "").strip() for child in element}


def _meta(element: Element, name: str) -> dict[str, str]:
    found = (_fields(child) for child in element if _local(child) == name)
    return {each.get("meta_key", ""): each.get("meta_value", "") for each in found}


def _exported(item: Element, site: str, language: str, people: dict[str, str]) -> tuple[Blog, list[str]] | None:
    """Return the live blog of an article in an export, and the names of those who commented on it.

    Return None if it is another article. `people`: names by number.
    """
    fields, meta = _fields(item), _meta(item, "postmeta")
    comments = [(_fields(child), _meta(child, "commentmeta")) for child in item if _local(child) == "comment"]
    liveblog = [comment for comment in comments if comment[0].get("comment_type") == "liveblog"]
    if not liveblog:
        return None
    # Pings of other sites are listed among the comments of readers.
    readers = [each for each, _meta_of in comments if each.get("comment_type") in ("", "comment")]
    address = fields.get("link") or urljoin(site, f"/?p={fields.get('post_id', '')}")
    # The element `encoded` occurs for both the text and the excerpt.
    body = next((child.text or "" for child in item if child.tag.endswith("content/}encoded")), "")
    blog = Blog(
        key=address,
        headline=fields.get("title", ""),
        body=_cleaned(body),
        language=language,
        starts=_gmt(fields.get("post_date_gmt")),
        is_over=meta.get("liveblog") == "archive",
        authors=[],
        address=address,
        complete=True,
        entries=list(_entries(liveblog, address, people)),
    )
    return blog, [each.get("comment_author", "") for each in readers]


def _entries(
    comments: list[tuple[dict[str, str], dict[str, str]]], address: str, people: dict[str, str]
) -> Iterator[Entry]:
    """Yield the entries of a live blog in their final state. `comments`: the fields and the metadata of each."""
    entries: dict[str, Entry] = {}
    later: list[tuple[str, dict[str, str]]] = []
    for fields, meta in comments:
        if replaced := meta.get("liveblog_replaces"):
            later.append((replaced, fields))
            continue
        key = fields.get("comment_id", "")
        entries[key or f"#{len(entries)}"] = Entry(
            key=key,
            body=_cleaned(fields.get("comment_content", "")),
            published=_gmt(fields.get("comment_date_gmt")) or fields.get("comment_date"),
            authors=_authors(fields, meta, people),
            address=f"{address}#{key}" if key else "",
            is_key=meta.get("liveblog_key_entry") == "true" or bool(_COMMAND.search(fields.get("comment_content", ""))),
            # Somebody may have moved it to the trash in the list of comments.
            is_withdrawn=fields.get("comment_approved") in _REMOVED,
        )
    for replaced, fields in sorted(later, key=lambda each: number(each[1].get("comment_id", "")) or 0):
        entry = entries.get(replaced)
        if entry is None:
            # WordPress deletes the comment of a deleted entry.
            continue
        text = _cleaned(fields.get("comment_content", ""))
        entry.modified = _gmt(fields.get("comment_date_gmt"))
        entry.is_withdrawn = entry.is_withdrawn or not text
        entry.body = text or entry.body
    yield from entries.values()


def _authors(fields: dict[str, str], meta: dict[str, str], people: dict[str, str]) -> list[str]:
    if meta.get("liveblog_hide_authors") not in (None, "", "0"):
        return []
    numbers = _CONTRIBUTORS.findall(meta.get("liveblog_contributors", ""))
    names = [fields.get("comment_author", ""), *(people.get(number, "") for number in numbers)]
    return list(dict.fromkeys(filter(None, names)))


def _gmt(text: str | None) -> str | None:
    """Return a moment of WordPress, which states no zone, and writes zeros for an unknown moment."""
    return None if not text or text.startswith("0000") else f"{text.replace(' ', 'T')}Z"

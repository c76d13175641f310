"""The fragment: coverage as self-contained HTML for pages of other sites.

It is the element <live-blog> with a declarative shadow root (HTML Standard, section 4.12.3): the style of the
surrounding page does not affect it, and it is readable without scripts. Its parts are those of the live page.
static/embedding/live-blog.js keeps it up to date.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from selectolax.lexbor import LexborNode

from articles.models import Article, Update
from articles.page import json_ld, live_page, rendering
from articles.page.live_page import LivePage, Moved, Selection
from articles.templatetags.live import absolute
from articles.text.parsed import parse, serialise
from articles.translations.selection import of_article
from liveblog import pagination
from liveblog.branding import colours
from liveblog.branding import current as branding
from liveblog.pagination import Anchor, Place

#: The number of updates on a page of the fragment, and in a teaser.
PAGE_SIZE = 20
TEASER_SIZE = 3


@dataclass(frozen=True)
class View:
    """The part of a coverage that a fragment shows.

    teaser   only the newest updates, in brief
    """

    place: Place
    teaser: bool

    @property
    def key(self) -> str:
        """Return a cache key."""
        return f"{self.place.relation}{self.place.pk}:{self.teaser:d}"


def html_of(article: Article, language: str, view: View, anchor: Anchor | None, revision: str, token: str) -> str:
    """Render the fragment. Call within `page_locale`.

    revision, token   the state that it shows, or placeholders for it
    """
    page = _page(article, language, view, anchor)
    coverage = rendering.coverage_context(article, language)
    address = absolute(article.url(language))
    base = reverse("embed-page", args=[language, article.slug_in(language)])
    context = coverage | {
        "address": address,
        "fragment": absolute(f"{base}fragment.html"),
        "socket": absolute(f"/ws{article.url(language)}"),
        "changes": absolute(f"{article.url(language)}changes"),
        "style": style(),
        "language": language,
        "view": view,
        "page": page,
        "updates": elsewhere(page.html, address),
        "in_short": "" if view.teaser else elsewhere(rendering.facts_html(page.items, article, language), address),
        "latest": elsewhere(rendering.latest_html(article, language), address),
        "revision": revision,
        "token": token,
        "heartbeat": str(settings.LIVE_HEARTBEAT_SECONDS),
        "structured": "" if view.place.relation else json_ld.dumped(json_ld.live_blog(page.whole)),
        "site": branding.current().sender,
    }
    return get_template("articles/embedding/fragment.html").render(context)


@dataclass(frozen=True)
class _Page:
    """The updates of a fragment, and the bounds between which later ones belong to it."""

    whole: LivePage
    items: list[Update]
    html: str
    #: Addresses of the live page with newer and older updates; "" if there are none.
    older: str
    newer: str
    #: The primary key of the update that precedes the older ones; 0: none.
    older_than: int

    @property
    def above(self) -> str:
        return self.whole.page.above

    @property
    def below(self) -> str:
        return self.whole.page.below


def _page(article: Article, language: str, view: View, anchor: Anchor | None) -> _Page:
    size = TEASER_SIZE if view.teaser else PAGE_SIZE
    try:
        whole = LivePage.of(article, language, Selection(view.place), anchor, size)
    except Moved:
        # A pinned update is on the newest page, and so is a place without neighbours.
        whole = LivePage.of(article, language, size=size)
    if view.teaser:
        # The newest ones, pinned or not.
        newest = live_page.all_published(article, language, Place(), None, size)
        whole.items = newest.items
        operations = [rendering.update_operation(one, one.element, article, language) for one in newest.items]
        html = "".join(operation.get("html", "") for operation in operations)
    else:
        html = rendering.list_html(whole.items, article, language)
    url, older = absolute(article.url(language)), None if view.teaser else whole.page.older
    return _Page(
        whole,
        whole.items,
        html,
        older=pagination.address(url, older.query, "updates") if older else "",
        newer=url if whole.page.newer and not view.teaser else "",
        older_than=older.pk if older else 0,
    )


# Our HTML on pages of other sites -------------------------------------------------------------------------------------


def elsewhere(html: str, address: str) -> SafeString:
    """Return elements of the live page at `address` for a page of another site.

    Their addresses are absolute, their headings are a level below that of the fragment, and a poll links to the page on
    which readers can vote, because our forms only work on our own pages. static/embedding/adapting.js does the same to
    elements in frames.
    """
    root = parse(html)
    for node in root.css("[href], [src], [srcset]"):
        _make_absolute(node, address)
    for level in (1, 2, 3):
        for heading in root.css(f"h{level}"):
            heading.attrs["aria-level"] = str(level + 1)  # type: ignore[index]
    for form in root.css("form.poll"):
        button = form.css_first("button")
        number = form.attributes.get("data-poll") or ""
        link = f'<p class="vote"><a href="{address}update/{number}/">{button.inner_html if button else ""}</a></p>'
        form.replace_with(parse(link).child)  # type: ignore[arg-type]
    return mark_safe("".join(serialise(child) for child in root.iter(include_text=True)))


def _make_absolute(node: LexborNode, address: str) -> None:
    for name in ("href", "src"):
        value = node.attributes.get(name)
        if value and not value.startswith("#"):
            node.attrs[name] = urljoin(address, value)  # type: ignore[index]
    if srcset := node.attributes.get("srcset"):
        parts = (part.strip().partition(" ") for part in srcset.split(","))
        node.attrs["srcset"] = ", ".join(f"{urljoin(address, url)} {size}" for url, _gap, size in parts)  # type: ignore[index]


# The style sheet ------------------------------------------------------------------------------------------------------


def style() -> SafeString:
    """Return the style sheet of the fragment, with the newsroom's link colour if the surrounding page sets none."""
    brand = branding.current()
    return _style(brand.link_colour, brand.link_colour_dark)


@lru_cache(maxsize=4)
def _style(link: str, link_dark: str) -> SafeString:
    """Return the style sheet without comments and superfluous white space."""
    css = (settings.SITE_DIR / "static" / "embedding" / "live-blog.css").read_text(encoding="utf-8")
    css = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    css = re.sub(r"\s*([{};,])\s*", r"\1", css).strip()
    css = css.replace(": ", ":").replace(";}", "}")
    product = f"light-dark({colours.DEFAULT_LINK},{colours.DEFAULT_LINK_DARK})"
    return mark_safe(css.replace(product, f"light-dark({link},{link_dark})"))


def style_hash() -> str:
    """Return the hash source by which a Content-Security-Policy allows the style sheet (CSP Level 3, section 2.3.1)."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def headline(article: Article, language: str) -> str:
    return str(of_article(article, language).text("headline"))

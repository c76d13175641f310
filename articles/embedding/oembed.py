"""oEmbed (https://oembed.com): from the address of a page to the HTML that embeds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html

from articles.cards import contents
from articles.kinds import summary
from articles.models import Article, Author, Update
from articles.page.finding import find_article
from articles.templatetags.live import absolute
from articles.translations.selection import of_article, of_update
from liveblog import pagination
from liveblog.branding import current as branding
from liveblog.delivery.elements import page_locale
from liveblog.errors import MovedSlug, NotInLanguage
from liveblog.lists import listed
from liveblog.numbers import number
from liveblog.web_origins import normal

#: The size of the iframe in CSS pixels, unless the consumer wants a smaller one.
WIDTH, HEIGHT = 640, 640
MIN_WIDTH, MIN_HEIGHT = 200, 200

#: Seconds for which a consumer may cache the answer.
CACHE_AGE = 3600

Document = dict[str, str | int]


class Limits(NamedTuple):
    """The greatest width and height that a consumer accepts, in CSS pixels."""

    width: int | None = None
    height: int | None = None


def document(url: str, limits: Limits, page: str = "") -> Document:
    """Return the answer about one of our pages. Raise Http404 for any other address.

    `page`: the page on which the consumer discovered the endpoint. WordPress replaces `url` by the address that a
    person pasted, and that may be another one, which redirects to the page.
    """
    try:
        article, language, update = _found(url)
    except (Http404, NotInLanguage):
        if not page:
            raise
        article, language, update = _found(page)
    with page_locale(article, language):
        return _document(article, language, update, limits)


def _found(url: str) -> tuple[Article, str, Update | None]:
    try:
        parts = urlsplit(url)
        origin = normal(f"{parts.scheme}://{parts.netloc}")
        match = resolve(parts.path if parts.path.endswith("/") else f"{parts.path}/")
    except (ValueError, Resolver404):
        raise Http404 from None
    # Pages redirect from http and from a path without its last slash, so people paste such addresses. The block editor
    # of WordPress removes the slash itself.
    secure = origin.replace("http://", "https://", 1)
    if not {origin, secure} & set(settings.SITE_ORIGINS) or match.view_name not in ("live", "update", "embed-page"):
        raise Http404
    language = match.kwargs["language"]
    try:
        article = find_article(match.kwargs["slug"], language)
    except MovedSlug as moved:
        # A partner's page may keep an address for years.
        article = find_article(moved.slug, language)
    published = Update.objects.for_pages().published().filter(article=article)
    if match.view_name == "update":
        return article, language, get_object_or_404(published, pk=match.kwargs["pk"])
    # The list of coverage links to updates in this form.
    at = number(QueryDict(parts.query).get("at", ""))
    return article, language, published.filter(pk=at).first() if at else None


def _document(article: Article, language: str, update: Update | None, limits: Limits) -> Document:
    title = str(of_article(article, language).text("headline"))
    authors = Author.bylines(article.authors.all(), language)
    card = contents.article_card_url(article, language)
    page = article.url(language)
    if update is not None:
        texts = of_update(update, article, language)
        if texts is None:
            raise Http404
        title = str(summary.title(update, texts.language, language)) or title
        authors = Author.bylines(update.authors.all(), language) or authors
        card = contents.update_card_url(update, article, texts)
        page = update.url(language)
    found: Document = {
        "version": "1.0",
        # If nobody may embed it, the consumer gets only data for a link.
        "type": "rich" if article.embedding_origins else "link",
        "title": title,
        "author_name": listed(authors) or branding.current().publisher,
        "author_url": absolute(page),
        "provider_name": branding.current().publisher,
        "provider_url": absolute(reverse("index", args=[language])),
        "cache_age": CACHE_AGE,
    }
    if (limits.width or 1200) >= 1200 and (limits.height or 630) >= 630:
        found |= {"thumbnail_url": absolute(card), "thumbnail_width": 1200, "thumbnail_height": 630}
    if found["type"] == "rich":
        width = max(MIN_WIDTH, min(WIDTH, limits.width or WIDTH))
        height = max(MIN_HEIGHT, min(HEIGHT, limits.height or HEIGHT))
        address = reverse("embed-page", args=[language, article.slug_in(language)])
        source = absolute(pagination.address(address, {"at": update.pk if update else None}))
        found |= {"width": width, "height": height, "html": _html(source, absolute(page), title, height)}
    return found


def _html(source: str, page: str, title: str, height: int) -> str:
    """Return an iframe as wide as its surroundings.

    WordPress reduces the answer of an unknown site to a quotation and a sandboxed iframe. It listens to the height of
    the iframe only if there is a quotation, which it shows until then. Elsewhere the quotation stays hidden.
    """
    return format_html(
        '<blockquote hidden><a href="{}">{}</a></blockquote>'
        '<iframe src="{}" width="100%" height="{}" title="{}" loading="lazy" frameborder="0" allowfullscreen></iframe>',
        *(page, title, source, height, title),
    )


def as_xml(values: Mapping[str, str | int]) -> bytes:
    """Return an answer in the other format of oEmbed (section 2.3.4.2)."""
    root = ElementTree.Element("oembed")
    for name, value in values.items():
        ElementTree.SubElement(root, name).text = str(value)
    return b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n' + ElementTree.tostring(root, encoding="utf-8")

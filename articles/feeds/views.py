"""Feeds and sitemaps. They depend on no cookie and no session, so any cache can keep them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.contrib.sitemaps.views import x_robots_tag
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from articles.feeds import atom, json_feed, sitemaps
from articles.feeds.addresses import FORMATS, Channel
from articles.feeds.entries import Document, anchor_of
from articles.models import Article, Author, Topic, Update
from articles.page.caching import cached_response
from articles.page.finding import find_article
from liveblog import pagination
from liveblog.branding import current as branding
from liveblog.cache import MAX_KEPT, MAX_VERSIONS, Retention
from liveblog.delivery import log
from liveblog.numbers import LARGEST
from liveblog.pagination import Place
from liveblog.parameters import reads

_WRITERS = {"atom": atom.written, "json": json_feed.written}
_XML = "application/xml; charset=utf-8"

#: Seconds for which a cache may serve a sitemap without validation.
_SITEMAP_MAX_AGE_SECONDS = 60


# Feeds ----------------------------------------------------------------------------------------------------------------


@reads("before", "key")
@require_safe
def feed(
    request: HttpRequest, language: str, name: str, slug: str = "", topic: str = "", author: int = 0
) -> HttpResponse:
    """The feed of the site, of a coverage, a topic or an author, in one of FORMATS."""
    article = find_article(slug, language) if slug else None
    subject = _subject(topic, author)
    key_only = pagination.choice(request.GET, "key", ("", "0", "1")) == "1"
    channel = Channel(language, slug, key_only, topic, author)
    place = Place.of(request.GET)
    anchor = anchor_of(article, place)
    listed = None
    if article is not None:
        # No feed contains comments, so a new comment does not change it.
        state = f"{article.pk}:{log.state_besides(article.pk, article.page_state, 'comment')}"
        last_modified = article.revised_at
    else:
        listed = Document.of(channel, None, place, anchor, subject)
        state, last_modified = listed.key, listed.revised_at
    hub = hashlib.sha256(settings.WEBSUB_HUB.encode()).hexdigest()[:8]
    page = f"feed:{name}:{language}:{slug}:{topic}:{author}:{place.relation}{place.pk}:{int(key_only)}:{hub}"

    def render() -> bytes:
        # Read the article again, with everything that a page needs.
        document = listed or Document.of(
            channel, Article.objects.for_pages().get(pk=article.pk if article else 0), place, anchor
        )
        document.fetch()
        with translation.override(language):
            return _WRITERS[name](document)

    content_type = f"{FORMATS[name][1]}; charset=utf-8"
    # All subscribers open the first page, but only some open archives.
    retention = Retention(
        group=f"feed:{name}:{language}:{slug}:{topic}:{author}:{key_only:d}", max_entries=MAX_VERSIONS
    )
    if place.relation:
        retention = Retention(group="feed-places", max_entries=MAX_KEPT)
    response = cached_response(request, page, state, render, content_type, last_modified=last_modified, **retention)
    if settings.WEBSUB_HUB and not place.relation:
        # Subscribers read the headers first (WebSub, section 4).
        response.headers["Link"] = f'<{settings.WEBSUB_HUB}>; rel="hub", <{channel.url(name)}>; rel="self"'
    return response


def _subject(topic: str, author: int) -> Topic | Author | None:
    if topic:
        return get_object_or_404(Topic, slug=topic)
    return get_object_or_404(Author, pk=author) if author else None


# Sitemaps -------------------------------------------------------------------------------------------------------------


@x_robots_tag
@reads()
@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The index of all files. It lists new files at once, and modifications after a minute."""
    files = [_last_file(model) for model in (Article, Update, Topic, Author)]
    state = f"{int(timezone.now().timestamp()) // _SITEMAP_MAX_AGE_SECONDS}:{files}"

    def render() -> str:
        return render_to_string("sitemap_index.xml", {"sitemaps": sitemaps.index()})

    return _sitemap(request, "sitemap-index", state, render)


def _last_file(model: type[Model]) -> int | None:
    pk = model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
    return None if pk is None else pk // sitemaps.RANGE


@x_robots_tag
@reads("p")
@require_safe
def sitemap(request: HttpRequest, section: str) -> HttpResponse:
    """One file of a section."""
    number = pagination.whole_number(request.GET, "p") if "p" in request.GET else 1
    found = sitemaps.SECTIONS.get(section)
    state = found.state(number) if found and 1 <= number <= LARGEST // sitemaps.RANGE else ()
    if found is None or not state:
        raise Http404

    def render() -> str:
        return render_to_string("articles/feeds/sitemap.xml", {"urlset": found.urls(number)})

    return _sitemap(request, f"sitemap:{section}:{number}", str(state), render)


@x_robots_tag
@reads()
@require_safe
def news(request: HttpRequest, language: str = "") -> HttpResponse:
    """The sitemap of news in one language, or in all."""
    articles, updates = sitemaps.newest(language)
    state = [
        list(articles.values_list("pk", "revision", "revision_token")),
        list(updates.values_list("pk", "article__revision", "article__revision_token")),
    ]

    def render() -> str:
        context = {"pages": sitemaps.news(language), "publication": branding.current().publisher}
        return render_to_string("articles/feeds/news.xml", context)

    return _sitemap(request, f"news:{language}", str(state), render)


def _sitemap(request: HttpRequest, name: str, state: str, render: Callable[[], str]) -> HttpResponse:
    digest = hashlib.sha256(state.encode()).hexdigest()[:32]
    freshness = {"max_age": _SITEMAP_MAX_AGE_SECONDS}
    with timezone.override("UTC"):
        make: Callable[[], bytes] = lambda: render().encode()  # noqa: E731
        return cached_response(request, name, digest, make, _XML, freshness=freshness, group="sitemaps")


@require_safe
def indexnow_key(request: HttpRequest, key: str) -> HttpResponse:
    """The key by which IndexNow verifies that this site has submitted addresses."""
    if not settings.INDEXNOW_KEY or not constant_time_compare(key, settings.INDEXNOW_KEY):
        raise Http404
    response = HttpResponse(settings.INDEXNOW_KEY, content_type="text/plain; charset=utf-8")
    patch_cache_control(response, public=True, max_age=3600)
    return response

"""Addresses for pages of other sites. Like readers' pages, they depend on no cookie and no session."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from articles.embedding import fragment as fragments
from articles.embedding import oembed as documents
from articles.embedding.fragment import View
from articles.embeds.providers import player_hosts
from articles.models import Article
from articles.page import live_page
from articles.page.caching import MAX_AGE_SECONDS, cached_response, filled, placeholder
from articles.page.finding import find_article
from articles.templatetags.live import absolute
from liveblog import pagination
from liveblog.branding import current as branding
from liveblog.cache import MAX_KEPT, MAX_VERSIONS, Retention, get_or_make
from liveblog.cross_origin import readable_by
from liveblog.delivery import log
from liveblog.delivery.elements import page_locale
from liveblog.errors import NotInLanguage
from liveblog.languages import direction
from liveblog.numbers import number
from liveblog.pagination import Anchor, Place
from liveblog.parameters import reads
from liveblog.web_origins import ALL

_HTML = "text/html; charset=utf-8"

#: Seconds for which a browser may use the script without validation. It imports modules by hashed names.
_SCRIPT_MAX_AGE_SECONDS = 300

#: The modules of the custom element. The script imports all of them, so that browsers load them in parallel.
MODULES = (
    "embedding/live-blog.js",
    "embedding/adapting.js",
    "liveblog/backoff.js",
    "liveblog/connection.js",
    "liveblog/counting.js",
    "liveblog/days.js",
    "liveblog/dom.js",
    "liveblog/frames.js",
    "liveblog/places.js",
)


@reads()
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The script that defines the custom element."""
    lines = ["// Defines the element <live-blog>. Its modules are all named here, so that browsers load them at once."]
    lines += [f"import {json.dumps(static(name))};" for name in MODULES]
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/javascript; charset=utf-8")
    response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:16]}"'
    patch_cache_control(response, public=True, max_age=_SCRIPT_MAX_AGE_SECONDS)
    # A script by itself displays nothing, so every site may load it.
    readable_by(response, [ALL])
    return response


@reads("at", "before", "teaser")
@require_safe
def fragment(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The coverage as HTML with its style sheet and structured data, in one cacheable response."""
    article, view, anchor = _requested(request, language, slug)
    if view.place.relation == "at" and anchor is None:
        # The address of the surrounding page may name an update of other coverage on the same page. That is no error.
        response = HttpResponse(status=204)
        patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    else:
        render = partial(_fragment, article, language, view, anchor)
        response = _answer(request, article, language, view, "fragment", render)
    readable_by(response, article.embedding_origins)
    return response


@reads("at", "teaser", "theme")
@require_safe
def page(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The coverage as a page for an iframe."""
    article, view, anchor = _requested(request, language, slug)
    if anchor is None:
        view = View(Place(), view.teaser)
    theme = pagination.choice(request.GET, "theme", ("", "light", "dark"))

    def render() -> bytes:
        with page_locale(article, language):
            context = {
                "fragment": _fragment(article, language, view, anchor).decode(),
                "headline": fragments.headline(article, language),
                "address": absolute(article.url(language)),
                "theme": theme,
                "language": language,
                "dir": direction(language),
            }
            return get_template("articles/embedding/page.html").render(context).encode()

    response = _answer(request, article, language, view, f"page{theme}", render)
    ancestors = article.embedding_origins
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
    response._csp_replace = {"frame-ancestors": [ALL] if ALL in ancestors else ["'self'", *ancestors]}  # type: ignore[attr-defined]
    # The style sheet is that of the fragment, and a reader's click inserts players of embeds.
    response._csp_update = {  # type: ignore[attr-defined]
        "style-src": [fragments.style_hash()],
        "frame-src": [f"https://{host}" for host in sorted(player_hosts())],
    }
    return response


def _requested(request: HttpRequest, language: str, slug: str) -> tuple[Article, View, Anchor | None]:
    """Return article, view and anchor of a request; no anchor if `at` is no update of the article. Raise Http404."""
    try:
        article = find_article(slug, language)
    except NotInLanguage:
        raise Http404 from None
    view = View(Place.of(request.GET), pagination.choice(request.GET, "teaser", ("", "0", "1")) == "1")
    if view.teaser and view.place.relation:
        raise Http404
    try:
        return article, view, live_page.anchor_of(article, view.place)
    except Http404:
        if view.place.relation != "at":
            raise
        return article, view, None


def _answer(
    request: HttpRequest, article: Article, language: str, view: View, kind: str, render: Callable[[], bytes]
) -> HttpResponse:
    """Return a response that is made once for all sites.

    Its ETag depends on the allowed sites, too, because its headers do, and the cache in front keeps both together.
    """
    origins = hashlib.sha256(" ".join(article.embedding_origins).encode()).hexdigest()[:8]
    name = f"embed-{kind}:{article.pk}:{language}:{view.key}"
    retention = Retention(group=f"embed-{kind}:{article.pk}:{language}:{view.teaser:d}", max_entries=MAX_VERSIONS)
    if view.place.relation:
        retention = Retention(group="embed-places", max_entries=MAX_KEPT)
    return cached_response(request, name, f"{article.page_state}:{origins}", render, _HTML, **retention)


def _fragment(article: Article, language: str, view: View, anchor: Anchor | None) -> bytes:
    """Return the fragment at the present state. It is rendered again only if more than comments has changed."""
    state = log.state_besides(article.pk, article.page_state, "comment")
    name = f"fragment:{article.pk}:{language}:{view.key}"

    def render() -> bytes:
        whole = Article.objects.for_pages().get(pk=article.pk)
        with page_locale(whole, language):
            marks = placeholder("revision"), placeholder("token")
            return fragments.html_of(whole, language, view, anchor, *marks).encode()

    retention = Retention(
        group="fragment-places" if view.place.relation else f"fragment:{article.pk}:{language}", max_entries=MAX_KEPT
    )
    return filled(get_or_make(name, f"{branding.edition()}:{name}:{state}", render, **retention), article)


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """Return the markup with which a content management system embeds one of our addresses (oEmbed 1.0)."""
    form = request.GET.get("format", "json")
    if form not in ("json", "xml"):
        # Section 2.3.2.
        return HttpResponse(status=501)
    limits = documents.Limits(*(number(request.GET.get(name, "")) for name in ("maxwidth", "maxheight")))
    try:
        found = documents.document(request.GET.get("url", ""), limits, request.GET.get("page", ""))
    except NotInLanguage:
        raise Http404 from None
    if form == "xml":
        response = HttpResponse(documents.as_xml(found), content_type="text/xml; charset=utf-8")
    else:
        response = JsonResponse(found, json_dumps_params={"ensure_ascii": False})
    patch_cache_control(response, public=True, max_age=_SCRIPT_MAX_AGE_SECONDS)
    readable_by(response, [ALL])
    return response

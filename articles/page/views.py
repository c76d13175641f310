"""What readers open. Nothing here depends on who asks: no cookie, no session, so that any cache can keep it."""

from collections.abc import Callable

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from django.template.loader import get_template
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.embeds.providers import player_hosts
from articles.models import Article, Update
from articles.page import json_ld, live_page, rendering
from articles.templatetags.live import day
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog.cache import get_or_make
from liveblog.delivery import frames, log
from liveblog.release import RELEASE

#: How long a cache may serve a page without asking, in seconds. A stale page catches up by itself.
FRESH = 5

#: The same of a page whose coverage is finished, and for how much longer while the cache asks behind the reader's back.
FRESH_WHEN_FINISHED = 3600
STALE_WHEN_FINISHED = 30 * 86_400

#: Players of embeds, which a reader's click puts into the page.
_with_frames = csp_update({"frame-src": [f"https://{host}" for host in sorted(player_hosts())]})


def _article(slug: str, language: str) -> Article:
    article = get_object_or_404(Article, slug=slug)
    if language not in article.offered_languages:
        raise Http404
    return article


def _kept(
    request: HttpRequest, key: str, make: Callable[[], bytes], content_type: str, **freshness: int
) -> HttpResponse:
    """The answer under a key that names everything that it depends on, made once for all readers.

    `freshness` are directives of Cache-Control, for what may be kept longer than a page that is live.
    """
    etag = f'W/"{RELEASE}:{key}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(get_or_make(f"{RELEASE}:{key}", make), content_type=content_type)
    response.headers["ETag"] = etag
    patch_cache_control(response, public=True, **freshness or {"max_age": FRESH})
    return response


def _hole(name: str) -> str:
    """Stands in a page for what is put in later; nothing that anybody could write."""
    return salted_hmac("articles.page.views", name).hexdigest()


@require_safe
def index(request: HttpRequest, language: str) -> HttpResponse:
    """Current and past coverage."""
    found = live_page.listed(language)
    cards = []
    for article in found[:100]:
        with rendering.page_locale(article, language):
            cards.append(rendering.card(article, language) | {"day": day(article.coverage_start)})
    groups = [
        {"state": state, "cards": [card for card in cards if card["article"].state == state]}
        for state in (Article.State.LIVE, Article.State.ANNOUNCED, Article.State.FINISHED)
    ]
    response = TemplateResponse(
        request,
        "articles/index.html",
        {
            "groups": groups,
            "nothing": not cards,
            "language": language,
            "addresses": [{"language": code, "url": f"/{code}/"} for code, _name in settings.LANGUAGES],
        },
    )
    patch_cache_control(response, public=True, max_age=FRESH)
    return response


@_with_frames
@require_safe
def live(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The live page."""
    # The revision is read before what it describes: the page may be newer than it says, never older.
    article = _article(slug, language)
    number = request.GET.get("page", "1")
    number = number if number.isascii() and number.isdecimal() and len(number) < 7 else "1"
    key_only = request.GET.get("key") == "1"

    def coverage() -> bytes:
        page = live_page.LivePage.of(Article.objects.for_pages().get(pk=article.pk), language, number, key_only)
        with rendering.page_locale(article, language):
            context = {
                "page": page,
                "article": page.article,
                "language": language,
                "revision": _hole("revision"),
                "comments": _hole("comments"),
                "structured": json_ld.dumped(json_ld.live_blog(page)),
                "heartbeat": str(settings.LIVE_HEARTBEAT_SECONDS),
                "site": settings.SITE_URL,
            }
            return TemplateResponse(request, "articles/live.html", context).rendered_content.encode()

    def make() -> bytes:
        # A comment, of which there may be many in a minute, does not have the coverage rendered anew.
        state = log.state_besides(article.pk, article.revision, "comment")
        key = f"{RELEASE}:coverage:{article.pk}:{language}:{state}:{number}:{int(key_only)}"
        page = get_or_make(key, coverage)
        with rendering.page_locale(article, language):
            beside = get_template("articles/comments.html").render({"article": article})
        page = page.replace(_hole("revision").encode(), str(article.revision).encode())
        return page.replace(_hole("comments").encode(), beside.encode())

    key = f"live:{article.pk}:{language}:{article.revision}:{number}:{int(key_only)}"
    freshness = {}
    if article.state == Article.State.FINISHED:
        # Nobody misses what is corrected later: the page asks for it once when it is opened.
        freshness = {"max_age": FRESH_WHEN_FINISHED, "stale_while_revalidate": STALE_WHEN_FINISHED}
    return _kept(request, key, make, "text/html; charset=utf-8", **freshness)


@require_safe
def liveblog(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The page as a schema.org LiveBlogPosting."""
    article = _article(slug, language)

    def make() -> bytes:
        page = live_page.LivePage.of(Article.objects.for_pages().get(pk=article.pk), language, 1, key_only=False)
        with rendering.page_locale(article, language):
            return json_ld.dumped(json_ld.live_blog(page)).encode()

    return _kept(request, f"liveblog:{article.pk}:{language}:{article.revision}", make, "application/ld+json")


@require_safe
def changes(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """What a page at revision `after` lacks: the same frame that the websocket would bring."""
    article = _article(slug, language)
    value = request.GET.get("after", "")
    after = int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else -1
    frame = frames.since(article.pk, after, article.revision, language)
    response = HttpResponse(frame.text, content_type="application/json")
    patch_cache_control(response, public=True, max_age=1)
    return response


def _gone(request: HttpRequest, update: Update, article: Article, texts: ReaderTexts) -> HttpResponse:
    """What is left of an update that was withdrawn: the mark, and the way to the page. None of its words."""
    with rendering.page_locale(article, texts.page_language):
        context = {
            "html": rendering.update_html(update, article, texts),
            "update": update,
            "article_headline": of_article(article, texts.page_language).text("headline"),
            "live_url": article.url(texts.page_language),
            "addresses": [{"language": code, "url": article.url(code)} for code in article.offered_languages],
        }
        page = TemplateResponse(request, "articles/gone.html", context).rendered_content
    response = HttpResponse(page, status=410, headers={"X-Robots-Tag": "noindex"})
    patch_cache_control(response, public=True, max_age=FRESH)
    return response


@_with_frames
@require_safe
def update(request: HttpRequest, language: str, slug: str, pk: int) -> HttpResponse:
    """One update by itself, at the address that readers share."""
    article = _article(slug, language)
    found = get_object_or_404(Update.objects.for_pages().on_page(), pk=pk, article=article)
    found.article = article
    texts = of_update(found, article, language)
    if texts is None:
        raise Http404
    if found.state == Update.State.WITHDRAWN:
        return _gone(request, found, article, texts)

    voted = request.GET.get("voted") == "1" and found.kind == "poll"

    def make() -> bytes:
        with rendering.page_locale(article, language):
            return permalink(request, found, texts, _("Your vote is counted.") if voted else "")

    key = f"update:{pk}:{language}:{article.revision}{':voted' if voted else ''}"
    return _kept(request, key, make, "text/html; charset=utf-8")


def permalink(request: HttpRequest, update: Update, texts: ReaderTexts, said: str = "") -> bytes:
    """The page of one update, with something `said` to the reader. Call within `reading`."""
    article, language = update.article, texts.page_language
    context = rendering.update_context(update, article, texts) | {
        "html": rendering.update_html(update, article, texts),
        "said": said,
        "article": article,
        "article_headline": of_article(article, language).text("headline"),
        "live_url": article.url(language),
        "addresses": [
            {"language": code, "url": update.url(code) if of_update(update, article, code) else article.url(code)}
            for code in article.offered_languages
        ],
        "site": settings.SITE_URL,
    }
    return TemplateResponse(request, "articles/permalink.html", context).rendered_content.encode()

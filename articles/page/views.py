"""The pages that readers open. They depend on no cookie and no session, so any cache can keep them."""

from functools import partial

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import get_template
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.cards import contents, drawing, shapes
from articles.cards.drawing import Card
from articles.embeds.providers import player_hosts
from articles.kinds import summary
from articles.models import Article, Author, Update
from articles.page import json_ld, live_page, rendering
from articles.page.caching import MAX_AGE_SECONDS, cached_response, filled, placeholder
from articles.page.finding import find_article, title_of
from articles.page.live_page import LivePage, Selection
from articles.page.originals import originals_of_update
from articles.publishing import writing
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog import pagination
from liveblog.branding import current as branding
from liveblog.cache import MAX_KEPT, MAX_VERSIONS, Retention, get_or_make
from liveblog.cross_origin import readable_by
from liveblog.delivery import frames, log
from liveblog.delivery.elements import page_locale
from liveblog.delivery.states import State
from liveblog.errors import NotInLanguage
from liveblog.pagination import Anchor, Place
from liveblog.parameters import reads

#: MAX_AGE_SECONDS for a page whose coverage is finished, and how much longer while the cache revalidates (RFC 5861).
FINISHED_MAX_AGE_SECONDS = 3600
FINISHED_STALE_WHILE_REVALIDATE_SECONDS = 30 * 86_400

_HTML = "text/html; charset=utf-8"

#: Seconds for which caches may keep a card, whose address names its contents.
CARD_MAX_AGE_SECONDS = 365 * 86_400

#: The number of updates around one to which its own page links.
CONTEXT_SIZE = 5

#: A reader's click inserts players of embeds into the page.
_with_players = csp_update({"frame-src": [f"https://{host}" for host in sorted(player_hosts())]})


@_with_players
@reads(*live_page.PARAMETERS)
@require_safe
def live(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The live page."""
    # Read the state before the content: the page may be newer than its state, but never older.
    article = find_article(slug, language)
    selection = Selection.of(request.GET)
    if (number_of_page := pagination.page_number(request.GET)) is not None:
        return _renamed(article, language, number_of_page, selection)
    # Reject an address without a place in the list before anything is rendered or cached.
    live_page.check(article, selection)
    anchor = live_page.anchor_of(article, selection.place)
    freshness = {}
    if article.state == Article.State.FINISHED:
        # Readers miss no later correction: the page requests corrections once when it is opened.
        freshness = {
            "max_age": FINISHED_MAX_AGE_SECONDS,
            "stale_while_revalidate": FINISHED_STALE_WHILE_REVALIDATE_SECONDS,
        }
    name, state = f"live:{article.pk}:{language}:{selection.key}", str(article.page_state)
    render = partial(_live_page, request, article, language, selection, anchor)
    retention = _retention(article, language, selection)
    try:
        return cached_response(request, name, state, render, _HTML, freshness=freshness, **retention)
    except live_page.Moved as moved:
        return redirect(moved.selection.address(article.url(language), moved.fragment))


def _retention(article: Article, language: str, selection: Selection, kind: str = "live") -> Retention:
    """Return how many versions of the newest page, which everybody opens, or how many other pages are kept."""
    if selection.place.relation or selection.author or selection.kind or selection.topic or selection.oldest:
        return Retention(group=f"{kind}-places", max_entries=MAX_KEPT)
    return Retention(group=f"{kind}:{article.pk}:{language}:{selection.key_only:d}", max_entries=MAX_VERSIONS)


def _renamed(article: Article, language: str, page_number: int, selection: Selection) -> HttpResponse:
    """Redirect from the address of a page by its number. Only the first page keeps its place."""
    place = live_page.place_of_page(article, language, page_number, selection)
    address = selection.at(place).address(article.url(language), "updates")
    return redirect(address, permanent=page_number == 1)


def _live_page(
    request: HttpRequest, article: Article, language: str, selection: Selection, anchor: Anchor | None
) -> bytes:
    """Return the live page: the coverage from the cache, with the present state and the comments put in.

    There may be many comments in a minute. The coverage is by far the larger part, so it is rendered again only if it
    has changed itself. Caching the HTML of each update instead was measured: after a comment, the page took three to
    four times as long, because the cache keys of their HTML depend on data of all updates.
    """
    state = log.state_besides(article.pk, article.page_state, "comment")
    version = f"{branding.edition()}:coverage:{article.pk}:{language}:{state}:{selection.key}"
    render = partial(_page_without_comments, request, article.pk, language, selection, anchor)
    retention = _retention(article, language, selection, "coverage")
    page = get_or_make(f"coverage:{article.pk}:{language}:{selection.key}", version, render, **retention)
    with page_locale(article, language):
        comments = get_template("articles/comments.html").render({"article": article})
    return filled(page, article).replace(placeholder("comments").encode(), comments.encode())


def _page_without_comments(
    request: HttpRequest, article_id: int, language: str, selection: Selection, anchor: Anchor | None
) -> bytes:
    """Render the live page with placeholders for the state and the comments."""
    article = Article.objects.for_pages().get(pk=article_id)
    page = LivePage.of(article, language, selection, anchor)
    with page_locale(article, language):
        context = {
            "page": page,
            "originals": page.originals,
            "article": article,
            "language": language,
            "revision": placeholder("revision"),
            "token": placeholder("token"),
            "comments": placeholder("comments"),
            "structured": json_ld.dumped(json_ld.live_blog(page)),
            "modified_at": log.changed_at(article.pk, besides="comment") or article.revised_at,
            "heartbeat": str(settings.LIVE_HEARTBEAT_SECONDS),
        }
        return TemplateResponse(request, "articles/live.html", context).rendered_content.encode()


@reads("before")
@require_safe
def liveblog(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The coverage as a schema.org LiveBlogPosting: all updates, in documents that are linked by `next`."""
    article = find_article(slug, language)
    place = Place.of(request.GET)
    anchor = live_page.anchor_of(article, place)

    def make() -> bytes:
        with page_locale(article, language):
            found = json_ld.document(Article.objects.for_pages().get(pk=article.pk), language, place, anchor)
            return json_ld.dumped(found).encode()

    # No document contains comments.
    state = str(log.state_besides(article.pk, article.page_state, "comment"))
    name = f"liveblog:{article.pk}:{language}:{place.pk}"
    retention = Retention(group=f"liveblog:{article.pk}:{language}", max_entries=MAX_VERSIONS)
    if place.relation:
        retention = Retention(group="liveblog-places", max_entries=MAX_KEPT)
    return cached_response(request, name, state, make, "application/ld+json", **retention)


@reads("after")
@require_safe
def changes(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The changes since the state `after`, as the same frame that the websocket would send."""
    article = find_article(slug, language)
    after = request.GET.get("after", "")
    state = State.parse(after)
    frame = frames.since(article.pk, state, article.page_state, language)
    response = HttpResponse(frame.text, content_type="application/json")
    if frame.of_known_state and after == str(state or ""):
        # A page that gets no change assumes that there is none.
        patch_cache_control(response, public=True, max_age=1, must_revalidate=True)
    else:
        # Invented states, and other spellings of a state, must not fill caches.
        patch_cache_control(response, no_store=True)
    readable_by(response, article.embedding_origins)
    return response


def _place_of(update: Update, language: str) -> str:
    """Return the address at which the live page scrolls to an update."""
    return Selection(Place("at", update.pk)).address(update.article.url(language), update.element)


@reads()
@require_safe
def writing_now(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """Respond whether an update is being written, if the article shows that to its readers."""
    article = find_article(slug, language)
    if not article.shows_writing:
        raise Http404
    response = JsonResponse({"writing": article.state == Article.State.LIVE and writing.is_going_on(article.pk)})
    patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    return response


@reads()
@require_safe
def card(request: HttpRequest, language: str, slug: str, digest: str) -> HttpResponse:
    """The preview picture of shared links to a live page."""
    article = get_object_or_404(Article.objects.for_cards(), pk=find_article(slug, language).pk)
    with page_locale(article, language):
        found = contents.card_of_article(article, language)
    return _card(request, article, found, digest, reverse("card", args=[language, slug, found.digest]))


@reads()
@require_safe
def article_shape(request: HttpRequest, language: str, slug: str, across: int, down: int, digest: str) -> HttpResponse:
    """The picture of a live page in one of the shapes that search engines want."""
    article = get_object_or_404(Article.objects.for_cards(), pk=find_article(slug, language).pk)
    with page_locale(article, language):
        found = contents.card_of_article(article, language)
    address = reverse("article-shape", args=[language, slug, across, down, found.digest])
    return _card(request, article, found, digest, address, (across, down))


@reads()
@require_safe
def update_card(request: HttpRequest, language: str, slug: str, pk: int, digest: str) -> HttpResponse:
    """The preview picture of shared links to an update."""
    update, found = _card_of_update(language, slug, pk)
    return _card(request, update, found, digest, reverse("update-card", args=[language, slug, pk, found.digest]))


@reads()
@require_safe
def update_shape(
    request: HttpRequest, language: str, slug: str, pk: int, across: int, down: int, digest: str
) -> HttpResponse:
    """The picture of an update in one of the shapes that search engines want."""
    update, found = _card_of_update(language, slug, pk)
    address = reverse("update-shape", args=[language, slug, pk, across, down, found.digest])
    return _card(request, update, found, digest, address, (across, down))


def _card_of_update(language: str, slug: str, pk: int) -> tuple[Update, Card]:
    article = find_article(slug, language)
    update = get_object_or_404(Update.objects.for_pages().published(), pk=pk, article=article)
    texts = of_update(update, article, language)
    if texts is None:
        raise Http404
    with page_locale(article, language):
        return update, contents.card_of_update(update, article, texts)


def _card(
    request: HttpRequest,
    item: Article | Update,
    card: Card,
    digest: str,
    address: str,
    ratio: tuple[int, int] | None = None,
) -> HttpResponse:
    """Return a card, drawn once. Redirect links to the card before a correction to the present one.

    ratio   the aspect ratio of the picture that is requested instead of the card
    """
    if ratio is not None and ratio not in shapes.RATIOS:
        raise Http404
    if digest != card.digest:
        return redirect(address)
    photo = contents.photo_of(item)
    name = f"card:{item._meta.model_name}:{item.pk}:{card.language}"
    if ratio is None:
        draw = partial(drawing.draw, card, partial(photo.storage.open, photo.name) if photo and photo.name else None)
    else:
        draw = partial(shapes.draw, card, photo, *ratio)
        name += f":{ratio[0]}x{ratio[1]}"
    freshness = {"max_age": CARD_MAX_AGE_SECONDS, "immutable": True}
    return cached_response(request, name, card.digest, draw, "image/jpeg", freshness=freshness, group="cards")


@reads()
@require_safe
def site_card(request: HttpRequest, language: str, digest: str) -> HttpResponse:
    """The preview picture of shared links to other pages of the site."""
    with translation.override(language):
        found = contents.card_of_site(language)
    if digest != found.digest:
        return redirect(reverse("site-card", args=[language, found.digest]))
    freshness = {"max_age": CARD_MAX_AGE_SECONDS, "immutable": True}
    draw = partial(drawing.draw, found)
    return cached_response(
        request, f"card:site:{language}", found.digest, draw, "image/jpeg", freshness=freshness, group="cards"
    )


def _gone(request: HttpRequest, update: Update, article: Article, texts: ReaderTexts) -> HttpResponse:
    """Return the page of a withdrawn update: a mark and a link to the live page, but none of its text."""
    with page_locale(article, texts.page_language):
        context = {
            "html": rendering.update_html(update, article, texts),
            "update": update,
            "article": article,
            "article_headline": of_article(article, texts.page_language).text("headline"),
            "live_url": article.url(texts.page_language),
            "place_url": _place_of(update, texts.page_language),
            "addresses": [{"language": code, "url": _place_of(update, code)} for code in article.offered_languages],
        }
        page = TemplateResponse(request, "articles/gone.html", context).rendered_content
    response = HttpResponse(page, status=410, headers={"X-Robots-Tag": "noindex"})
    patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    return response


@_with_players
@reads("voted")
@require_safe
def update(request: HttpRequest, language: str, slug: str, pk: int) -> HttpResponse:
    """The page of one update, at the address that readers share."""
    article = find_article(slug, language)
    found = get_object_or_404(Update.objects.for_pages().on_page(), pk=pk, article=article)
    found.article = article
    texts = of_update(found, article, language)
    if texts is None:
        shown_in = [code for code in article.offered_languages if of_update(found, article, code)]
        raise NotInLanguage(shown_in, title_of(article))
    if found.state == Update.State.WITHDRAWN:
        return _gone(request, found, article, texts)

    voted = pagination.choice(request.GET, "voted", ("", "0", "1")) == "1"
    if voted and found.kind != "poll":
        raise Http404

    def make() -> bytes:
        with page_locale(article, language):
            return permalink(request, found, texts, _("Your vote has been counted.") if voted else "")

    name, state = f"update:{pk}:{language}{':voted' if voted else ''}", str(article.page_state)
    return cached_response(request, name, state, make, _HTML, group="permalinks")


def permalink(request: HttpRequest, update: Update, texts: ReaderTexts, message: str = "") -> bytes:
    """Render the page of one update, with a `message` for the reader. Call within `page_locale`."""
    article, language = update.article, texts.page_language
    article_headline = of_article(article, language).text("headline")
    title = summary.title(update, texts.language, language) or article_headline
    posting = json_ld.posting(update, texts, article, language)
    context = rendering.update_context(update, article, texts) | {
        "card_url": contents.update_card_url(update, article, texts),
        "title": title,
        "modified_at": update.modified_at(language),
        "author_names": Author.bylines(update.authors.all(), language),
        "structured": json_ld.dumped(posting),
        "around": live_page.around(update, language, CONTEXT_SIZE),
        "coverage": rendering.coverage_context(article, language),
        "about": rendering.about_html(article, language),
        "description": summary.description(update, texts.language, language) or article_headline,
        "html": rendering.update_html(update, article, texts, is_page=True),
        "said": message,
        "article": article,
        "article_headline": article_headline,
        "live_url": article.url(language),
        "place_url": _place_of(update, language),
        "originals": originals_of_update(update, article, language),
        "addresses": [
            {"language": code, "url": update.url(code) if of_update(update, article, code) else _place_of(update, code)}
            for code in article.offered_languages
        ],
    }
    return TemplateResponse(request, "articles/permalink.html", context).rendered_content.encode()

"""Public operations: everything that readers see, with ETags, keyset pagination and a feed of changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.forms import ChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import http_date
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from articles import kinds
from articles.choices import ArticleState
from articles.models import Article, Author, DeletedUpdate, Topic, Update
from articles.page import live_page
from articles.page.caching import cached_response
from articles.page.live_page import BY_TIME
from articles.rest import schemas
from articles.translations.selection import of_update
from liveblog import cross_origin, parameters, web_origins
from liveblog.delivery import frames, log
from liveblog.delivery.elements import page_locale
from liveblog.delivery.states import State
from liveblog.languages import MAX_CODE_LENGTH
from liveblog.lists import listed
from liveblog.numbers import LARGEST, number
from liveblog.pagination import Anchor, Order, Place
from liveblog.rest.answers import MEDIA_TYPE
from liveblog.rest.problems import Problem, invalid

router = Router(tags=["Reading"])

#: The number of elements on a page of a list, and in a page of the feed of changes.
PAGE_SIZE, MAX_PAGE_SIZE = 50, 100
#: The number of changes beyond which a program has to read everything again.
MAX_LINES = 5000

_ARTICLES = Order(("coverage_start", "pk"))
_AUTHORS = Order(("pk",), descending=False)

Language = Annotated[
    str, Field(description="Of the readers: texts are those that they get.", max_length=MAX_CODE_LENGTH)
]
Before = Annotated[
    int, Field(description="The last element of the page before: this page goes on after it.", ge=1, le=LARGEST)
]
Limit = Annotated[int, Field(description="The greatest number of elements on a page.", ge=1, le=MAX_PAGE_SIZE)]
Slug = Annotated[str, Field(max_length=120)]


@router.get("/articles", response=schemas.ArticlesOut)
def list_articles(
    request: HttpRequest,
    language: Language | None = None,
    state: Annotated[ArticleState | None, Field(description=f"One of {', '.join(ArticleState.values)}.")] = None,
    topic: Annotated[Slug | None, Field(description="The slug of a topic of the coverage.")] = None,
    before: Before | None = None,
    limit: Limit = PAGE_SIZE,
) -> HttpResponse:
    """The coverage that readers can open, the newest first. Without a language: each in its own."""
    offered = Q()
    for code in [language] if language else [code for code, _name in settings.LANGUAGES]:
        offered |= Q(languages__has=_known(code))
    found = Article.objects.listed().filter(offered)
    if state:
        found = found.filter(state=state)
    if topic:
        found = found.filter(topics__slug=topic)
    anchor = None
    if before:
        values = Article.objects.filter(pk=before).values_list("coverage_start", "pk").first()
        if values is None:
            raise Http404
        anchor = Anchor(before, values)
    place = Place("before", before) if before else Place()
    page = _ARTICLES.page(found, place, anchor, limit)
    following = _following(request, before=page.older.pk) if page.older else None

    def make() -> Schema:
        whole = {one.pk: one for one in Article.objects.for_pages().filter(pk__in=[one.pk for one in page.items])}
        items = [whole[one.pk] for one in page.items if one.pk in whole]
        return schemas.ArticlesOut(
            items=[_article(one, language or one.front_language) for one in items], next=following
        )

    states = [(one.pk, str(one.page_state)) for one in page.items]
    return _answer(request, language or "", (states, following), make)


@router.get("/articles/{slug}", response=schemas.ArticleOut)
def read_article(request: HttpRequest, slug: str, language: Language | None = None) -> HttpResponse:
    """One coverage, without its updates."""
    article, language = _find(slug, language)

    def make() -> Schema:
        return _article(Article.objects.for_pages().get(pk=article.pk), language)

    return _answer(request, language, str(article.page_state), make, article)


@router.get("/articles/{slug}/updates", response=schemas.UpdatesOut)
def list_updates(
    request: HttpRequest,
    slug: str,
    language: Language | None = None,
    key: Annotated[bool, Field(description="Key events alone.")] = False,
    kind: Annotated[
        str | None,
        Field(description=f"Updates of one kind: {kinds.NAMES}.", max_length=12),
    ] = None,
    before: Before | None = None,
    limit: Limit = PAGE_SIZE,
) -> HttpResponse:
    """The published updates of a coverage, the newest first."""
    article, language = _find(slug, language)
    if kind and kind not in [one.code for one in kinds.ALL]:
        raise invalid({"kind": [ChoiceField.default_error_messages["invalid_choice"] % {"value": kind}]})
    anchor = live_page.anchor_of(article, Place("before", before)) if before else None

    def make() -> Schema:
        found = Update.objects.published().filter(article=article).shown_in(language, article.policy(language))
        if key:
            found = found.filter(is_key=True)
        if kind:
            found = found.filter(kind=kind)
        place = Place("before", before) if before else Place()
        page = BY_TIME.page(found.for_pages().prefetch_related("modifications"), place, anchor, limit)
        following = _following(request, before=page.older.pk) if page.older else None
        return schemas.UpdatesOut(
            revision=str(article.page_state), items=_updates(page.items, article, language), next=following
        )

    return _answer(request, language, str(article.page_state), make, article)


@router.get("/articles/{slug}/updates/{int:pk}", response=schemas.UpdateOut)
def read_update(request: HttpRequest, slug: str, pk: int, language: Language | None = None) -> HttpResponse:
    """One published update; 410 if it was withdrawn or deleted."""
    article, language = _find(slug, language)
    found = (
        Update.objects.for_pages()
        .prefetch_related("modifications")
        .filter(pk=min(pk, LARGEST), article=article)
        .first()
    )
    if found is None and DeletedUpdate.objects.filter(pk=min(pk, LARGEST), article=article).exists():
        raise _gone()
    if found is not None and found.state == Update.State.WITHDRAWN and found.published_before:
        raise _gone()
    shown = _updates([found], article, language) if found and found.state == Update.State.PUBLISHED else []
    if not shown:
        raise Http404
    return _answer(request, language, str(article.page_state), lambda: shown[0], article)


@router.get("/articles/{slug}/changes", response=schemas.ChangesOut)
def list_changes(
    request: HttpRequest,
    slug: str,
    after: Annotated[str, Field(description="The `revision` of the last answer.", max_length=40)],
    language: Language | None = None,
    limit: Limit = MAX_PAGE_SIZE,
) -> HttpResponse:
    """Return the changes after a state of the coverage, each element once.

    410 if that state is not known, or too long ago: then read everything again.
    """
    article, language = _find(slug, language)
    present, known = article.page_state, State.parse(after)
    lines: list[frames.Logged] = []
    if known is None or known.revision > present.revision or present.revision - known.revision > MAX_LINES:
        raise _unknown_state()
    if known != present:
        found = frames.lines_after(known, frames.logged(article.pk, known.revision, present))
        if found is None:
            raise _unknown_state()
        lines = list(found)
    lines, reached = _first(lines, limit, known)

    def make() -> Schema:
        items = _changes(lines, article, language)
        following = _following(request, after=str(reached)) if reached != present else None
        return schemas.ChangesOut(revision=str(reached), items=items, next=following)

    return _answer(request, language, f"{known}:{present}", make, article)


@router.get("/topics", response=schemas.TopicsOut)
def list_topics(request: HttpRequest, language: Language = settings.LANGUAGE_CODE) -> HttpResponse:
    """The topics of all coverage, by their names in addresses; the first 1,000."""
    language = _known(language)
    found: list[Any] = list(Topic.objects.order_by("slug")[:1000])
    topics = [schemas.topic_out(topic, language) for topic in found]
    return _answer(
        request, language, [(topic.slug, topic.name) for topic in topics], lambda: schemas.TopicsOut(items=topics)
    )


@router.get("/authors", response=schemas.AuthorsOut)
def list_authors(
    request: HttpRequest,
    language: Language = settings.LANGUAGE_CODE,
    after: Annotated[int | None, Field(description="The last author of the page before.", ge=1, le=LARGEST)] = None,
    limit: Limit = PAGE_SIZE,
) -> HttpResponse:
    """The bylines."""
    language = _known(language)
    place, anchor = (Place("after", after), Anchor(after, (after,))) if after else (Place(), None)
    page = _AUTHORS.page(Author.objects.all(), place, anchor, limit)
    following = _following(request, after=page.newer.pk) if page.newer else None
    authors = [schemas.author_out(author, language) for author in page.items]
    state = ([(author.id, author.name) for author in authors], following)
    return _answer(request, language, state, lambda: schemas.AuthorsOut(items=authors, next=following))


# Finding --------------------------------------------------------------------------------------------------------------


def _known(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise Problem(404, "language", _("This site has no such language."))
    return language


def find_article(slug: str) -> Article:
    """Return the article with a slug. Raise Http404 if there is none."""
    article: Article = get_object_or_404(Article, slug=slug[:200])
    return article


def _find(slug: str, language: str | None) -> tuple[Article, str]:
    """Return an article and the language in which it is read. Raise Problem if readers cannot open it."""
    article = find_article(slug)
    offered = article.offered_languages
    if not offered:
        raise Http404
    if language is None:
        return article, article.front_language
    if language not in offered:
        title = _("This coverage isn’t available in that language. It is available in: %(languages)s.") % {
            "languages": listed(offered)
        }
        raise Problem(404, "language", title)
    return article, language


def _gone() -> Problem:
    return Problem(410, "gone", _("This update was withdrawn."))


def _unknown_state() -> Problem:
    title = _("The changes since this state are no longer known. Read the whole coverage again.")
    return Problem(410, "unknown-revision", title)


# Changes --------------------------------------------------------------------------------------------------------------


def _first(lines: list[frames.Logged], limit: int, after: State) -> tuple[list[frames.Logged], State]:
    """Return the first lines with at most `limit` elements, and the state after them."""
    elements: set[str] = set()
    reached = after
    for number_of_lines, line in enumerate(lines):
        if line.element not in elements and len(elements) == limit:
            return lines[:number_of_lines], reached
        elements.add(line.element)
        reached = line.state
    return lines, reached


def _changes(lines: list[frames.Logged], article: Article, language: str) -> list[schemas.ChangeOut]:
    """Return the changes of some lines in one language, in the order of the last change of each element."""
    last: dict[tuple[str, int | None], None] = {}
    for line in lines:
        if line.concerns(language):
            subject = _subject(line.element)
            last.pop(subject, None)
            last[subject] = None
    keys = [pk for _type, pk in last if pk is not None]
    rows = Update.objects.for_pages().published().prefetch_related("modifications").filter(pk__in=keys, article=article)
    present = {update.id: update for update in _updates(list(rows), article, language)}
    return [
        schemas.ChangeOut(type=kind, id=pk, is_gone=pk is not None and pk not in present, update=present.get(pk or 0))
        for kind, pk in last
    ]


def _subject(element: str) -> tuple[str, int | None]:
    """Return the type of the change of an element, and its update."""
    name, _dash, rest = element.partition("-")
    pk = number(rest)
    if name in ("update", "poll") and pk is not None:
        return "update", pk
    if name.startswith("comment"):
        return "comments", None
    return ("all" if element == log.PAGE else "article"), None


# Answering ------------------------------------------------------------------------------------------------------------


def _article(article: Article, language: str) -> schemas.ArticleOut:
    with page_locale(article, language):
        return schemas.article_out(article, language)


def _updates(found: list[Update], article: Article, language: str) -> list[schemas.UpdateOut]:
    shown = []
    with page_locale(article, language):
        for update in found:
            update.article = article
            if (texts := of_update(update, article, language)) is not None:
                shown.append(schemas.update_out(update, article, texts))
    return shown


def _following(request: HttpRequest, **place: object) -> str:
    """Return the address of the next page, with the other parameters of this one."""
    return f"{settings.SITE_URL}{request.path}?{urlencode(_query(request) | place)}"


def _query(request: HttpRequest) -> dict[str, Any]:
    """Return the parameters of a request that its view reads."""
    assert request.resolver_match is not None
    known = parameters.read_by(request.resolver_match.func) or ()
    return {name: value for name, value in request.GET.dict().items() if name in known}


def _answer(
    request: HttpRequest, language: str, state: object, make: Callable[[], Schema], article: Article | None = None
) -> HttpResponse:
    """Return a public response, with an ETag of everything that it depends on."""
    name = f"api:{request.path}:{urlencode(sorted(_query(request).items()))}"
    digest = hashlib.sha256(repr((language, state)).encode()).hexdigest()[:32]
    modified_at = article.revised_at if article else None
    response = cached_response(
        request, name, digest, lambda: make().model_dump_json().encode(), MEDIA_TYPE, group="api"
    )
    if modified_at:
        response.headers["Last-Modified"] = http_date(modified_at.timestamp())
    if language:
        response.headers["Content-Language"] = language
    cross_origin.readable_by(response, [web_origins.ALL])
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    return response

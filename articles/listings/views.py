"""The lists that readers open. Like all their pages they depend on the address alone, so any cache can keep them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.listings import coverage, languages, streams
from articles.models import Article, Author, Topic
from articles.page import live_page, rendering
from articles.page.caching import MAX_AGE_SECONDS
from articles.page.originals import Originals
from articles.text.localized import Text
from articles.translations.selection import of_article
from liveblog import limits, pagination
from liveblog.branding import current as branding
from liveblog.lists import sort_key
from liveblog.moments.formats import month_name, month_text
from liveblog.pagination import PARAMETERS, Page, Place
from liveblog.parameters import reads
from liveblog.search.queries import matching

#: Limit of a query, in characters.
MAX_QUERY_LENGTH = 100
#: Number of searches of one network address per minute. A search costs more than a page, and is not cached.
SEARCHES_PER_MINUTE = 60

_Addresses = list[dict[str, str]]


def _respond(
    request: HttpRequest, template: str, language: str, originals: Originals, addresses: _Addresses, **context: Any
) -> HttpResponse:
    context |= {"language": language, "originals": originals, "addresses": addresses}
    response = TemplateResponse(request, template, context)
    patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    return response


def _site(**names: object) -> dict[str, object]:
    """Return the name of the site for a sentence."""
    return {"name": branding.current().name, **names}


def _in_all_languages(address: Any, query: dict[str, Any] | None = None) -> _Addresses:
    """Return the address of a list in each language of the site; `query`: the parameters that hold in all of them."""
    return [
        {"language": code, "url": pagination.address(address(code), query or {})} for code, _name in settings.LANGUAGES
    ]


def _turned(page: Page[Any], path: str, query: dict[str, Any] | None = None) -> dict[str, str]:
    """Return the addresses of the pages before and after one, and of the first one; "" where there is none."""
    places = {"newer": page.newer, "older": page.older, "first": Place() if page.newer else None}
    return {
        name: "" if place is None else pagination.address(path, {**(query or {}), **place.query})
        for name, place in places.items()
    }


# The front page -------------------------------------------------------------------------------------------------------


@reads(*PARAMETERS)
@require_safe
def index(request: HttpRequest, language: str) -> HttpResponse:
    """Live, announced and past coverage."""
    place = Place.of(request.GET)
    path = reverse("index", args=[language])
    past = coverage.page_of(coverage.past(language), place)
    groups = [{"state": "finished", "tiles": coverage.tiles(past.items, language)}]
    if not past.newer:
        groups[:0] = [
            {"state": "live", "tiles": coverage.tiles(coverage.live(language), language)},
            {"state": "announced", "tiles": coverage.tiles(coverage.announced(language), language)},
        ]
    return _respond(
        request,
        "articles/listings/index.html",
        language,
        languages.of_lists(language, lambda code: f"/{code}/", default="/"),
        _in_all_languages(lambda code: f"/{code}/"),
        share_title=branding.current().title,
        description=_("Live coverage on %(name)s: what’s happening now, what’s coming up and what you missed.")
        % _site(),
        section="live",
        groups=groups,
        nothing=not any(group["tiles"] for group in groups),
        turned=_turned(past, path),
        path=path,
    )


# Topics and authors ---------------------------------------------------------------------------------------------------


@reads()
@require_safe
def topics(request: HttpRequest, language: str) -> HttpResponse:
    """All topics, in alphabetical order."""
    named = coverage.named_topics(language)
    named.sort(key=lambda each: sort_key(each[0].value, language))
    return _respond(
        request,
        "articles/listings/topics.html",
        language,
        languages.of_topics(language),
        _in_all_languages(_address("topics")),
        share_title=_("Topics"),
        description=_("Topics of live coverage on %(name)s.") % _site(),
        section="topics",
        topics=[{"name": name, "url": topic.url(language), "count": count} for name, topic, count in named],
    )


@reads(*PARAMETERS, "show")
@require_safe
def topic(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """The updates of a topic, or its coverage."""
    found = get_object_or_404(Topic, slug=slug)
    name = rendering.text_of_topic(found, language, language)
    return _list(
        request,
        language,
        found,
        name,
        languages.of_topic(found, language),
        streams.on_topic(found, language),
        coverage.on_topic(found, language),
        template="articles/listings/topic.html",
        description=_("All live coverage and updates on %(topic)s from %(name)s.") % _site(topic=name),
        section="topics",
    )


@reads()
@require_safe
def authors(request: HttpRequest, language: str) -> HttpResponse:
    """All authors with texts to read, in alphabetical order."""
    rows = live_page.listed(language).order_by()
    found = Author.objects.filter(updates__article__in=rows, updates__state="published") | Author.objects.filter(
        articles__in=rows
    )
    people = [_person(author, language) for author in Author.by_name(found.distinct(), language)]
    return _respond(
        request,
        "articles/listings/authors.html",
        language,
        languages.of_authors(language),
        _in_all_languages(_address("authors")),
        share_title=_("Authors"),
        description=_("The people reporting live for %(name)s.") % _site(),
        section="authors",
        people=people,
    )


@reads(*PARAMETERS, "show")
@require_safe
def author(request: HttpRequest, language: str, pk: int) -> HttpResponse:
    """The updates of an author, or the coverage that they lead."""
    found = get_object_or_404(Author, pk=pk)
    return _list(
        request,
        language,
        found,
        found.name_for(language),
        languages.of_author(found, language),
        streams.by_author(found, language),
        live_page.listed(language).filter(authors=found),
        template="articles/listings/author.html",
        description=_("Updates and live coverage by %(author)s on %(name)s.") % _site(author=found.name_for(language)),
        section="authors",
        person=_person(found, language),
    )


def _person(author: Author, language: str) -> dict[str, Any]:
    return {
        "name": author.name_for(language),
        "role": author.text_for("role", language),
        "place": author.text_for("place", language),
        "photo": author.photo or None,
        "links": author.link_list(),
        "url": author.url(language),
    }


def _list(
    request: HttpRequest,
    language: str,
    subject: Topic | Author,
    name: Text,
    originals: Originals,
    updates: Any,
    articles: Any,
    *,
    template: str,
    **context: Any,
) -> HttpResponse:
    """Return a page of the updates or of the coverage of a topic or author."""
    place = Place.of(request.GET)
    show = pagination.choice(request.GET, "show", ("updates", "coverage"))
    path, query = subject.url(language), {"show": "coverage" if show == "coverage" else ""}
    if show == "coverage":
        page: Page[Any] = coverage.page_of(articles, place)
        context["tiles"] = coverage.tiles(page.items, language)
    else:
        page = streams.page_of(updates, place)
        context["rows"] = streams.rows(page, language)
        if not place.relation:
            live = articles.filter(state=Article.State.LIVE).order_by("-revised_at", "-pk")
            context["live"] = coverage.tiles(live[: coverage.MOST_AT_ONCE], language)
    return _respond(
        request,
        template,
        language,
        originals,
        _in_all_languages(subject.url, query),
        share_title=name,
        name=name,
        subject_id=subject.pk,
        show=show,
        updates_url=path,
        coverage_url=pagination.address(path, {"show": "coverage"}),
        turned=_turned(page, path, query),
        path=path,
        **context,
    )


def _address(name: str, *arguments: Any) -> Any:
    """Return a function that returns the address of a list in a language."""
    return lambda code: reverse(name, args=[code, *arguments])


# The archive ----------------------------------------------------------------------------------------------------------


@reads()
@require_safe
def archive(request: HttpRequest, language: str) -> HttpResponse:
    """The months in which coverage began, by year."""
    years: dict[int, list[dict[str, Any]]] = {}
    for month in coverage.months(language):
        day = month.first_day
        entry = {"name": month_name(day), "url": _month_url(language, day), "count": month.count}
        years.setdefault(day.year, []).append(entry)
    return _respond(
        request,
        "articles/listings/archive.html",
        language,
        languages.of_archive(language),
        _in_all_languages(_address("archive")),
        share_title=_("Archive"),
        description=_("All live coverage on %(name)s, by month.") % _site(),
        section="archive",
        years=[{"year": year, "months": months} for year, months in years.items()],
    )


@reads(*PARAMETERS)
@require_safe
def month(request: HttpRequest, language: str, year: int, month: int) -> HttpResponse:
    """The coverage that began in a month; 404 if there is none."""
    try:
        first = datetime.date(year, month, 1)
        after = (first + datetime.timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        raise Http404 from None
    in_month = {"start_day__gte": first, "start_day__lt": after}
    rows = coverage.begun(language).filter(**in_month)
    place = Place.of(request.GET)
    page = coverage.page_of(rows, place)
    if not page.items and not place.relation:
        raise Http404
    address = _address("archive-month", year, month)
    days = coverage.begun(language).order_by()
    earlier = days.filter(start_day__lt=first).order_by("-start_day").values_list("start_day", flat=True).first()
    later = days.filter(start_day__gte=after).order_by("start_day").values_list("start_day", flat=True).first()
    return _respond(
        request,
        "articles/listings/month.html",
        language,
        languages.of_month(first, language),
        _in_all_languages(address),
        share_title=month_text(first),
        description=_("Live coverage of %(month)s on %(name)s.") % _site(month=month_text(first)),
        section="archive",
        name=month_text(first),
        tiles=coverage.tiles(page.items, language),
        turned=_turned(page, address(language)),
        earlier=_neighbour(language, earlier),
        later=_neighbour(language, later),
    )


def _neighbour(language: str, day: datetime.date | None) -> dict[str, str] | None:
    return {"name": month_text(day), "url": _month_url(language, day)} if day else None


def _month_url(language: str, day: datetime.date) -> str:
    return reverse("archive-month", args=[language, day.year, day.month])


# The search -----------------------------------------------------------------------------------------------------------


@reads("q", *PARAMETERS)
@require_safe
def search(request: HttpRequest, language: str) -> HttpResponse:
    """The coverage and the updates that contain all words of a query."""
    query = " ".join(request.GET.get("q", "")[:MAX_QUERY_LENGTH].replace("\0", "").split())
    path = reverse("search", args=[language])
    context: dict[str, Any] = {
        "query": query,
        "max_length": MAX_QUERY_LENGTH,
        "path": path,
        "section": "search",
        "language": language,
        "addresses": _in_all_languages(_address("search"), {"q": query}),
    }
    if query:
        if not limits.allowed(request, "search", SEARCHES_PER_MINUTE, 60):
            text = _("You have searched too often in a short time. Please wait a minute and try again.")
            response = render(request, "429.html", {"text": text}, status=429)
            response.headers["Retry-After"] = "60"
            return response
        place = Place.of(request.GET)
        page = streams.page_of(matching(streams.shown(language), query), place)
        context |= {"rows": streams.rows(page, language), "turned": _turned(page, path, {"q": query})}
        if not place.relation:
            rows = matching(live_page.listed(language), query)
            context["tiles"] = _with_shown_words(rows[: coverage.PAGE_SIZE], language)
    response = render(request, "articles/listings/search.html", context)
    # Queries differ between readers, so shared caches must not keep the responses.
    patch_cache_control(response, private=True, max_age=MAX_AGE_SECONDS)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _with_shown_words(articles: Iterable[Article], language: str) -> list[coverage.Tile]:
    return coverage.tiles((article for article in articles if of_article(article, language).text("headline")), language)

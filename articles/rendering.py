"""How articles and updates look: the same HTML on the page that is loaded and in the frame that is pushed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db.models import Model, Prefetch, prefetch_related_objects
from django.template.loader import get_template
from django.utils import timezone, translation

from articles import changes, kinds, tables
from articles.embeds.showing import embed_context
from articles.models import Article, Author, Topic, Translation, Update
from articles.polls import ballot
from articles.text import Text, stored
from articles.translations.reading import Reading, of_article, of_update
from liveblog.delivery import log
from liveblog.delivery.elements import Operation, number_of


@contextmanager
def reading(article: Article, language: str) -> Any:
    """The language and the time zone in which a page of this article is written."""
    with translation.override(language), timezone.override(article.zone):
        yield


# Queries --------------------------------------------------------------------------------------------------------------


def articles() -> Any:
    """Articles with all that their own elements need."""
    return Article.objects.prefetch_related(*_belongings(Article))


def cards() -> Any:
    """Articles with all that lists say of them."""
    return Article.objects.prefetch_related(_translations()).order_by("-coverage_start", "-pk")


def updates() -> Any:
    """Updates with all that their elements need, but for the article."""
    return Update.objects.select_related("tally", "embed").prefetch_related(*_belongings(Update))


def _belongings(model: type[Model]) -> list[Prefetch]:
    authors = Prefetch("authors", Author.objects.order_by("name"))
    if model is Update:
        return [authors, Prefetch("pictures"), _translations()]
    topics, related = Prefetch("topics", Topic.objects.order_by("slug")), Prefetch("related", cards())
    return [authors, topics, related, _translations()]


def _translations() -> Prefetch:
    told = ("article", "update", "language", "state", "outdated", "engine", "translator", "reviewer")
    return Prefetch("translations", Translation.objects.only(*told))


# HTML -----------------------------------------------------------------------------------------------------------------


def _photo(read: Reading) -> dict[str, Any] | None:
    """An article's photo and its words, each in the reader's language where it is there."""
    photo = read.item.photo
    if not photo:
        return None
    return {
        "file": photo,
        "alt": read.text("photo_alt"),
        "caption": read.text("photo_caption"),
        "credit": read.text("photo_credit"),
    }


def _pictures(update: Update, read: Reading) -> list[dict[str, Any]]:
    return [
        {"file": picture.image} | {field: read.text(field, of=picture) for field in ("alt", "caption", "credit")}
        for picture in update.pictures.all()
    ]


def _original(read: Reading, *plain: str) -> dict[str, Any] | None:
    """The words in their own language, where nobody stands behind those that the reader gets."""
    if not (read.translated and read.notes):
        return None
    lines = [read.original(field) for field in plain]
    return {"lines": lines, "body": _laid_out(read.original("body"), lines[0].value)}


def _laid_out(body: Text, caption: str) -> Text:
    """Rich text as readers get it."""
    return replace(body, value=tables.for_readers(body.value, caption))


def _bylines(item: Any) -> list[str]:
    return [author.name for author in item.authors.all()]


def update_context(update: Update, article: Article, read: Reading) -> dict[str, Any]:
    """What there is to say of an update in one language. Call within `reading`."""
    kind = kinds.of(update)
    headline = read.own("headline")
    return {
        "update": update,
        "kind": kind,
        "language": read.page_language,
        "url": f"{article.url(read.page_language)}update/{update.pk}/",
        "read": read,
        "headline": headline,
        "body": _laid_out(read.own("body"), headline.value),
        "original": _original(read, "headline"),
        "pictures": _pictures(update, read),
        "embed": embed_context(getattr(update, "embed", None)),
        "correction_note": read.text("correction_note") if update.corrected_at else None,
        "bylines": _bylines(update),
    } | kind.context(update, article, read)


def update_html(update: Update, article: Article, read: Reading) -> str:
    """The element of an update that has its place on the page. Call within `reading`."""
    if update.state == Update.State.WITHDRAWN:
        return get_template("articles/withdrawn.html").render(
            {"update": update, "reason": read.text("withdrawal_note")}
        )
    return get_template("articles/update.html").render(update_context(update, article, read))


def coverage_html(article: Article, language: str) -> str:
    """The head of the page: what the event is and how far it is. Call within `reading`."""
    read = of_article(article, language)
    return get_template("articles/coverage.html").render(
        {
            "article": article,
            "read": read,
            "headline": read.text("headline"),
            "standfirst": read.text("standfirst"),
            "dateline": read.text("dateline"),
            "body": _laid_out(read.text("body"), ""),
            "original": _original(read, "headline", "standfirst"),
            "photo": _photo(read),
            "bylines": _bylines(article),
            "topics": [text_of_topic(topic, language, article.source_language) for topic in article.topics.all()],
        }
    )


def text_of_topic(topic: Topic, language: str, source_language: str) -> Text:
    for candidate in (language, source_language, "en"):
        if value := stored(topic, "name", candidate):
            return Text(value, candidate, language)
    return Text(topic.slug, language, language)


def related_html(article: Article, language: str) -> str:
    """The articles to read also, in those languages in which they can be opened. Call within `reading`."""
    cards = [card(other, language) for other in article.related.all() if language in other.offered_languages]
    return get_template("articles/related.html").render({"cards": cards})


def card(article: Article, language: str) -> dict[str, Any]:
    """What lists of articles say about one of them."""
    read = of_article(article, language)
    return {
        "article": article,
        "url": article.url(language),
        "headline": read.text("headline"),
        "standfirst": read.text("standfirst"),
        "photo": _photo(read),
    }


# Elements, for live delivery ------------------------------------------------------------------------------------------


def update_operation(update: Update | None, element: str, article: Article, language: str) -> Operation:
    if update is None or not update.on_page:
        return {"op": "remove", "id": element}
    read = of_update(update, article, language)
    if read is None:
        return {"op": "remove", "id": element}
    return {
        "op": "put",
        "id": element,
        "list": "updates",
        "sort": update.sort_key,
        "html": update_html(update, article, read),
    }


def render_updates(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    article = Article.objects.filter(pk=article_id).first()
    if article is None:
        return {}
    found = {update.element: update for update in updates().filter(pk__in=map(number_of, elements), article=article)}
    operations: dict[str, list[Operation]] = {}
    for language in languages:
        with reading(article, language):
            operations[language] = [
                update_operation(found.get(element), element, article, language) for element in elements
            ]
    return operations


def render_polls(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    """How polls stand. Each stands within its update, which goes by itself."""
    article = Article.objects.filter(pk=article_id).first()
    if article is None:
        return {}
    found = updates().filter(article=article, kind="poll", pk__in=map(number_of, elements)).published()
    operations: dict[str, list[Operation]] = {}
    for language in languages:
        with reading(article, language):
            readings = [(update, of_update(update, article, language)) for update in found]
            operations[language] = [
                {"op": "set", "id": f"poll-{update.pk}", "html": results_html(update, read)}
                for update, read in readings
                if read is not None
            ]
    return operations


def results_html(update: Update, read: Reading) -> str:
    return get_template("articles/results.html").render(ballot.results(update, read))


_PARTS = {"coverage": coverage_html, changes.RELATED: related_html}


def render_article(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    article = articles().filter(pk=article_id).first()
    if article is None:
        return {}
    operations: dict[str, list[Operation]] = {}
    for language in languages:
        with reading(article, language):
            operations[language] = [
                {"op": "set", "id": element, "html": _PARTS[element](article, language)} for element in elements
            ]
    return operations


# What readers see, for telling whether an edit is a change ------------------------------------------------------------


def row(model: type[Model], pk: int | None, *, whole: bool = False) -> Any:
    """An article or update as the database has it, None where it is not. `whole`: see `complete`."""
    found = model._base_manager.filter(pk=pk).prefetch_related(*model.PARTS.values())  # type: ignore[attr-defined]
    item = (found.select_related("article", "tally", "embed") if model is Update else found).first() if pk else None
    if item is not None and whole:
        complete(item)
    return item


def complete(item: Any) -> None:
    """Fetch all that an item's elements need."""
    prefetch_related_objects([item], *_belongings(type(item)))


def seen(item: Article | Update | None) -> dict[str, dict[str, Any]]:
    """What readers see of an item, given whole, by element and language."""
    if item is None:
        return {}
    return _seen_of_update(item) if isinstance(item, Update) else _seen_of_article(item)


def _seen_of_update(update: Update) -> dict[str, Any]:
    if not update.on_page:
        return {}
    seen = {}
    for language in update.article.offered_languages:
        with reading(update.article, language):
            seen[language] = update_operation(update, update.element, update.article, language)
    return {update.element: seen}


def _seen_of_article(article: Article) -> dict[str, Any]:
    seen: dict[str, Any] = {element: {} for element in _PARTS}
    seen[log.PAGE] = {"": (article.slug, article.offered_languages, article.time_zone, article.policies)}
    seen[changes.CARD] = {}
    # With the coverage its polls close.
    finished = article.state == Article.State.FINISHED
    for pk in Update.objects.published().filter(article=article, kind="poll").values_list("pk", flat=True):
        seen[f"update-{pk}"] = dict.fromkeys(article.offered_languages, finished)
    for language in article.offered_languages:
        seen[changes.CARD][language] = str(of_article(article, language).text("headline"))
        with reading(article, language):
            for element, part in _PARTS.items():
                seen[element][language] = part(article, language)
    return seen

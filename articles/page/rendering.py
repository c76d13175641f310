"""How articles and updates look: the same HTML on the page that is loaded and in the frame that is pushed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.template.loader import get_template

from articles import changes, kinds
from articles.embeds.context import embed_context
from articles.models import Article, Topic, Update
from articles.polls import ballot
from articles.text import tables
from articles.text.localized import Text, text_in
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog.delivery.elements import Operation, in_each_language, number_of, page_locale

__all__ = ["page_locale"]


# HTML -----------------------------------------------------------------------------------------------------------------


def _photo(texts: ReaderTexts) -> dict[str, Any] | None:
    """An article's photo and its words, each in the reader's language where it is there."""
    photo = texts.item.photo
    if not photo:
        return None
    return {
        "file": photo,
        "alt": texts.text("photo_alt"),
        "caption": texts.text("photo_caption"),
        "credit": texts.text("photo_credit"),
    }


def _pictures(update: Update, texts: ReaderTexts) -> list[dict[str, Any]]:
    return [
        {"file": picture.image} | {field: texts.text(field, of=picture) for field in ("alt", "caption", "credit")}
        for picture in update.pictures.all()
    ]


def _original(texts: ReaderTexts, *plain: str) -> dict[str, Any] | None:
    """The words in their own language, where nobody stands behind those that the reader gets."""
    if not (texts.translated and texts.notes):
        return None
    lines = [texts.original(field) for field in plain]
    return {"lines": lines, "body": _laid_out(texts.original("body"), lines[0].value)}


def _laid_out(body: Text, caption: str) -> Text:
    """Rich text as readers get it."""
    return replace(body, value=tables.for_readers(body.value, caption))


def _bylines(item: Any) -> list[str]:
    return [author.name for author in item.authors.all()]


def update_context(update: Update, article: Article, texts: ReaderTexts) -> dict[str, Any]:
    """What there is to say of an update in one language. Call within `reading`."""
    kind = kinds.of(update)
    headline = texts.own("headline")
    return {
        "update": update,
        "kind": kind,
        "language": texts.page_language,
        "url": f"{article.url(texts.page_language)}update/{update.pk}/",
        "texts": texts,
        "headline": headline,
        "body": _laid_out(texts.own("body"), headline.value),
        "original": _original(texts, "headline"),
        "pictures": _pictures(update, texts),
        "embed": embed_context(getattr(update, "embed", None)),
        "correction_note": texts.text("correction_note") if update.corrected_at else None,
        "bylines": _bylines(update),
    } | kind.context(update, article, texts)


def update_html(update: Update, article: Article, texts: ReaderTexts) -> str:
    """The element of an update that has its place on the page. Call within `reading`."""
    if update.state == Update.State.WITHDRAWN:
        return get_template("articles/withdrawn.html").render(
            {"update": update, "reason": texts.text("withdrawal_note")}
        )
    return get_template("articles/update.html").render(update_context(update, article, texts))


def coverage_html(article: Article, language: str) -> str:
    """The head of the page: what the event is and how far it is. Call within `reading`."""
    texts = of_article(article, language)
    return get_template("articles/coverage.html").render(
        {
            "article": article,
            "texts": texts,
            "headline": texts.text("headline"),
            "standfirst": texts.text("standfirst"),
            "dateline": texts.text("dateline"),
            "body": _laid_out(texts.text("body"), ""),
            "original": _original(texts, "headline", "standfirst"),
            "photo": _photo(texts),
            "bylines": _bylines(article),
            "topics": [text_of_topic(topic, language, article.source_language) for topic in article.topics.all()],
        }
    )


def text_of_topic(topic: Topic, language: str, source_language: str) -> Text:
    for candidate in (language, source_language, "en"):
        if value := text_in(topic, "name", candidate):
            return Text(value, candidate, language)
    return Text(topic.slug, language, language)


def related_html(article: Article, language: str) -> str:
    """The articles to read also, in those languages in which they can be opened. Call within `reading`."""
    cards = [card(other, language) for other in article.related.all() if language in other.offered_languages]
    return get_template("articles/related.html").render({"cards": cards})


def card(article: Article, language: str) -> dict[str, Any]:
    """What lists of articles say about one of them."""
    texts = of_article(article, language)
    return {
        "article": article,
        "url": article.url(language),
        "headline": texts.text("headline"),
        "standfirst": texts.text("standfirst"),
        "photo": _photo(texts),
    }


# Elements, for live delivery ------------------------------------------------------------------------------------------


def update_operation(update: Update | None, element: str, article: Article, language: str) -> Operation:
    if update is None or not update.on_page:
        return {"op": "remove", "id": element}
    texts = of_update(update, article, language)
    if texts is None:
        return {"op": "remove", "id": element}
    return {
        "op": "put",
        "id": element,
        "list": "updates",
        "sort": update.sort_key,
        "html": update_html(update, article, texts),
    }


def render_updates(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    updates = Update.objects.for_pages().filter(pk__in=map(number_of, elements), article=article_id)
    found = {update.element: update for update in updates}

    def operations(article: Article, language: str) -> list[Operation]:
        return [update_operation(found.get(element), element, article, language) for element in elements]

    return in_each_language(Article.objects.filter(pk=article_id).first(), languages, operations)


def render_polls(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    """Render the results of polls. Each stands within its update, which is an element of its own."""
    polls = list(
        Update.objects.for_pages().filter(article=article_id, kind="poll", pk__in=map(number_of, elements)).published()
    )

    def operations(article: Article, language: str) -> list[Operation]:
        shown = [(update, of_update(update, article, language)) for update in polls]
        return [
            {"op": "set", "id": f"poll-{update.pk}", "html": results_html(update, texts)}
            for update, texts in shown
            if texts is not None
        ]

    return in_each_language(Article.objects.filter(pk=article_id).first(), languages, operations)


def results_html(update: Update, texts: ReaderTexts) -> str:
    return get_template("articles/results.html").render(ballot.results(update, texts))


#: Elements of the page that belong to the article itself.
SECTIONS = {"coverage": coverage_html, changes.RELATED: related_html}


def render_article(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    def operations(article: Article, language: str) -> list[Operation]:
        return [{"op": "set", "id": element, "html": SECTIONS[element](article, language)} for element in elements]

    return in_each_language(Article.objects.for_pages().filter(pk=article_id).first(), languages, operations)

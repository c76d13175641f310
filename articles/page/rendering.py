"""Render articles and updates: the same HTML for pages that are loaded and for frames that are pushed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Max
from django.template.loader import get_template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from articles import changes, kinds
from articles.embeds.context import embed_context
from articles.kinds import summary
from articles.models import Article, Author, Topic, Update
from articles.polls import ballot
from articles.text import tables
from articles.text.localized import Text, joined, text_in
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog import pagination
from liveblog.delivery.elements import Operation, in_each_language, number_of
from liveblog.moments.formats import day_text

#: The context of a template.
Context = dict[str, Any]

#: The lists of the page: the updates, the pinned key facts in its head, and the key events.
UPDATES, IN_SHORT, MOMENTS = "updates", "in-short", "moments"

#: The greatest number of authors named beside a text, and beside the coverage, before the reader expands the list.
NAMES_MAX, TOPICS_MAX = 8, 12

#: The start of a tag of a subheading.
_SUBHEADING = re.compile(r"(</?)h3\b")

#: The element that says when the last update was published.
LATEST = "latest"


# HTML -----------------------------------------------------------------------------------------------------------------


def _photo(article: Article, texts: ReaderTexts) -> Context | None:
    """Return an article's photo with its texts, each in the reader's language if it is translated."""
    if not article.photo:
        return None
    return {
        "file": article.photo,
        "alt": texts.text("photo_alt"),
        "caption": texts.text("photo_caption"),
        "credit": texts.text("photo_credit"),
    }


def _pictures(update: Update, texts: ReaderTexts) -> list[Context]:
    return [
        {"file": picture.image} | {field: texts.text(field, of=picture) for field in ("alt", "caption", "credit")}
        for picture in update.pictures.all()
    ]


def _original(texts: ReaderTexts, *plain: str) -> Context | None:
    """Return the source text, if the reader is shown a translation with a note, such as an unreviewed one."""
    if not (texts.translated and texts.notes):
        return None
    lines = [texts.original(field) for field in plain]
    return {"lines": lines, "body": _laid_out(texts.original("body"), lines[0].value)}


def _laid_out(body: Text, caption: str) -> Text:
    """Return rich text in the form for readers."""
    return replace(body, value=tables.for_readers(body.value, caption))


def _headed(body: Text) -> Text:
    """Return rich text for a separate page, where the headline is a level higher than in a list."""
    return replace(body, value=_SUBHEADING.sub(r"\1h2", body.value))


def _byline(names: Sequence[Text], language: str) -> SafeString:
    """Return the names of authors as a sentence part; if there are many, the first ones and the number of others."""
    if len(names) > NAMES_MAX:
        others = len(names) - NAMES_MAX + 1
        rest = ngettext("%(count)s other", "%(count)s others", others) % {"count": others}
        names = [*names[: NAMES_MAX - 1], Text(rest, language, language)]
    return joined(names, language)


def author_keys(update: Update) -> str:
    """Return the primary keys of the authors of an update, by which open pages decide whether a list shows it."""
    return " ".join(str(author.pk) for author in update.authors.all())


def topic_keys(update: Update) -> str:
    """Return the primary keys of the topics of an update, by which open pages decide whether a list shows it."""
    return " ".join(str(topic.pk) for topic in update.topics.all())


def update_context(update: Update, article: Article, texts: ReaderTexts) -> Context:
    """Return the context of the update's template. Call within `page_locale`."""
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
        "byline": _byline(Author.bylines(update.authors.all(), texts.page_language), texts.page_language),
        "author_keys": author_keys(update),
        "topic_keys": topic_keys(update),
    } | kind.context(update, article, texts)


def update_html(update: Update, article: Article, texts: ReaderTexts, *, is_page: bool = False) -> str:
    """Render the element of an update that has a place on the page. Call within `page_locale`.

    is_page   whether the page is only for the update, so that its headline is that of the page
    """
    if update.state == Update.State.WITHDRAWN:
        return get_template("articles/withdrawn.html").render(
            {
                "update": update,
                "author_keys": author_keys(update),
                "topic_keys": topic_keys(update),
                "reason": texts.text("withdrawal_note"),
            }
        )
    context = update_context(update, article, texts)
    if is_page:
        context["body"] = _headed(context["body"])
        context |= {"is_page": True, "title": summary.title(update, texts.language, texts.page_language)}
    return get_template("articles/update.html").render(context)


def in_short_html(update: Update, article: Article, texts: ReaderTexts) -> str:
    """Render pinned key facts, which are in the head of the page. Call within `page_locale`."""
    return get_template("articles/in_short.html").render(update_context(update, article, texts))


def list_html(updates: Iterable[Update], article: Article, language: str) -> SafeString:
    """Render the list of updates, with a heading above each day. Call within `page_locale`.

    An open page keeps the headings by the same rule (static/liveblog/days.js). Pinned updates are above all days.
    """
    parts: list[str] = []
    day = None
    for update in updates:
        operation = update_operation(update, update.element, article, language)
        html = operation.get("html")
        if html is None or operation["list"] != UPDATES:
            continue
        if update.pin is None and update.first_published_at is not None:
            if (local := timezone.localtime(update.first_published_at)).date() != day:
                parts.append(format_html('<h2 class="day">{}</h2>', day_text(local)))
            day = local.date()
        parts.append(html)
    return mark_safe("".join(parts))


def facts_html(updates: Iterable[Update], article: Article, language: str) -> SafeString:
    """Render those of the updates that are in the head of the page. Call within `page_locale`."""
    operations = (update_operation(update, update.element, article, language) for update in updates)
    return mark_safe("".join(each["html"] for each in operations if each.get("list") == IN_SHORT))


def moments_html(updates: Iterable[Update], article: Article, language: str) -> SafeString:
    """Render the list of key events. Call within `page_locale`."""
    operations = (moment_operation(update, moment_of(update), article, language) for update in updates)
    return mark_safe("".join(each.get("html", "") for each in operations))


def latest_html(article: Article, language: str) -> str:
    """Render when the last update that readers of a language see was published. Call within `page_locale`."""
    shown = Update.objects.filter(article=article).published().shown_in(language, article.policy(language))
    moment = shown.aggregate(latest=Max("first_published_at"))["latest"]
    return get_template("articles/latest.html").render({"moment": moment})


def coverage_html(article: Article, language: str) -> str:
    """Render the head of the page: the event and the state of its coverage. Call within `page_locale`."""
    return get_template("articles/coverage.html").render(coverage_context(article, language))


def coverage_context(article: Article, language: str) -> Context:
    texts = of_article(article, language)
    return {
        "article": article,
        "texts": texts,
        "headline": texts.text("headline"),
        "standfirst": texts.text("standfirst"),
        "original": _original(texts, "headline", "standfirst"),
        "photo": _photo(article, texts),
    }


def about_html(article: Article, language: str) -> str:
    """Render the background of the event, and who reports on it. Call within `page_locale`."""
    texts = of_article(article, language)
    authors = Author.bylines(article.authors.all(), language)
    topics = [
        {"name": text_of_topic(topic, language, article.source_language), "url": topic.url(language)}
        for topic in article.topics.all()
    ]
    return get_template("articles/about.html").render(
        {
            "article": article,
            "standfirst": texts.text("standfirst"),
            "dateline": texts.text("dateline"),
            "body": _laid_out(texts.text("body"), ""),
            "photo": _photo(article, texts),
            "byline": _byline(authors, language),
            "all_authors": joined(authors, language) if len(authors) > NAMES_MAX else "",
            "topics": topics[:TOPICS_MAX],
            "more_topics": topics[TOPICS_MAX:],
        }
    )


def text_of_topic(topic: Topic, language: str, source_language: str) -> Text:
    for candidate in (language, source_language, "en"):
        if value := text_in(topic, "name", candidate):
            return Text(value, candidate, language)
    return Text(topic.slug, language, language)


def related_html(article: Article, language: str) -> str:
    """Render the related articles that can be opened in this language. Call within `page_locale`."""
    cards = [card(other, language) for other in article.related.all() if language in other.offered_languages]
    return get_template("articles/related.html").render({"cards": cards})


def card(article: Article, language: str) -> Context:
    """Return the data of an article for lists of articles."""
    texts = of_article(article, language)
    return {
        "article": article,
        "url": article.url(language),
        "headline": texts.text("headline"),
        "standfirst": texts.text("standfirst"),
        "photo": _photo(article, texts),
    }


# Elements, for live delivery ------------------------------------------------------------------------------------------


def update_operation(update: Update | None, element: str, article: Article, language: str) -> Operation:
    if update is None or not update.on_page:
        return {"op": "remove", "id": element}
    texts = of_update(update, article, language)
    if texts is None:
        return {"op": "remove", "id": element}
    in_short = update.pin is not None and kinds.of(update).pinned
    return {
        "op": "put",
        "id": element,
        "list": IN_SHORT if in_short else UPDATES,
        "sort": update.sort_key,
        "html": (in_short_html if in_short else update_html)(update, article, texts),
    }


def moment_of(update: Update) -> str:
    """Return the element of an update in the list of key events."""
    return f"moment-{update.pk}"


def moment_operation(update: Update | None, element: str, article: Article, language: str) -> Operation:
    """Return the operation for an entry of the list of key events."""
    texts = of_update(update, article, language) if update is not None and is_moment(update) else None
    if update is None or texts is None:
        return {"op": "remove", "id": element}
    title = summary.title(update, texts.language, language) or of_article(article, language).text("headline")
    context = {
        "element": element,
        "update": update,
        "sort": update.time_key,
        "title": title,
        "url": place_url(update.pk, article, language),
    }
    html = get_template("articles/moment.html").render(context)
    return {"op": "put", "id": element, "list": MOMENTS, "sort": update.time_key, "html": html}


def is_moment(update: Update) -> bool:
    """Return whether an update is in the list of key events."""
    return update.is_key and update.state == Update.State.PUBLISHED


def place_url(pk: int, article: Article, language: str) -> str:
    """Return the address at which the live page scrolls to an update."""
    return pagination.address(article.url(language), {"at": pk}, f"update-{pk}")


def render_updates(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    updates = Update.objects.for_pages().filter(pk__in=map(number_of, elements), article=article_id)
    found = {update.element: update for update in updates}

    def operations(article: Article, language: str) -> list[Operation]:
        return [update_operation(found.get(element), element, article, language) for element in elements]

    return in_each_language(Article.objects.filter(pk=article_id).first(), languages, operations)


def render_latest(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    def operations(article: Article, language: str) -> list[Operation]:
        return [{"op": "set", "id": element, "html": latest_html(article, language)} for element in elements]

    return in_each_language(Article.objects.filter(pk=article_id).first(), languages, operations)


def render_moments(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    updates = Update.objects.for_pages().filter(pk__in=map(number_of, elements), article=article_id)
    found = {moment_of(update): update for update in updates}

    def operations(article: Article, language: str) -> list[Operation]:
        return [moment_operation(found.get(element), element, article, language) for element in elements]

    return in_each_language(Article.objects.for_cards().filter(pk=article_id).first(), languages, operations)


def render_polls(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    """Render the results of polls. Each is within its update, but an element by itself."""
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


#: Elements of the page that show the article itself.
SECTIONS = {"coverage": coverage_html, "about": about_html, changes.RELATED: related_html}


def render_article(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    def operations(article: Article, language: str) -> list[Operation]:
        return [{"op": "set", "id": element, "html": SECTIONS[element](article, language)} for element in elements]

    return in_each_language(Article.objects.for_pages().filter(pk=article_id).first(), languages, operations)

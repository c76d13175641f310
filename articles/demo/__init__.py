"""Load the demo coverage from a file: the NATO foreign ministers' meeting in Bucharest in November 2022."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import models
from django.utils.text import slugify

from articles import changes
from articles.models import Article, Author, GlossaryTerm, Picture, Topic, Translation, Update, Vote
from articles.pending import PendingRelations
from articles.polls import counting
from articles.publishing import pins
from articles.translations import columns, drafting, review
from liveblog.actors import Machine, acting_as
from liveblog.languages import column

DIRECTORY = Path(__file__).parent
SLUG = "nato-bucharest-2022"


def load(path: Path = DIRECTORY / "bucharest.toml") -> Article:
    """Create the article, its related articles and its updates as they were when the coverage ended."""
    with acting_as(Machine("Demo")):
        return _load(tomllib.loads(path.read_text(encoding="utf-8")))


def _load(data: dict[str, Any]) -> Article:
    authors = {key: _author(names) for key, names in data["authors"].items()}
    topics: dict[str, Topic] = {}
    for key, names in data["topics"].items():
        topic: Topic = Topic.objects.filter(slug=slugify(key)).first() or Topic(slug=slugify(key))  # type: ignore[assignment,misc]
        _put_texts(topic, {"name": names})
        topic.save()
        topics[key] = topic
    machine: list[str] = data["machine"]
    article = _article(data["article"], authors, topics, machine)
    related = [_article(other, authors, topics, machine) for other in data["related"]]
    with changes.edit(article):
        article.related.set(related)
    for update in data["updates"]:
        _update(article, update, authors, topics, machine)
    for term in data["glossary"]:
        key = {name: term.pop(name, "") for name in ("source_language", "language", "field", "source")}
        GlossaryTerm.objects.get_or_create(**key, defaults=term)
    return article


def _author(data: dict[str, Any]) -> Author:
    language = data["source_language"]
    name = column("name", language)
    author: Author | None = Author.objects.filter(**{name: data["name"][language]}).first()
    if author is None:
        author = Author(source_language=language)
        _put_texts(author, {name: data[name] for name in ("name", "role", "place") if name in data})
        author.full_clean(exclude=["name"])
        author.save()
    return author


def _article(
    data: dict[str, Any], authors: dict[str, Author], topics: dict[str, Topic], machine: Sequence[str]
) -> Article:
    article = Article(
        slug=data["slug"],
        source_language=data["source_language"],
        languages=data["languages"],
        state=Article.State.FINISHED,
        coverage_start=data["coverage_start"],
        coverage_end=data.get("coverage_end"),
        time_zone=data.get("time_zone", "Europe/Bucharest"),
    )
    _put_texts(article, data, without=machine)
    if name := data.get("photo"):
        article.photo.save(name, _file(name), save=False)
    article.full_clean(exclude=["headline"])
    with changes.edit(article):
        article.save()
        article.authors.set(authors[key] for key in data.get("authors", ()))
        article.topics.set(topics[key] for key in data.get("topics", ()))
    _accept(article)
    _draft(article, data, machine)
    return article


def _update(
    article: Article,
    data: dict[str, Any],
    authors: dict[str, Author],
    topics: dict[str, Topic],
    machine: Sequence[str],
) -> Update:
    withdrawn_at = data.get("withdrawn_at")
    update = Update(
        article=article,
        source_language=data["source_language"],
        kind=data.get("kind", "text"),
        is_key=data.get("key", False),
        is_breaking=data.get("breaking", False),
        source_url=data.get("source_url", ""),
        state=Update.State.WITHDRAWN if withdrawn_at else Update.State.PUBLISHED,
        first_published_at=data["at"],
        withdrawn_at=withdrawn_at,
        corrected_at=data.get("corrected_at"),
    )
    _put_texts(update, data, without=machine)
    pictures = [_picture(each) for each in data.get("pictures", ())]
    with update.validated_with(PendingRelations(pictures=pictures)):
        update.full_clean()
    with changes.edit(update):
        update.save()
        for position, picture in enumerate(pictures):
            picture.update, picture.position = update, position
            picture.save()
        update.authors.set(authors[key] for key in data.get("authors", ()))
        update.topics.set(topics[key] for key in data.get("topics", ()))
    _accept(update)
    _draft(update, data, machine)
    if data.get("unpinned"):
        pins.unpin(update)
    if votes := data.get("votes"):
        _vote(update, votes)
    return update


def _accept(item: Article | Update) -> None:
    """Accept the translations about which checks have remarks: a person has read them."""
    source = columns.texts_of(item, item.source_language)
    for row in item.translations.filter(state=Translation.State.REVIEW):
        texts = columns.texts_of(item, row.language)
        keys = review.keys_of(row.language, review.remarks_on(item, source, texts, row.language))
        with changes.edit(item):
            review.accept(row, item, source, texts, None, keys=keys)
            row.save()


def _draft(item: Article | Update, data: dict[str, Any], machine: Sequence[str]) -> None:
    """Store the texts in these languages as a machine's drafts."""
    source = columns.texts_of(item, item.source_language)
    for row in item.translations.filter(language__in=machine):
        texts = {name: found[row.language] for name in source if row.language in (found := data.get(name, {}))}
        if texts:
            drafting.store(row, texts, source=source, engine="demo", problems={})


def _vote(poll: Update, counts: Sequence[int]) -> None:
    """Store the votes for each choice in the numbers of the file."""
    choices = (choice for choice, count in enumerate(counts) for _ in range(count))
    Vote.objects.bulk_create(
        Vote(update=poll, voter=f"demo {number}", choice=choice) for number, choice in enumerate(choices)
    )
    counting.publish_tallies()


def _put_texts(item: models.Model, data: dict[str, Any], without: Sequence[str] = ()) -> None:
    for field, texts in data.items():
        if isinstance(texts, dict) and hasattr(item, f"{field}_en"):
            for language, text in texts.items():
                if language not in without:
                    setattr(item, column(field, language), text)


def _picture(data: dict[str, Any]) -> Picture:
    picture = Picture(image=_file(data["file"]))
    _put_texts(picture, data)
    return picture


def _file(name: str) -> ContentFile:
    return ContentFile((DIRECTORY / name).read_bytes(), name)

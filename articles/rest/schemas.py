"""The schemas of articles and updates, in the form for readers of one language.

Texts are in `language`, which is the requested language unless its readers are shown the original instead.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from ninja import Schema
from pydantic import Field

from articles.choices import ArticleState
from articles.feeds import content
from articles.models import Article, Author, Picture, Topic, Update
from articles.polls import ballot
from articles.templatetags.live import absolute
from articles.text.localized import Text
from articles.text.plaintext import plain_text
from articles.translations.selection import ReaderTexts, of_article
from liveblog.languages import column

#: The root of the API.
ROOT = f"{settings.SITE_URL}/api/v1"


class AuthorOut(Schema):
    """A byline."""

    id: int
    name: str
    language: str = Field(description="The language in which the name is written.")


class TopicOut(Schema):
    """A subject of articles."""

    slug: str
    name: str


class PictureOut(Schema):
    """A picture, with the address of its largest version and of others by width in pixels."""

    url: str
    width: int
    height: int
    alt: str
    caption: str
    credit: str
    versions: dict[str, str] = Field(description="Addresses of smaller versions, by width in pixels.")


class EmbedOut(Schema):
    """A post, video, sound or chart on another site."""

    url: str
    provider: str = Field(description="The name of the site; empty if it is only linked.")
    title: str


class ChoiceOut(Schema):
    text: str
    votes: int


class PollOut(Schema):
    """A poll with its present results."""

    is_open: bool
    closes_at: datetime.datetime | None
    choices: list[ChoiceOut]


class ArticleOut(Schema):
    """A coverage: one live page in all its languages."""

    slug: str
    language: str = Field(description="The language of the texts.")
    source_language: str = Field(description="The language in which it was first written.")
    languages: list[str] = Field(description="The languages in which readers can open it.")
    state: ArticleState
    headline: str
    standfirst: str
    dateline: str
    body: str = Field(description="HTML.")
    starts_at: datetime.datetime
    ends_at: datetime.datetime | None
    time_zone: str = Field(description="The time zone of the event (IANA).")
    authors: list[AuthorOut]
    topics: list[TopicOut]
    photo: PictureOut | None
    related: list[str] = Field(description="The slugs of related articles.")
    url: str = Field(description="The page for readers.")
    updates_url: str
    changes_url: str = Field(description="The changes after the state in `revision`.")
    revision: str = Field(description="Names the present state, for `changes?after=`.")
    changed_at: datetime.datetime


class UpdateOut(Schema):
    """A published update."""

    id: int
    article: str = Field(description="The slug of its article.")
    language: str = Field(description="The language of the texts.")
    source_language: str
    translation: str = Field(description="original, or the state of the translation: machine, review or reviewed.")
    is_outdated: bool = Field(description="The original was corrected after the translation was made.")
    kind: str
    headline: str
    body: str = Field(description="HTML.")
    text: str = Field(description="The body without markup.")
    html: str = Field(
        description="The whole update as HTML with absolute addresses: pictures, quote, poll and embed as a link."
    )
    attribution: str
    source_url: str
    is_key: bool
    is_breaking: bool
    is_pinned: bool
    correction_note: str
    corrected_at: datetime.datetime | None
    published_at: datetime.datetime
    changed_at: datetime.datetime = Field(description="When readers of this language last got something else.")
    authors: list[AuthorOut]
    topics: list[TopicOut] = Field(description="Its own, besides those of the coverage.")
    pictures: list[PictureOut]
    embed: EmbedOut | None
    poll: PollOut | None
    url: str = Field(description="Its page for readers.")


class ArticlesOut(Schema):
    items: list[ArticleOut]
    next: str | None = Field(description="The address of the next page; null on the last one.")


class UpdatesOut(Schema):
    revision: str = Field(description="Names the state of the article, for `changes?after=`.")
    items: list[UpdateOut]
    next: str | None = Field(description="The address of the next page; null on the last one.")


class TopicsOut(Schema):
    items: list[TopicOut]


class AuthorsOut(Schema):
    items: list[AuthorOut]
    next: str | None = Field(description="The address of the next page; null on the last one.")


class ChangeOut(Schema):
    """Something that is different now. Read the whole article again if `type` is `all`."""

    type: str = Field(description="update, article (its own texts, state or links), comments, or all.")
    id: int | None = Field(None, description="Of the update.")
    is_gone: bool = Field(False, description="Readers of this language no longer see the update, or do not yet.")
    update: UpdateOut | None = Field(None, description="The update as it is now.")


class ChangesOut(Schema):
    revision: str = Field(description="The state after these changes: ask for those after it next time.")
    items: list[ChangeOut] = Field(description="Each element once, in the order of its last change.")
    next: str | None = Field(description="The address of the rest of the changes; null if these are all.")


# Filling them ---------------------------------------------------------------------------------------------------------


def article_out(article: Article, language: str) -> ArticleOut:
    """Return an article that was read with its relations."""
    texts = of_article(article, language)
    page_url, own = absolute(article.url(language)), f"{ROOT}/articles/{article.slug}"
    return ArticleOut(
        slug=article.slug,
        language=texts.language,
        source_language=article.source_language,
        languages=article.offered_languages,
        state=ArticleState(article.state),
        **{name: str(texts.text(name)) for name in ("headline", "standfirst", "dateline", "body")},
        starts_at=article.coverage_start,
        ends_at=article.coverage_end,
        time_zone=article.time_zone,
        authors=[author_out(author, language) for author in Author.by_name(article.authors.all(), language)],
        topics=[topic_out(topic, language) for topic in article.topics.all()],
        photo=_picture(article.photo, *(texts.text(f"photo_{name}") for name in ("alt", "caption", "credit")))
        if article.photo
        else None,
        related=[other.slug for other in article.related.all()],
        url=page_url,
        updates_url=f"{own}/updates?language={language}",
        changes_url=f"{own}/changes?language={language}&after={article.page_state}",
        revision=str(article.page_state),
        changed_at=article.revised_at,
    )


def update_out(update: Update, article: Article, texts: ReaderTexts) -> UpdateOut:
    """Return an update that was read with its relations and modifications. Call within `page_locale`."""
    language = texts.page_language
    embed = getattr(update, "embed", None)
    assert update.first_published_at is not None
    return UpdateOut(
        id=update.pk,
        article=article.slug,
        language=texts.language,
        source_language=update.source_language,
        translation=texts.state if texts.translated else "original",
        is_outdated=texts.outdated,
        kind=update.kind,
        **{name: str(texts.text(name)) for name in ("headline", "body", "attribution", "correction_note")},
        text=plain_text(str(texts.text("body"))),
        html=content.html_of(update, article, texts),
        source_url=update.source_url,
        is_key=update.is_key,
        is_breaking=update.is_breaking,
        is_pinned=update.pin is not None,
        corrected_at=update.corrected_at,
        published_at=update.first_published_at,
        changed_at=update.modified_at(language),
        authors=[author_out(author, language) for author in Author.by_name(update.authors.all(), language)],
        topics=[topic_out(topic, language) for topic in update.topics.all()],
        pictures=[_picture_of(picture, texts) for picture in update.pictures.all()],
        embed=EmbedOut(url=embed.url, provider=embed.provider_name, title=embed.title) if embed else None,
        poll=_poll(update, article, texts) if update.kind == "poll" else None,
        url=absolute(update.url(language)),
    )


def author_out(author: Author, language: str) -> AuthorOut:
    name = author.name_for(language)
    return AuthorOut(id=author.pk, name=str(name), language=name.language)


def topic_out(topic: Topic, language: str) -> TopicOut:
    return TopicOut(slug=topic.slug, name=getattr(topic, column("name", language)) or str(topic))


def _picture_of(picture: Picture, texts: ReaderTexts) -> PictureOut:
    return _picture(picture.image, *(texts.text(name, of=picture) for name in ("alt", "caption", "credit")))


def _picture(file: Any, alt: Text, caption: Text, credit: Text) -> PictureOut:
    return PictureOut(
        url=absolute(file.url),
        width=file.width,
        height=file.height,
        alt=str(alt),
        caption=str(caption),
        credit=str(credit),
        versions={str(width): absolute(url) for width, url in file.renditions.items()},
    )


def _poll(update: Update, article: Article, texts: ReaderTexts) -> PollOut:
    votes = ballot.counts(update)
    choices = [
        ChoiceOut(text=str(choice), votes=count)
        for choice, count in zip(ballot.choices(update, texts), votes, strict=False)
    ]
    return PollOut(is_open=ballot.is_open(update, article), closes_at=update.closes_at, choices=choices)

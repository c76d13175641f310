"""Live pages as JSON-LD for search engines and other programs.

https://schema.org/LiveBlogPosting and https://schema.org/NewsArticle; tests/structured_rules.py has the rules that
apply to them. Each update has one permanent id, the address of its own page in the language of its readers.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import prefetch_related_objects
from django.db.models.fields.files import ImageFieldFile
from django.urls import reverse

from articles import kinds
from articles.cards import contents, shapes
from articles.cards.shapes import Shape
from articles.embeds import providers
from articles.embeds.models import Embed
from articles.kinds import summary
from articles.models import Article, Author, Update
from articles.page import live_page
from articles.page.live_page import LivePage
from articles.page.originals import Originals, originals_of_article, originals_of_update
from articles.templatetags.live import absolute
from articles.text.localized import Text
from articles.text.plaintext import plain_text
from articles.translations.selection import ReaderTexts, of_article
from liveblog import pagination
from liveblog.branding import current as branding
from liveblog.delivery import log
from liveblog.languages import tag
from liveblog.pagination import Anchor, Place

#: In characters; search engines cut off longer headlines.
HEADLINE_MAX_LENGTH = 110

_SCHEMA = "https://schema.org"
#: schema.org has no property for the next page.
_PAGED = [_SCHEMA, {"next": {"@id": "https://www.w3.org/ns/activitystreams#next", "@type": "@id"}}]

_Shown = Sequence[tuple[Update, ReaderTexts]]


# Documents ------------------------------------------------------------------------------------------------------------


def live_blog(page: LivePage) -> dict[str, object]:
    """Return a page of the coverage, with the updates on it, as a LiveBlogPosting. Call within `page_locale`."""
    return {"@context": _SCHEMA, **_coverage(page.article, page.language, page.originals, page.shown())}


def document(article: Article, language: str, place: Place, anchor: Anchor | None) -> dict[str, object]:
    """Return the coverage with the updates at a place of the list of all, and the address of those that follow.

    Each update is in exactly one of these documents, however many are published while a program reads them. Call within
    `page_locale`.
    """
    page = live_page.all_published(article, language, place, anchor)
    shown = live_page.with_texts(page.items, article, language)
    coverage = _coverage(article, language, originals_of_article(article, language), shown)
    found: dict[str, object] = {"@context": _SCHEMA, **coverage}
    if page.next is not None:
        address = pagination.address(reverse("liveblog", args=[language, article.slug_in(language)]), page.next.query)
        found |= {"@context": _PAGED, "next": absolute(address)}
    return found


def posting(update: Update, texts: ReaderTexts, article: Article, language: str) -> dict[str, object]:
    """Return an update by itself as a NewsArticle, with the coverage that it is part of. Call within `page_locale`."""
    coverage = of_article(article, language)
    found = _update(update, texts, article, language)
    found["image"] = [
        *_shapes(shapes.of_update(update, article, texts), *_words_of_first_picture(update, texts)),
        *_pictures(update, texts),
    ]
    if shared := found.pop("sharedContent", None):
        # Only postings have that property.
        found["citation"] = shared
    return {
        "@context": _SCHEMA,
        **found,
        "@type": "NewsArticle",
        "description": str(summary.description(update, texts.language, language)) or found["headline"],
        "mainEntityOfPage": _page(str(found["url"])),
        "publisher": publisher(language),
        "isPartOf": {
            "@type": "LiveBlogPosting",
            "@id": absolute(article.url(language)),
            "url": absolute(article.url(language)),
            "headline": _cut(coverage.text("headline")),
        },
    }


def publisher(language: str) -> dict[str, object]:
    """Return the publisher of the site."""
    brand = branding.current()
    logo = brand.publisher_logo
    return {
        "@type": "Organization",
        "name": brand.publisher,
        "url": absolute(reverse("index", args=[language])),
        "logo": {"@type": "ImageObject", "url": absolute(logo.url)},
    }


# Coverage -------------------------------------------------------------------------------------------------------------


def _coverage(article: Article, language: str, originals: Originals, shown: _Shown) -> dict[str, object]:
    texts = of_article(article, language)
    modified = log.changed_at(article.pk, besides="comment") or article.revised_at
    words = (texts.text("photo_caption"), texts.text("photo_credit"))
    prefetch_related_objects([update for update, _texts in shown], "modifications")
    return _without_empty(
        {
            # Coverage that has ended is also an article to be read as a whole.
            "@type": ["NewsArticle", "LiveBlogPosting"]
            if article.state == Article.State.FINISHED
            else "LiveBlogPosting",
            # The coverage as a whole; a page shows part of it.
            "@id": absolute(article.url(language)),
            "url": originals.canonical,
            "mainEntityOfPage": _page(originals.canonical),
            "headline": _cut(texts.text("headline")),
            "description": live_page.description(article, language) or str(texts.text("headline")),
            "articleBody": plain_text(str(texts.text("body"))),
            "inLanguage": tag(texts.language),
            "translationOfWork": _original(texts, "LiveBlogPosting"),
            # A page that announces coverage exists before its start.
            "datePublished": _time(article, min(article.coverage_start, modified)),
            "dateModified": _time(article, modified),
            "coverageStartTime": _time(article, article.coverage_start),
            "coverageEndTime": _time(article, article.coverage_end),
            "image": [
                *_shapes(shapes.of_article(article, language), *words),
                *([_image(article.photo, *words)] if article.photo else []),
            ],
            "author": _people(article, language),
            "publisher": publisher(language),
        }
    ) | {"liveBlogUpdate": [_update(update, each, article, language) for update, each in shown]}


# Updates --------------------------------------------------------------------------------------------------------------


def _update(update: Update, texts: ReaderTexts, article: Article, language: str) -> dict[str, object]:
    whole = str(summary.whole(update, texts.language, language))
    headline = str(texts.own("headline")) or whole or str(of_article(article, language).text("headline"))
    url = originals_of_update(update, article, language).canonical
    return _without_empty(
        {
            "@type": "BlogPosting",
            "@id": absolute(update.url(language)),
            "url": url,
            "headline": _cut(headline),
            # Pictures may have neither caption nor credit.
            "articleBody": plain_text(str(texts.own("body"))) or whole or headline,
            "inLanguage": tag(texts.language),
            "translationOfWork": _original(texts, "BlogPosting"),
            "datePublished": _time(article, update.first_published_at),
            "dateModified": _time(article, update.modified_at(language)),
            "image": _pictures(update, texts),
            "author": _people(update, language),
        }
        | _embed(update, texts, article, headline)
        | kinds.of(update).structured(update, texts)
    )


def _embed(update: Update, texts: ReaderTexts, article: Article, headline: str) -> dict[str, object]:
    embed: Embed | None = getattr(update, "embed", None)
    if embed is None:
        return {}
    if not embed.playable:
        return {"sharedContent": {"@type": "WebPage", "url": embed.url}}
    provider = providers.BY_KEY[embed.provider]
    about: dict[str, object] = {
        "name": embed.title or headline,
        "url": embed.url,
        "author": {"@type": "Person", "name": embed.author} if embed.author else None,
    }
    if provider.kind not in ("video", "audio"):
        kind = "SocialMediaPosting" if provider.kind == "post" else "CreativeWork"
        return {"sharedContent": _without_empty({"@type": kind, **about})}
    card = contents.update_card_url(update, article, texts)
    about |= {
        "description": headline,
        "embedUrl": embed.player_url,
        "thumbnailUrl": absolute(embed.thumbnail.url if embed.thumbnail else card),
        # Providers do not state the time. It existed at the latest when it was shown here.
        "uploadDate": _time(article, update.first_published_at),
    }
    return {provider.kind: _without_empty({"@type": f"{provider.kind.capitalize()}Object", **about})}


def _words_of_first_picture(update: Update, texts: ReaderTexts) -> tuple[Text | str, Text | str]:
    for picture in update.pictures.all():
        return texts.text("caption", of=picture), texts.text("credit", of=picture)
    return "", ""


def _pictures(update: Update, texts: ReaderTexts) -> list[dict[str, object]]:
    return [
        _image(picture.image, texts.text("caption", of=picture), texts.text("credit", of=picture))
        for picture in update.pictures.all()
    ]


# Parts ----------------------------------------------------------------------------------------------------------------


def _page(url: str) -> dict[str, str]:
    return {"@type": "WebPage", "@id": url}


def _cut(headline: Text | str) -> str:
    """Return a headline of at most HEADLINE_MAX_LENGTH characters. Django's Truncator ignores Arabic marks."""
    text = str(headline)
    if len(text) <= HEADLINE_MAX_LENGTH:
        return text
    begun = text[: HEADLINE_MAX_LENGTH - 1]
    return f"{begun.rpartition(' ')[0] or begun}…"


def _shapes(found: Iterable[Shape], caption: Text | str, credit: Text | str) -> list[dict[str, object]]:
    """Return pictures in all shapes. A card that we draw has no caption or credit of an author."""
    return [
        _picture(each.url, each.width, each.height, *((caption, credit) if each.is_photo else ("", "")))
        for each in found
    ]


def _image(file: ImageFieldFile, caption: Text | str, credit: Text | str) -> dict[str, object]:
    return _picture(file.url, file.width, file.height, caption, credit)


def _picture(url: str, width: int, height: int, caption: Text | str, credit: Text | str) -> dict[str, object]:
    return _without_empty(
        {
            "@type": "ImageObject",
            "url": absolute(url),
            "contentUrl": absolute(url),
            "width": width,
            "height": height,
            "caption": str(caption),
            "creditText": str(credit),
        }
    )


def _original(texts: ReaderTexts, kind: str) -> dict[str, object] | None:
    if not texts.translated:
        return None
    language = texts.item.source_language
    # Texts may be in languages in which readers cannot open the page.
    url = absolute(texts.item.url(language)) if language in texts.item.page.offered_languages else None
    return _without_empty({"@type": kind, "@id": url, "inLanguage": tag(language)})


def _people(item: Article | Update, language: str) -> list[dict[str, object]]:
    """Return the authors; the newsroom as a whole, if nobody is named."""
    people = Author.by_name(item.authors.all(), language)
    return [_person(author, language) for author in people] or [publisher(language)]


def _person(author: Author, language: str) -> dict[str, object]:
    return _without_empty(
        {
            "@type": "Person",
            "name": author.name_for(language).value,
            "url": absolute(author.url(language)),
            "jobTitle": str(author.text_for("role", language)),
            "image": absolute(author.photo.url) if author.photo else None,
        }
    )


def _time(article: Article, moment: datetime.datetime | None) -> str | None:
    return moment.astimezone(article.zone).isoformat(timespec="seconds") if moment else None


def _without_empty(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if value not in (None, "", [])}


def dumped(document: dict[str, object]) -> str:
    """Return JSON that is safe in a script element, regardless of the texts."""
    escaped = json.dumps(document, ensure_ascii=False)
    return escaped.replace("&", "\\u0026").replace("<", "\\u003C").replace(">", "\\u003E")

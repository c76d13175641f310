"""Live pages as JSON-LD for search engines: https://schema.org/LiveBlogPosting."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping

from django.db.models.fields.files import ImageFieldFile
from django.utils.text import Truncator

from articles import kinds
from articles.kinds import summary
from articles.models import Article, Author, Update
from articles.page.live_page import LivePage
from articles.page.originals import originals_of_update
from articles.templatetags.live import absolute
from articles.text.localized import Text
from articles.text.plaintext import plain_text
from articles.translations.selection import ReaderTexts, of_article

#: In characters; search engines cut off longer headlines.
HEADLINE_MAX_LENGTH = 110


def live_blog(page: LivePage) -> dict[str, object]:
    """Return the page with its updates as a LiveBlogPosting."""
    article, texts = page.article, of_article(page.article, page.language)
    shown = page.shown()
    originals = page.originals
    changed = [update.corrected_at or update.first_published_at for update, _read in shown]
    return _without_empty(
        {
            "@context": "https://schema.org",
            "@type": "LiveBlogPosting",
            # The coverage as a whole, of which this page shows a part.
            "@id": absolute(article.url(originals.canonical_language)),
            "url": originals.canonical,
            "headline": Truncator(str(texts.text("headline"))).chars(HEADLINE_MAX_LENGTH),
            "description": page.description,
            "inLanguage": texts.language,
            "translationOfWork": _original(texts, "LiveBlogPosting"),
            "datePublished": _time(article, article.coverage_start),
            "dateModified": _time(article, max([article.coverage_start, *filter(None, changed)])),
            "coverageStartTime": _time(article, article.coverage_start),
            "coverageEndTime": _time(article, article.coverage_end),
            "image": _image(article.photo, texts.text("photo_caption"), texts.text("photo_credit"))
            if article.photo
            else None,
            "author": _people(article, page.language),
            "liveBlogUpdate": [_update(update, texts, article, page.language) for update, texts in shown],
        }
    )


def posting(update: Update, texts: ReaderTexts, article: Article, language: str) -> dict[str, object]:
    """Return an update by itself as a BlogPosting, with the coverage that it is part of."""
    coverage = of_article(article, language)
    return {
        "@context": "https://schema.org",
        **_update(update, texts, article, language),
        "isPartOf": {
            "@type": "LiveBlogPosting",
            "@id": absolute(article.url(language)),
            "headline": Truncator(str(coverage.text("headline"))).chars(HEADLINE_MAX_LENGTH),
        },
    }


def _update(update: Update, texts: ReaderTexts, article: Article, language: str) -> dict[str, object]:
    whole = str(summary.whole(update, texts.language, language))
    body = plain_text(str(texts.own("body"))) or whole
    headline = str(texts.own("headline")) or whole or str(of_article(article, language).text("headline"))
    url = originals_of_update(update, article, language).canonical
    return _without_empty(
        {
            "@type": "BlogPosting",
            "@id": url,
            "url": url,
            "headline": Truncator(headline).chars(HEADLINE_MAX_LENGTH),
            "articleBody": body,
            "inLanguage": texts.language,
            "translationOfWork": _original(texts, "BlogPosting"),
            "datePublished": _time(article, update.first_published_at),
            "dateModified": _time(article, update.corrected_at or update.first_published_at),
            "image": [
                _image(picture.image, texts.text("caption", of=picture), texts.text("credit", of=picture))
                for picture in update.pictures.all()
            ],
            "author": _people(update, language),
        }
        | kinds.of(update).structured(update, texts)
    )


def _image(file: ImageFieldFile, caption: Text, credit: Text) -> dict[str, object]:
    return _without_empty(
        {
            "@type": "ImageObject",
            "url": absolute(file.url),
            "width": file.width,
            "height": file.height,
            "caption": str(caption),
            "creditText": str(credit),
        }
    )


def _original(texts: ReaderTexts, kind: str) -> dict[str, object] | None:
    if not texts.translated:
        return None
    language = texts.item.source_language
    # There may be texts in languages in which readers cannot open the page.
    url = absolute(texts.item.url(language)) if language in texts.item.page.offered_languages else None
    return _without_empty({"@type": kind, "@id": url, "inLanguage": language})


def _people(item: Article | Update, language: str) -> list[dict[str, str]]:
    return [{"@type": "Person", "name": name.value} for name in Author.bylines(item.authors.all(), language)]


def _time(article: Article, moment: datetime.datetime | None) -> str | None:
    return moment.astimezone(article.zone).isoformat(timespec="seconds") if moment else None


def _without_empty(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if value not in (None, "", [])}


def dumped(document: dict[str, object]) -> str:
    """Return JSON that is safe in a script element, whatever the texts are."""
    escaped = json.dumps(document, ensure_ascii=False)
    return escaped.replace("&", "\\u0026").replace("<", "\\u003C").replace(">", "\\u003E")

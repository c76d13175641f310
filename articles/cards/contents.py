"""The texts and the photo on the cards of articles and updates."""

from __future__ import annotations

from typing import Any

from django.db.models.fields.files import ImageFieldFile
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.cards.drawing import Card, Look
from articles.kinds import summary
from articles.models import Article, Update
from articles.text.plaintext import first_words, plain_text
from articles.translations.selection import ReaderTexts, of_article
from liveblog.branding import current as branding
from liveblog.branding.current import Branding

_MARKS = {
    "en": ("“", "”"),
    "de": ("„", "“"),
    "fr": ("«\u202f", "\u202f»"),
    "es": ("«", "»"),
    "pl": ("„", "”"),
    "ro": ("„", "”"),
    "uk": ("«", "»"),
    "ar": ("«", "»"),
}

#: The limit of a quote, in words.
_QUOTE_LENGTH = 40


def card_of_article(article: Article, language: str, brand: Branding | None = None) -> Card:
    """Return the card of an article. Call within `page_locale`.

    brand   the branding of the card; default: the present one of the site
    """
    headline = of_article(article, language).text("headline")
    return Card(
        headline.value, headline.language, **_marks(language, headline.language, brand), photo=article.photo.name or ""
    )


def _marks(language: str, words: str, brand: Branding | None = None) -> dict[str, Any]:
    """Return the arguments that all cards share: the newsroom's name and style. `words`: the language of the texts."""
    brand = brand or branding.current()
    band, logo, font = brand.band, brand.raster_logo, brand.headline_font
    look = Look(
        band.band,
        band.text,
        band.soft,
        logo.content if logo else b"",
        is_word=bool(logo and logo.is_wide),
        font=font.content if font and words in font.languages else b"",
    )
    return {"mark": brand.name_in(language), "look": look}


def card_of_site(language: str) -> Card:
    """Return the card of pages that do not belong to an article. Call with the language active."""
    marks = _marks(language, language)
    brand = branding.current()
    title = _("Live coverage")
    # A site without a name has that of its publisher.
    return Card(title, language, **marks | ({} if brand.has_name else {"mark": brand.publisher}))


def card_of_update(update: Update, article: Article, texts: ReaderTexts) -> Card:
    """Return the card of an update. Call within `page_locale`."""
    language = texts.page_language
    context = of_article(article, language).text("headline")
    photo = photo_of(update)
    words = {**_marks(language, texts.language), "photo": photo.name or "" if photo else ""}
    if update.kind == "quote" and (
        quote := first_words(plain_text(texts.own("body").value), _QUOTE_LENGTH, texts.language)
    ):
        source = texts.text("attribution")
        return Card(_in_marks(quote, texts.language), texts.language, source=source.value, **words)
    title = summary.title(update, texts.language, language)
    if not title:
        return Card(context.value, context.language, **words)
    same = title.language == context.language
    return Card(title.value, title.language, context=context.value if same else "", **words)


def _in_marks(quote: str, language: str) -> str:
    """Return a quote in the quotation marks of its language, as static/liveblog/page.css sets them."""
    opening, closing = _MARKS.get(language, _MARKS["en"])
    return quote if quote.startswith(opening[0]) else f"{opening}{quote}{closing}"


def photo_of(item: Article | Update) -> ImageFieldFile | None:
    """Return the photo on the card of an article or update; None if there is none."""
    if isinstance(item, Article):
        return item.photo or None
    return next((picture.image for picture in item.pictures.all()), None)


def article_card_url(article: Article, language: str) -> str:
    return reverse("card", args=[language, article.slug_in(language), card_of_article(article, language).digest])


def site_card_url(language: str) -> str:
    """Return the address of the card of the site. Call with the language active."""
    return reverse("site-card", args=[language, card_of_site(language).digest])


def update_card_url(update: Update, article: Article, texts: ReaderTexts) -> str:
    digest, language = card_of_update(update, article, texts).digest, texts.page_language
    return reverse("update-card", args=[language, article.slug_in(language), update.pk, digest])

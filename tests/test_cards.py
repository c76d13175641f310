"""Shared links have a card: a picture of the headline in the reader's language, new after a correction."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from PIL import Image, features

from articles.cards import drawing
from articles.cards.drawing import Card, draw
from tests import factories

pytestmark = pytest.mark.django_db


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def card_of(client: Any, address: str) -> str:
    html = client.get(address).content.decode()
    return urlsplit(html.split('property="og:image" content="')[1].split('"')[0]).path


def test_letters_are_shaped_by_the_library_that_knows_arabic() -> None:
    assert features.check("raqm")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_card_has_the_size_that_networks_want(language: str) -> None:
    title = {"en": "Ministers meet", "ar": "الوزراء يجتمعون"}[language]
    image = opened(draw(Card(title, language, mark="Live")))
    assert (image.size, image.format) == ((1200, 630), "JPEG")
    # The text is aligned to the edge at which the language begins.
    dark = Image.new("RGB", image.size, "#12315c")
    left = sum(a != b for a, b in zip(*(one.crop((0, 40, 400, 140)).tobytes() for one in (image, dark)), strict=True))
    right = sum(
        a != b for a, b in zip(*(one.crop((800, 40, 1200, 140)).tobytes() for one in (image, dark)), strict=True)
    )
    assert (left > right) == (language == "en")


def test_no_title_is_too_long_for_a_card_and_no_letter_unknown() -> None:
    for title in ("Donaudampfschifffahrtsgesellschaft " * 9, "x" * 200, "日本 🎉 live", "a"):
        assert opened(draw(Card(title, "de", mark="Live", context="y " * 200, source="z " * 90))).size == drawing.SIZE


def test_a_card_is_drawn_once_and_again_after_a_correction(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    article = factories.article()
    update = factories.update(article, headline_en="Before")
    drawn = []
    monkeypatch.setattr(drawing, "draw", lambda card, _photo: drawn.append(card.title) or b"jpeg")
    address = card_of(client, update.url("en"))
    for _ in range(2):
        answer = client.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert "immutable" in answer["Cache-Control"]
    assert drawn == ["Before"]
    update.headline_en = "After"
    update.save()
    new = card_of(client, update.url("en"))
    assert new != address
    # The old address redirects networks to the new card.
    assert client.get(address)["Location"] == new
    client.get(new)
    assert drawn == ["Before", "After"]


def test_articles_and_quotes_have_cards_in_each_language(client: Any) -> None:
    article = factories.article()
    quote = factories.update(article, kind="quote", body_en="<p>We meet.</p>", attribution_en="A minister")
    addresses = {card_of(client, found) for one in (article, quote) for found in (one.url("en"), one.url("ar"))}
    assert len(addresses) == 4
    for address in addresses:
        assert opened(client.get(address).content).size == drawing.SIZE


def test_what_readers_cannot_see_has_no_card(client: Any) -> None:
    article = factories.article()
    draft = factories.update(article, state="draft")
    assert client.get(f"{draft.url('en')}card-0.jpg").status_code == 404
    assert client.get(f"/pl/live/{article.slug}/card-0.jpg").status_code == 404

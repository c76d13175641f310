"""Previews for the page of settings: the newest live page, and its card."""

from __future__ import annotations

import base64
from functools import partial

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from articles.cards import contents, drawing
from articles.models import Article
from articles.page import live_page
from articles.page.live_page import LivePage
from liveblog.branding.settings_page import register_preview
from liveblog.delivery.elements import page_locale
from liveblog.wording.places import register_example


def page(request: HttpRequest, language: str) -> str:
    """Return the newest live page as HTML, in the branding of the request; an empty page if there is none."""
    article = _newest(language)
    if article is None:
        return render_to_string("404.html", {}, request)
    shown = LivePage.of(Article.objects.for_pages().get(pk=article.pk), language)
    with page_locale(article, language):
        context = {"page": shown, "originals": shown.originals, "article": article, "language": language}
        return TemplateResponse(request, "articles/live.html", context).rendered_content


def card(request: HttpRequest, language: str) -> str:
    """Return the card of the newest live page, as a data: address."""
    article = _newest(language)
    if article is None:
        return ""
    with page_locale(article, language):
        found = contents.card_of_article(article, language, request.branding)  # type: ignore[attr-defined]
    photo = article.photo
    image = drawing.draw(found, partial(photo.storage.open, photo.name) if photo and photo.name else None)
    return f"data:image/jpeg;base64,{base64.b64encode(image).decode()}"


def _newest(language: str) -> Article | None:
    """Return a live article if there is one, or else the newest that has begun."""
    rows = live_page.listed(language).exclude(state=Article.State.ANNOUNCED)
    return rows.filter(state=Article.State.LIVE).first() or rows.first()


def register() -> None:
    register_preview("page", page)
    register_preview("card", card)
    register_example("live", lambda language: article.url(language) if (article := _newest(language)) else "")

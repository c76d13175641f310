"""Find the article of an address."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from articles.models import Article
from articles.text.localized import text_in
from liveblog.errors import NotInLanguage


def title_of(article: Article) -> tuple[str, str] | None:
    """Return the headline of an article as its newsroom wrote it, and its language; None if it has none."""
    language = article.source_language
    return (headline, language) if (headline := text_in(article, "headline", language)) else None


def find_article(slug: str, language: str) -> Article:
    """Return the article at an address. Raise Http404 if there is none, NotInLanguage if it is in others only."""
    article: Article = get_object_or_404(Article, slug=slug)
    if language not in article.offered_languages:
        raise NotInLanguage(article.offered_languages, title_of(article))
    return article

"""The coverage that pages without anything else to show lead to."""

from __future__ import annotations

from django.template.loader import get_template

from articles.listings import coverage
from liveblog.views import suggest_with

#: Of past coverage, where nothing is live.
_MOST = 4


def html(language: str) -> str:
    """Return what is live in a language, or else the last coverage."""
    live = coverage.live(language)
    found = live[:_MOST] or list(coverage.past(language)[:_MOST])
    context = {"tiles": coverage.tiles(found, language), "is_live": bool(live)}
    return get_template("articles/listings/suggestions.html").render(context)


def register() -> None:
    suggest_with(html)

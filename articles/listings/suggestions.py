"""The coverage to which empty and missing pages link."""

from __future__ import annotations

from django.template.loader import get_template

from articles.listings import coverage
from liveblog.views import suggest_with

#: Number of past coverage, if nothing is live.
_MOST = 4


def html(language: str) -> str:
    """Return the live coverage in a language, or else the last coverage, as HTML."""
    live = coverage.live(language)
    found = live[:_MOST] or list(coverage.past(language)[:_MOST])
    context = {"tiles": coverage.tiles(found, language), "is_live": bool(live)}
    return get_template("articles/listings/suggestions.html").render(context)


def register() -> None:
    suggest_with(html)

"""Count the texts that each engine drafts, and the share of them that people change before they accept it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils.html import format_html
from django.utils.translation import gettext
from rapidfuzz.distance import Indel

from articles.models import EngineUse, Translation
from articles.text.plaintext import plain_text
from articles.translations import columns
from liveblog.configuration import options
from liveblog.translation import prices
from liveblog.translation.engines import MEMORY
from liveblog.translation.order import NAMES

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from articles.models import Article, Update

Texts = Mapping[str, str]


def sent(item: Article | Update, engine: str, language: str, characters: int) -> None:
    """Count a text that an engine has translated. `characters` is the number that the provider may charge."""
    _add(item, engine, language, texts=1, characters=characters)


def draft_of(row: Translation, stored: Texts, suggested: Texts | None) -> dict[str, Any]:
    """Return the draft that a translator edits: its engine and its texts; empty if there is none.

    stored      the translation's texts before the person writes them
    suggested   the texts of its suggestion, if it has one
    """
    if suggested is not None and row.suggestion["engine"]:
        return {"engine": row.suggestion["engine"], "texts": dict(suggested)}
    if row.engine and row.state == Translation.State.MACHINE:
        return {"engine": row.engine, "texts": dict(stored)}
    return dict(row.drafted)


def settle(row: Translation, item: Article | Update, draft: dict[str, Any], texts: Texts) -> None:
    """Count a draft if a person has accepted it, changed or not; otherwise keep it until then."""
    if draft and row.state == Translation.State.REVIEWED:
        _add(item, draft["engine"], row.language, accepted=1, changed=change(draft["texts"], texts))
        draft = {}
    row.drafted = draft


def change(drafted: Texts, texts: Texts) -> float:
    """Return the share of a draft that was changed: 0 if nothing was, 1 if no character is left."""
    before, after = ("\n".join(plain_text(each.get(name, "")) for name in sorted(drafted)) for each in (drafted, texts))
    return Indel.normalized_distance(before, after)


def by_engine(article_id: int | None) -> list[dict[str, object]]:
    """Return the figures of each engine and language, of one article or of all, those with most characters first."""
    rows = EngineUse.objects.filter(language__in=[code for code, _name in settings.LANGUAGES])
    if article_id is not None:
        rows = rows.filter(article=article_id)
    return _figures(rows, "engine", "language")


def of_article(article_id: int) -> list[dict[str, object]]:
    """Return the figures of each engine for one article in all languages, those with most characters first."""
    return _figures(EngineUse.objects.filter(article=article_id), "engine")


def engine_name(engine: str) -> str:
    """Return the name of an engine, which is the same in every language, or that of the translation memory."""
    if engine == MEMORY:
        return gettext("Translation memory")
    return format_html('<bdi lang="en">{}</bdi>', NAMES.get(engine, engine))


def _figures(rows: QuerySet[EngineUse], *by: str) -> list[dict[str, object]]:
    """Return sums: `changed` in percent, None if no draft was accepted; `cost` as text, "" if no price is known."""
    summed = {name: Coalesce(Sum(name), 0) for name in ("texts", "characters", "accepted")}
    found: Any = rows.values(*by).annotate(**summed, total=Sum("changed")).order_by("-characters", *by)
    known = prices.parse(options.value("TRANSLATION_PRICES"))
    return [
        {
            **row,
            "label": engine_name(row["engine"]),
            "is_memory": row["engine"] == MEMORY,
            "changed": round(100 * row["total"] / row["accepted"]) if row["accepted"] else None,
            "cost": known[row["engine"]].of(row["characters"]) if row["engine"] in known else "",
        }
        for row in found
    ]


def _add(item: Article | Update, engine: str, language: str, **amounts: float) -> None:
    article = columns.article_of(item)
    row, _made = EngineUse.objects.get_or_create(article=article, engine=engine, language=language)
    EngineUse.objects.filter(pk=row.pk).update(**{name: F(name) + amount for name, amount in amounts.items()})

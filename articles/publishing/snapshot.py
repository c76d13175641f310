"""The original of an update: what people write and choose, in the language that they write in, without translations."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

from articles.publishing.pending import NOTHING_PENDING, PendingRelations
from articles.text.localized import text_in
from articles.translations import columns

#: What is written.
TEXTS = ("headline", "body", "attribution", "correction_note")
#: What is chosen.
CHOICES = ("kind", "source_url", "closes_at", "is_key", "is_breaking")
#: What is planned until readers see it.
PLANS = ("publish_at", "earlier_time", "backdating_reason")

Data = dict[str, Any]


def source_data(update: Any, pending: PendingRelations = NOTHING_PENDING) -> Data:
    """By the names that a version has for it (`articles.history`). `pending`: what a form saves after it."""
    language = update.source_language
    embed_url = pending.embed_url_of(update)
    return {
        "source_language": language,
        **{f"{name}_{language}": text_in(update, name, language) for name in TEXTS},
        **{name: _plain(getattr(update, name)) for name in CHOICES},
        "authors": sorted(author.pk for author in pending.authors_of(update)),
        "pictures": [_picture(picture, language) for picture in pending.pictures_of(update)],
        "embed": {"url": embed_url} if embed_url else None,
    }


def composer_data(update: Any, pending: PendingRelations = NOTHING_PENDING) -> Data:
    """The original, and what is to become of it: what the composer shows of an update."""
    plans = () if update.published_before else PLANS
    return (
        source_data(update, pending) | {"state": update.state} | {name: _plain(getattr(update, name)) for name in plans}
    )


def version_token(update: Any) -> str:
    """Names what is `shown`; empty for what is not there yet."""
    return token_of(composer_data(update)) if update.pk else ""


def token_of(data: Data) -> str:
    """Two people with the same stamp have the same before them."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:20]


def _picture(picture: Any, language: str) -> Data:
    names = [f"{field}_{language}" for field in columns.fields_of(type(picture))]
    return {"image": picture.image.name} | {name: text for name in names if (text := getattr(picture, name))}


def _plain(value: Any) -> Any:
    return value.astimezone(datetime.UTC).isoformat() if isinstance(value, datetime.datetime) else value

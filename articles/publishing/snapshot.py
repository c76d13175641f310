"""The source data of an update: its texts in the source language and its settings, without translations."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import TYPE_CHECKING, Any

from articles.pending import NOTHING_PENDING, PendingRelations
from articles.text.localized import text_in
from articles.translations import columns
from liveblog.languages import column

if TYPE_CHECKING:
    from articles.models import Picture, Update

TEXTS = ("headline", "body", "attribution", "correction_note")
CHOICES = ("kind", "source_url", "closes_at", "is_key", "is_breaking", "is_silent")
#: The columns that matter only until it is published.
PLANS = ("publish_at", "earlier_time", "backdating_reason")

Data = dict[str, Any]


def source_data(update: Update, pending: PendingRelations = NOTHING_PENDING) -> Data:
    """Return the data by the names of fields in versions (`articles.history`).

    `pending`: data that a form saves after the update.
    """
    language = update.source_language
    embed_url = pending.embed_url_of(update)
    return {
        "source_language": language,
        **{column(name, language): text_in(update, name, language) for name in TEXTS},
        **{name: _plain(getattr(update, name)) for name in CHOICES},
        "authors": sorted(author.pk for author in pending.authors_of(update)),
        "topics": sorted(topic.pk for topic in pending.topics_of(update)),
        "pictures": [_picture(picture, language) for picture in pending.pictures_of(update)],
        "embed": {"url": embed_url} if embed_url else None,
    }


def composer_data(update: Update, pending: PendingRelations = NOTHING_PENDING) -> Data:
    """Return the data in the composer of an update: the source data, its state and its plans."""
    plans = () if update.published_before else PLANS
    return (
        source_data(update, pending) | {"state": update.state} | {name: _plain(getattr(update, name)) for name in plans}
    )


def version_token(update: Update) -> str:
    """Return the version token of the data in the composer; empty for an update that is not saved."""
    return token_of(composer_data(update)) if update.pk else ""


def token_of(data: Data) -> str:
    """Return a token that is the same for the same data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:20]


def _picture(picture: Picture, language: str) -> Data:
    names = [column(field, language) for field in columns.fields_of(type(picture))]
    return {"image": picture.image.name} | {name: text for name in names if (text := getattr(picture, name))}


def _plain(value: object) -> object:
    return value.astimezone(datetime.UTC).isoformat() if isinstance(value, datetime.datetime) else value

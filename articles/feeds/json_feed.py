"""A feed as JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.utils.feedgenerator import rfc3339_date

from articles.feeds.entries import Document, Entry
from articles.templatetags.live import absolute
from liveblog.branding import current as branding
from liveblog.languages import tag as language_tag

#: The address of the documentation of our extensions.
_ABOUT = "https://www.rfc-editor.org/rfc/rfc6721"


def written(document: Document) -> bytes:
    """Return the document as JSON."""
    channel = document.channel
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": str(document.title),
        "description": document.subtitle,
        "home_page_url": channel.page_url,
        "feed_url": channel.url("json", document.place),
        "next_url": channel.url("json", document.older) if document.older else None,
        "icon": absolute(branding.current().icon.url),
        "language": language_tag(channel.language),
        "authors": [{"name": branding.current().publisher, "url": settings.SITE_URL}],
        "items": [_item(entry) for entry in document.entries],
        # Names of extensions begin with "_", and `about` links to their documentation.
        "_removed": {
            "about": _ABOUT,
            "items": [
                _without_empty(
                    {
                        "id": removed.id,
                        "date_removed": rfc3339_date(removed.at),
                        "reason": str(removed.reason or ""),
                    }
                )
                for removed in document.removed
            ],
        },
    }
    if settings.WEBSUB_HUB and not document.place.relation:
        feed["hubs"] = [{"type": "WebSub", "url": settings.WEBSUB_HUB}]
    return json.dumps({**_without_empty(feed), "items": feed["items"]}, ensure_ascii=False).encode()


def _item(entry: Entry) -> dict[str, Any]:
    return _without_empty(
        {
            "id": entry.id,
            "url": entry.url,
            "title": str(entry.title),
            "content_html": entry.html,
            "image": entry.images[0].url if entry.images else None,
            "date_published": rfc3339_date(entry.published),
            "date_modified": rfc3339_date(entry.updated),
            "authors": [{"name": name} for name in entry.authors],
            "tags": [category.label for category in entry.categories if category.scheme != "translation"],
            "language": language_tag(entry.language),
            "attachments": [
                _without_empty({"url": image.url, "mime_type": image.media_type, "title": str(image.alt)})
                for image in entry.images
            ],
            "_translation": {"about": settings.SITE_URL, "state": entry.state, "alternates": entry.alternates},
        }
    )


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}

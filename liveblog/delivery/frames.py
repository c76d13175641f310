"""Frames: what travels to readers, made from the change log."""

import json
import struct
from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.conf import settings

from liveblog.delivery import elements, log
from liveblog.models import Change


class Frame:
    """One message of the wire protocol, encoded once for all its readers."""

    def __init__(self, revision: int, **content: Any) -> None:
        self.revision = revision
        self.text = json.dumps({"revision": revision, **content}, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def wire(self) -> bytes:
        """The finished websocket frame: one unmasked, unfragmented text frame (RFC 6455, section 5.2)."""
        payload = self.text.encode()
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x81, size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x81, 126, size)
        else:
            head = struct.pack("!BBQ", 0x81, 127, size)
        return head + payload


def revision_of(article_id: int) -> int | None:
    """The article's revision, or None where there is no such article."""
    return (
        Change._meta.get_field("article")
        .related_model._base_manager.filter(pk=article_id)
        .values_list("revision", flat=True)
        .first()
    )


def heartbeat(revision: int) -> Frame:
    return Frame(revision)


def since(article_id: int, after: int, revision: int, languages: Collection[str]) -> dict[str, Frame]:
    """What brings a page of each language from revision `after` to `revision`.

    The number of queries depends on how many kinds of element changed, not on how many changes, languages or readers
    there are. A page that is too old, or from a future that the database does not know, is told to load anew.
    """
    if after == revision:
        return {language: Frame(revision, after=after, changes=[]) for language in languages}
    if after > revision or after < 0 or revision - after > settings.LIVE_MAX_CATCH_UP:
        return {language: Frame(revision, reload=True) for language in languages}
    logged = Change.objects.filter(article_id=article_id, revision__gt=after, revision__lte=revision)
    changed = list(logged.order_by("revision").values_list("element", flat=True))
    if log.PAGE in changed or len(changed) < revision - after:
        return {language: Frame(revision, reload=True) for language in languages}
    latest = dict.fromkeys(reversed(changed))
    rendered = elements.render(article_id, reversed(latest), languages)
    return {language: Frame(revision, after=after, changes=rendered[language]) for language in languages}

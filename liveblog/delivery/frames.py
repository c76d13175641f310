"""Frames, the messages to readers, made from the change log."""

import json
import zlib
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from django.conf import settings

from liveblog.delivery import elements, log, websocket
from liveblog.delivery.elements import Operation
from liveblog.models import Change

#: Compression hardly makes texts below this size shorter.
_MIN_COMPRESSED_BYTES = 150


class Frame:
    """One message of the wire protocol, encoded once for all its readers."""

    def __init__(self, revision: int, **content: object) -> None:
        self.revision = revision
        self.text = json.dumps({"revision": revision, **content}, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def wire(self) -> bytes:
        """The whole websocket frame."""
        return websocket.frame(websocket.TEXT, self.text.encode())

    @cached_property
    def compressed(self) -> bytes:
        """The whole frame for connections that agreed on permessage-deflate without context takeover (RFC 7692).

        Without context takeover each message is compressed by itself, so all connections get the same bytes.
        """
        payload = self.text.encode()
        if len(payload) < _MIN_COMPRESSED_BYTES:
            return self.wire
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        # Section 7.2.1: the last four bytes of a flush are left out.
        deflated = (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
        return websocket.frame(websocket.TEXT | websocket.COMPRESSED, deflated)


def heartbeat(revision: int) -> Frame:
    """Return a frame that says which revision the page has to show, and changes nothing."""
    return Frame(revision)


def reload(revision: int) -> Frame:
    """Return a frame that makes the page load again, because the log does not reach back to its revision."""
    return Frame(revision, reload=True)


def step(after: int, revision: int, operations: Iterable[Operation] = ()) -> Frame:
    """Return a frame that brings a page from revision `after` to `revision`."""
    return Frame(revision, after=after, changes=list(operations))


def revisions_of(article_ids: Collection[int]) -> dict[int, int]:
    """Return the revision of each article that exists."""
    articles = Change._meta.get_field("article").related_model._base_manager
    return dict(articles.filter(pk__in=article_ids).values_list("pk", "revision"))


class Logged(NamedTuple):
    """A line of the log: an element and the languages in which it changed; none stands for all languages."""

    element: str
    languages: Collection[str] = ()

    def concerns(self, language: str) -> bool:
        return not self.languages or language in self.languages


def logged(article_id: int, after: int, revision: int) -> list[Logged]:
    """Return the lines of the log after revision `after` up to `revision`, one for each revision, in their order.

    If the log does not reach back so far, the list is shorter: it begins after the last gap.
    """
    rows = Change.objects.filter(article_id=article_id, revision__gt=after, revision__lte=revision)
    changed: list[Logged] = []
    for number, element, languages in rows.order_by("-revision").values_list("revision", "element", "languages"):
        if number != revision - len(changed):
            break
        changed.append(Logged(element, languages))
    return changed[::-1]


def latest(changed: Sequence[Logged], language: str) -> list[str] | None:
    """Return each element that changed in `language` once, in the order of the last changes.

    Return None if the page has to load again.
    """
    names = [line.element for line in changed if line.concerns(language)]
    if log.PAGE in names:
        return None
    return list(dict.fromkeys(reversed(names)))[::-1]


def since(article_id: int, after: int, revision: int, language: str) -> Frame:
    """Return the frame that brings a page from revision `after` to `revision`.

    The number of queries depends on the number of kinds of element that changed, not on the number of changes. A page
    that is too old, or whose revision the database does not know yet, has to load again.
    """
    if after == revision:
        return step(after, revision)
    if after > revision or after < 0 or revision - after > settings.LIVE_MAX_BACKLOG:
        return reload(revision)
    changed = logged(article_id, after, revision)
    names = latest(changed, language)
    if names is None or len(changed) < revision - after:
        return reload(revision)
    return step(after, revision, elements.render(article_id, names, {language})[language])

"""Frames: what travels to readers, made from the change log."""

import json
import zlib
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings

from liveblog.delivery import elements, log, websocket
from liveblog.delivery.elements import Operation
from liveblog.models import Change

#: Shorter texts, in bytes, hardly become shorter.
_WORTH_COMPRESSING = 150


class Frame:
    """One message of the wire protocol, encoded once for all its readers."""

    def __init__(self, revision: int, **content: Any) -> None:
        self.revision = revision
        self.text = json.dumps({"revision": revision, **content}, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def wire(self) -> bytes:
        """The finished websocket frame."""
        return websocket.frame(websocket.TEXT, self.text.encode())

    @cached_property
    def compressed(self) -> bytes:
        """The same for connections that agreed on permessage-deflate without context takeover (RFC 7692).

        Compressed by itself, it is the same bytes for all of them.
        """
        payload = self.text.encode()
        if len(payload) < _WORTH_COMPRESSING:
            return self.wire
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        # Section 7.2.1: the four bytes at the end of a flush are left out.
        deflated = (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
        return websocket.frame(websocket.TEXT | websocket.COMPRESSED, deflated)


def heartbeat(revision: int) -> Frame:
    return Frame(revision)


def reload(revision: int) -> Frame:
    """For a page that the log does not reach back to: load anew."""
    return Frame(revision, reload=True)


def step(after: int, revision: int, operations: Iterable[Operation] = ()) -> Frame:
    """What brings a page from revision `after` to `revision`."""
    return Frame(revision, after=after, changes=list(operations))


def revisions_of(article_ids: Collection[int]) -> dict[int, int]:
    """The revision of each of the articles that there are."""
    articles = Change._meta.get_field("article").related_model._base_manager
    return dict(articles.filter(pk__in=article_ids).values_list("pk", "revision"))


class Logged(NamedTuple):
    """A line of the log: an element and the languages in which it changed; none stands for all languages."""

    element: str
    languages: Collection[str] = ()

    def concerns(self, language: str) -> bool:
        return not self.languages or language in self.languages


def logged(article_id: int, after: int, revision: int) -> list[Logged]:
    """What was changed after revision `after` up to `revision`, one line for each revision, the last last.

    Where the log does not reach back as far, the list is shorter: it holds the changes without a gap up to `revision`.
    """
    rows = Change.objects.filter(article_id=article_id, revision__gt=after, revision__lte=revision)
    changed: list[Logged] = []
    for number, element, languages in rows.order_by("-revision").values_list("revision", "element", "languages"):
        if number != revision - len(changed):
            break
        changed.append(Logged(element, languages))
    return changed[::-1]


def latest(changed: Sequence[Logged], language: str) -> list[str] | None:
    """Each element that changed in `language` once, in the order of the last changes. None: the page must load anew."""
    names = [line.element for line in changed if line.concerns(language)]
    if log.PAGE in names:
        return None
    return list(dict.fromkeys(reversed(names)))[::-1]


def since(article_id: int, after: int, revision: int, language: str) -> Frame:
    """What brings a page from revision `after` to `revision`.

    The number of queries depends on how many kinds of element changed, not on how many changes there are. A page that
    is too old, or from a future that the database does not know, is told to load anew.
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

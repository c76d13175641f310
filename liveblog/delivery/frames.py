"""Frames, the messages to readers, made from the change log."""

import json
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import NamedTuple

from django.conf import settings

from liveblog.delivery import elements, log, websocket
from liveblog.delivery.elements import Operation
from liveblog.delivery.states import State
from liveblog.models import Change

#: A page that lacks more elements reloads: it shows only some of them, and the frame would be larger than the page.
MAX_ELEMENTS = 150

#: Texts shorter than this hardly gain from compression.
_MIN_COMPRESSED_BYTES = 150


class Frame:
    """One message of the wire protocol, encoded once for all its readers."""

    #: Whether the log contains the state that the page shows.
    of_known_state = True

    def __init__(self, state: State, **content: object) -> None:
        self.state = state
        text = {"revision": state.revision, "token": state.token, **content}
        self.text = json.dumps(text, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def wire(self) -> bytes:
        """The whole websocket frame."""
        return websocket.frame(websocket.TEXT, self.text.encode())

    @cached_property
    def compressed(self) -> bytes:
        """The whole frame, for connections that agreed on permessage-deflate without context takeover (RFC 7692).

        Without context takeover each message is compressed by itself, so all connections get the same bytes.
        """
        payload = self.text.encode()
        if len(payload) < _MIN_COMPRESSED_BYTES:
            return self.wire
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        # RFC 7692, section 7.2.1: the sender removes the last four bytes of the flush.
        deflated = (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
        return websocket.frame(websocket.TEXT | websocket.COMPRESSED, deflated)


def heartbeat(state: State) -> Frame:
    """Return a frame that names the present state and changes nothing."""
    return Frame(state)


def reload(state: State) -> Frame:
    """Return a frame that makes the page reload, because the log does not reach back to its state."""
    return Frame(state, reload=True)


def step(after: State, state: State, operations: Iterable[Operation] = ()) -> Frame:
    """Return a frame that brings a page from the state `after` to `state`."""
    return Frame(state, after=after.revision, after_token=after.token, changes=list(operations))


def states_of(article_ids: Collection[int]) -> dict[int, State]:
    """Return the state of the page of each article that exists."""
    articles = Change._meta.get_field("article").related_model._base_manager.filter(pk__in=article_ids)
    return {pk: State(*state) for pk, *state in articles.values_list("pk", "revision", "revision_token")}


class Logged(NamedTuple):
    """A line of the log: an element and the languages in which it changed; none stands for all languages."""

    element: str
    languages: Collection[str]
    #: Before and after the change.
    previous: State
    state: State
    at: datetime

    def concerns(self, language: str) -> bool:
        return not self.languages or language in self.languages


def logged(article_id: int, after: int, state: State) -> list[Logged]:
    """Return the lines of the log after revision `after` up to `state`, one for each revision, in order.

    If the log does not reach back that far, the list is shorter: it begins after the last gap. It is empty if the log
    does not lead to `state`, because the database has since been restored to an earlier state.
    """
    rows = Change.objects.filter(article_id=article_id, revision__gt=after, revision__lte=state.revision)
    columns = ("revision", "token", "previous_token", "element", "languages", "at")
    changed: list[Logged] = []
    expected = state
    for revision, token, previous_token, element, languages, at in rows.order_by("-revision").values_list(*columns):
        if (revision, token) != expected:
            break
        expected = State(revision - 1, previous_token)
        changed.append(Logged(element, languages, expected, State(revision, token), at))
    return changed[::-1]


def lines_after(state: State, changed: Sequence[Logged]) -> Sequence[Logged] | None:
    """Return the lines that follow `state`; None if no unbroken sequence of lines does.

    It is None if the lines do not reach back to `state`, or if `state` belongs to another history.
    """
    if not changed:
        return None
    start = len(changed) - (changed[-1].state.revision - state.revision)
    return changed[start:] if 0 <= start < len(changed) and changed[start].previous == state else None


def latest(changed: Sequence[Logged], language: str) -> list[str] | None:
    """Return each element that changed in `language` once, in order of last change, then the derived elements.

    Return None if the page has to reload.
    """
    names = list(dict.fromkeys(line.element for line in reversed(changed) if line.concerns(language)))
    if log.PAGE in names or len(names) > MAX_ELEMENTS:
        return None
    return elements.with_derived(names[::-1])


class _Missed:
    """The lines of an article's log up to a state, and its elements at that state, for all pages that ask for them.

    Without it, each page that reconnects would cause its own queries and rendering: pages reconnect from many states.
    """

    def __init__(self, article_id: int, state: State) -> None:
        self.state = state
        self._article_id = article_id
        self._lines: list[Logged] | None = None
        #: By language and name; None if the element has gone together with its article.
        self._rendered: defaultdict[str, dict[str, Operation | None]] = defaultdict(dict)
        self._lock = Lock()

    def lines_after(self, after: State) -> Sequence[Logged] | None:
        with self._lock:
            if self._lines is None:
                start = max(0, self.state.revision - settings.LIVE_MAX_BACKLOG)
                self._lines = logged(self._article_id, start, self.state)
            return lines_after(after, self._lines)

    def operations(self, names: Sequence[str], language: str) -> list[Operation]:
        with self._lock:
            here = self._rendered[language]
            missing = [name for name in names if name not in here]
            if missing:
                rendered = elements.render(self._article_id, missing, {language})[language]
                here |= dict.fromkeys(missing) | {operation["id"]: operation for operation in rendered}
            return [operation for name in names if (operation := here[name]) is not None]


#: Number of articles that have a _Missed in memory.
_MAX_ARTICLES = 16
_missed: OrderedDict[int, _Missed] = OrderedDict()
_missed_lock = Lock()


def _missed_by_pages(article_id: int, state: State) -> _Missed:
    with _missed_lock:
        found = _missed.pop(article_id, None)
        if found is None or found.state != state:
            found = _Missed(article_id, state)
        _missed[article_id] = found
        if len(_missed) > _MAX_ARTICLES:
            _missed.popitem(last=False)
        return found


def _unknown(state: State) -> Frame:
    frame = reload(state)
    frame.of_known_state = False
    return frame


def since(article_id: int, after: State | None, state: State, language: str) -> Frame:
    """Return the frame that brings a page from the state `after` to `state`.

    The number of queries depends on the number of kinds of element that changed, not on the number of changes, and what
    was read or rendered for one page serves all of the same state. The page has to reload if its state is too old,
    None, or not in the log: the database does not know the state yet, or has lost it.
    """
    if after is None:
        return reload(state)
    if after == state:
        return step(after, state)
    if not 0 < state.revision - after.revision <= settings.LIVE_MAX_BACKLOG:
        return _unknown(state)
    missed = _missed_by_pages(article_id, state)
    lines = missed.lines_after(after)
    if lines is None:
        return _unknown(state)
    names = latest(lines, language)
    return reload(state) if names is None else step(after, state, missed.operations(names, language))

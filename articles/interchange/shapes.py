"""The shapes of the lines of an archive, checked before any code relies on them.

The values of columns are not included: each column checks its own (`articles.interchange.writing.values_of`).
"""

from __future__ import annotations

from articles.interchange.records import Data

_NONE = type(None)
_TEXTS = {str: str}
_OPTIONAL_TEXT = (str, _NONE)
_OPTIONAL_NUMBER = (int, _NONE)
_STATE = {
    "translator?": _OPTIONAL_TEXT,
    "reviewer?": _OPTIONAL_TEXT,
    "problems?": [dict],
    "accepted?": [dict],
    "source?": (_TEXTS, _NONE),
}
_COLUMNS = {
    "source_language?": str,
    "authors?": [str],
    "topics?": [str],
    "pictures?": [{"image": str}],
    "embed?": ({"url": str}, _NONE),
    "translations?": ({str: _STATE}, _NONE),
    **{f"{name}?": _OPTIONAL_TEXT for name in ("assignee", "written_by", "submitted_by", "released_by")},
}
_EMBED = {
    **{f"{name}?": _OPTIONAL_TEXT for name in ("url", "state", "title", "author", "player_url", "thumbnail")},
    "width?": _OPTIONAL_NUMBER,
    "height?": _OPTIONAL_NUMBER,
}

#: By the type of the line. An optional name ends in "?".
_LINES: dict[str, object] = {
    "header": {"version": int, "site?": str, "parts?": {str: [str]}},
    "author": {
        "key": str,
        "source_language": str,
        "name": _TEXTS,
        "role?": _TEXTS,
        "place?": _TEXTS,
        "links?": str,
        "photo?": str,
    },
    "topic": {"slug": str, "name": _TEXTS},
    "article": {
        "key": str,
        "data": {"source_language": str, "coverage_start": str, "state": str, "languages?": [str]},
        "authors": [str],
        "topics?": [str],
        "related": [str],
        "photo": str,
        "translations": {str: _STATE},
        "addresses": [[str]],
    },
    "event": {"kind": str, "at": str, "cause?": str, "by?": _OPTIONAL_TEXT},
    "update": {
        "key": str,
        "data": {**_COLUMNS, "source_language": str},
        "translations": {str: _STATE},
        "embed?": _EMBED,
        "votes?": [int],
        "poll_closed_for?": _OPTIONAL_TEXT,
        "modifications?": _TEXTS,
        "removed_pictures?": [{"image": str}],
        "addresses?": [[str]],
    },
    "version": {
        "update": str,
        "number": int,
        "at": str,
        "cause?": str,
        "by?": _OPTIONAL_TEXT,
        "restored?": _OPTIONAL_NUMBER,
        "data": _COLUMNS,
    },
    "file": {"name": str, "sha256": str},
}


def is_line(line: Data) -> bool:
    """Return whether a line has the shape of its type. Lines of other types are not checked."""
    return fits(line, _LINES.get(line["type"], dict)) and all(len(pair) == 2 for pair in line.get("addresses") or ())


def fits(value: object, shape: object) -> bool:
    """Return whether a value of a JSON document has a shape.

    A shape is a type, a tuple of shapes of which the value has one, a list with the shape of all elements, or an
    object: {str: the shape of all values}, or the shapes of its members by name, of which "name?" may be missing.
    """
    if isinstance(shape, tuple):
        return any(fits(value, each) for each in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and _has_members(value, shape)
    assert isinstance(shape, type)
    return isinstance(value, shape) and (shape is bool or not isinstance(value, bool))


def _has_members(value: Data, shape: dict[object, object]) -> bool:
    if str in shape:
        return all(fits(each, shape[str]) for each in value.values())
    for name, each in shape.items():
        key = str(name).removesuffix("?")
        if key in value:
            if not fits(value[key], each):
                return False
        elif key == name:
            return False
    return True

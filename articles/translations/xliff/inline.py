"""Markup within a passage as inline elements of XLIFF, and back (XLIFF 2.1, section 4.7).

Tags become codes: `<pc>` for a pair, `<ph>` for a line break. They contain no markup themselves: the import inserts the
tags of our own original, so that no file can add other links or elements.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from articles.text.passages import TAG
from articles.text.plaintext import decoded
from articles.translations.xliff import NAMESPACE

#: Types of codes (section 4.3.1.30) by the name of the tag.
_TYPES = {
    "strong": {"type": "fmt", "subType": "xlf:b"},
    "em": {"type": "fmt", "subType": "xlf:i"},
    "s": {"type": "fmt"},
    "br": {"type": "fmt", "subType": "xlf:lb"},
    "a": {"type": "link"},
}
#: Annotations of the words between them (section 4.7.3). They are not part of the text.
_ANNOTATIONS = frozenset({"mrk", "sm", "em"})
_BLANK = re.compile(r"\s+")


class CodeError(ValueError):
    """A translation has codes that its original does not have. The message is its id, or the name of an element."""


@dataclass(frozen=True)
class Code:
    """The tags that a code stands for; `end` is empty for a tag without words."""

    id: str
    name: str
    start: str
    end: str = ""


#: Represents a code that the original does not have.
_UNKNOWN = Code("", "", "")


@dataclass
class Coded:
    """A passage as words and codes, each with its start and end."""

    codes: list[Code] = field(default_factory=list)
    #: Words; a code that starts; and, as its id, a code that ends.
    parts: list[str | Code | tuple[str]] = field(default_factory=list)


def coded(passage: str) -> Coded:
    """Return a passage with its tags as codes. Tags without a partner are separate codes."""
    tags = list(TAG.finditer(passage))
    partner: dict[int, int] = {}
    opened: list[int] = []
    for place, tag in enumerate(tags):
        if not tag[0].startswith("</"):
            if tag[1] != "br":
                opened.append(place)
        elif opened and tags[opened[-1]][1] == tag[1]:
            partner[opened.pop()] = place
    found = Coded()
    ends: dict[int, Code] = {}
    start = 0
    for place, tag in enumerate(tags):
        if words := decoded(passage[start : tag.start()]):
            found.parts.append(words)
        start = tag.end()
        if place in ends:
            found.parts.append((ends[place].id,))
            continue
        end = tags[partner[place]] if place in partner else None
        code = Code(str(len(found.codes) + 1), tag[1], tag[0], end[0] if end else "")
        found.codes.append(code)
        found.parts.append(code)
        if end:
            ends[partner[place]] = code
    if words := decoded(passage[start:]):
        found.parts.append(words)
    return found


def write(parent: ET.Element, passage: Coded) -> None:
    """Write a passage into a `<source>` or `<target>`."""
    stack = [parent]
    for part in passage.parts:
        if isinstance(part, str):
            _append(stack[-1], part)
        elif isinstance(part, tuple):
            stack.pop()
        elif part.end:
            attributes = {"id": part.id, **_TYPES.get(part.name, {"type": "other"}), "canCopy": "no"}
            attributes |= {"dataRefStart": f"{part.id}s", "dataRefEnd": f"{part.id}e"}
            stack.append(ET.SubElement(stack[-1], "pc", attributes))
        else:
            attributes = {"id": part.id, **_TYPES.get(part.name, {"type": "other"}), "canCopy": "no"}
            ET.SubElement(stack[-1], "ph", {**attributes, "dataRef": f"{part.id}s"})


def write_data(unit: ET.Element, codes: list[Code]) -> None:
    """Write the tags of the codes for information (`<originalData>`)."""
    if not codes:
        return
    data = ET.SubElement(unit, "originalData")
    for code in codes:
        ET.SubElement(data, "data", {"id": f"{code.id}s"}).text = code.start
        if code.end:
            ET.SubElement(data, "data", {"id": f"{code.id}e"}).text = code.end


def aligned(source: Coded, target: str) -> Coded | None:
    """Return a translation with the codes of its original; None if its tags are not those of the original."""
    found = coded(target)
    waiting: dict[tuple[str, str], list[Code]] = {}
    for code in source.codes:
        waiting.setdefault((code.start, code.end), []).append(code)
    renamed: dict[str, Code] = {}
    for code in found.codes:
        same = waiting.get((code.start, code.end))
        if not same:
            return None
        renamed[code.id] = same.pop(0)
    parts: list[str | Code | tuple[str]] = []
    for part in found.parts:
        if isinstance(part, Code):
            parts.append(renamed[part.id])
        else:
            parts.append((renamed[part[0]].id,) if isinstance(part, tuple) else part)
    return Coded(list(renamed.values()), parts)


def _append(parent: ET.Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def read(elements: list[ET.Element], codes: list[Code]) -> str:
    """Return the passage of some `<target>` elements, in order, with the tags of the original.

    Raise CodeError if a code is not one of the original, occurs twice, or has no end.
    """
    known = {code.id: code for code in codes}
    parts: list[str] = []
    used: set[str] = set()
    opened: list[str] = []

    def start(code_id: str) -> Code:
        code = known.get(code_id)
        if code is None or code_id in used:
            raise CodeError(code_id)
        used.add(code_id)
        parts.append(code.start)
        return code

    def finish(code_id: str) -> None:
        # Codes that overlap cannot be written as HTML.
        if not opened or opened.pop() != code_id:
            raise CodeError(code_id)
        parts.append(known[code_id].end)

    def visit(element: ET.Element) -> None:
        parts.append(html.escape(element.text or "", quote=False))
        for child in element:
            name = name_of(child)
            code_id = child.get("id", "")
            is_pair = bool(known.get(code_id, _UNKNOWN).end)
            if name == "cp" or (name == "ph" and is_pair) or (name in ("pc", "sc") and not is_pair):
                raise CodeError(code_id or name)
            if name == "ph":
                start(code_id)
            elif name == "pc":
                opened.append(start(code_id).id)
                visit(child)
                finish(code_id)
            elif name == "sc":
                opened.append(start(code_id).id)
            elif name == "ec":
                finish(child.get("startRef") or code_id)
            elif name in _ANNOTATIONS:
                visit(child)
            else:
                raise CodeError(name)
            parts.append(html.escape(child.tail or "", quote=False))

    for element in elements:
        visit(element)
    if opened:
        raise CodeError(opened[-1])
    return "".join(parts)


def name_of(element: ET.Element) -> str:
    """Return the name of an element of XLIFF's core; of other modules, with their namespace."""
    tag = element.tag if isinstance(element.tag, str) else ""
    namespace, _brace, name = tag.rpartition("}")
    return name if namespace.lstrip("{").startswith(NAMESPACE.rpartition(":")[0] + ":2") else tag


def folded(passage: str) -> str:
    """Return a passage with collapsed white space, which does not matter in HTML."""
    return _BLANK.sub(" ", passage).strip()

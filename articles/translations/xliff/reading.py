"""Read a file of an agency: its structure is checked here (XLIFF 2.1, section 4), its texts when they are saved."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from articles.translations.glossary.rows import language_code
from articles.translations.xliff.inline import name_of
from liveblog.numbers import number

MAX_BYTES = 20_000_000
MAX_UNITS = 20_000
#: Errors of one file that are kept. Nobody reads more of them.
MAX_ERRORS = 100
_MAX_DEPTH = 60

STATES = ("initial", "translated", "reviewed", "final")
#: The states of texts that somebody at the agency has reviewed.
REVIEWED = frozenset({"reviewed", "final"})

_FILE_ID = re.compile(r"(article|update)-([1-9]\d{0,17})-(\d{1,9})-([0-9a-f]{16})")


@dataclass(frozen=True)
class Fault:
    """A fault in a file: the ids of its `<file>` and `<unit>`, empty for the whole file."""

    file: str
    unit: str
    message: str


@dataclass
class FileUnit:
    """The translation of one passage, in one or more segments."""

    id: str
    sources: list[ET.Element] = field(default_factory=list)
    targets: list[ET.Element] = field(default_factory=list)
    #: The least advanced state of its segments.
    state: str = "final"


@dataclass
class FileTexts:
    """The part of a file for one translation."""

    kind: str
    pk: int
    #: A token of `articles.translations.desk.version_token`: a number, and a digest of the original.
    version: str
    digest: str
    id: str
    units: list[FileUnit] = field(default_factory=list)


@dataclass
class Document:
    """The contents of a file."""

    source_language: str = ""
    language: str = ""
    files: list[FileTexts] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fail(self, message: str, file: str = "", unit: str = "") -> None:
        if len(self.faults) < MAX_ERRORS:
            self.faults.append(Fault(file[:80], unit[:80], message))


def read(data: bytes) -> Document:
    """Return the contents of a file. Entities are not expanded, and nothing outside the file is read."""
    found = Document()
    root = _root(data, found)
    if root is None:
        return found
    found.source_language, found.language = (language_code(root.get(name, "")) for name in ("srcLang", "trgLang"))
    if not found.source_language or not found.language or found.source_language == found.language:
        found.fail(_("The file doesn’t state two languages of this site (srcLang and trgLang)."))
        return found
    seen: set[str] = set()
    for element in root:
        if name_of(element) != "file":
            continue
        file_id = element.get("id", "")
        stated = _FILE_ID.fullmatch(file_id)
        if stated is None:
            found.fail(_("This isn’t a text of this site: the ID of the file has been changed."), file_id)
            continue
        if file_id in seen:
            found.fail(_("This ID appears twice."), file_id)
        seen.add(file_id)
        texts = FileTexts(stated[1], int(stated[2]), stated[3], stated[4], file_id)
        found.files.append(texts)
        _read_units(element, texts, found)
    if not found.files and not found.faults:
        found.fail(_("The file has no texts."))
    if sum(len(texts.units) for texts in found.files) > MAX_UNITS:
        found.fail(_("The file has more than %(count)s entries. Split it.") % {"count": MAX_UNITS})
    return found


def _root(data: bytes, found: Document) -> ET.Element | None:
    try:
        root: ET.Element = fromstring(data)
    except DefusedXmlException:
        found.fail(_("The file declares XML entities, which aren’t allowed here. Remove them."))
        return None
    except (ET.ParseError, ValueError, LookupError):
        found.fail(_("The file isn’t well-formed XML."))
        return None
    if name_of(root) != "xliff" or not root.get("version", "").startswith("2."):
        if root.tag.rpartition("}")[2] == "xliff":
            found.fail(_("The file is XLIFF of another version. Export it as XLIFF 2.0 or 2.1."))
        else:
            found.fail(_("The file is XML, but not XLIFF."))
        return None
    if _depth(root) > _MAX_DEPTH:
        found.fail(_("The file is XML, but not XLIFF."))
        return None
    return root


def _depth(root: ET.Element) -> int:
    """Return how deep the elements are nested, without recursion; anything beyond the limit is not measured."""
    level, depth = [root], 0
    while level and depth <= _MAX_DEPTH:
        level = [child for element in level for child in element]
        depth += 1
    return depth


def _read_units(file: ET.Element, texts: FileTexts, found: Document) -> None:
    seen: set[str] = set()
    for element in file.iter():
        if name_of(element) != "unit":
            continue
        unit = FileUnit(element.get("id", ""))
        if not unit.id or unit.id in seen:
            found.fail(_("This ID appears twice.") if unit.id else _("A unit has no ID."), texts.id, unit.id)
            continue
        seen.add(unit.id)
        _read_segments(element, unit, texts, found)
        texts.units.append(unit)


def _read_segments(element: ET.Element, unit: FileUnit, texts: FileTexts, found: Document) -> None:
    """Read the segments of a unit, which an agency may have split. Their translations may be in another order."""
    ordered: list[tuple[int, ET.Element]] = []
    segments = [child for child in element if name_of(child) in ("segment", "ignorable")]
    if not any(name_of(child) == "segment" for child in segments):
        found.fail(_("The unit has no segment."), texts.id, unit.id)
        return
    for place, segment in enumerate(segments, 1):
        sources = [child for child in segment if name_of(child) == "source"]
        targets = [child for child in segment if name_of(child) == "target"]
        if len(sources) != 1 or len(targets) > 1:
            found.fail(_("A segment must have one source and at most one target."), texts.id, unit.id)
            return
        unit.sources += sources
        if name_of(segment) == "ignorable":
            # White space between segments. Without a target, it stays as in the original.
            ordered.append((_order(targets, place), (targets or sources)[0]))
            continue
        state = segment.get("state", "initial")
        if state not in STATES:
            found.fail(_("The state of a segment is unknown: %(state)s") % {"state": state[:40]}, texts.id, unit.id)
            return
        if state != "initial" and not targets:
            found.fail(_("A segment that is said to be translated has no target."), texts.id, unit.id)
            return
        unit.state = min(unit.state, state, key=STATES.index)
        if not targets:
            # A partly translated passage counts as not translated.
            return
        ordered.append((_order(targets, place), targets[0]))
    if len({place for place, _target in ordered}) != len(ordered):
        found.fail(_("The order of the segments is ambiguous."), texts.id, unit.id)
        return
    unit.targets = [target for _place, target in sorted(ordered, key=lambda each: each[0])]


def _order(targets: list[ET.Element], place: int) -> int:
    return (number(targets[0].get("order", "")) if targets else None) or place

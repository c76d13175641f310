"""Exchange the memory with other programs as TMX 1.4b (https://www.gala-global.org/tmx-14b).

Files are read as a stream, however long they are. Contents of a program's own codes are kept if they are allowed
markup, and dropped otherwise.
"""

from __future__ import annotations

import datetime
import html
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import GlossaryTerm, TranslationUnit
from articles.text import passages
from articles.text.plaintext import decoded, plain_text
from articles.text.richtext import sanitise
from articles.translations.glossary.rows import language_code
from articles.translations.memory import units
from liveblog import __version__
from liveblog.languages import tag as language_tag

if TYPE_CHECKING:
    from django.db.models import QuerySet

MAX_BYTES = 30_000_000
#: The greatest number of pairs of passages in one file.
MAX_UNITS = 200_000
_BATCH = 1000
_MAX_DEPTH = 40

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
#: Elements of a segment that hold a program's own codes, not words.
_CODES = frozenset({"bpt", "ept", "ph", "it", "ut"})
_TIME = "%Y%m%dT%H%M%SZ"


class FileError(Exception):
    """The file cannot be imported. The message says why, in the active language."""


@dataclass
class Outcome:
    """The result of an import, in pairs of passages."""

    added: int = 0
    known: int = 0
    #: Entries without a pair of languages of this site, or without words.
    skipped: int = 0
    languages: set[str] = field(default_factory=set)


# Writing --------------------------------------------------------------------------------------------------------------


def write(found: QuerySet[TranslationUnit]) -> Iterator[str]:
    """Yield the lines of a TMX file with these units."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
    yield (
        f'<header creationtool="liveblog" creationtoolversion={quoteattr(__version__)} segtype="paragraph" '
        'o-tmf="HTML" adminlang="en" srclang="*all*" datatype="html"/>\n<body>\n'
    )
    for unit in found.iterator(chunk_size=_BATCH):
        moment = unit.reviewed_at.astimezone(datetime.UTC).strftime(_TIME) if unit.reviewed_at else ""
        changed = f' changedate="{moment}"' if moment else ""
        kind = f'<prop type="x-kind">{escape(unit.kind)}</prop>' if unit.kind else ""
        yield (
            f'<tu tuid="{unit.pk}" srclang="{language_tag(unit.source_language)}" datatype="html"{changed}>{kind}'
            f"{_variant(unit.source_language, unit.source)}{_variant(unit.language, unit.target)}</tu>\n"
        )
    yield "</body>\n</tmx>\n"


def _variant(language: str, passage: str) -> str:
    found, start, opened, number = [], 0, [], 0
    for tag in passages.TAG.finditer(passage):
        found.append(escape(decoded(passage[start : tag.start()])))
        start = tag.end()
        code = escape(tag[0])
        if tag[1] == "br":
            found.append(f'<ph type="lb">{code}</ph>')
        elif not tag[0].startswith("</"):
            number += 1
            opened.append(number)
            found.append(f'<bpt i="{number}">{code}</bpt>')
        elif opened:
            found.append(f'<ept i="{opened.pop()}">{code}</ept>')
        else:
            found.append(f'<it pos="end">{code}</it>')
    found.append(escape(decoded(passage[start:])))
    return f'<tuv xml:lang="{language_tag(language)}"><seg>{"".join(found)}</seg></tuv>'


# Reading --------------------------------------------------------------------------------------------------------------


def load(file: IO[bytes], name: str, source_language: str = "", *, check_only: bool = False) -> Outcome:
    """Add the pairs of a file to the memory. Raise FileError, and add nothing, if it has a fault.

    source_language   that of the originals; empty for the one that each entry states, or its first
    """
    outcome = Outcome()
    with transaction.atomic():
        entries = _entries(file, source_language, outcome)
        while batch := list(islice(entries, _BATCH)):
            _add(batch, name, outcome)
            if outcome.added + outcome.known > MAX_UNITS:
                raise FileError(_("The file has more than %(count)s entries. Split it.") % {"count": MAX_UNITS})
        if not outcome.added and not outcome.known:
            raise FileError(_("No entry in the file has texts in two languages of this site."))
        if check_only:
            transaction.set_rollback(True)
    return outcome


def _add(batch: list[TranslationUnit], name: str, outcome: Outcome) -> None:
    """Add the units that the memory does not have yet from a file."""
    of_files = TranslationUnit.objects.filter(translation=None, digest__in={unit.digest for unit in batch})
    known = {_key(unit) for unit in of_files}
    added = []
    for unit in batch:
        if (key := _key(unit)) in known:
            outcome.known += 1
            continue
        known.add(key)
        unit.file = name[:100]
        added.append(unit)
    TranslationUnit.objects.bulk_create(added, batch_size=500)
    outcome.added += len(added)


def _key(unit: TranslationUnit) -> tuple[str, ...]:
    return unit.source_language, unit.language, unit.kind, unit.digest, unit.target


def _entries(file: IO[bytes], source_language: str, outcome: Outcome) -> Iterator[TranslationUnit]:
    path: list[ET.Element] = []
    default = ""
    try:
        for event, element in iterparse(file, events=("start", "end")):
            name = _name(element)
            if event == "start":
                if not path and name != "tmx":
                    raise FileError(_("The file is XML, but not TMX."))
                path.append(element)
                if len(path) > _MAX_DEPTH:
                    raise FileError(_("The file is XML, but not TMX."))
                if name == "header":
                    default = element.get("srclang", "")
                continue
            path.pop()
            if name == "tu":
                yield from _units_of(element, source_language, default, outcome)
            if name == "tu" or (len(path) == 1 and name != "body"):
                # Free elements that have been read.
                path[-1].remove(element)
    except DefusedXmlException:
        raise FileError(_("The file declares XML entities, which aren’t allowed here. Remove them.")) from None
    except (ET.ParseError, ValueError, LookupError):
        raise FileError(_("The file isn’t well-formed XML.")) from None


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _units_of(entry: ET.Element, wanted: str, default: str, outcome: Outcome) -> Iterator[TranslationUnit]:
    texts: dict[str, str] = {}
    for variant in (child for child in entry if _name(child) == "tuv"):
        tag = variant.get(_XML_LANG) or variant.get("lang") or ""
        code = language_code(tag)
        if not code:
            outcome.languages.add(tag[:20])
            continue
        segment = next((child for child in variant if _name(child) == "seg"), None)
        if segment is not None:
            texts.setdefault(code, _passage(segment))
    stated = language_code(entry.get("srclang") or default)
    source_language = wanted or (stated if stated in texts else next(iter(texts), ""))
    source = texts.pop(source_language, "")
    source_is_text = bool(plain_text(source)) and len(source) <= units.MAX_LENGTH
    pairs = [(code, text) for code, text in texts.items() if plain_text(text) and len(text) <= units.MAX_LENGTH]
    if not source_is_text or not pairs:
        outcome.skipped += 1
        return
    moment = _moment(entry.get("changedate") or entry.get("creationdate") or "")
    kind = next((child.text or "" for child in entry if _name(child) == "prop" and child.get("type") == "x-kind"), "")
    for code, text in pairs:
        yield units.unit(
            source,
            text,
            passages.digest(source),
            source_language=source_language,
            language=code,
            kind=kind if kind in GlossaryTerm.Field.values else "",
            reviewed_at=moment,
        )


def _passage(segment: ET.Element) -> str:
    """Return a segment as a passage: allowed HTML without paragraphs."""
    parts: list[str] = []

    def read(element: ET.Element) -> None:
        parts.append(html.escape(element.text or "", quote=False))
        for child in element:
            if _name(child) in _CODES:
                code = "".join(child.itertext()).strip()
                tag = passages.TAG.fullmatch(code)
                parts.append(code if tag else "")
            else:
                read(child)
            parts.append(html.escape(child.tail or "", quote=False))

    read(segment)
    parted = passages.Parted(sanitise("".join(parts)))
    return " ".join(parted.passages)


def _moment(text: str) -> datetime.datetime | None:
    try:
        found = datetime.datetime.strptime(text, _TIME).replace(tzinfo=datetime.UTC)
    except ValueError:
        return None
    return min(found, timezone.now())


def lines(found: Iterable[str]) -> Iterator[bytes]:
    """Yield text in the encoding of TMX files."""
    return (each.encode() for each in found)

"""Terms as TBX-Basic (ISO 30042), which translation programs exchange.

Files are written in the second edition of 2019, in the style DCA. Files of the first edition, and in the style DCT, can
be read, too. In each entry the first language is that of the original, unless the user names another one.

The kind of text to which a term applies is its `termLocation`; the example is its `context`; forbidden words have the
administrative status of a deprecated term. TBX-Basic has no category for capitals and inflected forms.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from articles.translations.glossary.rows import MAX_ROWS, Reading, Row, kind_code, language_code
from articles.translations.models import GlossaryTerm
from liveblog.languages import tag as language_tag

_NAMESPACE = "urn:iso:std:iso:30042:ed-2"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_ENTRIES = frozenset({"conceptEntry", "termEntry"})
_LANGUAGES = frozenset({"langSec", "langSet"})
_TERMS = frozenset({"termSec", "tig", "ntig"})

_PREFERRED, _ADMITTED, _DEPRECATED = (f"{status}Term-admn-sts" for status in ("preferred", "admitted", "deprecated"))


# Writing --------------------------------------------------------------------------------------------------------------


def write(terms: Iterable[GlossaryTerm]) -> bytes:
    """Return a TBX file. Terms that differ only in the language of the translation are one entry."""
    root = ET.Element("tbx", {"type": "TBX-Basic", "style": "dca", "xml:lang": "en", "xmlns": _NAMESPACE})
    description = ET.SubElement(ET.SubElement(root, "tbxHeader"), "fileDesc")
    ET.SubElement(ET.SubElement(description, "titleStmt"), "title").text = "Glossary"
    ET.SubElement(ET.SubElement(description, "sourceDesc"), "p").text = "The glossary of a newsroom."
    body = ET.SubElement(ET.SubElement(root, "text"), "body")
    entries: dict[tuple[str, ...], ET.Element] = {}
    for term in terms:
        concept = (term.source_language, term.source, term.field, term.example)
        entry = entries.get(concept)
        if entry is None:
            entry = entries[concept] = ET.SubElement(body, "conceptEntry", {"id": f"c{term.pk}"})
            _write_original(entry, term)
        _write_translation(entry, term)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def _write_original(entry: ET.Element, term: GlossaryTerm) -> None:
    section = ET.SubElement(
        ET.SubElement(entry, "langSec", {"xml:lang": language_tag(term.source_language)}), "termSec"
    )
    ET.SubElement(section, "term").text = term.source
    if term.field:
        ET.SubElement(section, "termNote", {"type": "termLocation"}).text = term.field
    if term.example:
        ET.SubElement(section, "descrip", {"type": "context"}).text = term.example


def _write_translation(entry: ET.Element, row: GlossaryTerm) -> None:
    term = row.as_term()
    language = ET.SubElement(entry, "langSec", {"xml:lang": language_tag(row.language)})
    if term.note:
        ET.SubElement(language, "note").text = term.note
    written = [(term.expected, _PREFERRED)]
    written += [(word, _ADMITTED) for word in term.admitted]
    written += [(word, _DEPRECATED) for word in term.forbidden]
    for word, status in written:
        section = ET.SubElement(language, "termSec")
        ET.SubElement(section, "term").text = word
        ET.SubElement(section, "termNote", {"type": "administrativeStatus"}).text = status


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass
class _Language:
    """The part of an entry in one language."""

    code: str
    preferred: list[str] = field(default_factory=list)
    admitted: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    note: str = ""
    example: str = ""
    location: str = ""

    @property
    def right(self) -> list[str]:
        return [*self.preferred, *self.admitted]


def read(data: bytes, source_language: str = "") -> Reading:
    """Return the terms of a TBX file. `source_language` is that of the originals; empty for the first of each entry.

    Entities are not expanded, and nothing outside the file is read.
    """
    found = Reading(counts_entries=True)
    try:
        root = fromstring(data)
    except DefusedXmlException:
        found.fail(0, _("The file declares XML entities, which aren’t allowed here. Remove them."))
        return found
    except (ET.ParseError, ValueError, LookupError):
        found.fail(0, _("The file isn’t well-formed XML."))
        return found
    if _name(root) not in ("tbx", "martif"):
        found.fail(0, _("The file is XML, but not TBX."))
        return found
    for number, entry in enumerate((each for each in root.iter() if _name(each) in _ENTRIES), 1):
        _read_entry(found, number, entry, source_language)
        if len(found.rows) > MAX_ROWS:
            found.fail(number, _("The file has more than %(count)s terms. Split it.") % {"count": MAX_ROWS})
            break
    if not found.rows and not found.errors:
        found.fail(0, _("No entry in the file has terms in two languages of this site."))
    return found


def _name(element: ET.Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _read_entry(found: Reading, number: int, entry: ET.Element, source_language: str) -> None:
    languages: dict[str, _Language] = {}
    for section in (child for child in entry if _name(child) in _LANGUAGES):
        tag = section.get(_XML_LANG, "")
        code = language_code(tag)
        if code:
            _read_language(section, languages.setdefault(code, _Language(code)))
        else:
            found.skipped_languages.add(tag[:20])
    original = languages.pop(source_language or next(iter(languages), ""), None)
    if original is None or not languages:
        # An unsupported language is no error of the file.
        found.skipped_entries += 1
        return
    if not original.right:
        found.fail(number, _("The entry has no term in the source language."), "term")
        return
    kind = kind_code(original.location)
    if kind is None:
        # Other programs use it for other places, such as a menu.
        kind = ""
    shared_note = next((_text(child) for child in entry if _name(child) == "note"), "")
    for word in original.right:
        for language in languages.values():
            if not language.right:
                found.fail(number, _("The entry has only forbidden translations."), language.code)
                continue
            target, *others = language.right
            found.rows.append(
                Row(
                    number,
                    {
                        "source_language": original.code,
                        "language": language.code,
                        "field": kind,
                        "source": word,
                        "target": "" if target == word else target,
                        "admitted": "\n".join(others),
                        "forbidden": "\n".join(language.forbidden),
                        "note": language.note or shared_note,
                        "example": original.example,
                    },
                )
            )


def _read_language(section: ET.Element, language: _Language) -> None:
    for child in section:
        if _name(child) == "note":
            language.note = language.note or _text(child)
    for term_section in (child for child in section if _name(child) in _TERMS):
        word = next((_text(each) for each in term_section.iter() if _name(each) == "term"), "")
        categories = dict(_categories(term_section))
        language.example = language.example or categories.get("context", "")
        language.location = language.location or categories.get("termLocation", "")
        language.note = language.note or categories.get("note", "")
        status = categories.get("administrativeStatus", "").lower()
        if not word:
            continue
        if status.startswith(("deprecated", "superseded", "notrecommended")):
            language.forbidden.append(word)
        elif status.startswith("preferred"):
            language.preferred.append(word)
        else:
            language.admitted.append(word)


def _categories(section: ET.Element) -> Iterator[tuple[str, str]]:
    """Yield the data categories of a term: `type` of an element in the style DCA, its name in the style DCT."""
    for element in section.iter():
        yield element.get("type") or _name(element), _text(element)

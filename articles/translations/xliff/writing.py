"""Write the texts of an article for an agency."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from articles.models import Article, GlossaryTerm, Translation, Update
from articles.text.plaintext import plain_text
from articles.translations import columns, desk
from articles.translations.xliff import NAMESPACE, VERSION, inline
from articles.translations.xliff.texts import Texts
from liveblog.configuration.options import value
from liveblog.languages import column, tag
from liveblog.translation.terms import holding_in, occurring

if TYPE_CHECKING:
    from articles.translations.models import TranslationQuerySet
    from liveblog.translation.terms import Term

#: The greatest number of translations in one file.
MAX_TEXTS = 2_000

_XML = "{http://www.w3.org/XML/1998/namespace}"
_State = Translation.State
#: The state of a segment (XLIFF 2.1, section 4.3.1.29) by that of the translation. A machine draft does not count as a
#: translation.
_STATES: dict[str, dict[str, str]] = {
    _State.MACHINE: {"state": "initial", "subState": "liveblog:machine"},
    _State.REVIEW: {"state": "translated"},
    _State.REVIEWED: {"state": "reviewed"},
}
_OUTDATED = {"state": "translated", "subState": "liveblog:outdated"}


def rows(article: Article, source_language: str, language: str, *, everything: bool = False) -> TranslationQuerySet:
    """Return the translations of an article's texts to send; `everything`: also those that are reviewed.

    Drafts never leave the organisation; scheduled and submitted updates do if TRANSLATE_UNPUBLISHED is on.
    """
    states = ["published", *(["scheduled", "submitted"] if value("TRANSLATE_UNPUBLISHED") else [])]
    own = Q(article=article, article__source_language=source_language)
    of_updates = Q(update__article=article, update__source_language=source_language, update__state__in=states)
    found = Translation.objects.filter(own | of_updates, language=language).exclude(state=_State.REFUSED)
    if not everything:
        found = found.filter(~Q(state=_State.REVIEWED) | Q(outdated=True))
    found = found.select_related("article", "update__article", "update__embed")
    found = found.prefetch_related(*(f"update__{relation}" for relation in Update.RELATED_TEXTS.values()))
    ordered: TranslationQuerySet = found.order_by("update__first_published_at", "pk")
    return ordered


def write(found: list[Translation], source_language: str, language: str) -> bytes:
    """Return an XLIFF file with these translations."""
    languages = {"srcLang": tag(source_language), "trgLang": tag(language)}
    root = ET.Element("xliff", {"xmlns": NAMESPACE, "version": VERSION, **languages})
    root.text = "\n"
    terms = GlossaryTerm.between(source_language, language)
    for row in found:
        if (file := _file(row, terms)) is not None:
            file.tail = "\n"
            root.append(file)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def file_id(row: Translation) -> str:
    """Return the id that identifies a translation, its version and that of its original."""
    kind = "article" if row.article_id else "update"
    return f"{kind}-{row.article_id or row.update_id}-{desk.version_token(row)}"


def _file(row: Translation, terms: list[Term]) -> ET.Element | None:
    item = row.item
    texts = Texts(item, row.language)
    if not texts.units:
        return None
    file = ET.Element("file", {"id": file_id(row), f"{_XML}space": "preserve", "original": _address(item)})
    state = _OUTDATED if row.outdated and row.state == _State.REVIEWED else _STATES.get(row.state, {"state": "initial"})
    for unit in texts.units:
        element = ET.SubElement(file, "unit", {"id": unit.id})
        element.tail = "\n"
        _write_notes(element, texts, unit.field, unit.source, terms)
        source = inline.coded(unit.source)
        target = inline.aligned(source, unit.target) if unit.target else None
        inline.write_data(element, source.codes)
        # All states except the first require a target.
        segment = ET.SubElement(element, "segment", {"id": "s1", **(state if target else {"state": "initial"})})
        inline.write(ET.SubElement(segment, "source"), source)
        if target:
            inline.write(ET.SubElement(segment, "target"), target)
    file.text = "\n"
    return file


def _write_notes(unit: ET.Element, texts: Texts, field: str, passage: str, terms: list[Term]) -> None:
    """Write the notes on a unit for the translator: the kind of text, its limit, and the terms that occur in it."""
    owner, name = columns.owner_of(texts.item, field)
    stored = owner._meta.get_field(column(name, texts.language))
    kind = GlossaryTerm.kind_of(field)
    notes = [("kind", kind)]
    if (longest := getattr(stored, "max_length", None)) and field not in texts.rich:
        notes.append(("limit", f"At most {longest} characters."))
    present = occurring(holding_in(terms, kind), plain_text(passage), texts.item.source_language)
    notes += [
        ("term", f"{term.source} → {term.expected}" + (f" ({term.note})" if term.note else "")) for term in present
    ]
    element = ET.SubElement(unit, "notes")
    for category, text in notes:
        ET.SubElement(element, "note", {"category": category}).text = text


def _address(item: Article | Update) -> str:
    return f"{settings.SITE_URL}{item.url(item.source_language)}"

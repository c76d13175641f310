"""The newsroom's wording as gettext catalogues, which every translation tool reads (GNU gettext, "PO Files")."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from liveblog.lists import labelled
from liveblog.numbers import number
from liveblog.release import RELEASE
from liveblog.wording import catalogue, current, rules
from liveblog.wording.catalogue import Message
from liveblog.wording.models import Wording

#: No language has more plural forms (Unicode CLDR, "Language Plural Rules"). Babel allocates as many as a file states.
_MAX_FORMS = 6
_STATED_FORMS = re.compile(rb"nplurals\s*=\s*(\d+)")
#: The number of errors that are listed; the rest is counted.
_MAX_NAMED = 10


def exported(language: str) -> bytes:
    """Return all texts of the newsroom in a language, with the product's texts in comments."""
    file = Catalog(project="liveblog", version=RELEASE, fuzzy=False, charset="utf-8")
    file.mime_headers = [
        *((name, value) for name, value in file.mime_headers if name not in ("Language", "Plural-Forms")),
        ("Language", language),
        ("Plural-Forms", catalogue.plural_forms(language)),
    ]
    known = catalogue.messages()
    for wording in Wording.objects.in_force().filter(language=language):
        comments = [f"Product: {text}".replace("\n", " ") for text in wording.product_texts]
        if wording.key not in known:
            comments.append("No longer used by this release.")
        file.add(
            (wording.message, wording.plural) if wording.plural else wording.message,
            tuple(wording.texts) if wording.plural else wording.texts[0],
            context=wording.context or None,
            auto_comments=comments,
        )
    written = io.BytesIO()
    write_po(written, file, width=0)
    return written.getvalue()


@dataclass
class Imported:
    """The changes that a catalogue would make: texts by message. `unknown`: the English of unknown messages."""

    words: list[tuple[Message, list[str]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    #: The number of entries that would change nothing.
    same: int = 0


def read(content: bytes, language: str) -> Imported:
    """Return the texts of a catalogue. Raise ValidationError with all its errors.

    Empty, fuzzy and obsolete entries are ignored.
    """
    unreadable = ValidationError(_("This isn’t a PO file that can be read."))
    if any((number(stated.decode(), maximum=_MAX_FORMS) is None) for stated in _STATED_FORMS.findall(content)):
        raise unreadable
    try:
        file = read_po(io.BytesIO(content), abort_invalid=True)
    # LookupError: an unknown encoding, or more plural forms than the file states.
    except (PoFileError, UnicodeDecodeError, LookupError, ValueError, SyntaxError, RecursionError):
        raise unreadable from None
    named = next((value for name, value in file.mime_headers if name == "Language"), "").replace("_", "-")
    if named and named.lower() != language.lower() and named.lower() != "none":
        raise ValidationError(_("The file is for the language “%(language)s”.") % {"language": named})
    mine = {wording.key: wording for wording in Wording.objects.in_force().filter(language=language)}
    known = catalogue.messages()
    found, errors = Imported(), []
    for entry in file:
        texts = _texts_of(entry)
        if not entry.id or entry.fuzzy or not any(texts):
            continue
        singular, plural = catalogue.english_of(entry)
        message = Message(entry.context or "", singular, plural)
        if message.key not in known or known[message.key].plural != plural:
            if message.key not in mine or mine[message.key].texts != texts:
                found.unknown.append(singular)
            else:
                found.same += 1
            continue
        product = current.product_texts(language, message)
        if len(texts) != len(product) or not all(texts):
            errors.append(labelled(singular[:80], _("the number of plural forms is wrong.")))
            continue
        texts = [rules.normal(text, source) for text, source in zip(texts, product, strict=True)]
        for form, text in enumerate(texts):
            try:
                rules.check(message, product, form, text)
            except ValidationError as error:
                errors += [labelled(singular[:80], text) for text in error.messages]
        shown = mine[message.key].texts if message.key in mine else product
        if texts == shown:
            found.same += 1
        else:
            found.words.append((message, [] if texts == product else texts))
    if errors:
        more = len(errors) - _MAX_NAMED
        hidden = [_("There are more errors: %(number)d.") % {"number": more}] if more > 0 else []
        raise ValidationError([*errors[:_MAX_NAMED], *hidden])
    return found


def _texts_of(entry: Any) -> list[str]:
    return [text or "" for text in (entry.string if isinstance(entry.string, (tuple, list)) else [entry.string])]

"""Caption, credit line and alternative text that agencies write into their files (IPTC and XMP)."""

from __future__ import annotations

import re
from contextlib import suppress

from defusedxml import ElementTree
from PIL import ImageFile, IptcImagePlugin

from liveblog.blank import is_blank

#: Texts by the names of the fields of a picture.
Texts = dict[str, str]

_UTF8 = b"\x1b%G"
_CHARSET, _BYLINE, _CREDIT, _CAPTION = (1, 90), (2, 80), (2, 110), (2, 120)
_XMP = {
    "caption": "{http://purl.org/dc/elements/1.1/}description",
    "creator": "{http://purl.org/dc/elements/1.1/}creator",
    "credit": "{http://ns.adobe.com/photoshop/1.0/}Credit",
    "alt": "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}AltTextAccessibility",
}
_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_MAX_LENGTHS = {"caption": 500, "credit": 200, "alt": 300}


def texts_of(image: ImageFile.ImageFile) -> Texts:
    """Return the texts in the metadata of a file. Broken metadata is ignored."""
    found: Texts = {}
    for read in (_iptc, _xmp):
        # The input is untrusted, and many programs write it incorrectly.
        with suppress(Exception):
            found |= {name: text for name, text in read(image).items() if text}
    creator = found.pop("creator", "")
    if creator and creator.casefold() not in found.get("credit", "").casefold():
        found["credit"] = " / ".join(filter(None, (creator, found.get("credit"))))
    return {
        name: found[name][:most].strip() for name, most in _MAX_LENGTHS.items() if not is_blank(found.get(name, ""))
    }


def _iptc(image: ImageFile.ImageFile) -> Texts:
    info = IptcImagePlugin.getiptcinfo(image) or {}
    encodings = ("utf-8",) if info.get(_CHARSET) == _UTF8 else ("utf-8", "cp1252", "latin-1")

    def text(key: tuple[int, int]) -> str:
        value = info.get(key, b"")
        values = value if isinstance(value, list) else [value]
        return ", ".join(filter(None, (_plain(_text_of(each, encodings)) for each in values)))

    return {"caption": text(_CAPTION), "credit": text(_CREDIT), "creator": text(_BYLINE)}


def _text_of(value: bytes, encodings: tuple[str, ...]) -> str:
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return value.decode(encoding)
    return ""


def _xmp(image: ImageFile.ImageFile) -> Texts:
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if not raw:
        return {}
    root = ElementTree.fromstring(raw)
    found = {}
    for name, tag in _XMP.items():
        for element in root.iter():
            # Short values are attributes, others are elements or lists of elements.
            if tag in element.attrib:
                found[name] = _plain(element.attrib[tag])
            elif element.tag == tag:
                items = [item.text or "" for item in element.iter(_ITEM)] or [element.text or ""]
                # A list of creators has several people; any other list has one text in several languages.
                found[name] = ", ".join(map(_plain, items)) if name == "creator" else _plain(items[0])
    return found


def _plain(text: str) -> str:
    """Return text as one line without control characters and direction marks."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+", " ", text).strip()

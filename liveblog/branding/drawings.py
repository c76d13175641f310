"""Check logos and icons of a newsroom: PNG and JPEG are encoded again, SVG keeps only its drawing."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, register_namespace, tostring

from defusedxml import DefusedXmlException, ElementTree
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _
from PIL import Image

MAX_BYTES = 300_000
MIN_HEIGHT = 64
MAX_SIDE = 2000
#: For the file dialogue.
ACCEPT = "image/svg+xml,image/png,image/webp"

_SVG = "http://www.w3.org/2000/svg"
register_namespace("", _SVG)
register_namespace("xlink", "http://www.w3.org/1999/xlink")
_XLINK = "{http://www.w3.org/1999/xlink}href"
#: The elements of a drawing (SVG 2), without scripts, links, foreign content and animations.
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text"})
_ELEMENTS = _SHAPES | {
    *("svg", "g", "defs", "title", "desc", "symbol", "use", "tspan", "style", "clipPath", "mask", "pattern"),
    *("linearGradient", "radialGradient", "stop"),
    *("filter", "feGaussianBlur", "feOffset", "feBlend", "feColorMatrix", "feMerge", "feMergeNode", "feFlood"),
    "feComposite",
}
#: Values that load or run something, in styles and presentation attributes.
_REMOTE = re.compile(r"@import|expression|javascript:|url\((?!\s*['\"]?\s*#)", re.IGNORECASE)
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*")


@dataclass(frozen=True)
class Drawing:
    """A logo or icon as it is stored, with its size in CSS pixels."""

    content: bytes
    extension: str
    width: int
    height: int


def drawing_of(file: File) -> Drawing:
    """Return an uploaded logo. Raise ValidationError, in the active language, if it cannot be used."""
    if not file.size:
        raise ValidationError(_("The file is empty."))
    if file.size > MAX_BYTES:
        raise ValidationError(_("The file is larger than %(limit)s kB.") % {"limit": MAX_BYTES // 1000})
    file.seek(0)
    content = file.read()
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return _vector(content) if head.startswith((b"<?xml", b"<svg", b"<!--")) else _raster(content)


def _raster(content: bytes) -> Drawing:
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "WEBP"))
        if max(image.size) > MAX_SIDE:
            raise ValidationError(_("No side may be longer than %(limit)s pixels.") % {"limit": MAX_SIDE})
        image.load()
    except ValidationError:
        raise
    # For broken files, decoders raise exceptions of all kinds.
    except Exception as error:
        raise ValidationError(_("This file can’t be used as a logo. Use SVG, PNG or WebP.")) from error
    if image.height < MIN_HEIGHT:
        raise ValidationError(
            _("The picture is %(height)s pixels high. The minimum is %(least)s.")
            % {"height": image.height, "least": MIN_HEIGHT}
        )
    pixels = image.convert("RGBA")
    data = io.BytesIO()
    pixels.save(data, "PNG", optimize=True)
    return Drawing(data.getvalue(), "png", pixels.width, pixels.height)


def _vector(content: bytes) -> Drawing:
    try:
        root = ElementTree.fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ValidationError(_("The SVG file is damaged or contains more than a drawing.")) from error
    if root.tag != f"{{{_SVG}}}svg":
        raise ValidationError(_("This isn’t an SVG file."))
    size = _size(root)
    if size is None:
        raise ValidationError(_("The drawing has no size. Export it with a view box, or with width and height."))
    _clean(root)
    if not any(element.tag.rpartition("}")[2] in _SHAPES for element in root.iter()):
        raise ValidationError(_("The drawing is blank."))
    width, height = size
    scale = 1000 / max(width, height)
    return Drawing(
        tostring(root, encoding="utf-8", xml_declaration=False),
        "svg",
        max(1, round(width * scale)),
        max(1, round(height * scale)),
    )


def _clean(element: Element) -> None:
    """Remove from an element everything that does not belong to a drawing."""
    for child in list(element):
        name = str(child.tag)
        if not name.startswith(f"{{{_SVG}}}") or name.rpartition("}")[2] not in _ELEMENTS:
            element.remove(child)
        else:
            _clean(child)
    attributes = element.attrib
    for name, value in list(attributes.items()):
        is_reference = name in ("href", _XLINK)
        foreign = name.startswith("{") and name != _XLINK
        if (
            foreign
            or name.lower().startswith("on")
            or _REMOTE.search(value)
            or (is_reference and not value.startswith("#"))
        ):
            del attributes[name]
    text = element.text
    if str(element.tag).endswith("}style") and text and _REMOTE.search(text):
        element.text = ""


def _size(root: Element) -> tuple[float, float] | None:
    """Return the width and height of a drawing in its own units."""
    attributes = root.attrib
    box = re.split(r"[\s,]+", attributes.get("viewBox", "").strip())
    try:
        width, height = float(box[2]), float(box[3])
    except (IndexError, ValueError):
        found = [_NUMBER.fullmatch(attributes.get(name, "")) for name in ("width", "height")]
        if None in found:
            return None
        width, height = (float(each[1]) for each in found if each)
        attributes["viewBox"] = f"0 0 {width:g} {height:g}"
    return (width, height) if 0 < width < 1e6 and 0 < height < 1e6 else None

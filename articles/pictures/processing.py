"""Re-encode uploaded pictures from their pixels, and keep nothing else of the file.

Positions, serial numbers, thumbnails of cropped parts and hidden archives are dropped, because only pixels are copied.
Texts that agencies write into the metadata are returned for the form.
"""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageFile, ImageOps

from articles.pictures import repairing
from articles.pictures.ground import on_ground
from articles.pictures.metadata import Texts, texts_of

logger = logging.getLogger(__name__)

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
#: For the file dialogue.
ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/gif"

MAX_BYTES = 30_000_000
MAX_PIXELS = 40_000_000
#: The greatest longer side of a stored picture, and the least shorter side of an upload, in pixels.
MAX_SIDE = 2560
MIN_SIDE = 16
#: The greatest ratio of the longer to the shorter side.
MAX_RATIO = 12

#: The first bytes of picture files, damaged or not.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")

#: Limits memory: re-encoding a picture, or making its renditions, takes 100 MB and more.
slots = BoundedSemaphore(2)


class Cleaned(ContentFile):
    """A file that this module has encoded."""


@dataclass(frozen=True)
class ProcessedUpload:
    file: Cleaned
    texts: Texts


def process_upload(file: File) -> ProcessedUpload:
    """Re-encode an uploaded picture. Raise ValidationError, in the active language, if it cannot be used."""
    size = file.size
    if not size:
        raise ValidationError(_("The file is empty."), code="empty")
    if size > MAX_BYTES:
        raise ValidationError(
            _("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1_000_000}, code="large"
        )
    file.seek(0)
    head = file.read(1024)
    file.seek(0)
    with slots:
        content, profile = repairing.without_extras(file)
        image = _open(content, head)
        if profile:
            image.info["icc_profile"] = profile
        texts = texts_of(image)
        return ProcessedUpload(_encode(_decode(image, content)), texts)


def metadata_in(head: File) -> Texts:
    """Return the texts in the first bytes of an original that the browser has scaled down."""
    with suppress(Exception):
        content, _profile = repairing.without_extras(io.BytesIO(head.read(1_000_000)))
        return texts_of(Image.open(content, formats=FORMATS))
    return {}


def _open(file: repairing.Source, head: bytes) -> ImageFile.ImageFile:
    """Open and check a picture by its header, without decoding it."""
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    # For broken files, decoders raise exceptions of all kinds, such as SyntaxError and struct.error.
    except Exception:
        raise _not_a_picture(head) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_RATIO * min(width, height):
        raise ValidationError(
            _("The picture is too small or too narrow: %(width)s × %(height)s pixels.")
            % {"width": width, "height": height},
            code="small",
        )
    # Phones add a second view to a JPEG (MPO), which is no animation.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise ValidationError(
            _("Animated images aren’t supported. Save a single frame as JPEG or PNG."), code="animated"
        )
    return image


def _not_a_picture(head: bytes) -> ValidationError:
    if b"<svg" in head.lower():
        return ValidationError(_("SVG files can contain scripts. Export the graphic as PNG."), code="drawing")
    if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif"):
        return ValidationError(_("HEIC isn’t supported. Save the photo as JPEG."), code="heic")
    if head.startswith(_SIGNATURES) or head[4:12] == b"ftypavif":
        return _damaged()
    return ValidationError(_("This file type isn’t supported. Use JPEG, PNG, WebP, AVIF or GIF."), code="type")


def _damaged() -> ValidationError:
    return ValidationError(_("The picture is damaged or incomplete."), code="damaged")


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture has more than %(limit)s megapixels. Reduce its size first.")
        % {"limit": MAX_PIXELS // 1_000_000},
        code="pixels",
    )


def _decode(image: ImageFile.ImageFile, file: repairing.Source) -> Image.Image:
    """Return the pixels upright, in sRGB, at most MAX_SIDE long."""
    try:
        pixels: Image.Image | None = _pixels(image)
    except Exception:
        logger.info("A picture could not be decoded.", exc_info=True)
        pixels = _completed(file) if image.format in ("JPEG", "MPO") else None
    if pixels is None:
        raise _damaged()
    upright = pixels
    # A broken orientation is ignored.
    with suppress(Exception):
        upright = ImageOps.exif_transpose(pixels)
    result = _in_srgb(upright)
    result.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return result


def _pixels(image: ImageFile.ImageFile) -> Image.Image:
    """Decode a picture, scaled down as early as possible: each later step holds a copy."""
    scale = MAX_SIDE / max(image.size)
    # A JPEG can be decoded at a half or a quarter of its size.
    image.draft(None, (int(image.width * scale), int(image.height * scale)))
    image.load()
    if image.mode in ("L", "RGB", "RGBA", "CMYK"):
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return image


def _completed(file: repairing.Source) -> Image.Image | None:
    """Return the pixels of a JPEG whose end is missing; None if more is missing."""
    file.seek(0)
    with suppress(Exception):
        return repairing.completed(file.read(), lambda content: _pixels(Image.open(content, formats=("JPEG",))))
    return None


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    alpha = None
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    if profile:
        # A profile that is broken or of another colour mode is ignored.
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    image = image.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        image.putalpha(alpha)
    return image


def _encode(image: Image.Image) -> Cleaned:
    data = io.BytesIO()
    # Pillow would copy comments, profiles and XMP of the source into the new file.
    image.info = {}
    if image.mode == "RGBA":
        # Most transparent pictures are charts and logos, whose edges JPEG would blur.
        on_ground(image).save(data, "PNG", optimize=True)
        return Cleaned(data.getvalue(), "picture.png")
    image.save(data, "JPEG", quality=88, optimize=True, progressive=True)
    return Cleaned(data.getvalue(), "picture.jpg")

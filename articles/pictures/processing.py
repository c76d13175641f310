"""What is let in of the files that people send: a picture made anew from its pixels, and nothing else of the file.

Position, serial numbers, thumbnails of what was cut off, hidden archives: all that a file carries beside its picture
stays outside, because only pixels are taken over. Words that agencies write into their files are offered to the form.
"""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageFile, ImageOps

from articles.pictures.metadata import Texts, texts_of

logger = logging.getLogger(__name__)

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
#: For the file dialogue.
ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/gif"

MAX_BYTES = 30_000_000
MAX_PIXELS = 40_000_000
#: The longer side of what is kept, and the shorter side of what is taken, in pixels.
MAX_SIDE = 2560
MIN_SIDE = 16
#: How many times as long as it is wide a picture may be.
MAX_RATIO = 12

#: What files begin with that are pictures, be they damaged or not.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")

#: A picture takes 100 MB and more while it is made anew, or renditions of it; so only so many are at once.
at_once = BoundedSemaphore(2)


class Cleaned(ContentFile):
    """A file that was made here."""


@dataclass(frozen=True)
class ProcessedUpload:
    file: Cleaned
    words: Texts


def process_upload(file: Any) -> ProcessedUpload:
    """Make a picture anew from a file that somebody sent. ValidationError, in their language, where it is not used."""
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
    with at_once:
        image = _opened(file, head)
        words = texts_of(image)
        return ProcessedUpload(_written(_decoded(image)), words)


def metadata_in(head: Any) -> Texts:
    """The words in the beginning of a file whose picture was made smaller on its way."""
    with suppress(Exception):
        return texts_of(Image.open(io.BytesIO(head.read(1_000_000)), formats=FORMATS))
    return {}


def _opened(file: Any, head: bytes) -> ImageFile.ImageFile:
    """The picture, not decoded yet: only what it says of itself is known."""
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    # Decoders of broken files raise whatever comes to hand, up to SyntaxError and struct.error.
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
    # Phones put a second view behind a JPEG, which is no animation.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise ValidationError(
            _("Moving pictures cannot be used. Save one frame of it as JPEG or PNG."), code="animated"
        )
    return image


def _not_a_picture(head: bytes) -> ValidationError:
    if b"<svg" in head.lower():
        return ValidationError(
            _("SVG drawings may contain programs and cannot be used. Export it as PNG."), code="drawing"
        )
    if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif"):
        return ValidationError(_("HEIC photos cannot be used. Save it as JPEG."), code="heic")
    if head.startswith(_SIGNATURES) or head[4:12] == b"ftypavif":
        return _damaged()
    return ValidationError(_("This is not a picture that can be used. JPEG, PNG, WebP, AVIF and GIF can."), code="type")


def _damaged() -> ValidationError:
    return ValidationError(_("The picture is damaged or incomplete."), code="damaged")


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture has more than %(limit)s megapixels. Make it smaller first.")
        % {"limit": MAX_PIXELS // 1_000_000},
        code="pixels",
    )


def _decoded(image: ImageFile.ImageFile) -> Image.Image:
    """The pixels: upright, in sRGB or gone, no larger than is kept."""
    scale = MAX_SIDE / max(image.size)
    try:
        # A JPEG can be decoded at a half or a quarter of its size.
        image.draft(None, (int(image.width * scale), int(image.height * scale)))
        image.load()
    except Exception:
        logger.info("A picture could not be decoded.", exc_info=True)
        raise _damaged() from None
    # As early as may be: each of the following steps holds a copy.
    if image.mode in ("L", "RGB", "RGBA", "CMYK"):
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    upright: Image.Image = image
    # A broken orientation is none.
    with suppress(Exception):
        upright = ImageOps.exif_transpose(image)
    made = _in_srgb(upright)
    made.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return made


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
        # A profile that is broken, or of another kind of picture, says nothing about the colours.
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    image = image.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        image.putalpha(alpha)
    return image


def _written(image: Image.Image) -> Cleaned:
    data = io.BytesIO()
    # Pillow writes comments, profiles and XMP that came with a file into the next one.
    image.info = {}
    if image.mode == "RGBA":
        image.save(data, "PNG", optimize=True)
        return Cleaned(data.getvalue(), "picture.png")
    image.save(data, "JPEG", quality=88, optimize=True, progressive=True)
    return Cleaned(data.getvalue(), "picture.jpg")

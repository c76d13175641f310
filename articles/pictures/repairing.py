"""Read pictures despite faults in parts that are discarded anyway.

Pillow refuses a whole PNG for a large text in it, and a whole JPEG for a missing end. This module removes the parts of
a file that no pixel depends on before Pillow reads it, and adds a missing end. Nothing is decompressed beyond a limit.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import BinaryIO

from django.core.files.base import File
from PIL import Image, ImageChops

#: A file, uploaded or in memory.
Source = BinaryIO | File

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

#: In bytes, decompressed. Larger colour profiles and texts are removed; Pillow accepts texts of that size.
_MAX_PROFILE, _MAX_TEXT = 8_000_000, 1_000_000
_OF_ANIMATIONS = frozenset({b"acTL", b"fcTL", b"fdAT"})
#: The lengths that tRNS can have, by colour type (section 11.3.1.1).
_TRANSPARENCY_LENGTHS = {0: range(2, 3), 2: range(6, 7), 3: range(1, 257)}
#: Keywords of texts that are read: XMP, and EXIF in the form of some programs.
_READ_TEXTS = frozenset({b"XML:com.adobe.xmp", b"Raw profile type exif"})

_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
#: Data that does not decode to a plain area.
_FILLING = b"\x55" * 4096
#: The share of the height that may be missing at the bottom of a JPEG.
_MAX_MISSING = 0.05
#: The number of rows above the missing ones that scaling mixes with them.
_MIXED_ROWS = 4

#: Chunks of pixels.
_WEBP_PICTURE = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
#: Chunks of metadata, and their flags in the chunk VP8X.
_WEBP_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}


def without_extras(file: Source) -> tuple[Source, bytes]:
    """Return a picture without the parts that do not affect pixels, and the colour profile of a PNG.

    Other files are returned unchanged.
    """
    file.seek(0)
    signature = file.read(len(_PNG_SIGNATURE))
    if signature == _PNG_SIGNATURE:
        return _png_without_extras(file)
    file.seek(0)
    if signature.startswith(_JPEG_START):
        return _jpeg_without_extras(file), b""
    return (_webp_without_extras(file) if signature.startswith(b"RIFF") else file), b""


# PNG (https://www.w3.org/TR/png-3/) -----------------------------------------------------------------------------------


def _png_without_extras(file: Source) -> tuple[BinaryIO, bytes]:
    """Return a PNG without chunks that do not matter, and its colour profile. `file` must be after the signature."""
    kept, profile, colour_type, is_animated = io.BytesIO(), None, -1, False
    unread_texts = set(_READ_TEXTS)
    kept.write(_PNG_SIGNATURE)
    for kind, data, chunk in _chunks(file):
        is_sound = zlib.crc32(kind + data) == int.from_bytes(chunk[-4:], "big")
        if kind[:1].isupper():
            # A critical chunk: without it, or with a broken one, there is no picture.
            if kind == b"IHDR" and len(data) == 13:
                colour_type = data[9]
            kept.write(chunk)
        elif not is_sound:
            continue
        elif kind == b"iCCP":
            # Only the first one counts, so that a file cannot make us decompress thousands.
            profile = _profile_in(data) if profile is None else profile
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword = data.partition(b"\0")[0]
            if keyword in unread_texts:
                unread_texts.remove(keyword)
                if _is_small(kind, data):
                    kept.write(chunk)
        elif kind in _OF_ANIMATIONS:
            is_animated |= kind == b"acTL" and len(data) == 8 and int.from_bytes(data[:4], "big") > 1
            if is_animated:
                kept.write(chunk)
        elif kind == b"eXIf" or (kind == b"tRNS" and len(data) in _TRANSPARENCY_LENGTHS.get(colour_type, ())):
            kept.write(chunk)
    kept.seek(0)
    return kept, profile or b""


def _chunks(file: Source) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the type, the data and the whole of each chunk; the last one may be truncated."""
    while len(head := file.read(8)) == 8:
        length = int.from_bytes(head[:4], "big")
        # Do not allocate memory for a false length; no upload is that large.
        rest = file.read(min(length + 4, 100_000_000))
        yield head[4:], rest[:length], head + rest
        if head[4:] == b"IEND":
            return


def _is_small(kind: bytes, data: bytes) -> bool:
    """Return whether a text, decompressed, is small enough for Pillow."""
    _keyword, _zero, rest = data.partition(b"\0")
    if kind == b"zTXt":
        return _inflated(rest[1:], _MAX_TEXT) is not None
    if kind == b"iTXt" and rest[:1] == b"\1":
        return _inflated(rest[2:].split(b"\0", 2)[-1], _MAX_TEXT) is not None
    return len(data) <= _MAX_TEXT


def _profile_in(data: bytes) -> bytes:
    _name, _zero, rest = data.partition(b"\0")
    return _inflated(rest[1:], _MAX_PROFILE) or b"" if rest[:1] == b"\0" else b""


def _inflated(data: bytes, limit: int) -> bytes | None:
    """Return decompressed data; empty if it is invalid, and None if it would be larger than `limit`."""
    with suppress(zlib.error):
        found = zlib.decompressobj().decompress(data, limit + 1)
        return found if len(found) <= limit else None
    return b""


# JPEG (ITU-T T.81) ----------------------------------------------------------------------------------------------------


def _jpeg_without_extras(file: Source) -> BinaryIO:
    """Return a JPEG without application segments and comments that are not read, such as a list of further pictures."""
    content = file.read()
    kept = io.BytesIO()
    kept.write(_JPEG_START)
    end = len(_JPEG_START)
    for marker, data, at in _segments(content):
        if marker == 0xDA:
            # The data of the first scan, and all that follows.
            kept.write(content[at:])
            break
        if not _is_extra(marker, data):
            kept.write(content[at : at + 4 + len(data)])
        end = at + 4 + len(data)
    else:
        kept.write(content[end:])
    kept.seek(0)
    return kept


def _is_extra(marker: int, data: bytes) -> bool:
    if marker == 0xE0:
        return len(data) < 14
    if marker == 0xE2:
        return not data.startswith(b"ICC_PROFILE\0") or len(data) < 14
    # EXIF and XMP, IPTC, and Adobe's segment, which says how colours are stored.
    return marker == 0xFE or (0xE0 < marker < 0xF0 and marker not in (0xE1, 0xED, 0xEE))


def completed(content: bytes, decode: Callable[[io.BytesIO], Image.Image]) -> Image.Image | None:
    """Return the pixels of a JPEG whose end is missing, without the rows that are; None if too much is missing.

    decode   opens and decodes a JPEG
    """
    if not _has_all_scans(content):
        return None
    # Rows without data differ between two decodings with different padding.
    content = content.rstrip(b"\xff")
    short, filled = (decode(io.BytesIO(content + filling + _JPEG_END)) for filling in (b"", _FILLING))
    differing = ImageChops.difference(short, filled).getbbox()
    if differing is None:
        return short
    rows = differing[1] - _MIXED_ROWS
    if rows < short.height * (1 - _MAX_MISSING):
        return None
    return short.crop((0, 0, short.width, rows))


def _has_all_scans(content: bytes) -> bool:
    """Return whether the last scan of a progressive JPEG has begun; true of any other JPEG."""
    progressive, missing = False, set[tuple[int, int]]()
    for marker, data, _at in _segments(content):
        if marker in (0xC2, 0xC6):
            progressive = True
            components = [data[6 + 3 * number] for number in range(data[5])]
            missing = {(component, coefficient) for component in components for coefficient in range(64)}
        elif marker == 0xDA and progressive:
            count = data[0]
            first, last, bits = data[1 + 2 * count : 4 + 2 * count]
            if bits & 0x0F == 0:
                for number in range(count):
                    missing -= {(data[1 + 2 * number], coefficient) for coefficient in range(first, last + 1)}
    return not missing


def _segments(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield the marker, the data and the place of each segment. A truncated one is omitted."""
    at = 2
    while 0 <= (at := content.find(b"\xff", at)) < len(content) - 3:
        marker = content[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD9:
            # Stuffing in the data of a scan, a restart, or padding.
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if at + 2 + length > len(content):
            return
        yield marker, content[at + 4 : at + 2 + length], at
        at += 2 + max(length, 2)


# WebP (RFC 9649) ------------------------------------------------------------------------------------------------------


def _webp_without_extras(file: Source) -> BinaryIO:
    """Return a WebP without truncated and unknown chunks, with correct sizes and flags in its header."""
    content = file.read()
    kinds, kept = set(), io.BytesIO()
    at = 12
    while at + 8 <= len(content):
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        chunk = content[at : at + 8 + size]
        if kind in _WEBP_PICTURE or (kind in _WEBP_FLAGS and len(chunk) == 8 + size):
            kinds.add(kind)
            kept.write(chunk + bytes(size % 2))
        at += 8 + size + size % 2
    found = kept.getvalue()
    if found.startswith(b"VP8X") and len(found) > 8:
        lacking = sum(flag for kind, flag in _WEBP_FLAGS.items() if kind not in kinds)
        found = found[:8] + bytes([found[8] & ~lacking]) + found[9:]
    return io.BytesIO(b"RIFF" + (len(found) + 4).to_bytes(4, "little") + content[8:12] + found)

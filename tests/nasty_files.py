"""Unexpected files: broken, hostile, huge, or of another type."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from PIL import Image, ImageCms

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><script>alert(1)</script></svg>'


class Nasty(NamedTuple):
    name: str
    content: bytes
    #: The code of the refusal; "" if the picture is accepted.
    answer: str
    content_type: str = "image/jpeg"


def made(kind: str = "JPEG", size: tuple[int, int] = (96, 64), mode: str = "RGB", **how: Any) -> bytes:
    data = io.BytesIO()
    gradient = Image.linear_gradient("L").resize(size)
    image = (
        gradient.convert(mode) if mode not in ("RGBA", "CMYK", "I;16") else Image.new(mode, size, how.pop("colour", 0))
    )
    image.save(data, kind, **how)
    return data.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, body: bytes = b"") -> bytes:
    """Return a PNG with the given header."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_size_in_header(content: bytes, width: int, height: int) -> bytes:
    """Return a JPEG whose header declares a false size."""
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def with_segment(marker: int, data: bytes, content: bytes | None = None) -> bytes:
    content = content or made()
    return content[:2] + segment(marker, data) + content[2:]


def exif(**tags: Any) -> Image.Exif:
    found = Image.Exif()
    for tag, value in {"orientation": 0x0112, "artist": 0x013B, "make": 0x010F}.items():
        if tag in tags:
            found[value] = tags[tag]
    if "gps" in tags:
        found.get_ifd(0x8825).update({1: "N", 2: (44.0, 25.0, 36.0), 3: "E", 4: (26.0, 6.0, 9.0)})
    return found


def animated(kind: str) -> bytes:
    data = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue")]
    frames[0].save(data, kind, save_all=True, append_images=frames[1:], duration=100, loop=0)
    return data.getvalue()


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as into:
        into.writestr("evil.class", b"\xca\xfe\xba\xbe")
    return data.getvalue()


def webp_canvas(width: int, height: int) -> bytes:
    """Return an extended WebP with a huge, empty canvas."""
    head = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", len(head) + 4) + b"WEBP" + head


def refused() -> Iterator[Nasty]:
    whole, lossless, webp, avif = made(), made("PNG"), made("WEBP"), made("AVIF")
    yield Nasty("nothing.jpg", b"", "empty")
    yield Nasty("one-byte.jpg", b"\xff", "type")
    yield Nasty("zeros.jpg", bytes(4096), "type")
    yield Nasty("only-a-signature.jpg", b"\xff\xd8\xff", "damaged")
    yield Nasty("only-a-signature.png", b"\x89PNG\r\n\x1a\n", "damaged", "image/png")
    yield Nasty("only-a-signature.gif", b"GIF89a", "damaged", "image/gif")
    yield Nasty("only-a-signature.webp", b"RIFF\x04\x00\x00\x00WEBP", "damaged", "image/webp")
    yield Nasty("too-large.jpg", whole + bytes(30_000_000), "large")
    # Files of another type than their names say.
    yield Nasty("script.svg", SVG.encode(), "drawing", "image/svg+xml")
    yield Nasty("script-in-a.jpg", SVG.encode(), "drawing")
    yield Nasty("upper-case.svg", b'<?xml version="1.0"?>\n<!-- -->\n' + SVG.upper().encode(), "drawing")
    yield Nasty("packed.svgz", gzip.compress(SVG.encode()), "type")
    yield Nasty("entities.svg", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SVG.encode(), "drawing")
    yield Nasty("page.jpg", b"<html><script>alert(1)</script></html>", "type")
    yield Nasty("program.jpg", b"MZ" + bytes(200), "type")
    yield Nasty("shell.jpg", b"#!/bin/sh\nrm -rf /\n", "type")
    yield Nasty("code.php.jpg", b"<?php system($_GET['c']); ?>", "type")
    yield Nasty("document.pdf", b"%PDF-1.7\n" + bytes(100), "type")
    yield Nasty("postscript.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n", "type")
    yield Nasty("archive.jpg", archive(), "type")
    yield Nasty("film.jpg", b"\x00\x00\x00\x18ftypmp42" + bytes(100), "type", "video/mp4")
    yield Nasty("phone.heic", b"\x00\x00\x00\x18ftypheic" + bytes(100), "heic", "image/heic")
    for kind, name in (
        ("BMP", "old.bmp"),
        ("TIFF", "scan.tiff"),
        ("ICO", "icon.ico"),
        ("PPM", "a.ppm"),
        ("TGA", "b.tga"),
    ):
        yield Nasty(name, made(kind), "type")
    # Truncated or corrupted files.
    for part in (3, 2):
        yield Nasty(f"half-{part}.jpg", whole[: len(whole) * (part - 1) // part], "damaged")
    yield Nasty("cut.png", lossless[: len(lossless) // 2], "damaged", "image/png")
    yield Nasty("cut.webp", webp[: len(webp) // 2], "damaged", "image/webp")
    yield Nasty("cut.avif", avif[: len(avif) // 2], "damaged", "image/avif")
    yield Nasty("cut.gif", made("GIF", mode="L")[:400], "damaged", "image/gif")
    yield Nasty("bad-sum.png", lossless.replace(b"IDAT", b"IDAU", 1), "damaged", "image/png")
    yield Nasty("no-pixels.png", png(64, 64), "damaged", "image/png")
    yield Nasty("garbage-pixels.png", png(64, 64, body=b"\x00" * 50), "damaged", "image/png")
    yield Nasty("short-pixels.png", png(64, 64, body=zlib.compress(bytes(100))), "damaged", "image/png")
    yield Nasty("no-size.png", png(0, 0), "damaged", "image/png")
    yield Nasty("negative.png", png(2**31 + 5, 64), "pixels", "image/png")
    # Bombs: small files that would be huge once decoded.
    yield Nasty("50-megapixels.png", png(10_000, 5_000, body=zlib.compress(bytes(10_000))), "pixels", "image/png")
    yield Nasty("50-megapixels.jpg", with_size_in_header(whole, 10_000, 5_000), "pixels")
    yield Nasty("100-megapixels.png", png(10_000, 10_000), "pixels", "image/png")
    yield Nasty("4-gigapixels.png", png(65_535, 65_535), "pixels", "image/png")
    yield Nasty("4-gigapixels.jpg", with_size_in_header(whole, 65_535, 65_535), "pixels")
    yield Nasty("huge-canvas.webp", webp_canvas(16_000, 16_000), "pixels|damaged", "image/webp")
    yield Nasty("huge-screen.gif", b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(20), "pixels|damaged")
    # A truncated file that lacks more than the last rows.
    large = made(size=(960, 640), quality=95)
    for share in (0.5, 0.8):
        yield Nasty(f"cut-{share}.jpg", large[: int(len(large) * share)], "damaged")
    late = made(size=(960, 640), progressive=True)
    last_scan = late.rindex(b"\xff\xda")
    yield Nasty("without-its-last-scan.jpg", late[:last_scan], "damaged")
    yield Nasty("lies-about-size.jpg", with_size_in_header(whole, 96, 6_000), "small|damaged")
    # Useless pictures.
    yield Nasty("pixel.gif", made("GIF", (1, 1), "L"), "small", "image/gif")
    yield Nasty("line.png", made("PNG", (2000, 16)), "small", "image/png")
    yield Nasty("moving.gif", animated("GIF"), "animated", "image/gif")
    yield Nasty("moving.webp", animated("WEBP"), "animated", "image/webp")
    yield Nasty("moving.png", animated("PNG"), "animated", "image/png")


def taken() -> Iterator[Nasty]:
    whole = made()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Files that are valid in two formats: we keep the picture, and drop the rest.
    yield Nasty("and-an-archive.jpg", whole + archive(), "")
    yield Nasty("and-a-page.jpg", whole + b"<script>alert(1)</script>", "")
    yield Nasty("and-a-script.gif", made("GIF", mode="L") + b"*/=1;alert(1)//", "", "image/gif")
    yield Nasty("and-php.jpg", with_segment(0xFE, b"<?php system('id'); ?>"), "")
    yield Nasty("and-a-script.png", _with_chunk(made("PNG"), b"tEXt", b"Comment\x00<script>alert(1)</script>"), "")
    yield Nasty("two-pictures.mpo", _mpo(), "")
    yield from _with_faulty_extras()
    # Colour models other than 8-bit RGB.
    yield Nasty("print.jpg", made(mode="CMYK", colour=(0, 255, 255, 0)), "")
    yield Nasty("16-bit.png", made("PNG", mode="I;16", colour=32_768), "", "image/png")
    yield Nasty("black-and-white.png", made("PNG", mode="1"), "", "image/png")
    yield Nasty("palette.png", made("PNG", mode="P"), "", "image/png")
    yield Nasty("see-through.png", made("PNG", mode="RGBA", colour=(255, 0, 0, 128)), "", "image/png")
    yield Nasty("with-profile.jpg", made(icc_profile=srgb), "")
    yield Nasty("broken-profile.jpg", made(icc_profile=b"not a profile at all"), "")
    yield Nasty("profile-of-another-kind.jpg", made(mode="L", icc_profile=srgb), "")
    yield Nasty("profile-in-print.jpg", made(mode="CMYK", icc_profile=srgb), "")
    # Files from cameras and photo editors.
    yield Nasty("position.jpg", made(exif=exif(gps=True, artist="Ana", make="Cam")), "")
    yield Nasty("position.png", made("PNG", exif=exif(gps=True)), "", "image/png")
    yield Nasty("position.webp", made("WEBP", exif=exif(gps=True)), "", "image/webp")
    yield Nasty("position.avif", made("AVIF", exif=exif(gps=True)), "", "image/avif")
    yield Nasty("on-its-side.jpg", made(exif=exif(orientation=6)), "")
    yield Nasty("no-such-side.jpg", made(exif=exif(orientation=99)), "")
    yield Nasty("broken-exif.jpg", with_segment(0xE1, b"Exif\x00\x00MM\x00*\xff\xff\xff\xff"), "")
    yield Nasty("garbage-exif.jpg", with_segment(0xE1, b"Exif\x00\x00" + bytes(range(256)) * 8), "")
    yield Nasty(
        "endless-exif.jpg", with_segment(0xE1, b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + b"\x12\x01" * 500), ""
    )
    yield Nasty(
        "broken-iptc.jpg", with_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\xff\xff\xff\xff\x1c\x02"), ""
    )
    yield Nasty("bomb-in-xmp.jpg", with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + _laughs()), "")
    yield Nasty("file://../../etc/passwd.jpg", whole, "")
    yield Nasty("no name at all", whole, "", "application/octet-stream")
    yield Nasty("wrong-ending.txt", made("PNG"), "", "text/plain")
    yield Nasty("\u202egpj.exe", whole, "")


def _with_faulty_extras() -> Iterator[Nasty]:
    """Yield files with an intact picture in which another part is too large, broken or missing."""
    whole, bomb = made("PNG"), zlib.compress(bytes(50_000_000), 9)
    long_text = b"a" * 3_000_000
    for name, extra in {
        "long-text": chunk(b"tEXt", b"Comment\0" + long_text),
        "long-xmp": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + long_text),
        "text-bomb": chunk(b"zTXt", b"Comment\0\0" + bomb),
        "xmp-bomb": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb),
        "exif-bomb": chunk(b"zTXt", b"Raw profile type exif\0\0" + bomb),
        "many-texts": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(900_000), 9)) * 100,
        "profile-bomb": chunk(b"iCCP", b"x\0\0" + bomb),
        "profile-packed-otherwise": chunk(b"iCCP", b"x\0\7abc"),
        "broken-text": chunk(b"iTXt", b"\0"),
        "wrong-sum": chunk(b"tEXt", b"Comment\0x")[:-1] + b"?",
        "broken-gamma": chunk(b"gAMA", b"") + chunk(b"cHRM", b"abc") + chunk(b"pHYs", b"?") + chunk(b"sRGB", b""),
        "broken-transparency": chunk(b"tRNS", b"abcde"),
        "broken-animation": chunk(b"acTL", b"") + chunk(b"fcTL", b"abc"),
    }.items():
        yield Nasty(f"{name}.png", whole[:33] + extra + whole[33:], "", "image/png")
    yield Nasty("long-text-behind.png", whole[:-12] + chunk(b"tEXt", b"a\0" + long_text) + whole[-12:], "", "image/png")
    yield Nasty("no-end.png", whole[:-12], "", "image/png")
    for name, how in {"plain": {}, "progressive": {"progressive": True}, "print": {"mode": "CMYK"}}.items():
        yield Nasty(f"{name}-without-end.jpg", made(**how)[:-2], "")
        yield Nasty(f"{name}-with-half-an-end.jpg", made(**how)[:-1], "")
    for marker, data in (
        (0xE0, b"JFIF\0"),
        (0xE2, b"ICC_PROFILE\0"),
        (0xE2, b"ICC_PROFILE\0\1\3abc"),
        (0xE2, b"MPF\0MM\0*\0\0\0\x08\0\x03" + bytes(range(60))),
        (0xE2, b"FPXR\0abc"),
        (0xED, b"Photoshop 3.0\0008BIM"),
        (0xFE, b""),
    ):
        yield Nasty(f"broken-{marker:x}-{len(data)}.jpg", with_segment(marker, data), "")
    webp = made("WEBP", exif=bytes(200))
    yield Nasty("cut-in-its-exif.webp", webp[:-100], "", "image/webp")
    yield Nasty("wrong-length.webp", webp[:4] + struct.pack("<I", len(webp) + 999) + webp[8:], "", "image/webp")
    yield Nasty("no-end.gif", made("GIF", mode="L")[:-1], "", "image/gif")


def _with_chunk(content: bytes, kind: bytes, data: bytes) -> bytes:
    return content[:33] + chunk(kind, data) + content[33:]


def _mpo() -> bytes:
    data = io.BytesIO()
    views = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    views[0].save(data, "MPO", save_all=True, append_images=views[1:])
    return data.getvalue()


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    return f"<!DOCTYPE x [{entities}]><x>&l8;</x>".encode()

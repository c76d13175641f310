"""The id of the running release, a part of every ETag and of the cache key of every rendered page.

It is the setting RELEASE, or else a digest of everything in this repository that pages are made from. The digest covers
relative names and contents, so it is the same on all machines that run the same commit. It covers the sources of
translations: compiled catalogues differ between compilers.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings

_SOURCES = ("articles", "comments", "liveblog", "locale", "locale_django", "static", "templates")
#: Markup also depends on the libraries.
_LIBRARIES = "requirements.txt"


def digest_of(root: Path) -> str:
    """Return the digest of the release whose files are in the directory `root`."""
    digest = hashlib.sha256()
    for path in sorted(_files(root)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def _files(root: Path) -> Iterator[Path]:
    for source in _SOURCES:
        for directory, directories, names in os.walk(root / source):
            directories[:] = (name for name in directories if name != "__pycache__")
            yield from (Path(directory, name) for name in names if _is_source(name))
    if (root / _LIBRARIES).exists():
        yield root / _LIBRARIES


def _is_source(name: str) -> bool:
    # Hidden files come from editors and operating systems.
    return not name.startswith(".") and not name.endswith((".mo", ".mo.part"))


@lru_cache(maxsize=1)
def content_digest() -> str:
    """Return the digest of the running release, even if RELEASE names it."""
    # A wheel contains the digest of the repository from which it was built.
    packaged = Path(settings.SITE_DIR, "RELEASE")
    return packaged.read_text(encoding="utf-8") if packaged.exists() else digest_of(settings.BASE_DIR)


RELEASE: str = settings.RELEASE or content_digest()

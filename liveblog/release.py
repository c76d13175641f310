"""What code, templates and translations of this installation come to: part of every key that caches their output."""

import hashlib
from pathlib import Path

from django.conf import settings


def _digest() -> str:
    digest = hashlib.sha256()
    roots = [settings.BASE_DIR / name for name in ("articles", "comments", "liveblog", "templates", "locale", "static")]
    for root in roots:
        for path in sorted(_files(root)):
            digest.update(f"{path}:{path.stat().st_mtime_ns}:{path.stat().st_size};".encode())
    return digest.hexdigest()[:12]


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.suffix in {".py", ".html", ".mo", ".js", ".css"}]


RELEASE = _digest()

"""Static files under hashed names, of the running release and of those before and after it.

While a release replaces another one, pages of both are open, cached and being rendered. Each page names its scripts and
styles by hash, and any process may get the requests for them. So STATIC_ROOT keeps the files of former releases for
STATIC_KEEP_DAYS after `collectstatic` has replaced them, each release has a manifest of its own there, and a process
serves every hashed file of the directory, not only those of its own manifest.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from servestatic.middleware import ServeStaticMiddleware
from servestatic.storage import CompressedManifestStaticFilesStorage

from liveblog.release import content_digest

#: A name with the hash that Django adds to it.
_HASHED = re.compile(r"\.[0-9a-f]{12}\.[^/]+$")
_COMPRESSED = (".br", ".gz", ".zstd")

#: The releases whose files are in STATIC_ROOT: for each manifest the time since which another release is the newest, or
#: None. Times are in seconds since 1970.
_RELEASES = "releases.json"


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed static files whose ES modules import each other by hashed name.

    The manifest has the name of the release. `staticfiles.json` is a copy of the newest one, for a process whose own
    release was not collected.
    """

    support_js_module_import_aggregation = True

    newest_name = "staticfiles.json"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.manifest_name = f"staticfiles-{content_digest()}.json"
        super().__init__(*args, **kwargs)

    def read_manifest(self) -> str | None:
        manifest: str | None = super().read_manifest()
        if manifest is None and Path(self.path(self.newest_name)).exists():
            manifest = Path(self.path(self.newest_name)).read_text(encoding="utf-8")
        return manifest

    def delete(self, name: str) -> None:
        # Django deletes each hashed file and writes it again. In between, it could not be served. As its name is a hash
        # of its content, it need not be written again.
        if not _HASHED.search(name):
            super().delete(name)

    def _save(self, name: str, content: File) -> str:
        if not _HASHED.search(name):
            saved: str = super()._save(name, content)
            return saved
        if not self.exists(name):
            partial: str = super()._save(f"{name}.part", content)
            Path(self.path(partial)).replace(self.path(name))
        return name

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        yield from super().post_process(paths, dry_run=dry_run, **options)
        if not dry_run:
            self._replace(self.newest_name, Path(self.path(self.manifest_name)).read_bytes())
            self._forget_old_releases(time.time())

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        # Browsers get hashed names, and the content under a hashed name never changes.
        wanted = {name for name in paths if _HASHED.search(name)}
        compressed = {name for name in wanted if any(Path(self.path(name + end)).exists() for end in _COMPRESSED)}
        yield from super().compress_files(wanted - compressed)

    def _forget_old_releases(self, now: float) -> None:
        """Note that this release is the newest, and delete the files of releases that were replaced long ago."""
        noted = Path(self.path(_RELEASES))
        releases: dict[str, float | None] = json.loads(noted.read_text()) if noted.exists() else {}
        present = (path.name for path in Path(self.location).glob("staticfiles-*.json"))
        releases = {name: releases.get(name) or now for name in present} | {self.manifest_name: None}
        oldest = now - settings.STATIC_KEEP_DAYS * 86_400
        forgotten = {name for name, since in releases.items() if since is not None and since <= oldest}
        kept = {name: since for name, since in releases.items() if name not in forgotten}
        for path in self._unused(kept):
            # Another release may be about to name a file that no manifest names yet.
            if path.stat().st_mtime <= oldest:
                path.unlink(missing_ok=True)
        for name in forgotten:
            Path(self.path(name)).unlink(missing_ok=True)
        self._replace(_RELEASES, json.dumps(kept).encode())

    def _unused(self, manifests: Iterable[str]) -> list[Path]:
        """Return the hashed files that none of the manifests names, and their compressed variants."""
        root = Path(self.location)
        used: set[str] = set()
        for name in manifests:
            used.update(json.loads(Path(self.path(name)).read_bytes())["paths"].values())
        unused = []
        for path in root.rglob("*"):
            name = path.relative_to(root).as_posix()
            plain = name.rpartition(".")[0] if name.endswith(_COMPRESSED) else name
            if _HASHED.search(plain) and plain not in used and path.is_file():
                unused.append(path)
        return unused

    def _replace(self, name: str, content: bytes) -> None:
        # A process that is starting reads either the old file or the new one.
        partial = f"{name}.part"
        self.delete(partial)
        self._save(partial, ContentFile(content))
        Path(self.path(partial)).replace(self.path(name))


class StaticFilesMiddleware(ServeStaticMiddleware):
    """Serve static files, hashed ones of other releases too, as soon as they are in STATIC_ROOT."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        url = request.path_info
        # Search only for an unknown name with a hash.
        if url not in self.files and url.startswith(self.static_prefix) and _HASHED.search(url):
            found = await sync_to_async(self.find_file, thread_sensitive=False)(url)
            if found is not None:
                self.files[url] = found
        return await super().__call__(request)

    @staticmethod
    async def aserve(static_file: Any, request: HttpRequest) -> HttpResponseBase:
        # ServeStatic opens, reads and closes each file in a thread, which takes longer than the rest of the response.
        # These files are few and small, so the system has them in memory.
        found = static_file.get_response(request.method or "GET", request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            if value is not None:
                response[name] = value
        return response

    def immutable_file_test(self, path: str, url: str) -> bool:
        return _HASHED.search(PurePosixPath(url).name) is not None

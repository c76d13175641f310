"""Put into the wheel what the server needs besides Python: templates, compiled translations, static files.

They are in liveblog/_site/ there (see liveblog/settings.py). Static files are collected and compressed, so an installed
wheel serves without another step.
"""

import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SITE = "liveblog/_site"
DIRECTORIES = ("templates", "static")


def files(root: Path) -> dict[str, str]:
    """Return the files and directories of the repository that are in the wheel, with their places there."""
    found = {str(root / name): f"{SITE}/{name}" for name in DIRECTORIES}
    # The sources have what the newsroom is told about each message.
    for path in root.glob("locale*/*/LC_MESSAGES/*.[mp]o"):
        found[str(path)] = f"{SITE}/{path.relative_to(root).as_posix()}"
    found[str(root / "requirements.txt")] = f"{SITE}/requirements.txt"
    return found


class CustomBuildHook(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        # Collecting the static files runs the product.
        return list(self.metadata.core.dependencies)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        runpy.run_path(str(root / "scripts/compile_messages.py"))["main"]()
        self._made = tempfile.TemporaryDirectory(prefix="liveblog-wheel-")
        made = Path(self._made.name)
        program = "from liveblog.release import content_digest; print(content_digest())"
        release = self._run("shell", "--no-imports", "--verbosity", "0", "--command", program, static=made)
        (made / "RELEASE").write_text(release.strip(), encoding="utf-8")
        self._run("collectstatic", "--noinput", "--verbosity", "0", static=made / "staticfiles")
        build_data["force_include"].update(files(root))
        build_data["force_include"].update({str(made / name): f"{SITE}/{name}" for name in ("RELEASE", "staticfiles")})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_made"):
            self._made.cleanup()

    def _run(self, *command: str, static: Path) -> str:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        environment = kept | {"SECRET_KEY": "only-for-the-build", "STATIC_ROOT": str(static)}
        done = subprocess.run(
            [sys.executable, str(Path(self.root) / "manage.py"), *command],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

"""Change a variable in the file with the environment of a site, or tell the operator to change it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.core.management.base import OutputWrapper

from liveblog.__main__ import ENVIRONMENT_FILE


def set_list(name: str, values: list[str], out: OutputWrapper) -> None:
    """Set a variable with a list of values for the processes that start from now on, and say so.

    A variable that is not in the file may be set elsewhere, so the operator is asked to change it.
    """
    file = Path(os.environ.get("LIVEBLOG_ENV", ENVIRONMENT_FILE))
    line = f"{name}={','.join(values)}"
    if not file.is_file():
        out.write(f"Set this variable for all processes of the site:\n\n    {line}\n")
        return
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [each for each in lines if each.partition("=")[0].removeprefix("export ").strip() != name]
    replaced = file.with_name(f"{file.name}.part")
    replaced.write_text("".join(f"{each}\n" for each in [*kept, line]), encoding="utf-8")
    # The file contains the secret key, and may belong to another user.
    shutil.copystat(file, replaced)
    if hasattr(os, "chown"):
        owner = file.stat()
        os.chown(replaced, owner.st_uid, owner.st_gid)
    replaced.replace(file)
    out.write(f"{file}: {line}")

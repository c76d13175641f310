"""Compile the translations with Babel, so that servers need no gettext tools."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    with _locked(ROOT / "locale"):
        _compile()


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold a lock on a directory: the parts of the tests start at the same time, and all of them compile first."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _compile() -> None:
    for source in sorted(ROOT.glob("locale*/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parts[-3], abort_invalid=True)
        partial = target.with_suffix(".mo.part")
        with partial.open("wb") as file:
            write_mo(file, catalog)
        partial.replace(target)
        print(f"Compiled {source.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

"""Check that every string of the platform is translated into every shipped language.

With --write, update the catalogues in locale/ instead, and keep the translations. Each message gets a comment with its
files, its meaning and the values of its placeholders (locale/terms.toml).
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import check_words  # noqa: E402

from liveblog.languages import SHIPPED  # noqa: E402

LANGUAGES = sorted(SHIPPED.keys() - {"en"})
SOURCES = ("articles", "comments", "liveblog", "templates", "static")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!%)%[sd]|\{\w*\}")

#: The greatest number of files in a message's comment.
_MOST_FILES = 6

Key = tuple[str | None, str]


def path_of(language: str) -> Path:
    return Path("locale", language, "LC_MESSAGES", "django.po")


def load(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=0) if path.exists() else polib.POFile(wrapwidth=0)


def key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid


def extract(copy: Path) -> None:
    """Run makemessages in a copy of its sources, so that the working tree does not change."""
    ignore = shutil.ignore_patterns("__pycache__", "migrations", "*.mo")
    for name in (*SOURCES, "locale"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, copy / name, ignore=ignore)
    (copy / "locale").mkdir(exist_ok=True)
    shutil.copy(ROOT / "manage.py", copy)
    command = [sys.executable, "manage.py", "makemessages", "--verbosity=0"]
    command += ["--keep-pot", "--add-location=file", "--no-wrap", *(f"--locale={code}" for code in LANGUAGES)]
    if subprocess.run(command, cwd=copy, env=os.environ | {"DEBUG": "1"}).returncode:
        sys.exit("The strings could not be extracted.")


def problems(entry: polib.POEntry | None, wanted: polib.POEntry, forms: int) -> Iterator[str]:
    if entry is None or entry.obsolete:
        yield "missing"
        return
    if entry.fuzzy:
        yield "fuzzy"
    allowed = set(PLACEHOLDER.findall(wanted.msgid))
    if not wanted.msgid_plural:
        if not entry.msgstr:
            yield "empty"
        elif set(PLACEHOLDER.findall(entry.msgstr)) != allowed:
            yield "other placeholders"
        return
    texts = list(entry.msgstr_plural.values())
    if entry.msgid_plural != wanted.msgid_plural or len(texts) != forms or not all(texts):
        yield f"not {forms} plural forms"
        return
    # A plural form for a single number may omit that number.
    allowed |= set(PLACEHOLDER.findall(wanted.msgid_plural))
    found = [set(PLACEHOLDER.findall(text)) for text in texts]
    if set().union(*found) != allowed or allowed not in found:
        yield "other placeholders"


def check(copy: Path) -> int:
    count = 0
    wanted = {key(entry): entry for entry in load(copy / "locale" / "django.pot")}
    for code in LANGUAGES:
        catalogue = load(ROOT / path_of(code))
        entries = {key(entry): entry for entry in sorted(catalogue, key=lambda entry: not entry.obsolete)}
        plurals = re.search(r"nplurals=(\d+)", catalogue.metadata.get("Plural-Forms", ""))
        for name, entry in wanted.items():
            for problem in problems(entries.get(name), entry, int(plurals[1]) if plurals else 0):
                print(f"{path_of(code)}: {problem}: {entry.msgid!r}")
                count += 1
    return count


def _name(catalogue: polib.POFile, language: str) -> None:
    """Fill in the header of a new catalogue, and give its entries the plural forms of its language."""
    catalogue.header = ""
    catalogue.metadata_is_fuzzy = False
    now = catalogue.metadata["POT-Creation-Date"]
    catalogue.metadata |= {"Project-Id-Version": "liveblog", "Language": language, "PO-Revision-Date": now}
    for name in ("Last-Translator", "Language-Team"):
        catalogue.metadata.pop(name, None)
    forms = re.search(r"nplurals=(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    for entry in catalogue:
        if forms and entry.msgid_plural:
            entry.msgstr_plural = dict.fromkeys(range(int(forms[1])), "")


def _explain(entry: polib.POEntry, words: check_words.Words) -> None:
    """Describe a message to translators; keep its comment from the code, if it has one."""
    files = sorted({name for name, _line in entry.occurrences})
    # A long list of files does not help translators.
    shown = [f"In {' and '.join(files)}"] if 0 < len(files) <= _MOST_FILES else []
    entry.comment = "\n".join(filter(None, [entry.comment, *shown, *check_words.comments(entry, words)]))
    entry.occurrences = []


def write(copy: Path) -> None:
    words = check_words.load()
    for language in LANGUAGES:
        path = path_of(language)
        merged = load(copy / path)
        if not (ROOT / path).exists():
            _name(merged, language)
        for entry in merged:
            _explain(entry, words)
        for entry in merged.obsolete_entries():
            merged.remove(entry)
        if list(map(str, merged)) != list(map(str, load(ROOT / path))):
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            merged.save(str(ROOT / path))
            print(f"Wrote {path}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="update locale/ instead")
    options = parser.parse_args()
    if not shutil.which("xgettext") and subprocess.run([ROOT / "scripts" / "install", "gettext"]).returncode:
        return 1
    with tempfile.TemporaryDirectory(prefix="messages-") as directory:
        extract(Path(directory))
        if options.write:
            write(Path(directory))
            return 0
        count = check(Path(directory))
    print(f"{count} strings need a translator." if count else "Every string is translated.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())

"""Machines that run the same release compute the same id, so they share rendered pages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from liveblog.release import digest_of
from tests import fork_server
from tests.server import ROOT

RELATED_TEXTS = ("articles", "comments", "liveblog", "locale", "locale_django", "static", "templates")


def copy_to(place: Path) -> Path:
    for part in RELATED_TEXTS:
        # The copies do not have the modification times of the originals.
        shutil.copytree(ROOT / part, place / part, copy_function=shutil.copyfile)
    shutil.copyfile(ROOT / "requirements.txt", place / "requirements.txt")
    return place


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("copy"))


def test_copies_in_other_places_with_other_times_have_the_same_id(copy: Path, tmp_path: Path) -> None:
    other = copy_to(tmp_path / "a longer" / "way")
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    assert digest_of(copy) == digest_of(other) == digest_of(ROOT)


def test_compiled_files_do_not_change_the_id(copy: Path) -> None:
    before = digest_of(copy)
    for catalogue in copy.rglob("*.mo"):
        catalogue.unlink()
    # Python writes a temporary file and renames it, so it may appear and disappear while processes start.
    (copy / "articles" / "__pycache__").mkdir(exist_ok=True)
    (copy / "articles" / "__pycache__" / "views.cpython-311.pyc.1234").write_bytes(b"")
    (copy / "static" / ".DS_Store").write_bytes(b"")
    assert digest_of(copy) == before


@pytest.mark.parametrize(
    "name",
    [
        "templates/articles/live.html",
        "static/liveblog/icon.svg",
        "locale/de/LC_MESSAGES/django.po",
        "locale_django/uk/LC_MESSAGES/django.po",
        "articles/page/views.py",
        "comments/views/threads.py",
        "liveblog/settings.py",
        "requirements.txt",
    ],
)
def test_a_change_of_any_file_that_pages_depend_on_changes_the_id(copy: Path, name: str) -> None:
    before, content = digest_of(copy), (copy / name).read_bytes()
    (copy / name).write_bytes(content.swapcase())
    assert digest_of(copy) != before
    (copy / name).write_bytes(content)
    assert digest_of(copy) == before


def test_a_renamed_or_new_file_changes_the_id(copy: Path) -> None:
    ids = {digest_of(copy)}
    font = copy / "static" / "font.woff2"
    font.write_bytes(b"1")
    ids.add(digest_of(copy))
    other = font.rename(copy / "static" / "other.woff2")
    ids.add(digest_of(copy))
    other.unlink()
    assert len(ids) == 3


def release(**environment: str) -> subprocess.CompletedProcess[str]:
    code = "import django; django.setup(); from liveblog.release import RELEASE; print(RELEASE)"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "liveblog.settings"} | environment
    return fork_server.run(["-c", code], environment)


def test_the_environment_can_name_the_release() -> None:
    assert release(RELEASE="v1.2.0+3e0b6d0").stdout.strip() == "v1.2.0+3e0b6d0"
    assert release(RELEASE="").stdout.strip() == digest_of(ROOT)


def test_a_name_that_breaks_headers_is_refused() -> None:
    refused = release(RELEASE='two "words"')
    assert refused.returncode != 0
    assert "RELEASE" in refused.stderr

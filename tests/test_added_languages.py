"""A site adds any language with one command, and removes it again without loss."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from modeltranslation.utils import build_localized_fieldname

from liveblog import languages
from liveblog.languages import SHIPPED, column
from liveblog.middleware import preferred_language
from liveblog.translation.engines import azure, deepl, google, libretranslate
from liveblog.translation.engines.base import engine_code
from tests import soak
from tests.server import ROOT, database_url

TAGS = ["pt-BR", "zh-Hans", "he", "sr-Latn", "en-GB"]


# Codes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code", "tag"),
    [
        ("pt-BR", "pt-br", "pt-BR"),
        ("PT_br", "pt-br", "pt-BR"),
        ("ZH-HANS", "zh-hans", "zh-Hans"),
        ("sr-latn", "sr-latn", "sr-Latn"),
        ("zh-hant-hk", "zh-hant-hk", "zh-Hant-HK"),
        ("es-419", "es-419", "es-419"),
        ("ca-valencia", "ca-valencia", "ca-valencia"),
        ("id", "id", "id"),
    ],
)
def test_a_language_has_one_code_and_one_tag(written: str, code: str, tag: str) -> None:
    assert languages.code_of(written) == code
    assert languages.tag(code) == tag


@pytest.mark.parametrize("wrong", ["", "x", "xx", "iw", "klingon", "en-us-x-own", "de-XQ", "zh-Abcd", "../de", "e n"])
def test_an_invalid_language_code_is_refused_with_an_error(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\.$|language"):
        languages.code_of(wrong)


def test_names_directions_and_locales_of_languages_are_those_of_cldr() -> None:
    found = {code: (languages.own_name(code), languages.direction(code)) for code in ("pt-br", "zh-hans", "he", "yo")}
    assert found == {
        "pt-br": ("Português (Brasil)", "ltr"),
        "zh-hans": ("简体中文", "ltr"),
        "he": ("עברית", "rtl"),
        "yo": ("Èdè Yorùbá", "ltr"),
    }
    assert [code for code in ("az-arab", "ur", "dv", "sr-latn") if languages.is_right_to_left(code)] == [
        *("az-arab", "ur", "dv")
    ]
    assert languages.open_graph_locale("zh-hans") == "zh_CN"
    assert str(languages.locale_of("sr-latn")) == "sr_Latn"


@given(st.sampled_from(["headline", "photo_alt", "name"]), st.sampled_from(["pt-br", "br", "id", "sr-latn", *SHIPPED]))
def test_a_column_is_named_as_modeltranslation_names_it(field: str, language: str) -> None:
    assert column(field, language) == build_localized_fieldname(field, language)


def test_a_column_is_never_taken_for_that_of_another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "KNOWN", dict.fromkeys([*SHIPPED, "br", "pt-br", "id"], ""))
    assert languages.split_column("headline_pt_br") == ("headline", "pt-br")
    assert languages.split_column("headline_br") == ("headline", "br")
    assert languages.split_column("photo_alt_ind") == ("photo_alt", "id")
    assert languages.split_column("article_id") is None


def test_the_names_of_columns_are_made_in_one_place() -> None:
    by_hand = re.compile(r"_\{[\w.]*(?:language|lang|code)\}(?:__\w+)?[\"']")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for app in ("articles", "comments", "liveblog")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if by_hand.search(line) and "__{" not in line
    ]
    assert found == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("zh-CN,en;q=0.5", "zh-hans"),
        ("zh-TW", "zh-hans"),
        ("pt-PT", "pt-br"),
        ("iw", "he"),
        ("en-US", "en"),
        ("tlh, de-AT", "de"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_readers_get_the_nearest_language(rf: object, settings: object, wanted: str, found: str) -> None:
    settings.LANGUAGES = [(code, "") for code in ("en", "de", "pt-br", "zh-hans", "he")]  # type: ignore[attr-defined]
    assert preferred_language(rf.get("/", headers={"accept-language": wanted})) == found  # type: ignore[attr-defined]


def test_engines_get_their_own_codes() -> None:
    tables = {"deepl": deepl._TARGETS, "google": google._CODES, "azure": azure._CODES, "libre": libretranslate._CODES}
    wanted = {
        "pt-br": ("pt-br", "pt", "pt", "pt-BR"),
        "zh-hans": ("zh-hans", "zh-CN", "zh-Hans", "zh-Hans"),
        "zh-hk": ("zh-hant", "zh-TW", "zh-Hant", "zh-Hant"),
        "sr-latn": ("sr", "sr-Latn", "sr-Latn", "sr"),
        "de-at": ("de", "de", "de", "de"),
        "he": ("he", "he", "he", "he"),
    }
    found = {code: tuple(engine_code(code, table) for table in tables.values()) for code in wanted}
    assert found == wanted


# A site ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copied(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an empty copy of the migrated database."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        if connection.vendor == "sqlite":
            path = tmp_path_factory.mktemp("languages") / "db.sqlite3"
            with sqlite3.connect(connection.settings_dict["NAME"]) as source, sqlite3.connect(path) as target:
                source.backup(target)
            yield f"sqlite:///{path}"
            return
        template = connection.settings_dict["TEST"]["NAME"]
        name = f"{connection.settings_dict['NAME']}_languages"
        quote = connection.ops.quote_name
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(template)}")
        yield database_url().rpartition("/")[0] + f"/{name}"
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {quote(name)} WITH (FORCE)")


def run(database: str, directory: Path, *arguments: str, **environment: str) -> str:
    """Run a program of the site and return its output."""
    file = directory / "liveblog.env"
    file.touch()
    kept = {name: value for name, value in os.environ.items() if name not in ("LANGUAGES", "ADDED_LANGUAGES")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=kept
        | {"DATABASE_URL": database, "SECRET_KEY": "tests", "LIVEBLOG_ENV": str(file), "PYTHONPATH": str(ROOT)}
        | {"MEDIA_ROOT": str(directory), "SITE_LOCALE": str(directory / "locale"), "DETECTOR_AT_START": "off"}
        # On a busy machine, people wait for longer than the default for their turn to write.
        | {"STATIC_ROOT": str(settings.STATIC_ROOT), "DATABASE_LOCK_TIMEOUT": "14"}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def added_to(directory: Path) -> str:
    return (directory / "liveblog.env").read_text(encoding="utf-8")


@pytest.mark.database
@pytest.mark.long
def test_a_site_speaks_five_more_languages_and_takes_one_out_again(copied: str, tmp_path: Path) -> None:
    said = run(copied, tmp_path, "manage.py", "add_language", "pt-BR")
    assert "the tables have columns for pt-BR" in said
    assert added_to(tmp_path) == "ADDED_LANGUAGES=pt-BR\n"
    translated = tmp_path / "locale/pt_BR/LC_MESSAGES"
    catalogue = (translated / "django.po").read_text(encoding="utf-8")
    message = 'msgid "Live coverage"\nmsgstr '
    assert f'{message}""' in catalogue
    (translated / "django.po").write_text(catalogue.replace(f'{message}""', f'{message}"Ao vivo"'), encoding="utf-8")
    # Add the other languages as after a restore: `migrate` notices that their columns are missing.
    (tmp_path / "liveblog.env").write_text(f"ADDED_LANGUAGES={','.join(TAGS)}\n")
    said = run(copied, tmp_path, "-m", "tests.added_languages_site")
    assert said.endswith("All is well.\n"), said
    # The columns of en-GB, which has no texts, are gone. Those of he stay.
    assert added_to(tmp_path).splitlines() == [
        *("ADDED_LANGUAGES=pt-BR,zh-Hans,he,sr-Latn", f"LANGUAGES={','.join(SHIPPED)},pt-BR,zh-Hans,sr-Latn")
    ]
    said = run(copied, tmp_path, "-m", "tests.added_languages_site", "without-he")
    assert said.endswith("All is well.\n"), said


@pytest.mark.soak
@pytest.mark.database
def test_a_language_is_added_quickly_beside_a_hundred_thousand_updates(copied: str, tmp_path: Path) -> None:
    if not soak.SOAK:
        pytest.skip("It takes a minute.")
    run(copied, tmp_path, "-m", "tests.added_languages_site", "fill", ADDED_LANGUAGES=",".join(TAGS))
    before = time.monotonic()
    run(copied, tmp_path, "manage.py", "migrate", "-v0", ADDED_LANGUAGES=",".join([*TAGS, "ja"]))
    print(f"{connection.vendor}: {time.monotonic() - before:.1f} s, with the start of Python")
    assert time.monotonic() - before < 60

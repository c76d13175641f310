"""A program that checks a site with five more languages. A model's languages are fixed for the life of a process.

`tests/test_added_languages.py` runs it on a database of its own, and reads its last line.
"""

from __future__ import annotations

import json
import os
import re
import sys
from urllib.parse import quote

from dotenv import load_dotenv

load_dotenv(os.environ["LIVEBLOG_ENV"], interpolate=False)
os.environ["DJANGO_SETTINGS_MODULE"] = "liveblog.settings"

import django
import pytest

django.setup()

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment

from articles.models import Article, Translation, Update
from articles.text.localized import text_in
from articles.translations import drafting
from bench import coverage
from liveblog.actors import acting_as
from liveblog.added_languages import catalogues, tables
from liveblog.languages import column, direction, tag
from tests import factories, newsroom
from tests.actors import TEST
from tests.translation_servers import TranslationServer

SLUG = "summit"
HEADLINES = {
    "pt-br": "Ministros chegam a Bucareste",
    "zh-hans": "部长们抵达布加勒斯特",
    "he": "השרים הגיעו לבוקרשט",
    "sr-latn": "Ministri stižu u Bukurešt",
}
BODIES = {
    "pt-br": "Os ministros chegaram hoje para a reunião.",
    "zh-hans": "部长们今天抵达布加勒斯特参加会议。",
    "he": "השרים הגיעו היום לקראת הפגישה.",
    "sr-latn": "Ministri su danas stigli na sastanak.",
}
SOURCE = "<p>Fourteen allies agreed on a package.</p>"
DRAFTS = {
    "pt": "<p>Catorze aliados concordaram com um pacote.</p>",
    "zh": "<p>十四个盟国就一揽子计划达成一致。</p>",
    "he": "<p>ארבע עשרה בעלות ברית הסכימו על חבילה.</p>",
    "sr": "<p>Četrnaest saveznika se složilo oko paketa.</p>",
}


def main() -> None:
    setup_test_environment()
    settings.ALLOWED_HOSTS = ["*"]
    match sys.argv[1:]:
        case ["fill"]:
            call_command("migrate", verbosity=0)
            coverage.article(100_000)
        case ["without-he"]:
            without_hebrew()
        case _:
            assert tables.lacking(connection)
            # As a repeated add_language does.
            assert catalogues.write("pt-br").translated == 1
            call_command("migrate", verbosity=0)
            assert not tables.lacking(connection)
            with acting_as(TEST):
                write()
                draft()
            read()
            edit()
            take_out()
    print("All is well.")


def write() -> None:
    headlines = {column("headline", code): text for code, text in HEADLINES.items()}
    article = factories.article(slug=SLUG, languages=["en", *HEADLINES], **headlines)
    for code, text in BODIES.items():
        made = factories.update(
            article, **{"source_language": code, column("body", code): f"<p>{text}</p>", column("headline", code): text}
        )
        assert Update.objects.get(pk=made.pk).source_language == code
        factories.comment(article, language=code, page_language=code, text=text, state="approved")
    # A row in a language without columns would lose its text.
    for wrong in ("ja", "pt-BR"):
        try:
            Article.objects.filter(pk=article.pk).model(source_language=wrong, slug="x").save()
        except ValueError:
            continue
        raise AssertionError(wrong)


def draft() -> None:
    article = Article.objects.get(slug=SLUG)
    with TranslationServer() as server:
        server.languages |= set(DRAFTS)
        server.answers = {(code, SOURCE): text for code, text in DRAFTS.items()}
        settings.DEEPL_API_KEY, settings.DEEPL_URL = "a key", server.url
        update = factories.update(article, body_en=SOURCE)
        while drafting.draft_due():
            pass
        sent = {request.body["target_lang"] for request in server.translations}
    assert {"PT-BR", "ZH-HANS", "HE", "SR"} <= sent, sent
    update.refresh_from_db()
    for code in HEADLINES:
        row = Translation.objects.get(update=update, language=code)
        assert row.state == Translation.State.MACHINE, (code, row.state, row.failure, row.problems)
        assert text_in(update, "body", code) == DRAFTS[code.partition("-")[0]]
    settings.DEEPL_API_KEY = ""


def read() -> None:
    client = Client()
    for code, headline in HEADLINES.items():
        page = _get(client, f"/{code}/live/{SLUG}/")
        assert f'<html lang="{tag(code)}" dir="{direction(code)}"' in page
        assert headline in page
        assert set(re.findall(r'<link rel="alternate" hreflang="([^"]+)"', page)) == {
            *("en", "x-default", *map(tag, HEADLINES))
        }
        assert client.get(f"/{code}/").headers["Content-Language"] == tag(code)
        written = BODIES[code]
        assert f'xml:lang="{tag(code)}"' in _get(client, f"/{code}/live/{SLUG}/feed.atom")
        assert json.loads(_get(client, f"/{code}/live/{SLUG}/feed.json"))["language"] == tag(code)
        assert f'lang="{tag(code)}"' in _get(client, f"/embed/{code}/{SLUG}/")
        assert written in _get(client, f"/{code}/search/?q={quote(written.split()[-1][:4])}")
        assert written in _get(client, f"/{code}/live/{SLUG}/comments/")
        assert headline in _get(client, f"/api/v1/articles/{SLUG}?language={code}")
        assert headline in _get(client, f"/{code}/news-sitemap.xml")
        for name in ("topics", "authors", "archive", "following"):
            _get(client, f"/{code}/{name}/")
        card = re.search(r'og:image" content="[^"]*?(/\w[^"]*)"', page.replace(settings.SITE_URL, ""))
        assert card, code
        assert client.get(card[1]).headers["Content-Type"] == "image/jpeg"
        [moved] = client.get(f"/{tag(code).upper()}/live/{SLUG}/?a=1", follow=True).redirect_chain
        assert moved == (f"/{code}/live/{SLUG}/?a=1", 301)
    assert 'hreflang="sr-Latn"' in _get(client, "/sitemap-articles.xml")
    news = _get(client, "/news-sitemap.xml")
    assert "<news:language>zh-cn</news:language>" in news
    assert "<news:language>pt</news:language>" in news
    # The interface: the site's catalogue, and English in languages without one.
    assert "Ao vivo" in _get(client, "/pt-br/")
    assert "Live coverage" in _get(client, "/he/")


def edit() -> None:
    user = newsroom.user("editor", "Editor")
    client = Client()
    client.force_login(user)
    article = Article.objects.get(slug=SLUG)
    update = article.updates.get(source_language="pt-br")
    row = Translation.objects.filter(update__article=article, language="sr-latn").first()
    assert row is not None
    for address in (
        f"/admin/articles/article/{article.pk}/change/",
        f"/admin/articles/article/{article.pk}/desk/",
        f"/admin/articles/update/{update.pk}/change/",
        f"/admin/articles/translation/{row.pk}/change/",
        "/admin/articles/translation/?language=zh-hans",
        "/admin/articles/author/add/",
        "/admin/",
    ):
        _get(client, address)


def take_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE articles_topic ADD COLUMN name_ja varchar(120) NULL")
    # Simulate another process that has added a language.
    _is_refused("does not name: ja", "migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE articles_topic DROP COLUMN name_ja")
    _is_refused("he is in use", "take_out_language", "he", drop_columns=True)
    _is_refused("names no language", "take_out_language", "xx")
    call_command("take_out_language", "he")
    os.environ["LANGUAGES"] = "set"
    settings.LANGUAGES = [each for each in settings.LANGUAGES if each[0] != "he"]
    call_command("take_out_language", "en-gb", drop_columns=True)
    with connection.cursor() as cursor:
        columns = {each.name for each in connection.introspection.get_table_description(cursor, "articles_update")}
    assert "body_en_gb" not in columns
    assert "body_he" in columns


def _is_refused(said: str, *command: str, **options: object) -> None:
    with pytest.raises(CommandError, match=said):
        call_command(*command, **options)


def without_hebrew() -> None:
    client = Client()
    assert client.get("/he/").status_code == 404
    assert client.get(f"/he/live/{SLUG}/").status_code == 404
    page = _get(client, f"/en/live/{SLUG}/")
    assert re.search(rf'lang="he" dir="rtl"[^>]*>(?:<[^>]*>|\s)*{BODIES["he"]}', page)
    assert 'hreflang="he"' not in page
    article = Article.objects.get(slug=SLUG)
    assert text_in(article, "headline", "he") == HEADLINES["he"]
    assert "he" in article.languages


def _get(client: Client, address: str) -> str:
    response = client.get(address, follow=True)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


if __name__ == "__main__":
    main()

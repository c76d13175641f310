"""Search engines find every public page in every language, once each, and no others."""

from __future__ import annotations

import datetime
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import etree

from articles import changes
from articles.feeds import sitemaps
from articles.models import Article, Topic, Translation, Update
from liveblog.languages import column
from tests import factories, soak

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
LINK = "{http://www.w3.org/1999/xhtml}link"
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / "sitemap.rng"))
SITE = "http://127.0.0.1:8000"


def tree(client: Client, path: str) -> Any:
    """Return a sitemap. Fail if it does not follow its schema."""
    response = client.get(path)
    assert response.status_code == 200, path
    assert response["X-Robots-Tag"].startswith("noindex")
    document = etree.fromstring(response.content)
    SCHEMA.assertValid(document)
    return document


def files(client: Client) -> list[str]:
    """Return the paths of all files in the index."""
    return [loc.text.removeprefix(SITE) for loc in tree(client, "/sitemap.xml").iter(f"{SITEMAP}loc")]


def urls(client: Client, *paths: str) -> dict[str, Any]:
    """Return the entries of files by address; of the whole site if no path is given."""
    found: dict[str, Any] = {}
    for path in paths or files(client):
        for url in tree(client, path).iter(f"{SITEMAP}url"):
            address = url.findtext(f"{SITEMAP}loc").removeprefix(SITE)
            assert address not in found
            found[address] = url
    return found


def alternates(url: Any) -> dict[str, str]:
    return {link.get("hreflang"): link.get("href").removeprefix(SITE) for link in url.iter(LINK)}


def images(url: Any) -> list[str]:
    return [loc.text for loc in url.iter(f"{IMAGE}loc")]


# Pages ----------------------------------------------------------------------------------------------------------------


def test_the_sitemaps_name_every_page_in_the_languages_of_its_text(client: Client) -> None:
    article = factories.article(slug="summit", languages=["en", "de", "uk"], headline_uk="")
    update = factories.update(article, headline_en="Talks", headline_de="Gespräche", body_en="")
    Translation._base_manager.filter(update=update, language="de").update(state="reviewed")
    original = factories.update(article, source_language="uk", headline_uk="Перемовини")
    draft = factories.update(article, state="draft")
    withdrawn = factories.update(article)
    withdrawn.withdraw(leaves_mark=True, reason="")
    withdrawn.save()
    found = urls(client)
    month = f"archive/{article.start_day:%Y}/{article.start_day.month}/"
    lists = {f"/{code}/{path}" for code in ("en", "de") for path in ("", "archive/", month)}
    assert found.keys() == lists | {
        *("/en/live/summit/", "/de/live/summit/"),
        *(update.url("en"), update.url("de"), original.url("uk")),
    }
    assert draft.url("en") not in found
    for address in found:
        assert client.get(address).status_code == 200


def test_topics_and_authors_are_listed_in_the_languages_of_their_coverage(client: Client) -> None:
    german, english = (factories.article(source_language=code, languages=[code]) for code in ("de", "en"))
    climate, sports = (Topic.objects.create(slug=slug, name_en=slug.title()) for slug in ("climate", "sports"))
    ana, bea, cora = (factories.author(name) for name in ("Ana", "Bea", "Cora"))
    with changes.edit(german):
        german.topics.add(climate)
        german.authors.add(ana)
    with changes.edit(english):
        english.topics.add(climate, sports)
    factories.update(english, authors=(bea,))
    factories.update(english, authors=(cora,), state="draft")
    found = urls(client, "/sitemap-topics.xml", "/sitemap-authors.xml")
    assert found.keys() == {
        *(climate.url("en"), climate.url("de"), sports.url("en")),
        *(ana.url("de"), bea.url("en")),
    }
    assert alternates(found[climate.url("de")]).keys() == {"en", "de", "x-default"}


def test_the_languages_of_a_page_name_each_other(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, headline_en="Talks", headline_de="Gespräche", body_en="")
    Translation._base_manager.filter(update=update, language="de").update(state="reviewed")
    found = urls(client)
    assert alternates(found[update.url("de")]) == {
        "en": update.url("en"),
        "de": update.url("de"),
        "x-default": update.url("en"),
    }
    for address, url in found.items():
        links = alternates(url)
        assert address in links.values()
        for code, other in links.items():
            if code != "x-default":
                assert alternates(found[other]) == links
        # A page says the same of itself.
        html = client.get(address).content.decode()
        for code, other in links.items():
            assert f'hreflang="{code}" href="{SITE}{other}"' in html


def test_pictures_and_the_last_modification_are_named(client: Client) -> None:
    article = factories.article(photo=factories.photo(), photo_alt_en="The hall", photo_credit_en="Photo: I. Moraru")
    update = factories.update(article, pictures=(factories.picture(), factories.picture()))
    found = urls(client)
    assert images(found[article.url("de")]) == [f"{SITE}{article.photo.url}"]
    assert images(found[update.url("en")]) == [f"{SITE}{each.image.url}" for each in update.pictures.all()]
    update.body_en, update.correction_note_en = "<p>Now it is right.</p>", "It was wrong."
    update.save()
    after = urls(client)
    for page in (update.url("en"), article.url("en")):
        assert after[page].findtext(f"{SITEMAP}lastmod") > found[page].findtext(f"{SITEMAP}lastmod")


def test_new_pages_are_listed_at_once(client: Client) -> None:
    article = factories.article()
    first = factories.update(article)
    assert first.url("en") in urls(client)
    second = factories.update(article)
    assert second.url("en") in urls(client)
    address = second.url("en")
    second.delete()
    assert address not in urls(client)


def test_a_file_has_the_pages_of_its_range(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "RANGE", 3)
    article = factories.article()
    updates = [factories.update(article) for _ in range(8)]
    paths = [path for path in files(client) if path.startswith("/sitemap-updates.xml")]
    assert len(paths) in (3, 4)
    assert urls(client, *paths).keys() == {update.url("en") for update in updates}
    number = updates[-1].pk // 3 + 1
    assert urls(client, f"/sitemap-updates.xml?p={number}").keys() <= {update.url("en") for update in updates[-3:]}


@pytest.mark.parametrize(
    "path", ["-articles.xml?p=0", "-articles.xml?p=99", "-articles.xml?p=x", f"-updates.xml?p={2**62}", "-x.xml"]
)
def test_a_file_that_does_not_exist_is_not_found(client: Client, path: str) -> None:
    factories.update(factories.article())
    assert client.get(f"/sitemap{path}").status_code == 404


def test_a_sitemap_that_has_not_changed_is_not_sent_again(client: Client) -> None:
    article = factories.article()
    update = factories.update(article)
    for path in (*files(client), "/news-sitemap.xml"):
        etag = client.get(path)["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    [path] = (path for path in files(client) if "updates" in path)
    etag = client.get(path)["ETag"]
    update.body_en = "<p>Corrected.</p>"
    update.save()
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("section", "most"),
    [
        ("/sitemap.xml", 20),
        # Some for each language of the site.
        ("/sitemap-lists.xml", 8 * 5 + 10),
        ("/sitemap-articles.xml", 20),
        ("/sitemap-updates.xml", 20),
        ("/sitemap-topics.xml", 8 + 10),
        ("/sitemap-authors.xml", 8 * 2 + 10),
        ("/news-sitemap.xml", 20),
    ],
)
def test_a_long_sitemap_takes_no_more_queries_than_a_short_one(
    client: Client, section: str, most: int, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One file, whatever the primary keys are.
    monkeypatch.setattr(sitemaps, "RANGE", 10**9)
    counts = []
    for count in (2, 12):
        for number in range(count):
            article = factories.article(coverage_start=timezone.now() - datetime.timedelta(hours=1, days=32 * number))
            name = f"Of {number}, {count}"
            with changes.edit(article):
                article.topics.add(Topic.objects.create(slug=f"of-{number}-{count}", name_en=name))
            pictures = (factories.picture(),) if count == 2 else ()
            factories.update(article, authors=(factories.author(name),), pictures=pictures)
        # The index is kept for a minute.
        monkeypatch.setattr("articles.feeds.views._SITEMAP_MAX_AGE_SECONDS", 60 + count)
        with django_assert_max_num_queries(most) as queries:
            assert client.get(section).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def many_articles(count: int) -> None:
    """Create articles in eight languages, each with one update."""
    languages = ["en", "de", "fr", "es", "pl", "ro", "uk", "ar"]
    start = timezone.now()
    texts = {column("headline", code): "Ministers meet in Bucharest" for code in languages}
    for begin in range(0, count, 2_000):
        made = [
            Article(slug=f"many-{n}", languages=languages, start_day=start.date(), coverage_start=start, **texts)
            for n in range(begin, min(count, begin + 2_000))
        ]
        made = Article._base_manager.bulk_create(made)
        Update._base_manager.bulk_create(
            Update(article=each, state="published", body_en="<p>Talks have begun.</p>", first_published_at=start)
            for each in made
        )
    # As autovacuum does: without statistics, PostgreSQL joins a hundred thousand rows with each of a hundred thousand.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_a_large_site_takes_little_memory_and_few_queries(
    client: Client, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = soak.count(160, 100_000)
    monkeypatch.setattr(sitemaps, "RANGE", soak.count(40, sitemaps.RANGE))
    many_articles(count)
    with django_assert_max_num_queries(10):
        paths = files(client)
    last = [path for path in paths if path.startswith("/sitemap-articles.xml")][-2]
    tracemalloc.start()
    began = time.perf_counter()
    with django_assert_max_num_queries(10):
        found = client.get(last)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.content.count(b"<url>") in range(1, sitemaps.RANGE * 8 + 1)
    assert len(found.content) < 50_000_000
    # The same for all sizes of the site.
    assert peak < 60_000_000, f"{peak:,} bytes, {time.perf_counter() - began:.1f} s"
    assert len(paths) == len(set(paths)) >= 2 * count // sitemaps.RANGE


# News -----------------------------------------------------------------------------------------------------------------


def news(client: Client, path: str = "/news-sitemap.xml") -> list[tuple[str, str, str]]:
    """Return the address, language and title of each page."""
    found = tree(client, path).iter(f"{SITEMAP}url")
    return [
        (
            url.findtext(f"{SITEMAP}loc").removeprefix(SITE),
            *(url.findtext(f".//{NEWS}{name}") for name in ("language", "title")),
        )
        for url in found
    ]


def test_the_news_are_the_pages_of_two_days_in_their_languages(client: Client, settings: Any) -> None:
    settings.PUBLISHER_NAME = "The Danube Post"
    now = timezone.now()
    old = factories.article(coverage_start=now - datetime.timedelta(hours=50))
    new = factories.article(languages=["en", "de"], coverage_start=now - datetime.timedelta(hours=3))
    factories.article(state="announced", coverage_start=now + datetime.timedelta(hours=3))
    late, early = factories.update(old, headline_en="Late & loud", body_en=""), factories.update(old)
    Update._base_manager.filter(pk=early.pk).update(first_published_at=now - datetime.timedelta(hours=49))
    german = factories.update(new, source_language="de", headline_de="Gespräche")
    everything = [
        (new.url("en"), "en", new.headline_en),
        (new.url("de"), "de", new.headline_de),
        (german.url("de"), "de", "Gespräche"),
        (late.url("en"), "en", "Late & loud"),
    ]
    assert news(client) == everything
    assert news(client, "/de/news-sitemap.xml") == [page for page in everything if page[1] == "de"]
    assert news(client, "/ar/news-sitemap.xml") == []
    assert {name.text for name in tree(client, "/news-sitemap.xml").iter(f"{NEWS}name")} == {"The Danube Post"}


def test_the_news_are_limited_to_the_newest(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "NEWS_MAX", 3)
    article = factories.article(coverage_start=timezone.now() - datetime.timedelta(hours=60))
    updates = [factories.update(article) for _ in range(5)]
    assert [page[0] for page in news(client)] == [update.url("en") for update in updates[:1:-1]]


# robots.txt and IndexNow's key ----------------------------------------------------------------------------------------


def test_robots_are_told_of_the_sitemaps_and_kept_out_of_the_newsroom(client: Client, settings: Any) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /admin/" in lines
    named = [line.removeprefix(f"Sitemap: {SITE}") for line in lines if line.startswith("Sitemap: ")]
    assert named[:2] == ["/sitemap.xml", "/news-sitemap.xml"]
    assert "/ar/news-sitemap.xml" in named
    for path in named:
        tree(client, path)
    settings.INDEXING = False
    assert client.get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"


def test_the_key_of_indexnow_is_served_if_there_is_one(client: Client, settings: Any) -> None:
    assert client.get("/0123456789abcdef.txt").status_code == 404
    settings.INDEXNOW_KEY = "0123456789abcdef"
    assert client.get("/0123456789abcdef.txt").content == b"0123456789abcdef"
    assert client.get("/0123456789abcdee.txt").status_code == 404

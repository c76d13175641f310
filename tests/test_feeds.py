"""A feed has the whole coverage in the reader's language, including corrections and withdrawals."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import feedparser
import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from articles import changes
from articles.feeds import entries
from articles.models import Article, Topic, Translation, Update
from articles.translations import columns, drafting
from comments.models import Comment
from liveblog.actors import acting_as
from tests import factories, soak

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / "atom.rng"))


def feed(client: Client, path: str = "/en/feed.atom") -> Any:
    """Return a feed, parsed by feedparser. Fail if it does not follow the RFC."""
    response = client.get(path)
    assert response.status_code == 200, path
    SCHEMA.assertValid(etree.fromstring(response.content))
    parsed = feedparser.parse(response.content, response_headers={"content-type": response["Content-Type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def tree(client: Client, path: str) -> Any:
    return etree.fromstring(client.get(path).content)


def of(article: Article, language: str = "en", query: str = "", name: str = "feed.atom") -> str:
    return f"/{language}/live/{article.slug}/{name}{query}"


def removed(client: Client, path: str) -> dict[str, str]:
    """Return the reasons of removed entries by id."""
    found = tree(client, path).iter(f"{TOMBSTONES}deleted-entry")
    return {entry.get("ref"): entry.findtext(f"{TOMBSTONES}comment", "") for entry in found}


def links(parsed: Any, relation: str) -> list[str]:
    return [link.href for link in parsed.feed.links if link.rel == relation]


def many(article: Article, count: int, **fields: Any) -> list[Update]:
    """Create published updates, a minute apart, the newest last."""
    start = timezone.now() - datetime.timedelta(days=1)
    columns_of = {"article": article, "source_language": "en", "state": "published", **fields}
    rows = [
        Update(**columns_of, body_en=f"<p>Number {n}</p>", first_published_at=start + datetime.timedelta(minutes=n))
        for n in range(count)
    ]
    Update._base_manager.bulk_create(rows)
    with transaction.atomic():
        changes.log.lock(article.pk)
        changes.log.append(article.pk, "page")
    return rows


# Contents of an entry -------------------------------------------------------------------------------------------------


def full(article: Article) -> Update:
    return factories.update(
        article,
        headline_en="Talks & <dinner>",
        body_en='<p>They <strong>met</strong>, <a href="https://example.org/?a=1&amp;b=2">we hear</a>.</p>',
        authors=(factories.author("Ioana Petrescu"), factories.author("Олена Коваль")),
        pictures=(factories.picture(caption_en="The hall at noon"), factories.picture()),
        is_key=True,
        is_breaking=True,
    )


@pytest.mark.parametrize("path", ["/en/feed.atom", "/en/live/summit/feed.atom", "/en/live/summit/feed.atom?key=1"])
def test_a_program_that_reads_feeds_gets_the_whole_update(client: Client, path: str) -> None:
    article = factories.article(slug="summit")
    topic = Topic.objects.create(slug="nato", name_en="Nato")
    with changes.edit(article):
        article.topics.add(topic)
    update = full(article)
    parsed = feed(client, path)
    [entry] = parsed.entries
    assert entry.id == f"tag:127.0.0.1,2026:update-{update.pk}.en"
    assert entry.title == "Talks & <dinner>"
    assert entry.link == f"http://127.0.0.1:8000/en/live/summit/update/{update.pk}/"
    assert [author.name for author in entry.authors] == ["Ioana Petrescu", "Олена Коваль"]
    assert [tag.label for tag in entry.tags] == ["Nato", "Key event", "Breaking news"]
    [content] = entry.content
    assert content.type == "text/html"
    assert '<strong>met</strong>, <a href="https://example.org/?a=1&amp;b=2">we hear</a>' in content.value
    assert "The hall at noon" in content.value
    assert [(image.type, image.title) for image in entry.enclosures] == [("image/jpeg", "The hall")] * 2
    assert [image["width"] for image in entry.media_content] == ["48", "48"]
    assert parsed.feed.author == "127.0.0.1"
    assert links(parsed, "self") == [f"http://127.0.0.1:8000{path}"]


def test_each_kind_of_update_is_complete_in_a_feed(client: Client) -> None:
    article = factories.article()
    full(article)
    factories.update(article, headline_en="Which?", kind="poll", body_en="<p>Say</p><ul><li>A</li><li>B</li></ul>")
    factories.update(article, kind="quote", body_en="<p>So</p>", attribution_en="Me", source_url="https://example.org/")
    factories.update(article, embed="https://www.youtube.com/watch?v=abcdefghijk", kind="embed", body_en="")
    table = "<table><tbody><tr><th>A</th></tr><tr><td>1</td></tr></tbody></table>"
    factories.update(article, headline_en="Table", kind="table", body_en=table)
    for language in ("en", "ar"):
        parsed = feed(client, of(article, language))
        assert len(parsed.entries) == 5
        for item in json.loads(client.get(of(article, language, name="feed.json")).content)["items"]:
            page = LexborHTMLParser(item["content_html"])
            assert page.css_first("div").attributes == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}
            assert page.css("form, script, style, input, button, iframe, source, [class], [style], [id]") == []
            addresses = [node.attributes.get(name) for name in ("href", "src") for node in page.css(f"[{name}]")]
            assert all(address.startswith(("https://", "http://127.0.0.1:8000/")) for address in addresses), addresses


def test_words_stay_apart_in_a_program_that_removes_the_tags(client: Client) -> None:
    article = factories.article()
    body = "<p>One<br>two</p><ul><li><p>three</p></li><li><p>four <em>fi</em>ve</p></li></ul><p>six</p>"
    factories.update(article, headline_en="", body_en=body)
    [item] = json.loads(client.get(of(article, name="feed.json")).content)["items"]
    without_tags = re.sub(r"<[^>]*>", "", item["content_html"])
    assert without_tags.split()[:6] == ["One", "two", "three", "four", "five", "six"]


def test_a_text_with_characters_that_xml_forbids_does_not_break_the_feed(client: Client) -> None:
    article = factories.article()
    update = factories.update(article)
    Update._base_manager.filter(pk=update.pk).update(headline_en="a\x02\ufffeb")
    assert feed(client, of(article)).entries[0].title == "ab"


def test_json_feed_says_the_same(client: Client) -> None:
    article = factories.article()
    update = full(article)
    parsed = json.loads(client.get(of(article, name="feed.json")).content)
    [entry] = feed(client, of(article)).entries
    [item] = parsed["items"]
    assert parsed["version"] == "https://jsonfeed.org/version/1.1"
    assert parsed["feed_url"] == f"http://127.0.0.1:8000{of(article, name='feed.json')}"
    assert (item["id"], item["url"], item["title"]) == (entry.id, entry.link, entry.title)
    [content] = tree(client, of(article)).iter(f"{ATOM}content")
    assert item["content_html"] == content.text
    assert item["date_published"] == entry.published
    assert [author["name"] for author in item["authors"]] == ["Ioana Petrescu", "Олена Коваль"]
    assert [image["mime_type"] for image in item["attachments"]] == ["image/jpeg", "image/jpeg"]
    update.withdraw(leaves_mark=True, reason="Wrong")
    update.save()
    parsed = json.loads(client.get(of(article, name="feed.json")).content)
    assert parsed["items"] == []
    assert [(row["id"], row["reason"]) for row in parsed["_removed"]["items"]] == [(item["id"], "Wrong")]


def test_an_entry_of_the_site_names_its_coverage(client: Client) -> None:
    article = factories.article()
    factories.update(article)
    [entry] = feed(client, "/de/feed.atom").entries
    assert entry.source.title == "Minister tagen in Bukarest"
    assert entry.source.id == feed(client, of(article, "de")).feed.id


def test_a_feed_of_nothing_is_a_feed(client: Client) -> None:
    assert feed(client, "/pl/feed.atom").entries == []
    assert feed(client, of(factories.article())).entries == []
    assert json.loads(client.get("/pl/feed.json").content)["items"] == []


def test_what_readers_cannot_see_is_in_no_feed(client: Client) -> None:
    article = factories.article()
    for state in ("draft", "submitted"):
        factories.update(article, state=state)
    factories.scheduled(article)
    assert feed(client).entries == feed(client, of(article)).entries == []
    assert removed(client, of(article)) == {}
    assert client.get(of(article, "pl")).status_code == 404
    assert client.get("/en/live/elsewhere/feed.atom").status_code == 404


# Languages ------------------------------------------------------------------------------------------------------------


def test_each_entry_says_its_language_and_the_state_of_its_translation(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, headline_en="The talks have begun", body_en="")
    [entry] = tree(client, of(article, "de")).iter(f"{ATOM}entry")
    assert entry.get(LANGUAGE) == "en"
    assert entry.find(f"{ATOM}content").get(LANGUAGE) == "de"
    row = update.translations.get(language="de")
    source = columns.texts_of(update, "en")
    assert drafting.store(row, {"headline": "Die Gespräche haben begonnen"}, source=source, engine="deepl", problems={})
    [entry] = tree(client, of(article, "de")).iter(f"{ATOM}entry")
    assert entry.get(LANGUAGE) == "de"
    assert entry.findtext(f"{ATOM}title") == "Die Gespräche haben begonnen"
    assert "Maschinelle Übersetzung, nicht geprüft" in entry.findtext(f"{ATOM}content")
    [category] = entry.iter(f"{ATOM}category")
    assert category.get("term") == "machine"
    links = [(link.get("hreflang"), link.get("rel")) for link in entry.iter(f"{ATOM}link")]
    assert links == [("de", "alternate"), ("en", "related")]
    [parsed] = feedparser.parse(client.get(of(article, "de")).content).entries
    assert parsed.link.endswith(update.url("de"))


@pytest.mark.parametrize("path", ["/de/feed.atom", "/de/live/summit/feed.atom"])
def test_the_policy_of_a_language_holds_in_its_feeds(client: Client, path: str) -> None:
    article = factories.article(slug="summit", policies={"de": "reviewed"})
    factories.update(article, headline_en="Only in English", body_en="")
    both = factories.update(article, headline_en="In both", headline_de="In beiden", body_en="")
    Translation._base_manager.filter(update=both, language="de").update(state="reviewed")
    german = factories.update(article, source_language="de", headline_de="Nur deutsch")
    assert [entry.title for entry in feed(client, path).entries] == [german.headline_de, both.headline_de]
    assert len(feed(client, path.replace("/de/", "/uk/")).entries) == 3


# Time -----------------------------------------------------------------------------------------------------------------


def updated(client: Client, article: Article, language: str = "en") -> str:
    return feed(client, of(article, language)).entries[0].updated


def test_a_correction_makes_the_entry_new_under_the_same_id(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Forty came.</p>")
    before = feed(client, of(article)).entries[0]
    assert before.updated == before.published
    update.body_en, update.correction_note_en = "<p>Fourteen came.</p>", "It was fourteen."
    update.save()
    article.slug = "renamed"
    article.save()
    after = feed(client, of(article)).entries[0]
    assert (after.id, after.published) == (before.id, before.published)
    assert after.updated > before.updated
    assert "Fourteen came." in after.content[0].value
    assert "It was fourteen." in after.content[0].value
    assert feed(client, of(article)).feed.updated == after.updated


def test_a_change_in_one_language_is_new_in_that_language_alone(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, headline_en="The talks have begun", body_en="")
    before = {language: updated(client, article, language) for language in ("en", "de", "uk")}
    row = update.translations.get(language="de")
    source = columns.texts_of(update, "en")
    assert drafting.store(row, {"headline": "Die Gespräche beginnen"}, source=source, engine="deepl", problems={})
    after = {language: updated(client, article, language) for language in ("en", "de", "uk")}
    assert [language for language in after if after[language] > before[language]] == ["de"]


def test_a_pin_or_a_key_event_makes_no_entry_new(client: Client) -> None:
    article = factories.article()
    update = factories.update(article)
    before = updated(client, article)
    update.pin, update.is_key = 1, True
    update.save()
    assert updated(client, article) == before
    assert len(feed(client, of(article, query="?key=1")).entries) == 1


def test_an_update_with_an_earlier_time_is_new_when_it_is_published(client: Client) -> None:
    article = factories.article(coverage_start=timezone.now() - datetime.timedelta(hours=5))
    earlier = timezone.now() - datetime.timedelta(hours=2)
    with acting_as(User.objects.create_user("ana")):
        factories.update(article, earlier_time=earlier, backdating_reason="It happened then.")
    [entry] = feed(client, of(article)).entries
    assert entry.published.startswith(earlier.strftime("%Y-%m-%dT%H:%M"))
    assert entry.updated > entry.published


def test_an_update_that_comes_back_is_new(client: Client) -> None:
    article = factories.article()
    update = factories.update(article)
    before = feed(client, of(article)).entries[0]
    update.withdraw(leaves_mark=True, reason="")
    update.save()
    assert feed(client, of(article)).entries == []
    update.state = Update.State.PUBLISHED
    update.save()
    assert removed(client, of(article)) == {}
    after = feed(client, of(article)).entries[0]
    assert after.id == before.id
    assert after.updated > before.updated


# Removal --------------------------------------------------------------------------------------------------------------


def tag(update: Update | int, language: str) -> str:
    return f"tag:127.0.0.1,2026:update-{update if isinstance(update, int) else update.pk}.{language}"


@pytest.mark.parametrize("path", ["/de/feed.atom", "/de/live/summit/feed.atom"])
def test_withdrawn_and_deleted_updates_leave_tombstones(client: Client, path: str) -> None:
    article = factories.article(slug="summit")
    marked, quiet, deleted, draft = (factories.update(article) for _ in range(4))
    for update, mark, reason in ((marked, True, "It was a rumour."), (quiet, False, "")):
        update.withdraw(leaves_mark=mark, reason=reason)
        update.save()
    pk = deleted.pk
    deleted.delete()
    expected = {tag(marked, "de"): "It was a rumour.", tag(quiet, "de"): "", tag(pk, "de"): ""}
    assert removed(client, path) == expected
    feed(client, path)
    [reason] = tree(client, path).iter(f"{TOMBSTONES}comment")
    assert reason.get(LANGUAGE) == "en"
    assert draft.pk


def test_the_site_tells_of_coverage_that_is_deleted(client: Client) -> None:
    article = factories.article()
    pks = [factories.update(article).pk for _ in range(2)]
    factories.update(article, state="draft")
    article.delete()
    assert removed(client, "/en/feed.atom").keys() == {tag(pk, "en") for pk in pks}


# Paging ---------------------------------------------------------------------------------------------------------------


def chain(client: Client, path: str) -> list[tuple[str, list[str]]]:
    """Return all documents of a feed, each with its address and the ids of its entries."""
    found = []
    while path:
        document = tree(client, path)
        found.append((path, [entry.findtext(f"{ATOM}id") for entry in document.iter(f"{ATOM}entry")]))
        by_relation = {link.get("rel"): link.get("href") for link in document.iterchildren(f"{ATOM}link")}
        assert by_relation.get("prev-archive") == by_relation.get("next")
        path = by_relation.get("next", "").removeprefix("http://127.0.0.1:8000")
    return found


@pytest.mark.parametrize("site", [True, False])
def test_the_archives_hold_every_update_and_stay_the_same(client: Client, site: bool) -> None:
    article = factories.article()
    rows = many(article, soak.count(110, 2_000))
    path = "/en/feed.atom" if site else of(article)
    before = chain(client, path)
    assert max(len(ids) for _path, ids in before) <= entries.PAGE_SIZE
    assert {id_ for _path, ids in before for id_ in ids} == {tag(row, "en") for row in rows}
    # No archive has what another one has.
    archived = [id_ for _path, ids in before[1:] for id_ in ids]
    assert len(archived) == len(set(archived))
    for _ in range(3):
        factories.update(article)
    after = chain(client, path)
    assert after[0] != before[0]
    assert all(document in after for document in before[1:])


def test_an_archive_says_that_it_is_one_and_where_the_newest_entries_are(client: Client) -> None:
    article = factories.article()
    rows = many(article, 120)
    path = of(article, query=f"?before={rows[100].pk}")
    parsed = feed(client, path)
    assert tree(client, path).find("{http://purl.org/syndication/history/1.0}archive") is not None
    assert links(parsed, "current") == [f"http://127.0.0.1:8000{of(article)}"]
    assert parsed.entries[0].id == tag(rows[99], "en")
    assert parsed.feed.id == feed(client, of(article)).feed.id
    items = json.loads(client.get(of(article, name="feed.json")).content)
    assert items["next_url"].startswith(f"http://127.0.0.1:8000{of(article, name='feed.json')}?before=")


def test_a_withdrawal_is_told_in_the_newest_document_and_in_its_archive(client: Client) -> None:
    article = factories.article()
    rows = many(article, 120)
    # The update must not be at the end of an archive, which is at a multiple of ARCHIVE_STEP.
    middle = next(
        number for number in range(80, 112) if rows[number].pk % entries.ARCHIVE_STEP == entries.ARCHIVE_STEP // 2
    )
    update = Update.objects.get(pk=rows[middle].pk)
    update.withdraw(leaves_mark=True, reason="Wrong")
    update.save()
    assert removed(client, of(article)) == {tag(update, "en"): "Wrong"}
    assert removed(client, of(article, query=f"?before={rows[middle + 5].pk}")) == {tag(update, "en"): "Wrong"}
    assert removed(client, of(article, query=f"?before={rows[40].pk}")) == {}


@pytest.mark.parametrize("query", ["?before=0", "?before=999999", "?before=x", "?before=", "?key=2"])
def test_an_address_that_names_nothing_is_not_found(client: Client, query: str) -> None:
    article = factories.article()
    assert client.get(of(article, query=query)).status_code == 404
    assert client.get(f"/en/feed.json{query}").status_code == 404


# Conditional requests and cost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/en/feed.atom", "/en/feed.json", "/en/live/summit/feed.atom"])
def test_a_feed_that_has_not_changed_is_not_sent_again(client: Client, path: str) -> None:
    article = factories.article(slug="summit")
    factories.update(article)
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    early = http_date(timezone.now().timestamp() - 3600)
    assert client.get(path, headers={"If-Modified-Since": early}).status_code == 200
    # An ETag takes precedence over the date.
    headers = {"If-None-Match": '"other"', "If-Modified-Since": first["Last-Modified"]}
    assert client.get(path, headers=headers).status_code == 200
    factories.update(article)
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_comment_does_not_change_the_feed_of_a_coverage(client: Client) -> None:
    article = factories.article()
    factories.update(article)
    before = client.get(of(article))
    Comment.objects.create(article=article, language="en", name="Ana", text="Yes", state="approved")
    assert client.get(of(article))["ETag"] == before["ETag"]


@pytest.mark.parametrize("path", ["/en/feed.atom", "/en/live/summit/feed.json"])
def test_a_long_feed_takes_no_more_queries_than_a_short_one(
    client: Client, path: str, django_assert_max_num_queries: Any
) -> None:
    article = factories.article(slug="summit")
    counts = []
    for _ in range(2):
        many(article, 25)
        with django_assert_max_num_queries(25) as queries:
            client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Discovery ------------------------------------------------------------------------------------------------------------


def test_every_page_of_readers_names_its_feeds(client: Client) -> None:
    article = factories.article()
    update = factories.update(article)
    site = {"/de/feed.atom", "/de/feed.json"}
    own = {of(article, "de"), of(article, "de", name="feed.json")}
    live = article.url("de")
    for path, expected in (
        ("/de/", site),
        (live, site | own),
        (update.url("de"), site | own),
        (f"{live}comments/", site | own),
        (f"{live}comments/privacy/", site),
        ("/de/live/nowhere/", site),
    ):
        page = LexborHTMLParser(client.get(path).content.decode())
        found = page.css('link[rel="alternate"][type^="application/"]:not([type*="oembed"])')
        assert {link.attributes["href"] for link in found} == expected, path
        assert all(link.attributes["title"] for link in found)
        for link in found:
            assert client.get(link.attributes["href"]).status_code == 200

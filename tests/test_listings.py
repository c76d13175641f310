"""Pages around the coverage: front page, topics, authors, archive, search, and "not found" pages."""

import datetime
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import changes
from articles.listings import coverage, streams
from articles.models import Article, CoverageDefaults, Topic, Update, UpdateVersion
from articles.newsroom import starting
from articles.page.live_page import Selection
from comments.models import CommentDefaults, Discussion
from liveblog import limits
from liveblog.languages import column
from tests import factories, newsroom

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


def past(number: int, **fields: Any) -> Article:
    """Create finished coverage; a greater number is older."""
    start = NOW - datetime.timedelta(days=number)
    end = start + datetime.timedelta(hours=2)
    whole = {"slug": f"past-{number}", "state": "finished", "coverage_start": start, "coverage_end": end}
    return factories.article(**whole | fields)


def topic(slug: str, **names: str) -> Topic:
    made = Topic(slug=slug, **{column("name", code): name for code, name in names.items()})
    made.save()
    return made


def on(item: Article | Update, *topics: Topic) -> None:
    with changes.edit(item):
        item.topics.set(topics)


def links(page: str, pattern: str) -> list[str]:
    return re.findall(rf'<h3><a href="({pattern})"', page)


def walk(client: Client, path: str, pattern: str) -> list[str]:
    """Return the links on all pages of a list, from the first to the last."""
    found: list[str] = []
    while path:
        page = client.get(path).content.decode()
        found += links(page, pattern)
        following = re.search(r'rel="next" class="action" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    return found


# The front page -------------------------------------------------------------------------------------------------------


def test_the_front_page_begins_with_what_is_live_and_goes_back_without_an_end(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "PAGE_SIZE", 3)
    live = factories.article(slug="live")
    factories.update(live, headline_en="Talks begin", body_en="", is_key=True)
    factories.update(live, headline_en="A break", body_en="")
    factories.article(slug="soon", state="announced", coverage_start=timezone.now() + datetime.timedelta(days=2))
    for number in range(1, 8):
        past(number)
    first = client.get("/en/").content.decode()
    assert links(first, "/en/live/[a-z0-9-]+/")[:2] == ["/en/live/live/", "/en/live/soon/"]
    # The state and the key event, which is more important than the later break.
    assert "live-badge" in first
    assert "Talks begin" in first
    assert "A break" not in first
    assert "Starts:" in first
    walked = walk(client, "/en/", "/en/live/[a-z0-9-]+/")
    assert walked == ["/en/live/live/", "/en/live/soon/", *(f"/en/live/past-{number}/" for number in range(1, 8))]


def test_a_list_names_only_what_can_be_read_in_its_language(client: Client) -> None:
    past(1, slug="in-german", languages=["en", "de"])
    past(2, slug="in-english", languages=["en"])
    assert walk(client, "/de/", "/de/live/[a-z0-9-]+/") == ["/de/live/in-german/"]
    assert client.get("/fr/").status_code == 200


def test_lists_cost_the_same_queries_however_long_they_are(client: Client) -> None:
    news, author = topic("news", en="News"), factories.author()

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = ("/en/", "/en/topics/", "/en/topics/news/", "/en/archive/", "/en/archive/2026/11/", "/en/search/?q=talks")
    counts = []
    for numbers in (range(1, 3), range(3, 9)):
        for number in numbers:
            article = past(number)
            on(article, news)
            factories.update(article, authors=(author,))
        counts.append([cost(path) for path in paths])
    assert counts[0] == counts[1]


# Topics and authors ---------------------------------------------------------------------------------------------------


def test_an_update_has_its_own_topics_or_those_of_its_coverage(client: Client) -> None:
    energy, defence = topic("energy", en="Energy", de="Energie"), topic("defence", en="Defence")
    article = factories.article(slug="summit")
    on(article, energy)
    inherited = factories.update(article, headline_en="Generators", body_en="")
    own = factories.update(article, headline_en="Tanks", body_en="")
    on(own, defence)
    draft = factories.update(article, headline_en="Not yet", body_en="", state="draft")
    on(draft, defence)
    assert walk(client, "/en/topics/energy/", "/en/live/summit/update/[0-9]+/") == [inherited.url("en")]
    assert walk(client, "/en/topics/defence/", "/en/live/summit/update/[0-9]+/") == [own.url("en")]
    # The coverage is on both.
    for slug in ("energy", "defence"):
        page = client.get(f"/en/topics/{slug}/?show=coverage").content.decode()
        assert links(page, "/en/live/summit/") == ["/en/live/summit/"]
    index = client.get("/de/topics/").content.decode()
    assert "Energie" in index
    assert '<span lang="en" dir="ltr">Defence</span>' in index
    # Feeds have the same updates, under ids that a feed of the site gives them too.
    feed = client.get("/en/topics/energy/feed.atom").content.decode()
    assert "<title>Generators</title>" in feed
    assert "Tanks" not in feed
    assert "<title>Energy</title>" in feed
    items = client.get("/en/topics/defence/feed.json").json()["items"]
    assert [item["title"] for item in items] == ["Tanks"]
    assert items[0]["tags"] == ["Defence"]
    assert client.get("/en/topics/nothing/").status_code == 404


def test_lists_of_updates_go_on_without_an_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PAGE_SIZE", 4)
    author = factories.author(name_en="Ana Ionescu")
    article = factories.article(slug="summit")
    wanted = [factories.update(article, authors=(author,)).url("en") for _number in range(10)]
    factories.update(article)
    assert walk(client, author.url("en"), "/en/live/summit/update/[0-9]+/") == wanted[::-1]
    # A page stays where it is after its first update was withdrawn or deleted.
    page = client.get(author.url("en")).content.decode()
    older = re.search(r'rel="next" class="action" href="([^"]+)"', page)
    assert older is not None
    Update.objects.get(pk=int(older[1].rpartition("=")[2])).delete()
    assert client.get(older[1]).status_code == 200
    assert client.get(f"{author.url('en')}?before=999999").status_code == 404


def test_an_author_has_a_page_with_picture_role_place_and_links(client: Client) -> None:
    author = factories.author(
        name_en="Ana Ionescu",
        role_en="Bucharest correspondent",
        role_de="Korrespondentin in Bukarest",
        place_en="Bucharest",
        photo=factories.photo(),
        links="https://www.ana.example/\nmailto:ana@example.org",
    )
    article = factories.article(slug="summit")
    factories.update(article, authors=(author,), headline_en="Talks", body_en="")
    german = client.get(author.url("de")).content.decode()
    assert "Korrespondentin in Bukarest" in german
    assert '<span class="place" lang="en" dir="ltr">Bucharest</span>' in german
    assert '<a href="https://www.ana.example/" rel="me noopener" dir="ltr">ana.example</a>' in german
    assert ">ana@example.org</a>" in german
    assert author.photo.url in german
    assert "Ana Ionescu" in client.get("/en/authors/").content.decode()
    feed = client.get(f"{author.url('en')}feed.atom").content.decode()
    assert "<title>Ana Ionescu</title>" in feed
    for bad in ("javascript:alert(1)", "ana.example", "/about/"):
        author.links = bad
        with pytest.raises(Exception, match="https"):
            author.full_clean(exclude=["name", "role", "place"])


# The archive ----------------------------------------------------------------------------------------------------------


def test_the_archive_has_each_month_and_leads_to_its_neighbours(client: Client) -> None:
    past(1)
    past(2)
    past(40)
    factories.article(slug="soon", state="announced", coverage_start=timezone.now() + datetime.timedelta(days=400))
    page = client.get("/de/archive/").content.decode()
    assert re.findall(r'href="(/de/archive/[0-9/]+)">(\w+)</a> <span class="count">(\d+)', page) == [
        ("/de/archive/2026/11/", "November", "2"),
        ("/de/archive/2026/10/", "Oktober", "1"),
    ]
    november = client.get("/de/archive/2026/11/").content.decode()
    assert links(november, "/de/live/[a-z0-9-]+/") == ["/de/live/past-1/", "/de/live/past-2/"]
    assert '<a class="action" href="/de/archive/2026/10/">Oktober 2026</a>' in november
    for path in ("/de/archive/2026/12/", "/de/archive/2026/13/", "/de/archive/0/1/", "/de/archive/99999/1/"):
        assert client.get(path).status_code == 404


# The search -----------------------------------------------------------------------------------------------------------


def test_a_search_finds_what_readers_of_the_language_are_shown(client: Client) -> None:
    article = factories.article(slug="summit", policies={"de": "reviewed"})
    shown = factories.update(article, headline_en="Transformers for the grid", body_en="")
    factories.update(article, headline_en="Transformers later", body_en="", state="draft")
    withdrawn = factories.update(article, headline_en="Transformers gone", body_en="")
    withdrawn.withdraw(leaves_mark=True, reason="")
    withdrawn.save()
    page = client.get("/en/search/?q=transformér").content.decode()
    assert links(page, "/en/live/summit/update/[0-9]+/") == [shown.url("en")]
    assert "Transformers later" not in page
    # Readers of German get reviewed texts only.
    assert not links(client.get("/de/search/?q=transformers").content.decode(), ".*")
    reader = client.get("/en/search/?q=ministers")
    assert links(reader.content.decode(), "/en/live/summit/") == ["/en/live/summit/"]
    assert reader["X-Robots-Tag"] == "noindex"
    assert "public" not in reader["Cache-Control"]
    for query in ("", "%00", "%", "a" * 5000, "<script>alert(1)</script>", "%27%22"):
        answer = client.get(f"/en/search/?q={query}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


@pytest.mark.usefixtures("one_stretch")
def test_a_search_is_limited_for_each_network_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.listings.views.SEARCHES_PER_MINUTE", 2)
    monkeypatch.setattr(limits, "counted_address", lambda _address: "198.51.100.7")
    assert [client.get("/en/search/?q=talks").status_code for _number in range(4)][-1] == 429
    assert client.get("/en/search/").status_code == 200


# "Not found" pages ----------------------------------------------------------------------------------------------------


def test_a_page_that_is_not_there_helps_on(client: Client) -> None:
    factories.article(slug="summit", languages=["en", "de"])
    nothing = client.get("/en/live/smumit/")
    page = nothing.content.decode()
    assert nothing.status_code == 404
    assert 'action="/en/search/"' in page
    assert links(page, "/en/live/summit/") == ["/en/live/summit/"]
    other = client.get("/fr/live/summit/")
    page = other.content.decode()
    assert other.status_code == 404
    assert '<p class="missing-title" lang="en" dir="ltr">Ministers meet in Bucharest</p>' in page
    assert 'href="/de/live/summit/"' in page
    assert 'action="/fr/search/"' not in page
    # These pages are not cached, but their suggestions are. Old addresses are searched each time.
    with CaptureQueriesContext(connection) as queries:
        client.get("/en/nowhere/")
    assert len(queries) <= 1


# Topics of updates ----------------------------------------------------------------------------------------------------


def test_readers_filter_a_coverage_by_topic(client: Client) -> None:
    energy, defence = topic("energy", en="Energy"), topic("defence", en="Defence")
    article = factories.article(slug="summit")
    own = factories.update(article, headline_en="Generators", body_en="")
    on(own, energy, defence)
    other = factories.update(article, headline_en="Tanks", body_en="")
    path = f"/en/live/summit/?topic={energy.pk}"
    page = client.get(path).content.decode()
    assert f'id="update-{own.pk}"' in page
    assert f'id="update-{other.pk}"' not in page
    # An open page asks the same of each update that comes.
    assert f'data-accepts="[data-topics~=&quot;{energy.pk}&quot;]"' in page
    assert f'data-topics="{defence.pk} {energy.pk}"' in page
    assert f"?topic={defence.pk}#updates" in client.get("/en/live/summit/").content.decode()
    assert Selection(topic=energy.pk).shows(Update.objects.for_pages().get(pk=own.pk))
    for wrong in ("0", "999999", "x"):
        assert client.get(f"/en/live/summit/?topic={wrong}").status_code in (200, 404)
    assert client.get("/en/live/summit/?topic=999999").status_code == 404


def test_the_form_of_a_topic_names_the_language_of_each_name(client: Client) -> None:
    client.force_login(newsroom.user("olga", "Editor"))
    page = client.get(reverse("admin:articles_topic_add"), headers={"Accept-Language": "uk"}).content.decode()
    assert "Назва (німецька):" in page
    assert "[de]" not in page


def test_the_desk_chooses_topics_and_the_history_has_them(client: Client) -> None:
    energy = topic("energy", en="Energy", de="Energie")
    topic("weather", en="Weather")
    article = factories.article(slug="summit")
    on(article, energy)
    client.force_login(newsroom.user("mara", "Journalist"))
    desk = client.get(f"/admin/articles/article/{article.pk}/desk/").content.decode()
    # The topics of the coverage come first.
    assert desk.index(">Energy<") < desk.index(">Weather<")
    data = {"action": "publish", "kind": "text", "source_language": "en", "body": "<p>Generators.</p>"}
    written = client.post(reverse("admin:articles_desk_write", args=[article.pk]), data | {"topics": [energy.pk]})
    assert written.status_code in (200, 201), written.content
    update = article.updates.get()
    assert list(update.topics.all()) == [energy]
    assert UpdateVersion.objects.get(update=update).data["topics"] == [energy.pk]
    wrong = client.post(reverse("admin:articles_desk_write", args=[article.pk]), data | {"topics": ["999999"]})
    assert wrong.status_code == 422
    # A deleted topic is removed from the updates, also in the history.
    energy.delete()
    assert not update.topics.exists()
    assert update.versions.order_by("-number").first().data["topics"] == []


# Default settings -----------------------------------------------------------------------------------------------------


def test_new_coverage_starts_with_the_default_settings(client: Client) -> None:
    before = factories.article(slug="before")
    client.force_login(newsroom.user("ioana", "Editor"))
    assert client.get("/admin/settings/").status_code == 302
    form = {"languages": ["en", "uk"], "time_zone": "Europe/Kyiv", "needs_release": "on", "policies_de": "original"}
    assert client.post("/admin/settings/coverage/", form).status_code == 302
    assert client.post("/admin/settings/comments/", {"policy": "closed"}).status_code == 302
    assert client.post("/admin/settings/comments/", {"policy": "never"}).status_code == 200
    usual = CoverageDefaults.stored()
    assert (usual.languages, usual.time_zone, usual.needs_release) == (["en", "uk"], "Europe/Kyiv", True)
    initial = client.get("/admin/articles/article/add/").context["adminform"].form.initial
    assert initial["languages"] == ["en", "uk"]
    assert initial["policies"] == {"de": "original"}
    # So does coverage that starts with one line, also if its journalist may not change the rule of release.
    mara = newsroom.user("mara", "Journalist")
    started = starting.start(starting.plan("Talks begin in Kyiv", mara, language="en"), mara, "live")
    assert (started.languages, started.time_zone, started.needs_release) == (["en", "uk"], "Europe/Kyiv", True)
    assert started.policies == {"de": "original"}
    assert Discussion.of(started.pk).policy == "closed"
    assert CommentDefaults.stored().policy == "closed"
    assert Discussion.of(factories.article(slug="after").pk).policy == "closed"
    assert Discussion.of(before.pk).policy == "approval"
    client.force_login(mara)
    for name in ("", "look/", "coverage/", "comments/"):
        assert client.get(f"/admin/settings/{name}").status_code == 403
    assert client.get("/admin/settings/nothing/").status_code == 404

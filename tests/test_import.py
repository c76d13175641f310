"""Imports of other systems' live blogs: the first, repeated, interrupted and continuous ones."""

from __future__ import annotations

import copy
import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from werkzeug import Request, Response

from articles import changes
from articles.interchange import writing
from articles.models import Article, Author, ImportedUpdate, Picture, Update
from tests import foreign_blogs as blogs
from tests import soak
from tests.embed_servers import picture
from tests.providers import Provider, as_json

pytestmark = pytest.mark.django_db


@dataclass
class OldSite(Provider):
    """The former site of a newsroom: documents and pages by path, and pictures at all other paths."""

    documents: dict[str, Any] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    #: The HTTP status of its pictures.
    pictures: int = 200

    def answer(self, request: Request) -> Response:
        path = request.full_path.rstrip("?")
        self.requests.append(path)
        if path.endswith(".png") and self.pictures != 200:
            return Response(status=self.pictures)
        if path.endswith(".png"):
            return Response(picture(64, 48), content_type="image/png")
        found = self.documents.get(path, self.documents.get(request.path))
        if found is None:
            return Response("no such page", status=404)
        return Response(found, content_type="text/html") if isinstance(found, str | bytes) else as_json(found)


@pytest.fixture
def site() -> Any:
    with OldSite() as server:
        yield server


def run(source: str, *options: str) -> str:
    said = io.StringIO()
    call_command("import_liveblog", source, *options, stdout=said)
    return said.getvalue()


def blog(site: OldSite, count: int = 3) -> dict[str, Any]:
    """Put a live blog on the old site, and return its document."""
    document = blogs.json_ld(count, **{"@id": f"{site.url}/election", "url": f"{site.url}/election"})
    for post in document["liveBlogUpdate"]:
        post["@id"] = post["@id"].replace(blogs.SITE, site.url)
        post["url"] = f"{site.url}/election/{post['@id'].rpartition('-')[2]}.html"
    site.documents["/election"] = blogs.page(document)
    return document


def put(site: OldSite, document: dict[str, Any]) -> None:
    site.documents["/election"] = blogs.page(document)


def imported() -> list[Update]:
    return list(Update.objects.order_by("first_published_at"))


def test_documents_that_follow_by_next_are_read_too(site: OldSite) -> None:
    whole = blogs.json_ld(5)
    updates = whole["liveBlogUpdate"]
    site.documents["/liveblog.json"] = whole | {
        "liveBlogUpdate": updates[:2],
        "next": f"{site.url}/liveblog.json?before=4",
    }
    site.documents["/liveblog.json?before=4"] = whole | {"liveBlogUpdate": updates[2:], "next": "/gone.json"}
    said = run(f"{site.url}/liveblog.json")
    assert len(imported()) == 5
    assert f"{site.url}/gone.json" in said


def test_an_import_brings_texts_times_authors_and_pictures(site: OldSite, client: Client) -> None:
    document = blog(site)
    newest = document["liveBlogUpdate"][0]
    newest["image"] = [{"@type": "ImageObject", "url": "/hall.png", "creditText": "AP", "caption": "The hall"}]
    newest["articleBody"] += f'<img src="{site.url}/door.png" alt="A door"><iframe src="{blogs.YOUTUBE}"></iframe>'
    put(site, document)
    said = run(f"{site.url}/election", "--slug", "election")
    article = Article.objects.get(slug="election")
    assert (article.state, article.languages, article.source_language) == ("finished", ["en"], "en")
    last = imported()[-1]
    assert last.first_published_at.isoformat() == "2024-05-14T08:02:00+00:00"
    assert [author.name_en for author in last.authors.all()] == ["Mara Ilie"]
    assert last.embed.url == blogs.YOUTUBE
    hall, door = last.pictures.all()
    assert (hall.caption_en, hall.credit_en, hall.width) == ("The hall", "AP", 64)
    assert (door.alt_en, door.credit_en) == ("A door", "localhost")
    assert "no credit" not in said
    assert "credited to their website" in said
    page = client.get(article.get_absolute_url()).content.decode()
    assert page.index("Count 2 is in") < page.index("Count 0 is in")


def test_a_post_of_pictures_that_are_gone_is_left_out_for_a_reason_that_is_named(site: OldSite) -> None:
    document = blog(site)
    document["liveBlogUpdate"][0] |= {"headline": "", "articleBody": "", "image": "/gone"}
    put(site, document)
    said = run(f"{site.url}/election")
    assert "None of its pictures could be used. – " in said
    assert "1 left out" in said


@pytest.mark.parametrize(("status", "asked_again"), [(503, True), (404, False)])
def test_a_picture_whose_server_did_not_answer_comes_with_the_next_import(
    site: OldSite, status: int, asked_again: bool
) -> None:
    document = blog(site)
    document["liveBlogUpdate"][0]["image"] = "/hall.png"
    put(site, document)
    site.pictures = status
    assert "Pictures that couldn’t be fetched" in run(f"{site.url}/election")
    site.pictures = 200
    said = run(f"{site.url}/election")
    assert imported()[-1].pictures.count() == asked_again
    assert ("1 corrected" in said) == asked_again
    assert "3 unchanged" in run(f"{site.url}/election")


def test_further_pages_are_read_in_their_own_encoding(site: OldSite) -> None:
    document = blog(site, 2)
    posts = document["liveBlogUpdate"]
    posts[1]["headline"] = "„Große“ Zahlen"
    head = '<meta charset="windows-1252"><link rel="next" href="/election/2">'

    def page(post: dict[str, Any]) -> bytes:
        script = json.dumps(document | {"liveBlogUpdate": [post]}, ensure_ascii=False)
        return f'<html><head>{head}<script type="application/ld+json">{script}</script></head></html>'.encode("cp1252")

    site.documents |= {"/election": page(posts[0]), "/election/2": page(posts[1])}
    run(f"{site.url}/election")
    assert imported()[0].headline_en == "„Große“ Zahlen"


def test_a_dry_run_names_what_is_lost_and_writes_nothing(site: OldSite) -> None:
    document = blog(site, 4)
    document["liveBlogUpdate"][0]["articleBody"] = "<p>See</p><video src='film.mp4'></video>"
    del document["liveBlogUpdate"][1]["datePublished"], document["liveBlogUpdate"][1]["dateModified"]
    put(site, document)
    said = run(f"{site.url}/election", "--dry-run")
    assert "lost: Unsupported elements" in said
    assert "video" in said
    assert "doubtful: Entries without a readable time" in said
    assert "4 would be created" in said
    assert not Article.objects.exists()
    assert not Author.objects.exists()


def test_importing_again_takes_over_corrections_and_withdrawals(site: OldSite) -> None:
    document = blog(site, 5)
    address = f"{site.url}/election"
    run(address)
    before = {update.pk: update.version for update in imported()}
    assert "5 unchanged." in run(address)
    assert {update.pk: update.version for update in imported()} == before
    document["liveBlogUpdate"][0]["articleBody"] = "It was somebody else."
    del document["liveBlogUpdate"][1]
    document["liveBlogUpdate"].insert(0, copy.deepcopy(document["liveBlogUpdate"][0]))
    document["liveBlogUpdate"][0] |= {"@id": f"{site.url}/new", "datePublished": blogs.moment(9), "headline": "New"}
    put(site, document)
    said = run(address)
    assert "1 created" in said
    assert "1 corrected" in said
    assert "1 withdrawn" in said
    states = [(update.headline_en, update.state) for update in imported()]
    assert states[3:] == [("Count 3 is in", "withdrawn"), ("Count 4 is in", "published"), ("New", "published")]
    assert imported()[4].body_en == "<p>It was somebody else.</p>"
    assert [version.number for version in imported()[4].versions.all()] == [2, 1]


def test_texts_that_were_edited_here_stay(site: OldSite) -> None:
    document = blog(site)
    run(f"{site.url}/election")
    ours, deleted, _third = imported()
    ours.body_en = "<p>In our words.</p>"
    ours.save()
    deleted.delete()
    for post in document["liveBlogUpdate"]:
        post["articleBody"] = "In theirs."
    put(site, document)
    said = run(f"{site.url}/election")
    assert "edited here" in said
    assert [update.body_en for update in imported()] == ["<p>In our words.</p>", "<p>In theirs.</p>"]


def test_an_interrupted_import_stays_hidden_and_can_be_continued(
    site: OldSite, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = blog(site, 4)
    put(site, document)
    write, count = writing.ArticleWriter._write, 0

    def breaking(self: Any, *args: Any) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise ConnectionError
        write(self, *args)

    monkeypatch.setattr(writing.ArticleWriter, "_write", breaking)
    with pytest.raises(ConnectionError):
        run(f"{site.url}/election")
    [article] = Article.objects.all()
    assert len(imported()) == 2
    assert client.get(article.url("en")).status_code == 404
    assert "Election" not in client.get("/en/").content.decode()
    said = run(f"{site.url}/election")
    assert "2 created" in said
    assert "2 unchanged" in said
    assert client.get(article.url("en")).status_code == 200


def test_a_source_is_followed_until_somebody_presses_ctrl_c(site: OldSite, monkeypatch: pytest.MonkeyPatch) -> None:
    document = blog(site)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt
        document["liveBlogUpdate"][0] |= {"headline": f"Look {len(pauses)}", "dateModified": blogs.moment(50)}
        put(site, document)

    monkeypatch.setattr("articles.management.commands.import_liveblog.time.sleep", pause)
    said = run(f"{site.url}/election", "--follow", "--interval", "5")
    assert pauses == [5, 5, 5]
    assert imported()[-1].headline_en == "Look 2"
    assert said.count("1 corrected") == 2


def test_a_source_that_loses_most_of_its_posts_withdraws_none(site: OldSite) -> None:
    document = blog(site, 8)
    run(f"{site.url}/election")
    # The oldest one is still there, so the others are not merely older than the list.
    del document["liveBlogUpdate"][:-1]
    put(site, document)
    assert "None of them was withdrawn" in run(f"{site.url}/election")
    assert {update.state for update in imported()} == {"published"}


def test_old_addresses_lead_to_the_new_ones(site: OldSite, client: Client) -> None:
    blog(site)
    run(f"{site.url}/election", "--slug", "night")
    assert client.get("/election")["Location"] == "/en/live/night/"
    first = imported()[0]
    assert client.get("/election/0.html?utm=x")["Location"] == first.url("en")
    assert client.get("/election/9.html").status_code == 404
    with changes.edit(first):
        first.withdraw(leaves_mark=False, reason="")
        first.save()
    assert client.get("/election/0.html")["Location"] == "/en/live/night/"


def test_the_interface_of_wordpress_is_read_page_by_page(site: OldSite) -> None:
    entry, answer = blogs.wordpress_entry, blogs.wordpress_answer
    api = "/wp-json/liveblog/v1/77"
    site.documents |= {
        f"{api}/get-entries/1/0-0": answer(entry(3, render=f'<img src="{site.url}/a.png">'), entry(2), pages=2),
        f"{api}/get-entries/2/0-0": answer(entry(1), pages=2),
        "/wp-json/wp/v2/posts/77": {
            "link": f"{site.url}/2024/05/night/",
            "date_gmt": "2024-05-14T08:00:00",
            "title": {"rendered": "Night &#8211; live"},
            "excerpt": {"rendered": "<p>All of it.</p>"},
        },
    }
    run(f"{site.url}{api}/entries/0/9", "--language", "en")
    [article] = Article.objects.all()
    assert (article.slug, article.headline_en, article.standfirst_en) == ("night", "Night – live", "All of it.")
    assert [update.body_en for update in imported()] == ["<p>Entry 1</p>", "<p>Entry 2</p>", ""]
    assert imported()[2].kind == "pictures"
    assert Picture.objects.count() == 1


def wordpress(site: OldSite, *entries: dict[str, Any], **page: Any) -> str:
    """Put a live blog of the plugin on the old site, with its page and its API, and return the address of the page."""
    address, api = f"{site.url}/2024/05/night/", "/wp-json/liveblog/v1/77"
    newest = {
        "@type": "BlogPosting",
        "url": f"{address}#9",
        "articleBody": "Plain",
        "datePublished": "2024-05-14T08:09:00Z",
    }
    told = {"@type": "LiveBlogPosting", "url": address, "headline": "Night", "liveBlogUpdate": [newest]} | page
    post = f'<link rel="alternate" type="application/json" href="{site.url}/wp-json/wp/v2/posts/77" />'
    site.documents |= {
        "/2024/05/night/": blogs.page(told)
        .replace("</head>", f"{post}</head>", 1)
        .replace("</body>", '<div id="wpcom-liveblog-container" class="77"></div></body>', 1),
        f"{api}/get-entries/1/0-0": blogs.wordpress_answer(*entries, pages=1, total=len(entries)),
        "/wp-json/wp/v2/posts/77": {
            "link": address,
            "title": {"rendered": "Night"},
            "content": {"rendered": "<p>Welcome.</p>[liveblog_key_events]"},
        },
    }
    return address


def test_the_page_of_a_live_blog_in_wordpress_leads_to_its_api(site: OldSite) -> None:
    entry = blogs.wordpress_entry
    address = wordpress(site, entry(2, render="<p><strong>Bold</strong></p>"), entry(1))
    run(address, "--language", "en")
    [article] = Article.objects.all()
    assert (article.slug, article.body_en, article.state) == ("night", "<p>Welcome.</p>", "live")
    assert [update.body_en for update in imported()] == ["<p>Entry 1</p>", "<p><strong>Bold</strong></p>"]
    assert "2 unchanged" in run(f"{site.url}/wp-json/liveblog/v1/77/")


def test_archived_coverage_of_wordpress_is_finished(site: OldSite) -> None:
    # The API does not say so, but the page does.
    wordpress(site, blogs.wordpress_entry(1), coverageEndTime="2024-05-14T08:00:00+00:00")
    run(f"{site.url}/wp-json/liveblog/v1/77/", "--language", "en")
    [article] = Article.objects.all()
    assert (article.state, article.coverage_end) == ("finished", imported()[0].first_published_at)


def test_an_import_from_a_page_of_wordpress_goes_on_without_its_api(site: OldSite) -> None:
    address = wordpress(site, blogs.wordpress_entry(1))
    answer = site.documents.pop("/wp-json/liveblog/v1/77/get-entries/1/0-0")
    assert "The source lists only some of its entries." in run(address, "--language", "en")
    assert [update.body_en for update in imported()] == ["<p>Plain</p>"]
    # The same entries have other ids there.
    site.documents["/wp-json/liveblog/v1/77/get-entries/1/0-0"] = answer
    assert "1 unchanged" in run(address, "--language", "en")
    assert [update.body_en for update in imported()] == ["<p>Plain</p>"]


def test_the_interface_of_live_blog_is_read_page_by_page(site: OldSite) -> None:
    post, item = blogs.sourcefabric_post, blogs.sourcefabric_item
    api = f"/api/client_blogs/{blogs.BLOG_ID}"
    links = {"next": {"href": "next page"}}
    site.documents |= {
        api: blogs.sourcefabric_blog(blog_status="open"),
        f"{api}/posts?max_results=100&page=1": {"_items": [post(2, item("text", "<p>Two</p>"))], "_links": links},
        f"{api}/posts?max_results=100&page=2": {"_items": [post(1, item("text", "<p>One</p>"))], "_links": {}},
    }
    run(f"{site.url}{api}")
    [article] = Article.objects.all()
    assert article.state == "live"
    assert [update.body_en for update in imported()] == ["<p>One</p>", "<p>Two</p>"]
    # The list is complete, so a missing post was removed.
    site.documents[f"{api}/posts?max_results=100&page=1"]["_links"] = {}
    run(f"{site.url}{api}")
    assert [update.state for update in imported()] == ["withdrawn", "published"]


def test_an_impossible_import_reports_an_error_and_changes_nothing(site: OldSite, tmp_path: Any) -> None:
    blog(site)
    run(f"{site.url}/election", "--slug", "taken")
    other = tmp_path / "other.json"
    other.write_text(json.dumps(blogs.json_ld(2)))
    with pytest.raises(CommandError, match="already"):
        run(str(other), "--slug", "taken")
    with pytest.raises(CommandError, match="no readable file"):
        run("/nowhere.zip")
    with pytest.raises(CommandError, match="Nothing was found at"):
        run(f"{site.url}/gone")
    with pytest.raises(CommandError, match="no time zone"):
        run(str(other), "--time-zone", "Mars/Olympus")
    assert ImportedUpdate.objects.count() == 3
    assert Article.objects.count() == 1


def test_a_live_blog_that_was_imported_is_not_imported_under_another_name(site: OldSite) -> None:
    blog(site)
    run(f"{site.url}/election", "--slug", "election")
    with pytest.raises(CommandError, match="already, as “election”"):
        run(f"{site.url}/election", "--slug", "another")
    run(f"{site.url}/election")
    assert list(Article.objects.values_list("slug", flat=True)) == ["election"]


def test_a_long_live_blog_with_faults_arrives_whole_and_is_not_written_again(tmp_path: Any) -> None:
    count = soak.count(20, 5000)
    document = blogs.json_ld(count)
    posts = document["liveBlogUpdate"]
    for post in posts[::7]:
        post["datePublished"] = post["dateModified"] = "some time ago"
    for post in posts[::5]:
        post["headline"] = f"<b>R&amp;D</b> &lt;{post['headline']}&gt;"
    posts[3:3] = [None, 17, {}, {"@type": "BlogPosting", "articleBody": "<p> </p>"}, []]
    doubled = posts[-1] | {"articleBody": "<p>Counted again.</p>", "dateModified": "2024-05-15T08:00:00+00:00"}
    path = tmp_path / "night.html"
    path.write_text(blogs.page(document | {"liveBlogUpdate": [*posts, doubled]}))
    said = run(str(path), "--slug", "night")
    assert f"{count} created" in said
    assert len(imported()) == count
    assert Update.objects.filter(headline_en=f"R&D <Count {count - 1} is in>").count() == 1
    assert Update.objects.filter(body_en="<p>Counted again.</p>").count() == 1
    moments = list(Update.objects.order_by("pk").values_list("first_published_at", flat=True))
    assert moments == sorted(moments)
    assert f"{count} unchanged" in run(str(path))

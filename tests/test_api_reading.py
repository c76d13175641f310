"""Without a token, API clients can read everything that readers see, page by page, and then only the changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import changes, kinds
from articles.models import Article, Update
from liveblog.cross_origin import READERS_HEADER
from tests import factories, programs
from tests.programs import Program

pytestmark = pytest.mark.django_db

reader = Program()


def ids(answer: Any) -> list[int]:
    return [item["id"] for item in answer.json()["items"]]


def path_of(address: str) -> str:
    return address.removeprefix(f"{settings.SITE_URL}{programs.ROOT}")


def withdraw(update: Update) -> None:
    update.withdraw(leaves_mark=False, reason="")
    update.save()


def test_the_description_is_valid_openapi_and_is_served_to_everybody() -> None:
    assert programs.faults_of_description() == []
    assert programs.description()["openapi"].startswith("3.1")
    client = Client()
    answer = client.get("/api/v1/openapi.json")
    assert answer.json() == programs.description()
    assert answer[READERS_HEADER] == "*"
    page = client.get("/api/v1/").content.decode()
    for path, methods in programs.description()["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page


def test_every_operation_of_the_newsroom_needs_a_token_and_no_other_takes_one() -> None:
    for path, methods in programs.description()["paths"].items():
        for operation in methods.values():
            assert bool(operation.get("security")) == path.startswith("/desk/")


def test_all_that_readers_see_of_an_update_is_there_in_their_language() -> None:
    article = factories.article(slug="summit")
    author = factories.author("Ioana Petrescu", name_uk="Йоана Петреску")
    update = factories.update(
        article,
        headline_en="Talks begin",
        body_en='<p>Fourteen came. <a href="/en/">More</a></p>',
        is_key=True,
        authors=(author,),
        pictures=(factories.picture(size=(900, 600), caption_en="At noon"),),
        embed="https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    )
    found = reader.get(f"/articles/summit/updates/{update.pk}?language=uk").json()
    assert (found["headline"], found["language"], found["translation"]) == ("Talks begin", "en", "original")
    assert found["text"] == "Fourteen came. More"
    assert f"{settings.SITE_URL}/en/" in found["html"]
    assert [one["name"] for one in found["authors"]] == ["Йоана Петреску"]
    [picture] = found["pictures"]
    assert (picture["width"], picture["caption"], picture["credit"]) == (900, "At noon", "Photo: I. Moraru")
    assert all(url.startswith("http") for url in [picture["url"], *picture["versions"].values()])
    assert found["embed"]["url"].endswith("dQw4w9WgXcQ")
    assert found["is_key"]
    assert found["url"] == f"{settings.SITE_URL}/uk/live/summit/update/{update.pk}/"


def test_a_coverage_is_read_page_by_page_and_nothing_comes_twice() -> None:
    article = factories.article(slug="summit")
    for _number in range(5):
        factories.update(article)
    factories.update(article, state="draft")
    answer = reader.get("/articles/summit/updates?limit=2")
    seen = ids(answer)
    factories.update(article)
    while following := answer.json()["next"]:
        answer = reader.get(path_of(following))
        assert len(ids(answer)) <= 2
        seen += ids(answer)
    assert len(seen) == len(set(seen)) == 5


def test_an_answer_that_is_the_same_is_not_sent_again() -> None:
    article = factories.article(slug="summit")
    update = factories.update(article)
    for path in (
        "/articles",
        "/articles/summit",
        "/articles/summit/updates",
        f"/articles/summit/updates/{update.pk}",
        "/articles/summit/comments",
        "/topics",
        "/authors",
    ):
        answer = reader.get(path)
        assert answer.status_code == 200
        assert answer[READERS_HEADER] == "*"
        assert "public" in answer["Cache-Control"]
        assert reader.get(path, If_None_Match=answer["ETag"]).status_code == 304
    etag = reader.get("/articles/summit/updates")["ETag"]
    update.body_en = "<p>Fifteen came.</p>"
    update.save()
    again = reader.get("/articles/summit/updates", If_None_Match=etag)
    assert (again.status_code, again.json()["items"][0]["text"]) == (200, "Fifteen came.")


def test_the_feed_of_changes_says_what_is_new_corrected_and_gone_each_once() -> None:
    article = factories.article(slug="summit")
    kept, gone = factories.update(article), factories.update(article)
    revision = reader.get("/articles/summit/updates").json()["revision"]
    assert reader.get(f"/articles/summit/changes?after={revision}").json() == {
        "revision": revision,
        "items": [],
        "next": None,
    }
    new = factories.update(article)
    for word in ("Fifteen", "Sixteen"):
        kept.body_en = f"<p>{word} came.</p>"
        kept.save()
    withdraw(gone)
    answer = reader.get(f"/articles/summit/changes?after={revision}").json()
    found = {item["id"]: item for item in answer["items"] if item["type"] == "update"}
    assert found.keys() == {new.pk, kept.pk, gone.pk}
    assert found[gone.pk]["is_gone"]
    assert found[gone.pk]["update"] is None
    assert found[kept.pk]["update"]["text"] == "Sixteen came."
    assert answer["revision"] == str(Article.objects.get(pk=article.pk).page_state)


def test_a_program_that_is_far_behind_gets_the_changes_in_parts() -> None:
    article = factories.article(slug="summit")
    address = path_of(reader.get("/articles/summit").json()["changes_url"]) + "&limit=2"
    for _number in range(5):
        factories.update(article)
    mirrored: list[int] = []
    while address:
        answer = reader.get(address).json()
        mirrored += [item["id"] for item in answer["items"] if item["type"] == "update"]
        address = path_of(answer["next"] or "")
    assert sorted(set(mirrored)) == sorted(article.updates.values_list("pk", flat=True))


def test_a_state_that_nobody_knows_makes_a_program_read_everything_again() -> None:
    article = factories.article(slug="summit")
    known = article.page_state
    factories.update(article)
    lost = str(Article.objects.get(pk=article.pk).page_state)
    factories.lose_changes(article, known.revision)
    for after in (lost, "1-invented", "x", "999999999999-abcdefgh"):
        answer = reader.get(f"/articles/summit/changes?after={after}")
        assert (answer.status_code, answer.json()["code"]) == (410, "unknown-revision")


def test_a_change_of_everything_says_so() -> None:
    article = factories.article(slug="summit")
    author = factories.author()
    factories.update(article, authors=(author,))
    revision = reader.get("/articles/summit").json()["revision"]
    author.name_en = "Ioana P. Petrescu"
    author.save()
    with changes.edit(article):
        article.headline_en = "Ministers meet again"
        article.save()
    kinds = {item["type"] for item in reader.get(f"/articles/summit/changes?after={revision}").json()["items"]}
    assert {"all", "article"} <= kinds


def test_content_that_readers_do_not_see_is_not_in_the_api() -> None:
    article = factories.article(slug="summit", policies={"de": "reviewed"})
    draft, seen = factories.update(article, state="draft"), factories.update(article)
    assert reader.get(f"/articles/summit/updates/{draft.pk}").status_code == 404
    assert ids(reader.get("/articles/summit/updates?language=de")) == []
    assert reader.get(f"/articles/summit/updates/{seen.pk}?language=de").status_code == 404
    withdraw(seen)
    assert reader.get(f"/articles/summit/updates/{seen.pk}").status_code == 410
    factories.article(slug="hidden", languages=["en"], source_language="en")
    Article._base_manager.filter(slug="hidden").update(languages=[])
    assert "hidden" not in reader.get("/articles").content.decode()
    for path in ("", "/updates", "/comments"):
        assert reader.get(f"/articles/hidden{path}").status_code == 404


WRONG = {
    "/articles/summit?language=xx": 404,
    "/articles/summit?language=pl": 404,
    "/articles/nothing": 404,
    "/articles/summit/updates?limit=101": 422,
    "/articles/summit/updates?limit=x": 422,
    "/articles/summit/updates?before=0": 422,
    "/articles/summit/updates?before=99999999999999999999": 422,
    "/articles/summit/updates?kind=ode": 422,
    "/articles/summit/updates/99999999999999999999": 404,
    "/articles?state=over": 422,
    "/articles?before=999999": 404,
    "/articles/summit/comments?before=999999": 404,
    "/authors?after=0": 422,
    "/nothing": 404,
}


def test_the_documentation_lists_the_parameters_of_an_operation() -> None:
    page = Client().get("/api/v1/").content.decode()
    listed = page.split("GET /articles/{slug}/updates</code>")[1].split("</dl>")[0]
    # Also of an optional parameter.
    for said in ("texts are those that they get", "this page goes on after it", "one kind: text, "):
        assert said in listed
    written = page.split("POST /desk/articles/{slug}/updates</code>")[1].split("</dl>")[0]
    assert all(kind.code in written for kind in kinds.ALL)
    assert "One of draft, publish, schedule." in written


def test_wrong_requests_get_problem_details() -> None:
    factories.article(slug="summit")
    for path, status in WRONG.items():
        answer = reader.get(path)
        assert (path, answer.status_code, answer["Content-Type"]) == (path, status, "application/problem+json")
        assert answer.json()["title"]


def test_a_page_of_the_interface_takes_as_many_queries_as_it_has_kinds_of_rows(
    django_assert_max_num_queries: Any,
) -> None:
    article = factories.article(slug="summit")
    for _number in range(3):
        factories.update(article, authors=(factories.author(f"Author {_number}"),), pictures=(factories.picture(),))
    with django_assert_max_num_queries(12):
        reader.get("/articles/summit/updates")
    for _number in range(3, 9):
        factories.update(article, authors=(factories.author(f"Author {_number}"),), pictures=(factories.picture(),))
    with django_assert_max_num_queries(12):
        assert len(ids(reader.get("/articles/summit/updates"))) == 9


def test_approved_comments_are_read_without_what_readers_did_not_publish() -> None:
    article = factories.article(slug="summit")
    shown = factories.comment(article, state="approved", text="Thank you.", email="ana@example.org")
    factories.comment(article, text="It waits.")
    answer = reader.get("/articles/summit/comments")
    assert [item["id"] for item in answer.json()["items"]] == [shown.pk]
    assert "example.org" not in answer.content.decode()
    with CaptureQueriesContext(connection) as queries:
        assert reader.get("/articles/summit/comments", If_None_Match=answer["ETag"]).status_code == 304
        assert reader.get("/articles/summit/comments").status_code == 200
    # E-mail addresses stay in the database.
    assert not [query for query in queries if '"email"' in query["sql"]]
    assert len([query for query in queries if 'FROM "comments_comment"' in query["sql"]]) == 1

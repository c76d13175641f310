"""One frame brings a page from any revision to the newest one, with only the elements that it needs."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Article
from liveblog.delivery import elements, frames, log
from liveblog.delivery.states import State
from liveblog.moments import formats
from tests import factories

pytestmark = pytest.mark.django_db


def frame(article: Article, after: int, language: str = "en") -> dict[str, Any]:
    state = frames.states_of([article.pk])[article.pk]
    return json.loads(frames.since(article.pk, factories.state_at(article, after), state, language).text)


def test_a_page_that_is_up_to_date_gets_an_empty_frame() -> None:
    article = factories.article()
    factories.update(article)
    token = article.changes.get().token
    assert frame(article, 1) == {"revision": 1, "token": token, "after": 1, "after_token": token, "changes": []}


def test_an_element_that_changed_often_is_sent_once_in_its_newest_form() -> None:
    article = factories.article()
    update = factories.update(article)
    for number in range(3):
        update.body_en = f"<p>Version {number}.</p>"
        update.save()
    [change, _latest] = frame(article, 0)["changes"]
    assert change["op"] == "put"
    assert change["id"] == update.element
    assert "Version 2." in change["html"]


def test_a_withdrawn_update_is_removed() -> None:
    article = factories.article()
    update = factories.update(article)
    update.state = "withdrawn"
    update.save()
    assert frame(article, 1)["changes"][0] == {"op": "remove", "id": update.element}


def test_a_frame_includes_all_elements_that_depend_on_the_updates() -> None:
    article = factories.article()
    first = factories.update(article, is_key=True, headline_en="A bridge is closed")
    second = factories.update(article, source_language="uk", headline_uk="Текст")
    operations = {change["id"]: change for change in frame(article, 0)["changes"]}
    moment = operations[f"moment-{first.pk}"]
    assert (moment["op"], moment["list"], moment["sort"]) == ("put", "moments", first.sort_key)
    assert "A bridge is closed" in moment["html"]
    assert f"?at={first.pk}#{first.element}" in moment["html"]
    assert (
        f'data-moment="{formats.machine_text(second.first_published_at, article.zone)}"' in operations["latest"]["html"]
    )
    after = article.changes.count()
    first.is_key = False
    first.save()
    assert {"op": "remove", "id": f"moment-{first.pk}"} in frame(article, after)["changes"]


def test_pinned_key_facts_are_sent_to_the_head_of_the_page() -> None:
    article = factories.article()
    facts = factories.update(article, kind="facts", body_en="<ul><li>One.</li><li>Two.</li><li>Three.</li></ul>")
    [change, _latest] = frame(article, 0)["changes"]
    assert (change["list"], "version 1" in change["html"]) == ("in-short", True)
    facts.body_en = "<ul><li>Two.</li></ul>"
    facts.save()
    [change, _latest] = frame(article, 1)["changes"]
    assert "version 2" in change["html"]
    facts.pin = None
    facts.save()
    [change, _latest] = frame(article, 2)["changes"]
    assert change["list"] == "updates"


def test_a_frame_sets_the_head_of_the_page() -> None:
    article = factories.article()
    article.state = Article.State.FINISHED
    article.save()
    [change] = frame(article, 0, "de")["changes"]
    assert (change["op"], change["id"]) == ("set", "coverage")


@pytest.mark.parametrize("after", [-1, 99])
def test_a_revision_unknown_to_the_log_reloads_the_page(after: int) -> None:
    article = factories.article()
    factories.update(article)
    assert frame(article, after) == {"revision": 1, "token": article.changes.get().token, "reload": True}


def test_a_page_that_is_too_old_is_reloaded(settings: Any) -> None:
    settings.LIVE_MAX_BACKLOG = 2
    article = factories.article()
    for _ in range(3):
        factories.update(article)
    assert frame(article, 0)["reload"] is True
    assert "reload" not in frame(article, 1)


def test_a_gap_in_the_log_reloads_the_page() -> None:
    article = factories.article()
    for _ in range(3):
        factories.update(article)
    article.changes.filter(revision=2).delete()
    assert frame(article, 1)["reload"] is True


def test_a_change_of_the_whole_page_reloads_it() -> None:
    article = factories.article()
    article.time_zone = "Europe/Kyiv"
    article.save()
    assert log.PAGE in [element for _revision, element in factories.log_of(article)]
    assert frame(article, 0)["reload"] is True


def test_queries_do_not_depend_on_how_much_changed() -> None:
    article = factories.article()

    before = article.page_state

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            frames.since(article.pk, before, frames.states_of([article.pk])[article.pk], "en")
        return len(captured)

    factories.update(article, authors=(factories.author("A"),))
    one = queries()
    for name in "BCDEF":
        factories.update(article, authors=(factories.author(name),))
    assert queries() == one <= 10


def test_the_wire_form_of_a_frame_is_a_websocket_frame() -> None:
    for size in (10, 200, 70_000):
        frame = frames.Frame(State(1, "token"), changes=[{"html": "ü" * size}])
        head = {True: 2, False: 4 if size < 30_000 else 10}[len(frame.text.encode()) < 126]
        assert frame.wire[0] == 0x81
        assert frame.wire[head:].decode() == frame.text


def test_the_changes_address_returns_the_same_frame(client: Any) -> None:
    article = factories.article()
    factories.update(article, body_de="<p>Auf Deutsch.</p>", body_en="<p>In English.</p>")
    answer = client.get(f"/de/live/{article.slug}/changes?after={factories.state_at(article, 0)}")
    assert answer.json() == frame(article, 0, "de")
    assert "Auf Deutsch." in answer.json()["changes"][0]["html"]
    assert "public" in answer["Cache-Control"]
    assert client.get(f"/de/live/{article.slug}/changes").json()["reload"] is True
    assert client.get(f"/pl/live/{article.slug}/changes?after={factories.state_at(article, 0)}").status_code == 404


def test_missed_changes_are_rendered_once_for_all_pages_that_reconnect(monkeypatch: pytest.MonkeyPatch) -> None:
    article = factories.article()
    for _ in range(6):
        factories.update(article)
    state = article_state(article)
    rendered: list[str] = []
    render = elements.render

    def counting(article_id: int, names: Any, languages: Any) -> Any:
        rendered.extend(names)
        return render(article_id, names, languages)

    monkeypatch.setattr(elements, "render", counting)
    for after in range(5, -1, -1):
        found = json.loads(frames.since(article.pk, factories.state_at(article, after), state, "en").text)["changes"]
        logged = [name for _revision, name in factories.log_of(article)[after:]]
        assert [change["id"] for change in found] == [*logged, "latest"]
    assert len(rendered) == len(set(rendered)) == 7
    with CaptureQueriesContext(connection) as captured:
        frames.since(article.pk, state._replace(revision=3), state, "en")
    assert len(captured) == 0


def article_state(article: Article) -> State:
    return frames.states_of([article.pk])[article.pk]


def test_states_that_nobody_gave_out_fill_no_cache(client: Any) -> None:
    article = factories.article()
    factories.update(article)
    address = f"/en/live/{article.slug}/changes"
    for invented in ("1-AAAAAAAA", "0-AAAAAAAA", "99-AAAAAAAA"):
        answer = client.get(address, {"after": invented})
        assert (answer.json()["reload"], answer["Cache-Control"]) == (True, "no-store")
    for after in (factories.state_at(article, 0), article_state(article)):
        assert "public" in client.get(address, {"after": str(after)})["Cache-Control"]
        # Other spellings of the same state would each be cached again.
        for other in (f"0{after}", f"{after.revision}", "zz9"):
            assert client.get(address, {"after": other})["Cache-Control"] == "no-store"

"""Readers who page while updates come and go see every update once, and addresses keep their meaning."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles.models import Article, DeletedUpdate, Update
from articles.page import live_page
from articles.page.live_page import LivePage, Selection, anchor_of
from articles.publishing import pins
from comments.views import threads
from liveblog.pagination import Place
from tests import factories, soak
from tests.crawler import Page

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)


def posted(article: Article, *minutes: float) -> list[Update]:
    """Create updates published at these minutes after noon, without the followers of edits."""
    text = {"article": article, "source_language": "en", "body_en": "<p>x</p>", "state": "published"}
    times = [NOON + datetime.timedelta(minutes=minute) for minute in minutes]
    return Update._base_manager.bulk_create([Update(first_published_at=time, **text) for time in times])


def numbers(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<article\s+id="update-(\d+)"', html)]


def link(html: str, rel: str) -> str:
    """Return the address of a link between pages, "" if there is none."""
    found = re.search(rf'<a\s+rel="{rel}"\s+href="([^"]*)"', html)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "PAGE_SIZE", 4)
    monkeypatch.setattr(threads, "PAGE_SIZE", 4)


@pytest.fixture
def coverage(short_pages: None) -> tuple[Article, list[Update]]:
    """Create coverage with ten updates, oldest first."""
    article = factories.article()
    posted(article, *range(10))
    return article, list(article.updates.order_by("pk"))


def shown(client: Any, article: Article, query: str, language: str = "en") -> list[int]:
    answer = client.get(f"{article.url(language)}{query}")
    assert answer.status_code == 200, query
    return numbers(answer.content.decode())


# Addresses ------------------------------------------------------------------------------------------------------------


def test_an_update_in_the_address_chooses_the_page(client: Any, coverage: tuple[Article, list[Update]]) -> None:
    article, made = coverage
    pks = [update.pk for update in made]
    assert shown(client, article, f"?before={pks[6]}") == pks[5:1:-1]
    assert shown(client, article, f"?after={pks[2]}") == pks[6:2:-1]
    # The update is in the middle of the page.
    assert shown(client, article, f"?at={pks[5]}") == pks[7:3:-1]
    # A page without newer updates is the newest page.
    assert shown(client, article, f"?at={pks[8]}") == shown(client, article, "") == pks[9:5:-1]
    assert shown(client, article, f"?at={pks[0]}") == pks[2::-1]


def test_turning_a_page_scrolls_to_the_list(client: Any, coverage: tuple[Article, list[Update]]) -> None:
    article, made = coverage
    html = client.get(article.url("en")).content.decode()
    older = link(html, "next")
    assert older == f"{article.url('en')}?before={made[6].pk}#updates"
    assert not link(html, "prev")
    html = client.get(older.partition("#")[0]).content.decode()
    assert link(html, "prev") == f"{article.url('en')}?after={made[5].pk}#updates"
    assert f'href="{article.url("en")}#updates">Newest updates</a>' in html


@pytest.mark.parametrize(
    "query",
    [
        *("page=0", "page=-1", "page=x", "page=9999", "page=99999999999999", "page=", "page=02", "page=%00", "key=7"),
        *("before=x", "after=-1", "at=", "at=1e3", "at=٣", "before=99999999999999999999", "at=0", "before=1&after=1"),
    ],
)
def test_invalid_addresses_are_not_found_and_fill_no_cache(
    client: Any, coverage: tuple[Article, list[Update]], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    article, _made = coverage
    monkeypatch.setattr("articles.page.views.get_or_make", lambda *_args, **_kept: pytest.fail("it is rendered"))
    answer = client.get(f"{article.url('en')}?{query}")
    assert answer.status_code == 404
    assert "public" not in answer.get("Cache-Control", "")
    if not query.startswith("key"):
        assert client.get(f"{article.url('en')}comments/?{query}").status_code == 404


def test_updates_that_readers_of_the_article_never_saw_choose_no_page(
    client: Any, coverage: tuple[Article, list[Update]]
) -> None:
    article, _made = coverage
    [foreign] = posted(factories.article(), 3)
    draft = factories.update(article, state="draft")
    later = factories.update(article, state="scheduled", publish_at=timezone.now() + datetime.timedelta(hours=1))
    for pk in (foreign.pk, draft.pk, later.pk, later.pk + 1000):
        for relation in ("before", "after", "at"):
            assert client.get(f"{article.url('en')}?{relation}={pk}").status_code == 404


@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
def test_a_removed_update_still_marks_its_place(client: Any, coverage: tuple[Article, list[Update]], how: str) -> None:
    article, made = coverage
    pks = [update.pk for update in made]
    if how == "deleted":
        made[5].delete()
    else:
        made[5].state = Update.State.WITHDRAWN
        made[5].save()
    assert shown(client, article, f"?before={pks[5]}") == pks[4:0:-1]
    assert shown(client, article, f"?after={pks[5]}") == pks[9:5:-1]
    assert shown(client, article, f"?at={pks[5]}") == [pks[7], pks[6], pks[4], pks[3]]
    assert shown(client, article, f"?at={pks[5]}", "ar") == [pks[7], pks[6], pks[4], pks[3]]


def test_old_addresses_with_page_numbers_redirect_to_the_same_updates(
    client: Any, coverage: tuple[Article, list[Update]]
) -> None:
    article, made = coverage
    for update in made[:5]:
        Update._base_manager.filter(pk=update.pk).update(is_key=True)
    first, second = (client.get(f"{article.url('en')}?page={number}") for number in (1, 3))
    assert (first.status_code, first["Location"]) == (301, f"{article.url('en')}#updates")
    assert (second.status_code, second["Location"]) == (302, f"{article.url('en')}?before={made[2].pk}#updates")
    assert client.get(f"{article.url('en')}?page=4").status_code == 404
    key = client.get(f"{article.url('en')}?page=2&key=1")["Location"]
    assert key == f"{article.url('en')}?before={made[1].pk}&key=1#updates"
    assert shown(client, article, key.partition("#")[0].partition("/")[2].rpartition("/")[2]) == [made[0].pk]


def test_an_address_beyond_the_last_update_redirects_to_the_nearest_page(
    client: Any, coverage: tuple[Article, list[Update]]
) -> None:
    article, made = coverage
    for query, update in ((f"before={made[0].pk}", made[0]), (f"after={made[9].pk}", made[9])):
        there = f"{article.url('en')}?at={update.pk}#{update.element}"
        assert client.get(f"{article.url('en')}?{query}")["Location"] == there


def test_a_pinned_update_only_appears_on_the_newest_page(client: Any, coverage: tuple[Article, list[Update]]) -> None:
    article, made = coverage
    pins.pin(made[3])
    pks = [update.pk for update in made]
    assert shown(client, article, "") == [pks[3], *pks[9:5:-1]]
    assert shown(client, article, f"?after={pks[7]}") == [pks[3], pks[9], pks[8]]
    assert shown(client, article, f"?before={pks[6]}") == [pks[5], pks[4], pks[2], pks[1]]
    assert client.get(f"{article.url('en')}?at={pks[3]}")["Location"] == f"{article.url('en')}#{made[3].element}"
    # It is not a key event, so the list of key events only shows its place.
    Update._base_manager.filter(pk__in=pks[:3]).update(is_key=True)
    assert shown(client, article, f"?at={pks[3]}&key=1") == pks[2::-1]


@pytest.mark.database
def test_key_events_have_pages_of_their_own(client: Any, coverage: tuple[Article, list[Update]]) -> None:
    article, made = coverage
    pks = [update.pk for update in made]
    Update._base_manager.filter(pk__in=pks[::2]).update(is_key=True)
    assert shown(client, article, "?key=1") == pks[8:0:-2]
    # Any update can name the place, whether or not it is a key event.
    assert shown(client, article, f"?before={pks[5]}&key=1") == pks[4::-2]
    html = client.get(f"{article.url('en')}?before={pks[5]}&key=1").content.decode()
    assert link(html, "prev") == f"{article.url('en')}?after={pks[4]}&key=1#updates"
    assert f'href="{article.url("en")}?before={pks[5]}#updates"' in html.replace("&amp;", "&")


def test_the_order_and_spelling_of_parameters_do_not_change_the_page(
    client: Any, coverage: tuple[Article, list[Update]]
) -> None:
    article, made = coverage
    before = f"before={made[7].pk}"
    Update._base_manager.filter(article=article).update(is_key=True)
    queries = (f"{before}&key=1", f"key=1&utm_source=x&{before}", f"key=1&before=x&{before}")
    assert len({client.get(f"{article.url('en')}?{query}")["ETag"] for query in queries}) == 1


def test_a_middle_page_takes_the_same_queries_for_coverage_of_any_length(
    client: Any, coverage: tuple[Article, list[Update]]
) -> None:
    article, made = coverage
    places = [f"?{relation}={made[4].pk}" for relation in ("before", "after", "at")]

    def queries(place: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{article.url('en')}{place}")
        return len(captured)

    factories.update(article)
    few = [queries(place) for place in places]
    posted(article, *range(10, 40))
    factories.update(article)
    assert [queries(place) for place in places] == few
    # Two queries: the article and the update. The page itself is cached.
    assert [queries(place) for place in places] == [2, 2, 2]


def test_a_permalink_links_to_the_updates_place_in_the_coverage(
    client: Any, coverage: tuple[Article, list[Update]]
) -> None:
    article, made = coverage
    place = f"{article.url('de')}?at={made[2].pk}#{made[2].element}"
    assert f'href="{place}">Zum vollständigen Liveblog' in client.get(made[2].url("de")).content.decode()
    html = client.get(place.partition("#")[0]).content.decode()
    assert f'data-at="{made[2].element}"' in html


def test_a_change_of_language_keeps_the_place(client: Any, coverage: tuple[Article, list[Update]]) -> None:
    article, made = coverage
    Update._base_manager.filter(article=article).update(is_key=True)
    for query, fragment in (
        (f"?before={made[7].pk}&key=1", "updates"),
        (f"?after={made[2].pk}", "updates"),
        (f"?at={made[5].pk}", made[5].element),
    ):
        links = Page(client.get(f"{article.url('en')}{query}").content.decode()).links
        assert f"{article.url('ar')}{query}#{fragment}" in links


# Paging while updates come and go -------------------------------------------------------------------------------------


class Walk:
    """A reader who goes through a list in one direction, page by page.

    live   whether the open page shows new updates, as static/liveblog/page.js does
    """

    def __init__(self, article: Article, place: Place, relation: str, *, live: bool) -> None:
        self.article, self.relation, self.live = article, relation, live
        self.seen: set[int] = set()
        self.twice: set[int] = set()
        self.ended = False
        #: The updates shown so far on the open page, with their sort keys.
        self.here: dict[int, str] = {}
        self.open(place)

    def open(self, place: Place) -> None:
        try:
            self.page = LivePage.of(self.article, "en", Selection(place), anchor_of(self.article, place))
        except live_page.Moved:
            # There are no more updates in this direction.
            self.ended = True
            return
        self.here = {update.pk: update.sort_key for update in self.page.items}
        self.twice |= self.here.keys() & self.seen
        self.seen |= self.here.keys()

    def receive(self, update: Update) -> None:
        """Process a frame with the present state of an update."""
        if self.ended:
            return
        bounds = self.page.page
        if self.live and update.on_page and bounds.above < update.sort_key < (bounds.below or "~"):
            if update.pk not in self.here:
                self.twice |= {update.pk} & self.seen
                self.seen.add(update.pk)
            self.here[update.pk] = update.sort_key

    def is_ahead(self, key: str) -> bool:
        """Return whether the reader sees this sort key on this page or a later one."""
        if self.ended:
            return False
        keys = [update.sort_key for update in self.page.items]
        return not keys or (key <= max(keys) if self.relation == "before" else key >= min(keys))

    def turn(self) -> None:
        if self.ended:
            return
        further = self.page.page.older if self.relation == "before" else self.page.page.newer
        if further is None:
            self.ended = True
            return
        edge = (min if self.relation == "before" else max)(self.here, key=self.here.__getitem__, default=further.pk)
        self.open(Place(self.relation, edge))


#: Indices are taken modulo the number of updates.
EVENTS = st.one_of(
    st.just(("turn",)),
    st.just(("turn",)),
    st.just(("post",)),
    st.tuples(st.just("backdate"), st.integers(0, 59)),
    st.tuples(st.sampled_from(["withdraw", "mark", "restore", "restore", "delete"]), st.integers(0, 40)),
)


@settings(max_examples=soak.count(20, 2000))
@given(
    start=st.integers(0, 12),
    named=st.sampled_from(["", "at", "before", "after"]),
    relation=st.sampled_from(["before", "after"]),
    live=st.booleans(),
    events=st.lists(EVENTS, max_size=20),
)
# Twelve updates arrive while a reader is on an older page and turns to newer ones.
@example(start=2, named="at", relation="after", live=False, events=[("post",)] * 12 + [("turn",)])
# The last update of a page is withdrawn, and is published again once the page is turned.
@pytest.mark.database
@example(start=0, named="", relation="before", live=True, events=[("withdraw", 9), ("turn",), ("restore", 9)])
def test_every_update_is_shown_once_whatever_happens_between_turning_pages(
    short_pages: None, start: int, named: str, relation: str, live: bool, events: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        [article] = Article._base_manager.bulk_create(
            [Article(slug="walked", headline_en="x", languages=["en"], start_day=datetime.date(2026, 11, 1))]
        )
        made = posted(article, *range(0, 52, 4))
        place = Place(named, made[start].pk) if named else Place()
        walk = Walk(article, place, relation, live=live)
        began = {update.pk: update.sort_key for update in made}
        lasting = {pk for pk, key in began.items() if walk.is_ahead(key)}
        for name, *which in events:
            if name == "turn":
                walk.turn()
                continue
            if name == "post":
                made += posted(article, 60 + len(made))
                changed = made[-1]
            elif name == "backdate":
                made += posted(article, which[0] + 0.5)
                changed = made[-1]
            elif not made:
                continue
            else:
                changed = made[which[0] % len(made)]
                lasting.discard(changed.pk)
                changed.state = Update.State.PUBLISHED if name == "restore" else Update.State.WITHDRAWN
                changed.leaves_mark = name == "mark"
                if name == "delete":
                    moment = changed.first_published_at
                    DeletedUpdate.objects.create(pk=changed.pk, article=article, first_published_at=moment)
                    Update._base_manager.filter(pk=changed.pk).delete()
                    made.remove(changed)
                else:
                    changed.withdrawn_at = timezone.now()
                    Update._base_manager.bulk_update([changed], ["state", "leaves_mark", "withdrawn_at"])
            walk.receive(changed)
        while not walk.ended:
            walk.turn()
        assert walk.twice == set()
        assert lasting <= set(walk.seen)
        transaction.set_rollback(True)


# Comments -------------------------------------------------------------------------------------------------------------


@pytest.mark.database
def test_readers_can_page_through_comments_while_new_ones_arrive(client: Any, short_pages: None) -> None:
    article = factories.article()
    first = [factories.comment(article, state="approved") for _ in range(9)]
    pks = [comment.pk for comment in first]

    def threads_on(address: str) -> tuple[list[int], str]:
        html = client.get(address.partition("#")[0]).content.decode()
        return [int(pk) for pk in re.findall(r'id="comment-(\d+)"', html)], link(html, "next")

    url = f"{article.url('en')}comments/"
    shown_first, following = threads_on(url)
    assert following == f"{url}?before={pks[5]}#comments"
    for _ in range(3):
        factories.comment(article, state="approved")
    second, following = threads_on(following)
    assert [*shown_first, *second] == pks[:0:-1]
    # The author has deleted the comment meanwhile.
    first[1].delete()
    assert threads_on(following) == ([pks[0]], "")
    oldest, following = threads_on(f"{url}?order=oldest")
    assert oldest == [pks[0], *pks[2:5]]
    assert following == f"{url}?after={pks[4]}&order=oldest#comments"
    assert client.get(f"{url}?page=2&order=oldest")["Location"] == following
    assert client.get(f"{url}?page=9").status_code == 404
    assert client.get(f"{url}?before={factories.comment().pk}").status_code == 404

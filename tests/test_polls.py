"""Each browser has one vote in a poll, every vote is counted, and open pages get many votes as one change."""

import datetime
import threading
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from articles.models import Article, Tally, Update, Vote
from articles.polls import ballot, counting, voting
from articles.polls.counting import publish_tallies
from articles.publishing import syndication
from liveblog import limits
from tests import factories, newsroom, soak
from tests.actors import TEST
from tests.server import PATIENCE, Server, eventually

pytestmark = pytest.mark.django_db

CHOICES = "<p>Tell us.</p><ul><li><p>Helsinki</p></li><li>Stockholm <em>now</em></li><li>Neither</li></ul>"


def poll(article: Article | None = None, **fields: Any) -> Update:
    words = {"headline_en": "Who joins first?", "body_en": CHOICES}
    return factories.update(article or factories.article(), kind="poll", **words | fields)


def vote(client: Client, update: Update, choice: Any, *, language: str = "en", **headers: str) -> Any:
    """Send a vote as the page's script does."""
    data = {"choice": choice} if choice is not None else {}
    if "voter" in headers:
        data["voter"] = headers.pop("voter")
    return client.post(f"/vote/{language}/{update.pk}/", data, headers={"Accept": "application/json", **headers})


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow tallies to follow each other without a pause."""
    monkeypatch.setattr(counting, "INTERVAL_SECONDS", 0.0)


# The ballot -----------------------------------------------------------------------------------------------------------


def test_the_list_in_the_text_of_a_poll_is_its_ballot() -> None:
    found = ballot.parse(CHOICES)
    assert found is not None
    assert found.introduction == "<p>Tell us.</p>"
    assert found.choices == ["Helsinki", "Stockholm now", "Neither"]


def test_the_page_has_a_form_that_works_without_scripts(client: Client) -> None:
    update = poll()
    response = client.get(update.article.url("en"))
    html = response.content.decode()
    assert f'<form class="poll" method="post" action="/vote/en/{update.pk}/"' in html
    assert '<input type="radio" name="choice" value="1"> <span>Stockholm now</span>' in html
    assert "No votes" in html
    assert not response.cookies


def test_choices_are_translated_like_all_text(client: Client) -> None:
    update = poll(headline_de="Wer zuerst?", body_de="<ul><li>Helsinki</li><li>Stockholm</li><li>Keiner</li></ul>")
    html = client.get(update.article.url("de")).content.decode()
    assert "<label><input" in html
    assert "<span>Keiner</span>" in html


def test_a_translation_that_lost_a_choice_is_replaced_by_the_original(client: Client) -> None:
    update = poll(headline_de="Wer zuerst?", body_de="<ul><li>Helsinki</li><li>Stockholm</li></ul>")
    html = client.get(update.article.url("de")).content.decode()
    assert '<label lang="en" dir="ltr"><input type="radio" name="choice" value="2"> <span>Neither</span>' in html


# Voting ---------------------------------------------------------------------------------------------------------------


def test_a_vote_by_form_redirects_back_to_the_poll(client: Client) -> None:
    update = poll()
    response = client.post(f"/vote/en/{update.pk}/", {"choice": "1"})
    assert response.status_code == 302
    assert "Your vote has been counted." in client.get(response.url).content.decode()
    assert list(Vote.objects.values_list("choice", flat=True)) == [1]


def test_the_cookie_of_a_vote_is_only_sent_with_votes(client: Client) -> None:
    response = vote(client, poll(), 0)
    cookie = response.cookies["voter"]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == ("/vote/", "Lax", True)
    assert "no-store" in response["Cache-Control"]


def test_a_browser_has_one_vote_and_can_change_it(client: Client) -> None:
    update = poll()
    vote(client, update, 0)
    vote(client, update, 2)
    assert list(Vote.objects.values_list("choice", flat=True)) == [2]
    vote(Client(), update, 0)
    assert Vote.objects.count() == 2


def test_a_vote_repeated_after_a_lost_answer_counts_once(client: Client) -> None:
    update = poll()
    number = "0123456789abcdef0123456789abcdef"
    for browser in (client, Client()):
        vote(browser, update, 1, voter=number)
    assert Vote.objects.count() == 1


def test_a_browser_has_one_vote_with_and_without_scripts(client: Client) -> None:
    update = poll()
    client.post(f"/vote/en/{update.pk}/", {"choice": "1"})
    vote(client, update, 2, voter="0123456789abcdef0123456789abcdef")
    assert list(Vote.objects.values_list("choice", flat=True)) == [2]


def test_votes_of_one_browser_in_two_polls_cannot_be_linked(client: Client) -> None:
    for update in (poll(), poll()):
        vote(client, update, 1)
    assert len(set(Vote.objects.values_list("voter", flat=True))) == 2
    assert client.cookies["voter"].value not in Vote.objects.values_list("voter", flat=True)


@pytest.mark.parametrize("choice", [None, "", "3", "-1", "1.0", "x", "٣", "9" * 5000])
def test_a_vote_without_a_choice_is_refused_and_not_counted(client: Client, choice: Any) -> None:
    response = vote(client, poll(), choice)
    assert (response.status_code, response.json()["message"]) == (422, "Choose an answer first.")
    assert not Vote.objects.exists()
    assert not response.cookies


def test_without_scripts_an_error_is_shown_beside_the_poll(client: Client) -> None:
    update = poll()
    response = client.post(f"/vote/en/{update.pk}/")
    assert response.status_code == 422
    assert '<p class="form-status" role="status">Choose an answer first.</p>' in response.content.decode()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_cannot_make_its_visitors_vote(client: Client, headers: dict[str, str]) -> None:
    assert vote(client, poll(), 0, **headers).status_code == 403
    assert not Vote.objects.exists()


@pytest.mark.usefixtures("one_stretch")
def test_votes_from_one_address_are_limited(client: Client, settings: Any) -> None:
    settings.POLL_VOTES_PER_MINUTE = 3
    update = poll()

    def statuses(address: str) -> list[int]:
        browsers = [Client(REMOTE_ADDR=address) for _ in range(4)]
        return [vote(browser, update, 0).status_code for browser in browsers]

    assert statuses("203.0.113.5") == [200, 200, 200, 429]
    assert statuses("2001:db8:1:2::1")[:3] == [200, 200, 200]
    assert statuses("2001:db8:1:2::ffff") == [429] * 4
    # A proxy that also listens on IPv6 writes IPv4 addresses like this. Each is one reader.
    assert statuses("::ffff:203.0.113.5") == [429] * 4
    assert statuses("::ffff:203.0.113.6")[:3] == [200, 200, 200]
    # A reader on this machine counts like any other; all readers without an address count as one.
    assert statuses("127.0.0.1") == statuses("") == [200, 200, 200, 429]


@pytest.mark.usefixtures("one_stretch")
def test_readers_can_vote_while_the_cache_is_down_and_are_counted_all_the_same(settings: Any) -> None:
    settings.POLL_VOTES_PER_MINUTE = 3
    settings.CACHES = settings.CACHES | {limits.STORE: {"BACKEND": "tests.test_limits.NoStore"}}
    update = poll()
    browsers = [Client(REMOTE_ADDR="203.0.113.5") for _ in range(4)]
    assert [vote(browser, update, 0).status_code for browser in browsers] == [200, 200, 200, 429]


def test_the_desk_sees_how_many_votes_came_from_one_network(client: Client) -> None:
    update = poll()
    for number in range(30):
        voting.cast(update, f"browser {number}", 0, "203.0.113.5")
    for number in range(50):
        voting.cast(update, f"reader {number}", 1, f"198.51.100.{number}")
    voting.cast(update, "somebody behind a proxy that names no clients", 1, None)
    [origin] = voting.origins(update.article_id)
    assert (origin.update, origin.votes, origin.total) == (update, 30, 81)
    client.force_login(newsroom.user("ana", "Journalist"))
    page = client.get(f"/admin/articles/article/{update.article_id}/desk/").content.decode()
    assert "30 of 81 votes came from one IP address." in page
    # The rows reveal neither the address nor its votes in other polls.
    other = poll()
    voting.cast(other, "browser 1", 0, "203.0.113.5")
    digests = set(Vote.objects.exclude(network="").values_list("network", flat=True))
    assert len(digests) == 52
    assert "203.0.113.5" not in "".join(digests)


def test_where_votes_came_from_is_forgotten_but_not_the_votes() -> None:
    update = poll()
    for number in range(voting.MIN_VOTES):
        voting.cast(update, f"browser {number}", 0, "203.0.113.5")
    assert voting.forget_networks() == 0
    Vote.objects.update(at=timezone.now() - voting.KEEP_NETWORK - datetime.timedelta(hours=1))
    assert voting.forget_networks() == voting.MIN_VOTES
    assert voting.origins(update.article_id) == []
    assert Vote.objects.filter(update=update).count() == voting.MIN_VOTES


def test_readers_cannot_vote_in_polls_that_they_do_not_see(client: Client) -> None:
    withdrawn = poll()
    withdrawn.state = Update.State.WITHDRAWN
    withdrawn.save()
    text = factories.update(factories.article())
    hidden = poll(factories.article(policies={"de": "reviewed"}))
    assert vote(client, withdrawn, 0).status_code == 404
    assert vote(client, text, 0).status_code == 404
    assert vote(client, hidden, 0, language="de").status_code == 404
    assert vote(client, hidden, 0, language="fr").status_code == 404


def test_opening_the_address_of_votes_redirects_to_the_poll(client: Client) -> None:
    update = poll()
    assert client.get(f"/vote/uk/{update.pk}/").url == update.url("uk")


# Closing --------------------------------------------------------------------------------------------------------------


def test_a_poll_closes_at_its_time_and_on_open_pages(client: Client) -> None:
    update = poll(closes_at=timezone.now() + datetime.timedelta(hours=1))
    assert publish_tallies() == 0
    Update._base_manager.filter(pk=update.pk).update(closes_at=timezone.now())
    assert vote(client, update, 0).status_code == 409
    assert publish_tallies() == 1
    assert publish_tallies() == 0
    assert factories.log_of(update.article) == [(1, update.element), (2, update.element)]
    html = client.get(update.article.url("en")).content.decode()
    assert "This poll is closed." in html
    assert "<form" not in html[html.index(update.element) : html.index("</article>")]


def test_a_poll_closes_and_reopens_with_the_coverage(client: Client) -> None:
    article = factories.article()
    update = poll(article)
    article.state = Article.State.FINISHED
    article.save()
    assert update.element in [element for _revision, element in factories.log_of(article)[1:]]
    assert vote(client, update, 0).status_code == 409
    article.state = Article.State.LIVE
    article.save()
    assert [element for _revision, element in factories.log_of(article)].count(update.element) == 3
    assert vote(client, update, 0).status_code == 200


def test_a_poll_with_votes_keeps_the_number_of_its_choices(client: Client) -> None:
    update = poll()
    update.body_en = "<ul><li>Yes</li><li>No</li></ul>"
    update.full_clean()
    update.refresh_from_db()
    vote(client, update, 0)
    for body in ("<ul><li>Yes</li><li>No</li></ul>", "<p>No list.</p>"):
        update.body_en = body
        with pytest.raises(ValidationError) as caught:
            update.full_clean()
        assert "the 3 choices and their order" in caught.value.message_dict["body_en"][0]
    update.body_en = "<ul><li>Finland</li><li>Sweden</li><li>None</li></ul>"
    update.full_clean()


def items(*choices: str) -> str:
    return f"<ul>{''.join(f'<li>{choice}</li>' for choice in choices)}</ul>"


@pytest.mark.parametrize(
    "choices",
    [("Stockholm now", "Helsinki", "Neither"), ("Stockholm now", "Neither", "Both"), ("Neither", "Oslo", "x")],
)
def test_choices_of_a_poll_with_votes_cannot_change_places(client: Client, choices: tuple[str, ...]) -> None:
    update = poll()
    update.body_en = items(*choices)
    update.full_clean()
    vote(client, update, 0)
    with pytest.raises(ValidationError) as caught:
        update.full_clean()
    assert "choices and their order" in caught.value.message_dict["body_en"][0]


def test_a_poll_with_votes_stays_a_poll(client: Client) -> None:
    update = poll()
    vote(client, update, 0)
    update.kind, update.body_en = "text", items("Yes", "No")
    with pytest.raises(ValidationError) as caught:
        update.full_clean()
    assert set(caught.value.message_dict) == {"kind"}


def test_votes_in_one_article_protect_the_copies_of_a_poll(client: Client) -> None:
    update = poll()
    [copy] = syndication.copy_to(update, [factories.article()], TEST)
    vote(client, copy, 2)
    update.refresh_from_db()
    update.body_en = items("Neither", "Helsinki")
    with pytest.raises(ValidationError):
        update.full_clean()
    update.body_en = items("Finland", "Sweden", "None")
    update.full_clean()
    update.save()
    copy.refresh_from_db()
    assert ballot.length(copy) == 3


# Counting -------------------------------------------------------------------------------------------------------------


def test_many_votes_are_one_change_of_the_page(client: Client, hurry: None) -> None:
    update = poll()
    for number in range(20):
        voting.cast(update, str(number), number % 4 % 3)
    assert publish_tallies() == 1
    assert publish_tallies() == 0
    assert factories.log_of(update.article) == [(1, update.element), (2, f"poll-{update.pk}")]
    html = client.get(update.article.url("en")).content.decode()
    assert "20 votes" in html
    assert '<bdi>50%</bdi> <span class="votes">10 votes</span>' in html
    assert '<meter min="0" max="100" value="25" aria-hidden="true">' in html


def test_results_are_pushed_without_the_form_in_the_readers_language(client: Client) -> None:
    update = poll()
    voting.cast(update, "a", 1)
    publish_tallies()
    before = factories.state_at(update.article, 1)
    [change] = client.get(f"{update.article.url('de')}changes?after={before}").json()["changes"]
    assert (change["op"], change["id"]) == ("set", f"poll-{update.pk}")
    assert "<form" not in change["html"]
    assert "100\xa0%" in change["html"]


def test_a_poll_is_counted_at_most_once_a_second() -> None:
    update = poll()
    voting.cast(update, "a", 1)
    assert publish_tallies() == 1
    voting.cast(update, "b", 1)
    assert publish_tallies() == 0
    Tally.objects.update(at=timezone.now() - datetime.timedelta(seconds=2))
    assert publish_tallies() == 1
    assert Tally.objects.get().counts == [0, 2, 0]


def test_a_vote_that_changes_nothing_does_not_change_the_page(hurry: None) -> None:
    update = poll()
    for _ in range(2):
        voting.cast(update, "a", 1)
        publish_tallies()
    assert len(factories.log_of(update.article)) == 2


def test_votes_of_a_withdrawn_poll_are_kept_but_not_shown(hurry: None) -> None:
    update = poll()
    voting.cast(update, "a", 1)
    update.state = Update.State.WITHDRAWN
    update.save()
    publish_tallies()
    assert [element for _revision, element in factories.log_of(update.article)] == [update.element] * 2
    assert Tally.objects.get().counts == [0, 1, 0]


def test_the_number_of_queries_of_a_page_does_not_depend_on_its_polls(
    client: Client, django_assert_num_queries: Any
) -> None:
    article = factories.article()
    counts = []
    for _ in range(2):
        voting.cast(poll(article), "a", 1)
        publish_tallies()
        with django_assert_num_queries(30, exact=False) as queries:
            client.get(article.url("en"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_concurrent_votes_are_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "INTERVAL_SECONDS", 0.2)
    # A multiple of eight, because two of every eight voters change their minds.
    each = soak.count(24, 200)
    update = poll()
    over = threading.Event()

    def vote_often(writer: int) -> None:
        try:
            for number in range(each):
                voter = f"{writer}-{number}"
                voting.cast(update, voter, 0)
                # Some voters change their minds while others are counted.
                if number % 4 == 3:
                    voting.cast(update, voter, 1 + number % 8 // 4)
        finally:
            connection.close()

    def count() -> None:
        try:
            while not over.wait(0.02):
                publish_tallies()
        finally:
            connection.close()

    began = timezone.now()
    with ThreadPoolExecutor(10) as threads:
        counters = [threads.submit(count) for _ in range(2)]
        for writer in [threads.submit(vote_often, number) for number in range(8)]:
            writer.result()
        taken = (timezone.now() - began).total_seconds()
        over.set()
        for counter in counters:
            counter.result()
    monkeypatch.setattr(counting, "INTERVAL_SECONDS", 0.0)
    publish_tallies()
    assert Tally.objects.get().counts == [6 * each, each, each]
    assert not Vote.objects.filter(counted=False).exists()
    assert len(factories.log_of(update.article)) <= 3 + taken / 0.2


@pytest.mark.django_db(transaction=True)
def test_no_vote_is_lost_or_doubled_when_the_server_is_killed(client: Client) -> None:
    """Browsers repeat a vote until they get a response, because a lost response may have confirmed it."""
    update = poll()
    votes = soak.count(60, 200)
    counted = {"lost": 0}
    is_down = threading.Event()

    def send(number: int) -> None:
        # The last votes are sent after the kill, however fast the server has handled the others.
        if number >= votes - 8:
            is_down.wait(PATIENCE)
        data = urllib.parse.urlencode({"choice": number % 2, "voter": f"{number:032x}"}).encode()
        while True:
            request = urllib.request.Request(f"{server.url}/vote/en/{update.pk}/", data)
            request.add_header("Accept", "application/json")
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE):
                    return
            except OSError:
                counted["lost"] += 1
                time.sleep(0.05)

    with Server() as server, ThreadPoolExecutor(4) as threads:
        sending = [threads.submit(send, number) for number in range(votes)]
        sending[votes // 3].result()
        server.kill()
        is_down.set()
        eventually(lambda: counted["lost"])
        server.start()
        for each in sending:
            each.result()
        eventually(lambda: f"{votes} votes" in client.get(update.article.url("en")).content.decode())
    assert Tally.objects.get().counts == [votes // 2, votes // 2, 0]

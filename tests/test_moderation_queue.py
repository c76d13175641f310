"""The moderators' queue shows each waiting comment with everything that a decision needs; each is decided once."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as project
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from articles.text.localized import text_in
from comments import closing, moderation, submission
from comments.models import Ban, Comment, Decision, Discussion, Note, State
from comments.queue import cards
from liveblog.asgi import application
from liveblog.newsroom import panels
from tests import factories, newsroom, soak
from tests.forms import change_url, form_of, member_of
from tests.queues import QUEUE, QueueClient, moderator
from tests.server import PATIENCE
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

AUTHOR = submission.Sender("192.0.2.1", "")


@pytest.fixture
def greta() -> QueueClient:
    return QueueClient(moderator("greta"))


@pytest.fixture
def karim() -> QueueClient:
    return QueueClient(moderator("karim"))


def now(comment: Comment) -> Comment:
    return Comment.objects.get(pk=comment.pk)


def waiting(count: int, of: Article | None = None, **fields: Any) -> list[Comment]:
    """Create many waiting comments as fast as possible."""
    of = of or factories.article()
    begin = timezone.now() - timedelta(hours=2)
    given = {"language": "en", "name": "Ana", "text": "Thank you.", "held": "policy", "article": of} | fields
    made = [Comment(**given, queued_at=begin + timedelta(milliseconds=number)) for number in range(count)]
    return Comment.objects.bulk_create(made, 500)


# Cards and lists ------------------------------------------------------------------------------------------------------


def test_the_queue_only_shows_waiting_comments_oldest_first(greta: QueueClient) -> None:
    article = factories.article()
    first, second = factories.comment(article), factories.comment(article)
    for state in ("approved", "rejected", "spam"):
        factories.comment(article, state=state)
    reported = factories.comment(article, state="approved")
    moderation.report(reported.pk, "abuse", "Look at this.", "somebody")
    factories.comment(article, queued_at=timezone.now() + timedelta(minutes=1))
    assert greta.ids() == [f"comment-{each.pk}" for each in (first, second, reported)]
    assert "Look at this." in greta.card(reported)


def test_a_card_shows_the_answered_comment_and_the_authors_record(greta: QueueClient) -> None:
    article = factories.article()
    for state in ("approved", "approved", "spam"):
        factories.comment(article, email="ana@example.org", confirmed=True, state=state)
    parent = factories.comment(article, name="Bogdan", text="Is it true?", language="uk", state="approved")
    html = greta.card(factories.comment(article, parent=parent, email="ana@example.org", confirmed=True))
    assert str(article) in html
    assert "<bdi>Bogdan</bdi>" in html
    assert "Is it true?" in html
    assert "Approved <b>2</b>" in html
    assert "Spam <b>1</b>" in html
    assert "Rejected <b>0</b>" in html


def test_a_card_declares_the_language_of_the_text_and_isolates_the_name(greta: QueueClient) -> None:
    html = greta.card(factories.comment(language="ar", name="ليلى", text="شكرا <script>alert(1)</script>"))
    assert 'class="text" lang="ar" dir="rtl"' in html
    assert '<bdi class="comment-author">ليلى</bdi>' in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_queue_can_be_filtered_by_article_language_reason_and_state(greta: QueueClient) -> None:
    one, two = factories.article(), factories.article()
    german, linked = factories.comment(one, language="de"), factories.comment(two, held="links", held_detail="4")
    rejected = factories.comment(two, state="rejected")
    assert greta.ids(article=one.pk) == [f"comment-{german.pk}"]
    assert greta.ids(language="de") == [f"comment-{german.pk}"]
    assert greta.ids(held="links") == [f"comment-{linked.pk}"]
    assert greta.ids(state="rejected") == [f"comment-{rejected.pk}"]
    assert greta.ids(state="all") == [f"comment-{each.pk}" for each in (rejected, linked, german)]
    assert len(greta.ids(article="x", language="", held="?", state="?", comment="٣")) == 2


def test_a_search_finds_comments_by_their_words_and_their_author(greta: QueueClient) -> None:
    article = factories.article()
    first = factories.comment(article, name="Ana", text="The bridge is closed.", email="ana@example.org")
    second = factories.comment(article, name="Ana", text="The road is open.", email="Ana@Example.org")
    other = factories.comment(article, name="Bogdan", text="The bridge is open.")
    assert greta.ids(q="BRIDGE ana") == [f"comment-{first.pk}"]
    assert greta.ids(q="ana@example.org") == [f"comment-{each.pk}" for each in (first, second)]
    assert greta.ids(author=first.pk) == [f"comment-{each.pk}" for each in (second, first)]
    assert greta.ids(author=other.pk) == [f"comment-{other.pk}"]
    assert greta.ids(q="100%") == greta.ids(q="' OR 1=1 --") == greta.ids(q="\0nothing") == []


@pytest.mark.parametrize("state", ["", "all"])
def test_no_comment_is_skipped_or_repeated_between_pages(greta: QueueClient, state: str) -> None:
    expected = [f"comment-{comment.pk}" for comment in waiting(45)]
    # All with the same time, as after a migration.
    Comment.objects.filter(pk__in=[comment[8:] for comment in expected[5:40]]).update(queued_at=timezone.now())
    if state:
        expected.reverse()
    else:
        expected = expected[:5] + expected[40:] + expected[5:40]
    found: list[str] = []
    place = ""
    for _ in range(3):
        answer = greta.entries(state=state, after=place)
        found += [card["id"] for card in answer["cards"]]
        place = answer["cards"][-1]["sort"]
    assert found == expected
    assert not answer["more"]
    assert [card["sort"] for card in answer["cards"]] == sorted(card["sort"] for card in answer["cards"])
    assert greta.entries(state=state, after="nonsense")["cards"] == []


def test_a_screen_learns_when_its_comments_are_decided_by_others_or_deleted(
    greta: QueueClient, karim: QueueClient
) -> None:
    one, two = factories.comment(), factories.comment()
    karim.decide("approved", one)
    gone = two.pk
    two.delete()
    answer = greta.entries(shown=f"{one.pk},{gone}")
    assert answer["cards"] == []
    assert "karim" in answer["shown"][0]["html"]
    assert answer["gone"] == [f"comment-{gone}"]


def test_journalists_see_at_their_desk_how_many_comments_wait(greta: QueueClient) -> None:
    article = factories.article()
    waiting(3, article)
    journalist = newsroom.user("ioana", "Journalist")
    [panel] = [each for each in panels.panels_for(article.pk, journalist) if str(each.label) == "Comments to review"]
    assert (panel.count, panel.url) == (3, "")
    [panel] = [each for each in panels.panels_for(article.pk, greta.user) if str(each.label) == "Comments to review"]
    assert f"article={article.pk}" in panel.url


# Decisions ------------------------------------------------------------------------------------------------------------


def test_a_card_shows_who_decided_and_why(greta: QueueClient) -> None:
    comment = factories.comment()
    answer = greta.decide("rejected", comment, reason="insult", words="The second sentence.")
    assert (answer["message"], answer["problems"]) == ("Rejected", {})
    assert now(comment).state == State.REJECTED
    assert Decision.objects.get().reason == "insult: The second sentence."
    html = greta.card(comment)
    for words in ("<bdi>greta</bdi>", "Abusive or hateful", "<bdi>The second sentence.</bdi>"):
        assert words in html


def test_a_rejection_needs_a_reason(greta: QueueClient) -> None:
    comment = factories.comment()
    assert "problem" in greta.decide("rejected", comment)
    assert "problem" in greta.decide("praised", comment)
    assert greta.last.status_code == 422
    assert now(comment).state == State.WAITING
    greta.decide("rejected", comment, reason="other", words="Not today.")
    assert Decision.objects.get().reason == "Not today."


def test_the_second_moderator_is_told_the_first_ones_decision(greta: QueueClient, karim: QueueClient) -> None:
    comment = factories.comment()
    karim.decide("approved", comment)
    answer = greta.decide("spam", comment)
    assert "karim: Approved" in answer["problems"][f"comment-{comment.pk}"]
    assert "Approved" in answer["cards"][0]["html"]
    assert answer["decisions"] == []
    assert now(comment).state == State.APPROVED
    assert Decision.objects.count() == 1


def test_a_comment_changed_meanwhile_is_shown_again_before_a_decision(greta: QueueClient) -> None:
    comment = factories.comment()
    submission.edit(comment, "Buy my book.", AUTHOR, version=0)
    answer = greta.decide("approved", comment)
    assert "read it again" in answer["problems"][f"comment-{comment.pk}"]
    assert "Buy my book." in answer["cards"][0]["html"]
    assert now(comment).state == State.WAITING


def test_deciding_on_a_deleted_comment_says_that_it_is_gone(greta: QueueClient) -> None:
    comment = factories.comment()
    Comment.objects.all().delete()
    assert "no longer exists" in greta.decide("approved", comment)["problems"][f"comment-{comment.pk}"]


def test_a_claimed_comment_is_marked_and_left_to_its_moderator(greta: QueueClient, karim: QueueClient) -> None:
    comment = factories.comment()
    assert greta.act(comment, "claim") == {"claimed_by": ""}
    assert karim.act(comment, "claim") == {"claimed_by": "greta"}
    assert "Being reviewed by <bdi>greta</bdi>" in karim.card(comment)
    assert "Being reviewed" not in greta.card(comment)
    assert "greta" in karim.decide("spam", comment)["problems"][f"comment-{comment.pk}"]
    assert now(comment).state == State.WAITING
    greta.act(comment, "claim", release="1")
    assert karim.decide("spam", comment)["problems"] == {}


def test_an_expired_claim_does_not_block_other_moderators(greta: QueueClient, karim: QueueClient) -> None:
    comment = factories.comment()
    greta.act(comment, "claim")
    Comment.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert "Being reviewed" not in karim.card(comment)
    assert karim.decide("approved", comment)["problems"] == {}


def test_a_bulk_decision_decides_each_comment_by_itself(greta: QueueClient, karim: QueueClient) -> None:
    article = factories.article()
    comments = [factories.comment(article) for _ in range(4)]
    karim.decide("spam", comments[1])
    answer = greta.decide("approved", *comments)
    assert [now(comment).state for comment in comments] == ["approved", "spam", "approved", "approved"]
    assert list(answer["problems"]) == [f"comment-{comments[1].pk}"]
    assert len(answer["decisions"]) == 3
    greta.undo(*answer["decisions"])
    assert [now(comment).state for comment in comments] == ["waiting", "spam", "waiting", "waiting"]


def test_undo_takes_back_the_users_own_last_decision(greta: QueueClient, karim: QueueClient) -> None:
    first, second, other = (factories.comment() for _ in range(3))
    greta.decide("approved", first)
    greta.decide("spam", second)
    karim.decide("spam", other)
    for comment in (second, first):
        greta.undo()
        assert now(comment).state == State.WAITING
    assert "problem" in greta.undo()
    assert now(other).state == State.SPAM


def test_a_decision_that_was_replaced_cannot_be_undone(greta: QueueClient, karim: QueueClient) -> None:
    comment = factories.comment()
    [decision] = greta.decide("spam", comment)["decisions"]
    karim.decide("approved", now(comment))
    answer = greta.undo(decision)
    assert "karim: Approved" in answer["problems"][f"comment-{comment.pk}"]
    assert now(comment).state == State.APPROVED


def test_moderators_cannot_undo_what_an_author_did(greta: QueueClient) -> None:
    comment = factories.comment(state="approved")
    submission.edit(comment, "Another text.", AUTHOR, version=0)
    line = Decision.objects.get()
    assert line.actor == "author"
    assert "problem" in greta.undo(line.pk)
    assert 'data-act="undo"' not in greta.card(comment)


# Other actions --------------------------------------------------------------------------------------------------------


def test_other_moderators_can_read_a_note(greta: QueueClient, karim: QueueClient) -> None:
    comment = factories.comment()
    greta.act(comment, "note", text="I have asked the editor.")
    assert "I have asked the editor." in karim.card(comment)
    assert "problem" in greta.act(comment, "note", text=" ")
    assert Note.objects.count() == 1


def test_a_moderator_bans_an_author_for_a_time(greta: QueueClient) -> None:
    comment = factories.comment(email="ana@example.org", confirmed=True, address="192.0.2.7")
    greta.act(comment, "ban", email="on", address="on", days="7", reason="Threats.")
    ban = Ban.objects.get()
    assert (ban.email_hash, ban.address, ban.user) == (comment.email_hash, "192.0.2.7", greta.user)
    assert timedelta(days=6.9) < ban.until - timezone.now() < timedelta(days=7.1)
    assert "Banned until" in greta.card(factories.comment(email="ana@example.org"))
    assert "Banned until" in greta.card(factories.comment(address="192.0.2.7"))
    assert "Banned until" not in greta.card(factories.comment(email="bogdan@example.org"))


@pytest.mark.parametrize("data", [{}, {"days": "7"}, {"email": "on"}, {"email": "on", "days": "forever"}])
def test_a_ban_needs_a_target_and_a_duration(greta: QueueClient, data: dict[str, str]) -> None:
    assert "problem" in greta.act(factories.comment(email="ana@example.org"), "ban", **data)
    assert not Ban.objects.exists()


def test_a_ban_by_unknown_data_is_refused(greta: QueueClient) -> None:
    assert "We have no email or IP address" in greta.act(factories.comment(), "ban", email="on", days="1")["problem"]


def test_a_moderator_can_read_a_machine_translation_beside_the_comment(greta: QueueClient, settings: Any) -> None:
    comment = factories.comment(language="uk", text="Це правда?")
    assert 'data-act="translate"' not in greta.card(comment)
    with TranslationServer() as provider:
        settings.DEEPL_API_KEY, settings.DEEPL_URL = "a key", provider.url
        provider.answers["en", "Це правда?"] = "Is that <b>true</b>?"
        assert 'data-act="translate"' in greta.card(comment)
        [card] = greta.act(comment, "translate")["cards"]
        assert "Is that &lt;b&gt;true&lt;/b&gt;?" in card["html"]
        provider.fault = "503"
        assert greta.act(comment, "translate")["cards"]
        assert "problem" in greta.act(factories.comment(language="uk", text="Невже?"), "translate")
    submission.edit(comment, "Це неправда.", AUTHOR, version=0)
    assert "Is that" not in greta.card(comment)


def test_editors_feature_a_comment_and_turn_it_into_an_update() -> None:
    editor = QueueClient(newsroom.user("edda", "Editor"))
    author = factories.author("Edda")
    author.user = editor.user
    author.save()
    comment = factories.comment(language="de", name="Ana", text="Ich war dort.")
    assert "problem" in editor.act(comment, "feature", wanted="1")
    assert "problem" in editor.act(comment, "update")
    editor.decide("approved", comment)
    editor.act(comment, "feature", wanted="1")
    assert now(comment).featured
    editor.act(comment, "feature", wanted="0")
    assert not now(comment).featured
    for _ in range(2):
        editor.act(comment, "update")
    update = comment.article.updates.get()
    assert list(update.authors.all()) == [author]
    assert "Ich war dort." in text_in(update, "body", "de")
    assert "Ana" in text_in(update, "body", "de")
    assert f"/update/{update.pk}/" in editor.card(comment)


def test_the_queue_sets_the_rules_of_an_article(greta: QueueClient) -> None:
    article = factories.article(time_zone="Europe/Kyiv")
    assert "rules-form" not in greta.entries()["rules"]
    assert "rules-form" in greta.entries(article=article.pk)["rules"]
    address = f"{QUEUE}rules/{article.pk}/"
    assert greta.client.post(address, {"policy": "trusted", "closes_at": "2099-01-01T12:00"}).status_code == 200
    rules = Discussion.of(article.pk)
    assert (rules.policy, f"{rules.closes_at:%H:%M}") == ("trusted", "10:00")
    assert greta.client.post(address, {"policy": "at-once", "closes_at": "2001-01-01T12:00"}).status_code == 422
    assert greta.client.post(address, {"policy": "whatever"}).status_code == 422
    assert Discussion.of(article.pk).policy == "trusted"
    assert "comments-form" in [element for _revision, element in factories.log_of(article)] or rules.is_open


def test_comments_that_closed_at_their_time_can_be_reopened(greta: QueueClient) -> None:
    article, past = factories.article(), timezone.now() - timedelta(hours=1)
    Discussion.objects.create(article=article, policy="closed", closes_at=past)
    form = {"policy": "approval", "closes_at": f"{timezone.localtime(past, article.zone):%Y-%m-%dT%H:%M}"}
    assert greta.client.post(f"{QUEUE}rules/{article.pk}/", form).status_code == 200
    assert Discussion.of(article.pk).is_open


def test_the_rules_in_the_admin_reopen_comments_that_closed_at_their_time() -> None:
    past = timezone.now() - timedelta(hours=1)
    rules = Discussion.objects.create(article=factories.article(), policy="closed", closes_at=past)
    moderator = member_of("Moderator")
    form = form_of(moderator.get(change_url(rules))) | {"policy": "approval"}
    assert moderator.post(change_url(rules), form).status_code == 302
    closing.close_due()
    assert Discussion.of(rules.pk).is_open


def test_a_search_for_an_email_never_appears_in_a_url(greta: QueueClient) -> None:
    ana, _other = factories.comment(email="ana@example.org"), factories.comment()
    assert greta.ids(q="ana@example.org") == [f"comment-{ana.pk}"]
    asked = greta.client.post(f"{QUEUE}entries/?q=ana@example.org").json()
    assert len(asked["cards"]) == 2


# Rights ---------------------------------------------------------------------------------------------------------------


def test_only_moderators_can_open_the_queue() -> None:
    comment = factories.comment()
    posts = (
        "entries/",
        "decide/",
        "undo/",
        "rules/1/",
        *(f"{comment.pk}/{act}/" for act in ("claim", "note", "ban", "translate")),
    )
    for client, status in ((member_of("Journalist"), 403), (Client(), 302)):
        assert client.get(QUEUE).status_code == status
        assert {client.post(f"{QUEUE}{path}").status_code for path in posts} == {status}
    assert now(comment).state == State.WAITING


def test_only_editors_can_feature_comments(greta: QueueClient) -> None:
    comment = factories.comment(state="approved")
    assert 'data-act="feature"' not in greta.card(comment)
    for action in ("feature", "update"):
        greta.act(comment, action, wanted="1")
        assert greta.last.status_code == 403


def test_the_admin_cannot_change_the_words_of_readers(greta: QueueClient) -> None:
    comment = factories.comment(text="As it was.")
    answer = greta.client.post(change_url(comment), {"text": "As it was not.", "state": "approved"})
    assert answer["Location"] == f"{QUEUE}?comment={comment.pk}"
    assert (now(comment).text, now(comment).state) == ("As it was.", "waiting")


def test_the_log_and_the_bans_have_pages_of_their_own(greta: QueueClient) -> None:
    comment = factories.comment(email="ana@example.org", confirmed=True)
    greta.decide("rejected", comment, reason="false", words="Since when?")
    greta.act(comment, "ban", email="on", days="1")
    log = greta.client.get("/admin/comments/decision/").content.decode()
    for words in ("greta", "Harmful misinformation", "Since when?", f"?comment={comment.pk}"):
        assert words in log
    assert "An email address" in greta.client.get("/admin/comments/ban/").content.decode()
    assert greta.client.get(change_url(Ban.objects.get())).status_code == 200
    assert greta.client.post(change_url(Decision.objects.get()), {}).status_code == 302


@pytest.mark.parametrize("language", [code for code, _name in project.LANGUAGES])
def test_the_queue_opens_in_every_language_under_the_content_security_policy(greta: QueueClient, language: str) -> None:
    factories.comment(language="ar", text="شكرا")
    greta.client.cookies[project.LANGUAGE_COOKIE_NAME] = language
    answer = greta.client.get(QUEUE)
    html = answer.content.decode()
    assert f'<html lang="{language}"' in html
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "style=" not in html


# Websocket ------------------------------------------------------------------------------------------------------------


class Connection(ApplicationCommunicator):
    """A websocket of the newsroom."""

    def __init__(self, user: User, path: str) -> None:
        client = Client()
        client.force_login(user)
        cookie = f"{project.SESSION_COOKIE_NAME}={client.cookies[project.SESSION_COOKIE_NAME].value}"
        headers = [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode()), (b"origin", project.SITE_URL.encode())]
        scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "subprotocols": []}
        super().__init__(application, scope)

    async def open(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(PATIENCE))["type"] == "websocket.accept"

    async def say(self, message: dict[str, Any]) -> None:
        await self.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def until(self, wanted: Callable[[dict[str, Any]], Any]) -> None:
        """Wait for a message."""
        async with asyncio.timeout(PATIENCE):
            while not wanted(json.loads((await self.receive_output(PATIENCE))["text"])):
                pass

    async def close(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wait()


connected = sync_to_async(Connection)


@pytest.mark.django_db(transaction=True)
async def test_queue_and_desk_are_notified_of_comments_and_moderators_see_each_other() -> None:
    article = await sync_to_async(factories.article)()
    people = [await sync_to_async(moderator)(name) for name in ("greta", "karim")]
    journalist = await sync_to_async(newsroom.user)("ioana", "Journalist")
    greta, karim = [await connected(user, "/ws/moderation/") for user in people]
    desk = await connected(journalist, f"/ws/desk/{article.pk}/")
    for socket in (greta, karim, desk):
        await socket.open()
        await socket.until(lambda message: "people" in message)
    await karim.say({"at": "comment-7"})
    at_work = {"person": people[1].pk, "name": "karim", "at": "comment-7", "me": False}
    await greta.until(lambda message: at_work in message.get("people", ()))
    comment = await sync_to_async(factories.comment)(article)
    for socket in (greta, karim, desk):
        await socket.until(lambda message: message.get("changed"))
    await sync_to_async(moderation.decide)(comment.pk, State.SPAM, people[0], version=0)
    for socket in (greta, karim, desk):
        await socket.until(lambda message: message.get("changed"))
    await karim.close()
    await greta.until(lambda message: "people" in message and "karim" not in str(message))
    for socket in (greta, desk):
        await socket.close()


@pytest.mark.django_db(transaction=True)
async def test_users_who_do_not_moderate_cannot_connect() -> None:
    journalist = await sync_to_async(newsroom.user)("ioana", "Journalist")
    socket = await connected(journalist, "/ws/moderation/")
    await socket.open()
    assert await socket.receive_output(PATIENCE) == {"type": "websocket.close", "code": 4003}


# Many -----------------------------------------------------------------------------------------------------------------


def test_a_page_takes_the_same_queries_for_any_number_of_comments(
    greta: QueueClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def look() -> int:
        with django_assert_max_num_queries(25) as queries:
            greta.page()
        return len(queries)

    parent = factories.comment(state="approved")
    article = parent.article
    factories.comment(article, parent=parent, language="de", email="a0@example.org", address="192.0.2.1")
    greta.act(parent, "note", text="Seen.")
    few = look()
    for number in range(1, 18):
        comment = factories.comment(
            factories.article(), language="de", email=f"a{number}@example.org", address=f"192.0.2.{number}"
        )
        moderation.note(comment.pk, greta.user, "Seen.")
        [decision] = greta.decide("spam", comment)["decisions"]
        greta.undo(decision)
    assert look() == few


def test_a_poll_takes_the_same_queries_for_any_number_of_comments_on_the_screen(
    greta: QueueClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shown = [factories.comment(state="spam") for _ in range(20)]

    def look(count: int) -> int:
        with django_assert_max_num_queries(30) as queries:
            greta.entries(shown=",".join(str(comment.pk) for comment in shown[:count]))
        return len(queries)

    # The first request renews the session.
    look(2)
    few = look(2)
    for number in range(cards.MAX_LINES + 5):
        moderation.note(shown[0].pk, greta.user, f"Note {number}.")
    assert look(20) == few
    html = greta.card(shown[0])
    assert [number for number in range(15) if f"Note {number}." in html] == list(range(5, 15))


def test_a_decision_takes_the_same_queries_for_any_number_of_waiting_comments(
    greta: QueueClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    article = factories.article()

    def decide(comment: Comment) -> int:
        with django_assert_max_num_queries(45) as queries:
            greta.decide("approved", comment)
        return len(queries)

    first, second, _third = waiting(3, article)
    # The first request renews the session.
    decide(first)
    few = decide(second)
    waiting(600, article)
    assert decide(Comment.objects.queued()[300]) == few


@pytest.mark.django_db(transaction=True)
def test_concurrent_moderators_decide_each_comment_once() -> None:
    """Each moderator claims and decides free comments until none waits, and each prefers a different decision."""
    moderators, comments = soak.count(4, 8), soak.count(60, 600)
    waiting(comments)
    people = [moderator(f"mod{number}") for number in range(moderators)]
    choices = ["approved", "spam"]

    def work(number: int) -> int:
        client, decided = QueueClient(people[number]), 0
        while shown := Comment.objects.queued()[:10]:
            to = choices[number % 2]
            decided += len(client.decide(to, *list(shown)[number % 3 :: 2] or list(shown))["decisions"])
        connection.close()
        return decided

    with ThreadPoolExecutor(moderators) as threads:
        made = sum(threads.map(work, range(moderators)))
    assert made == comments == Decision.objects.count()
    assert not Comment.objects.queued().exists()
    for user in people:
        mine = Decision.objects.filter(user=user).values_list("comment__state", "to_state")
        assert all(state == to for state, to in mine)

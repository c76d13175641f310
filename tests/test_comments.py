"""Other readers see a comment once a moderator has approved it, on open pages at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from comments import closing, moderation, submission, translation
from comments.models import Comment, Discussion, ListedWord, Policy, State
from comments.views.threads import ORDERS
from liveblog.delivery import log
from liveblog.errors import Conflict
from tests import factories
from tests.actors import TEST
from tests.server import PATIENCE, eventually
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

WORDS = {"name": "Ana", "email": "ana@example.org", "text": "Thank you."}


def post(client: Any, address: str, fields: dict[str, str] = WORDS, site: str = "same-origin") -> Any:
    """Post a form. The secret in the fragment of an own comment's address is sent as its page sends it."""
    path, _, secret = address.partition("#")
    return client.post(path, fields | ({"secret": secret} if secret else {}), headers={"sec-fetch-site": site})


def own_page(client: Any, address: str, **fields: str) -> str:
    """Return the page of an author's own comment."""
    answer = post(client, address, fields)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_comment_waits_for_a_moderator(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('de')}comments/")
    assert answer.status_code == 201
    comment = Comment.objects.get()
    assert (comment.state, comment.language, comment.name) == ("waiting", "de", "Ana")
    assert factories.log_of(article) == []
    assert "Thank you." not in client.get(article.url("de")).content.decode()


def test_an_approved_comment_reaches_pages_in_every_language(client: Any) -> None:
    article = factories.article()
    comment = Comment.objects.create(article=article, language="uk", name="Олена", text="Дякую!")
    comment.state = Comment.State.APPROVED
    comment.save()
    assert factories.log_of(article) == [(1, comment.element), (2, "comments-count")]
    address = f"/ar/live/{article.slug}/changes?after={factories.state_at(article, 0)}"
    change, _count = client.get(address).json()["changes"]
    assert (change["op"], change["list"]) == ("put", "comments")
    assert 'lang="uk" dir="ltr"' in change["html"]
    assert change["html"].strip() in client.get(article.url("ar")).content.decode()


def test_a_comment_that_becomes_spam_is_removed() -> None:
    article = factories.article()
    comment = Comment.objects.create(article=article, language="en", state="approved", **WORDS)
    comment.state = Comment.State.SPAM
    comment.save()
    elements = [element for _revision, element in factories.log_of(article)]
    assert elements == [comment.element, "comments-count"] * 2


def test_markup_in_a_comment_is_shown_as_text(client: Any) -> None:
    article = factories.article()
    Comment.objects.create(
        article=article, language="en", name="<b>x</b>", text="<script>alert(1)</script>", state="approved"
    )
    html = client.get(article.url("en")).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>x" not in html


def test_a_form_on_another_site_cannot_post(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('de')}comments/", site="cross-site")
    assert answer.status_code == 403
    assert "Zugriff verweigert" in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_blank_comment_is_refused(client: Any) -> None:
    article = factories.article()
    for text in ("   ", "\x00", "\n\n"):
        assert post(client, f"{article.url('en')}comments/", {"name": "Ana", "text": text}).status_code == 422
    assert not Comment.objects.exists()


def test_a_comment_that_fills_in_the_hidden_field_is_refused(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('en')}comments/", WORDS | {"website": "spam.example"})
    assert answer.status_code == 422
    assert not Comment.objects.exists()


def test_errors_are_in_the_readers_language_and_keep_what_was_written(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('de')}comments/", {"name": "", "text": "Ein Satz."})
    html = answer.content.decode()
    assert "Bitte füllen Sie dieses Feld aus." in html
    assert "Ein Satz." in html


# Accepting comments ---------------------------------------------------------------------------------------------------

TEXTS = {
    "de": "Die Minister haben heute sehr lange über Strom und Wärme gesprochen.",
    "uk": "Міністри сьогодні дуже довго говорили про електроенергію та тепло.",
    "ar": "تحدث الوزراء اليوم طويلًا عن الكهرباء والتدفئة في أوكرانيا.",
    "pl": "Ministrowie bardzo długo rozmawiali dzisiaj o prądzie i ogrzewaniu.",
}


def rules(article: Any, policy: str, **fields: Any) -> Discussion:
    return Discussion.objects.create(article=article, policy=policy, **fields)


def last() -> Comment:
    return Comment.objects.latest("pk")


def test_the_page_with_the_form_is_cacheable_and_sets_no_cookie(client: Any) -> None:
    article = factories.article()
    for address in (article.url("de"), f"{article.url('de')}comments/"):
        answer = client.get(address)
        assert 'name="text"' in answer.content.decode()
        assert "public" in answer["Cache-Control"]
        assert "csrfmiddlewaretoken" not in answer.content.decode()
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        assert client.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 304


@pytest.mark.parametrize("language", TEXTS)
def test_a_comment_gets_the_language_that_it_is_written_in(client: Any, language: str) -> None:
    post(client, f"{factories.article().url('en')}comments/", WORDS | {"text": TEXTS[language]})
    assert (last().language, last().page_language) == (language, "en")


def test_a_text_too_short_for_detection_gets_the_language_of_its_page(client: Any) -> None:
    post(client, f"{factories.article().url('uk')}comments/", WORDS | {"text": "OK!"})
    assert last().language == "uk"


def test_only_its_author_sees_a_waiting_comment(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('ar')}comments/")
    assert "Thank you." in answer.content.decode()
    own = post(client, answer["Location"], {})
    assert "Thank you." in own.content.decode()
    assert "no-store" in own["Cache-Control"]
    # Browsers send no fragment: without JavaScript the page asks for the secret.
    assert 'name="secret"' in client.get(answer["Location"]).content.decode()
    for address in (article.url("ar"), f"{article.url('ar')}comments/", f"{article.url('ar')}comments/{last().pk}/"):
        assert "Thank you." not in client.get(address).content.decode()
    assert post(client, f"{article.url('ar')}comments/mine/#guessed", {}).status_code == 404
    assert post(client, f"{article.url('ar')}comments/mine/#guessed", {"fragment": "1"}).status_code == 410


@pytest.mark.parametrize("action", ["delete", "text"])
def test_a_comment_that_is_deleted_while_its_author_acts_is_gone(
    client: Any, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    address = post(client, f"{factories.article().url('de')}comments/")["Location"]
    read, lock = last().version_name, log.lock

    def deleted_first(*articles: int) -> None:
        lock(*articles)
        Comment.objects.all()._raw_delete("default")

    monkeypatch.setattr(log, "lock", deleted_first)
    path, _sep, secret = address.partition("#")
    assert post(client, path, {"secret": secret, action: "Danke.", "version": read}).status_code == 404


def test_the_script_gets_the_html_or_the_errors_to_show(client: Any) -> None:
    address = f"{factories.article().url('de')}comments/"
    headers = {"sec-fetch-site": "same-origin", "accept": "application/json"}
    good = client.post(address, WORDS, headers=headers)
    assert good.status_code == 201
    assert "Thank you." in good.json()["html"]
    assert good.json()["html"] == own_page(client, good.json()["url"], fragment="1")
    bad = client.post(address, WORDS | {"email": "none"}, headers=headers)
    assert bad.status_code == 422
    assert list(bad.json()["errors"]) == ["email"]


def test_an_author_can_change_and_delete_a_comment_for_ten_minutes(client: Any) -> None:
    address = post(client, f"{factories.article().url('en')}comments/")["Location"]
    read = last().version_name
    assert "Thanks a lot." in own_page(client, address, text="Thanks a lot.", version=read)
    comment = last()
    assert (comment.text, comment.version) == ("Thanks a lot.", 1)
    assert comment.edited_at is not None
    # The page is loaded again.
    assert "Thanks a lot." in own_page(client, address, text="Thanks a lot.", version=read)
    assert post(client, address, {"delete": "1", "version": read}).status_code == 409
    Comment.objects.update(written_at=timezone.now() - timedelta(minutes=11))
    for fields in ({"text": "Too late."}, {"delete": "1"}):
        assert post(client, address, fields | {"version": last().version_name}).status_code == 403
    assert last().text == "Thanks a lot."
    Comment.objects.update(written_at=timezone.now())
    assert post(client, address, {"delete": "1", "version": last().version_name}).status_code == 302
    assert not Comment.objects.exists()


def test_a_changed_comment_waits_for_approval_again(client: Any) -> None:
    article = factories.article()
    address = post(client, f"{article.url('en')}comments/")["Location"]
    moderation.decide(last().pk, State.APPROVED, None, version=0)
    post(client, address, {"text": "Something else.", "version": last().version_name})
    assert (last().state, last().held) == (State.WAITING, "edited")
    assert "Something else." not in client.get(article.url("en")).content.decode()


def test_authors_cannot_change_anything_once_comments_are_closed(client: Any) -> None:
    article = factories.article()
    address = post(client, f"{article.url('en')}comments/")["Location"]
    rules(article, Policy.CLOSED)
    answer = post(client, address, {"text": "Unread.", "version": last().version_name})
    assert answer.status_code == 403
    assert "Unread." in answer.content.decode()
    assert (last().state, last().text) == (State.WAITING, WORDS["text"])
    assert post(client, address, {"delete": "1", "version": last().version_name}).status_code == 302


def test_a_banned_author_cannot_change_a_published_comment(client: Any) -> None:
    article = factories.article()
    rules(article, Policy.AT_ONCE)
    address = post(client, f"{article.url('en')}comments/", WORDS | {"proof": factories.proof(WORDS["email"])})[
        "Location"
    ]
    moderation.ban(last(), None, until=timezone.now() + timedelta(hours=1), email=True)
    assert post(client, address, {"text": "Something else.", "version": last().version_name}).status_code == 403
    assert last().text == WORDS["text"]


@pytest.mark.usefixtures("one_stretch")
def test_changes_count_towards_the_limit_like_comments(client: Any, settings: Any) -> None:
    settings.COMMENTS_PER_EMAIL = 3
    article = factories.article()
    rules(article, Policy.AT_ONCE)
    fields = WORDS | {"proof": factories.proof(WORDS["email"])}
    address = post(client, f"{article.url('en')}comments/", fields)["Location"]

    def change(number: int) -> int:
        return post(client, address, {"text": f"Number {number}.", "version": last().version_name}).status_code

    assert [change(number) for number in range(3)] == [200, 200, 429]
    assert last().text == "Number 1."


def test_an_author_cannot_take_a_reported_comment_out_of_the_queue(client: Any) -> None:
    article = factories.article()
    rules(article, Policy.AT_ONCE)
    address = post(client, f"{article.url('en')}comments/")["Location"]
    moderation.report(last().pk, "abuse", "", "a reader")
    post(client, address, {"text": "I said nothing.", "version": last().version_name})
    comment = Comment.objects.queued().get()
    assert (comment.state, comment.held, comment.open_reports) == (State.WAITING, "reported", 1)
    assert "I said nothing." not in client.get(article.url("en")).content.decode()
    moderation.decide(comment.pk, State.APPROVED, None, version=comment.version)
    assert last().open_reports == 0


@pytest.mark.parametrize(
    "fields", [WORDS, WORDS | {"key": "made-by-the-module"}], ids=["by its sender", "by the key of its form"]
)
def test_the_same_comment_sent_twice_is_accepted_once(client: Any, fields: dict[str, str]) -> None:
    address = f"{factories.article().url('en')}comments/"
    headers = {"sec-fetch-site": "same-origin"}
    answers = [client.post(address, fields, headers=headers, REMOTE_ADDR="192.0.2.1") for _ in range(2)]
    assert Comment.objects.count() == 1
    assert answers[0]["Location"] == answers[1]["Location"]
    assert WORDS["text"] in own_page(client, answers[0]["Location"])


def test_sending_another_authors_words_gives_no_access_to_their_comment(client: Any) -> None:
    address = f"{factories.article().url('en')}comments/"
    headers = {"sec-fetch-site": "same-origin"}
    own = client.post(address, WORDS | {"key": "of its author"}, headers=headers, REMOTE_ADDR="192.0.2.1")["Location"]
    first = last()
    for fields, place in ((WORDS, "192.0.2.1"), (WORDS, "192.0.2.2"), (WORDS | {"key": "another"}, "192.0.2.1")):
        other = client.post(address, fields, headers=headers, REMOTE_ADDR=place)["Location"]
        post(client, other, {"text": "In another's name.", "version": last().version_name})
    first.refresh_from_db()
    assert first.text == WORDS["text"]
    assert first.text in own_page(client, own)
    assert Comment.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_double_posts_at_the_same_moment_are_accepted_once() -> None:
    article = factories.article()
    values = WORDS | {"parent": None, "seconds": None}

    def send(_number: int) -> int:
        try:
            return submission.submit(article, values, "en", submission.Sender("192.0.2.1", "")).comment.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(send, range(8)))) == 1
    assert Comment.objects.count() == 1


# When comments appear -------------------------------------------------------------------------------------------------


def test_comments_appear_at_once_where_the_article_says_so(client: Any) -> None:
    article = factories.article()
    rules(article, Policy.AT_ONCE)
    post(client, f"{article.url('en')}comments/")
    assert "Thank you." in client.get(article.url("de")).content.decode()
    assert last().decisions.get().actor == "policy"


def test_no_invented_key_imitates_the_sender_of_another_comment(client: Any) -> None:
    address = f"{factories.article().url('en')}comments/"

    def send(place: str, **fields: str) -> str:
        headers = {"sec-fetch-site": "same-origin", "user-agent": "Browser"}
        return client.post(address, WORDS | fields, headers=headers, REMOTE_ADDR=place)["Location"]

    own = send("192.0.2.1")
    for key in ("192.0.2.1 Browser", "192.0.2.1", "place 192.0.2.1 Browser"):
        assert send("192.0.2.2", key=key) != own


def test_only_approvals_by_moderators_make_an_author_trusted(client: Any) -> None:
    open_to_all, careful = factories.article(), factories.article()
    rules(open_to_all, Policy.AT_ONCE)
    rules(careful, Policy.TRUSTED)
    own = WORDS | {"proof": factories.proof(WORDS["email"])}
    for number in range(3):
        post(client, f"{open_to_all.url('en')}comments/", own | {"text": f"Thought number {number}."})
        assert last().state == State.APPROVED
    post(client, f"{careful.url('en')}comments/", own)
    assert last().state == State.WAITING


def test_comments_by_trusted_authors_appear_at_once(client: Any) -> None:
    article = factories.article()
    rules(article, Policy.TRUSTED)
    address = f"{article.url('en')}comments/"
    own = WORDS | {"proof": factories.proof(WORDS["email"])}
    for number in range(4):
        post(client, address, own | {"text": f"Thought number {number}."})
        if number < 3:
            assert last().state == State.WAITING
            moderation.decide(last().pk, State.APPROVED, None, version=0)
    assert last().state == State.APPROVED
    moderation.decide(last().pk, State.SPAM, None, version=1)
    post(client, address, own | {"text": "And one more."})
    assert last().state == State.WAITING


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        ({"text": "Look: https://a.example https://b.example www.c.example"}, "links"),
        ({"text": "casino.com poker.net buy@pills.com"}, "links"),
        ({"text": "What an IDIOTIC idea."}, "words"),
        ({"text": "What an i\u200bd\u0301iotic idea."}, "words"),
        ({"seconds": "0.8"}, "fast"),
    ],
)
def test_a_doubtful_comment_waits_even_where_comments_appear_at_once(
    client: Any, fields: dict[str, str], held: str
) -> None:
    article = factories.article()
    rules(article, Policy.AT_ONCE)
    ListedWord.objects.create(language="en", word="idiot*")
    post(client, f"{article.url('de')}comments/", WORDS | fields)
    assert (last().state, last().held) == (State.WAITING, held)


def test_the_same_text_from_many_authors_waits(client: Any) -> None:
    article = factories.article()
    rules(article, Policy.AT_ONCE)
    for number in range(3):
        text = "Share this with everybody you know" + "!" * number
        post(client, f"{article.url('de')}comments/", WORDS | {"text": text, "email": f"{number}@example.org"})
    assert list(Comment.objects.order_by("pk").values_list("held", flat=True)) == ["", "", "doubled"]


def test_a_blocked_word_is_refused_and_named_to_the_author(client: Any) -> None:
    ListedWord.objects.create(language="de", word="Schwachkopf", action="reject")
    answer = post(client, f"{factories.article().url('de')}comments/", WORDS | {"text": "Du Schwachkopf!"})
    assert answer.status_code == 422
    assert "Schwachkopf" in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_blocked_word_inside_another_word_is_allowed(client: Any) -> None:
    ListedWord.objects.create(language="en", word="ass", action="reject")
    post(client, f"{factories.article().url('en')}comments/", WORDS | {"text": "A massive assembly."})
    assert Comment.objects.exists()


def test_a_banned_author_is_told_so(client: Any) -> None:
    article = factories.article()
    post(client, f"{article.url('en')}comments/", WORDS | {"proof": factories.proof(WORDS["email"])})
    until = timezone.now() + timedelta(hours=1)
    ban = moderation.ban(last(), None, until=until, email=True)
    fields = WORDS | {"text": "Again."}
    assert post(client, f"{article.url('en')}comments/", fields | {"email": "ANA@example.org"}).status_code == 403
    assert post(client, f"{article.url('en')}comments/", fields | {"email": "b@example.org"}).status_code == 201
    moderation.ban(last(), None, until=until, address=True)
    assert post(client, f"{article.url('en')}comments/", fields | {"email": "c@example.org"}).status_code == 403
    type(ban).objects.update(until=timezone.now())
    assert post(client, f"{article.url('en')}comments/", fields).status_code == 201


def test_a_ban_covers_all_addresses_of_a_household(client: Any) -> None:
    address = f"{factories.article().url('en')}comments/"

    def send(place: str) -> int:
        fields = WORDS | {"text": f"From {place}.", "email": f"{place.replace(':', '-')}@example.org"}
        return client.post(address, fields, headers={"sec-fetch-site": "same-origin"}, REMOTE_ADDR=place).status_code

    assert send("2001:db8:1:2::1") == 201
    moderation.ban(last(), None, until=timezone.now() + timedelta(hours=1), address=True)
    assert [send("2001:db8:1:2:abcd::7"), send("2001:db8:1:3::1")] == [403, 201]


@pytest.mark.usefixtures("one_stretch")
def test_nobody_can_flood_the_comments(client: Any, settings: Any) -> None:
    settings.COMMENTS_PER_ADDRESS, settings.COMMENTS_PER_EMAIL = 5, 2
    address = f"{factories.article().url('en')}comments/"

    def send(number: int, email: str) -> int:
        fields = WORDS | {"text": f"Number {number}.", "email": email, "proof": factories.proof(email)}
        headers = {"sec-fetch-site": "same-origin"}
        return client.post(address, fields, headers=headers, REMOTE_ADDR="192.0.2.9").status_code

    assert [send(number, "a@example.org") for number in range(3)] == [201, 201, 429]
    assert [send(number, f"{number}@example.org") for number in range(3, 7)] == [201, 201, 429, 429]


def test_comments_are_accepted_while_the_cache_is_down(client: Any, settings: Any) -> None:
    address = f"{factories.article().url('en')}comments/"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"}
    }
    assert post(client, address).status_code == 201
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def test_closed_comments_can_be_read_but_not_written(client: Any) -> None:
    article = factories.article()
    factories.comment(article, state="approved", text="Before.")
    rules(article, Policy.CLOSED)
    html = client.get(f"{article.url('en')}comments/").content.decode()
    assert "Before." in html
    assert 'name="text"' not in html
    assert post(client, f"{article.url('en')}comments/").status_code == 403


def test_comments_also_close_on_open_pages_at_their_time(client: Any) -> None:
    article = factories.article()
    rules(article, Policy.AT_ONCE, closes_at=timezone.now() + timedelta(hours=1))
    assert closing.close_due() == 0
    Discussion.objects.update(closes_at=timezone.now())
    assert closing.close_due() == 1
    [change] = client.get(f"/en/live/{article.slug}/changes?after={factories.state_at(article, 0)}").json()["changes"]
    assert (change["op"], change["id"]) == ("set", "comments-form")
    assert "<form" not in change["html"]


# Conversations --------------------------------------------------------------------------------------------------------


def test_answers_to_answers_stay_on_the_second_level_and_name_whom_they_answer(client: Any) -> None:
    article = factories.article()
    first = factories.comment(article, name="Anna", state="approved")
    second = factories.comment(article, name="Bohdan", parent=first, state="approved")
    third = factories.comment(article, name="Cem", parent=second, state="approved")
    assert [second.thread_id, third.thread_id] == [first.pk, first.pk]
    html = client.get(article.url("en")).content.decode()
    assert "in reply to <bdi>Bohdan</bdi>" in html
    assert "in reply to <bdi>Anna</bdi>" not in html
    assert [element for _revision, element in factories.log_of(article)][::2] == [first.element] * 3


def test_an_answer_to_a_missing_comment_is_refused_and_stays_in_the_form(client: Any) -> None:
    article = factories.article()
    elsewhere = factories.comment(factories.article(), state="approved")
    waiting = factories.comment(article)
    for parent in (elsewhere.pk, waiting.pk, 10**9):
        answer = post(client, f"{article.url('en')}comments/", WORDS | {"parent": str(parent)})
        assert answer.status_code == 422
        assert "Thank you." in answer.content.decode()


def test_an_answer_to_a_comment_deleted_meanwhile_is_refused(client: Any) -> None:
    article = factories.article()
    parent = factories.comment(article, state="approved")
    Comment.objects.get(pk=parent.pk).delete()
    with pytest.raises(submission.Rejected, match="no longer exists"):
        submission.submit(article, WORDS | {"parent": parent}, "en", submission.Sender("192.0.2.1", ""))


def test_a_text_that_is_too_long_once_normalised_is_refused(client: Any) -> None:
    address = f"{factories.article().url('en')}comments/"
    for fields in ({"name": "\ufb2c" * 60}, {"text": "\u0958" * 3000}, {"seconds": "-1e308"}):
        assert post(client, address, WORDS | fields).status_code == 422
    comment = factories.comment(state="approved")
    report = f"{comment.article.url('en')}comments/{comment.pk}/report/"
    assert post(client, report, {"reason": "abuse", "text": "\u0958" * 500}).status_code == 422


def test_a_removed_comment_leaves_its_answers_in_place(client: Any) -> None:
    article = factories.article()
    first = factories.comment(article, state="approved", text="The first word.")
    answer = factories.comment(article, parent=first, state="approved", text="An answer.")
    first.state = State.REJECTED
    first.save()
    html = client.get(article.url("en")).content.decode()
    assert "The first word." not in html
    assert "An answer." in html
    answer.state = State.REJECTED
    answer.save()
    assert first.element not in client.get(f"{article.url('en')}?fresh").content.decode()


def test_deleting_an_article_deletes_its_conversations() -> None:
    article = factories.article()
    first = factories.comment(article, state="approved")
    factories.comment(article, parent=factories.comment(article, parent=first), state="approved")
    article.delete()
    assert not Comment.objects.exists()


def test_bulk_deletion_updates_open_pages_and_keeps_answered_comments_as_places() -> None:
    article = factories.article()
    first, other = [factories.comment(article, state="approved") for _ in range(2)]
    answer = factories.comment(article, parent=first, state="approved")
    Comment.objects.filter(pk__in=[first.pk, other.pk]).delete()
    assert [comment.pk for comment in Comment.objects.order_by("pk")] == [first.pk, answer.pk]
    assert factories.log_of(article)[-2:][0][1] == first.element


def test_a_long_conversation_is_pushed_in_part_and_has_a_page_of_its_own(client: Any) -> None:
    article = factories.article()
    first = factories.comment(article, state="approved")
    for number in range(8):
        factories.comment(article, parent=first, state="approved", text=f"Answer {number}.")
    change = client.get(f"/en/live/{article.slug}/changes?after={factories.state_at(article, 0)}").json()["changes"][0]
    assert [number for number in range(8) if f"Answer {number}." in change["html"]] == [3, 4, 5, 6, 7]
    assert "3 earlier replies" in change["html"]
    whole = client.get(f"{article.url('en')}comments/{first.pk}/").content.decode()
    assert all(f"Answer {number}." in whole for number in range(8))


def test_the_address_of_an_answer_leads_to_its_page_of_a_long_conversation(client: Any) -> None:
    article = factories.article()
    first = factories.comment(article, state="approved")
    common = {"article": article, "language": "en", "name": "Ana", "state": "approved", "shown": True}
    answers = Comment.objects.bulk_create(
        Comment(text=f"Answer {number}.", parent=first, thread=first, **common) for number in range(120)
    )
    Comment.objects.filter(pk=first.pk).update(answers=120)
    assert f'href="{article.url("en")}comments/{answers[-1].pk}/"' in client.get(article.url("en")).content.decode()
    for answer in (answers[0], answers[50], answers[-1]):
        response = client.get(f"{article.url('en')}comments/{answer.pk}/")
        place = f"{article.url('en')}comments/{first.pk}/?at={answer.pk}"
        assert response["Location"] == f"{place}#reply-{answer.pk}"
        assert f'id="reply-{answer.pk}"' in client.get(place).content.decode()
    thread = f"{article.url('en')}comments/{first.pk}/"
    following = f"{thread}?after={answers[49].pk}#comment-{first.pk}"
    assert f'rel="next" href="{following}"' in client.get(thread).content.decode()
    assert client.get(f"{thread}?page=2")["Location"] == following
    for query in ("page=0", "page=4", f"at={first.pk}", f"at={factories.comment().pk}", "at=x"):
        assert client.get(f"{thread}?{query}").status_code == 404


def test_readers_see_comments_in_all_languages_or_only_in_their_own(client: Any) -> None:
    article = factories.article()
    for language in ("de", "uk", "ar"):
        factories.comment(article, language=language, text=TEXTS[language], state="approved")
    everything = client.get(f"{article.url('ar')}comments/").content.decode()
    assert all(TEXTS[language] in everything for language in ("de", "uk", "ar"))
    own = client.get(f"{article.url('ar')}comments/?only=1").content.decode()
    assert [language for language in ("de", "uk", "ar") if TEXTS[language] in own] == ["ar"]


def test_search_engines_see_all_pages_of_the_comments_as_one(client: Any, settings: Any) -> None:
    settings.SITE_URL = "https://live.example"
    article = factories.article()
    html = client.get(f"{article.url('de')}comments/?order=oldest").content.decode()
    assert f'<link rel="canonical" href="https://live.example{article.url("de")}comments/">' in html


def test_thousands_of_comments_take_no_more_queries_than_a_few(client: Any) -> None:
    article = factories.article()
    addresses = [
        *(f"{article.url('de')}comments/?order={order}&only={only}" for order in ORDERS for only in (0, 1)),
        article.url("de"),
    ]

    def fill(count: int) -> Comment:
        common = {"article": article, "language": "de", "name": "Ana", "state": "approved", "shown": True}
        made = Comment.objects.bulk_create(Comment(text=f"Comment {number}.", **common) for number in range(count))
        Comment.objects.bulk_create(
            Comment(text="Answer.", parent=made[-1], thread=made[-1], **common) for _ in range(count)
        )
        Comment.objects.filter(pk=made[-1].pk).update(answers=count)
        return factories.comment(article, state="approved")

    def counted(query: str) -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"{address}{'&' if '?' in address else '?'}{query}").status_code == 200
            found.append(len(queries))
        return found

    client.get(article.url("de"))
    fill(3)
    before = counted("few")
    fill(1500)
    assert counted("many") == before
    assert max(before) < 12


def test_a_comment_does_not_render_the_coverage_again(client: Any) -> None:
    article = factories.article()
    factories.update(article)
    client.get(article.url("de"))
    factories.comment(article, state="approved", text="A comment.")
    with CaptureQueriesContext(connection) as queries:
        html = client.get(article.url("de")).content.decode()
    assert "A comment." in html
    assert f'data-revision="{Article.objects.get().revision}"' in html
    assert not any("articles_update" in query["sql"] for query in queries)
    factories.update(article, body_en="<p>A new update.</p>")
    assert "A new update." in client.get(article.url("de")).content.decode()


# Actions of readers and editors ---------------------------------------------------------------------------------------


def test_a_translation_is_made_once_for_all_readers(client: Any, settings: Any) -> None:
    article = factories.article()
    comment = factories.comment(article, language="uk", text=TEXTS["uk"], state="approved")
    address = f"{article.url('de')}comments/{comment.pk}/translation/"
    headers = {"sec-fetch-site": "same-origin", "accept": "application/json"}
    assert client.post(address, headers=headers).status_code == 503
    with TranslationServer() as server:
        settings.LIBRETRANSLATE_URL = server.url
        server.answers["de", TEXTS["uk"]] = "Die Minister <b>sprachen</b> lange."
        assert client.get(article.url("de")).status_code == 200
        assert server.requests == []
        for _ in range(2):
            answer = client.post(address, headers=headers)
        assert "Die Minister &lt;b&gt;sprachen&lt;/b&gt; lange." in answer.json()["html"]
        assert len(server.translations) == 1
        assert client.post(address, headers={"sec-fetch-site": "cross-site"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_many_readers_share_one_translation_and_hold_no_database_connection(settings: Any) -> None:
    comment = factories.comment(language="uk", text=TEXTS["uk"], state="approved")
    asked, answered = threading.Event(), threading.Event()
    held: list[Any] = []
    with TranslationServer() as server:
        settings.LIBRETRANSLATE_URL, settings.TRANSLATION_TIMEOUT = server.url, 2.0 * PATIENCE
        answer = server.translated

        def slowly(*args: Any) -> list[str]:
            asked.set()
            assert answered.wait(PATIENCE)
            return answer(*args)

        server.translated = slowly  # type: ignore[method-assign]

        def ask(_number: int) -> str | None:
            held.append(connections["default"])
            try:
                return translation.translate(Comment.objects.get(pk=comment.pk), "de")
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as threads:
            found = [threads.submit(ask, number) for number in range(4)]
            try:
                assert asked.wait(PATIENCE)
                eventually(lambda: len(held) == 4 and not any(each.connection for each in held))
            finally:
                answered.set()
        assert len({each.result() for each in found}) == 1
        assert len(server.translations) == 1


def test_readers_can_report_a_comment(client: Any) -> None:
    article = factories.article()
    comment = factories.comment(article, state="approved")
    address = f"{article.url('de')}comments/{comment.pk}/report/"
    assert client.get(address).status_code == 200
    assert post(client, address, {}).status_code == 422
    for _ in range(2):
        assert post(client, address, {"reason": "abuse", "text": "See above."}).status_code == 200
    comment.refresh_from_db()
    assert (comment.state, comment.open_reports) == (State.APPROVED, 1)
    assert list(Comment.objects.queued()) == [comment]


def test_featured_comments_are_listed_first(client: Any) -> None:
    article = factories.article()
    comment = factories.comment(article, state="approved", text="Well said.")
    moderation.feature(comment.pk, True)
    assert factories.log_of(article)[-1][1] == "comments-featured"
    html = client.get(article.url("de")).content.decode()
    assert "Well said." in html[html.index('id="comments-featured"') : html.index('id="comments"')]


def test_an_editor_turns_a_comment_into_a_credited_update_once(client: Any) -> None:
    article = factories.article()
    text = "Був там і бачив.\n\nІ <b>знаю</b>."
    comment = factories.comment(article, language="uk", name="Олена <3", text=text, state="approved")
    update = moderation.make_update(comment.pk, TEST)
    assert moderation.make_update(comment.pk, TEST) == update
    assert (update.source_language, update.state) == ("uk", "published")
    html = client.get(article.url("uk")).content.decode()
    assert update.element in html
    assert "Олена &lt;3" in update.body_uk
    assert "&lt;b&gt;знаю&lt;/b&gt;" in update.body_uk
    assert "<blockquote>" in update.body_uk
    waiting = factories.comment(article)
    with pytest.raises(Conflict):
        moderation.make_update(waiting.pk, TEST)

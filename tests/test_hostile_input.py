"""No input makes the server fail: each address responds to each request, within a time limit."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict
from django.test import Client, override_settings

from articles.desk.actions import ACTIONS
from articles.models import GlossaryTerm, Translation
from comments.models import Comment
from liveblog.newsroom.presence import PresenceConsumer
from liveblog.rest.models import Token
from liveblog.rest.scopes import Scope
from tests import factories, hostile, newsroom, soak
from tests.hostile import Address, Fuzzer

ROLES = ("nobody", "Journalist", "Translator", "Moderator", "Editor", "admin")

#: More CPU seconds than any of these requests needs.
LIMIT_SECONDS = 2.0


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[dict[str, list[str]]]:
    """Create content once for all tests, and return values for addresses that exist."""
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")),
        transaction.atomic(),
    ):
        article = factories.article()
        text = factories.update(article, pictures=(factories.picture(alt_en="A street"),))
        answers = {"kind": "poll", "headline_en": "Who wins?", "body_en": "<ul><li>We</li><li>They</li></ul>"}
        poll = factories.update(article, **answers)
        draft = factories.update(article, state="draft")
        comment = Comment.objects.create(article=article, language="en", name="Ana", text="Good.", state="approved")
        GlossaryTerm.objects.create(source_language="en", language="de", source="Danube", target="Donau")
        translations = Translation.objects.filter(update=text).values_list("pk", flat=True)
        yield {
            "language": ["en", "de", "ar"],
            "slug": [article.slug],
            "article": [str(article.pk)],
            "update": [str(each.pk) for each in (text, poll, draft)],
            "int": [str(pk) for pk in (article.pk, text.pk, poll.pk, comment.pk, translations[0])],
            "object_id": [str(pk) for pk in (article.pk, text.pk, draft.pk, translations[0], comment.pk)],
            "action": [*ACTIONS, "start", "finish"],
            "extension": ["csv", "tbx"],
            "section": ["lists", "coverage", "updates"],
            "path": ["x.jpg"],
            "app_label": ["articles"],
            "content_type_id": ["1"],
        }
        transaction.set_rollback(True)


def visitor(role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role == "admin":
        client.force_login(User.objects.create_superuser("fuzzing-admin"))
    elif role != "nobody":
        client.force_login(newsroom.user(f"fuzzing-{role}", role))
    return client


def is_for(address: Address, role: str) -> bool:
    """Return whether to test an address with a role: readers' pages are the same for all roles."""
    return role == "nobody" or address.route.startswith(("admin/", "accounts/"))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_no_request_makes_the_server_fail_or_takes_long(site: dict[str, list[str]], role: str) -> None:
    client, fuzzer = visitor(role), Fuzzer(ROLES.index(role), site)
    found = [each for each in hostile.addresses() if is_for(each, role) and not each.route.endswith("logout/")]
    assert len(found) > 30
    if role != "nobody" and not soak.SOAK:
        found = fuzzer.random.sample(found, 30 if role == "admin" else 10)
    faults: dict[str, str] = {}

    def send(address: Address, method: str, path: str, query: str = "", *form: Any) -> None:
        names = fuzzer.names.setdefault(address.route, set())
        with hostile.record_parameters(names):
            answer = hostile.ask(client, method, path, query, *(form or (None, "text/plain")))
        names |= hostile.fields_of_forms(answer.content)
        # An unavailable translation causes 503, which is not a failure.
        failed = answer.status >= 500 and (answer.status != 503 or answer.error)
        if failed or answer.seconds > LIMIT_SECONDS:
            line = f"{method} {path[:200]}?{query[:300]} {str(form)[:300]}: {answer.status}, {answer.seconds:.1f} s"
            faults.setdefault(f"{address.route} {answer.error[:30]}", f"{line} {answer.error}")

    # Learn the names of the parameters from ordinary requests first.
    for address in found:
        send(address, "GET", fuzzer.usual(address))
        send(address, "POST", fuzzer.usual(address), "", b"", "application/x-www-form-urlencoded")
    for address in itertools.islice(_shuffled_forever(fuzzer, found), soak.count(30, 5000)):
        if fuzzer.random.random() < 0.5:
            send(address, "GET", fuzzer.path(address), fuzzer.pairs(address))
        else:
            send(address, "POST", fuzzer.path(address), fuzzer.pairs(address), *fuzzer.body(address))
    assert not faults, "\n".join(["", *faults.values()])


def _shuffled_forever(fuzzer: Fuzzer, found: list[Address]) -> Iterator[Address]:
    while True:
        yield from fuzzer.random.sample(found, len(found))


def test_the_check_itself_learns_parameters_and_notices_failures() -> None:
    names: set[str] = set()
    with hostile.record_parameters(names):
        query = QueryDict("a=1")
        query.get("a"), query.getlist("b"), "c" in query
    assert names == {"a", "b", "c"}
    assert hostile.fields_of_forms(b'<input type="text" name="q"><button class="x" name="act">') == {"q", "act"}


@pytest.mark.django_db
def test_a_failing_view_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.page.views.find_article", lambda *_: 1 / 0)
    answer = hostile.ask(visitor("nobody"), "GET", "/en/live/summit/", "", None, "text/plain")
    assert (answer.status, answer.error) == (500, "ZeroDivisionError('division by zero')")


def _multipart(charset: str, text: str) -> tuple[bytes, str]:
    fields = {"name": f"Ana {text}", "text": f"Good {text}.", "email": "ana@example.org", "seconds": "9"}
    parts = (f'--x\r\nContent-Disposition: form-data; name="{each}"\r\n\r\n{fields[each]}\r\n' for each in fields)
    return "".join([*parts, "--x--\r\n"]).encode(), f"multipart/form-data; boundary=x; charset={charset}"


@pytest.mark.django_db
def test_forms_are_utf_8_whatever_they_say() -> None:
    article, client = factories.article(), Client(raise_request_exception=False)
    path = f"/en/live/{article.slug}/comments/"
    for charset, text in {"utf-7": "+2AA-", "raw_unicode_escape": "\\ud800", "zlib": "x", "utf-16": "y"}.items():
        body, content_type = _multipart(charset, text)
        sent = client.generic("POST", path, body, content_type, HTTP_SEC_FETCH_SITE="same-origin")
        assert sent.status_code == 201, charset
        assert Comment.objects.latest("pk").text == f"Good {text}."


@pytest.mark.django_db
@pytest.mark.parametrize("text", ['"\\ud800"', '"a\\udfffb"', "NaN", "-Infinity", "[" * 50_000], ids=str)
def test_json_that_cannot_be_stored_is_refused(text: str) -> None:
    factories.article(slug="summit")
    _token, secret = Token.make(newsroom.user("ioana", "Editor"), "x", Scope.values, valid_for=timedelta(days=1))
    body = f'{{"language": "en", "headline": "x", "text": {text}}}'.encode()
    for content in (body, body.decode().encode("utf-16")):
        sent = Client().generic(
            "POST",
            "/api/v1/desk/articles/summit/updates",
            content,
            "application/json",
            headers={"authorization": f"Bearer {secret}"},
        )
        assert (sent.status_code, sent.json()["code"]) == (400, "unreadable")
    follow = Client().generic("POST", "/en/follow/", body, "application/json", HTTP_SEC_FETCH_SITE="same-origin")
    assert follow.status_code == 422
    assert asyncio.run(PresenceConsumer.decode_json(body.decode())) is None


@pytest.mark.django_db
def test_a_long_search_of_the_audit_log_and_a_form_of_many_parts_are_cut() -> None:
    client = visitor("admin")
    found = hostile.ask(client, "GET", "/admin/liveblog/entry/", f"q={'+'.join(map(str, range(1500)))}", None, "")
    assert (found.status, found.error) == (200, "")
    form = f"links-TOTAL_FORMS={'9' * 23}&links-INITIAL_FORMS=0".encode()
    found = hostile.ask(client, "POST", "/admin/settings/look/", "", form, "application/x-www-form-urlencoded")
    assert found.status == 200
    assert found.content.count(b'class="link-row"') <= 110

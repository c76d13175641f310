"""Guessing passwords and locking users out both fail, and every form that anybody can send is throttled."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.core.context import request_context
from allauth.mfa.webauthn import forms as webauthn
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory

from comments.models import Comment
from liveblog import limits
from liveblog.accounts import attempts, hashers
from liveblog.accounts.forms import LoginWebAuthnForm
from liveblog.accounts.models import Invitation
from tests import factories, hostile, newsroom
from tests.hostile import Address

NETWORK, ELSEWHERE = "203.0.113.5", "198.51.100.7"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the clock of the meters, which a test may advance."""
    now = [1_900_000_000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now[0], monotonic=lambda: now[0]))
    return now


@pytest.fixture
def hashed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make hashing fast, and return a list that collects the hashed passwords."""
    found: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def noting(self: Any, password: str, salt: str, iterations: int | None = None) -> str:
        found.append(password)
        return encode(self, password, salt, 1)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", noting)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    return found


@pytest.fixture
def ana(hashed: list[str]) -> User:
    return person("ana")


def person(name: str) -> User:
    return newsroom.user_who_logs_in(name, "Journalist", email=f"{name}@host.example")


def log_in(name: str, password: str = "wrong", address: str = NETWORK, client: Client | None = None) -> str:
    """Try to log in, and return the result: "in", "wrong" or "wait"."""
    answer = newsroom.log_in(client or Client(), name, password, REMOTE_ADDR=address)
    if answer.status_code == 302:
        return "in"
    codes = {error.code for error in answer.context["form"].non_field_errors().as_data()}
    return "wait" if "limited" in codes else "wrong"


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


# Guessing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("networks", [1, 10_000])
def test_one_account_is_guessed_a_few_times_however_many_networks_guess(
    ana: User, now: list[float], hashed: list[str], networks: int
) -> None:
    # Other spellings of the name count for the same account.
    names = ("ana", "ANA", "ana@host.example")
    found = [
        log_in(names[number % 3], address=f"10.{number % networks % 200}.{number % 250}.1" if networks > 1 else NETWORK)
        for number in range(12)
    ]
    assert found[:5] == ["wrong"] * 5
    assert found.count("wait") >= 6
    # A refused attempt costs no hash, and says nothing about the password.
    hashed.clear()
    assert log_in("ana", newsroom.PASSWORD, ELSEWHERE) == "wait"
    assert hashed == []


def test_pauses_grow_to_a_quarter_of_an_hour(ana: User, now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = attempts._Throttle("password:account", "x", attempts.FREE_OF_ACCOUNT)
    taken, tomorrow = 0, now[0] + 86_400
    while now[0] < tomorrow:
        if pause := throttle.pause():
            now[0] += pause
        else:
            taken += 1
            throttle.add()
            now[0] += 5
    # A guess every five seconds would be 17,280.
    assert 50 < taken < 150


def test_one_network_tries_few_passwords_however_many_accounts_it_tries(ana: User) -> None:
    found = [log_in(f"colleague-{number}") for number in range(30)]
    assert found[:20] == ["wrong"] * 20
    assert found[20:].count("wait") >= 9
    # Another network has not tried anything.
    assert log_in("ana", newsroom.PASSWORD, ELSEWHERE) == "in"


def test_a_code_is_guessed_a_few_times(ana: User) -> None:
    request = SimpleNamespace(META={"REMOTE_ADDR": NETWORK}, COOKIES={}, get_signed_cookie=lambda *_, **__: "")
    for _ in range(attempts.FREE_OF_ACCOUNT):
        attempts.begin(request, "code", "ana")
    for _ in range(10):
        with pytest.raises(ValidationError, match="Too many login attempts"):
            attempts.begin(request, "code", "ana")


def test_letters_are_sent_a_few_times_an_hour(ana: User, settings: Any) -> None:
    settings.EMAIL_CONFIGURED = True
    statuses = [
        Client().post("/accounts/password/reset/", {"email": "ana@host.example"}, REMOTE_ADDR=f"10.0.{number}.1")
        for number in range(5)
    ]
    assert [answer.status_code for answer in statuses] == [302] * 3 + [200] * 2


# Locking out ----------------------------------------------------------------------------------------------------------


def attack() -> None:
    for number in range(30):
        log_in("ana", address=f"10.0.{number}.1")
    assert log_in("ana", newsroom.PASSWORD, "10.1.1.1") == "wait"


def test_a_browser_that_is_known_is_not_locked_out(ana: User) -> None:
    own = Client()
    assert log_in("ana", newsroom.PASSWORD, client=own) == "in"
    own.cookies.pop("sessionid")
    UserSession.objects.all().delete()
    attack()
    assert log_in("ana", client=own) == "wrong"
    assert log_in("ana", newsroom.PASSWORD, client=own) == "in"
    # Even there, guesses are limited, and the cookie of one account is not valid for another.
    own.cookies.pop("sessionid")
    assert [log_in("ana", client=own) for _ in range(10)].count("wait") >= 4
    person("bea")
    for number in range(30):
        log_in("bea", address=f"10.0.{number}.1")
    assert log_in("bea", newsroom.PASSWORD, ELSEWHERE, own) == "wait"


def test_a_browser_that_is_known_is_not_locked_out_by_others_in_its_network(ana: User) -> None:
    own = Client()
    assert log_in("ana", newsroom.PASSWORD, client=own) == "in"
    own.cookies.pop("sessionid")
    for number in range(30):
        log_in(f"colleague-{number}")
    assert log_in("ana", newsroom.PASSWORD) == "wait"
    assert log_in("ana", newsroom.PASSWORD, client=own) == "in"


def test_a_network_from_which_the_person_logged_in_is_not_locked_out(ana: User) -> None:
    assert log_in("ana", newsroom.PASSWORD) == "in"
    attack()
    assert log_in("ana", newsroom.PASSWORD) == "in"
    assert log_in("ana", newsroom.PASSWORD, ELSEWHERE) == "wait"


def test_the_right_password_resets_the_attempts_of_a_user(ana: User) -> None:
    for _ in range(3):
        assert [log_in("ana", address=ELSEWHERE) for _ in range(4)] == ["wrong"] * 4
        assert log_in("ana", newsroom.PASSWORD, ELSEWHERE) == "in"


def test_an_office_logs_in_in_the_morning(hashed: list[str]) -> None:
    for number in range(40):
        person(f"colleague-{number}")
    assert {log_in(f"colleague-{number}", newsroom.PASSWORD) for number in range(40)} == {"in"}


def test_logging_in_does_not_reset_the_attempts_of_the_network_on_other_accounts(ana: User) -> None:
    found = []
    for number in range(30):
        found.append(log_in(f"colleague-{number}"))
        log_in("ana", newsroom.PASSWORD)
    assert "wait" in found


# Hashes ---------------------------------------------------------------------------------------------------------------


def test_a_process_makes_two_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = 0, 0
    lock = threading.Lock()

    def encode(*_: object) -> str:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.01)
        with lock:
            at_once -= 1
        return "hash"

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    with ThreadPoolExecutor(30) as threads:
        assert set(threads.map(lambda _: hashers.PasswordHasher().encode("x", "y"), range(30))) == {"hash"}
    assert most == hashers.AT_ONCE == 2
    assert not hashers.are_busy()


def test_a_hash_inside_a_transaction_does_not_wait_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", lambda *_: threading.current_thread().name)
    busy = threading.Event()
    for _ in range(hashers.AT_ONCE):
        hashers._threads.submit(busy.wait, 10)
    try:
        # This test runs in a transaction.
        assert hashers.PasswordHasher().encode("x", "y") == threading.current_thread().name
    finally:
        busy.set()


@pytest.mark.django_db(transaction=True)
def test_an_invitation_is_accepted_without_a_transaction_that_waits_for_the_hash(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    encode = PBKDF2PasswordHasher.encode

    def noting(self: Any, password: str, salt: str, iterations: int | None = None) -> str:
        threads.append(threading.current_thread().name)
        return encode(self, password, salt, 1)

    invited = newsroom.user("maria")
    secret = Invitation.make(invited, newsroom.user("root", is_superuser=True))
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", noting)
    client.get(f"/accounts/invitation/{secret}/")
    client.post("/accounts/invitation/", {"password1": "correct horse 7", "password2": "correct horse 7"})
    assert client.get("/admin/").status_code == 200
    assert {name.partition("_")[0] for name in threads} == {"hash"}


def test_a_log_in_is_refused_if_too_many_wait_for_a_hash(
    ana: User, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed.clear()
    monkeypatch.setattr(hashers, "_waiting", hashers.AT_ONCE + hashers.MAX_WAITING)
    assert log_in("ana", newsroom.PASSWORD) == "wait"
    assert hashed == []


# Every form -----------------------------------------------------------------------------------------------------------

#: Addresses whose forms have only the common throttle of all forms, with the reason.
WITHOUT_A_METER_OF_ITS_OWN = {
    "i18n/setlang/": "sets a cookie of the sender and does nothing else",
    "<language:language>/comments/unsubscribe/<str:token>/": "the signed link is the proof, and mail providers send "
    "many from one address (RFC 8058)",
    "<language:language>/comments/unsubscribe/": "the secret of the letter is the proof",
    "<language:language>/comments/confirm/": "the secret of the letter is the proof; it can be used once",
    "accounts/logout/": "ends the session of the sender and does nothing else",
    "admin/jsi18n/": "brings translations of the interface, whatever the method",
    "admin/logout/": "ends the session of the sender and does nothing else",
    "accounts/password/reset/key/<uidb36>-<key>/": "the link is the proof; it can be used once",
    "accounts/passkeys/": "leads to another page",
    "accounts/company/connected/": "leads to another page",
    "api/v1/": "answers any method with the description of the API",
    "api/v1/openapi.json": "answers any method with the description of the API",
}


def test_every_form_that_anybody_can_send_has_a_meter(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    article = factories.article()
    poll = factories.update(
        article, kind="poll", headline_en="Who?", body_en="<ul><li>We</li><li>They</li></ul>", state="published"
    )
    comment = Comment.objects.create(article=article, language="de", name="Ana", text="Gut so.", state="approved")
    parts = {"language": "en", "slug": article.slug}
    actions: list[str] = []
    count = limits.count

    def noting(action: str, identity: str, seconds: int) -> int:
        actions.append(action)
        return count(action, identity, seconds)

    monkeypatch.setattr(limits, "count", noting)
    data = {
        "name": "Bea",
        "email": "bea@host.example",
        "text": "Good.",
        "reason": "spam",
        "choice": "0",
        "username": "ana",
        "password": "wrong",
        "language": "de",
        "login": "ana",
        "credential": "{}",
        "code": "123456",
        "version": "0",
    }
    unmetered: dict[str, int] = {}
    found: set[str] = set()

    def path(address: Address) -> str:
        pk = poll.pk if address.route.startswith("vote/") else comment.pk
        return address.path(lambda kind, name: parts.get(name) or (str(pk) if kind == "int" else "x"))

    for address in hostile.addresses():
        actions.clear()
        answer = Client(raise_request_exception=False, REMOTE_ADDR=NETWORK).post(
            path(address), data, headers={"sec-fetch-site": "same-origin"}
        )
        to_log_in = answer.status_code == 302 and "/login/" in answer["Location"]
        if answer.status_code in (401, 403, 404, 405) or to_log_in:
            # Not a public form: it needs an account, or cannot be sent. It still counts towards the common throttle.
            continue
        assert "post" in actions, address.route
        if set(actions) == {"post"}:
            unmetered[address.route] = answer.status_code
        found.add(address.route)
    # The addresses of a reader's own comment and of second factors need a secret.
    assert "<language:language>/live/<slug:slug>/comments/" in found
    assert "vote/<language:language>/<int:pk>/" in found
    assert "admin/login/" in found
    assert unmetered.keys() <= WITHOUT_A_METER_OF_ITS_OWN.keys(), unmetered


@pytest.mark.usefixtures("one_stretch")
def test_an_office_logs_in_with_passkeys_as_often_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webauthn.LoginWebAuthnForm, "clean_credential", lambda _form: object())
    with request_context(RequestFactory().post("/accounts/passkeys/log-in/", REMOTE_ADDR=NETWORK)):
        for _number in range(2 * attempts.FREE_OF_NETWORK):
            LoginWebAuthnForm(data={"credential": "{}"}).clean_credential()


@pytest.mark.usefixtures("one_stretch")
def test_forms_of_any_kind_are_limited_in_the_language_of_the_reader(settings: Any) -> None:
    settings.POSTS_PER_MINUTE = 3
    article = factories.article()
    address = f"/de/live/{article.slug}/comments/"
    same = {"sec-fetch-site": "same-origin"}
    statuses = [Client(REMOTE_ADDR=NETWORK).post(address, {}, headers=same).status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]
    refused = Client(REMOTE_ADDR=NETWORK).post(address, {}, headers=same)
    assert refused["Retry-After"] == "60"
    assert "zu viele Anfragen" in refused.content.decode()
    as_json = Client(REMOTE_ADDR=NETWORK).post(address, {}, headers=same | {"accept": "application/json"})
    assert "zu viele Anfragen" in as_json.json()["problem"]
    # Neither reading nor users who have logged in are limited.
    assert Client(REMOTE_ADDR=NETWORK).get(address).status_code == 200
    known = Client(REMOTE_ADDR=NETWORK)
    known.force_login(newsroom.user("ana", "Journalist"))
    assert known.post(address, {}, headers=same).status_code == 422

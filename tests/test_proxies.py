"""Trusted proxies determine the client's address; requests and websockets with wrong hosts or origins are refused."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveblog import limits
from liveblog.asgi_types import Message, Scope
from liveblog.origin import OwnPagesOnly
from liveblog.proxies import TrustedProxies
from tests.test_settings import check, run

TRUSTED = ("127.0.0.1", "10.0.0.0/8", "2001:db8:ff::/48")


async def ask(
    headers: list[tuple[bytes, bytes]],
    *,
    peer: str | None = "127.0.0.1",
    trusted: tuple[str, ...] = TRUSTED,
    kind: str = "http",
    hosts: int = 1,
    **scope: Any,
) -> tuple[Scope | None, list[Message]]:
    """Return the scope that the application gets, or None, and the response to the client."""
    got: list[Scope] = []
    answers: list[Message] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        got.append(scope)

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        answers.append(message)

    named = [(b"host", b"news.example.org")] * hosts
    client = None if peer is None else (peer, 40_000)
    default = {"scheme": "http" if kind == "http" else "ws", "path": "/en/", "extensions": {}}
    whole = {"type": kind, "client": client, "headers": named + headers} | default | scope
    await TrustedProxies(app, trusted)(whole, receive, send)
    return (got[0] if got else None), answers


async def client_of(*forwarded: str, **more: Any) -> str | None:
    scope, _answers = await ask([(b"x-forwarded-for", value.encode()) for value in forwarded], **more)
    assert scope is not None
    return scope["client"] and scope["client"][0]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (("203.0.113.5",), "203.0.113.5"),
        # The hops that the client itself has written are on the left.
        (("1.1.1.1, 203.0.113.5",), "203.0.113.5"),
        (("1.1.1.1, 203.0.113.5, 10.1.2.3",), "203.0.113.5"),
        (("1.1.1.1", "203.0.113.5 ,10.1.2.3"), "203.0.113.5"),
        (("127.0.0.1, 203.0.113.5",), "203.0.113.5"),
        (("203.0.113.5:4711",), "203.0.113.5"),
        (("[2001:db8::7]:4711",), "2001:db8::7"),
        (("2001:db8::7, 2001:db8:ff::1",), "2001:db8::7"),
        (("::ffff:203.0.113.5",), "203.0.113.5"),
        # A client behind the office's proxy.
        (("10.9.9.9, 10.1.2.3",), "10.9.9.9"),
        (("unknown, 203.0.113.5",), "203.0.113.5"),
    ],
)
async def test_the_client_is_the_last_hop_that_no_trusted_proxy_is(forwarded: tuple[str, ...], client: str) -> None:
    assert await client_of(*forwarded) == client


@pytest.mark.usefixtures("one_stretch")
@pytest.mark.parametrize("forwarded", [(), ("",), ("unknown",), ("203.0.113.5, _hidden",), ("203.0.113.5,",)])
async def test_a_trusted_proxy_that_names_no_client_is_logged_and_counted_as_one(
    forwarded: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    assert await client_of(*forwarded) is None
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert limits.counted_address("") == limits.UNNAMED
    assert limits.within("test", limits.counted_address(""), 1, 60)
    assert not limits.within("test", limits.counted_address(""), 1, 60)


async def test_nobody_else_is_believed(caplog: pytest.LogCaptureFixture) -> None:
    for peer in ("203.0.113.9", "2001:db8::9"):
        assert await client_of("1.1.1.1", peer=peer) == peer
    assert await client_of("1.1.1.1", trusted=()) == "127.0.0.1"
    scope, _answers = await ask([(b"x-forwarded-proto", b"https")], peer="203.0.113.9")
    assert scope is not None
    assert scope["scheme"] == "http"
    assert caplog.records == []


async def test_the_header_of_rfc_7239_is_not_believed() -> None:
    # nginx forwards the client's header unchanged.
    scope, _answers = await ask([(b"forwarded", b"for=1.1.1.1"), (b"x-forwarded-for", b"203.0.113.5")])
    assert scope is not None
    assert scope["client"][0] == "203.0.113.5"


async def test_a_proxy_on_a_unix_socket_is_named() -> None:
    assert await client_of("203.0.113.5", peer=None, trusted=("unix",)) == "203.0.113.5"
    assert await client_of("203.0.113.5", peer=None) is None


async def test_monitoring_on_the_machine_needs_no_client(caplog: pytest.LogCaptureFixture) -> None:
    await ask([], path="/healthz")
    assert caplog.records == []


@pytest.mark.parametrize(("kind", "schemes"), [("http", ("http", "https")), ("websocket", ("ws", "wss"))])
async def test_a_trusted_proxy_names_the_scheme(kind: str, schemes: tuple[str, str]) -> None:
    for said, scheme in ((b"http", schemes[0]), (b"https", schemes[1]), (b"http, HTTPS", schemes[1])):
        scope, _answers = await ask([(b"x-forwarded-proto", said), (b"x-forwarded-for", b"1.1.1.1")], kind=kind)
        assert scope is not None
        assert scope["scheme"] == scheme


@given(st.lists(st.ip_addresses().map(str), max_size=5), st.ip_addresses(network="203.0.113.0/24").map(str))
async def test_nothing_that_a_client_writes_changes_its_address(written: list[str], client: str) -> None:
    assert await client_of(", ".join([*written, client, "10.0.0.1"])) == client


# Hosts and origins ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hosts", [0, 2])
async def test_a_request_names_exactly_one_host(hosts: int) -> None:
    scope, answers = await ask([], hosts=hosts)
    assert (scope, answers[0]["status"]) == (None, 400)
    scope, answers = await ask([], hosts=hosts, kind="websocket", extensions={"websocket.http.response": {}})
    assert (scope, answers[0]["type"], answers[0]["status"]) == (None, "websocket.http.response.start", 400)
    scope, answers = await ask([], hosts=hosts, kind="websocket")
    assert (scope, answers) == (None, [{"type": "websocket.close"}])


@pytest.mark.parametrize(
    ("origins", "passes"),
    [
        (["https://news.example.org"], True),
        (["http://news.example.org"], False),
        (["https://news.example.org:8443"], False),
        (["https://news.example.org:443"], False),
        (["https://sub.news.example.org"], False),
        (["https://news.example.org.evil.example"], False),
        (["https://news.example.org@evil.example"], False),
        (["http://[half"], False),
        (["null"], False),
        ([], False),
        (["https://evil.example", "https://news.example.org"], False),
    ],
)
async def test_the_origin_of_a_websocket_is_compared_as_a_whole(origins: list[str], passes: bool) -> None:
    passed, answers = [], []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        passed.append(scope)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "websocket", "headers": [(b"origin", origin.encode()) for origin in origins]}
    await OwnPagesOnly(app, ["https://news.example.org"])(scope, receive, send)
    assert (bool(passed), answers) == (passes, [] if passes else [{"type": "websocket.close"}])


# Settings -------------------------------------------------------------------------------------------------------------

PRODUCTION = {"SECRET_KEY": "x" * 60, "SITE_URL": "https://news.example.org"}


def test_a_production_server_does_not_start_without_named_proxies() -> None:
    refused = run("manage.py", "runlive", **PRODUCTION)
    assert refused.returncode != 0
    assert "TRUSTED_PROXIES is not set" in refused.stderr
    refused = run("-c", "import liveblog.asgi", **PRODUCTION)
    assert refused.returncode != 0
    assert "TRUSTED_PROXIES is not set" in refused.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TRUSTED_PROXIES": "proxy.example.org"}, "proxy.example.org"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "10.0.0.1/8"),
        ({"OTHER_ORIGINS": "news.example.org"}, "OTHER_ORIGINS"),
        ({"OTHER_ORIGINS": "https://a@news.example.org"}, "OTHER_ORIGINS"),
        ({"HSTS_PRELOAD": "on"}, "HSTS_INCLUDE_SUBDOMAINS"),
    ],
)
def test_senseless_settings_are_refused(environment: dict[str, str], said: str) -> None:
    refused = check(**PRODUCTION, **environment)
    assert refused.returncode != 0
    assert said in refused.stderr


def deployed(**environment: str) -> str:
    return run("manage.py", "check", "--deploy", **environment).stderr


def test_the_check_of_a_deployment_names_what_is_unsafe() -> None:
    said = deployed(
        **PRODUCTION | {"SITE_URL": "https://news.example.org", "SECRET_KEY_FALLBACKS": "y" * 60},
        TRUSTED_PROXIES="0.0.0.0/0",
        EMBED_ROUTES="https://www.youtube.com=http://127.0.0.1:8001",
        OTHER_ORIGINS="http://news.example.org",
        AKISMET_TEST="on",
        METRICS_TOKEN="short",
    )
    for number in ("E003", "E004", "E005", "E006", "W001", "W002", "W003", "I001"):
        assert f"liveblog.{number}" in said
    assert "liveblog.E002" in deployed(**PRODUCTION)
    tested = deployed(**PRODUCTION, WEBHOOK_ROUTES="https://cms.example.org=http://127.0.0.1:8001")
    for words in ("WEBHOOK_ROUTES is for tests", "liveblog.I001", "liveblog.I002"):
        assert words in tested
    assert "liveblog.E001" in deployed(**PRODUCTION | {"SITE_URL": "http://news.example.org"})
    # Before its owner has a domain, a site is tried on the machine itself.
    for own in ("http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost:8000"):
        said = deployed(**PRODUCTION | {"SITE_URL": own})
        assert "liveblog.W004" in said
        assert "liveblog.E001" not in said


def test_hsts_binds_the_domain_only_if_its_owner_wants_it() -> None:
    code = (
        "from liveblog import settings as s;"
        "print(bool(s.SECURE_HSTS_SECONDS), s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    )
    assert run("-c", code, **PRODUCTION).stdout.split() == ["True", "False", "False"]
    wanted = {"HSTS_INCLUDE_SUBDOMAINS": "on", "HSTS_PRELOAD": "on"}
    assert run("-c", code, **PRODUCTION, **wanted).stdout.split() == ["True", "True", "True"]

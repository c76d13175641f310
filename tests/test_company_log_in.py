"""Users log in through their company (an OpenID Connect provider), with the roles of their groups there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from subprocess import DEVNULL
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client

from articles.models import Author
from liveblog.audit.models import Entry
from tests import newsroom, processes
from tests.server import PATIENCE, eventually, free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    # A separate process, because its warnings would fail the tests.
    provider = processes.start([sys.executable, "-m", "oidc_provider_mock", "--port", str(port)], stderr=DEVNULL)
    address = f"http://localhost:{port}"

    def answers() -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{address}/.well-known/openid-configuration", timeout=5).ok
        return False

    eventually(answers)
    yield address
    processes.end(provider)


@pytest.fixture(autouse=True)
def _company(settings: Any, issuer: str) -> None:
    settings.OIDC_ISSUER = issuer
    settings.OIDC_GROUPS = {"/desk": "journalist", "/chiefs": "editor", "/it": "admin"}
    app = {"provider_id": "company", "name": "The company", "client_id": "newsroom", "secret": "a secret"}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app | {"settings": {"server_url": issuer}}]}
    }


def log_in_through_company(
    issuer: str, client: Client, sub: str = "17", process: str = "login", **claims: object
) -> Any:
    """Log in at the provider, as a browser would, and return the next page."""
    requests.put(f"{issuer}/users/{sub}", json=claims, timeout=PATIENCE).raise_for_status()
    away = client.post(f"/accounts/company/log-in/?process={process}")["Location"]
    assert away.startswith(f"{issuer}/")
    back = requests.post(away, data={"sub": sub}, allow_redirects=False, timeout=PATIENCE).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}", follow=True)


def roles(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_new_colleague_gets_an_account_with_the_roles_and_the_byline(issuer: str, client: Client) -> None:
    known = {"email": "maria@example.org", "email_verified": True, "given_name": "Maria", "family_name": "Pop"}
    log_in_through_company(issuer, client, groups=["/desk", "/everybody"], **known)
    assert is_in(client)
    maria = User.objects.get()
    assert (maria.email, roles(maria), maria.is_superuser) == ("maria@example.org", {"Journalist"}, False)
    assert Author.objects.get(user=maria).name_en == "Maria Pop"
    assert Entry.objects.filter(action="logged_in", actor=maria).exists()


def test_roles_follow_the_groups_at_each_log_in(issuer: str, client: Client) -> None:
    known = {"email": "maria@example.org", "email_verified": True}
    for groups, expected, is_admin in (
        (["/desk"], {"Journalist"}, False),
        (["/chiefs", "/it"], {"Editor"}, True),
        (["/chiefs"], {"Editor"}, False),
    ):
        browser = Client()
        log_in_through_company(issuer, browser, groups=groups, **known)
        maria = User.objects.get()
        assert (roles(maria), maria.is_superuser, is_in(browser)) == (expected, is_admin, True)
    page = log_in_through_company(issuer, client, groups=["/everybody"], **known)
    assert page.status_code == 403
    assert (roles(User.objects.get()), is_in(client)) == (set(), False)


def test_somebody_without_a_group_that_counts_is_not_let_in(issuer: str, client: Client) -> None:
    page = log_in_through_company(issuer, client, groups=["/everybody"], email="eve@example.org", email_verified=True)
    assert page.status_code == 403
    assert "none of your groups has a role" in page.content.decode()
    assert not User.objects.exists()


def test_an_account_is_found_by_an_address_that_the_provider_has_verified(issuer: str, client: Client) -> None:
    ioana = newsroom.user("ioana", "Moderator", email="ioana@example.org")
    log_in_through_company(issuer, client, groups=["/desk"], email="Ioana@example.org", email_verified=True)
    assert is_in(client)
    assert User.objects.get() == ioana
    assert roles(ioana) == {"Moderator", "Journalist"}, "No group stands for moderators."


@pytest.mark.parametrize("claims", [{}, {"email_verified": False}, {"email_verified": "no"}])
def test_an_address_that_nobody_verified_opens_no_account(issuer: str, client: Client, claims: dict[str, Any]) -> None:
    newsroom.user("ioana", "Editor", email="ioana@example.org")
    page = log_in_through_company(issuer, client, groups=["/desk"], email="ioana@example.org", **claims)
    assert "Log in with your password first" in page.content.decode()
    assert not is_in(client)


def test_a_person_connects_the_company_s_log_in_themselves(issuer: str, client: Client) -> None:
    ioana = newsroom.user("ioana", "Journalist", email="ioana@example.org")
    client.force_login(ioana)
    log_in_through_company(issuer, client, process="connect", groups=["/desk"], email="other@example.org")
    browser = Client()
    log_in_through_company(issuer, browser, groups=["/desk"], email="other@example.org")
    assert is_in(browser)
    assert User.objects.get() == ioana


def test_a_suspended_person_does_not_come_in_through_the_company(issuer: str, client: Client) -> None:
    newsroom.user("ioana", "Journalist", email="ioana@example.org", is_active=False)
    log_in_through_company(issuer, client, groups=["/desk"], email="ioana@example.org", email_verified=True)
    assert not is_in(client)


def test_the_company_s_log_in_counts_as_the_second_factor(issuer: str, client: Client, settings: Any) -> None:
    settings.REQUIRE_MFA = ["journalist"]
    log_in_through_company(issuer, client, groups=["/desk"], email="maria@example.org", email_verified=True)
    assert is_in(client)


def test_a_provider_that_does_not_answer_is_named_in_a_sentence(client: Client, settings: Any) -> None:
    app = {"provider_id": "company", "name": "C", "client_id": "x", "secret": "y"}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"APPS": [app | {"settings": {"server_url": "http://127.0.0.1:9"}}]}
    }
    page = client.post("/accounts/company/log-in/")
    assert page.status_code == 503
    assert "Company login failed" in page.content.decode()

"""Users log in with passkeys, codes and links in a real browser, under the Content-Security-Policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from articles.models import Article
from tests import factories, newsroom
from tests.browser.conftest import MakeReader
from tests.browser.desks import DeskPage, log_in
from tests.server import Server

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def lasting_server(make_server: Callable[..., Server]) -> Iterator[Server]:
    with make_server(REQUIRE_MFA="moderator", ALLOWED_HOSTS="localhost,127.0.0.1") as server:
        yield server


@pytest.fixture
def place(server: Server) -> str:
    """Return the server's address with a host name: browsers create no passkeys for IP addresses."""
    return server.url.replace("127.0.0.1", "localhost")


def with_authenticator(page: Page) -> None:
    """Give the browser a virtual authenticator whose user always consents (W3C WebAuthn, section 11)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def fill_in(page: Page, place: str, name: str, path: str = "/admin/") -> None:
    page.goto(f"{place}{path}")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(newsroom.PASSWORD)
    page.get_by_role("button", name="Log in").click()


def accessible(page: Page) -> None:
    """Fail if axe finds a fault. The page bypasses the Content-Security-Policy, which would block styles of axe."""
    # After a click, the style sheets of the new page may still be loading.
    page.wait_for_load_state()
    # Preloading resolves imported style sheets against the page instead of the importing sheet.
    report = Axe().run(page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()


def test_a_passkey_is_made_and_opens_the_account_without_a_password(
    server: Server, place: str, reader: MakeReader
) -> None:
    newsroom.user("mara", "Moderator")
    page = reader().page
    with_authenticator(page)
    fill_in(page, place, "mara")
    expect(page.get_by_text("Your role requires a second factor")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{place}/admin/comments/comment/")
    expect(page.locator("#queue")).to_be_visible()
    page.locator("[popovertarget=account-menu]:visible").click()
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{place}/admin/comments/comment/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("#queue")).to_be_visible()
    fresh = reader().page
    fill_in(fresh, place, "mara")
    expect(fresh.get_by_role("heading", name="Second factor")).to_be_visible()


def test_an_authenticator_app_and_a_recovery_code_let_a_person_in(
    server: Server, place: str, reader: MakeReader
) -> None:
    newsroom.user("ioana", "Journalist")
    page = reader(bypass_csp=True).page
    fill_in(page, place, "ioana", "/accounts/app/activate/")
    secret = page.locator("#totp-secret").inner_text()
    assert page.locator(".totp-code").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    accessible(page)
    # The first counter is the earliest one that is still accepted. A moment later it may be no longer.
    _earlier, present, _later = yield_hotp_counters_from_time()
    page.get_by_label("Code").fill(format_hotp_value(hotp_value(secret, present)))
    page.get_by_role("button", name="Set up").click()
    code = page.locator(".recovery-codes code").first.inner_text()
    accessible(page)
    page.locator("[popovertarget=account-menu]:visible").click()
    page.get_by_role("button", name="Log out").click()
    fill_in(page, place, "ioana")
    accessible(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("This is incorrect")).to_be_visible()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{place}/admin/")
    assert Authenticator.objects.count() == 2


def test_a_suspended_journalist_leaves_the_open_desk_and_comes_back_with_what_they_wrote(
    server: Server, reader: MakeReader
) -> None:
    article, ioana = factories.article(), newsroom.user("ioana", "Journalist")
    page = reader().page
    log_in(page.context, ioana, server)
    desk = DeskPage(page, server, article).open()
    desk.type("What I know so far.")
    desk.has_kept("What I know so far.")
    User.objects.update(is_active=False)
    expect(desk.notice).to_contain_text("Your session has expired.")
    expect(desk.composer.locator(".ProseMirror")).to_contain_text("What I know so far.")
    User.objects.update(is_active=True)
    log_in(page.context, ioana, server)
    expect(desk.notice).to_be_hidden()
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Article.objects.get().updates.get().state == "published"


@pytest.mark.parametrize("language", ["de", "ar"])
def test_an_invitation_without_a_mail_server_leads_a_colleague_in(
    server: Server, place: str, reader: MakeReader, language: str
) -> None:
    admin = reader(viewport={"width": 1100, "height": 900}, bypass_csp=True).page
    log_in(admin.context, User.objects.create_superuser("root"), server, language)
    admin.goto(f"{server.url}/admin/auth/user/")
    admin.locator(".object-tools a[href='/admin/invite/']").click()
    accessible(admin)
    admin.locator("#id_email").fill("maria@example.org")
    admin.locator("#id_name").fill("Maria Pop")
    admin.locator("input[value=Journalist]").check()
    admin.locator("input[type=submit]").click()
    link = admin.locator("#invitation-link").inner_text()
    accessible(admin)
    page = reader(locale=language, bypass_csp=True).page
    page.goto(re.sub(r"^http://[^/]+", server.url, link))
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    accessible(page)
    page.locator("#id_password1").fill("correct horse 7")
    page.locator("#id_password2").fill("correct horse 7")
    page.locator("input[type=submit]").click()
    expect(page).to_have_url(f"{server.url}/admin/")
    for path in ("/accounts/", "/accounts/sessions/", "/accounts/passkeys/add/", "/admin/roles/"):
        page.goto(f"{server.url}{path}")
        accessible(page)
    assert set(User.objects.get(username="maria").groups.all()) == {Group.objects.get(name="Journalist")}


def test_the_log_in_is_accessible_and_works_without_scripts(
    server: Server, place: str, reader: MakeReader, browser: Any
) -> None:
    newsroom.user("ioana", "Journalist")
    page = reader(bypass_csp=True).page
    page.goto(f"{place}/admin/login/")
    accessible(page)
    plain = reader(java_script_enabled=False).page
    fill_in(plain, place, "ioana")
    expect(plain).to_have_url(f"{place}/admin/")

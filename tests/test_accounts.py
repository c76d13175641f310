"""Only users with a role can log in to the newsroom."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from liveblog import encryption
from liveblog.accounts import sessions
from liveblog.accounts.models import Invitation
from liveblog.audit.models import Entry
from liveblog.roles import RIGHTS
from tests import factories, newsroom

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _fast_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ioana() -> User:
    return newsroom.user_who_logs_in("ioana", "Journalist", email="ioana@example.org")


@pytest.fixture
def letters(settings: Any, django_capture_on_commit_callbacks: Any) -> Any:
    settings.EMAIL_CONFIGURED, settings.JOBS_IN_THREADS = True, False
    return django_capture_on_commit_callbacks


def log_in(client: Client, name: str = "ioana", password: str = newsroom.PASSWORD, **headers: str) -> Any:
    return newsroom.log_in(client, name, password, headers=headers)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["ioana", "ioana@example.org"])
def test_people_log_in_with_their_username_or_their_address(client: Client, ioana: User, name: str) -> None:
    assert log_in(client, name)["Location"] == "/admin/"
    assert is_in(client)


def test_the_log_in_leads_back_to_where_the_person_wanted_to_go(client: Client, ioana: User) -> None:
    page = client.get("/admin/articles/article/")
    assert page["Location"] == "/admin/login/?next=/admin/articles/article/"
    answer = client.post(page["Location"], {"username": "ioana", "password": newsroom.PASSWORD})
    assert answer["Location"] == "/admin/articles/article/"
    elsewhere = client.get("/admin/login/?next=https://evil.example/")
    assert elsewhere["Location"] == "/admin/"


@pytest.mark.parametrize(("name", "password"), [("ioana", "wrong"), ("nobody", newsroom.PASSWORD), ("ioana\0", "x")])
def test_a_wrong_name_or_password_gets_one_answer(client: Client, ioana: User, name: str, password: str) -> None:
    page = log_in(client, name, password)
    assert page.status_code == 200
    assert not is_in(client)
    if "\0" not in name:
        assert page.context["form"].non_field_errors() == [
            "The username or password is incorrect. Check upper and lower case."
        ]


def test_a_suspended_person_is_told_so_and_not_that_the_password_is_wrong(client: Client, ioana: User) -> None:
    User.objects.update(is_active=False)
    assert log_in(client)["Location"] == "/accounts/inactive/"
    assert "suspended" in client.get("/accounts/inactive/").content.decode()
    assert not is_in(client)


def test_a_person_without_a_role_is_told_so_and_not_redirected_in_a_loop(client: Client) -> None:
    newsroom.user_who_logs_in("ana")
    User.objects.update(is_staff=False)
    log_in(client, "ana")
    page = client.get("/admin/", follow=True)
    assert page.status_code == 403
    assert "you don’t have a role" in page.content.decode()


def test_nobody_signs_up(client: Client) -> None:
    assert client.get("/accounts/signup/").status_code == 404


# Passwords ------------------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client: Client, ioana: User, letters: Any) -> None:
    elsewhere = Client()
    log_in(elsewhere)
    with letters(execute=True):
        client.post("/accounts/password/reset/", {"email": "ioana@example.org"})
    [letter] = mail.outbox
    link = re.search(r"http://[^/]+(/\S+)", letter.body)[1]
    page = client.get(link, follow=True)
    assert page.status_code == 200
    with letters(execute=True):
        answer = client.post(
            page.request["PATH_INFO"], {"password1": "correct horse 7", "password2": "correct horse 7"}
        )
    assert answer["Location"] == "/accounts/password/reset/key/done/"
    assert "was changed using a link" in mail.outbox[-1].body
    assert "no longer works" in Client().get(link, follow=True).content.decode()
    assert not is_in(elsewhere)
    log_in(client, password="correct horse 7")
    assert is_in(client)


def test_asking_for_a_link_tells_nobody_whether_an_address_has_an_account(
    client: Client, ioana: User, letters: Any
) -> None:
    pages = []
    for address in ("ioana@example.org", "nobody@example.org"):
        with letters(execute=True):
            page = client.post("/accounts/password/reset/", {"email": address}, follow=True)
        pages.append(re.sub(r'(?:value|nonce)="\w{20,}"', "", page.content.decode()))
    assert pages[0] == pages[1]
    assert [letter.to for letter in mail.outbox] == [["ioana@example.org"]]


@pytest.mark.parametrize("password", ["ten 45678x", "administrator", "123456789012", "ioana@example.org"])
def test_a_weak_password_is_refused(client: Client, ioana: User, password: str) -> None:
    log_in(client)
    data = {"oldpassword": newsroom.PASSWORD, "password1": password, "password2": password}
    page = client.post("/admin/password_change/", data)
    assert "password1" in page.context["form"].errors
    ioana.refresh_from_db()
    assert ioana.check_password(newsroom.PASSWORD)


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(client: Client, ioana: User) -> None:
    other = Client()
    log_in(other)
    log_in(client)
    new = {"password1": "correct horse 7", "password2": "correct horse 7"}
    client.post("/admin/password_change/", {"oldpassword": newsroom.PASSWORD, **new})
    assert (is_in(client), is_in(other)) == (True, False)


# Second factors -------------------------------------------------------------------------------------------------------


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str) -> str:
    # The first counter is the earliest one that is still accepted. A moment later it may be no longer.
    _earlier, present, _later = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, present))


def test_a_code_of_the_app_is_asked_for_after_the_password(client: Client, ioana: User) -> None:
    TOTP.activate(ioana, SECRET)
    assert log_in(client)["Location"] == "/accounts/second-factor/"
    assert not is_in(client)
    wrong = client.post("/accounts/second-factor/", {"code": "000000"})
    assert wrong.context["form"].errors == {"code": ["This is incorrect or has expired. Try again."]}
    assert not is_in(client)
    client.post("/accounts/second-factor/", {"code": code_of(SECRET)})
    assert is_in(client)


def test_a_copy_of_the_database_makes_no_codes(ioana: User) -> None:
    TOTP.activate(ioana, SECRET)
    seed = RecoveryCodes.activate(ioana).instance
    for factor in Authenticator.objects.all():
        [stored] = [value for name, value in factor.data.items() if name in ("secret", "seed")]
        assert SECRET not in str(factor.data)
        assert encryption.is_current(stored)
    assert RecoveryCodes(seed).get_unused_codes()


def test_a_factor_that_no_key_can_read_is_a_wrong_code_and_not_an_open_door(
    client: Client, ioana: User, settings: Any
) -> None:
    TOTP.activate(ioana, SECRET)
    settings.SECRET_KEY = "a key without the former one"
    log_in(client)
    page = client.post("/accounts/second-factor/", {"code": code_of("")})
    assert page.context["form"].errors == {"code": ["This is incorrect or has expired. Try again."]}
    assert not is_in(client)


def test_a_recovery_code_works_once(client: Client, ioana: User) -> None:
    TOTP.activate(ioana, SECRET)
    code = RecoveryCodes.activate(ioana).get_unused_codes()[0]
    for works in (True, False):
        fresh = Client()
        log_in(fresh)
        fresh.post("/accounts/second-factor/", {"code": code})
        assert is_in(fresh) is works


NONSENSE = (
    *("", "x", "[]", "null", '"a"', '{"id": 1}', "[" * 3000 + "]" * 3000, '{"response": []}', "1" * 60_000),
    '{"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "aa"}}',
    (
        '{"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"userHandle": "enp6enp6enp6enp6enp6enp6",'
        ' "clientDataJSON": "e30", "authenticatorData": "YWFh", "signature": "YQ"}}'
    ),
)


def test_an_invalid_passkey_response_is_refused_with_an_error(client: Client, ioana: User) -> None:
    for credential in NONSENSE:
        client.get("/accounts/passkeys/log-in/", headers={"accept": "application/json"})
        answer = client.post("/accounts/passkeys/log-in/", {"credential": credential})
        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/")
    log_in(client)
    client.get("/accounts/passkeys/add/")
    for credential in NONSENSE:
        page = client.post("/accounts/passkeys/add/", {"credential": credential, "passwordless": "on"})
        assert page.status_code == 200
        assert page.context["form"].errors
    assert not Authenticator.objects.exists()


# Sessions -------------------------------------------------------------------------------------------------------------


def test_a_person_sees_their_sessions_and_ends_one(client: Client, ioana: User) -> None:
    other = Client(REMOTE_ADDR="203.0.113.25")
    log_in(other, **{"user-agent": FIREFOX})
    log_in(client)
    page = client.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "203.0.113.0" in page
    assert "203.0.113.25" not in page
    [theirs] = UserSession.objects.filter(user_agent=FIREFOX)
    client.post("/accounts/sessions/", {"session": theirs.pk})
    assert (is_in(client), is_in(other)) == (True, False)


def test_sessions_that_are_over_are_listed_and_stored_no_more(client: Client, ioana: User) -> None:
    log_in(client)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    call_command("clearsessions")
    assert not UserSession.objects.exists()


def test_nobody_ends_the_session_of_somebody_else(client: Client, ioana: User) -> None:
    newsroom.user_who_logs_in("emil", "Editor")
    log_in(client)
    other = Client()
    log_in(other, "emil")
    for session in (UserSession.objects.get(user=ioana).pk, "x", "9" * 30):
        other.post("/accounts/sessions/", {"session": session})
    assert is_in(client)


def test_twelve_idle_hours_end_a_session_and_looking_for_news_does_not_renew_it(
    client: Client, ioana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client)
    is_in(client)

    def ends() -> Any:
        return Session.objects.get(session_key=client.session.session_key).expire_date

    assert timedelta(hours=11) < ends() - timezone.now() <= timedelta(hours=12)
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    later = sessions.time.time() + sessions.RENEW_SECONDS + 1
    monkeypatch.setattr(sessions.time, "time", lambda: later)
    client.get("/admin/", headers={"accept": "application/json"})
    ioana.groups.add(Group.objects.get(name="Moderator"), Group.objects.get(name="Translator"))
    assert client.post("/admin/comments/comment/entries/").status_code == 200
    translation = factories.article().translations.first()
    assert client.post(f"/admin/articles/translation/{translation.pk}/presence/").status_code == 200
    assert ends() - timezone.now() < timedelta(hours=2)
    is_in(client)
    assert ends() - timezone.now() > timedelta(hours=11)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


def test_a_letter_tells_of_a_device_that_is_new(client: Client, ioana: User, letters: Any) -> None:
    def letters_after(browser: Client) -> int:
        mail.outbox.clear()
        with letters(execute=True):
            log_in(browser, **{"user-agent": FIREFOX})
        return len(mail.outbox)

    assert letters_after(client) == 0, "The first log-in of a person is no news."
    assert letters_after(Client()) == 1
    assert "Firefox on Linux" in mail.outbox[0].body
    client.post("/accounts/logout/")
    assert letters_after(client) == 0, "The browser is known."


# Roles that need a second factor --------------------------------------------------------------------------------------


def test_people_whose_role_needs_a_second_factor_set_it_up_before_anything_else(client: Client, settings: Any) -> None:
    settings.REQUIRE_MFA = ["editor", "admin"]
    emil = newsroom.user_who_logs_in("emil", "Editor")
    log_in(client, "emil")
    for address in ("/admin/", "/admin/articles/article/", "/admin/roles/"):
        assert client.get(address)["Location"] == "/accounts/"
    assert "Your role requires a second factor" in client.get("/accounts/").content.decode()
    TOTP.activate(emil, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert is_in(client)


def test_other_roles_need_no_second_factor(client: Client, ioana: User, settings: Any) -> None:
    settings.REQUIRE_MFA = ["editor", "admin"]
    log_in(client)
    assert is_in(client)


def test_an_administrator_removes_the_second_factors_of_a_colleague(client: Client, ioana: User) -> None:
    log_in(client)
    TOTP.activate(ioana, SECRET)
    assert is_in(client)
    admin = as_administrator()
    admin.post("/admin/auth/user/", {"action": "remove_second_factors", "_selected_action": [ioana.pk]})
    # This ends the session of somebody else who has the lost device.
    assert not is_in(client)
    log_in(client)
    assert is_in(client)
    assert Entry.objects.filter(action="factor_removed", about="account ioana", actor_name="root").exists()


# Inviting and suspending ----------------------------------------------------------------------------------------------


def as_administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


INVITATION = {"email": "maria.pop@example.org", "name": "Maria Pop", "roles": ["Journalist", "Translator"]}


def test_one_form_invites_a_colleague_who_then_writes_under_their_name(client: Client, letters: Any) -> None:
    admin = as_administrator()
    page = admin.post("/admin/invite/", INVITATION | {"languages": ["de", "ar"]})
    assert "maria.pop@example.org" in page.content.decode()
    assert "/accounts/invitation/" not in page.content.decode()
    [letter] = mail.outbox
    assert letter.to == ["maria.pop@example.org"]
    link = re.search(r"http://[^/]+(/\S+)", letter.body)[1]
    page = client.get(link, follow=True)
    assert "Welcome, Maria" in page.content.decode()
    weak = client.post("/accounts/invitation/", {"password1": "short", "password2": "short"})
    assert "password1" in weak.context["form"].errors
    client.post("/accounts/invitation/", {"password1": "correct horse 7", "password2": "correct horse 7"})
    assert is_in(client)
    maria = User.objects.get(username="maria.pop")
    assert (maria.is_staff, maria.get_full_name(), maria.author.name_en) == (True, "Maria Pop", "Maria Pop")
    assert set(maria.groups.values_list("name", flat=True)) == {"Journalist", "Translator"}
    assert maria.profile.languages == ["de", "ar"]
    assert Client().get(link, follow=True).status_code == 404, "The link works once."


def test_without_a_mail_server_the_link_is_shown_to_the_inviter(client: Client, settings: Any) -> None:
    settings.EMAIL_CONFIGURED = False
    page = as_administrator().post("/admin/invite/", INVITATION).content.decode()
    link = re.search(r'id="invitation-link">http://[^/]+([^<]+)<', page)[1]
    assert client.get(link, follow=True).status_code == 200


def test_a_letter_that_the_mail_server_refuses_is_replaced_by_the_link(settings: Any) -> None:
    settings.EMAIL_CONFIGURED, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    assert "invitation-link" in as_administrator().post("/admin/invite/", INVITATION).content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": "ROOT@example.org"}, "email"),
        ({"name": " \u200b"}, "name"),
        ({"name": "Ana Ionescu"}, "name"),
        ({"roles": []}, "roles"),
        ({"roles": ["Emperor"]}, "roles"),
    ],
)
def test_an_invalid_invitation_shows_an_error_and_creates_nothing(change: dict[str, Any], field: str) -> None:
    admin = as_administrator()
    User.objects.filter(username="root").update(email="root@example.org")
    taken = newsroom.user_who_logs_in("ana", first_name="Ana", last_name="Ionescu")
    factories.author(name_en="Ana Ionescu", user=taken)
    page = admin.post("/admin/invite/", INVITATION | change)
    assert list(page.context["form"].errors) == [field]
    assert User.objects.count() == 2


def test_only_users_who_may_add_accounts_can_invite(client: Client) -> None:
    client.force_login(newsroom.user_who_logs_in("emil", "Editor"))
    assert client.get("/admin/invite/").status_code == 403


def test_an_invitation_ends_after_a_week_and_with_the_account(client: Client) -> None:
    as_administrator().post("/admin/invite/", INVITATION)
    for change in ({"created_at": timezone.now() - timedelta(days=7)}, {"accepted_at": timezone.now()}):
        Invitation.objects.update(created_at=timezone.now(), accepted_at=None)
        secret = Invitation.make(User.objects.get(username="maria.pop"), None)
        Invitation.objects.update(**change)
        assert client.get(f"/accounts/invitation/{secret}/", follow=True).status_code == 404
    User.objects.filter(username="maria.pop").update(is_active=False)
    secret = Invitation.make(User.objects.get(username="maria.pop"), None)
    assert client.get(f"/accounts/invitation/{secret}/", follow=True).status_code == 404


def test_a_role_given_in_the_admin_lets_a_person_in(client: Client) -> None:
    ana = newsroom.user_who_logs_in("ana")
    User.objects.update(is_staff=False)
    ana.groups.add(Group.objects.get(name="Journalist"))
    log_in(client, "ana")
    assert is_in(client)


def test_suspending_a_person_ends_all_their_sessions(
    client: Client, ioana: User, django_capture_on_commit_callbacks: Any
) -> None:
    log_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        as_administrator().post("/admin/auth/user/", {"action": "suspend", "_selected_action": [ioana.pk]})
    assert not is_in(client)
    assert not UserSession.objects.filter(user=ioana).exists()
    assert Entry.objects.filter(action="suspended", about="account ioana", actor_name="root").exists()


# Descriptions of roles ------------------------------------------------------------------------------------------------


def test_everybody_reads_what_each_role_may_do(client: Client, ioana: User) -> None:
    log_in(client)
    page = client.get("/admin/roles/").content.decode()
    for right in RIGHTS:
        assert str(right.words) in html.unescape(page)
    assert "Your role" in page


def test_each_permission_belongs_to_one_right() -> None:
    permissions = [permission for right in RIGHTS for permission in right.permissions]
    assert len(permissions) == len(set(permissions))

"""Administrators set up services in the newsroom: keys are never shown, and the environment takes precedence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from liveblog import emails
from liveblog.audit.models import Entry
from liveblog.audit.recording import clear_old
from liveblog.configuration import current, options
from liveblog.configuration.models import StoredSetting
from liveblog.encryption import is_current
from liveblog.translation import engines
from tests import factories, newsroom
from tests.akismet_server import AkismetServer
from tests.forms import member_of
from tests.mail_server import MailServer
from tests.server import PATIENCE
from tests.test_rekeying import change_key, rekey
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

TRANSLATION = "/admin/settings/translation/"
SPAM = "/admin/settings/spam/"
KEY = "a-secret-key-of-the-newsroom-7f2a"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(newsroom.user("administrator", is_superuser=True))
    return client


@pytest.fixture(autouse=True)
def read_at_once() -> Iterator[None]:
    """Reload the stored settings before the test, as after the two seconds for which they are cached."""
    current.in_memory.refresh()
    yield
    current.in_memory.keep(current.Stored(), 0)


def stored() -> dict[str, Any]:
    return {row.name: row.read() for row in StoredSetting.objects.exclude(name=current.SETUP_SHOWN)}


def save(client: Client, url: str, **fields: str) -> str:
    response = client.post(url, {"TRANSLATE_UNPUBLISHED": "on", **fields}, follow=True)
    current.in_memory.refresh()
    return response.content.decode()


def test_a_key_is_used_at_once_and_shown_nowhere(admin: Client) -> None:
    assert not engines.available()
    html = save(admin, TRANSLATION, DEEPL_API_KEY=KEY, DEEPL_FORMALITY="less")
    assert [engine.name for engine in engines.chain("en", "de")] == ["deepl"]
    assert "•••• 7f2a" in html
    assert KEY not in html
    entry = Entry.objects.get(action="site_changed")
    assert (entry.about, entry.details) == ("machine translation", {"changed": ["DEEPL_API_KEY", "DEEPL_FORMALITY"]})
    # An empty field keeps the key, and the checkbox removes it.
    save(admin, TRANSLATION, DEEPL_FORMALITY="")
    assert stored() == {"DEEPL_API_KEY": KEY}
    save(admin, TRANSLATION, remove_DEEPL_API_KEY="on")
    assert not engines.available()
    assert stored() == {}


def test_the_database_holds_no_readable_value(admin: Client) -> None:
    save(admin, TRANSLATION, DEEPL_API_KEY=KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM liveblog_storedsetting")
        [raw] = [row[0] for row in cursor.fetchall() if row]
    assert KEY not in raw
    assert is_current(raw)


def test_the_environment_wins_and_says_so(admin: Client, settings: Any) -> None:
    save(admin, TRANSLATION, LLM_URL="https://models.example/v1", LLM_MODEL="m", TRANSLATION_ENGINES="llm")
    settings.LLM_MODEL = "of-the-server"
    settings.LLM_API_KEY = KEY
    assert options.value("LLM_MODEL") == "of-the-server"
    html = admin.get(TRANSLATION).content.decode()
    assert "of-the-server" in html
    assert KEY not in html
    assert not re.search(r'name="LLM_(MODEL|API_KEY)"', html)
    # The server's key would be sent to a changed address.
    assert 'name="LLM_URL"' not in html
    save(admin, TRANSLATION, LLM_MODEL="other", LLM_URL="https://thief.example/v1", TRANSLATION_ENGINES="llm")
    assert stored()["LLM_URL"] == "https://models.example/v1"


def test_a_variable_wins_even_if_it_has_the_default_value(settings: Any) -> None:
    settings.SET_BY_ENVIRONMENT = frozenset({"AUDIT_KEEP_DAYS"})
    StoredSetting.objects.create(name="AUDIT_KEEP_DAYS", value="7")
    assert options.value("AUDIT_KEEP_DAYS") == 365


def test_a_stored_key_is_not_sent_to_another_server(admin: Client) -> None:
    save(admin, TRANSLATION, LIBRETRANSLATE_URL="https://translate.example", LIBRETRANSLATE_API_KEY=KEY)
    html = save(admin, TRANSLATION, LIBRETRANSLATE_URL="https://thief.example")
    assert "Enter the key again" in html
    assert stored()["LIBRETRANSLATE_URL"] == "https://translate.example"
    html = save(admin, TRANSLATION, LIBRETRANSLATE_URL="https://thief.example", test="libretranslate")
    assert "Enter the key again" in html


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TRANSLATION_ENGINES", "deepl gogle", "Name engines"),
        ("TRANSLATION_ENGINES", "os.system", "Name engines"),
        ("TRANSLATION_PRICES", "deepl twenty", "Enter the price"),
        ("LLM_URL", "javascript:alert(1)", "begins with https"),
        ("LLM_URL", "https://user:password@models.example", "begins with https"),
        ("DEEPL_API_KEY", "two words", "no spaces"),
        ("DEEPL_API_KEY", "ключ", "no spaces"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field(admin: Client, name: str, value: str, message: str) -> None:
    html = save(admin, TRANSLATION, **{name: value})
    assert message in html
    assert "Nothing was saved." in html
    assert stored() == {}


def test_only_administrators_may_set_up_services() -> None:
    editor = member_of("Editor")
    for name in ("translation", "spam", "mail", "retention", "server", "setup"):
        assert editor.get(f"/admin/settings/{name}/").status_code == 403
        assert editor.post(f"/admin/settings/{name}/", {"DEEPL_API_KEY": KEY}).status_code == 403
    assert editor.get("/admin/settings/connections/").status_code == 200
    assert stored() == {}


def test_engines_are_tested_with_what_is_entered_before_it_is_saved(admin: Client) -> None:
    with TranslationServer() as server:
        fields = {"LIBRETRANSLATE_URL": server.url, "test": "libretranslate"}
        html = save(admin, TRANSLATION, **fields, DEEPL_API_KEY=KEY)
        assert "LibreTranslate works." in html
        assert "Ministers met in Bucharest on Tuesday." in html
    assert "isn’t responding" in save(admin, TRANSLATION, **fields)
    assert stored() == {}
    assert "Fill in the fields first." in save(admin, TRANSLATION, test="google")


def test_the_key_of_akismet_is_tested(admin: Client, settings: Any) -> None:
    with AkismetServer(key="sesame") as server:
        settings.AKISMET_URL = server.url
        assert "Akismet works." in save(admin, SPAM, AKISMET_API_KEY=server.key, test="akismet")
        assert "Akismet rejected the API key." in save(admin, SPAM, AKISMET_API_KEY="wrong", test="akismet")
        save(admin, SPAM, AKISMET_API_KEY=server.key)
        assert "Akismet works." in save(admin, SPAM, test="akismet")
    assert Entry.objects.filter(action="site_changed").count() == 1


def test_a_letter_shows_whether_mail_works(admin: Client, settings: Any) -> None:
    url = "/admin/settings/mail/"
    assert "No mail server is set up" in admin.get(url).content.decode()
    server = MailServer()
    settings.EMAIL_CONFIGURED, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, PATIENCE
    settings.EMAIL_HOST_PASSWORD = KEY
    letter = {"to": "ioana@example.org"}
    with server:
        html = admin.post(url, letter).content.decode()
        assert "has accepted the email to ioana@example.org" in html
        assert KEY not in html
        [(recipients, _message)] = server.messages
        assert recipients == ["ioana@example.org"]
        server.refusing = True
        assert "didn’t accept the email" in admin.post(url, letter).content.decode()
    assert "The mail server isn’t responding." in admin.post(url, letter).content.decode()
    assert emails.fault_of(emails.compose("liveblog/emails/test.txt", "x@example.org", {})) == "unreachable"


def test_retention_set_by_an_administrator_is_obeyed_and_told_to_readers(admin: Client, client: Client) -> None:
    fields = {"AUDIT_KEEP_DAYS": "2", "COMMENTS_KEEP_ADDRESS_DAYS": "9", "PRIVACY_CONTACT": "data@example.org"}
    save(admin, "/admin/settings/retention/", **fields)
    Entry.objects.update(at="2020-01-01T00:00Z")
    clear_old()
    assert not Entry.objects.exists()
    html = client.get(f"{factories.article().url('en')}comments/privacy/").content.decode()
    assert "data@example.org" in html
    assert "9 days" in html
    assert "greater than or equal to 1" in save(
        admin, "/admin/settings/retention/", AUDIT_KEEP_DAYS="5", COMMENTS_KEEP_ADDRESS_DAYS="0"
    )


def test_a_new_secret_key_still_reads_what_is_stored(admin: Client, settings: Any) -> None:
    save(admin, TRANSLATION, DEEPL_API_KEY=KEY)
    change_key(settings)
    assert stored() == {"DEEPL_API_KEY": KEY}
    rekey()
    settings.SECRET_KEY_FALLBACKS = []
    assert stored() == {"DEEPL_API_KEY": KEY}
    settings.SECRET_KEY = "nobody knows it"
    # The unreadable value counts as missing, and pages still work.
    current.in_memory.refresh()
    assert not engines.available()


def test_an_administrator_is_led_to_the_setting_up_once(admin: Client) -> None:
    response = admin.get("/admin/")
    assert response["Location"] == "/admin/settings/setup/"
    html = admin.get(response["Location"]).content.decode()
    assert "Give the site its name" in html
    current.in_memory.refresh()
    assert admin.get("/admin/").status_code == 200
    assert "/admin/settings/setup/" in admin.get(TRANSLATION).content.decode()
    assert member_of("Editor").get("/admin/").status_code == 200

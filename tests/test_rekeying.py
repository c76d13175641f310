"""A leaked secret key can be retired: data of a former key still works, and rekeying converts it to the new key."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from comments import confirmation, emails, moderation, privacy, submission
from comments.models import Ban, Comment, EmailAddress, Report, State
from liveblog.encryption import decrypt
from tests import factories, newsroom
from tests.actors import TEST
from tests.test_comments import WORDS, post

pytestmark = pytest.mark.django_db

EMAIL = WORDS["email"]
LONG = "A text that is long enough to be noticed twice."


def change_key(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = f"new {settings.SECRET_KEY}", [settings.SECRET_KEY]


def rekey() -> str:
    said = io.StringIO()
    call_command("rekey", stdout=said)
    return said.getvalue()


def trusted() -> Comment:
    for _ in range(3):
        comment = factories.comment(email=EMAIL, confirmed=True, address="192.0.2.7")
        moderation.decide(comment.pk, State.APPROVED, None, version=0)
    return comment


@pytest.mark.parametrize("rekeyed", [False, True])
def test_all_that_a_key_has_made_is_found_after_a_change_of_keys(client: Client, settings: Any, rekeyed: bool) -> None:
    comment = trusted()
    article = comment.article
    eve = factories.comment(email="eve@example.org", confirmed=True)
    moderation.ban(eve, None, until=timezone.now() + timedelta(1), email=True)
    moderation.report(comment.pk, "abuse", "", "192.0.2.9")
    token = urlsplit(emails._unsubscribe_urls(EmailAddress.of(EMAIL), "en")[0]).path
    proof, link = factories.proof(EMAIL), confirmation.link(EmailAddress.of(EMAIL), "en").partition("#")[2]
    fields = WORDS | {"text": LONG, "key": "of its author"}
    sent = post(client, f"{article.url('en')}comments/", fields)["Location"]
    change_key(settings)
    if rekeyed:
        rekey()
    # Email addresses, their confirmations, and bans.
    assert privacy.comments_of(EMAIL).count() == 4
    assert submission.is_trusted(EMAIL)
    assert confirmation.proves(EMAIL, proof)
    assert confirmation.address_of(link) == EmailAddress.of(EMAIL)
    assert EmailAddress.objects.count() == 2
    answer = post(client, f"{article.url('en')}comments/", WORDS | {"email": "eve@example.org", "text": "I am back."})
    assert answer.status_code == 403
    # A repeated comment, the same text by others, and a second report.
    assert post(client, f"{article.url('en')}comments/", fields)["Location"] == sent
    Comment.objects.create(article=article, language="en", name="B", text=LONG, text_hash=last_hash())
    post(client, f"{article.url('en')}comments/", WORDS | {"text": LONG, "email": "c@example.org"})
    assert Comment.objects.latest("pk").held == "doubled"
    if not rekeyed:
        moderation.report(comment.pk, "abuse", "", "192.0.2.9")
        assert Report.objects.count() == 1
    # The link in earlier emails.
    assert client.post(token).status_code == 200


def last_hash() -> str:
    return Comment.objects.exclude(text_hash="").latest("pk").text_hash


def test_after_rekeying_the_former_key_can_be_removed(settings: Any) -> None:
    comment = trusted()
    moderation.ban(comment, None, until=timezone.now() + timedelta(1), email=True)
    quoted = factories.comment(email=EMAIL, confirmed=True, state="approved")
    moderation.make_update(quoted.pk, TEST)
    # Only the hash of its address is left.
    submission.withdraw(Comment.objects.get(pk=quoted.pk), version=0)
    change_key(settings)
    assert "Remove SECRET_KEY_FALLBACKS" in rekey()
    settings.SECRET_KEY_FALLBACKS = []
    assert [each.email for each in Comment.objects.exclude(pk=quoted.pk)] == [EMAIL] * 3
    assert privacy.comments_of(EMAIL).count() == 4
    assert submission.is_trusted(EMAIL)
    assert Ban.objects.of(EMAIL).exists()
    assert privacy.erase(EMAIL) == 4
    assert not Comment.objects.exclude(email_hash="").exists()


def test_second_factors_work_after_the_former_key_is_removed(settings: Any) -> None:
    user = newsroom.user("ioana")
    app, codes = TOTP.activate(user, "JBSWY3DPEHPK3PXP"), RecoveryCodes.activate(user)
    known = codes.get_unused_codes()
    change_key(settings)
    assert codes.get_unused_codes() == known
    assert "Changed 2 rows" in rekey()
    settings.SECRET_KEY_FALLBACKS = []
    app.instance.refresh_from_db()
    codes.instance.refresh_from_db()
    assert decrypt(app.instance.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert codes.get_unused_codes() == known
    settings.SECRET_KEY = "a key without the former one"
    with pytest.raises(CommandError, match="2 rows"):
        rekey()


def test_rekeying_again_changes_nothing(settings: Any) -> None:
    trusted()
    change_key(settings)
    rekey()
    before = list(Comment.objects.values_list("email_hash", "version"))
    assert "Changed 0 rows" in rekey()
    assert list(Comment.objects.values_list("email_hash", "version")) == before


def test_rekeying_names_what_no_key_can_read(settings: Any) -> None:
    trusted()
    settings.SECRET_KEY = "a key without the former one"
    with pytest.raises(CommandError, match="4 rows"):
        rekey()

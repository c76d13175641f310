"""Only users who may log in count as known, whatever cookie or token a request has."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import AsyncMock, patch

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from liveblog.accounts.known import belongs_to_somebody, is_known
from liveblog.rest.models import Token
from tests import newsroom


def known(name: bytes, value: str) -> bool:
    return belongs_to_somebody([(b"host", b"x"), (name, value.encode())])


@pytest.mark.django_db
def test_only_sessions_and_tokens_in_force_are_known() -> None:
    ana, client = newsroom.user("ana", "Journalist"), Client()
    client.force_login(ana)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    _token, secret = Token.make(ana, "x", ["read"], valid_for=timedelta(days=1))
    cookie = f"a=b; {settings.SESSION_COOKIE_NAME}={session}"
    assert known(b"cookie", cookie)
    assert known(b"authorization", f"bearer {secret}")
    for name, value in ((b"cookie", "sessionid=x"), (b"cookie", "\xff"), (b"authorization", "Bearer lbt_x")):
        assert not known(name, value)
    ana.is_active = False
    ana.save()
    assert not known(b"cookie", cookie)
    assert not known(b"authorization", f"Bearer {secret}")


def test_everybody_is_known_while_the_database_does_not_answer() -> None:
    asked = AsyncMock(side_effect=OperationalError)
    with patch("liveblog.accounts.known.database_sync_to_async", return_value=asked):
        assert async_to_sync(is_known)([])

"""The websocket of a live desk reports users, the entries that they edit, the number of readers, and every change."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from articles.models import Article
from tests import factories, newsroom
from tests.clients import Journalist, OpenPage
from tests.server import PATIENCE, Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock():
        running = Server()
    with running:
        yield running


@sync_to_async
def setting(*people: str) -> tuple[Article, list[User]]:
    return factories.article(), [newsroom.user(name, "Journalist", first_name=name.title()) for name in people]


@sync_to_async
def cookie_of(user: User) -> str:
    client = Client()
    # Logging in elsewhere may have stored a stronger hash of the password, on which the session depends.
    user.refresh_from_db()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


async def desk(server: Server, article: Article, user: User | None) -> Any:
    headers = {"Cookie": await cookie_of(user)} if user else {}
    address = f"{server.socket_url}/ws/desk/{article.pk}/"
    return connect(address, origin=server.url, additional_headers=headers, open_timeout=PATIENCE)  # type: ignore[arg-type]


async def hears(connection: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the first message for which `wanted` is true."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = json.loads(await connection.recv())
            if wanted(message):
                return message


def people_are(*people: tuple[str, str]) -> Callable[[dict[str, Any]], bool]:
    return lambda message: sorted((one["name"], one["at"]) for one in message.get("people", ())) == sorted(people)


async def test_users_at_a_desk_see_each_other_and_what_each_is_editing(server: Server) -> None:
    article, (ioana, karim) = await setting("ioana", "karim")
    async with await desk(server, article, ioana) as hers:
        await hears(hers, people_are(("Ioana", "")))
        async with await desk(server, article, karim) as his:
            await hears(hers, people_are(("Ioana", ""), ("Karim", "")))
            await his.send('{"at": "update-7"}')
            await hears(hers, people_are(("Ioana", ""), ("Karim", "update-7")))
            shown = await hears(his, people_are(("Ioana", ""), ("Karim", "update-7")))
            assert [one["name"] for one in shown["people"] if one["me"]] == ["Karim"]
        await hears(hers, people_are(("Ioana", "")))


async def test_a_desk_is_notified_of_every_edit_even_if_readers_do_not_see_it(server: Server) -> None:
    article, (ioana,) = await setting("ioana")
    journalist = await asyncio.to_thread(Journalist, server.url, "ioana", newsroom.PASSWORD)
    async with await desk(server, article, ioana) as hers:
        await hears(hers, people_are(("Ioana", "")))
        draft = {"source_language": "en", "kind": "text", "body": "<p>A draft.</p>", "action": "draft"}
        await asyncio.to_thread(journalist.at_desk, article.pk, **draft)
        await hears(hers, lambda message: message.get("changed", False))


async def test_readers_are_counted_by_language_across_processes(server: Server) -> None:
    article, (ioana,) = await setting("ioana")
    async with AsyncExitStack() as stack:
        servers = [server]
        if os.environ.get("REDIS_URL"):
            servers.append(await asyncio.to_thread(stack.enter_context, Server()))
        for place in servers:
            for language in ("de", "ar"):
                page = await OpenPage.fresh(place, article.slug, language)
                following = asyncio.create_task(page.stay_open())
                stack.callback(following.cancel)
        wanted = {"de": len(servers), "ar": len(servers)}
        hers = await stack.enter_async_context(await desk(server, article, ioana))
        counted = await hears(hers, lambda message: message.get("total") == 2 * len(servers))
        assert {language: count for language, count in counted["readers"].items() if count} == wanted


@pytest.mark.parametrize("group", [None, "Translator", "Moderator"])
async def test_users_who_do_not_write_get_no_messages(server: Server, group: str | None) -> None:
    article, _people = await setting()
    user = await sync_to_async(newsroom.user)("somebody", group) if group else None
    async with await desk(server, article, user) as socket:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), PATIENCE)
        assert socket.close_code == 4003


async def test_the_server_ignores_nonsense_from_a_desk(server: Server) -> None:
    article, (ioana,) = await setting("ioana")
    async with await desk(server, article, ioana) as hers:
        for nonsense in ("[", "7", '{"at": 7}', '{"at": "' + "x" * 100 + '"}', "{}"):
            await hers.send(nonsense)
        await hers.send('{"at": "new"}')
        await hears(hers, people_are(("Ioana", "new")))


@sync_to_async
def change(user: User, how: str) -> None:
    if how == "suspended":
        User.objects.filter(pk=user.pk).update(is_active=False)
    elif how == "without the role":
        user.groups.clear()
    elif how == "session ended":
        Session.objects.all().delete()
    else:
        user.set_password("another password")
        user.save()


@pytest.mark.parametrize("how", ["suspended", "without the role", "session ended", "new password"])
async def test_a_desk_closes_within_seconds_when_its_user_may_no_longer_be_there(server: Server, how: str) -> None:
    article, (ioana,) = await setting("ioana")
    async with await desk(server, article, ioana) as hers:
        await hears(hers, people_are(("Ioana", "")))
        await change(ioana, how)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ConnectionClosed):
                while True:
                    await hers.recv()
        assert hers.close_code == 4003

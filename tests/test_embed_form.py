"""Journalists add embeds at the desk and in the form of an update."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.urls import reverse

from articles.models import Embed, Update
from tests import factories
from tests.desks import DeskClient
from tests.embed_servers import EmbedServer
from tests.forms import change_url, errors_of, form_of, member_of, opened
from tests.server import PATIENCE
from tests.test_embeds import VIDEO, files, page, posted, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Any) -> Iterator[EmbedServer]:
    with EmbedServer() as running:
        settings.EMBED_ROUTES = running.routes
        settings.EMBED_TIMEOUT = float(PATIENCE)
        yield running


def asked(client: Client, article: Any, url: str, **headers: str) -> Any:
    return client.get(reverse("admin:articles_article_embed", args=[article.pk]), {"url": url}, headers=headers)


def test_the_desk_previews_an_address_as_readers_will_see_it(server: EmbedServer) -> None:
    article = factories.article()
    said = asked(member_of("Journalist"), article, "https://youtu.be/dQw4w9WgXcQ").json()
    assert (said["url"], said["provider"], said["title"], said["notice"]) == (VIDEO, "YouTube", "Ministers arrive", "")
    assert "data:image/jpeg;base64," in said["html"]
    assert "Click to load content from YouTube." in said["html"]
    assert Embed.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_publishing_reuses_the_answer_that_the_desk_got(server: EmbedServer) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    asked(client, factories.article(), VIDEO)
    update = posted()
    assert "Ministers arrive" in page(update)
    work()
    assert Embed.objects.get(update=update).thumbnail.url in page(update)
    assert len(server.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_provider_holds_no_database_connection(server: EmbedServer) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    ours, held = connections["default"], []

    class Watched(list):
        def append(self, request: Any) -> None:
            held.append(ours.connection is not None)
            super().append(request)

    server.requests = Watched()
    asked(client, factories.article(), VIDEO)
    assert held == [False, False]


def test_a_preview_of_an_update_stores_nothing(server: EmbedServer, settings: Any) -> None:
    desk = DeskClient(member_of("Journalist"), factories.article())
    asked(desk.client, desk.article, VIDEO)
    fields = {"source_language": "en", "kind": "embed", "embed_url": VIDEO, "reader": "de"}
    shown = desk.client.post(desk.address("preview_new"), fields).content.decode()
    assert "Ministers arrive" in shown
    assert files(settings) == []


@pytest.mark.parametrize(
    ("fault", "said"), [("down", "isn’t responding"), ("slow", "isn’t responding"), ("gone", "has been deleted")]
)
def test_the_desk_explains_a_missing_preview(server: EmbedServer, settings: Any, fault: str, said: str) -> None:
    server.fault, server.delay = fault, 30
    if fault == "slow":
        settings.EMBED_TIMEOUT = 1.0
    answer = asked(member_of("Journalist"), factories.article(), VIDEO).json()
    assert said in answer["notice"]
    assert "embed-link" in answer["html"]


def test_the_desk_refuses_an_invalid_address(server: EmbedServer) -> None:
    assert (
        "isn’t a web address"
        in asked(member_of("Journalist"), factories.article(), "javascript:alert(1)").json()["error"]
    )


def test_only_users_who_write_updates_can_ask_for_a_preview(server: EmbedServer) -> None:
    article = factories.article()
    assert asked(Client(), article, VIDEO).status_code == 302
    assert asked(member_of("Moderator"), article, VIDEO).status_code == 403
    assert server.requests == []


def test_an_embed_is_published_in_the_admin(server: EmbedServer) -> None:
    article = factories.article()
    client = member_of("Journalist")
    add = reverse("admin:articles_update_add")
    form = form_of(client.get(add, {"article": article.pk, "form": "1"})) | {"article": article.pk}
    client.post(add, form | {"embed_url": "https://youtu.be/dQw4w9WgXcQ", "_publish": ""})
    update = Update.objects.get()
    assert (update.kind, update.state, update.embed.url) == ("embed", "published", VIDEO)
    client.post(change_url(update), opened(client, update) | {"embed_url": "https://vimeo.com/76979871"})
    update = Update.objects.get()
    assert update.embed.url == "https://vimeo.com/76979871"
    refused = client.post(change_url(update), opened(client, update) | {"embed_url": ""})
    assert "Enter a headline or text" in str(errors_of(refused))
    assert Update.objects.get().embed.url == "https://vimeo.com/76979871"


def test_an_embed_is_only_published_with_an_address(server: EmbedServer) -> None:
    desk = DeskClient(member_of("Journalist"), factories.article())
    missing = ["Paste the link to the post, video or chart."]
    assert desk.write(kind="embed", body="<p>See for yourself.</p>")["errors"] == {"embed_url": missing}
    [wrong] = desk.write(kind="embed", embed_url="youtube")["errors"]["embed_url"]
    assert "isn’t a web address" in wrong
    desk.write("draft", kind="embed", body="<p>See for yourself.</p>")
    update = Update.objects.get()
    assert update.kind == "embed"
    assert desk.act(update, "publish")["errors"] == {"embed_url": missing}
    desk.rewrite(update, desk.opened(update), "publish", embed_url=VIDEO)
    update.refresh_from_db()
    assert (update.state, update.embed.url) == ("published", VIDEO)
    assert desk.rewrite(update, desk.opened(update) | {"embed_url": ""})["errors"] == {"embed_url": missing}


def test_a_form_with_a_wrong_address_shows_an_error_and_changes_nothing(server: EmbedServer) -> None:
    update = posted()
    client = member_of("Journalist")
    answer = client.post(change_url(update), opened(client, update) | {"embed_url": "youtube"})
    assert "isn’t a web address" in str(errors_of(answer)["embed_url"])
    assert Embed.objects.get().url == VIDEO

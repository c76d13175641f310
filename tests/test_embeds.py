"""Publishing an embed never waits for its provider, and no provider's markup reaches the page."""

import errno
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.test import Client, override_settings
from django.utils import timezone
from PIL import Image

from articles import changes
from articles.embeds import providers, resolving, services
from articles.models import Embed, Update
from tests import factories
from tests.embed_servers import EmbedServer, picture
from tests.server import PATIENCE

pytestmark = pytest.mark.django_db

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
FRAME = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"


@pytest.fixture
def server(settings: Any) -> Iterator[EmbedServer]:
    with EmbedServer() as running:
        settings.EMBED_ROUTES = running.routes
        settings.EMBED_TIMEOUT = float(PATIENCE)
        yield running


def posted(url: str = VIDEO, **fields: Any) -> Update:
    """Create a published update that is an embed without text."""
    update = Update(article=factories.article(), kind=Update.Kind.EMBED, state=Update.State.PUBLISHED, **fields)
    with changes.edit(update):
        update.save()
        services.attach(update, url)
    return update


def work() -> None:
    """Resolve all embeds that are due."""
    while resolving.resolve_due():
        pass


def make_due() -> None:
    Embed._base_manager.filter(due_at__isnull=False).update(due_at=timezone.now())


def page(update: Update, language: str = "en") -> str:
    return Client().get(update.article.url(language)).content.decode()


def files(settings: Any) -> list[str]:
    """Return the thumbnails in the storage."""
    return sorted(found.name for found in Path(settings.MEDIA_ROOT).glob("embeds/**/*.jpg"))


class Full(FileSystemStorage):
    """A storage that is full."""

    def _save(self, name: str, content: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")


# Addresses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "canonical", "player"),
    [
        ("https://youtu.be/dQw4w9WgXcQ?si=abc&t=43s", f"{VIDEO}&t=43", f"{FRAME}?start=43"),
        ("http://m.youtube.com/watch?app=m&v=dQw4w9WgXcQ&list=x", VIDEO, FRAME),
        ("https://www.youtube.com/live/dQw4w9WgXcQ?feature=share", VIDEO, FRAME),
        ("https://youtube.com/shorts/dQw4w9WgXcQ", "https://www.youtube.com/shorts/dQw4w9WgXcQ", FRAME),
        (
            "https://vimeo.com/76979871/abcdef1234?share=copy",
            "https://vimeo.com/76979871/abcdef1234",
            "https://player.vimeo.com/video/76979871?h=abcdef1234&dnt=1",
        ),
        (
            "https://dai.ly/x8abcde",
            "https://www.dailymotion.com/video/x8abcde",
            "https://geo.dailymotion.com/player.html?video=x8abcde",
        ),
        (
            "https://www.tiktok.com/@nato/video/7171000000000000000?lang=en",
            "https://www.tiktok.com/@nato/video/7171000000000000000",
            "https://www.tiktok.com/player/v1/7171000000000000000",
        ),
        (
            "https://twitter.com/NATO/status/1597500000000000000?s=20",
            "https://x.com/NATO/status/1597500000000000000",
            "https://platform.twitter.com/embed/Tweet.html?id=1597500000000000000&dnt=true",
        ),
        (
            "https://www.instagram.com/p/CAbc_12-X/?igshid=1",
            "https://www.instagram.com/p/CAbc_12-X/",
            "https://www.instagram.com/p/CAbc_12-X/embed/captioned/",
        ),
        (
            "https://bsky.app/profile/nato.int/post/3kabcxyz12",
            "https://bsky.app/profile/nato.int/post/3kabcxyz12",
            "https://embed.bsky.app/embed/did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3kabcxyz12",
        ),
        (
            "https://mastodon.social/@Gargron/109371234567890",
            "https://mastodon.social/@Gargron/109371234567890",
            "https://mastodon.social/@Gargron/109371234567890/embed",
        ),
        (
            "https://t.me/s/suspilnenews/12345",
            "https://t.me/suspilnenews/12345",
            "https://t.me/suspilnenews/12345?embed=1",
        ),
        (
            "https://open.spotify.com/intl-de/track/4uLU6hMCjMI75M1A2tKUQC?si=1",
            "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC",
            "https://open.spotify.com/embed/track/4uLU6hMCjMI75M1A2tKUQC",
        ),
        (
            "https://m.soundcloud.com/nato/sets/summit?utm_source=x",
            "https://soundcloud.com/nato/sets/summit",
            "https://w.soundcloud.com/player/?url=https://soundcloud.com/nato/sets/summit&show_teaser=false",
        ),
        (
            "https://podcasts.apple.com/de/podcast/the-name/id1234567890?l=en&i=1000123456",
            "https://podcasts.apple.com/de/podcast/id1234567890?i=1000123456",
            "https://embed.podcasts.apple.com/de/podcast/id1234567890?i=1000123456",
        ),
        (
            "https://www.datawrapper.de/_/Ab12x/",
            "https://datawrapper.dwcdn.net/Ab12x/",
            "https://datawrapper.dwcdn.net/Ab12x/",
        ),
        (
            "https://flo.uri.sh/visualisation/12345/embed",
            "https://public.flourish.studio/visualisation/12345/",
            "https://flo.uri.sh/visualisation/12345/embed",
        ),
    ],
)
def test_an_address_of_a_provider_gets_the_providers_player(
    server: EmbedServer, pasted: str, canonical: str, player: str
) -> None:
    update = posted(pasted)
    work()
    embed = Embed.objects.get(update=update)
    assert (embed.url, embed.player_url, embed.state) == (canonical, player, "resolved")
    assert services.address(canonical) == canonical
    assert f'data-player="{player.replace("&", "&amp;")}"' in page(update)


def test_each_provider_has_a_test_case() -> None:
    tried = {providers.match(case[0]).provider.key for case in _addresses()}  # type: ignore[union-attr]
    assert tried == set(providers.BY_KEY)


def _addresses() -> Any:
    return test_an_address_of_a_provider_gets_the_providers_player.pytestmark[0].args[1]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://evil.example/@Gargron/109371234567890",
        "https://www.youtube.com:8443/watch?v=dQw4w9WgXcQ",
        "https://example.com/article",
    ],
)
def test_another_address_stays_a_link_and_no_provider_is_asked(server: EmbedServer, url: str) -> None:
    update = posted(url)
    work()
    shown = page(update)
    assert f'<a href="{url}" rel="noopener"' in shown
    assert "data-player" not in shown
    assert server.requests == []


@pytest.mark.parametrize(
    "text",
    [
        *("javascript:alert(1)", "data:text/html,x", "/etc/passwd", "not an address", "http://"),
        "https://www.youtube.com@evil.example/watch?v=dQw4w9WgXcQ",
    ],
)
def test_an_invalid_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        services.address(text)


# Resolving ------------------------------------------------------------------------------------------------------------


def test_publishing_does_not_wait_for_a_provider_and_the_preview_appears_later(server: EmbedServer) -> None:
    update = posted()
    assert server.requests == []
    shown = page(update)
    assert f'<a href="{VIDEO}" rel="noopener" dir="ltr">youtube.com/watch?v=dQw4w9WgXcQ</a>' in shown
    revision = factories.log_of(update.article)[-1][0]
    work()
    assert [(revision + 1, update.element)] == factories.log_of(update.article)[-1:]
    shown = page(update)
    assert "Ministers arrive" in shown
    assert "Public Broadcaster" in shown
    assert "Click to load content from YouTube." in shown


def test_an_update_without_text_is_shared_under_the_title_of_its_embed(server: EmbedServer) -> None:
    update = posted()
    work()
    shown = Client().get(update.url("en")).content.decode()
    assert "<title>Ministers arrive</title>" in shown
    assert '<meta property="og:title" content="Ministers arrive">' in shown


def test_an_update_without_text_does_not_lack_a_translation(server: EmbedServer) -> None:
    assert "translation-note" not in page(posted(), "de")
    assert "translation-note" in page(posted(body_en="<p>See for yourself.</p>"), "de")


def test_no_markup_of_a_provider_is_on_the_page(server: EmbedServer) -> None:
    server.says = {"title": "<script>alert(1)</script>", "author_name": '"><img src=x onerror=alert(1)>'}
    update = posted()
    work()
    shown = page(update)
    assert "tracker.example" not in shown
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "<iframe" not in shown


def test_the_picture_is_re_encoded_and_served_by_us(server: EmbedServer, settings: Any) -> None:
    server.image = picture(3000, 2000) + b"<script>alert(1)</script>"
    update = posted()
    work()
    embed = Embed.objects.get(update=update)
    assert embed.thumbnail.url.startswith(settings.MEDIA_URL)
    assert f'src="{embed.thumbnail.url}"' in page(update)
    assert "img.example.com" not in page(update)
    with embed.thumbnail.open() as stored:
        assert b"<script>" not in stored.read()
        assert Image.open(stored).format == "JPEG"
    assert embed.thumbnail_width == 960


def test_a_transparent_picture_is_readable_in_the_preview(server: EmbedServer) -> None:
    logo = Image.new("RGBA", (400, 200))
    logo.paste((0, 0, 0, 255), (100, 50, 300, 150))
    data = io.BytesIO()
    logo.save(data, "PNG")
    server.image = data.getvalue()
    update = posted()
    work()
    with Embed.objects.get(update=update).thumbnail.open() as stored:
        shown = Image.open(stored)
        assert min(shown.getpixel((9, 9))) > 250
        assert max(shown.getpixel((200, 100))) < 9


@pytest.mark.parametrize(
    "image", [b"<svg onload='alert(1)'/>", b"\x89PNG\r\n\x1a\n truncated", b"", picture(6000, 5000)], ids=str
)
def test_an_invalid_picture_leaves_the_preview_without_one(server: EmbedServer, image: bytes) -> None:
    server.image = image
    update = posted()
    work()
    assert Embed.objects.get(update=update).playable
    assert not Embed.objects.get(update=update).thumbnail


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("down", "unreachable"),
        ("hang up", "unreachable"),
        ("slow", "timeout"),
        ("trickle", "timeout"),
        ("busy", "busy"),
        ("not json", "nonsense"),
        ("no object", "nonsense"),
        ("nested", "nonsense"),
        ("empty", "nonsense"),
        ("in circles", "nonsense"),
    ],
)
def test_an_embed_is_a_link_until_its_provider_answers(
    server: EmbedServer, settings: Any, fault: str, reason: str
) -> None:
    server.fault, server.delay = fault, 30
    if reason == "timeout":
        settings.EMBED_TIMEOUT = 1.0
    update = posted()
    started = time.monotonic()
    work()
    assert time.monotonic() - started < 20
    embed = Embed.objects.get(update=update)
    assert (embed.state, embed.failure) == ("pending", reason)
    assert embed.due_at > timezone.now()
    assert "embed-link" in page(update)
    server.fault, settings.EMBED_TIMEOUT = None, float(PATIENCE)
    make_due()
    work()
    assert "Ministers arrive" in page(update)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("gone", "gone"),
        ("private", "gone"),
        ("huge", "large"),
        ("to loopback", "forbidden"),
        ("to metadata", "forbidden"),
        ("to plain http", "forbidden"),
        ("to a file", "forbidden"),
    ],
)
def test_an_embed_that_its_provider_refuses_stays_a_link(server: EmbedServer, fault: str, reason: str) -> None:
    server.fault = fault
    update = posted()
    work()
    embed = Embed.objects.get(update=update)
    assert (embed.state, embed.failure, embed.due_at) == ("link", reason, None)
    assert len(server.requests) == 1


def test_a_provider_is_not_asked_forever(server: EmbedServer) -> None:
    server.fault = "down"
    update = posted()
    Embed._base_manager.update(attempts=resolving.queue.max_attempts - 1)
    work()
    assert Embed.objects.get(update=update).state == "link"


def test_another_process_finishes_an_abandoned_embed(server: EmbedServer) -> None:
    update = posted()
    assert [embed.update_id for embed in resolving.queue.claim(5)] == [update.pk]
    assert resolving.queue.claim(5) == []
    make_due()
    work()
    assert Embed.objects.get(update=update).playable


def test_an_answer_for_a_replaced_address_is_not_shown(server: EmbedServer) -> None:
    update = posted()
    (taken,) = resolving.queue.claim(5)
    with changes.edit(update):
        services.attach(update, "https://example.com/other")
    resolving.ask(taken)
    assert Embed.objects.get(update=update).title == ""
    assert "example.com/other" in page(update)


def test_publishing_does_not_wait_for_the_storage_of_pictures(server: EmbedServer, settings: Any) -> None:
    resolving.resolve(VIDEO)
    with override_settings(STORAGES=settings.STORAGES | {"default": {"BACKEND": "tests.test_embeds.Full"}}):
        update = posted()
        work()
        assert "Ministers arrive" in page(update)
        assert "<img" not in page(update)
    make_due()
    work()
    assert f'src="{Embed.objects.get(update=update).thumbnail.url}"' in page(update)


def test_an_embed_whose_picture_is_gone_is_shown_without_it(server: EmbedServer) -> None:
    resolving.resolve(VIDEO)
    update = posted()
    cache.clear()
    server.fault = "gone"
    work()
    embed = Embed.objects.get(update=update)
    assert (embed.due_at, embed.thumbnail.name) == (None, "")
    assert "Ministers arrive" in page(update)


@pytest.mark.django_db(transaction=True)
def test_a_picture_is_deleted_with_its_embed(server: EmbedServer, settings: Any) -> None:
    first, second = posted(), posted()
    work()
    assert len(files(settings)) == 2
    first.refresh_from_db()
    with changes.edit(first):
        services.attach(first, "https://example.com/other")
    assert files(settings) == [Path(Embed.objects.get(update=second).thumbnail.name).name]
    second.article.delete()
    assert files(settings) == []


@pytest.mark.django_db(transaction=True)
def test_the_picture_of_a_replaced_address_is_deleted(server: EmbedServer, settings: Any) -> None:
    update = posted()
    (taken,) = resolving.queue.claim(5)
    with changes.edit(update):
        services.attach(update, "https://vimeo.com/76979871")
    resolving.ask(taken)
    assert files(settings) == []


def test_an_embed_can_be_removed_and_restored_from_the_history(server: EmbedServer) -> None:
    update = posted(body_en="<p>See for yourself.</p>")
    kept = services.as_data(update)
    with changes.edit(update):
        services.attach(update, "")
    assert services.as_data(update) is None
    assert "youtube" not in page(update)
    with changes.edit(update):
        services.from_data(update, kept)
    work()
    assert "Ministers arrive" in page(update)


def test_embeds_are_published_and_resolved_without_a_cache(server: EmbedServer) -> None:
    nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    with override_settings(CACHES={"default": nowhere}):
        update = posted()
        work()
    assert Embed.objects.get(update=update).title == "Ministers arrive"


def test_a_host_that_is_no_longer_listed_cannot_be_framed(server: EmbedServer, settings: Any) -> None:
    update = posted("https://mastodon.social/@Gargron/109371234567890")
    work()
    assert "data-player" in page(update)
    settings.MASTODON_INSTANCES = []
    with changes.edit(update):
        Embed._base_manager.update(title="Another")
        update.save()
    update.body_en = "<p>Changed</p>"
    update.save()
    assert "data-player" not in page(update)


def test_embeds_add_no_queries_to_a_page(
    server: EmbedServer, django_assert_max_num_queries: Any, settings: Any
) -> None:
    from articles.page import rendering

    article = factories.article()
    for number in range(5):
        update = factories.update(article)
        with changes.edit(update):
            services.attach(update, f"https://vimeo.com/7697987{number}")
    work()
    with django_assert_max_num_queries(5):
        for update in Update.objects.for_pages().filter(article=article):
            assert rendering.embed_context(update.embed)["title"] == "Ministers arrive"


def test_a_picture_at_a_private_address_is_not_fetched(server: EmbedServer) -> None:
    server.says = {"thumbnail_url": "https://127.0.0.1/secret.png"}
    update = posted()
    work()
    assert Embed.objects.get(update=update).playable
    assert [request.path for request in server.requests] == ["/oembed"]


# The policy -----------------------------------------------------------------------------------------------------------


def test_only_readers_pages_can_frame_and_only_players(server: EmbedServer) -> None:
    update = posted()
    for url in (update.article.url("de"), update.url("de")):
        policy = Client().get(url).headers["Content-Security-Policy"]
        (frames,) = [part.split()[1:] for part in policy.split(";") if part.strip().startswith("frame-src")]
        assert "https://www.youtube-nocookie.com" in frames
        assert all(host.startswith("https://") and "*" not in host for host in frames)
    for url in ("/en/", f"{update.article.url('de')}comments/", "/admin/login/"):
        assert "frame-src" not in Client().get(url).headers["Content-Security-Policy"]

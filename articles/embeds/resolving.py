"""Ask providers for title, author and player of an address by oEmbed (https://oembed.com), in the background.

The rows of `Embed` are the queue, as the rows of `Translation` are for machine drafts. Publishing never waits. A
provider that does not answer is asked again later, and its answer then appears on open pages.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import Truncator
from PIL import Image, ImageOps

from articles import changes
from articles.embeds import providers
from articles.embeds.fetching import Fetcher
from articles.embeds.models import Embed
from articles.pictures.ground import on_ground
from articles.text.bidi import balanced
from articles.text.parsed import parse
from articles.text.plaintext import decoded, line, text_of
from liveblog import cache, jobs
from liveblog.actors import Machine, acting_as
from liveblog.errors import ProviderError
from liveblog.numbers import number

logger = logging.getLogger(__name__)

#: Seconds between two polls for due embeds.
INTERVAL = 1.0
#: A provider that does not answer is asked again for two days.
queue = jobs.Queue(
    rows=lambda: Embed.objects.order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=2),
    max_attempts=56,
    first_pause=5.0,
    longest_pause=3600.0,
)
#: Seconds for which publishing reuses an answer that the desk has shown.
CACHE_SECONDS = 3600

_MAX_BYTES = 300_000
_MAX_IMAGE_BYTES = 8_000_000
_MAX_PIXELS = 24_000_000
_MAX_THUMBNAIL = (960, 960)


@dataclass(frozen=True)
class Found:
    """The answer of a provider. The thumbnail is re-encoded as JPEG, empty if there is none."""

    player_url: str
    title: str = ""
    author: str = ""
    width: int = 0
    height: int = 0
    thumbnail: bytes = b""


def fetcher() -> Fetcher:
    return _fetcher(settings.EMBED_TIMEOUT, tuple(settings.EMBED_ROUTES.items()))


@lru_cache(maxsize=1)
def _fetcher(seconds: float, routes: tuple[tuple[str, str], ...]) -> Fetcher:
    return Fetcher(seconds, dict(routes))


def resolve(url: str) -> Found:
    """Return the answer of the provider of an address, cached for an hour. Raise ProviderError and nothing else."""
    match = providers.match(url)
    if match is None:
        raise ProviderError("forbidden")
    found = cache.get(_key(match))
    if found is None:
        found = _fetched(match)
        cache.put(_key(match), found, CACHE_SECONDS)
    return found


def known(url: str) -> Found | None:
    """Return the cached answer for an address, None if there is none."""
    match = providers.match(url)
    return cache.get(_key(match)) if match else None


def _key(match: providers.Match) -> str:
    return f"embed:{hashlib.sha256(match.page.encode()).hexdigest()}"


def _fetched(match: providers.Match) -> Found:
    answer = _oembed(match) if match.endpoint else {}
    markup = _text(answer, "html", 100_000)
    player_url = match.player_url(markup)
    if not player_url:
        raise ProviderError("nonsense")
    width, height = (_pixels(answer.get(name)) for name in ("width", "height"))
    return Found(
        player_url,
        # Posts have no title; their text is in the markup.
        title=_line(answer, "title", 300) or _first_words(markup),
        author=_line(answer, "author_name", 200),
        width=width if width and height else 0,
        height=height if width and height else 0,
        thumbnail=_thumbnail(_text(answer, "thumbnail_url", 2000)),
    )


def _oembed(match: providers.Match) -> Mapping[str, object]:
    """Return the JSON response of the provider's endpoint (https://oembed.com, sections 2.2 and 2.3)."""
    query = urlencode({"format": "json", "url": match.page})
    body = fetcher().fetch(f"{match.endpoint}?{query}", _MAX_BYTES)
    try:
        answer = json.loads(body)
    # Deep nesting raises RecursionError.
    except (ValueError, RecursionError):
        raise ProviderError("nonsense") from None
    if not isinstance(answer, dict):
        raise ProviderError("nonsense")
    return answer


def _text(answer: Mapping[str, object], name: str, length: int) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        return ""
    value = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]+", " ", value)
    return balanced(" ".join(value.split())[:length])


def _line(answer: Mapping[str, object], name: str, length: int) -> str:
    """Return a text for people. Some providers escape it as if it were HTML."""
    return line(decoded(_text(answer, name, length)))


def _pixels(value: object) -> int:
    """Return a size in pixels, 0 if it is unusable. Some providers send strings."""
    size = number(str(value), maximum=9999) or 0
    return size if size >= 10 else 0


def _first_words(markup: str) -> str:
    paragraph = parse(markup).css_first("p")
    return Truncator(balanced(text_of(paragraph) if paragraph else "")).chars(200)


def _thumbnail(url: str) -> bytes:
    """Return the picture at an address as a small JPEG, empty if it is not available."""
    if not url:
        return b""
    try:
        return reencoded(fetcher().fetch(url, _MAX_IMAGE_BYTES))
    except ProviderError:
        return b""


def reencoded(data: bytes) -> bytes:
    """Return a picture as a small JPEG, empty if it cannot be used."""
    encoded = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "GIF"])
            if image.width * image.height > _MAX_PIXELS:
                return b""
            image.draft("RGB", _MAX_THUMBNAIL)
            upright = on_ground(ImageOps.exif_transpose(image)).convert("RGB")
            upright.thumbnail(_MAX_THUMBNAIL)
            upright.save(encoded, "JPEG", quality=80, optimize=True, progressive=True)
    # For broken files, decoders raise exceptions of all kinds.
    except Exception:
        return b""
    return encoded.getvalue()


# The queue ------------------------------------------------------------------------------------------------------------


def apply(embed: Embed, found: Found) -> None:
    """Write an answer into an embed, without saving it. It stays due until its thumbnail is stored."""
    embed.state, embed.failure = Embed.State.RESOLVED, ""
    embed.player_url, embed.title, embed.author = found.player_url, found.title, found.author
    embed.width, embed.height = found.width, found.height
    if not found.thumbnail:
        embed.due_at = None


def store_thumbnail(embed: Embed, picture: bytes) -> None:
    """Store a picture that `reencoded` returned, without saving the row."""
    # No other row ever gets this file name, so the file can be deleted with the embed.
    embed.thumbnail.save(f"{secrets.token_hex(12)}.jpg", ContentFile(picture), save=False)
    embed.due_at = None


#: The actor in the history for a provider's data about an embed of a journalist.
_PROVIDER = Machine("Embeds")


def ask(embed: Embed) -> None:
    """Ask the provider of one embed, and show the answer. Errors of the provider are not raised."""
    try:
        found = resolve(embed.url)
    except ProviderError as error:
        _put_off(embed, error)
        return
    apply(embed, found)
    if found.thumbnail:
        # Store it before taking the lock: storage may be slow, and nobody could edit the article in the meantime.
        store_thumbnail(embed, found.thumbnail)
    try:
        with transaction.atomic():
            changes.lock(embed.update)
            # A journalist may have set another address in the meantime.
            if _waiting(embed).exists():
                with acting_as(_PROVIDER):
                    embed.save()
    finally:
        embed.forget_file()


def _waiting(embed: Embed) -> QuerySet[Embed]:
    """Return the row of an embed, if it is still due."""
    return Embed.objects.filter(pk=embed.pk, url=embed.url, due_at__isnull=False)


def _put_off(embed: Embed, error: ProviderError) -> None:
    if not queue.postpone(embed, _waiting(embed), error.reason, permanent=error.permanent):
        # A pending embed is shown as a link, too, so readers see no difference. A missing picture is omitted.
        Embed._base_manager.filter(pk=embed.pk, url=embed.url, state=Embed.State.PENDING).update(state=Embed.State.LINK)
    logger.warning("A provider of embeds could not be asked (%s).", error)


def resolve_due() -> int:
    """Ask the providers of embeds that are due. Return the number of rows claimed."""
    return queue.run_due(ask)


async def resolve_when_due() -> None:
    """Ask the providers of due embeds as long as the server runs."""
    await jobs.run_while_serving(resolve_due, INTERVAL, logger)

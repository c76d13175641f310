"""Asking providers what stands behind an address: by oEmbed, in the background, by whichever process is free.

The rows of `Embed` are the queue, as those of `Translation` are of machine drafts: publishing never waits, a provider
that is down is asked again later and again, and what it answers at last appears on open pages by itself.
"""

from __future__ import annotations

import hashlib
import html
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
from typing import Any
from urllib.parse import urlencode

import nh3
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
from articles.text.bidi import balanced
from liveblog import cache, jobs
from liveblog.errors import ProviderError

logger = logging.getLogger(__name__)

#: Seconds between looks for what is due.
INTERVAL = 1.0
#: A provider that does not answer is asked for two days.
queue = jobs.Queue(
    rows=lambda: Embed.objects.order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=2),
    max_attempts=56,
    first_pause=5.0,
    longest_pause=3600.0,
)
#: How long what was shown at the desk is good for publishing, in seconds.
KEPT = 3600

_MOST_BYTES = 300_000
_MOST_IMAGE_BYTES = 8_000_000
_MOST_PIXELS = 24_000_000
_THUMBNAIL = (960, 960)


@dataclass(frozen=True)
class Found:
    """What a provider says of an address. The thumbnail is a JPEG of our own making."""

    frame: str
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
    """What the provider of an address says of it; asked once an hour. Raises ProviderError and nothing else."""
    match = providers.match(url)
    if match is None:
        raise ProviderError("forbidden")
    found = cache.get(_key(match))
    if found is None:
        found = _asked(match)
        cache.put(_key(match), found, KEPT)
    return found


def known(url: str) -> Found | None:
    """What was found out of an address lately."""
    match = providers.match(url)
    return cache.get(_key(match)) if match else None


def _key(match: providers.Match) -> str:
    return f"embed:{hashlib.sha256(match.page.encode()).hexdigest()}"


def _asked(match: providers.Match) -> Found:
    answer = _oembed(match) if match.endpoint else {}
    markup = _text(answer, "html", 100_000)
    frame = match.frame(markup)
    if not frame:
        raise ProviderError("nonsense")
    width, height = (_number(answer.get(name)) for name in ("width", "height"))
    return Found(
        frame,
        # Posts have no title; what they say is in their markup.
        title=_text(answer, "title", 300) or _first_words(markup),
        author=_text(answer, "author_name", 200),
        width=width if width and height else 0,
        height=height if width and height else 0,
        thumbnail=_thumbnail(_text(answer, "thumbnail_url", 2000)),
    )


def _oembed(match: providers.Match) -> Mapping[str, Any]:
    """Return the JSON response of the provider's endpoint (https://oembed.com, sections 2.2 and 2.3)."""
    query = urlencode({"format": "json", "url": match.page})
    body = fetcher().fetch(f"{match.endpoint}?{query}", _MOST_BYTES)
    try:
        answer = json.loads(body)
    # Nesting without end is a RecursionError.
    except (ValueError, RecursionError):
        raise ProviderError("nonsense") from None
    if not isinstance(answer, dict):
        raise ProviderError("nonsense")
    return answer


def _text(answer: Mapping[str, Any], name: str, length: int) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        return ""
    value = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]+", " ", value)
    return balanced(" ".join(value.split())[:length])


def _number(value: Any) -> int:
    return int(value) if re.fullmatch(r"\d{2,4}", str(value), re.ASCII) else 0


def _first_words(markup: str) -> str:
    paragraph = re.search(r"<p\b[^>]*>(.*?)</p>", markup, re.DOTALL)
    words = html.unescape(nh3.clean(paragraph[1] if paragraph else "", tags=set()))
    return Truncator(balanced(" ".join(words.split()))).chars(200)


def _thumbnail(url: str) -> bytes:
    """The picture as a small JPEG of our own making; nothing where there is none, or none that can be had."""
    if not url:
        return b""
    try:
        return _redrawn(fetcher().fetch(url, _MOST_IMAGE_BYTES))
    except ProviderError:
        return b""


def _redrawn(data: bytes) -> bytes:
    drawn = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "GIF"])
            if image.width * image.height > _MOST_PIXELS:
                return b""
            image.draft("RGB", _THUMBNAIL)
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail(_THUMBNAIL)
            upright.save(drawn, "JPEG", quality=80, optimize=True, progressive=True)
    # Whatever a picture can be broken by.
    except Exception:
        return b""
    return drawn.getvalue()


# What becomes of it ---------------------------------------------------------------------------------------------------


def say(embed: Embed, found: Found) -> None:
    """Let an embed say what its provider said, without saving it. As long as its picture is to come, it stays due."""
    embed.state, embed.failure = Embed.State.RESOLVED, ""
    embed.frame, embed.title, embed.author = found.frame, found.title, found.author
    embed.width, embed.height = found.width, found.height
    if not found.thumbnail:
        embed.due_at = None


def _store(embed: Embed, picture: bytes) -> None:
    # The name is never used again, so the file goes with the embed.
    embed.thumbnail.save(f"{secrets.token_hex(12)}.jpg", ContentFile(picture), save=False)
    embed.due_at = None


def ask(embed: Embed) -> None:
    """Ask the provider of one embed, and show what it says. Raises nothing that a provider causes."""
    try:
        found = resolve(embed.url)
    except ProviderError as error:
        _put_off(embed, error)
        return
    say(embed, found)
    if found.thumbnail:
        # Nobody else can work on the article while it is locked, and a storage may be slow.
        _store(embed, found.thumbnail)
    try:
        with transaction.atomic():
            changes.lock(embed.update)
            # The journalist may have put another address there meanwhile.
            if _waiting(embed).exists():
                embed.save()
    finally:
        embed.forget_file()


def _waiting(embed: Embed) -> QuerySet[Embed]:
    """The row of an embed, if it is still due."""
    return Embed.objects.filter(pk=embed.pk, url=embed.url, due_at__isnull=False)


def _put_off(embed: Embed, error: ProviderError) -> None:
    if not queue.postpone(embed, _waiting(embed), error.reason, permanent=error.permanent):
        # A pending embed is shown as a link too, so readers see no difference. A missing picture is left out.
        Embed._base_manager.filter(pk=embed.pk, url=embed.url, state=Embed.State.PENDING).update(state=Embed.State.LINK)
    logger.warning("A provider of embeds could not be asked (%s).", error.reason)


def resolve_due() -> int:
    """Ask the providers of embeds that are due. Return the number of rows claimed."""
    return queue.run_due(ask)


async def resolve_when_due() -> None:
    """Look for what is due as long as the server runs."""
    await jobs.run_while_serving(resolve_due, INTERVAL, logger)

"""Whose posts, videos, sounds and charts can be embedded: the one list of providers.

To add one, add a `Provider` below; a line in `tests/test_embeds.py` says what it makes of an address. All else
(preview, Content-Security-Policy, the desk) follows from the list.

A provider's markup never gets into our pages. What is shown is a frame, whose address is made here from what the
pattern found in the pasted address; so it is always on the provider's own host.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings

Kind = Literal["video", "audio", "post", "chart"]


@dataclass(frozen=True)
class Provider:
    """One provider.

    patterns   of its addresses, as "host/path?query": their named groups go into `page`, `frame` and `endpoint`
    page       the canonical address, for readers and for the provider's oEmbed endpoint
    frame      the address of the player. Parameters without a value are left out
    endpoint   where it answers by oEmbed (oembed.com); none: there is no preview but the name
    in_html    what the frame needs besides, to be found in the `html` of the answer
    size       width and height of the frame where the provider names none; width 0: as wide as there is room
    """

    key: str
    name: str
    kind: Kind
    patterns: tuple[str, ...]
    page: str
    frame: str
    size: tuple[int, int]
    endpoint: str = ""
    in_html: str = ""


PROVIDERS = (
    Provider(
        *("youtube", "YouTube", "video"),
        (
            r"(?:(?:www|m|music)\.)?youtube\.com/watch\?(?:.*&)?v=(?P<id>[\w-]{11})(?:&(?:.*&)?t=(?P<start>\d+)s?\b|$|&)",
            r"(?:(?:www|m)\.)?youtube\.com/(?:live|embed)/(?P<id>[\w-]{11})(?:$|[/?])",
            r"(?:www\.)?youtube-nocookie\.com/embed/(?P<id>[\w-]{11})(?:$|[/?])",
            r"youtu\.be/(?P<id>[\w-]{11})(?:\?(?:.*&)?t=(?P<start>\d+)s?\b|$|[/?])",
        ),
        page="https://www.youtube.com/watch?v={id}&t={start}",
        frame="https://www.youtube-nocookie.com/embed/{id}?start={start}",
        endpoint="https://www.youtube.com/oembed",
        size=(16, 9),
    ),
    Provider(
        *("youtube-short", "YouTube", "video"),
        (r"(?:(?:www|m)\.)?youtube\.com/shorts/(?P<id>[\w-]{11})(?:$|[/?])",),
        page="https://www.youtube.com/shorts/{id}",
        frame="https://www.youtube-nocookie.com/embed/{id}",
        endpoint="https://www.youtube.com/oembed",
        size=(9, 16),
    ),
    Provider(
        *("vimeo", "Vimeo", "video"),
        (
            r"(?:www\.)?vimeo\.com/(?:channels/\w+/)?(?P<id>\d{1,12})(?:/(?P<hash>[0-9a-f]{8,12}))?(?:$|[/?])",
            r"player\.vimeo\.com/video/(?P<id>\d{1,12})(?:\?(?:.*&)?h=(?P<hash>[0-9a-f]{8,12})|$|[/?])",
        ),
        page="https://vimeo.com/{id}/{hash}",
        frame="https://player.vimeo.com/video/{id}?h={hash}&dnt=1",
        endpoint="https://vimeo.com/api/oembed.json",
        size=(16, 9),
    ),
    Provider(
        *("dailymotion", "Dailymotion", "video"),
        (
            r"(?:www\.)?dailymotion\.com/video/(?P<id>[a-z0-9]{5,12})(?:$|[_/?])",
            r"dai\.ly/(?P<id>[a-z0-9]{5,12})(?:$|\?)",
        ),
        page="https://www.dailymotion.com/video/{id}",
        frame="https://geo.dailymotion.com/player.html?video={id}",
        endpoint="https://www.dailymotion.com/services/oembed",
        size=(16, 9),
    ),
    Provider(
        *("tiktok", "TikTok", "video"),
        (r"(?:(?:www|m)\.)?tiktok\.com/@(?P<user>[\w.]{1,32})/video/(?P<id>\d{10,25})(?:$|[/?])",),
        page="https://www.tiktok.com/@{user}/video/{id}",
        frame="https://www.tiktok.com/player/v1/{id}",
        endpoint="https://www.tiktok.com/oembed",
        size=(9, 16),
    ),
    Provider(
        *("x", "X", "post"),
        (r"(?:(?:www|mobile)\.)?(?:x|twitter)\.com/(?P<user>\w{1,20})/status(?:es)?/(?P<id>\d{1,20})(?:$|[/?])",),
        page="https://x.com/{user}/status/{id}",
        frame="https://platform.twitter.com/embed/Tweet.html?id={id}&dnt=true",
        endpoint="https://publish.x.com/oembed",
        size=(0, 560),
    ),
    Provider(
        # Its oEmbed wants a token of Meta's, so there is no preview.
        *("instagram", "Instagram", "post"),
        (r"(?:www\.)?instagram\.com/(?:[\w.]{1,30}/)?(?P<what>p|reel|tv)/(?P<id>[\w-]{5,40})(?:$|[/?])",),
        page="https://www.instagram.com/{what}/{id}/",
        frame="https://www.instagram.com/{what}/{id}/embed/captioned/",
        size=(0, 720),
    ),
    Provider(
        *("bluesky", "Bluesky", "post"),
        (r"bsky\.app/profile/(?P<who>[\w.:%-]{3,253})/post/(?P<post>[a-z0-9]{5,20})(?:$|[/?])",),
        page="https://bsky.app/profile/{who}/post/{post}",
        frame="https://embed.bsky.app/embed/{did}/app.bsky.feed.post/{post}",
        endpoint="https://embed.bsky.app/oembed",
        in_html=r"at://(?P<did>did:[a-z]{3,8}:[\w.:-]{3,250})/app\.bsky\.feed\.post/",
        size=(0, 480),
    ),
    Provider(
        # Anybody runs an instance; those that may be asked and framed are listed in MASTODON_INSTANCES.
        *("mastodon", "Mastodon", "post"),
        (r"{instances}/@(?P<user>\w{1,60})/(?P<id>\d{5,25})(?:$|[/?])",),
        page="https://{instance}/@{user}/{id}",
        frame="https://{instance}/@{user}/{id}/embed",
        endpoint="https://{instance}/api/oembed",
        size=(0, 480),
    ),
    Provider(
        *("telegram", "Telegram", "post"),
        (r"(?:t|telegram)\.me/(?:s/)?(?P<channel>[a-zA-Z]\w{3,31})/(?P<id>\d{1,9})(?:$|[/?])",),
        page="https://t.me/{channel}/{id}",
        frame="https://t.me/{channel}/{id}?embed=1",
        size=(0, 480),
    ),
    Provider(
        *("spotify", "Spotify", "audio"),
        (
            r"open\.spotify\.com/(?:intl-\w+/)?(?P<what>track|episode|album|playlist|artist|show)/(?P<id>\w{22})(?:$|[/?])",
        ),
        page="https://open.spotify.com/{what}/{id}",
        frame="https://open.spotify.com/embed/{what}/{id}",
        endpoint="https://open.spotify.com/oembed",
        size=(0, 352),
    ),
    Provider(
        *("soundcloud", "SoundCloud", "audio"),
        (r"(?:(?:www|m)\.)?soundcloud\.com/(?P<user>[\w-]{2,60})/(?P<track>(?:sets/)?[\w-]{2,150})(?:$|[/?])",),
        page="https://soundcloud.com/{user}/{track}",
        frame="https://w.soundcloud.com/player/?url={page}&show_teaser=false",
        endpoint="https://soundcloud.com/oembed",
        size=(0, 166),
    ),
    Provider(
        *("apple-podcasts", "Apple Podcasts", "audio"),
        (
            r"podcasts\.apple\.com/(?P<country>\w\w)/podcast/(?:[^/?]+/)?id(?P<id>\d{6,14})(?:\?(?:.*&)?i=(?P<episode>\d+)|$|[/?])",
        ),
        page="https://podcasts.apple.com/{country}/podcast/id{id}?i={episode}",
        frame="https://embed.podcasts.apple.com/{country}/podcast/id{id}?i={episode}",
        endpoint="https://podcasts.apple.com/api/oembed",
        size=(0, 450),
    ),
    Provider(
        *("datawrapper", "Datawrapper", "chart"),
        (
            r"datawrapper\.dwcdn\.net/(?P<id>[a-zA-Z0-9]{5})(?:$|[/?])",
            r"(?:www\.)?datawrapper\.de/_/(?P<id>[a-zA-Z0-9]{5})(?:$|[/?])",
        ),
        page="https://datawrapper.dwcdn.net/{id}/",
        frame="https://datawrapper.dwcdn.net/{id}/",
        endpoint="https://api.datawrapper.de/v3/oembed/",
        size=(0, 420),
    ),
    Provider(
        *("flourish", "Flourish", "chart"),
        (r"(?:public\.flourish\.studio|flo\.uri\.sh)/(?P<what>visualisation|story)/(?P<id>\d{1,12})(?:$|[/?])",),
        page="https://public.flourish.studio/{what}/{id}/",
        frame="https://flo.uri.sh/{what}/{id}/embed",
        endpoint="https://app.flourish.studio/api/v1/oembed",
        size=(0, 575),
    ),
)

BY_KEY = {provider.key: provider for provider in PROVIDERS}


@dataclass(frozen=True)
class Match:
    """An address of a provider's, and what was found in it."""

    provider: Provider
    found: dict[str, str]

    @property
    def page(self) -> str:
        return _filled(self.provider.page, self.found)

    @property
    def endpoint(self) -> str:
        return self.provider.endpoint.format(**self.found)

    def frame(self, html: str = "") -> str:
        """The address of the frame; empty where the answer lacks what it needs."""
        found = self.found | {"page": self.page}
        if self.provider.in_html:
            if (besides := re.search(self.provider.in_html, html)) is None:
                return ""
            found |= besides.groupdict("")
        frame = _filled(self.provider.frame, found)
        return frame if is_player_url(frame) else ""


def match(url: str) -> Match | None:
    """What provider an address belongs to; None where it is nobody's that we know."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.port not in (None, 80, 443):
            return None
    except ValueError:
        return None
    address = f"{parts.hostname}{parts.path}{'?' + parts.query if parts.query else ''}"
    for provider, pattern in _patterns(tuple(settings.MASTODON_INSTANCES)):
        if found := pattern.match(address):
            return Match(provider, found.groupdict(""))
    return None


@lru_cache
def _patterns(instances: tuple[str, ...]) -> list[tuple[Provider, re.Pattern[str]]]:
    listed = f"(?P<instance>{'|'.join(map(re.escape, instances)) or '(?!)'})"
    return [
        (provider, re.compile(pattern.replace("{instances}", listed), re.ASCII))
        for provider in PROVIDERS
        for pattern in provider.patterns
    ]


def browser_patterns() -> list[str]:
    """The patterns as a browser understands them, so that the desk knows an address when it is pasted."""
    compiled = _patterns(tuple(settings.MASTODON_INSTANCES))
    return [pattern.pattern.replace("(?P<", "(?<").replace(r"\-", "-") for _provider, pattern in compiled]


def _filled(template: str, found: dict[str, str]) -> str:
    """The template with what was found, but for parameters and parts of the path that are empty."""
    values = defaultdict(str, found)
    parts = urlsplit(template)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}".format_map(values).rstrip("/")
    query = [(name, value.format_map(values)) for name, value in parse_qsl(parts.query)]
    given = urlencode([(name, value) for name, value in query if value], safe=":/")
    return place + ("/" if parts.path.endswith("/") else "") + (f"?{given}" if given else "")


@lru_cache
def _frame_hosts(instances: tuple[str, ...]) -> frozenset[str]:
    hosts = {urlsplit(provider.frame).netloc for provider in PROVIDERS if provider.key != "mastodon"}
    return frozenset(hosts | set(instances))


def player_hosts() -> frozenset[str]:
    """The hosts whose pages may be framed."""
    return _frame_hosts(tuple(settings.MASTODON_INSTANCES))


def is_player_url(url: str) -> bool:
    """Whether readers' pages may frame this address."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.netloc in player_hosts()

"""The list of providers whose posts, videos, sounds and charts can be embedded.

To add one, add a `Provider` below, and a line with an address of it to `tests/test_embeds.py`. The preview, the
Content-Security-Policy and the desk are derived from the list.

Pages contain no markup of a provider. They show the player in an iframe, whose address is built here from the groups
that the pattern found in the pasted address, so it is always on the provider's own host.
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

    patterns   regular expressions for its addresses, as "host/path?query"; the templates below use their named groups
    page       template of the canonical address, for readers and for the provider's oEmbed endpoint
    player     template of the address of the player; parameters without a value are left out
    endpoint   the oEmbed endpoint (https://oembed.com); empty: the preview has only the provider's name
    in_html    regular expression for further groups that `player` needs, found in the `html` of the oEmbed response
    size       width and height of the player if the provider names none; width 0: the full width, height in pixels
    """

    key: str
    name: str
    kind: Kind
    patterns: tuple[str, ...]
    page: str
    player: str
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
        player="https://www.youtube-nocookie.com/embed/{id}?start={start}",
        endpoint="https://www.youtube.com/oembed",
        size=(16, 9),
    ),
    Provider(
        *("youtube-short", "YouTube", "video"),
        (r"(?:(?:www|m)\.)?youtube\.com/shorts/(?P<id>[\w-]{11})(?:$|[/?])",),
        page="https://www.youtube.com/shorts/{id}",
        player="https://www.youtube-nocookie.com/embed/{id}",
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
        player="https://player.vimeo.com/video/{id}?h={hash}&dnt=1",
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
        player="https://geo.dailymotion.com/player.html?video={id}",
        endpoint="https://www.dailymotion.com/services/oembed",
        size=(16, 9),
    ),
    Provider(
        *("tiktok", "TikTok", "video"),
        (r"(?:(?:www|m)\.)?tiktok\.com/@(?P<user>[\w.]{1,32})/video/(?P<id>\d{10,25})(?:$|[/?])",),
        page="https://www.tiktok.com/@{user}/video/{id}",
        player="https://www.tiktok.com/player/v1/{id}",
        endpoint="https://www.tiktok.com/oembed",
        size=(9, 16),
    ),
    Provider(
        *("x", "X", "post"),
        (r"(?:(?:www|mobile)\.)?(?:x|twitter)\.com/(?P<user>\w{1,20})/status(?:es)?/(?P<id>\d{1,20})(?:$|[/?])",),
        page="https://x.com/{user}/status/{id}",
        player="https://platform.twitter.com/embed/Tweet.html?id={id}&dnt=true",
        endpoint="https://publish.x.com/oembed",
        size=(0, 560),
    ),
    Provider(
        # Its oEmbed endpoint needs an access token of Meta, so there is no preview.
        *("instagram", "Instagram", "post"),
        (r"(?:www\.)?instagram\.com/(?:[\w.]{1,30}/)?(?P<what>p|reel|tv)/(?P<id>[\w-]{5,40})(?:$|[/?])",),
        page="https://www.instagram.com/{what}/{id}/",
        player="https://www.instagram.com/{what}/{id}/embed/captioned/",
        size=(0, 720),
    ),
    Provider(
        *("bluesky", "Bluesky", "post"),
        (r"bsky\.app/profile/(?P<who>[\w.:%-]{3,253})/post/(?P<post>[a-z0-9]{5,20})(?:$|[/?])",),
        page="https://bsky.app/profile/{who}/post/{post}",
        player="https://embed.bsky.app/embed/{did}/app.bsky.feed.post/{post}",
        endpoint="https://embed.bsky.app/oembed",
        in_html=r"at://(?P<did>did:[a-z]{3,8}:[\w.:-]{3,250})/app\.bsky\.feed\.post/",
        size=(0, 480),
    ),
    Provider(
        # Anybody can run an instance, so MASTODON_INSTANCES lists those that may be requested and embedded.
        *("mastodon", "Mastodon", "post"),
        (r"{instances}/@(?P<user>\w{1,60})/(?P<id>\d{5,25})(?:$|[/?])",),
        page="https://{instance}/@{user}/{id}",
        player="https://{instance}/@{user}/{id}/embed",
        endpoint="https://{instance}/api/oembed",
        size=(0, 480),
    ),
    Provider(
        *("telegram", "Telegram", "post"),
        (r"(?:t|telegram)\.me/(?:s/)?(?P<channel>[a-zA-Z]\w{3,31})/(?P<id>\d{1,9})(?:$|[/?])",),
        page="https://t.me/{channel}/{id}",
        player="https://t.me/{channel}/{id}?embed=1",
        size=(0, 480),
    ),
    Provider(
        *("spotify", "Spotify", "audio"),
        (
            r"open\.spotify\.com/(?:intl-\w+/)?(?P<what>track|episode|album|playlist|artist|show)/(?P<id>\w{22})(?:$|[/?])",
        ),
        page="https://open.spotify.com/{what}/{id}",
        player="https://open.spotify.com/embed/{what}/{id}",
        endpoint="https://open.spotify.com/oembed",
        size=(0, 352),
    ),
    Provider(
        *("soundcloud", "SoundCloud", "audio"),
        (r"(?:(?:www|m)\.)?soundcloud\.com/(?P<user>[\w-]{2,60})/(?P<track>(?:sets/)?[\w-]{2,150})(?:$|[/?])",),
        page="https://soundcloud.com/{user}/{track}",
        player="https://w.soundcloud.com/player/?url={page}&show_teaser=false",
        endpoint="https://soundcloud.com/oembed",
        size=(0, 166),
    ),
    Provider(
        *("apple-podcasts", "Apple Podcasts", "audio"),
        (
            r"podcasts\.apple\.com/(?P<country>\w\w)/podcast/(?:[^/?]+/)?id(?P<id>\d{6,14})(?:\?(?:.*&)?i=(?P<episode>\d+)|$|[/?])",
        ),
        page="https://podcasts.apple.com/{country}/podcast/id{id}?i={episode}",
        player="https://embed.podcasts.apple.com/{country}/podcast/id{id}?i={episode}",
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
        player="https://datawrapper.dwcdn.net/{id}/",
        endpoint="https://api.datawrapper.de/v3/oembed/",
        size=(0, 420),
    ),
    Provider(
        *("flourish", "Flourish", "chart"),
        (r"(?:public\.flourish\.studio|flo\.uri\.sh)/(?P<what>visualisation|story)/(?P<id>\d{1,12})(?:$|[/?])",),
        page="https://public.flourish.studio/{what}/{id}/",
        player="https://flo.uri.sh/{what}/{id}/embed",
        endpoint="https://app.flourish.studio/api/v1/oembed",
        size=(0, 575),
    ),
)

BY_KEY = {provider.key: provider for provider in PROVIDERS}


@dataclass(frozen=True)
class Match:
    """An address of a provider, and the named groups found in it."""

    provider: Provider
    found: dict[str, str]

    @property
    def page(self) -> str:
        return _filled(self.provider.page, self.found)

    @property
    def endpoint(self) -> str:
        return self.provider.endpoint.format(**self.found)

    def player_url(self, html: str = "") -> str:
        """Return the address of the player, "" if `html`, the oEmbed markup, lacks a group that the address needs."""
        found = self.found | {"page": self.page}
        if self.provider.in_html:
            if (extra := re.search(self.provider.in_html, html)) is None:
                return ""
            found |= extra.groupdict("")
        url = _filled(self.provider.player, found)
        return url if is_player_url(url) else ""


def match(url: str) -> Match | None:
    """Return the provider of an address and the groups of its pattern; None if no provider matches."""
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
    """Return the patterns in the syntax of JavaScript, so that the desk recognises pasted addresses."""
    compiled = _patterns(tuple(settings.MASTODON_INSTANCES))
    return [pattern.pattern.replace("(?P<", "(?<").replace(r"\-", "-") for _provider, pattern in compiled]


def _filled(template: str, found: dict[str, str]) -> str:
    """Fill in a template. Empty parameters and a trailing empty part of the path are left out."""
    values = defaultdict(str, found)
    parts = urlsplit(template)
    base = f"{parts.scheme}://{parts.netloc}{parts.path}".format_map(values).rstrip("/")
    query = [(name, value.format_map(values)) for name, value in parse_qsl(parts.query)]
    filled_query = urlencode([(name, value) for name, value in query if value], safe=":/")
    return base + ("/" if parts.path.endswith("/") else "") + (f"?{filled_query}" if filled_query else "")


@lru_cache
def _player_hosts(instances: tuple[str, ...]) -> frozenset[str]:
    hosts = {urlsplit(provider.player).netloc for provider in PROVIDERS if provider.key != "mastodon"}
    return frozenset(hosts | set(instances))


def player_hosts() -> frozenset[str]:
    """Return the hosts whose pages may be shown in an iframe (the CSP directive frame-src)."""
    return _player_hosts(tuple(settings.MASTODON_INSTANCES))


def is_player_url(url: str) -> bool:
    """Return whether a page may show this address in an iframe."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.netloc in player_hosts()

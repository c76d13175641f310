"""The template context of an embed: a link, and a preview once its provider has answered."""

from __future__ import annotations

from django.utils.text import Truncator
from django.utils.translation import pgettext_lazy

from articles.embeds import providers
from articles.embeds.models import Embed
from liveblog.lists import labelled

_KINDS = {
    "video": pgettext_lazy("kind of embed", "Video"),
    "audio": pgettext_lazy("kind of embed", "Audio"),
    "post": pgettext_lazy("kind of embed", "Post"),
    "chart": pgettext_lazy("kind of embed", "Chart"),
}
#: Limits of sizes stated by providers: heights in pixels, and the ratio of width to height.
_HEIGHTS = range(60, 1201)
_MIN_RATIO, _MAX_RATIO = 0.3, 4.0


def embed_context(embed: Embed | None, picture: str = "") -> dict[str, object] | None:
    """Return the template's variables. `picture`: address of a thumbnail that is not stored yet."""
    if embed is None:
        return None
    link = embed.url.split("://", 1)[-1].removeprefix("www.").removesuffix("/")
    context = {"url": embed.url, "link": Truncator(link).chars(70), "playable": embed.playable}
    if embed.playable:
        provider = providers.BY_KEY[embed.provider]
        width, height = _size(embed, provider)
        context |= {
            "player_url": embed.player_url,
            "kind": provider.kind,
            "kind_name": _KINDS[provider.kind],
            "provider": provider.name,
            "title": embed.title,
            "author": embed.author,
            "player_title": labelled(provider.name, embed.title) if embed.title else provider.name,
            "width": width,
            "height": height,
            "picture": picture or (embed.thumbnail.url if embed.thumbnail else ""),
            "picture_width": embed.thumbnail_width,
            "picture_height": embed.thumbnail_height,
        }
    return context


def _size(embed: Embed, provider: providers.Provider) -> tuple[int, int]:
    """Return width and height as a ratio, or 0 and a height in pixels."""
    width, height = provider.size
    if width and embed.height and _MIN_RATIO <= embed.width / embed.height <= _MAX_RATIO:
        return embed.width, embed.height
    if not width and embed.height in _HEIGHTS:
        return 0, embed.height
    return width, height

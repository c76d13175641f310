"""The embed of an update: put there, taken away, kept in the history."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from articles.embeds import providers, resolving
from articles.embeds.models import Embed

_is_address = URLValidator(["http", "https"])


def address(text: str) -> str:
    """The canonical form of an address that somebody has pasted. Raises ValidationError."""
    text = text.strip()
    if len(text) > 1000:
        raise ValidationError(_("This address is too long."), code="length")
    if match := providers.match(text):
        return match.page
    try:
        _is_address(text)
    except ValidationError:
        raise ValidationError(
            _("This is no address of a page. An example is %(example)s") % {"example": _EXAMPLE}
        ) from None
    return text


_EXAMPLE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def attach(update: Any, url: str) -> None:
    """Make `url` the embed of an update, or take its embed away where `url` is empty. Call within `changes.edit`.

    It is resolved in the background, but for what the desk has been told of the same address just now; the picture is
    stored there in any case.
    """
    embed = getattr(update, "embed", None)
    if not url.strip():
        if embed is not None:
            embed.delete()
            update._state.fields_cache.pop("embed", None)
        return
    url = address(url)
    if embed is not None and embed.url == url:
        return
    embed = embed or Embed(update=update)
    embed.point_to(url)
    if found := resolving.known(url):
        resolving.say(embed, found)
    embed.save()


def as_data(update: Any) -> dict[str, Any] | None:
    """What a version of the update keeps of its embed: what a person chose, not what its provider says."""
    embed = getattr(update, "embed", None)
    return None if embed is None else {"url": embed.url}


def described(data: dict[str, Any] | None) -> str:
    """What `as_data` gave, in words."""
    return data["url"] if data else ""


def from_data(update: Any, data: dict[str, Any] | None) -> None:
    """Bring back what `as_data` gave. Call within `changes.edit`."""
    attach(update, data["url"] if data else "")

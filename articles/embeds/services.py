"""Set and remove the embed of an update, and store it in versions of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from articles import changes
from articles.embeds import providers, resolving
from articles.embeds.models import Embed
from liveblog.links import names_no_user

if TYPE_CHECKING:
    from articles.models import Update

#: The embed in a version of the history.
Data = dict[str, str]

_is_address = URLValidator(["http", "https"])


def address(text: str) -> str:
    """Return the canonical form of a pasted address. Raise ValidationError."""
    text = text.strip()
    if len(text) > 1000:
        raise ValidationError(_("This link is too long."), code="length")
    if match := providers.match(text):
        return match.page
    try:
        _is_address(text)
    except ValidationError:
        raise ValidationError(_("That isn’t a web address. Example: %(example)s") % {"example": _EXAMPLE}) from None
    names_no_user(text)
    return text


_EXAMPLE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def attach(update: Update, url: str) -> None:
    """Make `url` the embed of an update, or remove its embed if `url` is empty. Call within `changes.edit`.

    The provider is asked in the background. An answer that the desk got for the same address within the last hour is
    used at once; its thumbnail is still stored in the background.
    """
    embed = _stored(update)
    if not url.strip():
        if embed is not None:
            embed.delete()
        update._state.fields_cache["embed"] = None
        return
    url = address(url)
    if embed is not None and embed.url == url:
        return
    embed = embed or Embed(update=update)
    embed.point_to(url)
    if found := resolving.known(url):
        resolving.apply(embed, found)
    embed.save()


def _stored(update: Update) -> Embed | None:
    """Return the embed of an update in the open edit, which has already read it."""
    if "embed" not in update._state.fields_cache:
        before = changes.row_before(update)
        update._state.fields_cache["embed"] = getattr(before, "embed", None)
    return update._state.fields_cache["embed"]


def as_data(update: Update) -> Data | None:
    """Return the embed for a version of the history: the address, without the answer of the provider."""
    embed = getattr(update, "embed", None)
    return None if embed is None else {"url": embed.url}


def describe(data: Data | None) -> str:
    """Return what `as_data` returned as text for people."""
    return data["url"] if data else ""


def from_data(update: Update, data: Data | None) -> None:
    """Restore what `as_data` returned. Call within `changes.edit`."""
    attach(update, data["url"] if data else "")

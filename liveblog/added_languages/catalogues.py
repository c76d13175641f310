"""The catalogues of a site for the interface in its own languages (gettext), as Babel reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale

from liveblog.languages import SHIPPED, direction, locale_of, own_name, tag

#: The catalogue from which the English messages are read; any complete one would do.
_MODEL = "de"


@dataclass(frozen=True)
class Written:
    """A catalogue that was written: its file, and its messages."""

    file: Path
    messages: int
    translated: int


def write(language: str) -> Written:
    """Create or update the catalogue of a language: all messages of the product, and the translations so far.

    Compile it, too. A message that the product no longer has stays as a comment at the end.
    """
    file = settings.SITE_LOCALE / to_locale(language) / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    catalogue = _begun(language)
    if file.exists():
        with file.open("rb") as source:
            catalogue = read_po(source, locale=str(locale_of(language)), charset="utf-8")
    catalogue.update(_messages(), no_fuzzy_matching=True, update_creation_date=False)
    part = file.with_suffix(".po.part")
    with part.open("wb") as target:
        write_po(target, catalogue, width=0)
    part.replace(file)
    part = file.with_suffix(".mo.part")
    with part.open("wb") as target:
        write_mo(target, catalogue)
    part.replace(file.with_suffix(".mo"))
    messages = [message for message in catalogue if message.id]
    translated = [message for message in messages if message.string and all(_forms(message.string))]
    return Written(file, len(messages), len(translated))


def _forms(string: str | tuple[str, ...] | list[str]) -> list[str]:
    return [string] if isinstance(string, str) else list(string)


def _begun(language: str) -> Catalog:
    return Catalog(
        locale=locale_of(language),
        project="Live blog",
        header_comment=f"# The interface in {own_name(language)} ({tag(language)}), {direction(language)}.",
        charset="utf-8",
    )


def _messages() -> Catalog:
    """Return all messages of the product without translations. An installed wheel has them in compiled form only."""
    directory = settings.SITE_DIR / "locale" / _MODEL / "LC_MESSAGES"
    assert _MODEL in SHIPPED
    source = directory / "django.po"
    with (source if source.exists() else directory / "django.mo").open("rb") as file:
        found = read_po(file, locale=_MODEL) if source.exists() else read_mo(file)
    empty = Catalog(charset="utf-8")
    for message in found:
        if message.id:
            empty.add(
                message.id,
                flags=message.flags - {"fuzzy"},
                auto_comments=message.auto_comments,
                locations=message.locations,
                context=message.context,
            )
    return empty

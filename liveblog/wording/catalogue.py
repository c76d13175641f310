"""The messages of the interface: those of the product, and those of Django and other libraries with pages of their own.

Scripts of libraries have their own catalogues (the domain djangojs); scripts of the product get their messages from the
page. The messages are read from the catalogues of one language. In ours, each message has the files that show it, and
an explanation for translators (scripts/check_messages.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.utils.translation import to_locale

from liveblog.languages import SHIPPED

#: Separates context and text in a catalogue (GNU gettext, "The Format of GNU MO Files").
SEPARATOR = "\x04"

_FILE = re.compile(r"[\w./-]+\.(?:html|py|txt|js)\b")


@dataclass(frozen=True)
class Message:
    """A message: its context, its English text, its English plural, and further data.

    files   the templates and modules of the product that show it; none for a message of a library
    notes   its explanation for translators
    """

    context: str
    singular: str
    plural: str = ""
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """Return a short key for addresses."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:16]

    @property
    def id(self) -> str:
        """Return its key in catalogues."""
        return f"{self.context}{SEPARATOR}{self.singular}" if self.context else self.singular

    @property
    def english(self) -> list[str]:
        return [self.singular, self.plural] if self.plural else [self.singular]


@lru_cache(maxsize=1)
def messages() -> Mapping[str, Message]:
    """Return all messages by their keys: those of the product first, in the order of its files."""
    found = _messages(_catalogues("django"))
    return found | {key: message for key, message in script_messages().items() if key not in found}


@lru_cache(maxsize=1)
def script_messages() -> Mapping[str, Message]:
    """Return the messages of scripts of Django and other libraries by their keys."""
    return _messages(_catalogues("djangojs"))


@lru_cache(maxsize=64)
def plural_forms(language: str) -> str:
    """Return the header Plural-Forms of a language's catalogue."""
    for directory in settings.LOCALE_PATHS:
        path = path_of(Path(directory), language)
        if path.exists():
            return next(value for name, value in _load(path, headers=True).mime_headers if name == "Plural-Forms")
    return "nplurals=2; plural=(n != 1);"


def number_of_forms(language: str) -> int:
    """Return how many plural forms a language has in catalogues."""
    found = re.search(r"nplurals\s*=\s*(\d+)", plural_forms(language))
    assert found is not None
    return int(found[1])


def english_of(entry: Any) -> tuple[str, str]:
    """Return the English text of a Babel entry, and its plural; "" if it has none."""
    singular, plural = entry.id if isinstance(entry.id, tuple) else (entry.id, "")
    return singular, plural


def directories() -> list[Path]:
    """Return the directories with catalogues, in the order in which gettext looks into them."""
    found = [Path(directory) for directory in settings.LOCALE_PATHS]
    found += [Path(config.path) / "locale" for config in apps.get_app_configs()]
    return [*found, Path(django.__file__).parent / "conf" / "locale"]


def path_of(directory: Path, language: str, domain: str = "django") -> Path:
    return directory / to_locale(language) / "LC_MESSAGES" / f"{domain}.po"


def _catalogues(domain: str) -> Iterator[Path]:
    """Yield the catalogues that have all messages of each directory: the source that translators get, in English.

    Without an English one, any will do for our own catalogues, which all have the same messages
    (scripts/check_messages.py); those of others do not.
    """
    for directory in directories():
        paths = [path_of(directory, language, domain) for language in SHIPPED]
        found = [path for path in paths if path.exists()]
        yield from found[:1] if found[:1] == paths[:1] or str(directory) in map(str, settings.LOCALE_PATHS) else found


def _messages(paths: Iterable[Path]) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for path in paths:
        for message in _read(path):
            found.setdefault(message.key, message)
    return found


def _load(path: Path, *, headers: bool = False) -> Catalog:
    text = path.read_text(encoding="utf-8")
    return read_po(
        [*text.partition("\n\n")[0].splitlines(keepends=True)] if headers else text.splitlines(keepends=True)
    )


def _read(path: Path) -> Iterator[Message]:
    ours = any(path.is_relative_to(directory) for directory in settings.LOCALE_PATHS)
    for entry in _load(path):
        if not entry.id:
            continue
        singular, plural = english_of(entry)
        files: list[str] = []
        notes: list[str] = []
        for line in entry.auto_comments if ours else ():
            if line.startswith("In ") and (named := _FILE.findall(line)):
                files += named
            else:
                notes.append(line)
        yield Message(entry.context or "", singular, plural, tuple(files), tuple(notes))

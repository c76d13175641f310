"""The screens of the site, by the files that show them: where a message appears, with an example."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse
from django.utils.translation import pgettext_lazy

from liveblog.wording.catalogue import Message

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class Screen(NamedTuple):
    """A group of pages: its name, the files that show it, and the address of an example.

    files     prefixes or, after "*", parts of the names of files
    example   "site NAME" and "admin NAME" name URL patterns; "example NAME" is an example that an app registers
    """

    label: _StrOrPromise
    files: tuple[str, ...]
    example: str = ""


#: The first match counts.
_SCREENS = (
    Screen(pgettext_lazy("part of the site", "Emails"), ("*/emails/", "*emails.py", "comments/digests")),
    Screen(
        pgettext_lazy("part of the site", "Coverage on other sites"),
        ("templates/articles/embedding", "articles/embedding"),
    ),
    Screen(pgettext_lazy("part of the site", "Feeds"), ("templates/articles/feeds", "articles/feeds")),
    Screen(
        pgettext_lazy("part of the site", "Notifications"),
        ("articles/following", "liveblog/webpush", "templates/articles/follow"),
    ),
    Screen(
        pgettext_lazy("part of the site", "Live desk"),
        ("templates/admin/articles/desk", "articles/desk", "articles/publishing"),
    ),
    Screen(
        pgettext_lazy("part of the site", "Moderation of comments"),
        ("templates/admin/comments", "comments/queue", "comments/admin", "comments/moderation"),
        "admin admin:comments_comment_changelist",
    ),
    Screen(
        pgettext_lazy("part of the site", "Readers’ comments"),
        ("templates/comments", "comments/", "templates/articles/comments"),
        "example live",
    ),
    Screen(
        pgettext_lazy("part of the site", "Translation"),
        (
            "templates/admin/articles/translation",
            "templates/admin/articles/glossaryterm",
            "articles/translations",
            "liveblog/translation",
        ),
    ),
    Screen(
        pgettext_lazy("part of the site", "Newsroom’s home page"),
        ("templates/admin/newsroom", "articles/newsroom"),
        "admin newsroom",
    ),
    Screen(
        pgettext_lazy("part of the site", "Settings"),
        ("templates/admin/settings", "liveblog/branding", "liveblog/newsroom", "liveblog/wording", "*settings_page.py"),
        "admin settings",
    ),
    Screen(
        pgettext_lazy("part of the site", "Login and accounts"),
        (
            *("templates/account", "templates/mfa", "templates/usersessions", "templates/socialaccount"),
            *("liveblog/accounts", "liveblog/roles", "liveblog/audit", "templates/auth"),
        ),
    ),
    Screen(
        pgettext_lazy("part of the site", "Archive, topics, authors and search"),
        ("templates/articles/listings", "articles/listings"),
        "site archive",
    ),
    Screen(
        pgettext_lazy("part of the site", "Live page"),
        (
            *("templates/articles", "articles/page", "articles/templatetags", "articles/kinds", "articles/polls"),
            *("articles/cards", "articles/pictures", "articles/embeds"),
        ),
        "example live",
    ),
    Screen(
        pgettext_lazy("part of the site", "Every page for readers"),
        ("templates/site", "templates/base.html", "liveblog/branding", "liveblog/moments", "liveblog/lists"),
        "site index",
    ),
    Screen(pgettext_lazy("part of the site", "Error messages"), ("templates/4", "templates/5", "liveblog/unavailable")),
    Screen(
        pgettext_lazy("part of the site", "Programs and webhooks"),
        ("liveblog/rest", "liveblog/webhooks", "articles/rest", "comments/rest", "templates/admin/liveblog"),
    ),
    Screen(pgettext_lazy("part of the site", "Newsroom’s forms and lists"), ("",)),
)

_LIBRARY = Screen(pgettext_lazy("part of the site", "Words of Django and other libraries"), ())

#: Takes a language; returns an address, "" if there is nothing to show.
Example = Callable[[str], str]
_examples: dict[str, Example] = {}


class Place(NamedTuple):
    """A screen where a message appears: its name, the address of an example or "", and the files that show it."""

    label: _StrOrPromise
    url: str
    files: tuple[str, ...]


def register_example(name: str, example: Example) -> None:
    """Make the address of an example by a function of the app that has the pages."""
    _examples[name] = example


def places_of(message: Message, language: str) -> list[Place]:
    """Return the screens where a message appears, with their addresses in a language."""
    by_screen: dict[Screen, list[str]] = {}
    for file in message.files:
        by_screen.setdefault(_screen_of(file), []).append(file)
    if not by_screen:
        by_screen[_LIBRARY] = []
    return [Place(screen.label, _url(screen, language), tuple(files)) for screen, files in by_screen.items()]


def labels_of(message: Message) -> list[str]:
    screens = list(dict.fromkeys(map(_screen_of, message.files))) or [_LIBRARY]
    return [str(screen.label) for screen in screens]


def _screen_of(file: str) -> Screen:
    return next(
        screen
        for screen in _SCREENS
        if any(name[1:] in file if name.startswith("*") else file.startswith(name) for name in screen.files)
    )


def _url(screen: Screen, language: str) -> str:
    kind, _gap, name = screen.example.partition(" ")
    if kind == "site":
        return reverse(name, args=[language])
    if kind == "admin":
        return reverse(name)
    return _examples[name](language) if name in _examples else ""

"""Show at the desk the number of readers whom an update will reach, or has reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from articles.following import audience
from articles.following.models import Level, Story
from articles.models import Article, Update
from liveblog import cache, lists
from liveblog.languages import active_locale, language_name
from liveblog.webpush import vapid

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

#: Seconds for which the numbers of followers are cached for all desks of an article.
_COUNTED_SECONDS = 15


@dataclass(frozen=True)
class Outlook:
    """The notification of one update. `goes_at` is None if it no longer waits."""

    goes_at: datetime | None
    stopped: bool
    told: str
    may_stop: bool


def of_updates(updates: Iterable[Update], user: User | AnonymousUser) -> dict[int, Outlook]:
    """Return the notifications of updates by their primary key, for those that have one."""
    if not vapid.configured():
        return {}
    updates = list(updates)
    found = Story.objects.in_bulk([update.pk for update in updates])
    now = timezone.now()
    outlooks = {}
    for update in updates:
        if (story := found.get(update.pk)) is not None:
            waits = story.goes_at > now and not (story.stopped or story.withdrawn)
            goes_at = story.goes_at if waits else None
            outlooks[update.pk] = Outlook(goes_at, story.stopped, _told(story.told), waits and may_stop(update, user))
    return outlooks


def may_stop(update: Update, user: User | AnonymousUser) -> bool:
    """Return whether a user may stop a notification: an editor any, everybody else those of their own updates."""
    # Journalists also have the permissions to change updates and articles, so those do not identify an editor.
    return user.has_perm("articles.switch_release") or (
        update.written_by_id is not None and update.written_by_id == user.pk
    )


def _told(number: int) -> str:
    if not number:
        return ""
    text = ngettext("%(number)s reader was notified.", "%(number)s readers were notified.", number)
    return text % {"number": format_decimal(number, locale=active_locale())}


def forecast(article: Article) -> dict[str, str]:
    """Return sentences about the readers who would be notified of an update published now, by its level."""
    limit = article.notifications
    found = _counts(article)
    return {
        level: _forecast(found[level])
        if audience.is_allowed(level, limit)
        else _("No one is notified of such updates.")
        for level in Level
    }


def _counts(article: Article) -> dict[str, dict[str, int]]:
    key = f"followers:{article.pk}"
    found: dict[str, dict[str, int]] | None = cache.get(key)
    if found is None:
        topics = frozenset(article.topics.values_list("pk", flat=True))
        authors = frozenset(article.authors.values_list("pk", flat=True))
        found = audience.counts(audience.Subjects(frozenset([article.pk]), topics, authors))
        cache.put(key, found, _COUNTED_SECONDS)
    return found


def _forecast(by_language: dict[str, int]) -> str:
    total = sum(by_language.values())
    if not total:
        return _("No one follows such updates yet.")
    locale = active_locale()
    text = ngettext("Notifies %(number)s reader: %(languages)s", "Notifies %(number)s readers: %(languages)s", total)
    each = [
        f"{language_name(code)} {format_decimal(count, locale=locale)}"
        for code, count in sorted(by_language.items(), key=lambda pair: -pair[1])
    ]
    return text % {
        "number": format_decimal(total, locale=locale),
        "languages": lists.joined(each, get_language() or "en"),
    }

"""Alert translators to key events that wait for a translation into their languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles.models import Translation
from articles.translations import rights
from liveblog.alerts import kinds
from liveblog.alerts.kinds import Content, Kind
from liveblog.languages import language_name
from liveblog.lists import labelled

#: An older event is no news, and causes no alert.
_NEWS = timedelta(days=1)
_MAX_LINES = 8


def waiting() -> QuerySet[Translation]:
    """Return the translations of published key events that readers wait for, or that are outdated."""
    wanting: QuerySet[Translation] = Translation.objects.wanting()
    return wanting.filter(update__state="published", update__is_key=True).select_related("update__article")


def _find(user: User, wait: timedelta) -> Iterable[str]:
    now = timezone.now()
    published = {"update__first_published_at__gt": now - _NEWS, "update__first_published_at__lte": now - wait}
    found = waiting().filter(language__in=rights.languages_of(user), **published)
    return [str(pk) for pk in found.values_list("pk", flat=True)[:200]]


def _compose(user: User, subjects: Sequence[str]) -> Content | None:
    rows = [
        row
        for row in waiting().filter(pk__in=[int(subject) for subject in subjects]).order_by("-pk")
        if row.update is not None and row.language in row.update.article.offered_languages
    ]
    if not rows:
        return None
    title = ngettext(
        "%(count)s key event is waiting for a translation",
        "%(count)s key events are waiting for a translation",
        len(rows),
    )
    lines = [labelled(language_name(row.language), row.update) for row in rows[:_MAX_LINES]]
    return Content(title % {"count": len(rows)}, lines, reverse("admin:articles_translation_changelist"))


def register() -> None:
    label = _("Key events waiting for a translation into my languages")
    kinds.register(Kind("translations", label, "articles.translate_update", _compose, find=_find, minutes=lambda: 30))

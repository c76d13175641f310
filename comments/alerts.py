"""Alert moderators to comments that have waited for long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from babel.dates import format_timedelta
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.models import Comment
from liveblog.alerts import kinds
from liveblog.alerts.kinds import Content, Kind
from liveblog.alerts.models import Channel
from liveblog.languages import active_locale


def _find(user: User, wait: timedelta) -> Iterable[str]:
    """Return one subject for each period of length `wait` in which some comment has waited that long."""
    now = timezone.now()
    if not Comment.objects.filter(queued_at__lte=now - wait).exists():
        return []
    return [str(int(now.timestamp() // wait.total_seconds()))]


def _compose(user: User, subjects: Sequence[str]) -> Content | None:
    waiting = Comment.objects.queued()
    oldest = waiting.values_list("queued_at", flat=True).first()
    if oldest is None:
        return None
    count = waiting.count()
    title = ngettext("%(count)s comment is waiting to be read", "%(count)s comments are waiting to be read", count)
    span = format_timedelta(timezone.now() - oldest, threshold=1.5, locale=active_locale())
    line = _("The oldest has been waiting for this long: %(span)s") % {"span": span}
    return Content(title % {"count": count}, [line], reverse("admin:comments_comment_changelist"))


def register() -> None:
    kinds.register(
        Kind(
            "comments",
            gettext_lazy("Comments waiting for a moderator"),
            "comments.change_comment",
            _compose,
            find=_find,
            channel=lambda: Channel.EMAIL if settings.COMMENTS_DIGEST_HOURS else Channel.NONE,
            minutes=lambda: max(1, round(settings.COMMENTS_DIGEST_HOURS * 60)),
        )
    )

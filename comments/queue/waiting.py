"""The queues of moderators for home and the side bar of the newsroom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import Article
from comments.models import Comment, Discussion, EmailJob
from comments.models.comment import Held
from liveblog.newsroom.waiting import Line, Problem, Queue

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: The time after which a waiting comment is late.
LATE = timedelta(minutes=30)


def queues(user: User, lines: bool) -> Iterator[Queue]:
    """Yield the comments that wait for moderators, and those that readers have reported."""
    if not user.has_perm("comments.change_comment"):
        return
    reported = Q(held=Held.REPORTED)
    found = (
        Comment.objects.queued()
        .order_by()
        .aggregate(
            all=Count("pk"),
            reported=Count("pk", filter=reported),
            since=Min("queued_at", filter=~reported),
        )
    )
    address = reverse("admin:comments_comment_changelist")
    since, held = found["since"], found["all"] - found["reported"]
    oldest = Line(_("Oldest"), address, since=since, is_late=bool(since and since < timezone.now() - LATE))
    yield Queue(
        "comments",
        _("Comments to review"),
        "comment",
        address,
        held,
        lines=(oldest,) if lines and since else (),
        in_nav=True,
        key="c",
        short=_("Comments"),
    )
    yield Queue(
        "reported", _("Reported by readers"), "flag", f"{address}?held={Held.REPORTED}", found["reported"], is_due=True
    )


def problems(user: User) -> Iterator[Problem]:
    """Yield problems of the spam check and of e-mails to readers."""
    if not user.has_perm("comments.change_comment"):
        return
    failing = Comment.objects.filter(spam_due_at__isnull=False).exclude(spam_failure="").count()
    if failing:
        text = ngettext("%(count)d comment is waiting for it.", "%(count)d comments are waiting for it.", failing) % {
            "count": failing
        }
        yield Problem(_("The spam filter isn’t responding."), text)
    unsent = EmailJob.objects.filter(due_at__isnull=False).exclude(failure="").count()
    if unsent:
        text = ngettext("%(count)d email is waiting.", "%(count)d emails are waiting.", unsent) % {"count": unsent}
        yield Problem(_("The mail server isn’t responding."), text)


def copy_rules(source: Article, target: Article) -> None:
    """Give a coverage the comment rules of an earlier one, except for the closing time."""
    rules = Discussion.of(target.pk)
    rules.policy = Discussion.of(source.pk).policy
    rules.save()

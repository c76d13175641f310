"""The queues of the newsroom besides comments: updates to approve, one's own updates, and translations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import Translation, Update, UpdateVersion
from articles.publishing.approvals import to_approve
from articles.translations import rights
from articles.translations.failures import failure_text
from liveblog.languages import language_name
from liveblog.newsroom.waiting import Line, Problem, Queue
from liveblog.translation import engines

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Update.State

#: The time after which an update that waits for approval, or a key event that waits for its translation, is late.
APPROVAL_LATE = timedelta(minutes=3)
TRANSLATION_LATE = timedelta(minutes=10)

#: The greatest number of lines below a queue.
MAX_LINES = 4

#: The time after which a due machine draft, or a due scheduled update, is late.
DRAFT_LATE = timedelta(minutes=2)
SCHEDULE_LATE = timedelta(minutes=1)


def desk_url(update: Update) -> str:
    """Return the address of an update at its desk."""
    return f"{reverse('admin:articles_desk', args=[update.article_id])}#{update.element}"


def queues(user: User, lines: bool) -> Iterator[Queue]:
    """Yield the queues of updates and translations that a user works on."""
    if user.has_perm("articles.change_update"):
        yield from _updates(user, lines)
    if languages := rights.languages_of(user):
        yield _translations(languages, lines)


def _updates(user: User, lines: bool) -> Iterator[Queue]:
    listed = reverse("admin:articles_update_changelist")
    approvals, own = to_approve(user), Update.objects.order_by("-pk")
    yield Queue(
        "approvals",
        _("Updates to approve"),
        "approve",
        f"{listed}?state__exact=submitted",
        approvals.count(),
        is_due=True,
        lines=_update_lines(approvals, APPROVAL_LATE) if lines else (),
        in_nav=True,
        key="a",
        short=_("Approvals"),
    )
    if not lines:
        return
    handed = own.filter(assignee=user, state__in=(State.DRAFT, State.SUBMITTED))
    drafts = own.filter(state=State.DRAFT, written_by=user, assignee=None)
    for name, label, icon, found, address in (
        ("handed", _("Handed over to you"), "pen", handed, f"{listed}?mine=handed"),
        ("awaiting", _("Awaiting approval"), "clock", own.filter(state=State.SUBMITTED, submitted_by=user), ""),
        ("drafts", _("Your drafts"), "lines", drafts, f"{listed}?mine=drafts"),
    ):
        yield Queue(
            name,
            label,
            icon,
            address or f"{listed}?mine=awaiting",
            found.count(),
            is_due=name == "handed",
            lines=_update_lines(found, None),
        )


def _update_lines(found: QuerySet[Update], late: timedelta | None) -> tuple[Line, ...]:
    newest = UpdateVersion.objects.filter(update=OuterRef("pk")).order_by("-number").values("at")[:1]
    shown = found.select_related("article", "embed").annotate(since=Subquery(newest))
    return tuple(
        Line(
            str(update),
            desk_url(update),
            update.source_language,
            since=update.since,
            is_late=_is_late(update.since, late),
        )
        for update in shown[:MAX_LINES]
    )


def _is_late(since: datetime | None, span: timedelta | None) -> bool:
    return since is not None and span is not None and since < timezone.now() - span


def _translations(languages: frozenset[str], lines: bool) -> Queue:
    listed = reverse("admin:articles_translation_changelist")
    wanting = Translation.objects.wanting().filter(language__in=languages)
    published_key = Q(update__is_key=True, update__state=State.PUBLISHED)
    by_language = (
        wanting.order_by()
        .values("language")
        .annotate(count=Count("pk"), key_since=Min("update__first_published_at", filter=published_key))
    )
    found = sorted(by_language, key=lambda row: (not _is_late(row["key_since"], TRANSLATION_LATE), -row["count"]))
    return Queue(
        "translations",
        _("Translations"),
        "translate",
        listed,
        sum(row["count"] for row in found),
        lines=tuple(_language_line(row, listed) for row in found) if lines else (),
        in_nav=True,
        key="t",
    )


def _language_line(row: dict[str, object], listed: str) -> Line:
    language, since, count = str(row["language"]), row["key_since"], row["count"]
    assert isinstance(count, int)
    waiting = since if isinstance(since, datetime) else None
    name = language_name(language)
    return Line(
        _("%(language)s, a key event") % {"language": name} if waiting else name,
        f"{listed}?language={language}",
        since=waiting,
        is_late=_is_late(waiting, TRANSLATION_LATE),
        count=count,
    )


# Problems -------------------------------------------------------------------------------------------------------------


def problems(user: User) -> Iterator[Problem]:
    """Yield problems of publishing and translating."""
    now = timezone.now()
    if user.has_perm("articles.change_update"):
        late = Update.objects.filter(state=State.SCHEDULED, publish_at__lt=now - SCHEDULE_LATE).count()
        if late:
            text = ngettext(
                "%(count)d scheduled update wasn’t published in time.",
                "%(count)d scheduled updates weren’t published in time.",
                late,
            )
            url = f"{reverse('admin:articles_update_changelist')}?state__exact=scheduled"
            yield Problem(
                text % {"count": late}, _("Publish them at the desk, or tell an administrator."), url, _("Show")
            )
    if user.has_perm("articles.view_translation") and engines.available():
        yield from _late_drafts(now)


def _late_drafts(now: datetime) -> Iterator[Problem]:
    waiting = Translation.objects.filter(due_at__isnull=False)
    found = waiting.aggregate(
        late=Count("pk", filter=Q(failure="", due_at__lt=now - DRAFT_LATE)),
        failing=Count("pk", filter=~Q(failure="")),
    )
    count = found["failing"] or found["late"]
    if not count:
        return
    detail = ngettext("%(count)d machine draft is waiting.", "%(count)d machine drafts are waiting.", count) % {
        "count": count
    }
    text = _("Machine drafts are late.")
    if found["failing"]:
        # Rows do not store which engine failed, so the text names none. With several reasons, show the most frequent.
        reasons = waiting.exclude(failure="").values_list("failure").annotate(count=Count("pk"))
        for reason, _count in reasons.order_by("-count", "failure")[:1]:
            text = failure_text(reason)
    url = f"{reverse('admin:articles_translation_changelist')}?state=missing"
    yield Problem(text, detail, url, _("Show"))

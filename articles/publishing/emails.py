"""E-mails to editors about coverage that nobody works on: a warning, and a notice that it has been finished.

They are queued in the transaction of the event, one for each editor, and sent later. If the server does not accept one,
it is tried again; an outdated warning is not sent.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from articles.models import Article, CoverageEmail, CoverageEvent, UpdateVersion
from articles.publishing import quiet
from liveblog import emails, jobs, roles
from liveblog.moments.formats import moment_in_sentence

logger = logging.getLogger(__name__)

queue = jobs.Queue(
    rows=lambda: CoverageEmail.objects.select_related("event__article", "user").order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=40,
    first_pause=10.0,
    longest_pause=3600.0,
    threads=1,
)


def editors_of(article: Article) -> QuerySet[User]:
    """Return the recipients for a coverage: editors, and users who have worked on it and may finish it."""
    wrote = UpdateVersion.objects.filter(update__article=article).exclude(user=None).values("user")
    edits = Q(pk__in=roles.recipients("articles.switch_release").values("pk"))
    covers = Q(pk__in=roles.recipients("articles.cover_article").values("pk")) & Q(pk__in=wrote)
    return User.objects.filter(edits | covers).order_by("pk")


def enqueue(event: CoverageEvent) -> None:
    """Queue an e-mail about an event to each editor of the coverage."""
    if settings.EMAIL_CONFIGURED:
        now = timezone.now()
        rows = [CoverageEmail(event=event, user=user, due_at=now) for user in editors_of(event.article)]
        CoverageEmail.objects.bulk_create(rows)


def compose(job: CoverageEmail) -> EmailMessage | None:
    """Return the e-mail; None if it is outdated, because somebody has worked on the coverage or resumed it."""
    event = job.event
    article = event.article
    warning = quiet.warning_of(article)
    over = warning is None if event.kind == CoverageEvent.Kind.WARNED else not article.finished_by_clock
    if over or not job.user.email:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        finishes_at = warning.finishes_at if warning else None
        context = {
            "article": str(article),
            "since": _moment(warning.since, article) if warning else "",
            "finishes_at": _moment(finishes_at, article) if finishes_at else "",
            "finished_at": _moment(event.at, article),
            "url": f"{settings.SITE_URL}{reverse('admin:articles_desk', args=[article.pk])}",
        }
        template, message_id = f"articles/emails/{event.kind}.txt", f"coverage-{event.pk}-{job.user_id}"
        return emails.compose(template, job.user.email, context, message_id=message_id)


def _moment(moment: datetime, article: Article) -> str:
    """Format a moment in the zone of an article, in the active language."""
    with timezone.override(article.zone):
        return moment_in_sentence(moment)


def send_due() -> int:
    """Send the e-mails that are due, and return their number."""
    return queue.run_due(_send) if settings.EMAIL_CONFIGURED else 0


def _send(job: CoverageEmail) -> None:
    row = CoverageEmail.objects.filter(pk=job.pk)
    message = compose(job)
    if message is None:
        row.update(due_at=None)
        return
    try:
        message.send()
    except Exception as error:
        queue.postpone(job, row, type(error).__name__)
        logger.warning("An e-mail could not be sent (%s).", type(error).__name__)
    else:
        row.update(due_at=None, sent_at=timezone.now(), failure="")

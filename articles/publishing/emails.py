"""E-mails to editors about coverage that nobody works on: a warning, and the news that it has been finished.

They are queued in the transaction of the event, one for each editor, and sent later. One that the server does not
accept is tried again; a warning that no longer holds is not sent.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from articles.models import Article, CoverageEmail, CoverageEvent, UpdateVersion
from articles.publishing import quiet
from liveblog import jobs
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

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def editors_of(article: Article) -> QuerySet[User]:
    """Return the users who are told about a coverage: editors, and those who have worked on it and may finish it.

    A superuser as such is not one of them.
    """

    def permitted(permission: str) -> QuerySet[User]:
        return User.objects.with_perm(permission, backend=_BACKEND, include_superusers=False)

    wrote = UpdateVersion.objects.filter(update__article=article).exclude(user=None).values("user")
    edits = Q(pk__in=permitted("articles.change_article").values("pk"))
    covers = Q(pk__in=permitted("articles.cover_article").values("pk")) & Q(pk__in=wrote)
    return User.objects.filter(edits | covers, is_active=True, is_staff=True).exclude(email="").order_by("pk")


def enqueue(event: CoverageEvent) -> None:
    """Queue an e-mail about an event to each editor of the coverage."""
    if settings.EMAIL_CONFIGURED:
        now = timezone.now()
        letters = [CoverageEmail(event=event, user=user, due_at=now) for user in editors_of(event.article)]
        CoverageEmail.objects.bulk_create(letters)


def compose(letter: CoverageEmail) -> EmailMessage | None:
    """Return the e-mail, None if its occasion has gone: somebody has worked on the coverage or resumed it."""
    event = letter.event
    article = event.article
    warning = quiet.warning_of(article)
    over = warning is None if event.kind == CoverageEvent.Kind.WARNED else not article.finished_by_clock
    if over or not letter.user.email:
        return None
    language = settings.LANGUAGE_CODE
    with translation.override(language):
        finishes_at = warning.finishes_at if warning else None
        context = {
            "article": str(article),
            "since": _moment(warning.since, article) if warning else "",
            "finishes_at": _moment(finishes_at, article) if finishes_at else "",
            "finished_at": _moment(event.at, article),
            "url": f"{settings.SITE_URL}{reverse('admin:articles_desk', args=[article.pk])}",
        }
        text = render_to_string(f"articles/emails/{event.kind}.txt", context)
    subject, _, body = text.strip().partition("\n")
    headers = {
        "Message-ID": f"<coverage-{event.pk}-{letter.user_id}@{urlsplit(settings.SITE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": language,
    }
    return EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[letter.user.email], headers=headers)


def _moment(moment: datetime, article: Article) -> str:
    """Write a moment in the zone of an article, in the active language."""
    with timezone.override(article.zone):
        return moment_in_sentence(moment)


def send_due() -> int:
    """Send the e-mails that are due. Return how many there were."""
    return queue.run_due(_send) if settings.EMAIL_CONFIGURED else 0


def _send(letter: CoverageEmail) -> None:
    row = CoverageEmail.objects.filter(pk=letter.pk)
    message = compose(letter)
    if message is None:
        row.update(due_at=None)
        return
    try:
        message.send()
    except Exception as error:
        queue.postpone(letter, row, type(error).__name__)
        logger.warning("An e-mail could not be sent (%s).", type(error).__name__)
    else:
        row.update(due_at=None, sent_at=timezone.now(), failure="")

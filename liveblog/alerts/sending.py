"""Find the alerts that are due, and send each person theirs by email or to their devices, in their language.

The rows of `Alert` are the queue (`liveblog.jobs`). Alerts of one kind that are due for a person at the same time
are one message. The message omits events that are out of date when it is written. Several users are alerted at the same
time, so that a device or a mail server that does not answer keeps few of them waiting.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMessage
from django.db.models import Q
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from liveblog import emails, jobs
from liveblog.accounts.models import Profile
from liveblog.alerts import kinds
from liveblog.alerts.kinds import Content, Kind
from liveblog.alerts.models import Alert, Channel
from liveblog.errors import ProviderError
from liveblog.languages import direction
from liveblog.webpush import sending as webpush
from liveblog.webpush import vapid
from liveblog.webpush.models import PushSubscription

logger = logging.getLogger(__name__)

#: Seconds between two searches for due alerts, and for subjects that have waited too long.
INTERVAL = 2.0
FIND_SECONDS = 15.0

#: Number of alerts in a batch, and of users who are alerted at the same time.
BATCH_SIZE = 200
_THREADS = 4

#: The time after which sent alerts are deleted.
KEPT = timedelta(days=30)

queue = jobs.Queue(
    rows=lambda: Alert.objects.select_related("user").order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=12,
    first_pause=10.0,
    longest_pause=1800.0,
)

_SALT = "liveblog.alerts.stop"


def note_language(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """Store the language in which a user logs in, unless one is stored; a receiver of `user_logged_in`."""
    language = translation.get_language() or ""
    if language in dict(settings.LANGUAGES):
        profile, _new = Profile.objects.get_or_create(user=user)
        if not profile.language:
            Profile.objects.filter(pk=profile.pk).update(language=language)


def stop_url(user: User, kind: Kind) -> str:
    """Return the path at which a user unsubscribes from a kind with one click. It is signed, and needs no log-in."""
    return reverse("stop-alerts", args=[signing.Signer(salt=_SALT).sign(f"{user.pk}:{kind.code}")])


def named_by(token: str) -> tuple[User, Kind] | None:
    """Return the user and the kind that a token names; None if its signature is invalid."""
    try:
        pk, _sep, code = signing.Signer(salt=_SALT).unsign(token).partition(":")
    except signing.BadSignature:
        return None
    user, kind = User.objects.filter(pk=int(pk)).first(), kinds.get(code)
    return (user, kind) if user and kind else None


# Finding --------------------------------------------------------------------------------------------------------------

_found_at = 0.0


def find_due() -> int:
    """Queue alerts about subjects that have waited too long. Return 0, so that `jobs.run_while_serving` pauses."""
    global _found_at
    if time.monotonic() < _found_at + FIND_SECONDS:
        return 0
    _found_at = time.monotonic()
    for kind in kinds.all_kinds():
        if kind.find is None:
            continue
        for user in kinds.people(kind):
            minutes = kinds.choice_of(user, kind).minutes or 0
            if minutes and (subjects := list(kind.find(user, timedelta(minutes=minutes)))):
                kinds.queue(kind, user, subjects)
    Alert.objects.filter(made_at__lt=timezone.now() - KEPT, due_at=None).delete()
    return 0


# Telling --------------------------------------------------------------------------------------------------------------


def due(under_way: frozenset[int] = frozenset()) -> list[int]:
    """Return the users with due alerts, without those given."""
    rows = Alert.objects.filter(due_at__lte=timezone.now()).exclude(user__in=under_way)
    return list(rows.order_by().values_list("user", flat=True).distinct())


def tell_due(user: int | None = None) -> int:
    """Send the due alerts of a user; default: of all. Return the number of rows claimed."""
    claimed = queue.claim(BATCH_SIZE, None if user is None else Q(user=user))
    groups: dict[tuple[int, str], list[Alert]] = defaultdict(list)
    for row in claimed:
        groups[row.user_id, row.kind].append(row)
    for rows in groups.values():
        try:
            sent = _tell(rows)
        except Exception as error:
            for row in rows:
                queue.postpone(row, Alert.objects.filter(pk=row.pk), type(error).__name__)
            logger.warning("Somebody of the newsroom could not be told of something (%s).", type(error).__name__)
            continue
        values = {"due_at": None, "failure": ""} | ({"sent_at": timezone.now()} if sent else {})
        Alert.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
    return len(claimed)


def _tell(rows: Sequence[Alert]) -> bool:
    """Alert a user to subjects of one kind, and return whether any is still current."""
    user, kind = rows[0].user, kinds.get(rows[0].kind)
    if kind is None or not kinds.may_be_told(user, kind):
        return False
    channel = kinds.choice_of(user, kind).channel
    if channel == Channel.NONE:
        return False
    with translation.override(Profile.language_of(user)):
        content = kind.compose(user, [row.subject for row in rows])
        if content is None:
            return False
        if channel == Channel.PUSH and _push(user, kind, content):
            return True
        # A user without a device gets an e-mail.
        return _email(user, kind, content, rows[0])


def _email(user: User, kind: Kind, content: Content, first: Alert) -> bool:
    if not (settings.EMAIL_CONFIGURED and user.email):
        return False
    stop = f"{settings.SITE_URL}{stop_url(user, kind)}"
    context = {
        "title": content.title,
        "lines": content.lines,
        "url": f"{settings.SITE_URL}{content.path}",
        "stop_url": stop,
        "choose_url": f"{settings.SITE_URL}{reverse('alerts')}",
    }
    message: EmailMessage = emails.compose(
        "liveblog/emails/alert.txt", user.email, context, message_id=f"alert-{first.pk}"
    )
    # RFC 8058: one click, without a page in between.
    message.extra_headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    message.send()
    return True


def _push(user: User, kind: Kind, content: Content) -> bool:
    """Send an alert to all devices of a user, and return whether the push service of one has accepted it."""
    devices = list(user.push_subscriptions.all()) if vapid.configured() else []
    language = translation.get_language() or settings.LANGUAGE_CODE
    fields = {
        "title": content.title[:120],
        "body": "\n".join(content.lines)[:400],
        "url": content.path,
        "lang": language,
        "dir": direction(language),
        "silent": False,
        # The latest alert of a kind replaces the one before.
        "tag": f"alert-{kind.code}",
        "version": int(time.time()),
        "icon": static("liveblog/icon.svg"),
        "stop": _("Stop these notifications"),
        "leave": stop_url(user, kind),
        "leaving": {},
        "at": int(time.time() * 1000),
    }
    data = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    said = webpush.Content(data, topic=f"alert-{kind.code}", urgency="high")
    messages = [webpush.Message(one.as_endpoint, said) for one in devices]
    errors = webpush.send_all(messages)
    gone = [device.pk for device, error in zip(devices, errors, strict=True) if error and error.reason == "gone"]
    PushSubscription.objects.filter(pk__in=gone).delete()
    temporary = next((error for error in errors if error and not error.permanent), None)
    taken = any(error is None for error in errors)
    if temporary is not None and not taken:
        raise ProviderError(temporary.reason)
    return taken


async def tell_when_due() -> None:
    """Find and send alerts as long as the server runs."""
    await asyncio.gather(
        jobs.run_while_serving(find_due, INTERVAL, logger),
        jobs.Lanes(due, tell_due, _THREADS, logger).run_while_serving(INTERVAL),
    )

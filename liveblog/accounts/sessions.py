"""Sessions: how long they last, which ones a person has, and how they end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from liveblog.accounts import second_factor

#: Seconds between two renewals of a session, because each one writes to the database.
RENEW_SECONDS = 300

_RENEWED = "renewed_at"


class IdleSessionMiddleware:
    """End a session SESSION_COOKIE_AGE after the last action of its user.

    Automatic polling by a page does not renew the session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # `accessed`: only if the view has used the session; readers' pages do not.
        if request.session.accessed and _is_activity(request) and request.user.is_authenticated:
            _renew(request)
        return response


def note_polling(request: HttpRequest) -> None:
    """Note that a page sends a POST request by itself, so it does not renew the session."""
    request.is_polling = True  # type: ignore[attr-defined]


def _is_activity(request: HttpRequest) -> bool:
    if getattr(request, "is_polling", False):
        return False
    return request.method == "POST" or request.headers.get("Accept") != "application/json"


def _renew(request: HttpRequest) -> None:
    now = time.time()
    if now - request.session.get(_RENEWED, 0) >= RENEW_SECONDS:
        request.session[_RENEWED] = now
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())


def user_of(key: str | None) -> User | None:
    """Return the user of a stored session; None if it has ended, or if its user may not log in."""
    if not key:
        return None
    request = HttpRequest()
    request.session = SessionStore(key)
    # This compares the hash of the password, too.
    user = get_user(request)
    if not isinstance(user, User) or second_factor.is_missing(user, request.session):
        return None
    return user


def end_all(user: User) -> None:
    """End all sessions of a person, wherever they are logged in."""
    for session in UserSession.objects.filter(user=user):
        session.end()


def _forget(sender: type[Session], instance: Session, **_: object) -> None:
    UserSession.objects.filter(session_key=instance.session_key).delete()


def connect() -> None:
    """Delete the entry in a user's list of sessions with the session, even if `clearsessions` deletes it."""
    post_delete.connect(_forget, sender=Session, dispatch_uid="liveblog.accounts.sessions")


def is_recent(session: UserSession) -> bool:
    """Return whether the user was active within the last minutes."""
    return timezone.now() - session.last_seen_at < timedelta(seconds=2 * RENEW_SECONDS)

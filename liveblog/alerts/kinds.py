"""The kinds of alerts for people of the newsroom, which the apps register."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from liveblog.alerts.models import Alert, AlertChoice, Channel

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Content:
    """The words of an alert in the person's language, and the address of the page on which to act."""

    title: str
    lines: Sequence[str]
    path: str


@dataclass(frozen=True)
class Kind:
    """One kind of alert.

    label        its name for people
    permission   the permission that recipients need ("app label.codename")
    compose      returns the content for the subjects that are still current, in the active language; None if none is
    find         returns the subjects that have waited longer than a time, for one user; kinds without it use `tell`
    channel, minutes   the defaults of users who have not chosen
    """

    code: str
    label: _StrOrPromise
    permission: str
    compose: Callable[[User, Sequence[str]], Content | None]
    find: Callable[[User, timedelta], Iterable[str]] | None = None
    channel: Callable[[], Channel] = field(default=lambda: Channel.EMAIL)
    minutes: Callable[[], int] = field(default=lambda: 0)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Offer a kind to those who have its permission."""
    _kinds[kind.code] = kind


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def get(code: str) -> Kind | None:
    return _kinds.get(code)


def offered_to(user: User) -> list[Kind]:
    """Return the kinds that a user can choose."""
    return [kind for kind in _kinds.values() if may_be_told(user, kind)]


def may_be_told(user: User, kind: Kind) -> bool:
    return user.is_active and user.is_staff and user.has_perm(kind.permission)


def choice_of(user: User, kind: Kind) -> AlertChoice:
    """Return a person's choice about a kind, or the default, which is not stored."""
    stored = AlertChoice.objects.filter(user=user, kind=kind.code).first()
    minutes = kind.minutes() if kind.find else None
    return stored or AlertChoice(user=user, kind=kind.code, channel=kind.channel(), minutes=minutes)


def people(kind: Kind) -> QuerySet[User]:
    """Return the recipients of a kind. Administrators as such do not follow the daily work."""
    permitted = User.objects.with_perm(kind.permission, include_superusers=False).filter(is_active=True, is_staff=True)
    chosen = AlertChoice.objects.filter(kind=kind.code)
    declined = chosen.filter(channel=Channel.NONE)
    if kind.channel() == Channel.NONE:
        permitted = permitted.filter(pk__in=chosen.values("user"))
    return permitted.exclude(pk__in=declined.values("user")).order_by("pk")


def tell(code: str, user: User, subject: str) -> None:
    """Queue an alert for a user who wants this kind. Call it in the transaction of the event."""
    kind = _kinds.get(code)
    if kind is not None and may_be_told(user, kind) and choice_of(user, kind).channel != Channel.NONE:
        queue(kind, user, [subject])


def queue(kind: Kind, user: User, subjects: Iterable[str]) -> None:
    now = timezone.now()
    rows = [Alert(user=user, kind=kind.code, subject=subject, due_at=now) for subject in subjects]
    Alert.objects.bulk_create(rows, ignore_conflicts=True)

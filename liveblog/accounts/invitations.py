"""Invite colleagues: create their account with its roles and byline, and send them the link that opens it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format

from liveblog import emails, roles
from liveblog.accounts.models import VALID_FOR, Invitation, Profile
from liveblog.audit.accounts import about
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.branding import current as branding

#: Makes the byline of a person who writes; an app registers it.
BylineMaker = Callable[[User], None]

_byline_makers: list[BylineMaker] = []

#: Roles whose members sign their updates.
WRITERS = frozenset({roles.JOURNALIST, roles.EDITOR})


def register(maker: BylineMaker) -> None:
    """Call `maker` for each new writer. It may raise ValidationError for a name that is taken."""
    _byline_makers.append(maker)


def make_byline(user: User) -> None:
    """Make the byline of a person, if their roles need one."""
    if user.groups.filter(name__in=WRITERS).exists():
        for maker in _byline_makers:
            maker(user)


@dataclass(frozen=True)
class Sent:
    """An invitation for its sender, who is shown the link if no e-mail was sent."""

    user: User
    link: str
    by_email: bool


def invite(
    inviter: User, *, email: str, name: str, role_names: Collection[str], languages: Collection[str], is_admin: bool
) -> Sent:
    """Make an account and its byline, and invite its person. Raise ValidationError if the name is taken."""
    first, _, last = name.strip().partition(" ")
    with transaction.atomic():
        user = User(username=_free_username(email), email=email, first_name=first, last_name=last.strip())
        user.is_staff, user.is_superuser = True, is_admin
        user.set_unusable_password()
        user.save()
        user.groups.set(Group.objects.filter(name__in=role_names))
        Profile.objects.create(user=user, languages=list(languages))
        make_byline(user)
        secret = _invited(user, inviter, [*role_names, *([roles.ADMIN] if is_admin else [])])
    return _send(user, inviter, secret)


def invite_again(user: User, inviter: User) -> Sent:
    """Send a new link for an account that is not open yet, or whose owner has lost all factors."""
    with transaction.atomic():
        secret = _invited(user, inviter, list(user.groups.values_list("name", flat=True)))
    return _send(user, inviter, secret)


def _invited(user: User, inviter: User, role_names: list[str]) -> str:
    record(Action.INVITED, about(user), actor=inviter, roles=role_names)
    return Invitation.make(user, inviter)


def _send(user: User, inviter: User, secret: str) -> Sent:
    link = settings.SITE_URL + reverse("invitation", args=[secret])
    context = {
        "user": user,
        "inviter": inviter.get_full_name() or inviter.get_username(),
        "site": branding.current().sender,
        "link": link,
        "until": date_format(user.invitation.created_at + VALID_FOR, "DATE_FORMAT"),
    }
    message = emails.compose("account/emails/invitation.txt", user.email, context)
    return Sent(user, link, by_email=emails.send_now(message))


def _free_username(email: str) -> str:
    base = re.sub(r"[^\w.-]", "", email.partition("@")[0].lower())[:100] or "colleague"
    name, number = base, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{base}{number}"
    return name

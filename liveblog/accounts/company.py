"""Log in through the company's identity provider (OpenID Connect Core 1.0), and map its groups to roles."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse

from liveblog import roles
from liveblog.accounts import invitations

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin

logger = logging.getLogger(__name__)

_OURS = {name.lower(): name for name in roles.NAMES}


class CompanyAdapter(DefaultSocialAccountAdapter):
    """Let in people with an account here, and those in a group that is mapped to a role."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return bool(roles_of(sociallogin))

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account of the person, and update its roles from the groups."""
        if sociallogin.state.get("process") == "connect":
            return
        if not sociallogin.is_existing:
            self._connect(request, sociallogin)
        if settings.OIDC_GROUPS:
            found = roles_of(sociallogin)
            if sociallogin.is_existing:
                apply(sociallogin.user, found)
            if not found:
                raise ImmediateHttpResponse(render(request, "socialaccount/no_access.html", status=403))

    def _connect(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Connect the account that has an address of the person.

        Refuse an unverified address, and the account of a superuser whose groups do not map to administrators."""
        addresses = [address for address in sociallogin.email_addresses if address.email]
        for address in addresses:
            user = User.objects.filter(email__iexact=address.email).order_by("pk").first()
            if user is None:
                continue
            if not address.verified or (user.is_superuser and roles.ADMIN not in roles_of(sociallogin)):
                # Users prove with the password that the account is theirs, and then connect it.
                raise ImmediateHttpResponse(render(request, "socialaccount/connect_first.html", status=403))
            sociallogin.connect(request, user)
            return

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            apply(user, roles_of(sociallogin))
            invitations.make_byline(user)
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        # The text of an exception may contain tokens.
        logger.warning("The company's log-in failed (%s, %s).", error, type(exception).__name__)

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("mfa_index")


def roles_of(sociallogin: SocialLogin) -> set[str]:
    """Return the roles to which the groups of a person are mapped, in lower case."""
    data = sociallogin.account.extra_data or {}
    groups: set[str] = set()
    for part in (data.get("userinfo"), data.get("id_token"), data):
        found = part.get(settings.OIDC_GROUPS_CLAIM) if isinstance(part, dict) else None
        if isinstance(found, str):
            groups.add(found)
        elif isinstance(found, Iterable):
            groups |= {group for group in found if isinstance(group, str)}
    return {role for group, role in settings.OIDC_GROUPS.items() if group in groups}


def apply(user: User, found: set[str]) -> None:
    """Give a person these roles, and take away the other roles to which groups are mapped."""
    with transaction.atomic():
        governed = {_OURS[role] for role in settings.OIDC_GROUPS.values() if role in _OURS}
        wanted = {_OURS[role] for role in found if role in _OURS}
        present = set(user.groups.filter(name__in=governed).values_list("name", flat=True))
        if present - wanted:
            user.groups.remove(*Group.objects.filter(name__in=present - wanted))
        if wanted - present:
            user.groups.add(*Group.objects.filter(name__in=wanted - present))
        if roles.ADMIN in settings.OIDC_GROUPS.values() and user.is_superuser != (roles.ADMIN in found):
            user.is_superuser = roles.ADMIN in found
            user.is_staff = user.is_staff or user.is_superuser
            user.save(update_fields=["is_superuser", "is_staff"])

"""Pages of logging in and of one's own account, where django-allauth's are not enough."""

from __future__ import annotations

import logging
from typing import Any

import requests
from allauth.account.internal.decorators import login_not_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login as AllauthLogin
from allauth.account.views import LoginView as AllauthLoginView
from allauth.mfa.base.views import AuthenticateView as MFAAuthenticateView
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import login_webauthn
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.openid_connect import views as oidc
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from liveblog import limits, networks, roles
from liveblog.accounts import devices, invitations, sessions
from liveblog.accounts import second_factor as factors
from liveblog.accounts.forms import AcceptInvitationForm, InvitationForm
from liveblog.accounts.models import Invitation
from liveblog.audit.accounts import about
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.numbers import number

logger = logging.getLogger(__name__)

#: Number of passkey challenges that one network gets per minute.
_MAX_CHALLENGES = 60

#: The key of an invitation's secret in the session.
_INVITATION = "invitation"


def admin_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the admin's base template needs, on the pages of accounts; a context processor."""
    match = request.resolver_match
    return admin.site.each_context(request) if match and _is_ours(match.route) else {}


def _is_ours(route: str) -> bool:
    return route.startswith(("accounts/", "admin/login/", "admin/password_change/", "admin/roles/", "admin/invite/"))


class LoginView(AllauthLoginView):
    """The only page on which people log in, the admin's log-in included."""

    def get_authenticated_redirect_url(self) -> str:
        return self.get_next_url() or super().get_authenticated_redirect_url()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and not (user.is_active and user.is_staff):
            # The admin sends everybody without a role here.
            return render(request, "account/no_role.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {
            "can_reset": settings.EMAIL_CONFIGURED,
            "passkey_address": reverse("mfa_login_webauthn"),
            "company_address": reverse("openid_connect_login", kwargs={"provider_id": "company"}),
            "company": settings.OIDC_ISSUER and (settings.OIDC_NAME or _("Use your company login")),
        }
        return super().get_context_data(**kwargs) | more


login = login_not_required(LoginView.as_view())


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def own_sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions of the person, and end one of them or all others."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        return _end(request, request.user)
    found = sorted(
        UserSession.objects.purge_and_list(request.user), key=lambda one: (one.is_current(), one.last_seen_at)
    )
    entries = [
        {
            "session": session,
            "device": devices.describe(session.user_agent),
            "network": "" if session.ip == networks.UNKNOWN else session.ip,
            "current": session.is_current(),
            "recent": sessions.is_recent(session),
        }
        for session in reversed(found)
    ]
    return render(request, "usersessions/usersession_list.html", {"entries": entries})


def _end(request: HttpRequest, user: User) -> HttpResponse:
    mine = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    if pk := request.POST.get("session"):
        mine = mine.filter(pk=number(pk) or 0)
    ended = list(mine)
    with transaction.atomic():
        for session in ended:
            session.end()
            record(Action.SESSION_ENDED, about(user), actor=user, device=devices.describe(session.user_agent))
    if ended:
        text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", len(ended))
        messages.success(request, text % {"count": len(ended)})
    return redirect("usersessions_list")


class SecondFactorView(MFAAuthenticateView):
    """The second step of logging in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN)
        return super().get_context_data(**kwargs) | {"has_passkey": keys.exists()}


@require_http_methods(["GET", "POST"])
def company_log_in(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Lead to the company's log-in, or say that it cannot be reached."""
    try:
        response: HttpResponseBase = oidc.login(request, provider_id=provider_id)
    except requests.RequestException as error:
        logger.warning("The company's log-in cannot be reached (%s).", type(error).__name__)
        return render(request, "socialaccount/authentication_error.html", status=503)
    return response


def passkey_log_in(request: HttpRequest) -> HttpResponseBase:
    """Hand out a challenge for a passkey, which makes a session, or log in with one."""
    if request.method == "GET" and not limits.allowed(request, "passkey challenge", _MAX_CHALLENGES, 60):
        return JsonResponse({}, status=429)
    response: HttpResponseBase = login_webauthn(request)
    return response


class OwnAccountView(IndexView):
    """The person's passkeys, authenticator app and recovery codes."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        assert isinstance(self.request.user, User)
        missing = factors.is_missing(self.request.user, self.request.session)
        more = {
            "second_factor_missing": missing,
            "may_connect": bool(settings.OIDC_ISSUER),
            "connected": SocialAccount.objects.filter(user=self.request.user).exists(),
        }
        return super().get_context_data(**kwargs) | more


own_account = OwnAccountView.as_view()

# Roles and invitations ------------------------------------------------------------------------------------------------


@admin.site.admin_view
def roles_page(request: HttpRequest) -> HttpResponse:
    """Show the rights of each role."""
    own = set(request.user.groups.values_list("name", flat=True)) if isinstance(request.user, User) else set()
    heads = [(roles.NAMES[role], roles.PURPOSES[role], role in own) for role in roles.NAMES]
    rows = [(right.words, [role in right.roles for role in roles.NAMES]) for right in roles.RIGHTS]
    context = {"heads": heads, "rows": rows, "administrators_only": roles.ADMINISTRATORS_ONLY}
    return render(request, "account/roles.html", context)


@admin.site.admin_view
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Invite a colleague; show the link if no e-mail went out."""
    assert isinstance(request.user, User)
    if not request.user.has_perm("auth.add_user"):
        raise PermissionDenied
    form = InvitationForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            sent = invitations.invite(
                request.user,
                email=data["email"],
                name=data["name"],
                role_names=data["roles"],
                languages=data["languages"],
                is_admin=data.get("is_admin", False),
            )
        except ValidationError as error:
            form.add_error("name", error.messages[0])
        else:
            return render(request, "account/invited.html", {"sent": sent})
    return render(request, "account/invite.html", {"form": form})


@never_cache
def open_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Move the secret into the session, and redirect, so that no Referer header and no later page shows it."""
    if Invitation.find(secret) is None:
        return render(request, "account/invitation_over.html", status=404)
    request.session[_INVITATION] = secret
    return redirect("accept_invitation")


@never_cache
@sensitive_post_parameters()
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Let an invited colleague choose a password, and log them in."""
    secret = request.session.get(_INVITATION, "")
    invitation = Invitation.find(secret) if secret else None
    if invitation is None:
        return render(request, "account/invitation_over.html", status=404)
    user = invitation.user
    form = AcceptInvitationForm(user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/accept_invitation.html", {"form": form, "invited": user})
    # Before the transaction: the hash takes a while.
    user.set_password(form.cleaned_data["password1"])
    with transaction.atomic():
        # The first of two who hold the link wins.
        mine = Invitation.objects.filter(pk=invitation.pk, accepted_at=None)
        if not mine.update(accepted_at=timezone.now()):
            return render(request, "account/invitation_over.html", status=404)
        user.save(update_fields=["password"])
        record(Action.ACCEPTED, about(user), actor=user)
    if request.user.is_authenticated:
        logout(request)
    request.session.pop(_INVITATION, None)
    record_authentication(request, user, method="password", username=user.get_username())
    return perform_login(request, AllauthLogin(user=user))


second_factor = SecondFactorView.as_view()

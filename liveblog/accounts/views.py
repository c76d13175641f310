"""Pages of logging in and of one's own account, where django-allauth's are not enough."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.account.views import LoginView as AllauthLoginView
from allauth.mfa.base.views import AuthenticateView as MFAAuthenticateView
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from liveblog.accounts import devices, networks, sessions


def admin_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the admin's base template needs, on the pages of accounts; a context processor."""
    match = request.resolver_match
    return admin.site.each_context(request) if match and _is_ours(match.route) else {}


def _is_ours(route: str) -> bool:
    return route.startswith(("accounts/", "admin/login/", "admin/password_change/"))


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
        more = {"can_reset": settings.EMAIL_CONFIGURED, "passkey_address": reverse("mfa_login_webauthn")}
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
        mine = mine.filter(pk=pk) if pk.isdecimal() and len(pk) < 19 else mine.none()
    ended = list(mine)
    for session in ended:
        session.end()
    if ended:
        text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", len(ended))
        messages.success(request, text % {"count": len(ended)})
    return redirect("usersessions_list")


class SecondFactorView(MFAAuthenticateView):
    """The second step of logging in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN)
        return super().get_context_data(**kwargs) | {"has_passkey": keys.exists()}


second_factor = SecondFactorView.as_view()

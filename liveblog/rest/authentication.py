"""Authenticate requests by tokens, and check scopes and permissions (RFC 6750)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from liveblog import limits, networks
from liveblog.accounts import second_factor
from liveblog.rest import scopes
from liveblog.rest.models import Token
from liveblog.rest.problems import Problem, forbidden, unauthorized
from liveblog.rest.scopes import Scope

#: Number of wrong tokens that one network address may send in ten minutes.
MAX_FAILURES = 100
_FAILURES_SECONDS = 600


class AccessToken(HttpBearer):
    """Require a token. A session does not count, because a page of another site could use it.

    scope         the scope that it needs; None for any token
    permissions   permissions ("app label.codename"); its owner needs one of them; default: those of the scope
    """

    def __init__(self, scope: Scope | None = None, *permissions: str) -> None:
        super().__init__()
        self.scope = scope
        self._permissions = permissions or (scopes.PERMISSIONS[scope] if scope else ())

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        address = limits.counted_address(request.META.get("REMOTE_ADDR") or "")
        if limits.counted("wrong-token", address, _FAILURES_SECONDS) >= MAX_FAILURES:
            raise too_many(_FAILURES_SECONDS)
        found = Token.find(token)
        if found is None or not _may_come_in(found):
            limits.count("wrong-token", address, _FAILURES_SECONDS)
            raise unauthorized()
        request.user = found.user
        # The audit log names it.
        request.api_token = found  # type: ignore[attr-defined]
        self._check(found)
        if not limits.within("api", str(found.pk), settings.API_REQUESTS_PER_MINUTE, 60):
            raise too_many(60)
        found.used_from(networks.stored_of(request))
        return found

    def _check(self, token: Token) -> None:
        if self.scope:
            require(token, self.scope)
        if self._permissions and not any(token.user.has_perm(permission) for permission in self._permissions):
            raise forbidden(_("The role of this token’s owner doesn’t allow this."))


def token_of(request: HttpRequest) -> Token:
    """Return the token of a request to an operation that requires one."""
    token = request.api_token  # type: ignore[attr-defined]
    assert isinstance(token, Token)
    return token


def require(token: Token, scope: Scope) -> None:
    """Raise Problem unless a token has a scope."""
    if scope not in token.scopes:
        # RFC 6750, section 3.1.
        header = f'Bearer realm="liveblog", error="insufficient_scope", scope="{scope.value}"'
        raise Problem(
            403,
            "insufficient-scope",
            _("This access token lacks this permission: %(scope)s.") % {"scope": scope.value},
            headers={"WWW-Authenticate": header},
        )


def require_article(token: Token, article_id: int | None) -> None:
    """Raise Problem unless a token may be used for an article."""
    if not token.is_for(article_id):
        raise Problem(403, "other-article", _("This access token is for other articles only."))


def too_many(seconds: int) -> Problem:
    """Return the error for too many requests in a period of this many seconds (RFC 6585, section 4)."""
    wait = int(limits.seconds_left(seconds)) + 1
    title = _("This program sends too many requests. Let it wait, then try again.")
    return Problem(429, "too-many-requests", title, headers={"Retry-After": str(wait)})


def _may_come_in(token: Token) -> bool:
    """Return whether the owner of a token may log in."""
    user = token.user
    return user.is_active and user.is_staff and not second_factor.is_lacking(user)

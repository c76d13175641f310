"""The read-only pages of settings: values of the server's environment, and links to connections of programs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache

from liveblog import roles
from liveblog.configuration.pages import PERMISSION
from liveblog.languages import language_name
from liveblog.lists import listed
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom.settings import Section
from liveblog.rest.models import Token
from liveblog.webhooks.models import Webhook

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@admin.site.admin_view
@never_cache
def server(request: HttpRequest) -> HttpResponse:
    """Show settings that only the environment can change, except secrets."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    context = admin.site.each_context(request) | {
        "title": _("Settings"),
        "sections": settings_pages.sections_for(request),
        "facts": _facts(),
    }
    return render(request, "admin/settings/server.html", context)


def _roles_with_second_factor() -> str:
    names = {**roles.NAMES, roles.ADMIN: _("Administrator")}
    return listed(name for role, name in names.items() if role.lower() in settings.REQUIRE_MFA)


def _facts() -> list[tuple[_StrOrPromise, str, str]]:
    yes, no = pgettext("state", "Set up"), _("Not set up")
    languages = listed([language_name(code) for code, _name in settings.LANGUAGES])
    storage = urlsplit(settings.S3_PUBLIC_URL).netloc if settings.S3_BUCKET else _("On this server")
    return [
        (_("Address of the site"), settings.SITE_URL, "SITE_URL"),
        (_("Languages"), languages, "LANGUAGES"),
        (_("Time zone"), settings.TIME_ZONE, "TIME_ZONE"),
        (_("Pictures"), storage, "S3_BUCKET"),
        (_("Notifications for readers"), yes if settings.VAPID_PRIVATE_KEY else no, "VAPID_PRIVATE_KEY"),
        (_("Sites that may show coverage"), listed(settings.EMBED_ORIGINS) or _("None"), "EMBED_ORIGINS"),
        (_("Search engines"), _("May list the site") if settings.INDEXING else _("Kept out"), "INDEXING"),
        (_("Company login"), yes if settings.OIDC_ISSUER else no, "OIDC_ISSUER"),
        (_("Second factor required"), _roles_with_second_factor() or _("For no one"), "REQUIRE_MFA"),
        (_("Error reports"), yes if settings.SENTRY_DSN else no, "SENTRY_DSN"),
    ]


@admin.site.admin_view
@never_cache
def connections(request: HttpRequest) -> HttpResponse:
    """Link to webhooks and access tokens."""
    if not request.user.has_perm("liveblog.view_webhook"):
        raise PermissionDenied
    context = admin.site.each_context(request) | {
        "title": _("Settings"),
        "sections": settings_pages.sections_for(request),
        "links": [
            (
                _("Webhooks"),
                reverse("admin:liveblog_webhook_changelist"),
                Webhook.objects.count(),
                _("Notify other systems of events at once."),
            ),
            (
                _("Access tokens"),
                reverse("admin:liveblog_token_changelist"),
                Token.objects.filter(user=request.user.pk, revoked_at=None).count(),
                _("Connect programs that act in your name."),
            ),
        ],
    }
    return render(request, "admin/settings/connections.html", context)


def register() -> None:
    settings_pages.register(
        Section(gettext_lazy("Webhooks and tokens"), "connections", connections, "liveblog.view_webhook", 80)
    )
    settings_pages.register(Section(gettext_lazy("Server"), "server", server, PERMISSION, 90))

"""The page that leads an administrator through setting up the site. Each app registers its own steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from liveblog.branding.current import current as branding
from liveblog.configuration import current
from liveblog.configuration.forms import put
from liveblog.configuration.models import StoredSetting
from liveblog.configuration.pages import PERMISSION
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom.settings import Section
from liveblog.translation import engines

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

NAME = "setup"


@dataclass(frozen=True)
class Step:
    """One step. `is_done` returns whether it is done, `url` its address."""

    label: _StrOrPromise
    purpose: _StrOrPromise
    url: Callable[[], str]
    is_done: Callable[[], bool]
    place: int


_steps: list[Step] = []


def add(step: Step) -> None:
    """Add a step. Steps are sorted by `place`."""
    _steps.append(step)
    _steps.sort(key=lambda each: each.place)


def is_due(user: User) -> bool:
    """Return whether to redirect a user to the page: an administrator, if nobody has seen it yet."""
    if current.stored().get(current.SETUP_SHOWN) or not user.has_perm(PERMISSION):
        return False
    # Another process may just have shown it.
    return not StoredSetting.objects.filter(pk=current.SETUP_SHOWN).exists()


def address() -> str:
    return reverse("settings-section", args=[NAME])


@admin.site.admin_view
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """Show the steps, and which of them are done."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    if not current.stored().get(current.SETUP_SHOWN):
        # From now on the settings link to it, and nobody is redirected to it again.
        put(current.SETUP_SHOWN, True, None)
    steps = [
        {"label": each.label, "purpose": each.purpose, "url": each.url(), "done": each.is_done()} for each in _steps
    ]
    context = admin.site.each_context(request) | {
        "title": _("Settings"),
        "sections": settings_pages.sections_for(request),
        "steps": steps,
        "done": sum(bool(step["done"]) for step in steps),
        "next": next((step for step in steps if not step["done"]), None),
    }
    return render(request, "admin/settings/setup.html", context)


def section_url(name: str) -> Callable[[], str]:
    """Return a function that returns the address of a section of the settings."""
    return lambda: reverse("settings-section", args=[name])


def register() -> None:
    settings_pages.register(Section(gettext_lazy("Setting up"), NAME, page, PERMISSION, 0))
    add(
        Step(
            gettext_lazy("Name and look"),
            gettext_lazy("Give the site its name, logo and colours."),
            section_url("look"),
            lambda: branding().has_name,
            10,
        )
    )
    add(
        Step(
            gettext_lazy("Machine translation"),
            gettext_lazy("Enter the key of a provider, so that updates appear in all languages within seconds."),
            section_url("translation"),
            engines.available,
            30,
        )
    )
    add(
        Step(
            gettext_lazy("Email"),
            gettext_lazy("Send a test email. Invitations and new passwords need it."),
            section_url("mail"),
            lambda: settings.EMAIL_CONFIGURED,
            60,
        )
    )
    add(
        Step(
            gettext_lazy("Colleagues"),
            gettext_lazy("Invite journalists, translators and moderators."),
            lambda: reverse("invite"),
            lambda: User.objects.filter(is_staff=True).count() > 1,
            70,
        )
    )

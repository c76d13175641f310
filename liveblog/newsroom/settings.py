"""The sections of the page of settings. Each is a separate page, for users who may change its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from liveblog.audit.models import Action
from liveblog.audit.recording import record

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class Section(NamedTuple):
    """A section: its label, its name in addresses, its page, the permission that it needs, and its place."""

    label: _StrOrPromise
    name: str
    page: Callable[[HttpRequest], HttpResponse]
    permission: str
    place: int

    @property
    def url(self) -> str:
        return reverse("settings-section", args=[self.name])


_sections: list[Section] = []


def register(section: Section) -> None:
    """Add a section. Sections are sorted by `place`."""
    _sections.append(section)
    _sections.sort(key=lambda section: section.place)


def sections_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sections that the user may open, each with its address and whether it is the present one."""
    return [
        {"label": section.label, "url": section.url, "here": request.path == section.url}
        for section in _sections
        if request.user.has_perm(section.permission)
    ]


def form_page(
    request: HttpRequest,
    *,
    permission: str,
    form_class: type[forms.ModelForm],
    stored: models.Model,
    subject: str,
    note: _StrOrPromise = "",
) -> HttpResponse:
    """Return the page of a section that is one form of one row, and save it.

    subject   how the audit log names it
    note      a remark above the form
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = form_class(data, instance=stored, label_suffix="")
    if form.is_valid():
        with transaction.atomic():
            form.save()
            record(Action.SITE_CHANGED, subject, changed=form.changed_data)
        messages.success(request, _("Saved. This applies to new coverage."))
        return redirect(request.path)
    context = admin.site.each_context(request) | {
        "title": _("Settings"),
        "sections": sections_for(request),
        "form": form,
        "note": note,
    }
    return render(request, "admin/settings/form.html", context)


@admin.site.admin_view
@never_cache
def first(request: HttpRequest) -> HttpResponse:
    """Redirect to the first section that the user may open."""
    found = sections_for(request)
    if not found:
        raise PermissionDenied
    return redirect(found[0]["url"])


def section(request: HttpRequest, name: str) -> HttpResponse:
    """Return the page of a section."""
    for each in _sections:
        if each.name == name:
            return each.page(request)
    raise Http404

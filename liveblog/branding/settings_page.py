"""The page of settings on which a newsroom gives the site its name and look, with a preview."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from liveblog import emails
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.branding import colours
from liveblog.branding.current import Branding
from liveblog.branding.forms import BrandForm, LinkFormSet
from liveblog.branding.models import Brand
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom.settings import Section

_PERMISSION = "liveblog.change_brand"

#: Colours that newsrooms often have, all of which white text can be read on.
SWATCHES = ("#b80d25", "#0b5d57", "#12315c", "#6b2a7d", "#854800", "#1b1e23")

#: Takes a request with a branding and a language; returns the preview: HTML, or the address of a picture.
Preview = Callable[[HttpRequest, str], str]

#: A preview must not save anything.
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)

_previews: dict[str, Preview] = {}


def register_preview(name: str, preview: Preview) -> None:
    """Make the "page" or "card" of the preview by `preview`, from an app that has readers' pages."""
    _previews[name] = preview


# The response contains the fonts and logos of the preview.
@csp_update({"font-src": ["data:"]})
@admin.site.admin_view
@never_cache
def look(request: HttpRequest) -> HttpResponse:
    """Show the form, and save it."""
    _check(request)
    if request.method == "POST":
        with transaction.atomic():
            # A simultaneous save waits here, and then finds that the version has changed.
            Brand.objects.select_for_update().filter(pk=1).first()
            form, links = _forms(request)
            if form.is_valid() and links.is_valid():
                form.save()
                links.instance = form.instance
                links.save()
                record(Action.SITE_CHANGED, "name and look", changed=[*form.changed_data, *_changed(links)])
                messages.success(request, _("Saved. Open pages will change when they are reloaded."))
                return redirect(request.path)
    else:
        form, links = _forms(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Settings"),
        "sections": settings_pages.sections_for(request),
        "form": form,
        "links": links,
        "swatches": SWATCHES,
        "preview_languages": [
            {"code": code, "here": code == translation.get_language()} for code, _name in settings.LANGUAGES
        ],
        "ink": colours.INK,
    }
    return render(request, "admin/settings/look.html", context)


@admin.site.admin_view
@never_cache
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Return the site as it would look, as JSON. Nothing is saved.

    A form with errors gets the errors, by field.
    """
    _check(request)
    form, links = _forms(request)
    is_valid, links_valid = form.is_valid(), links.is_valid()
    answer: dict[str, Any] = {"errors": {name: [str(one) for one in found] for name, found in form.errors.items()}}
    if is_valid and links_valid:
        language = request.POST.get("preview_language", "")
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        shown = [each.instance for each in links.forms if _is_link(each)]
        draft = Branding.of(form.instance, shown, is_draft=True)
        request.branding = draft  # type: ignore[attr-defined]
        with translation.override(language):
            answer |= {name: _SCRIPT.sub("", make(request, language)) for name, make in _previews.items()}
            answer |= {"styles": draft.styles, "mail": _mail(request, draft)}
        answer["contrast"] = _contrast(draft)
    return JsonResponse(answer)


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(_PERMISSION):
        raise PermissionDenied


def _forms(request: HttpRequest) -> tuple[BrandForm, Any]:
    brand = Brand.stored()
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return BrandForm(data, files, instance=brand), LinkFormSet(data, files, instance=brand, prefix="links")


def _is_link(form: Any) -> bool:
    return (form.instance.pk or form.has_changed()) and not form.cleaned_data.get("DELETE")


def _changed(links: Any) -> list[str]:
    return ["links"] if links.has_changed() else []


def _mail(request: HttpRequest, draft: Branding) -> str:
    """Return an e-mail about the account of the user as a preview."""
    context = {
        "user": request.user,
        "news": _("Your password was changed."),
        "device": "Firefox",
        "at": timezone.now(),
        "site": draft.sender,
        "url": settings.SITE_URL,
    }
    return f"{emails.sender(draft)}\n\n{render_to_string('account/emails/news.txt', context).strip()}"


def _contrast(draft: Branding) -> str:
    band = draft.band
    ratio = colours.written(colours.contrast(band.text, band.band))
    if band.text == colours.WHITE:
        return _("Contrast %(ratio)s to 1: white text is easy to read on it.") % {"ratio": ratio}
    return _("Contrast %(ratio)s to 1: black text is easy to read on it.") % {"ratio": ratio}


def register() -> None:
    settings_pages.register(Section(gettext_lazy("Name and look"), "look", look, _PERMISSION, 10))

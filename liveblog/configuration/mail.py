"""The page of e-mail settings: it shows those of the server, and sends a test e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from liveblog import emails, limits
from liveblog.actors import user_of
from liveblog.configuration.pages import PERMISSION
from liveblog.configuration.services import Result
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom.settings import Section

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

#: Number of test e-mails that one network may request in ten minutes.
_MAX_TEST_EMAILS = 10


class LetterForm(forms.Form):
    to = forms.EmailField(label=gettext_lazy("Send a test email to"), max_length=254)


@admin.site.admin_view
@never_cache
def mail(request: HttpRequest) -> HttpResponse:
    """Show the settings of the server, and send a test e-mail."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    own = {"to": user_of(request).email}
    form = LetterForm(request.POST if request.method == "POST" else None, initial=own, label_suffix="")
    context = admin.site.each_context(request) | {
        "title": _("Settings"),
        "sections": settings_pages.sections_for(request),
        "form": form,
        "configured": settings.EMAIL_CONFIGURED,
        "facts": _facts(),
        "result": _sent(request, form.cleaned_data["to"]) if form.is_valid() else None,
    }
    return render(request, "admin/settings/mail.html", context)


def _facts() -> list[tuple[_StrOrPromise, str, str]]:
    """Return the settings: label, value and variable of each."""
    found: list[tuple[_StrOrPromise, str, str]] = []
    if settings.EMAIL_CONFIGURED:
        tls = ", TLS" if settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL else ""
        host = settings.EMAIL_HOST and f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}{tls}"
        found.append((_("Mail server"), host or settings.EMAIL_BACKEND.split(".")[-2], "EMAIL_URL"))
        if settings.EMAIL_HOST_USER:
            found.append((_("Account"), settings.EMAIL_HOST_USER, "EMAIL_URL"))
    return [*found, (_("Sender"), emails.sender(), "DEFAULT_FROM_EMAIL")]


def _sent(request: HttpRequest, to: str) -> Result:
    if not settings.EMAIL_CONFIGURED:
        return Result(_("No mail server is set up."))
    if not limits.allowed(request, "test letters", _MAX_TEST_EMAILS, 600):
        return Result(_("Too many attempts. Try again later."))
    fault = emails.fault_of(emails.compose("liveblog/emails/test.txt", to, {"url": settings.SITE_URL}))
    texts = {
        "": _("The mail server has accepted the email to %(address)s. If it doesn’t arrive, look in the spam folder."),
        "login": _("The mail server rejected the login. Check EMAIL_URL."),
        "sender": _("The mail server rejected the sender. Check DEFAULT_FROM_EMAIL."),
        "recipient": _("The mail server rejected the recipient %(address)s."),
        "unreachable": _("The mail server isn’t responding. Check EMAIL_URL."),
    }
    other = _("The mail server didn’t accept the email.")
    return Result(texts.get(fault, other) % {"address": to}, succeeded=not fault)


def register() -> None:
    settings_pages.register(Section(gettext_lazy("Email"), "mail", mail, PERMISSION, 60))

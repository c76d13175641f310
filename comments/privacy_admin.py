"""The admin page to look up, export and erase the data of one e-mail address."""

from __future__ import annotations

import json

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from comments import privacy
from comments.models import Commenter
from liveblog.admin_lang import LangAttributeAdmin
from liveblog.audit.models import Action
from liveblog.audit.recording import record

#: The greatest number of comments on the page. The export has all of them.
MAX_SHOWN = 200


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("Email"), widget=forms.EmailInput({"dir": "ltr", "autocomplete": "off"}))


@admin.register(Commenter)
class CommenterAdmin(LangAttributeAdmin):
    """One page instead of a list. The e-mail is posted and never in the URL, so no access log contains it."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comments.erase_comment")

    def has_view_permission(self, request: HttpRequest, obj: Commenter | None = None) -> bool:
        return request.user.has_perm("comments.erase_comment")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Commenter | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="comments_commenter_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = EmailForm(request.POST or None)
        found = None
        if form.is_valid():
            email = form.cleaned_data["email"]
            assert isinstance(request.user, User)
            if "export" in request.POST:
                record(Action.EXPORTED, actor=request.user)
                return _exported(email)
            if "erase" in request.POST:
                erased = privacy.erase(email, request.user)
                text = ngettext("%(count)s comment was erased.", "%(count)s comments were erased.", erased)
                messages.success(request, text % {"count": erased})
                return redirect(request.path)
            found = privacy.comments_of(email)
        context = self.admin_site.each_context(request) | {
            "title": capfirst(self.opts.verbose_name_plural),
            "form": form,
            "total": None if found is None else found.count(),
            "found": None if found is None else found[:MAX_SHOWN],
            "most": MAX_SHOWN,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/comments/privacy.html", context)


def _exported(email: str) -> HttpResponse:
    body = json.dumps(privacy.export(email), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="comments.json"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", headers=headers)

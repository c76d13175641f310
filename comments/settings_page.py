"""The page of settings with the usual rules for comments."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from comments.models import CommentDefaults
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom.settings import Section

_PERMISSION = "comments.change_commentdefaults"


class DefaultsForm(forms.ModelForm):
    class Meta:
        model = CommentDefaults
        fields = ("policy",)
        widgets = {"policy": forms.RadioSelect}


@admin.site.admin_view
@never_cache
def usual_rules(request: HttpRequest) -> HttpResponse:
    return settings_pages.form_page(
        request,
        permission=_PERMISSION,
        form_class=DefaultsForm,
        stored=CommentDefaults.stored(),
        subject="usual rules for comments",
        note=_("For comments on new coverage. Existing coverage keeps its own rules."),
    )


def register() -> None:
    settings_pages.register(Section(gettext_lazy("Comments"), "comments", usual_rules, _PERMISSION, 50))

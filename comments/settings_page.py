"""The page of settings with the usual rules for comments."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from comments import akismet_service, spam
from comments.models import CommentDefaults
from liveblog.configuration import pages
from liveblog.configuration.pages import Group
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom import setup
from liveblog.newsroom.settings import Section
from liveblog.newsroom.setup import Step

_PERMISSION = "comments.change_commentdefaults"


_NOTE = gettext_lazy(
    "Akismet is asked about each comment before a moderator sees it. It gets the text and the sender’s name, email, IP "
    "address and browser. The key is encrypted and never shown again."
)


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
    group = Group("akismet", "Akismet", ("AKISMET_API_KEY",), _NOTE, akismet_service.test, spam.configured)
    settings_pages.register(
        Section(gettext_lazy("Spam check"), "spam", pages.page([group], "spam check"), pages.PERMISSION, 55)
    )
    setup.add(
        Step(
            gettext_lazy("Comments"),
            gettext_lazy("Choose when readers’ comments appear."),
            setup.section_url("comments"),
            lambda: CommentDefaults.objects.exists(),
            40,
        )
    )
    setup.add(
        Step(
            gettext_lazy("Spam check"),
            gettext_lazy("Enter an Akismet key, so that moderators see less spam."),
            setup.section_url("spam"),
            spam.configured,
            50,
        )
    )

"""The page of settings with the defaults of new coverage."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache

from articles.models import Article, CoverageDefaults
from liveblog.languages import language_name
from liveblog.lists import listed
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom import setup
from liveblog.newsroom.settings import Section
from liveblog.newsroom.setup import Step

_PERMISSION = "articles.change_coveragedefaults"


class DefaultsForm(forms.ModelForm):
    class Meta:
        model = CoverageDefaults
        fields = ("languages", "time_zone", "policies", "needs_release", "shows_writing")


@admin.site.admin_view
@never_cache
def usual_coverage(request: HttpRequest) -> HttpResponse:
    offered = listed(language_name(code) for code, _name in settings.LANGUAGES)
    return settings_pages.form_page(
        request,
        permission=_PERMISSION,
        form_class=DefaultsForm,
        stored=CoverageDefaults.stored(),
        subject="usual coverage",
        note=_("The site offers these languages: %(languages)s. They are set by the LANGUAGES variable on the server.")
        % {"languages": offered},
    )


def register() -> None:
    settings_pages.register(
        Section(pgettext_lazy("kind of list", "Coverage"), "coverage", usual_coverage, _PERMISSION, 20)
    )
    setup.add(
        Step(
            pgettext_lazy("kind of list", "Coverage"),
            gettext_lazy("Choose the languages, the time zone and the rules with which new coverage begins."),
            setup.section_url("coverage"),
            lambda: CoverageDefaults.objects.exists(),
            20,
        )
    )
    setup.add(
        Step(
            gettext_lazy("First coverage"),
            gettext_lazy("Say in a few words what’s happening, and write the first update."),
            lambda: reverse("start"),
            lambda: Article.objects.exists(),
            90,
        )
    )

"""The page of an update's versions in the admin: what each of them changed, and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.history import content, diffing, restoring
from articles.history.models import UpdateVersion
from articles.models import Update
from liveblog.errors import Conflict
from liveblog.languages import SHIPPED, language_name

PAGE_SIZE = 25

#: What a form restores that names no language.
EVERYTHING = "all"


class VersionsAdmin:
    """Adds the page to the admin of updates. Its address is named `admin:articles_update_versions`."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.versions_view)  # type: ignore[attr-defined]
        return [path("<int:pk>/versions/", view, name="articles_update_versions"), *super().get_urls()]  # type: ignore[misc]

    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        update: Update = get_object_or_404(Update.objects.select_related("article"), pk=pk)
        if not self.has_view_permission(request, update):  # type: ignore[attr-defined]
            raise PermissionDenied
        if request.method == "POST":
            return self._restore(request, update)
        return self._show(request, update)

    # Reading ----------------------------------------------------------------------------------------------------------

    def _show(self, request: HttpRequest, update: Update) -> HttpResponse:
        newest = restoring.newest_of(update.pk)
        number = _number(request.GET.get("version")) or newest
        against = _number(request.GET.get("against"), number - 1)
        chosen, other = _version(update, number), _version(update, against)
        if newest and chosen is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": _("Versions"),
            "opts": self.opts,  # type: ignore[attr-defined]
            "update": update,
            "versions": self._listed(update, request.GET.get("page")),
            "newest": newest,
            "numbers": range(newest, 0, -1),
            "chosen": chosen,
            "other": other,
            **(self._compared(request, update, chosen, other, newest) if chosen else {}),
        }
        return TemplateResponse(request, "admin/articles/update/versions.html", context)

    def _listed(self, update: Update, page: Any) -> Any:
        found = Paginator(update.versions.select_related("user").order_by("-number"), PAGE_SIZE).get_page(page)
        rows = list(found.object_list)
        first = _version(update, rows[-1].number - 1) if rows else None
        for version, before in zip(rows, [*rows[1:], first], strict=True):
            version.summary = diffing.summary(before.data if before else None, version.data)
            version.by = author_of(version)
        found.object_list = rows
        return found

    def _compared(
        self, request: HttpRequest, update: Update, chosen: UpdateVersion, other: UpdateVersion | None, newest: int
    ) -> dict[str, Any]:
        before = other.data if other else {"translations": {}, "authors": []}
        people = diffing.People([before, chosen.data])
        return {
            "by": author_of(chosen),
            "facts": diffing.facts(before, chosen.data, people),
            "words": diffing.words(before, chosen.data, people),
            "restorable": self._restorable(request, update, chosen) if chosen.number != newest else [],
        }

    # Restoring --------------------------------------------------------------------------------------------------------

    def _restorable(self, request: HttpRequest, update: Update, version: UpdateVersion) -> list[tuple[str, str]]:
        """What of a version this person may bring back: value and name of each choice."""
        data = version.data
        spoken = [code for code in SHIPPED if any(data.get(name) for name in content.words_in([code]))]
        choices = [(code, language_name(code)) for code in spoken if self._may_restore(request, update, code)]
        if self._may_restore(request, update, EVERYTHING):
            choices.insert(0, (EVERYTHING, _("Everything that it says, in all languages")))
        return choices

    def _may_restore(self, request: HttpRequest, update: Update, what: str) -> bool:
        if what in (EVERYTHING, update.source_language):
            return self.writes(request, update)  # type: ignore[attr-defined]
        return self.has_change_permission(request, update)  # type: ignore[attr-defined]

    def _restore(self, request: HttpRequest, update: Update) -> HttpResponse:
        number, what = _number(request.POST.get("version")) or 0, request.POST.get("what", "")
        if not self._may_restore(request, update, what):
            raise PermissionDenied
        if (what != EVERYTHING and what not in SHIPPED) or _version(update, number) is None:
            raise Http404
        languages = None if what == EVERYTHING else [what]
        back = reverse("admin:articles_update_versions", args=[update.pk])
        try:
            restoring.restore(update.pk, number, _number(request.POST.get("newest")) or 0, request.user, languages)
        except Conflict:
            messages.error(
                request,
                _(
                    "Somebody else has saved this update since you opened the page. Nothing was restored. The newest "
                    "version is shown below; look at it first."
                ),
            )
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            back += f"?version={number}"
        else:
            messages.success(request, _("Version %(number)d was restored.") % {"number": number})
        return HttpResponseRedirect(back)


def author_of(version: UpdateVersion) -> str:
    """Who made a version, in words."""
    if version.user is not None:
        return format_html("<bdi>{}</bdi>", diffing.name_of(version.user))
    if version.cause:
        return version.get_cause_display()
    return _("Without a person")


def _number(text: str | None, otherwise: int | None = None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else otherwise


def _version(update: Update, number: int | None) -> UpdateVersion | None:
    return update.versions.select_related("user").filter(number=number or 0).first()

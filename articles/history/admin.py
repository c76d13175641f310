"""The admin page of an update's versions: the changes in each of them, and a form that restores one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.history import content, diffing, restoring
from articles.history.models import CoverageEvent, UpdateVersion
from articles.models import Update
from articles.translations import review
from liveblog import pagination
from liveblog.errors import Conflict
from liveblog.languages import KNOWN, language_title
from liveblog.lists import labelled
from liveblog.numbers import number
from liveblog.pagination import Anchor, Order, Place

if TYPE_CHECKING:
    _UpdateAdmin = admin.ModelAdmin[Update]
else:
    _UpdateAdmin = admin.ModelAdmin

PAGE_SIZE = 25

NEWEST_FIRST = Order(("number",), name="number")

#: The choice of the form that restores all languages.
EVERYTHING = "all"


@dataclass(frozen=True)
class ListedVersion:
    """A version in the list beside the comparison."""

    number: int
    at: datetime
    restored: int | None
    by: str
    summary: list[str]
    #: The query string of the page on which it is compared.
    address: str


class VersionsAdminMixin(_UpdateAdmin):
    """Add the page to the admin of updates. Its address is named `admin:articles_update_versions`.

    The admin must define `can_edit_source(request, update)` and `editable_languages(request, update)`, as
    `articles.base_admin.TranslatedAdmin` does.
    """

    if TYPE_CHECKING:

        def can_edit_source(self, request: HttpRequest, obj: Update) -> bool: ...

        def editable_languages(self, request: HttpRequest, obj: Update) -> frozenset[str]: ...

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.versions_view)
        return [path("<int:pk>/versions/", view, name="articles_update_versions"), *super().get_urls()]

    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        update: Update = get_object_or_404(Update.objects.select_related("article"), pk=pk)
        if not self.has_view_permission(request, update):
            raise PermissionDenied
        if request.method == "POST":
            return self._restore(request, update)
        return self._show(request, update)

    # The page ---------------------------------------------------------------------------------------------------------

    def _show(
        self,
        request: HttpRequest,
        update: Update,
        wanted: int | None = None,
        what: str = "",
        remarks: Mapping[str, review.Problems] | None = None,
    ) -> HttpResponse:
        """Respond with a version. `remarks`: those that the user accepts by pressing the button for `what` again."""
        newest = restoring.newest_of(update.pk)
        wanted = wanted or number(request.GET.get("version")) or newest
        against = number(request.GET.get("against"))
        chosen = _version(update, wanted)
        other = _version(update, wanted - 1 if against is None else against)
        if newest and chosen is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("Versions"),
            "opts": self.opts,
            "update": update,
            **self._listed(update, Place.of(request.GET), wanted),
            "newest": newest,
            "numbers": range(newest, 0, -1),
            "chosen": chosen,
            "other": other,
            "what": what,
            "remarks": [
                labelled(language_title(language), problem.message)
                for language, found in (remarks or {}).items()
                for each in found.values()
                for problem in each
            ],
            "keys": [key for language, found in (remarks or {}).items() for key in review.keys_of(language, found)],
            **(self._compared(request, update, chosen, other, newest) if chosen else {}),
        }
        return TemplateResponse(request, "admin/articles/update/versions.html", context)

    def _listed(self, update: Update, place: Place, wanted: int) -> dict[str, object]:
        if place.relation and _version(update, place.pk) is None:
            raise Http404
        anchor = Anchor(place.pk, (place.pk,)) if place.relation else None
        page = NEWEST_FIRST.page(update.versions.select_related("user"), place, anchor, PAGE_SIZE)
        rows = page.items
        first = _version(update, rows[-1].number - 1) if rows else None
        return {
            "versions": [
                ListedVersion(
                    number=version.number,
                    at=version.at,
                    restored=version.restored,
                    by=author_of(version),
                    summary=diffing.summary(before.data if before else None, version.data),
                    address=pagination.address("", {**place.query, "version": version.number}),
                )
                for version, before in zip(rows, [*rows[1:], first], strict=True)
            ],
            "newer": page.newer and pagination.address("", {**page.newer.query, "version": wanted}),
            "older": page.older and pagination.address("", {**page.older.query, "version": wanted}),
        }

    def _compared(
        self, request: HttpRequest, update: Update, chosen: UpdateVersion, other: UpdateVersion | None, newest: int
    ) -> dict[str, object]:
        before = other.data if other else {"translations": {}, "authors": []}
        names = diffing.Names([before, chosen.data])
        return {
            "by": author_of(chosen),
            "facts": diffing.field_changes(before, chosen.data, names, update.article.zone),
            "words": diffing.text_changes(before, chosen.data, names),
            "newest_name": chosen.name if chosen.number == newest else _name(update, newest),
            "restorable": self._restorable(request, update, chosen) if chosen.number != newest else [],
        }

    # Restoring --------------------------------------------------------------------------------------------------------

    def _restorable(self, request: HttpRequest, update: Update, version: UpdateVersion) -> list[tuple[str, str]]:
        """Return the parts of a version that the user may restore: value and name of each choice."""
        data, permitted = version.data, self._permitted(request, update)
        written = [code for code in KNOWN if any(data.get(name) for name in content.columns_in([code]))]
        choices = [(code, language_title(code)) for code in written if code in permitted]
        if EVERYTHING in permitted:
            choices.insert(0, (EVERYTHING, _("All content, in all languages")))
        return choices

    def _permitted(self, request: HttpRequest, update: Update) -> frozenset[str]:
        """Return the values of the choices that the user has, whatever a version contains."""
        everything = {EVERYTHING} if self.can_edit_source(request, update) else frozenset()
        return self.editable_languages(request, update) | everything

    def _restore(self, request: HttpRequest, update: Update) -> HttpResponse:
        wanted, what = _numbered(request.POST.get("version")), request.POST.get("what", "")
        if (what != EVERYTHING and what not in KNOWN) or _version(update, wanted) is None:
            raise Http404
        if what not in self._permitted(request, update):
            raise PermissionDenied
        languages = None if what == EVERYTHING else [what]
        back = reverse("admin:articles_update_versions", args=[update.pk])
        newest, acknowledged = _numbered(request.POST.get("newest")), request.POST.getlist("acknowledged")
        try:
            if any(_name(update, _numbered(name)) != name for name in map(request.POST.get, ("version", "newest"))):
                raise Conflict
            restoring.restore(update.pk, wanted, newest, request.user, languages, acknowledged)
        except restoring.VersionRemarksError as error:
            return self._show(request, update, wanted, what, error.problems)
        except Conflict:
            messages.error(
                request,
                _(
                    "Someone else has saved this update since you opened the page. Nothing was restored. The latest "
                    "version is shown below; check it first."
                ),
            )
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            back += f"?version={wanted}"
        else:
            messages.success(request, _("Version %(number)d was restored.") % {"number": wanted})
        return HttpResponseRedirect(back)


def author_of(version: UpdateVersion | CoverageEvent) -> str:
    """Return the name of the user or machine that made a version or caused an event."""
    if version.user is not None:
        return format_html("<bdi>{}</bdi>", diffing.name_of(version.user))
    if version.cause == UpdateVersion.Cause.MACHINE:
        return format_html("{} (<bdi>{}</bdi>)", version.get_cause_display(), version.actor)
    return version.get_cause_display() if version.cause else format_html("<bdi>{}</bdi>", version.actor)


def _version(update: Update, wanted: int) -> UpdateVersion | None:
    return update.versions.select_related("user").filter(number=wanted).first()


def _name(update: Update, wanted: int) -> str:
    found = _version(update, wanted)
    return found.name if found else ""


def _numbered(name: str | None) -> int:
    """Return the number in the name of a version, 0 if the name is invalid."""
    return number((name or "").partition("-")[0]) or 0

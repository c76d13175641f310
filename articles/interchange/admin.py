"""The admin of imports: start one, see what would be lost, confirm it, and watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from articles.interchange.models import Import
from articles.interchange.notes import Notes
from articles.interchange.sources import is_address
from articles.models import Article
from liveblog.admin_lang import LangAttributeAdmin, named
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.fields import offered_languages
from liveblog.moments import zones
from liveblog.numbers import number

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

#: The server takes no larger form (`liveblog.edge`). The command imports files of any size.
MAX_UPLOAD_BYTES = 30_000_000

#: The outcomes for updates, done or planned, in the order of the page.
FATES = {
    "new": _("New"),
    "changed": _("Corrected"),
    "withdrawn": _("Withdrawn"),
    "same": _("Unchanged"),
    "edited": _("Kept as edited here"),
    "deleted": _("Skipped because they were deleted here"),
    "refused": _("Skipped"),
}


class ImportForm(forms.ModelForm):
    language = forms.ChoiceField(
        label=_("Source language"), required=False, help_text=_("Leave empty to use the language given by the source.")
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("The time zone of the event. It applies to times in the source that have no time zone."),
    )

    class Meta:
        model = Import
        fields = ("file", "address", "slug", "language", "time_zone", "follow")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", "–"), *offered_languages()]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [("", "–"), *zones.choices()]  # type: ignore[attr-defined]
        self.fields["address"].widget.attrs |= {"dir": "ltr", "class": "vLargeTextField"}
        self.fields["address"].help_text = _("Link to a page, to an archive, or to the API of WordPress or Live Blog.")
        self.fields["file"].help_text = _("An archive of this product, a WordPress export, a web page or JSON.")

    def clean_address(self) -> str:
        address = self.cleaned_data["address"].strip()
        if address and not is_address(address):
            raise ValidationError(_("Enter a URL that begins with https://."))
        return str(address)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MAX_UPLOAD_BYTES:
            raise ValidationError(_("The file is larger than %(limit)s MB.") % {"limit": MAX_UPLOAD_BYTES // 1_000_000})
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors.keys() & {"file", "address"}:
            if bool(cleaned.get("file")) == bool(cleaned.get("address")):
                self.add_error("address", _("Choose either a file or a URL."))
            elif cleaned.get("follow") and not cleaned.get("address"):
                self.add_error("follow", _("Only a URL can be followed."))
        return cleaned


@admin.register(Import)
class ImportAdmin(LangAttributeAdmin):
    form = ImportForm
    list_display = ("source_shown", "state", "article_shown", "asked_by", "asked_at")
    list_filter = ("state",)
    list_select_related = ("article", "asked_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("article", "asked_by")

    @admin.display(description=_("source"))
    def source_shown(self, row: Import) -> str:
        return str(row)

    @admin.display(description=_("article"))
    def article_shown(self, row: Import) -> str | SafeString:
        return named(row.article) if row.article else "–"

    def has_delete_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Import, form: forms.ModelForm, change: bool) -> None:
        obj.asked_by = request.user  # type: ignore[assignment]
        obj.shown_in = get_language() or "en"
        obj.file_name = (form.cleaned_data["file"].name if form.cleaned_data.get("file") else "")[:200]
        obj.due_at = timezone.now()
        super().save_model(request, obj, form, change)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        # The only next step is to look at what would be imported.
        one_button: dict[str, object] = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, one_button | (extra_context or {}))

    def response_add(self, request: HttpRequest, obj: Import, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:articles_import_change", args=[obj.pk]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show the progress and the result, with the possible actions."""
        row = get_object_or_404(self.get_queryset(request), pk=number(object_id) or 0)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        may_change = self.has_change_permission(request, row)
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            _act(row, request.POST)
            return HttpResponseRedirect(request.path)
        article: Article | None = row.article
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import"),
            "opts": self.opts,
            "row": row,
            "item": row,
            "is_active": row.state in Import.ACTIVE,
            "refresh_seconds": 2 if row.state in (Import.State.READING, Import.State.IMPORTING) else 15,
            "notes": Notes.from_json(row.notes),
            "counts": [(label, row.counts[fate]) for fate, label in FATES.items() if row.counts.get(fate)],
            "article": article,
            "article_named": named(article) if article else "",
            "page": article.get_absolute_url() if article and article.offered_languages else "",
            "may_change": may_change,
            "buttons": _buttons(row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/articles/import/progress.html", context)


def _buttons(row: Import) -> dict[str, bool]:
    """Return the possible actions on an import in its present state."""
    found = {
        "confirm": row.state == Import.State.READY,
        "retry": row.state == Import.State.FAILED,
        "stop": row.state in Import.ACTIVE,
    }
    return {name: can for name, can in found.items() if can}


def _act(row: Import, data: Any) -> None:
    """Perform the action of a button, if it is still possible."""
    state = Import.State
    rows = Import.objects.filter(pk=row.pk)
    due = {"due_at": timezone.now(), "attempts": 0, "failure": "", "error": "", "done": 0}
    if "_confirm" in data:
        with transaction.atomic():
            if rows.filter(state=state.READY).update(state=state.IMPORTING, **due):
                place = {"address": urlsplit(row.address).hostname} if row.address else {"file": row.file_name}
                record(Action.IMPORTED, f"import {row.pk}", **place)
    elif "_stop" in data:
        rows.filter(state=state.FOLLOWING).update(state=state.DONE, due_at=None)
        stopped = _("Import stopped. Updates that were already imported have been kept.")
        rows.filter(state__in=(state.READING, state.IMPORTING)).update(
            state=state.FAILED, due_at=None, error=str(stopped)
        )
    elif "_retry" in data:
        rows.filter(state=state.FAILED).update(state=state.READING, **due)

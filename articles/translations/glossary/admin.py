"""The admin of the glossary: its terms, files of them, and its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from articles.models import GlossaryTerm
from articles.translations.glossary import csv_files, history, importing, tbx_files
from articles.translations.glossary.rows import COLUMNS, MAX_BYTES, MAX_ERRORS, MAX_ROWS, Reading
from liveblog.actors import user_of
from liveblog.admin_lang import LangAttributeAdmin
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.fields import offered_languages
from liveblog.languages import direction
from liveblog.lists import listed
from liveblog.search.admin import IndexedSearchMixin

#: Content type and writer of each format.
_FORMATS = {
    "csv": ("text/csv; charset=utf-8", csv_files.write),
    "tbx": ("application/x-tbx+xml; charset=utf-8", tbx_files.write),
}
_HISTORY_PAGE_SIZE = 100


class ImportForm(forms.Form):
    """A file of terms."""

    file = forms.FileField(label=_("File"))
    source_language = forms.ChoiceField(
        label=_("Source language"),
        required=False,
        help_text=_("Only for TBX files. A CSV file has a column for it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = {"megabytes": MAX_BYTES // 1_000_000}
        self.fields["file"].help_text = gettext("CSV in UTF-8, or TBX. At most %(megabytes)s MB.") % limit
        self.fields["source_language"].choices = [  # type: ignore[attr-defined]
            ("", _("The first language of each entry")),
            *offered_languages(),
        ]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(
                _("The file is larger than %(megabytes)s MB. Split it.") % {"megabytes": MAX_BYTES // 1_000_000}
            )
        return file


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(IndexedSearchMixin, LangAttributeAdmin):
    list_display = ("source_shown", "target_shown", "field_shown", "source_language", "language", "note_shown")
    list_filter = ("source_language", "language", "field")
    change_list_template = "admin/articles/glossaryterm/change_list.html"

    @admin.display(description=_("term"), ordering="source")
    def source_shown(self, term: GlossaryTerm) -> SafeString:
        return _marked(term.source, term.source_language)

    @admin.display(description=_("translation"))
    def target_shown(self, term: GlossaryTerm) -> str | SafeString:
        return _marked(term.target, term.language) if term.target else pgettext("a glossary term", "not translated")

    @admin.display(description=_("applies to"), ordering="field")
    def field_shown(self, term: GlossaryTerm) -> str:
        return term.get_field_display() or str(GlossaryTerm.Field.__empty__)

    @admin.display(description=_("also allowed"))
    def admitted_shown(self, term: GlossaryTerm) -> SafeString:
        return _marked(term.admitted, term.language)

    @admin.display(description=_("forbidden"))
    def forbidden_shown(self, term: GlossaryTerm) -> SafeString:
        return _marked(term.forbidden, term.language)

    @admin.display(description=_("example"))
    def example_shown(self, term: GlossaryTerm) -> SafeString:
        return _marked(term.example, term.source_language)

    @admin.display(description=_("note"))
    def note_shown(self, term: GlossaryTerm) -> SafeString:
        return format_html("<bdi>{}</bdi>", term.note)

    def get_form(
        self, request: HttpRequest, obj: GlossaryTerm | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        form: Any = super().get_form(request, obj, change, **kwargs)
        languages: dict[str, str] = dict.fromkeys(("source", "example"), obj.source_language if obj else "")
        languages |= dict.fromkeys(("target", "admitted", "forbidden"), obj.language if obj else "")
        for name, language in languages.items():
            if name in form.base_fields:
                attributes = {"lang": language, "dir": direction(language)} if language else {"dir": "auto"}
                form.base_fields[name].widget.attrs |= attributes
        if "note" in form.base_fields:
            form.base_fields["note"].widget.attrs["dir"] = "auto"
        for name in ("admitted", "forbidden"):
            if name in form.base_fields:
                form.base_fields[name].widget.attrs["rows"] = 3
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: GlossaryTerm | None = None) -> tuple[str, ...]:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return () if may else tuple(f"{name}_shown" for name in _TEXTS)

    def get_fields(self, request: HttpRequest, obj: GlossaryTerm | None = None) -> list[Any]:
        shown = self.get_readonly_fields(request, obj)
        return [f"{name}_shown" if f"{name}_shown" in shown else name for name in _FORM]

    # History ----------------------------------------------------------------------------------------------------------

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: object, add: bool = False) -> Any:
        before = {} if add else {column: form.initial.get(column) for column in COLUMNS}
        return history.message(ADDITION if add else CHANGE, before, history.values_of(form.instance))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry | None:  # type: ignore[override]
        [part] = message
        # Saving an unchanged form is no change.
        return super().log_change(request, obj, message) if part["changed"]["values"] else None

    def log_deletions(self, request: HttpRequest, queryset: Iterable[GlossaryTerm]) -> list[LogEntry]:
        deleted = [history.entry(user_of(request), term, DELETION, history.values_of(term)) for term in queryset]
        return LogEntry.objects.bulk_create(deleted)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        term: GlossaryTerm = self.object_or_404(request, object_id)
        if not self.has_view_permission(request, term):
            raise PermissionDenied
        return self._history(request, history.entries().filter(object_id=str(term.pk)), term)

    def changes_view(self, request: HttpRequest) -> HttpResponse:
        """Show the changes of all terms, including deleted ones."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._history(request, history.entries(), None)

    def _history(self, request: HttpRequest, entries: QuerySet[LogEntry], term: GlossaryTerm | None) -> HttpResponse:
        page = Paginator(entries, _HISTORY_PAGE_SIZE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Changes to the glossary"),
            "opts": self.opts,
            "term": term,
            "page": page,
            "entries": history.shown(page),
        }
        return TemplateResponse(request, "admin/articles/glossaryterm/history.html", context)

    # Files ------------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="articles_glossaryterm_import"),
            path("export.<slug:extension>", wrap(self.export_view), name="articles_glossaryterm_export"),
            path("changes/", wrap(self.changes_view), name="articles_glossaryterm_changes"),
            *super().get_urls(),
        ]

    def may_import(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # Django's title, “Select glossary term to change”, leaves no room for the buttons.
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "may_import": self.may_import(request),
            "query": request.GET.urlencode(),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def export_view(self, request: HttpRequest, extension: str) -> HttpResponse:
        """Send the terms of the filtered list, from all its pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if extension not in _FORMATS:
            raise Http404
        content_type, write = _FORMATS[extension]
        try:
            terms = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            raise Http404 from None
        headers = {"Content-Disposition": f'attachment; filename="glossary.{extension}"'}
        return HttpResponse(write(terms), content_type=content_type, headers=headers)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_import(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        reading = Reading()
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            reading = importing.read(file.read(), form.cleaned_data["source_language"])
            check_only = "_check" in request.POST
            with transaction.atomic():
                outcome = importing.save(reading, user_of(request), file.name[:100], check_only=check_only)
                if outcome is not None and not check_only:
                    record(Action.IMPORTED, "glossary", file=file.name[:100])
            if outcome is not None:
                self._report(request, outcome, reading, check_only=check_only)
                if not check_only:
                    return HttpResponseRedirect(reverse("admin:articles_glossaryterm_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Import terms"),
            "opts": self.opts,
            "form": form,
            "reading": reading,
            "more_errors": len(reading.errors) >= MAX_ERRORS,
            "columns": [
                (csv_files.NAMES[column], capfirst(GlossaryTerm._meta.get_field(column).verbose_name))  # type: ignore[union-attr]
                for column in csv_files.NAMES
            ],
            "kinds": [(value, label) for value, label in GlossaryTerm.Field.choices if value],
            "max_rows": MAX_ROWS,
        }
        status = 400 if reading.errors or form.errors else 200
        return TemplateResponse(request, "admin/articles/glossaryterm/import.html", context, status=status)

    def _report(self, request: HttpRequest, outcome: importing.Outcome, reading: Reading, *, check_only: bool) -> None:
        counts = {"added": outcome.added, "changed": outcome.changed, "unchanged": outcome.unchanged}
        if check_only:
            text = gettext(
                "The file has no errors. Nothing has been saved yet. New terms: %(added)s. Changed terms: %(changed)s. "
                "Terms that stay the same: %(unchanged)s."
            )
        else:
            text = gettext(
                "The file has been imported. New terms: %(added)s. Changed terms: %(changed)s. "
                "Terms that stay the same: %(unchanged)s."
            )
        self.message_user(request, text % counts, messages.INFO if check_only else messages.SUCCESS)
        if reading.skipped_entries:
            text = ngettext(
                "%(count)s entry was left out because it doesn’t have two languages of this site.",
                "%(count)s entries were left out because they don’t have two languages of this site.",
                reading.skipped_entries,
            )
            self.message_user(request, text % {"count": reading.skipped_entries}, messages.WARNING)
        if reading.skipped_languages:
            names = listed(sorted(reading.skipped_languages)[:20])
            text = gettext("Languages that this site doesn’t have were left out: %(languages)s.")
            self.message_user(request, text % {"languages": names}, messages.WARNING)


#: The fields of the form in their order; read-only texts are shown with their language.
_FORM = (
    *("source_language", "language", "field", "source", "target", "admitted", "forbidden"),
    *("case_sensitive", "inflected", "note", "example"),
)
_TEXTS = ("source", "target", "admitted", "forbidden", "note", "example")


def _marked(text: str, language: str) -> SafeString:
    return format_html('<bdi lang="{}" dir="{}">{}</bdi>', language, direction(language), text)

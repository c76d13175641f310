"""The translation memory in the admin: look up passages, delete wrong ones, and exchange them as TMX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import TranslationUnit
from articles.text.richtext import sanitise
from articles.translations import columns
from articles.translations.memory import tmx
from articles.translations.models import TranslationUnitQuerySet
from liveblog.admin_lang import LangAttributeAdmin, named
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.fields import offered_languages
from liveblog.languages import direction
from liveblog.lists import listed
from liveblog.moments import formats
from liveblog.search.folding import part, words_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class ImportForm(forms.Form):
    """A file of translations."""

    file = forms.FileField(label=_("File"))
    source_language = forms.ChoiceField(label=_("Source language"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = {"megabytes": tmx.MAX_BYTES // 1_000_000}
        self.fields["file"].help_text = gettext("TMX. At most %(megabytes)s MB.") % limit
        self.fields["source_language"].choices = [  # type: ignore[attr-defined]
            ("", _("As the file says")),
            *offered_languages(),
        ]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > tmx.MAX_BYTES:
            raise ValidationError(
                _("The file is larger than %(megabytes)s MB. Split it.") % {"megabytes": tmx.MAX_BYTES // 1_000_000}
            )
        return file


@admin.register(TranslationUnit)
class TranslationUnitAdmin(LangAttributeAdmin):
    list_display = ("source_shown", "target_shown", "origin", "reviewed_at_shown")
    list_display_links = None
    list_filter = ("source_language", "language")
    list_per_page = 50
    search_fields = ("pk",)
    show_full_result_count = False
    change_list_template = "admin/articles/translationunit/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Only reviews and files add units.
        return False

    def has_change_permission(self, request: HttpRequest, obj: TranslationUnit | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found = _readable_by(request.user)
        return found.select_related("translation__article", "translation__update__article", "reviewer").order_by("-pk")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        anywhere = Q()
        for spellings in words_of(search_term):
            either = Q()
            for spelling in spellings:
                either |= Q(words__holds=part(spelling))
            anywhere &= either
        return queryset.filter(anywhere | Q(target__icontains=search_term.strip()[:200])), False

    @admin.display(description=_("source"))
    def source_shown(self, unit: TranslationUnit) -> SafeString:
        return _marked(unit.source, unit.source_language)

    @admin.display(description=_("translation"))
    def target_shown(self, unit: TranslationUnit) -> SafeString:
        return _marked(unit.target, unit.language)

    @admin.display(description=_("article or file"))
    def origin(self, unit: TranslationUnit) -> SafeString:
        if unit.translation:
            return named(columns.article_of(unit.translation.item))
        return format_html("<bdi>{}</bdi>", unit.file)

    @admin.display(description=_("reviewed"))
    def reviewed_at_shown(self, unit: TranslationUnit) -> str | SafeString:
        if unit.reviewed_at is None:
            return "–"
        item = unit.translation.item if unit.translation else None
        zone = columns.article_of(item).zone if item else timezone.get_default_timezone()
        when = formats.element(unit.reviewed_at, zone)
        return format_html("<bdi>{}</bdi><br>{}", unit.reviewer, when) if unit.reviewer else when

    # Files ------------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="articles_translationunit_import"),
            path("export.tmx", wrap(self.export_view), name="articles_translationunit_export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "may_import": super().has_add_permission(request),
            "query": request.GET.urlencode(),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Send the passages of the filtered list, from all its pages; only public ones: files may go anywhere."""
        if not super().has_add_permission(request):
            raise PermissionDenied
        try:
            found = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            raise Http404 from None
        assert isinstance(found, TranslationUnitQuerySet)
        headers = {"Content-Disposition": 'attachment; filename="memory.tmx"'}
        file = tmx.lines(tmx.write(found.public()))
        return StreamingHttpResponse(file, content_type="application/x-tmx+xml; charset=utf-8", headers=headers)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not super().has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file, check_only = form.cleaned_data["file"], "_check" in request.POST
            try:
                with transaction.atomic():
                    outcome = tmx.load(file, file.name, form.cleaned_data["source_language"], check_only=check_only)
                    if not check_only:
                        record(Action.IMPORTED, "translation memory", file=file.name[:100])
            except tmx.FileError as error:
                form.add_error("file", str(error))
            else:
                self._report(request, outcome, check_only=check_only)
                if not check_only:
                    return HttpResponseRedirect(reverse("admin:articles_translationunit_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Import translations"),
            "opts": self.opts,
            "form": form,
            "max_units": tmx.MAX_UNITS,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/articles/translationunit/import.html", context, status=status)

    def _report(self, request: HttpRequest, outcome: tmx.Outcome, *, check_only: bool) -> None:
        counts = {"added": outcome.added, "known": outcome.known, "skipped": outcome.skipped}
        if check_only:
            text = gettext(
                "The file has no errors. Nothing has been saved yet. New translations: %(added)s. Known already: "
                "%(known)s. Left out: %(skipped)s."
            )
        else:
            text = gettext(
                "The file has been imported. New translations: %(added)s. Known already: %(known)s. Left out: "
                "%(skipped)s."
            )
        self.message_user(request, text % counts, messages.INFO if check_only else messages.SUCCESS)
        if outcome.languages:
            text = gettext("Languages that this site doesn’t have were left out: %(languages)s.")
            self.message_user(request, text % {"languages": listed(sorted(outcome.languages)[:20])}, messages.WARNING)


def _readable_by(user: User | AnonymousUser) -> TranslationUnitQuerySet:
    found = TranslationUnit.objects.all()
    return found if user.has_perm("articles.view_update") else found.public()


def _marked(passage: str, language: str) -> SafeString:
    return format_html('<bdi lang="{}" dir="{}">{}</bdi>', language, direction(language), mark_safe(sanitise(passage)))

"""The page of the admin that exports files for an agency, and imports the returned ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Translation
from articles.translations import rights
from articles.translations.xliff import importing, reading, writing
from liveblog.actors import user_of
from liveblog.admin_lang import named
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.fields import offered_languages
from liveblog.languages import language_title

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

#: The number of articles that are offered: the newest.
_ARTICLES = 200

#: The outcomes for translations, in the order of the page.
_FATES: dict[str, _StrOrPromise] = {
    "approved": pgettext_lazy("translations", "Approved"),
    "saved": _("Saved, waiting for review"),
    "remarked": _("Not approved, because the checks found possible problems"),
    "incomplete": _("Not translated in full"),
    "outdated": _("Not imported, because the original has been corrected since the export"),
    "edited": _("Not imported, because someone has edited the translation here since the export"),
    "unchanged": _("Unchanged"),
}


class ExportForm(forms.Form):
    """The texts to send."""

    article = forms.ChoiceField(label=_("Article"))
    source_language = forms.ChoiceField(label=_("Source language"))
    language = forms.ChoiceField(label=_("Target language"))
    everything = forms.BooleanField(label=_("Reviewed translations, too"), required=False)

    def __init__(self, *args: Any, languages: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        articles = Article.objects.order_by("-coverage_start", "-pk")[:_ARTICLES]
        choices: dict[str, Any] = {
            "article": [(str(article.pk), named(article)) for article in articles],
            "source_language": offered_languages(),
            "language": [(code, language_title(code)) for code, _n in settings.LANGUAGES if code in languages],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        language = cleaned.get("language")
        if language and language == cleaned.get("source_language"):
            self.add_error("language", _("Choose a language other than the source language."))
        elif not self.errors:
            article = Article.objects.get(pk=cleaned["article"])
            found = writing.rows(
                article, cleaned["source_language"], cleaned["language"], everything=cleaned["everything"]
            )
            cleaned["rows"] = list(found[: writing.MAX_TEXTS + 1])
            cleaned["slug"] = article.slug
            if not cleaned["rows"]:
                self.add_error(None, _("There is nothing to translate from this language into that one."))
            elif len(cleaned["rows"]) > writing.MAX_TEXTS:
                limit = {"count": writing.MAX_TEXTS}
                self.add_error("everything", _("A file can have at most %(count)s texts.") % limit)
        return cleaned


class ImportForm(forms.Form):
    """A returned file."""

    file = forms.FileField(label=_("File"))
    approve = forms.BooleanField(
        label=_("Approve what the agency has reviewed"),
        required=False,
        help_text=_("You become the reviewer. Otherwise all texts wait for review."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = {"megabytes": reading.MAX_BYTES // 1_000_000}
        self.fields["file"].help_text = gettext("XLIFF 2.0 or 2.1. At most %(megabytes)s MB.") % limit

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > reading.MAX_BYTES:
            raise ValidationError(
                _("The file is larger than %(megabytes)s MB. Split it.") % {"megabytes": reading.MAX_BYTES // 1_000_000}
            )
        return file


class XliffMixin(admin.ModelAdmin):
    """Pages of the translations' admin for the exchange with an agency."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("xliff/", wrap(self.xliff_view), name="articles_translation_xliff"),
            path("export.xlf", wrap(self.xliff_export_view), name="articles_translation_xliff_export"),
            *super().get_urls(),
        ]

    def xliff_view(self, request: HttpRequest) -> HttpResponse:
        """Show both forms, and import a file that is sent."""
        languages = rights.languages_of(request.user)
        if not languages:
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        document, outcome, check_only = reading.Document(), None, "_check" in request.POST
        if request.method == "POST" and form.is_valid():
            document = reading.read(form.cleaned_data["file"].read())
            if not document.faults and document.language not in languages:
                raise PermissionDenied
            outcome = importing.save(
                document, user_of(request), approve=form.cleaned_data["approve"], check_only=check_only
            )
            if outcome is not None and not check_only:
                # Each text was saved separately, as at the translators' desk.
                name = form.cleaned_data["file"].name[:100]
                record(Action.IMPORTED, "translations", file=name, languages=[document.language])
        initial = {"article": request.GET.get("coverage", ""), "language": request.GET.get("language", "")}
        return self._show_xliff(request, form, ExportForm(languages=languages, initial=initial), document, outcome)

    def xliff_export_view(self, request: HttpRequest) -> HttpResponse:
        languages = rights.languages_of(request.user)
        if not languages:
            raise PermissionDenied
        form = ExportForm(request.GET, languages=languages)
        if not form.is_valid():
            return self._show_xliff(request, ImportForm(), form, reading.Document(), None, status=400)
        data = form.cleaned_data
        content = writing.write(data["rows"], data["source_language"], data["language"])
        name = f"{data['slug']}.{data['source_language']}-{data['language']}.xlf"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type="application/xliff+xml; charset=utf-8", headers=headers)

    def _show_xliff(
        self,
        request: HttpRequest,
        form: ImportForm,
        export_form: ExportForm,
        document: reading.Document,
        outcome: importing.Outcome | None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Translation agency"),
            "opts": self.opts,
            "form": form,
            "export_form": export_form,
            "faults": document.faults,
            "more_faults": len(document.faults) >= reading.MAX_ERRORS,
            "outcome": outcome,
            "check_only": "_check" in request.POST,
            "fates": _shown(outcome) if outcome else [],
            "gone": _gone(outcome.gone) if outcome and outcome.gone else "",
        }
        if document.faults or form.errors:
            status = 400
        return TemplateResponse(request, "admin/articles/translation/xliff.html", context, status=status)


def _shown(outcome: importing.Outcome) -> list[tuple[_StrOrPromise, list[tuple[str, Any]]]]:
    found = []
    for fate, label in _FATES.items():
        rows: list[Translation] = getattr(outcome, fate)
        if rows:
            found.append(
                (
                    label,
                    [(reverse("admin:articles_translation_change", args=[row.pk]), named(row.item)) for row in rows],
                )
            )
    return found


def _gone(count: int) -> str:
    text = ngettext(
        "%(count)s text was left out because it isn’t translated into this language any more.",
        "%(count)s texts were left out because they aren’t translated into this language any more.",
        count,
    )
    return text % {"count": count}

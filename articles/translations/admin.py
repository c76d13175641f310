"""The translators' desk in the admin: the queue, and the form of one translation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator, capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from js_asset import Media, Script

from articles.models import Article, GlossaryTerm, Translation, Update
from articles.text.diff import difference
from articles.text.plaintext import plain_text
from articles.text.richtext import RichTextFormField, RichTextWidget, blocks, sanitise, within_bounds
from articles.translations import checks, columns, desk, review, rights, states, stats, suggestions, usage
from articles.translations.failures import failure_text
from articles.translations.memory import offers
from articles.translations.models import TranslationQuerySet
from articles.translations.xliff.admin import XliffMixin
from liveblog.accounts.sessions import note_polling
from liveblog.actors import user_of
from liveblog.admin_input import InputAdmin
from liveblog.admin_lang import named
from liveblog.blank import unless_blank
from liveblog.errors import Conflict
from liveblog.fields import TextFormField
from liveblog.languages import column, direction, language_title, own_name
from liveblog.moments import formats
from liveblog.numbers import number
from liveblog.translation import engines
from liveblog.translation.terms import holding_in, occurring

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django.utils.functional import _StrOrPromise


class ToDoFilter(admin.SimpleListFilter):
    """A filter by state. By default it shows texts that need work."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, _StrOrPromise]]:
        return [
            *Translation.State.choices,
            ("outdated", _("Outdated")),
            ("remarks", _("Approved despite warnings")),
            ("all", _("All")),
        ]

    def choices(self, changelist: ChangeList) -> Iterator[_ListFilterChoices]:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("To do"),
        }
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        assert isinstance(queryset, TranslationQuerySet)
        if self.value() is None:
            return queryset.wanting()
        if self.value() == "outdated":
            return queryset.filter(outdated=True)
        if self.value() == "remarks":
            return queryset.filter(state=Translation.State.REVIEWED).exclude(accepted=[])
        return queryset if self.value() == "all" else queryset.filter(state=self.value())


class LanguageFilter(admin.SimpleListFilter):
    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, _StrOrPromise]]:
        return [(code, _(name)) for code, name in settings.LANGUAGES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        assert isinstance(queryset, TranslationQuerySet)
        return queryset.filter(language=self.value()) if self.value() else queryset


class ArticleFilter(admin.SimpleListFilter):
    title = _("article")
    parameter_name = "coverage"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, _StrOrPromise]]:
        return [(str(article.pk), named(article)) for article in Article.objects.order_by("-coverage_start")[:20]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        assert isinstance(queryset, TranslationQuerySet)
        value = self.value()
        article_id = number(value)
        return queryset if article_id is None else queryset.of_article(article_id)


class TranslationForm(forms.Form):
    """One translation: each field of the original beside its translation, long texts paragraph by paragraph."""

    stamp = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, row: Translation, data: QueryDict | None = None, *, texts: Mapping[str, str] | None = None
    ) -> None:
        """`texts`: the initial texts of the fields; default: the stored translation."""
        super().__init__(data)
        self.row = row
        self.item = row.item
        self.source = columns.texts_of(self.item, self.item.source_language)
        self.rich = columns.rich_fields(self.item)
        self.written = columns.texts_of(self.item, row.language) if texts is None else dict(texts)
        self.fields["stamp"].initial = desk.version_token(row)
        self.names: dict[str, list[str]] = {}
        for field, text in self.source.items():
            pieces, present = self._pieces(field, text), self._pieces(field, self.written.get(field, ""))
            count = max(len(pieces), len(present))
            self.names[field] = [f"{field}-{index}" for index in range(count)]
            for name, text in zip_longest(self.names[field], present, fillvalue=""):
                self.fields[name] = self._field(field, text)

    def _pieces(self, field: str, text: str) -> list[str]:
        return blocks(sanitise(text)) if field in self.rich else [text] if text else []

    def _plain(self, field: str) -> str:
        """Return the original of a field as plain text."""
        return plain_text(self.source[field]) if field in self.rich else self.source[field]

    def _field(self, field: str, initial: str) -> forms.Field:
        owner, name = columns.owner_of(self.item, field)
        model_field = owner._meta.get_field(column(name, self.row.language))
        assert isinstance(model_field, models.Field)
        attrs: dict[str, object] = {"lang": self.row.language, "dir": direction(self.row.language)}
        if field in self.rich:
            made: forms.Field = RichTextFormField(required=False, initial=initial, widget=RichTextWidget(attrs=attrs))
        else:
            widget = forms.Textarea(attrs=attrs | {"rows": 2})
            made = TextFormField(required=False, initial=initial, widget=widget, max_length=model_field.max_length)
        field_in_any_language = owner._meta.get_field(name)
        assert isinstance(field_in_any_language, models.Field)
        made.label = capfirst(field_in_any_language.verbose_name)
        return made

    @cached_property
    def entered(self) -> dict[str, str]:
        """The entered texts, by field of the item. `clean` reads them before errors remove pieces of them."""
        found = {}
        for field, names in self.names.items():
            text = "".join(self.cleaned_data.get(name) or "" for name in names)
            found[field] = sanitise(text) if field in self.rich else unless_blank(text).strip()
        return {field: text for field, text in found.items() if text}

    def clean(self) -> None:
        super().clean()
        for field in self.rich:
            names = self.names.get(field, ())
            try:
                within_bounds("".join(self.cleaned_data.get(name) or "" for name in names))
            except ValidationError as error:
                for name in names:
                    self.add_error(name, error)
        for field, problems in self.problems.items():
            for problem in problems:
                # A translation with a missing text cannot be accepted, but may be saved for later.
                if problem.blocking and (self.entered.get(field) or "_accept" in self.data):
                    self.add_error(self.names[field][0], problem.message)

    @property
    def pieces(self) -> dict[str, offers.Piece]:
        """The pieces of the original by the names of the controls in which they are translated."""
        return {
            name: offers.Piece(field, piece, field in self.rich)
            for field, names in self.names.items()
            for name, piece in zip(names, self._pieces(field, self.source[field]), strict=False)
        }

    @cached_property
    def problems(self) -> dict[str, list[checks.Problem]]:
        """The remarks of the checks on the entered texts, by field of the item."""
        return review.problems_of(self.item, self.source, self.entered, self.row.language)

    def sections(
        self,
        problems: Mapping[str, list[str]],
        stored: Mapping[str, str],
        suggested: Mapping[str, str] | None,
        named: review.Problems,
        offered: Mapping[str, list[offers.Offer]],
    ) -> list[dict[str, object]]:
        """Return for the template each field with its pairs of original and translation."""
        terms = GlossaryTerm.between(self.item.source_language, self.row.language)
        found = []
        for field, names in self.names.items():
            pieces = self._pieces(field, self.source[field])
            before = self.row.source.get(field, "") if self.row.outdated else self.source[field]
            found.append(
                {
                    "name": field,
                    "label": self.fields[names[0]].label if names else "",
                    "image": getattr(columns.owner_of(self.item, field)[0], "image", None),
                    "pairs": [
                        {
                            "original": mark_safe(piece) if field in self.rich else piece,
                            "field": self[name],
                            "offers": [each for each in offered.get(name, ()) if each.text != self[name].value()],
                        }
                        for name, piece in zip_longest(names, pieces, fillvalue="")
                    ],
                    "difference": difference(before, self.source[field], rich=field in self.rich)
                    if before != self.source[field]
                    else "",
                    "suggestion": difference(stored.get(field, ""), suggested.get(field, ""), rich=field in self.rich)
                    if suggested is not None and stored.get(field, "") != suggested.get(field, "")
                    else "",
                    "named": field in named,
                    "terms": occurring(
                        holding_in(terms, GlossaryTerm.kind_of(field)), self._plain(field), self.item.source_language
                    ),
                    "problems": problems.get(field, []),
                }
            )
        return found


@admin.register(Translation)
class TranslationAdmin(XliffMixin, InputAdmin):
    list_display = ("text", "language_shown", "state_shown", "remarks", "who")
    list_display_links = None
    list_filter = (ToDoFilter, LanguageFilter, ArticleFilter)
    list_per_page = 50
    change_list_template = "admin/articles/translation/change_list.html"
    actions = ("ask_machine",)

    class Media:
        js = (Script("articles/translation-queue.js", type="module"),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    # It is deleted with its text; see `TranslatedAdmin.get_deleted_objects`.
    def has_delete_permission(self, request: HttpRequest, obj: Translation | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Translation | None = None) -> bool:
        languages = rights.languages_of(request.user)
        return bool(languages) if obj is None else obj.language in languages

    def has_view_permission(self, request: HttpRequest, obj: Translation | None = None) -> bool:
        # Journalists see the progress of translations of their own updates.
        return super().has_view_permission(request, obj) or request.user.has_perm("articles.change_update")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found = super().get_queryset(request)
        found = found.select_related("article", "update__article", "update__embed", "editor", "reviewer")
        found = found.prefetch_related(*(f"update__{relation}" for relation in Update.RELATED_TEXTS.values()))
        return found.filter(language__in=[code for code, _name in settings.LANGUAGES])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        article_id = number(request.GET.get(ArticleFilter.parameter_name))
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "may_translate": self.has_change_permission(request),
            "query": request.GET.urlencode(),
            "newest": stats.NEWEST_UPDATES,
            "figures": [
                {"name": language_title(language), **found} for language, found in stats.summary(article_id).items()
            ],
        }
        if request.user.has_perm("articles.change_article"):
            # Only those who run the coverage see costs.
            used = usage.by_engine(article_id)
            context["engines"] = [{"name": language_title(str(each["language"])), **each} for each in used]
            context["has_costs"] = any(each["cost"] for each in used)
        return super().changelist_view(request, context)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        assert isinstance(queryset, TranslationQuerySet)
        return queryset.urgent_first(), False

    # The queue --------------------------------------------------------------------------------------------------------

    @admin.display(description=_("text"))
    def text(self, row: Translation) -> SafeString:
        item = row.item
        language = item.source_language
        short = Truncator(str(item)).chars(90)
        what = format_html('<bdi lang="{}" dir="{}">{}</bdi>', language, direction(language), short)
        address = reverse("admin:articles_translation_change", args=[row.pk])
        about = "" if item is row.article else format_html("<br><small>{}</small>", named(columns.article_of(item)))
        is_key = getattr(item, "is_key", False)
        key = format_html(" <span class='badge'>{}</span>", gettext("Key event")) if is_key else ""
        return format_html('<a href="{}">{}</a>{}{}', address, what, key, about)

    @admin.display(description=_("language"))
    def language_shown(self, row: Translation) -> str:
        return language_title(row.language)

    @admin.display(description=_("state"))
    def state_shown(self, row: Translation) -> SafeString:
        marks = [("outdated", gettext("Outdated"))] if row.outdated else []
        if row.outdated and row.suggestion:
            marks.append(("suggested", gettext("Suggestion")))
        if row.state == Translation.State.REVIEWED and row.accepted:
            marks.append(("remarks", gettext("With warnings")))
        return format_html_join(
            " ", "<span class='state state-{}'>{}</span>", [(row.state, row.get_state_display()), *marks]
        )

    @admin.display(description=_("warnings"))
    def remarks(self, row: Translation) -> SafeString:
        found = [problem.message for problem in _problems(row)]
        if row.state == Translation.State.REVIEWED and row.accepted and row.reviewed_at:
            who, when = _name_of(row.reviewer), formats.element(row.reviewed_at, columns.article_of(row.item).zone)
            found.append(format_html(gettext("Approved by {name}, {time}"), name=who, time=when))
        if row.failure:
            found.append(failure_text(row.failure))
        return format_html_join(mark_safe("<br>"), "{}", ((text,) for text in found))

    @admin.display(description=_("being edited by"))
    def who(self, row: Translation) -> str:
        return str(row.editor_now or "")

    @admin.action(description=_("Machine-translate"), permissions=["change"])
    def ask_machine(self, request: HttpRequest, queryset: TranslationQuerySet) -> None:
        if not engines.available():
            self.message_user(request, _("No translation provider is set up."), messages.ERROR)
            return
        asked = 0
        for row in queryset.filter(language__in=rights.languages_of(request.user)):
            asked += states.ask_machine(row)
        self.message_user(request, _("Machine translations requested: %(count)s") % {"count": asked})

    # One text ---------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/check/", wrap(self.check_view), name="articles_translation_check"),
            path("<int:pk>/presence/", wrap(self.presence_view), name="articles_translation_presence"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, *args: object, **kwargs: object) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.object_or_404(request, object_id)
        if not self.has_change_permission(request, row):
            if request.method == "POST":
                raise PermissionDenied
            return self._show(request, row, TranslationForm(row))
        if request.method == "POST":
            return self._act(request, row)
        desk.opened_by(row, user_of(request))
        if row.outdated and not row.suggestion and row.due_at is None and engines.available():
            # The provider failed for too long, or was configured later.
            states.ask_machine(row)
        return self._show(request, row, TranslationForm(row))

    def _act(self, request: HttpRequest, row: Translation) -> HttpResponse:
        following = desk.next_after(row, user_of(request))
        opened = request.POST.get("stamp", "")
        try:
            if "_next" in request.POST:
                desk.closed_by(row, user_of(request))
                return self._go(following)
            if "_refuse" in request.POST:
                desk.refuse(row.pk, opened, user_of(request))
                return self._go(following)
            if "_machine" in request.POST:
                return self._ask_again(request, row)
            if "_use" in request.POST:
                return self._show(request, row, self._with_offer(request, row))
            if "_take" in request.POST or "_edit" in request.POST:
                suggested = desk.suggestion(row, opened, request.POST.get("suggestion", ""))
                form = TranslationForm(row, texts=suggested)
                if "_edit" in request.POST:
                    return self._show(request, row, form)
                texts = suggested
            else:
                form = TranslationForm(row, request.POST)
                if not form.is_valid():
                    return self._show(request, row, form)
                texts = form.entered
            accept = "_accept" in request.POST or "_take" in request.POST
            acknowledged = request.POST.getlist("acknowledged")
            desk.save(row.pk, opened, texts, user_of(request), accept=accept, acknowledged=acknowledged)
        except Conflict as conflict:
            return self._show_conflict(request, conflict.current)
        except review.RemarksError as error:
            return self._show(request, row, form, named=error.problems)
        if accept:
            return self._go(following)
        return HttpResponseRedirect(request.get_full_path())

    def _with_offer(self, request: HttpRequest, row: Translation) -> TranslationForm:
        """Return the submitted form, with the text from the translation memory that the user has chosen."""
        form = TranslationForm(row, request.POST)
        name, _space, token = request.POST["_use"].partition(" ")
        piece = form.pieces.get(name)
        found = offers.find(form.item, row.language, {name: piece}, user_of(request)) if piece else {}
        text = next((offer.text for offer in found.get(name, ()) if offer.token == token), None)
        if text is None:
            messages.error(request, _("The translation memory doesn’t have this suggestion any more."))
        else:
            data = request.POST.copy()
            data[name] = text
            form = TranslationForm(row, data)
        form.is_valid()
        return form

    def _ask_again(self, request: HttpRequest, row: Translation) -> HttpResponse:
        """Ask a machine for a draft or a suggestion. Raise Conflict if the translation has changed meanwhile."""
        if not engines.available():
            messages.error(request, _("No translation provider is set up."))
        elif not states.may_ask_machine(row):
            messages.error(request, _("This text was written by a person; machine translation won’t overwrite it."))
        elif not states.ask_machine(row):
            raise Conflict(self.object_or_404(request, str(row.pk)))
        elif states.written_by_people(row):
            messages.info(request, _("Translating… The suggestion will appear in a moment."))
        else:
            messages.info(request, _("Translating… The draft will appear in a moment."))
        return HttpResponseRedirect(request.get_full_path())

    def _go(self, row: Translation | None) -> HttpResponse:
        if row is None:
            return HttpResponseRedirect(reverse("admin:articles_translation_changelist"))
        return HttpResponseRedirect(reverse("admin:articles_translation_change", args=[row.pk]))

    def _show_conflict(self, request: HttpRequest, row: Translation) -> HttpResponse:
        """Show both versions: the saved one read-only, and the entered one in a form that is based on the saved one."""
        answer = request.POST.copy()
        answer["stamp"] = desk.version_token(row)
        form = TranslationForm(row, answer)
        form.is_valid()
        messages.error(
            request,
            _(
                "Someone else saved this translation, or the original was corrected, while you were editing. Your "
                "text is still here but hasn’t been saved. The current version is shown beside it."
            ),
        )
        return self._show(request, row, form, present=form.written)

    def _show(
        self,
        request: HttpRequest,
        row: Translation,
        form: TranslationForm,
        present: dict[str, str] | None = None,
        named: review.Problems | None = None,
    ) -> HttpResponse:
        """Respond with the form. `named`: the remarks that the user accepts by pressing the button again."""
        item = row.item
        if form.is_bound:
            found = form.problems if form.entered else {}
        else:
            found = review.problems_of(item, form.source, form.written, row.language) if form.written else {}
        problems = {field: [problem.message for problem in each] for field, each in found.items()}
        stored = columns.texts_of(item, row.language)
        suggested = suggestions.of(row, form.source)
        other = row.editor_now if row.editor_now != request.user else None
        may_change = self.has_change_permission(request, row)
        done = row.state == Translation.State.REVIEWED and not row.outdated
        offered = offers.find(item, row.language, form.pieces, user_of(request)) if may_change and not done else {}
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Translate"),
            "opts": self.opts,
            "row": row,
            "engine": usage.engine_name(row.engine),
            "item": item,
            "form": form,
            "sections": form.sections(problems, stored, suggested, named or {}, offered),
            "named": [
                (form.fields[form.names[field][0]].label, problem.message)
                for field, each in (named or {}).items()
                for problem in each
            ],
            "keys": review.keys_of(row.language, named or {}),
            "zone": columns.article_of(item).zone,
            "accepted": [problem.message for each in review.from_json(row.accepted).values() for problem in each],
            "suggestion": desk.suggestion_token(suggested) if suggested is not None else "",
            "unchanged": suggested == stored,
            "present": [
                {"label": form.fields[form.names[field][0]].label, "html": mark_safe(sanitise(text))}
                for field, text in (present or {}).items()
                if form.names.get(field)
            ],
            "source_name": own_name(item.source_language),
            "language_name": own_name(row.language),
            "source_dir": direction(item.source_language),
            "language_dir": direction(row.language),
            "may_change": may_change,
            "other": other,
            "since": timesince(row.made_at) if row.made_at else "",
            "failure": failure_text(row.failure) if row.failure else "",
            "waiting": Translation.objects.wanting().filter(language=row.language).count(),
            "may_machine": engines.available() and states.may_ask_machine(row) and suggested is None,
            "written": states.written_by_people(row),
            "check_url": reverse("admin:articles_translation_check", args=[row.pk]),
            "presence_url": reverse("admin:articles_translation_presence", args=[row.pk]),
            "media": Media.from_media(
                self.media + form.media + forms.Media(js=[Script("articles/translation-desk.js", type="module")]),
                nonce=str(request.csp_nonce),  # type: ignore[attr-defined]
            ),
        }
        return TemplateResponse(request, "admin/articles/translation/desk.html", context)

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the problems of a text that is being written as JSON: {field: [message]}."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TranslationForm(get_object_or_404(self.get_queryset(request), pk=pk), request.POST)
        form.is_valid()
        return JsonResponse(
            {field: [str(problem.message) for problem in found] for field, found in form.problems.items()}
        )

    def presence_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Record that the user has the text open; return who else has, and the version token of the saved text."""
        note_polling(request)
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method == "POST" and self.has_change_permission(request, row):
            if "leave" in request.POST:
                desk.closed_by(row, user_of(request))
            else:
                desk.opened_by(row, user_of(request))
        other = row.editor_now if row.editor_now != request.user else None
        suggested = suggestions.of(row, columns.texts_of(row.item, row.item.source_language))
        return JsonResponse(
            {
                "other": str(other) if other else "",
                "stamp": desk.version_token(row),
                "suggestion": "" if suggested is None else desk.suggestion_token(suggested),
            }
        )


def _name_of(user: User | None) -> SafeString:
    return format_html("<bdi>{}</bdi>", (user.get_full_name() or user.get_username()) if user else "–")


def _problems(row: Translation) -> list[checks.Problem]:
    return [problem for found in review.from_json(row.problems).values() for problem in found]

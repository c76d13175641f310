"""The desk: the page on which a coverage is written, and the addresses that its scripts use."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from babel.numbers import format_decimal
from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from js_asset import Media

from articles import kinds
from articles.desk import actions, coverage, notes, saving, timeline
from articles.desk.conflicts import conflict_context
from articles.desk.consumers import PERMISSIONS
from articles.desk.forms import ComposerForm
from articles.desk.previews import preview_html
from articles.desk.saving import composer_form
from articles.following import outlook
from articles.history.admin import author_of
from articles.models import Article, Snippet, Update
from articles.polls import voting
from articles.publishing import approvals, finishing, quiet, snapshot
from articles.text.localized import text_in, titled
from articles.text.richtext import prepare
from articles.translations import stats, usage
from liveblog import cache
from liveblog.actors import Machine, acting_as
from liveblog.admin_lang import named
from liveblog.delivery.states import State
from liveblog.errors import Conflict
from liveblog.languages import active_locale, direction, own_name
from liveblog.newsroom import panels
from liveblog.newsroom.app import remember_place
from liveblog.numbers import number
from liveblog.webpush import vapid

if TYPE_CHECKING:
    from django.contrib.auth.models import User

View = Callable[..., HttpResponse]

#: The greatest number of users offered for handing over an update.
MAX_COLLEAGUES = 200

#: The greatest number of snippets that the composer offers.
MAX_SNIPPETS = 200

#: Seconds for which the desks show the same origins of votes.
ORIGINS_SECONDS = 15

#: The number of state changes of the coverage in the side column.
MAX_EVENTS = 4


def at_desk(*permissions: str) -> Callable[[View], View]:
    """Decorate a view of an article: it needs one of `permissions` and runs in the article's time zone."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, pk: int, **kwargs: object) -> HttpResponse:
            if not any(request.user.has_perm(permission) for permission in permissions):
                raise PermissionDenied
            article = get_object_or_404(Article, pk=pk)
            with timezone.override(article.zone):
                return view(request, article, **kwargs)

        return guarded

    return decorate


def _may_run(request: HttpRequest) -> bool:
    return request.user.has_perm("articles.cover_article") or request.user.has_perm("articles.change_article")


# The page -------------------------------------------------------------------------------------------------------------


@csp_update({"frame-src": [SELF]})  # The drawer with the settings of the coverage.
@require_GET
@at_desk(*PERMISSIONS)
def page(request: HttpRequest, article: Article) -> HttpResponse:
    """Respond with the desk of an article."""
    # Read this before the entries: the desk then fetches those that are edited in the meantime.
    state = article.desk_state
    form = composer_form(request.user, article, None, None)
    found = timeline.newest(article, timeline.Selection())
    context = {
        **admin.site.each_context(request),
        "title": titled(article, get_language() or "en").value,
        "article": article,
        "opts": Article._meta,
        "state": state,
        "entries": _entries(request, article, found),
        "more": len(found) >= timeline.PAGE_SIZE,
        "composer": _composer(request, form),
        "side": _side(request, article),
        "states": Update.State.choices,
        "media": Media.from_media(form.media, nonce=str(request.csp_nonce)),  # type: ignore[attr-defined]
        "colleagues": _colleagues(),
        "may_run": _may_run(request),
    }
    return remember_place(request, TemplateResponse(request, "admin/articles/desk/page.html", context))


def _snippets(article: Article) -> list[Snippet]:
    return list((Snippet.objects.filter(article=None) | Snippet.objects.filter(article=article))[:MAX_SNIPPETS])


def _colleagues() -> list[User]:
    return list(actions.colleagues().order_by("first_name", "username")[:MAX_COLLEAGUES])


def _get(article: Article, pk: int) -> Update:
    return get_object_or_404(Update.objects.select_related("article"), pk=pk, article=article)


def _composer(request: HttpRequest, form: ComposerForm) -> str:
    update = form.instance
    context = {
        "form": form,
        "pictures": form.pictures.render_container(),
        "kinds": kinds.ALL,
        "asked": {field: kinds.codes_with(field) for kind in kinds.ALL for field in kind.fields},
        "optional": {field: kinds.codes_without(field) for kind in kinds.ALL for field in kind.optional},
        "headline_kinds": " ".join(kind.code for kind in kinds.ALL if "choices" not in kind.fields),
        "delays": actions.DELAYS,
        "update": update,
        "article": form.article,
        "followers": outlook.forecast(form.article) if vapid.configured() and not update.published_before else {},
        "languages": [
            {"code": code, "name": own_name(code), "dir": direction(code)} for code in form.article.offered_languages
        ],
        "snippets": [] if update.pk else _snippets(form.article),
    }
    return render_to_string("admin/articles/desk/composer.html", context, request)


def _entries(request: HttpRequest, article: Article, found: list[Update]) -> list[dict[str, str]]:
    permissions = {
        "may_write": request.user.has_perm("articles.change_update"),
        "may_run": _may_run(request),
    }
    notifications = outlook.of_updates(found, request.user)
    return [
        {
            "id": update.element,
            "sort": timeline.sort_key(update),
            "html": timeline.entry_html(
                update, article, request.user, **permissions, notification=notifications.get(update.pk)
            ),
        }
        for update in found
    ]


@require_GET
@at_desk(*PERMISSIONS)
def entries(request: HttpRequest, article: Article) -> HttpResponse:
    """Respond with entries of the timeline.

    `after`: those edited since that state of the desk; `before`: the page below that entry; neither: the newest. The
    newest are also sent if an update was deleted since `after`, if more than a page was edited, or if the database does
    not know that state, because it was lost; `whole` then means that they replace all entries.
    """
    selection = timeline.Selection.of(request.GET)
    state = article.desk_state
    after, before = State.parse(request.GET.get("after")), request.GET.get("before", "")
    is_known = after is not None and article.knows_desk_state(after)
    whole = after is None or not is_known or after.revision < article.deletion_revision
    changed = None if after is None or whole or before else timeline.changed(article, selection, after.revision)
    shown: list[dict[str, str]]
    if changed is None:
        whole = not before
        shown = _entries(request, article, timeline.newest(article, selection, before))
    else:
        matching, others = changed
        shown = [*_entries(request, article, matching), *({"id": update.element} for update in others)]
    return JsonResponse({"state": str(state), "entries": shown, "whole": whole, "side": _side(request, article)})


def _side(request: HttpRequest, article: Article) -> str:
    """Render the side column: coverage, translations, panels and related articles."""
    summary = stats.summary(article.pk)
    context = {
        "article": article,
        "may_run": _may_run(request),
        "hidden": timeline.hidden(article),
        "warning": quiet.warning_of(article),
        "events": [(event, author_of(event)) for event in article.events.select_related("user")[:MAX_EVENTS]],
        "translations": [
            {"language": language, "name": own_name(language), **found} for language, found in summary.items()
        ],
        # Only those who run the coverage see costs.
        "engines": usage.of_article(article.pk) if _may_run(request) else [],
        "origins": _origins(article),
        "figures": panels.panels_for(article.pk, request.user),
        "related": article.related.all(),
        "notes": notes.newest(article),
    }
    return render_to_string("admin/articles/desk/side.html", context, request)


def _origins(article: Article) -> list[dict[str, object]]:
    """Return the networks with many votes for the template, at most ORIGINS_SECONDS old.

    Every open desk requests them every few seconds, and a poll may have very many votes.
    """
    key = f"origins:{article.pk}"
    found: list[dict[str, Any]] | None = cache.get(key)
    if found is None:
        found = [
            {
                "headline": text_in(origin.update, "headline", origin.update.source_language),
                "language": origin.update.source_language,
                "number": origin.votes,
                "total": origin.total,
            }
            for origin in voting.origins(article.pk)
        ]
        cache.put(key, found, ORIGINS_SECONDS)
    locale = active_locale()
    return [
        each
        | {
            "votes": format_decimal(each["number"], locale=locale),
            "total": format_decimal(each["total"], locale=locale),
        }
        for each in found
    ]


# One update -----------------------------------------------------------------------------------------------------------


@require_GET
@at_desk("articles.change_update")
def composer(request: HttpRequest, article: Article, update: int) -> HttpResponse:
    """Respond with the composer of an existing update."""
    return HttpResponse(_composer(request, composer_form(request.user, article, _get(article, update), None)))


@require_POST
@at_desk("articles.add_update")
def write(request: HttpRequest, article: Article) -> HttpResponse:
    """Save a new update. Repeated requests with its key make one update; 409 if their content differs."""
    return _answer_to(request, saving.write(article, request.POST, request.user), new=True)


@require_POST
@at_desk("articles.change_update")
def rewrite(request: HttpRequest, article: Article, update: int) -> HttpResponse:
    """Save another version of an update; 409 if somebody else has saved one in the meantime."""
    outcome = saving.rewrite(article, update, request.POST, request.user)
    if outcome is None:
        raise Http404
    return _answer_to(request, outcome)


def _answer_to(request: HttpRequest, outcome: saving.Outcome, *, new: bool = False) -> HttpResponse:
    if outcome.saved is not None:
        return JsonResponse({"id": outcome.saved.element, "state": outcome.saved.state})
    # After the commit, because comparing takes time and the article is no longer locked.
    if outcome.is_conflict and not outcome.form.overlong:
        return _conflict(request, outcome.form, outcome.present, new=new)
    return _invalid(outcome.form)


def _invalid(form: ComposerForm) -> HttpResponse:
    """Respond with errors and warnings by field."""
    pictures = {"errors": form.pictures.errors, "warnings": form.pictures.warnings}
    return JsonResponse({"errors": form.errors, "pictures": pictures}, status=422)


def _conflict(request: HttpRequest, form: ComposerForm, present: snapshot.Data, *, new: bool) -> HttpResponse:
    """Respond with the stored version and the differences of the submitted one. Nothing is saved.

    If it was a new update, `url` is the address at which the composer continues.
    """
    context = conflict_context(form, present) | {"new": new}
    html = render_to_string("admin/articles/desk/conflict.html", context, request)
    answer = {"conflict": html, "opened": snapshot.token_of(present)}
    if new:
        answer["url"] = reverse("admin:articles_desk_rewrite", args=[form.article.pk, form.instance.pk])
    return JsonResponse(answer, status=409)


@require_GET
@at_desk("articles.add_update")
def followers(request: HttpRequest, article: Article) -> HttpResponse:
    """Respond with sentences about the number of readers who would be notified of an update, by level."""
    return JsonResponse(outlook.forecast(article))


@require_POST
@at_desk("articles.change_update", "articles.cover_article")
def act(request: HttpRequest, article: Article, update: int, action: str) -> HttpResponse:
    """Perform one of `actions.ACTIONS` on an update."""
    coverage_action = action in actions.COVERAGE_ACTIONS
    if not request.user.has_perm("articles.cover_article" if coverage_action else "articles.change_update"):
        raise PermissionDenied
    try:
        found = actions.act(article.pk, update, action, request.user, request.POST)
    except (KeyError, Update.DoesNotExist) as error:
        raise Http404 from error
    except Conflict:
        message = _("Someone else has saved this update since you opened it.")
        return JsonResponse({"errors": {"__all__": [message]}}, status=409)
    except ValidationError as error:
        errors = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
        return JsonResponse({"errors": errors}, status=422)
    return JsonResponse({"id": found.element, "state": found.state})


#: The actor of the save behind a preview, which is rolled back.
_PREVIEW = Machine("Preview")


@require_POST
@at_desk(*PERMISSIONS)
def preview(request: HttpRequest, article: Article, update: int | None = None) -> HttpResponse:
    """Respond with an update as readers of a language would see it. Nothing is saved."""
    language = request.POST.get("reader", "")
    if language not in article.offered_languages:
        raise Http404
    data = request.POST.copy()
    # The actor is a machine, so the rules on who may publish do not apply. Remove the key of an earlier request.
    data["action"], data["key"] = "preview", ""
    prepare(data)
    with transaction.atomic(), acting_as(_PREVIEW):
        present = None if update is None else _get(article, update)
        saving.lock(article, article.updates.filter(pk=update or 0), data)
        form = composer_form(request.user, article, present, data)
        html = preview_html(form, article, language) if form.is_valid() else ""
    # Errors are for the journalist, in the language of the admin.
    page_language = language if html else request.LANGUAGE_CODE
    context = {"html": html, "language": page_language, "dir": direction(page_language), "errors": form.errors}
    return TemplateResponse(request, "admin/articles/desk/preview.html", context)


# Notes to colleagues --------------------------------------------------------------------------------------------------


@require_POST
@at_desk(*PERMISSIONS)
def write_note(request: HttpRequest, article: Article) -> HttpResponse:
    """Save a note to colleagues about the coverage, or about the update that `update` names."""
    pk = number(request.POST.get("update"))
    try:
        notes.write(article, request.user, request.POST.get("note", ""), None if pk is None else _get(article, pk))
    except ValidationError as error:
        return JsonResponse({"errors": {"note": error.messages}}, status=422)
    return JsonResponse({})


@require_POST
@at_desk(*PERMISSIONS)
def delete_note(request: HttpRequest, article: Article, note: int) -> HttpResponse:
    """Delete a note of the user's own."""
    notes.delete(article, request.user, note)
    return JsonResponse({})


# Updates that await approval ------------------------------------------------------------------------------------------


@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """Respond with the updates of all coverage that the user can approve: their number, and a list as HTML."""
    count, shown = approvals.waiting_for(request.user)
    language = get_language() or "en"
    rows = [
        {
            "url": f"{reverse('admin:articles_desk', args=[update.article_id])}#{update.element}",
            "title": named(update),
            "article": titled(update.article, language),
            "author": update.submitted_by or update.written_by,
        }
        for update in shown
    ]
    context = {"rows": rows, "count": count, "more": count - len(rows)}
    html = render_to_string("admin/articles/desk/approvals.html", context, request)
    return JsonResponse({"count": count, "html": html})


# The coverage ---------------------------------------------------------------------------------------------------------


@require_POST
@at_desk("articles.cover_article", "articles.change_article")
def cover(request: HttpRequest, article: Article, action: str) -> HttpResponse:
    """Perform one of `coverage.ACTIONS`; 409 if it needs a decision on updates that the user was not shown."""
    lacking = {"start": "start_coverage", "reopen": "start_coverage", "finish": "finish_coverage"}.get(action)
    if lacking and not request.user.has_perm(f"articles.{lacking}"):
        raise PermissionDenied
    try:
        with acting_as(request.user):
            coverage.act(article.pk, action, _decision(request.POST))
    except KeyError as error:
        raise Http404 from error
    except ValidationError as error:
        undecided = "finishing" in error.message_dict
        return JsonResponse({"errors": error.message_dict}, status=409 if undecided else 422)
    return JsonResponse({})


def _decision(data: QueryDict) -> finishing.Decision | None:
    fate = str(data.get("fate"))
    if fate not in finishing.Fate.values:
        return None
    named = (number(pk) for pk in data.getlist("named"))
    return finishing.Decision(finishing.Fate(fate), frozenset(pk for pk in named if pk is not None))


@require_GET
@at_desk("articles.cover_article", "articles.change_article")
def finish(request: HttpRequest, article: Article) -> HttpResponse:
    """Respond with the question before a coverage is finished. It names the updates that still wait."""
    context = {
        "article": article,
        "scheduled": finishing.scheduled(article),
        "has_poll": finishing.scheduled(article).filter(kind="poll").exists(),
        "submitted": finishing.submitted(article),
        "fates": finishing.Fate.choices,
        "default": finishing.Fate.DRAFTS,
    }
    return HttpResponse(render_to_string("admin/articles/desk/finish.html", context, request))


@at_desk("articles.cover_article", "articles.change_article")
def related(request: HttpRequest, article: Article) -> HttpResponse:
    """By GET, search articles; by POST, add an article to the related ones or remove it."""
    if request.method == "POST":
        other = number(request.POST.get("article"))
        if other is None:
            raise Http404
        coverage.relate(article.pk, other, related=request.POST.get("wanted") == "1")
        return JsonResponse({})
    found = [
        {
            "id": other.pk,
            "name": str(other),
            "lang": other.source_language,
            "dir": direction(other.source_language),
        }
        for other in coverage.search(article, request.GET.get("q", ""))
    ]
    return JsonResponse({"articles": found})

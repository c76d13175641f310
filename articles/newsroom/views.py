"""Home, the page that starts coverage, and the command palette."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from js_asset import Media

from articles.models import Article, Translation
from articles.newsroom import coverage, palette
from articles.newsroom.context import initials_of
from articles.newsroom.forms import StartForm
from liveblog.actors import user_of
from liveblog.languages import language_name, short_name
from liveblog.lists import joined
from liveblog.newsroom import setup, waiting

#: The parts of home that are refreshed, each with its own template.
PARTS = ("problems", "cards", "waiting", "coming", "strip")

#: The greatest number of translators that are named.
MAX_TRANSLATORS = 20


@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the newsroom now: live coverage, work that waits for the user, plans and problems."""
    user = user_of(request)
    if setup.is_due(user):
        return redirect(setup.address())
    context = {
        **admin.site.each_context(request),
        **_now(request),
        "title": _("Newsroom"),
        "form": StartForm(user=user) if user.has_perm("articles.start_coverage") else None,
        "parts": PARTS,
        "time": timezone.localtime(),
    }
    return TemplateResponse(request, "admin/newsroom/home.html", context)


def _now(request: HttpRequest) -> dict[str, Any]:
    user = user_of(request)
    queues = waiting.queues_for(user)
    return {
        "problems": waiting.problems_for(user),
        "cards": coverage.cards(user),
        "queues": list(waiting.due_first(queues)),
        "coming": coverage.coming(user),
        "sees_coverage": coverage.may_see_coverage(user),
        "sees_plans": coverage.may_see_coverage(user) or coverage.may_see_updates(user),
        "translating": _translating(),
        "may_start": user.has_perm("articles.start_coverage"),
    }


def _translating() -> list[dict[str, str]]:
    """Return the users who have a translation open at the translators' desk."""
    rows = Translation.objects.filter(edited_until__gt=timezone.now(), editor__isnull=False).select_related("editor")
    return [
        {
            "name": row.editor.get_full_name() or row.editor.get_username(),
            "initials": initials_of(row.editor),
            "language": language_name(row.language),
        }
        for row in rows.order_by("pk")[:MAX_TRANSLATORS]
        if row.editor is not None
    ]


@never_cache
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """Respond with the counts of the side bar, and with the parts of home if `home` is 1."""
    queues = waiting.queues_for(user_of(request), lines=False)
    answer: dict[str, Any] = {"counts": {queue.name: queue.count for queue in queues}}
    if request.GET.get("home") == "1":
        context = _now(request)
        answer["parts"] = {
            name: render_to_string(f"admin/newsroom/{name}.html", context, request).strip() for name in PARTS
        }
        answer["translating"] = context["translating"]
    return JsonResponse(answer)


# Starting coverage ----------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Start a coverage, and redirect to its desk. GET shows the form."""
    user = user_of(request)
    if not user.has_perm("articles.start_coverage"):
        raise PermissionDenied
    form = StartForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_bound and form.is_valid() and (article := _started(form)) is not None:
        return redirect("admin:articles_desk", pk=article.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Start coverage"),
        "form": form,
        "plan": _described(form),
        "media": Media.from_media(form.media, nonce=str(request.csp_nonce)),  # type: ignore[attr-defined]
    }
    return TemplateResponse(request, "admin/newsroom/start.html", context, status=422 if form.errors else 200)


def _started(form: StartForm) -> Article | None:
    try:
        return form.start()
    except IntegrityError:
        # Somebody else has taken the same slug at the same time. The next attempt finds another one.
        return form.start()


@never_cache
@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """Respond with the settings that are filled in for a line. Nothing is saved."""
    if not request.user.has_perm("articles.start_coverage"):
        raise PermissionDenied
    form = StartForm(request.POST, user=user_of(request))
    return JsonResponse(
        _described(form) | {"html": render_to_string("admin/newsroom/plan.html", {"plan": _described(form)}, request)}
    )


def _described(form: StartForm) -> dict[str, Any]:
    plan = form.plan
    names = [str(author) for author in plan.authors]
    return {
        "language": language_name(plan.language),
        "is_recognised": bool(plan.headline) and not form.data.get("language"),
        "languages": [
            {"short": short_name(code), "name": language_name(code)} for code in plan.languages if code != plan.language
        ],
        "slug": Article.free_slug(plan.headline, plan.language) if plan.headline else "",
        "zone": plan.time_zone,
        "authors": joined(names, get_language() or "en", [format_html("<bdi>{}</bdi>", name) for name in names]),
    }


# The command palette --------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def go(request: HttpRequest) -> HttpResponse:
    """Show the command palette as a page, for browsers without JavaScript."""
    query = request.GET.get("q", "")
    context = {
        **admin.site.each_context(request),
        "title": _("Go to"),
        "query": query[: palette.MAX_QUERY],
        "groups": palette.groups(user_of(request), query),
    }
    return TemplateResponse(request, "admin/newsroom/go.html", context)


@never_cache
@require_GET
def found(request: HttpRequest) -> HttpResponse:
    """Respond with the entries of the command palette for a query."""
    groups = palette.groups(user_of(request), request.GET.get("q", ""))
    return JsonResponse({"groups": [group.as_json() for group in groups]})


@require_GET
def tables(request: HttpRequest) -> HttpResponse:
    """Show Django's list of all tables."""
    return admin.site.index(request, {"title": _("All tables")})

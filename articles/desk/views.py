"""The live desk: one screen on which a coverage is written. Everything but the page itself is asked for by scripts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from js_asset import Media

from articles import changes, kinds
from articles.desk import actions, coverage, timeline
from articles.desk.consumers import RIGHTS
from articles.desk.forms import ComposerForm, key_of, language_for
from articles.history import diffing
from articles.models import Article, Snippet, Update
from articles.page import rendering
from articles.publishing import snapshot, syndication
from articles.templatetags.live import own_name
from articles.text import diff
from articles.translations import stats
from articles.translations.selection import of_update
from liveblog.actors import acting_as
from liveblog.delivery import log
from liveblog.errors import Conflict
from liveblog.languages import direction
from liveblog.newsroom import panels as newsroom

View = Callable[..., HttpResponse]


def at_desk(*rights: str) -> Callable[[View], View]:
    """A view of an article for those who have one of `rights`, in the article's time zone."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
            if not any(request.user.has_perm(right) for right in rights):
                raise PermissionDenied
            article = get_object_or_404(Article, pk=pk)
            with timezone.override(article.zone):
                return view(request, article, **kwargs)

        return guarded

    return decorate


def _may_run(request: HttpRequest) -> bool:
    return request.user.has_perm("articles.cover_article") or request.user.has_perm("articles.change_article")


# The page -------------------------------------------------------------------------------------------------------------


@require_GET
@at_desk(*RIGHTS)
def page(request: HttpRequest, article: Article) -> HttpResponse:
    # Read before what it stands for: what is edited meanwhile is asked for once more.
    revision = article.desk_revision
    form = _form(request, article, None, None)
    context = {
        **admin.site.each_context(request),
        "title": str(article),
        "article": article,
        "opts": Article._meta,
        "revision": revision,
        "entries": _entries(request, article, timeline.newest(article, timeline.Selection())),
        "more": article.updates.exclude(first_published_at=None).count() > timeline.PAGE_SIZE,
        "composer": _composer(request, form),
        "side": _side(request, article),
        "states": Update.State.choices,
        "media": Media.from_media(form.media, nonce=str(request.csp_nonce)),  # type: ignore[attr-defined]
        "colleagues": _colleagues(),
        "may_run": _may_run(request),
    }
    return TemplateResponse(request, "admin/articles/desk/page.html", context)


def _snippets(article: Article) -> list[Snippet]:
    return list(Snippet.objects.filter(article=None) | Snippet.objects.filter(article=article))


def _colleagues() -> list[Any]:
    people = get_user_model()._default_manager.filter(is_staff=True, is_active=True)
    return list(people.order_by("first_name", "username")[:200])


def _get(article: Article, pk: int) -> Update:
    return get_object_or_404(Update.objects.select_related("article"), pk=pk, article=article)


def _form(request: HttpRequest, article: Article, update: Update | None, data: Any) -> ComposerForm:
    if update is None:
        update = Update(article=article, source_language=language_for(request.user, article))
        author = getattr(request.user, "author", None)
        form = ComposerForm(data, instance=update, user=request.user)
        form.initial["authors"] = [author.pk] if author else []
        return form
    return ComposerForm(data, instance=update, user=request.user)


def _composer(request: HttpRequest, form: ComposerForm) -> str:
    update = form.instance
    context = {
        "form": form,
        "pictures": form.pictures.render_container(),
        "kinds": kinds.ALL,
        "asked": {field: kinds.codes_with(field) for kind in kinds.ALL for field in kind.fields},
        "update": update,
        "article": form.article,
        "languages": [
            {"code": code, "name": own_name(code), "dir": direction(code)} for code in form.article.offered_languages
        ],
        "snippets": [] if update.pk else _snippets(form.article),
    }
    return render_to_string("admin/articles/desk/composer.html", context, request)


def _entries(request: HttpRequest, article: Article, found: list[Update]) -> list[dict[str, str]]:
    rights = {
        "may_write": request.user.has_perm("articles.change_update"),
        "may_run": _may_run(request),
    }
    return [
        {
            "id": update.element,
            "sort": timeline.sort_of(update),
            "html": timeline.entry_html(update, article, request.user, **rights),
        }
        for update in found
    ]


@require_GET
@at_desk(*RIGHTS)
def entries(request: HttpRequest, article: Article) -> HttpResponse:
    """What a desk shows: after a revision all that has changed, before an entry what is older, otherwise the newest.

    A desk that is behind a deletion is given the newest as well: `whole` says that nothing else belongs on it.
    """
    selection = timeline.Selection.of(request.GET)
    revision = article.desk_revision
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    asked_after = after.isascii() and after.isdecimal() and len(after) < 19
    whole = not before and not (asked_after and int(after) >= article.deletion_revision)
    if asked_after and not whole:
        edited = list(timeline.changed(article, int(after)))
        wanted = set(
            selection.of_article(article).filter(pk__in=[one.pk for one in edited]).values_list("pk", flat=True)
        )
        gone = [{"id": update.element} for update in edited if update.pk not in wanted]
        shown = [*_entries(request, article, [update for update in edited if update.pk in wanted]), *gone]
    else:
        shown = _entries(request, article, timeline.newest(article, selection, before))
    return JsonResponse({"revision": revision, "entries": shown, "whole": whole, "side": _side(request, article)})


def _side(request: HttpRequest, article: Article) -> str:
    """The state of things beside the timeline."""
    summary = stats.summary(article.pk)
    related = article.related.all()
    context = {
        "article": article,
        "may_run": _may_run(request),
        "translations": [
            {"language": language, "name": own_name(language), **found} for language, found in summary.items()
        ],
        "figures": newsroom.panels_for(article.pk, request.user),
        "related": related,
    }
    return render_to_string("admin/articles/desk/side.html", context, request)


# One update -----------------------------------------------------------------------------------------------------------


@require_GET
@at_desk("articles.change_update")
def composer(request: HttpRequest, article: Article, update: int) -> HttpResponse:
    """The composer for an update that is there."""
    return HttpResponse(_composer(request, _form(request, article, _get(article, update), None)))


@require_POST
@at_desk("articles.add_update")
def write(request: HttpRequest, article: Article) -> HttpResponse:
    """A new update. The same one sent twice is one: its key tells. 409 where it was sent before with other words."""
    key = key_of(request.POST)
    return _save(request, article, article.updates.filter(key=key) if key else Update.objects.none(), new=True)


@require_POST
@at_desk("articles.change_update")
def rewrite(request: HttpRequest, article: Article, update: int) -> HttpResponse:
    """Another version of an update that is there; 409 where somebody else has saved one meanwhile."""
    return _save(request, article, article.updates.filter(pk=update))


def _save(request: HttpRequest, article: Article, found: QuerySet[Update], *, new: bool = False) -> HttpResponse:
    """Save what was sent as a version of the update that is `found`; or as a `new` one, if there is none yet.

    Nothing replaces a version that the sender has not seen, unless it comes to the same.
    """
    with transaction.atomic(), acting_as(request.user):
        # From here to the commit nobody else saves, so the version that is checked is the one that is replaced.
        _lock(request, article, found)
        update = found.select_related("article").first()
        if update is None and not new:
            raise Http404
        seen = update is not None and update.published_before
        present = snapshot.composer_data(update) if update else {}
        unseen = update is not None and (new or request.POST.get("opened") != snapshot.token_of(present))
        form = _form(request, article, update, request.POST)
        valid = form.is_valid()
        conflict = unseen and not (valid and snapshot.composer_data(form.instance, form.pending) == present)
        if valid and not conflict:
            try:
                with transaction.atomic():
                    return JsonResponse(_saved(form, seen))
            except ValidationError as error:
                form.add_error(None, error)
    # What differs is found out when nobody waits for the article any more.
    return _conflict(request, form, present, new=new) if conflict and not form.overlong else _refuse(form)


def _saved(form: ComposerForm, seen: bool) -> dict[str, str]:
    """Save it, in all the articles in which it is to stand. `seen`: whether readers had seen it before."""
    with changes.edit(form.instance):
        saved = form.save()
    if others := form.cleaned_data["also_in"]:
        syndication.copy_to(saved, others, form.user)
        saved.refresh_from_db()
    if saved.state == Update.State.PUBLISHED and not seen:
        syndication.publish_copies(saved, form.user)
    return {"id": saved.element, "state": saved.state}


def _refuse(form: ComposerForm) -> HttpResponse:
    """What is wrong, and what to think of, by field."""
    pictures = {"errors": form.pictures.errors, "warnings": form.pictures.warnings}
    return JsonResponse({"errors": form.errors, "pictures": pictures}, status=422)


def _lock(request: HttpRequest, article: Article, found: QuerySet[Update]) -> None:
    """Hold all articles in which the update stands or is to stand, at once."""
    copy_group = found.exclude(copy_group=None).values("copy_group")
    others = Update.objects.filter(copy_group__in=copy_group).values_list("article_id", flat=True)
    asked = [int(one) for one in request.POST.getlist("also_in") if one.isdecimal() and len(one) < 19]
    log.lock(article.pk, *others, *asked)


def _conflict(request: HttpRequest, form: ComposerForm, present: snapshot.Data, *, new: bool) -> HttpResponse:
    """The version that is there now, with what is different in the one that was sent. Nothing is saved.

    Whoever sent it as a new update goes on in the one that it has become.
    """
    sent = snapshot.composer_data(form.instance, form.pending)
    texts = []
    for name in snapshot.TEXTS:
        before = present[f"{name}_{present['source_language']}"]
        now = sent[f"{name}_{sent['source_language']}"]
        if before or now:
            rich = name == "body"
            texts.append(
                {
                    "label": form.fields[name].label,
                    "present": before,
                    "difference": diff.difference(before, now, rich=rich),
                    "rich": rich,
                }
            )
    context = {
        "texts": texts,
        "facts": diffing.facts(present, sent, diffing.People([present, sent])),
        "language": present["source_language"],
        "state": Update.State(present["state"]),
        "new": new,
    }
    html = render_to_string("admin/articles/desk/conflict.html", context, request)
    answer = {"conflict": html, "opened": snapshot.token_of(present)}
    if new:
        answer["url"] = reverse("admin:articles_desk_rewrite", args=[form.article.pk, form.instance.pk])
    return JsonResponse(answer, status=409)


@require_POST
@at_desk("articles.change_update", "articles.cover_article")
def act(request: HttpRequest, article: Article, update: int, action: str) -> HttpResponse:
    if not request.user.has_perm("articles.cover_article" if action in actions.RUNNING else "articles.change_update"):
        raise PermissionDenied
    try:
        found = actions.act(article.pk, update, action, request.user, request.POST)
    except (KeyError, Update.DoesNotExist) as error:
        raise Http404 from error
    except Conflict:
        message = _("Somebody else has saved this update since you opened it.")
        return JsonResponse({"errors": {"__all__": [message]}}, status=409)
    except ValidationError as error:
        found_wrong = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
        return JsonResponse({"errors": found_wrong}, status=422)
    return JsonResponse({"id": found.element, "state": found.state})


@require_POST
@at_desk(*RIGHTS)
def preview(request: HttpRequest, article: Article, update: int | None = None) -> HttpResponse:
    """An update as readers of a language would see it: saved, rendered, and never committed."""
    language = request.POST.get("reader", "")
    if language not in article.offered_languages:
        raise Http404
    data = request.POST.copy()
    # Nobody acts: what may be looked at is not asked of the rules of who may publish, nor what was sent before.
    data["action"], data["key"] = "publish", ""
    with transaction.atomic():
        found = _get(article, update) if update else None
        _lock(request, article, article.updates.filter(pk=update))
        form = _form(request, article, found, data)
        html = ""
        if form.is_valid():
            with changes.edit(form.instance):
                saved = form.save()
                # Also where somebody else has to release it first.
                Update.objects.filter(pk=saved.pk).update(
                    state=Update.State.PUBLISHED,
                    first_published_at=saved.first_published_at or saved.earlier_time or timezone.now(),
                )
            shown = Update.objects.for_pages().get(pk=saved.pk)
            with rendering.page_locale(article, language):
                read = of_update(shown, article, language)
                html = rendering.update_html(shown, article, read) if read else ""
        transaction.set_rollback(True)
    # What is wrong is said to who writes, in their language.
    shown_in = language if html else request.LANGUAGE_CODE
    context = {"html": html, "language": shown_in, "dir": direction(shown_in), "errors": form.errors}
    return TemplateResponse(request, "admin/articles/desk/preview.html", context)


# The coverage ---------------------------------------------------------------------------------------------------------


@require_POST
@at_desk("articles.cover_article", "articles.change_article")
def cover(request: HttpRequest, article: Article, action: str) -> HttpResponse:
    try:
        with acting_as(request.user):
            coverage.act(article.pk, action)
    except KeyError as error:
        raise Http404 from error
    return JsonResponse({})


@at_desk("articles.cover_article", "articles.change_article")
def related(request: HttpRequest, article: Article) -> HttpResponse:
    """Articles to read also: searched by GET, chosen or left by POST."""
    if request.method == "POST":
        other = request.POST.get("article", "")
        if not (other.isdecimal() and len(other) < 19):
            raise Http404
        coverage.relate(article.pk, int(other), wanted=request.POST.get("wanted") == "1")
        return JsonResponse({})
    words = request.GET.get("q", "").strip()[:100]
    fields = [f"headline_{code}" for code, _name in settings.LANGUAGES]
    found = Article.objects.exclude(pk=article.pk)
    for word in words.split():
        matching = Article.objects.none()
        for field in fields:
            matching |= Article.objects.filter(**{f"{field}__icontains": word})
        found = found.filter(pk__in=matching.values("pk"))
    return JsonResponse(
        {
            "articles": [
                {
                    "id": other.pk,
                    "name": str(other),
                    "lang": other.source_language,
                    "dir": direction(other.source_language),
                }
                for other in (found[:8] if words else [])
            ]
        }
    )

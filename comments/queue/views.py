"""The page of the moderators' queue, and the requests of its scripts. Each response contains the cards that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from articles.models import Article, Author, Update
from comments import moderation, translation
from comments.models import Comment, Discussion, Held, State
from comments.queue import cards, consumers, decisions, reasons
from comments.queue.forms import BanForm, NoteForm, RejectionForm, RulesForm
from comments.queue.selection import PAGE_SIZE, QueueStats, Selection
from liveblog.accounts.sessions import note_polling
from liveblog.actors import user_of
from liveblog.admin_lang import named
from liveblog.errors import Conflict
from liveblog.languages import language_title
from liveblog.numbers import number

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

#: Number of comments that a request may name. Further ones are ignored.
MAX_IDS = 200


def moderating(*rights: str) -> Callable[[View[P]], View[P]]:
    """Restrict a view to users who may moderate comments and have all of `rights`."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.has_perms(["comments.change_comment", *rights]):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


# Screens --------------------------------------------------------------------------------------------------------------


@require_GET
@moderating()
def page(request: HttpRequest) -> HttpResponse:
    selection = Selection.of(request)
    shown, more = _page_of(request, selection, "")
    context = {
        **admin.site.each_context(request),
        "title": capfirst(Comment._meta.verbose_name_plural),
        "opts": Comment._meta,
        "cards": shown,
        "more": more,
        "refusal": RejectionForm(),
        "ban": BanForm(),
        "note": NoteForm(),
        "possible": translation.available(),
        "may_feature": request.user.has_perm("comments.feature_comment"),
        **_filter_and_rules(request, selection),
    }
    return TemplateResponse(request, "admin/comments/queue/page.html", context)


@require_POST
@moderating()
def entries(request: HttpRequest) -> HttpResponse:
    """Return the first cards of a selection, or those after a sort key; and the present state of the `shown` cards."""
    note_polling(request)
    selection, after = Selection.of(request), request.GET.get("after", "")
    found, more = _page_of(request, selection, after)
    there = {card["id"] for card in found}
    others = [pk for pk in _numbers(request.GET.get("shown", "").split(",")) if f"comment-{pk}" not in there]
    existing = set(Comment.objects.filter(pk__in=others).values_list("pk", flat=True))
    answer: dict[str, object] = {
        "cards": found,
        "more": more,
        "shown": _cards(request, selection, others) if others else [],
        "gone": [f"comment-{pk}" for pk in others if pk not in existing],
    }
    if not after:
        answer |= _filter_and_rules(request, selection)
    return JsonResponse(answer)


def _page_of(request: HttpRequest, selection: Selection, after: str) -> tuple[list[cards.Card], bool]:
    found = cards.fetch(selection.find(after)[: PAGE_SIZE + 1])
    return cards.cards(found[:PAGE_SIZE], selection, user_of(request)), len(found) > PAGE_SIZE


def _cards(request: HttpRequest, selection: Selection, pks: Iterable[int]) -> list[cards.Card]:
    return cards.cards(cards.fetch(Comment.objects.filter(pk__in=pks)), selection, user_of(request))


def _filter_and_rules(request: HttpRequest, selection: Selection) -> dict[str, object]:
    """Return the parts of the page other than the cards: the filter with its counts, and the rules of the article."""
    stats = QueueStats.current()
    articles = Article.objects.in_bulk({pk for pk in (*stats.by_article, selection.article) if pk is not None})
    numbers = sorted(articles, key=lambda pk: (-stats.by_article[pk], -pk))
    context = {
        "selection": selection,
        "figures": stats,
        "states": [*State.choices, ("all", _("All"))],
        "articles": [(articles[pk], named(articles[pk]), stats.by_article[pk]) for pk in numbers],
        "languages": [(code, language_title(code), stats.by_language[code]) for code, _name in settings.LANGUAGES],
        "helds": [(value, label, stats.by_held[value]) for value, label in Held.choices],
    }
    article = articles.get(selection.article or 0)
    return {
        "total": ngettext("%(count)s comment to review", "%(count)s comments to review", stats.total)
        % {"count": stats.total},
        "filter": render_to_string("admin/comments/queue/filter.html", context, request),
        "rules": _rules(request, article) if article else "",
    }


def _rules(request: HttpRequest, article: Article, form: RulesForm | None = None) -> str:
    with timezone.override(article.zone):
        context = {
            "form": form or RulesForm(instance=Discussion.of(article.pk)),
            "article": article,
            "may": request.user.has_perm("comments.change_discussion"),
            "saved": form is not None and form.is_valid(),
        }
        return render_to_string("admin/comments/queue/rules.html", context, request)


# Decisions ------------------------------------------------------------------------------------------------------------


@require_POST
@moderating()
def decide(request: HttpRequest) -> HttpResponse:
    """Decide on one or several comments. Each `comment` is a primary key, a dot and the name of the version read."""
    to = request.POST.get("to", "")
    if to not in moderation.DECISIONS:
        return _problem(_("This decision doesn’t exist."))
    reason = reasons.encode(request.POST.get("reason", ""), request.POST.get("words", ""))
    if to == State.REJECTED and not reason:
        return _problem(_("Give a reason for rejecting the comment."))
    outcome = decisions.decide(_versions(request.POST.getlist("comment")), to, user_of(request), reason)
    return _decided(request, outcome, undone=False)


@require_POST
@moderating()
def undo(request: HttpRequest) -> HttpResponse:
    """Undo the given decisions, by default the moderator's last one."""
    outcome = decisions.undo(_numbers(request.POST.getlist("decision")), user_of(request))
    if not outcome.decided and not outcome.problems:
        return _problem(_("There is nothing to undo."))
    return _decided(request, outcome, undone=True)


def _decided(request: HttpRequest, outcome: decisions.Outcome, *, undone: bool) -> HttpResponse:
    pks = [decision.comment_id for decision in outcome.decided]
    count = len(outcome.decided)
    if undone:
        message = ngettext("%(count)s decision undone", "%(count)s decisions undone", count) % {"count": count}
    else:
        message = (
            outcome.decided[0].get_to_state_display()
            if count == 1
            else _("Decisions made: %(count)s") % {"count": count}
        )
    return JsonResponse(
        {
            "cards": _cards(request, Selection.of(request), [*pks, *outcome.problems]),
            "decisions": [decision.pk for decision in outcome.decided],
            "problems": {f"comment-{pk}": text for pk, text in outcome.problems.items()},
            "message": message if count else "",
        }
    )


def _versions(values: list[str]) -> list[tuple[int, int]]:
    found = (value.partition(".") for value in values[:MAX_IDS])
    names = {pk: name for text, _dot, name in found if (pk := number(text)) is not None}
    present = Comment.objects.in_bulk(names)
    # It is a conflict if the comment is gone, or if the moderator read another version.
    return [(pk, present[pk].version_called(name) if pk in present else -1) for pk, name in names.items()]


def _numbers(values: Iterable[str]) -> list[int]:
    return [found for value in values if (found := number(value)) is not None][:MAX_IDS]


def _errors(form: forms.BaseForm) -> str:
    return " ".join(str(message) for messages in form.errors.values() for message in messages)


def _problem(text: str) -> HttpResponse:
    return JsonResponse({"problem": text}, status=422)


# One comment ----------------------------------------------------------------------------------------------------------


@require_POST
@moderating()
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Claim a comment or release it. Answer with the name of another moderator who has claimed it."""
    if "release" in request.POST:
        moderation.release(pk, user_of(request))
        return JsonResponse({"claimed_by": ""})
    if moderation.claim(pk, user_of(request)):
        return JsonResponse({"claimed_by": ""})
    comment = Comment.objects.select_related("claimed_by").filter(pk=pk).first()
    return JsonResponse({"claimed_by": decisions.claimed_by(comment, user_of(request))})


@require_POST
@moderating("comments.add_note")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    comment, form = get_object_or_404(Comment, pk=pk), NoteForm(request.POST)
    if not form.is_valid():
        return _problem(_errors(form))
    moderation.note(pk, user_of(request), form.cleaned_data["text"])
    consumers.notify_queue(comment)
    return _answer(request, pk, _("Note saved"))


@require_POST
@moderating("comments.add_ban")
def ban(request: HttpRequest, pk: int) -> HttpResponse:
    comment, form = get_object_or_404(Comment, pk=pk), BanForm(request.POST)
    if not form.is_valid():
        return _problem(_errors(form))
    try:
        moderation.ban(comment, user_of(request), **form.arguments())
    except ValueError:
        return _problem(_("We have no email or IP address to ban this author by."))
    consumers.notify_queue(comment)
    return _answer(request, pk, _("Banned"))


@require_POST
@moderating()
def translate(request: HttpRequest, pk: int) -> HttpResponse:
    """Translate a comment into the moderator's language by machine."""
    comment = get_object_or_404(Comment, pk=pk)
    if translation.translate(comment, get_language() or "en") is None:
        return _problem(_("No translation is available at the moment."))
    return _answer(request, pk, _("Machine-translated"))


@require_POST
@moderating("comments.feature_comment")
def feature(request: HttpRequest, pk: int) -> HttpResponse:
    wanted = request.POST.get("wanted") == "1"
    try:
        moderation.feature(pk, wanted)
    except Conflict as conflict:
        return _not_approved(conflict)
    return _answer(request, pk, _("Editors’ choice") if wanted else _("No longer an editors’ choice"))


@require_POST
@moderating("comments.feature_comment")
def make_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an update from a comment, credited to its author; the moderator gets the byline."""
    author = Author.objects.filter(user=user_of(request)).first()
    try:
        update = moderation.make_update(pk, user_of(request), [author] if author else [])
    except Conflict as conflict:
        return _not_approved(conflict)
    if update.state == Update.State.SUBMITTED:
        return _answer(request, pk, _("This comment has become an update. A colleague has to approve it."))
    return _answer(request, pk, _("Published as an update."))


def _not_approved(conflict: Conflict) -> HttpResponse:
    if conflict.current is None:
        return _problem(decisions.explain(conflict))
    return _problem(_("Only approved comments can be featured."))


def _answer(request: HttpRequest, pk: int, message: str) -> HttpResponse:
    return JsonResponse({"cards": _cards(request, Selection.of(request), [pk]), "message": message})


# The rules of an article ----------------------------------------------------------------------------------------------


@require_POST
@moderating("comments.change_discussion")
def rules(request: HttpRequest, article: int) -> HttpResponse:
    found = get_object_or_404(Article, pk=article)
    with timezone.override(found.zone):
        form = RulesForm(request.POST, instance=Discussion.of(found.pk))
        if form.is_valid():
            form.save()
    return JsonResponse({"rules": _rules(request, found, form)}, status=200 if form.is_valid() else 422)

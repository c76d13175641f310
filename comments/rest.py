"""Comments in the REST API (`liveblog.rest`): reading them, and deciding on them as in the queue."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from articles.models import Article
from comments.models import Comment, Held, State
from comments.queue import decisions, reasons
from comments.queue.forms import RejectionForm
from comments.queue.reasons import Reason
from comments.rendering import for_readers
from liveblog import cross_origin, web_origins
from liveblog.actors import user_of
from liveblog.numbers import LARGEST
from liveblog.pagination import Anchor, Order, Place
from liveblog.rest import problems
from liveblog.rest.answers import IF_MATCH, answer, expected_version
from liveblog.rest.authentication import AccessToken, require_article, token_of
from liveblog.rest.idempotency import once
from liveblog.rest.problems import Problem
from liveblog.rest.scopes import Scope

router = Router(tags=["Comments"])

_BY_TIME = Order(("written_at", "pk"))
PAGE_SIZE, MAX_PAGE_SIZE = 50, 100
#: Seconds for which caches may keep approved comments.
_MAX_AGE_SECONDS = 5
_DECISIONS = "/desk/comments/{int:pk}/decisions"
_READER = AccessToken(Scope.READ, "comments.view_comment", "comments.change_comment")
_ROOT = f"{settings.SITE_URL}/api/v1"

Before = Annotated[int, Field(description="The last comment of the page before.", ge=1, le=LARGEST)]
Limit = Annotated[int, Field(description="The greatest number of comments on a page.", ge=1, le=MAX_PAGE_SIZE)]


class CommentOut(Schema):
    """An approved comment of a reader."""

    id: int
    article: str
    language: str
    name: str
    text: str
    written_at: datetime.datetime
    edited_at: datetime.datetime | None
    in_reply_to: int | None
    is_featured: bool = Field(description="Editors’ choice.")


class CommentsOut(Schema):
    items: list[CommentOut]
    next: str | None = Field(description="The address of the next page; null on the last one.")


class QueuedCommentOut(CommentOut):
    """A comment as moderators see it. It holds no address of the reader."""

    state: State
    held: str = Field(description="Why it waits for a moderator, such as links or reported.")
    open_reports: int
    version: str = Field(description="Its ETag, for the header If-Match.")


class QueuedCommentsOut(Schema):
    items: list[QueuedCommentOut]
    next: str | None = Field(description="The address of the next page; null on the last one.")


class DecisionIn(Schema):
    model_config = ConfigDict(extra="forbid")

    to: Literal["approved", "rejected", "spam", "waiting"]
    reason: Reason | None = Field(None, description="Needed to reject a comment.")
    words: str = Field("", description="The reason in your own words.", max_length=250)


class NewDecisionOut(Schema):
    id: int = Field(description="By which the decision can be undone.")
    comment: QueuedCommentOut


@router.get("/articles/{slug}/comments", response=CommentsOut)
def list_comments(
    request: HttpRequest, slug: str, before: Before | None = None, limit: Limit = PAGE_SIZE
) -> HttpResponse:
    """The approved comments on a coverage, the newest first."""
    article = get_object_or_404(Article, slug=slug[:200])
    if not article.offered_languages:
        raise problems.not_found()
    etag = f'W/"{article.pk}:{article.page_state}:{before}:{limit}"'
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=304)
    else:
        page = _page(for_readers().approved().filter(article=article), before, limit, _BY_TIME)
        query = {"limit": limit, "before": page.older.pk if page.older else 0}
        following = f"{_ROOT}/articles/{article.slug}/comments?{urlencode(query)}" if page.older else None
        response = answer(
            CommentsOut(items=[CommentOut(**_public(one, article.slug)) for one in page.items], next=following)
        )
        del response.headers["Cache-Control"]
    response.headers["ETag"] = etag
    cross_origin.readable_by(response, [web_origins.ALL])
    patch_cache_control(response, public=True, max_age=_MAX_AGE_SECONDS)
    return response


@router.get(
    "/desk/comments",
    response=QueuedCommentsOut,
    auth=_READER,
)
def list_queue(
    request: HttpRequest,
    article: Annotated[str | None, Field(max_length=120)] = None,
    state: State | None = None,
    held: Held | None = None,
    before: Before | None = None,
    limit: Limit = PAGE_SIZE,
) -> HttpResponse:
    """Comments of one state, the newest first; without a state, those that moderators have to decide on."""
    token = token_of(request)
    found = Comment.objects.queued() if state is None else Comment.objects.filter(state=state)
    if held:
        found = found.filter(held=held)
    if article:
        of = get_object_or_404(Article, slug=article)
        require_article(token, of.pk)
        found = found.filter(article=of)
    elif not token.every_article:
        found = found.filter(article__in=token.articles.values("pk"))
    page = _page(found.select_related("article"), before, limit, _BY_TIME)
    query = {"article": article, "state": state, "held": held, "limit": limit}
    given = {name: value for name, value in query.items() if value}
    following = f"{_ROOT}/desk/comments?{urlencode(given | {'before': page.older.pk})}" if page.older else None
    return answer(QueuedCommentsOut(items=[_queued(one) for one in page.items], next=following))


@router.get(
    "/desk/comments/{int:pk}",
    response=QueuedCommentOut,
    auth=_READER,
)
def read_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """One comment, in any state."""
    comment = _get(request, pk)
    return answer(_queued(comment), version=comment.version_name)


@router.post(_DECISIONS, response={201: NewDecisionOut}, auth=AccessToken(Scope.MODERATE), openapi_extra=IF_MATCH)
def decide(request: HttpRequest, pk: int, decision: DecisionIn) -> HttpResponse:
    """Decide on a comment. Name the version that you have read in If-Match."""

    def make() -> HttpResponse:
        comment = _get(request, pk)
        version = expected_version(request, comment.version_name)
        reason = _reason(decision)
        outcome = decisions.decide(
            [(comment.pk, comment.version_called(version))], decision.to, user_of(request), reason
        )
        return _decided(request, pk, outcome)

    return once(request, make)


@router.post(
    f"{_DECISIONS}/{{int:decision}}/undo",
    response={201: NewDecisionOut},
    auth=AccessToken(Scope.MODERATE),
)
def undo_decision(request: HttpRequest, pk: int, decision: int) -> HttpResponse:
    """Undo the last decision on a comment."""

    def make() -> HttpResponse:
        comment = _get(request, pk)
        if not comment.decisions.filter(pk=min(decision, LARGEST)).exists():
            raise problems.not_found()
        return _decided(request, pk, decisions.undo([decision], user_of(request)))

    return once(request, make)


def _reason(decision: DecisionIn) -> str:
    """Return the reason in its stored form. Raise Problem if a required one is missing."""
    if decision.to == State.REJECTED:
        form = RejectionForm({"reason": decision.reason or "", "words": decision.words})
        if not form.is_valid():
            raise problems.invalid({name: [*map(str, found)] for name, found in form.errors.items()})
    return reasons.encode(decision.reason or "", decision.words)


def _decided(request: HttpRequest, pk: int, outcome: decisions.Outcome) -> HttpResponse:
    if not outcome.decided:
        title = next(iter(outcome.problems.values()), "") or _("This decision can no longer be undone.")
        raise Problem(409, "decided", title)
    comment = _get(request, pk)
    content = NewDecisionOut(id=outcome.decided[0].pk, comment=_queued(comment))
    return answer(content, 201, version=comment.version_name)


def _get(request: HttpRequest, pk: int) -> Comment:
    comment = get_object_or_404(Comment.objects.select_related("article"), pk=min(pk, LARGEST))
    require_article(token_of(request), comment.article_id)
    return comment


def _page(found: Any, before: int | None, limit: int, order: Order) -> Any:
    anchor = None
    if before:
        values = Comment.objects.filter(pk=before).values_list("written_at", "pk").first()
        if values is None:
            raise problems.not_found()
        anchor = Anchor(before, values)
    return order.page(found, Place("before", before) if before else Place(), anchor, limit)


def _public(comment: Comment, slug: str) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "article": slug,
        "language": comment.language,
        "name": comment.name,
        "text": comment.text,
        "written_at": comment.written_at,
        "edited_at": comment.edited_at,
        "in_reply_to": comment.parent_id,
        "is_featured": comment.featured,
    }


def _queued(comment: Comment) -> QueuedCommentOut:
    return QueuedCommentOut(
        **_public(comment, comment.article.slug),
        state=State(comment.state),
        held=comment.held,
        open_reports=comment.open_reports,
        version=comment.version_name,
    )

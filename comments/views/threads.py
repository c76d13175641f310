"""What everybody sees of an article's comments: the same for all who open it, so that any cache can keep it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.core.paginator import Page
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from articles import api
from articles.models import Article
from comments import rendering, submission
from comments.forms import CommentForm
from comments.models import Comment, Discussion
from comments.submission import Rejected
from comments.views.own import own_html, own_url
from comments.views.requests import article_at, posted_from_here, sender, wants_json
from liveblog.cache import get_or_make
from liveblog.delivery.elements import page_locale
from liveblog.pagination import Paginator
from liveblog.release import RELEASE

PAGE_SIZE = 50

#: How long a shared cache may serve a page without asking, in seconds. A stale page catches up by itself.
FRESH = 5

ORDERS = {
    "newest": ("-written_at", "-pk"),
    "oldest": ("written_at", "pk"),
    "answers": ("-answers", "-written_at", "-pk"),
}


@posted_from_here
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """An article's comments, and the form for one more."""
    article = article_at(slug, language)
    if request.method == "POST":
        return _post(request, article, language)
    answered = _number(request.GET.get("reply", ""))
    if answered is not None:
        return HttpResponse(_page(request, article, language, parent=_answered(article, answered)))
    number, order = request.GET.get("page", "1"), request.GET.get("order", "newest")
    number = number if number.isascii() and number.isdecimal() and len(number) < 7 else "1"
    order = order if order in ORDERS else "newest"
    only = request.GET.get("only") == "1"
    # Whether they are open is told by the time as well as by the log.
    opened = Discussion.of(article.pk).is_open
    key = f"comments:{article.pk}:{language}:{article.revision}:{number}:{order}:{only:d}:{opened:d}"
    return _kept(request, key, lambda: _page(request, article, language, number=number, order=order, only=only))


def _kept(request: HttpRequest, key: str, make: Any) -> HttpResponse:
    etag = f'W/"{RELEASE}:{key}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(get_or_make(f"{RELEASE}:{key}", lambda: make().encode()))
    response.headers["ETag"] = etag
    patch_cache_control(response, public=True, max_age=FRESH)
    return response


def _page(
    request: HttpRequest,
    article: Article,
    language: str,
    *,
    number: str = "1",
    order: str = "newest",
    only: bool = False,
    parent: Comment | None = None,
    form: CommentForm | None = None,
    problem: str = "",
) -> str:
    found = rendering.threads_of(article.pk).order_by(*ORDERS[order])
    if only:
        found = found.filter(language=language)
    page: Page = Paginator(found, PAGE_SIZE).get_page(number)
    with page_locale(article, language):
        shown_form = form or CommentForm(article=article, initial={"parent": parent.pk if parent else None})
        context = {
            "article": article,
            "headline": api.headline(article, language),
            "language": language,
            "live_url": article.url(language),
            "site": settings.SITE_URL,
            "url": request.path,
            "addresses": [
                {"language": code, "url": f"{article.url(code)}comments/"} for code in article.offered_languages
            ],
            "heartbeat": str(settings.LIVE_HEARTBEAT_SECONDS),
            "page": page,
            "order": order,
            "only": only,
            "count": mark_safe(rendering.count_html(article, language)),
            "chosen": mark_safe(rendering.chosen_html(article, language)),
            "threads": rendering.threads_html(list(page.object_list), article, language),
            "form": mark_safe(rendering.form_html(article, language, form=shown_form, parent=parent, problem=problem)),
        }
        return get_template("comments/page.html").render(context, request)


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 18 else None


def _answered(article: Article, pk: int) -> Comment:
    """A comment that can be answered."""
    return get_object_or_404(rendering.shown().approved(), pk=pk, article=article)


# Posting --------------------------------------------------------------------------------------------------------------


def _post(request: HttpRequest, article: Article, language: str) -> HttpResponse:
    try:
        form = CommentForm(request.POST, article=article)
    except (RequestDataTooBig, TooManyFieldsSent, MultiPartParserError):
        problem = _("That is more than a comment can be. Nothing of it was kept.")
        return _not_taken(request, article, language, CommentForm(article=article), problem, status=413)
    if not form.is_valid():
        problem = " ".join(map(str, form.errors.get("parent") or form.errors.get("website") or ()))
        return _not_taken(request, article, language, form, problem or _("Please look at the fields that are marked."))
    try:
        taken = submission.submit(article, form.cleaned_data, language, sender(request))
    except Rejected as refused:
        problem = refused.message
        if refused.field:
            form.add_error(refused.field, refused.message)
            problem = _("Please look at the fields that are marked.")
        return _not_taken(request, article, language, form, problem, status=refused.status)
    address = own_url(taken.comment, language, taken.secret)
    if wants_json(request):
        html = own_html(taken.comment, language, address)
        return JsonResponse({"url": address, "html": html, "comment": taken.comment.pk}, status=201)
    return redirect(address)


def _not_taken(
    request: HttpRequest, article: Article, language: str, form: CommentForm, problem: str, status: int = 422
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"errors": form.errors, "problem": problem}, status=status)
    parent = form.cleaned_data.get("parent") if hasattr(form, "cleaned_data") else None
    return HttpResponse(_page(request, article, language, form=form, parent=parent, problem=problem), status=status)


# More of it -----------------------------------------------------------------------------------------------------------


@require_safe
def thread(request: HttpRequest, language: str, slug: str, pk: int) -> HttpResponse:
    """A comment with all its answers, page by page."""
    article = article_at(slug, language)
    found = get_object_or_404(rendering.shown().filter(shown=True), pk=pk, article=article)
    if found.thread_id:
        return redirect(f"{reverse('thread', args=[language, slug, found.thread_id])}{_page_of(found)}#reply-{pk}")
    number = request.GET.get("page", "1")
    number = number if number.isascii() and number.isdecimal() and len(number) < 7 else "1"

    def make() -> str:
        page: Page = Paginator(rendering.answers_of([pk]), PAGE_SIZE).get_page(number)
        found.answers = len(page.object_list)
        with page_locale(article, language):
            html = rendering.thread_html(found, list(page.object_list), article, language)
            context = {
                "headline": api.headline(article, language),
                "url": f"{article.url(language)}comments/",
                "live_url": article.url(language),
                "addresses": [
                    {"language": code, "url": reverse("thread", args=[code, slug, pk])}
                    for code in article.offered_languages
                ],
                "thread": mark_safe(html),
                "page": page,
            }
            return get_template("comments/thread_page.html").render(context, request)

    return _kept(request, f"thread:{pk}:{language}:{article.revision}:{number}", make)


def _page_of(answer: Comment) -> str:
    """The query of the page on which an answer stands in its conversation; none for the first."""
    earlier = Q(written_at__lt=answer.written_at) | Q(written_at=answer.written_at, pk__lt=answer.pk)
    number = rendering.answers_of([answer.thread_id or answer.pk]).filter(earlier).count() // PAGE_SIZE + 1
    return f"?page={number}" if number > 1 else ""


@require_safe
def privacy(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """What becomes of what a reader sends."""
    article = article_at(slug, language)
    response = render(
        request,
        "comments/privacy.html",
        {
            "days": settings.COMMENTS_KEEP_ADDRESS_DAYS,
            "spam": bool(settings.AKISMET_API_KEY),
            "translation": rendering.possible(),
            "mail": settings.EMAIL_CONFIGURED,
            "contact": settings.PRIVACY_CONTACT,
            "url": f"{article.url(language)}comments/",
            "addresses": [
                {"language": code, "url": f"{article.url(code)}comments/privacy/"} for code in article.offered_languages
            ],
        },
    )
    patch_cache_control(response, public=True, max_age=FRESH)
    return response

"""The public pages of an article's comments. They are the same for all readers, so shared caches can store them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

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
from comments import rendering, submission, translation
from comments.forms import CommentForm
from comments.models import Comment, Discussion
from comments.submission import CommentData, Rejected
from comments.views.own import own_html, own_url
from comments.views.requests import article_at, posted_from_here, sender, wants_json
from liveblog.cache import get_or_make
from liveblog.delivery.elements import page_locale
from liveblog.numbers import number
from liveblog.pagination import Paginator
from liveblog.release import RELEASE

PAGE_SIZE = 50

#: For how long a shared cache may serve a page without asking. A stale page catches up over its live connection.
MAX_AGE_SECONDS = 5

#: Larger page numbers show the first page.
MAX_PAGE = 999_999

ORDERS = {
    "newest": ("-written_at", "-pk"),
    "oldest": ("written_at", "pk"),
    "answers": ("-answers", "-written_at", "-pk"),
}


@posted_from_here
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """Show an article's comments and the form; accept a comment."""
    article = article_at(slug, language)
    if request.method == "POST":
        return _post(request, article, language)
    parent_pk = number(request.GET.get("reply"))
    if parent_pk is not None:
        parent = get_object_or_404(rendering.for_readers().approved(), pk=parent_pk, article=article)
        return HttpResponse(_page(request, article, language, parent=parent))
    page, order = _page_number(request), request.GET.get("order", "newest")
    order = order if order in ORDERS else "newest"
    only = request.GET.get("only") == "1"
    # Comments close at a set time, without a new revision until a process notices.
    is_open = Discussion.of(article.pk).is_open
    key = f"comments:{article.pk}:{language}:{article.revision}:{page}:{order}:{only:d}:{is_open:d}"
    return _cached(request, key, lambda: _page(request, article, language, page=page, order=order, only=only))


def _page_number(request: HttpRequest) -> int:
    page = number(request.GET.get("page"), most=MAX_PAGE)
    return 1 if page is None else page


def _cached(request: HttpRequest, key: str, make: Callable[[], str]) -> HttpResponse:
    """Answer with the page that `key` names, made if no process has made it yet; 304 if the browser has it."""
    etag = f'W/"{RELEASE}:{key}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(get_or_make(f"{RELEASE}:{key}", lambda: make().encode()))
    response.headers["ETag"] = etag
    patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    return response


def _page(
    request: HttpRequest,
    article: Article,
    language: str,
    *,
    page: int = 1,
    order: str = "newest",
    only: bool = False,
    parent: Comment | None = None,
    form: CommentForm | None = None,
    problem: str = "",
) -> str:
    found = rendering.threads_of(article.pk).order_by(*ORDERS[order])
    if only:
        found = found.filter(language=language)
    shown: Page[Comment] = Paginator(found, PAGE_SIZE).get_page(page)
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
            "page": shown,
            "order": order,
            "only": only,
            "count": mark_safe(rendering.count_html(article, language)),
            "featured": mark_safe(rendering.featured_html(article, language)),
            "threads": rendering.threads_html(list(shown.object_list), article, language),
            "form": mark_safe(rendering.form_html(article, language, form=shown_form, parent=parent, problem=problem)),
        }
        return get_template("comments/page.html").render(context, request)


# Posting --------------------------------------------------------------------------------------------------------------


def _post(request: HttpRequest, article: Article, language: str) -> HttpResponse:
    try:
        form = CommentForm(request.POST, article=article)
    except (RequestDataTooBig, TooManyFieldsSent, MultiPartParserError):
        problem = _("That is more than a comment can be. Nothing of it was kept.")
        return _rejected(request, article, language, CommentForm(article=article), problem, status=413)
    if not form.is_valid():
        problem = " ".join(map(str, form.errors.get("parent") or form.errors.get("website") or ()))
        return _rejected(request, article, language, form, problem or _("Please look at the fields that are marked."))
    try:
        accepted = submission.submit(article, cast(CommentData, form.cleaned_data), language, sender(request))
    except Rejected as rejected:
        problem = rejected.message
        if rejected.field:
            form.add_error(rejected.field, rejected.message)
            problem = _("Please look at the fields that are marked.")
        return _rejected(request, article, language, form, problem, status=rejected.status)
    address = own_url(accepted.comment, language, accepted.secret)
    if wants_json(request):
        html = own_html(accepted.comment, language, address)
        return JsonResponse({"url": address, "html": html, "comment": accepted.comment.pk}, status=201)
    return redirect(address)


def _rejected(
    request: HttpRequest, article: Article, language: str, form: CommentForm, problem: str, status: int = 422
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"errors": form.errors, "problem": problem}, status=status)
    # An unbound form, for a request that could not be read, has no data.
    parent = form.cleaned_data.get("parent") if form.is_bound else None
    return HttpResponse(_page(request, article, language, form=form, parent=parent, problem=problem), status=status)


# Other pages ----------------------------------------------------------------------------------------------------------


@require_safe
def thread(request: HttpRequest, language: str, slug: str, pk: int) -> HttpResponse:
    """Show a thread with all its answers, page by page."""
    article = article_at(slug, language)
    found = get_object_or_404(rendering.for_readers().filter(shown=True), pk=pk, article=article)
    if found.thread_id:
        return redirect(f"{reverse('thread', args=[language, slug, found.thread_id])}{_page_of(found)}#reply-{pk}")
    page_number = _page_number(request)

    def make() -> str:
        page: Page[Comment] = Paginator(rendering.answers_of([pk]), PAGE_SIZE).get_page(page_number)
        # Earlier answers are on other pages of this list, so the thread must not offer them itself.
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

    return _cached(request, f"thread:{pk}:{language}:{article.revision}:{page_number}", make)


def _page_of(answer: Comment) -> str:
    """Return the query string of the page of its thread that shows an answer; empty for the first page."""
    earlier = Q(written_at__lt=answer.written_at) | Q(written_at=answer.written_at, pk__lt=answer.pk)
    page = rendering.answers_of([answer.thread_id or answer.pk]).filter(earlier).count() // PAGE_SIZE + 1
    return f"?page={page}" if page > 1 else ""


@require_safe
def privacy(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """Show what happens to the data that a reader sends."""
    article = article_at(slug, language)
    response = render(
        request,
        "comments/privacy.html",
        {
            "days": settings.COMMENTS_KEEP_ADDRESS_DAYS,
            "spam": bool(settings.AKISMET_API_KEY),
            "translation": translation.available(),
            "mail": settings.EMAIL_CONFIGURED,
            "contact": settings.PRIVACY_CONTACT,
            "url": f"{article.url(language)}comments/",
            "addresses": [
                {"language": code, "url": f"{article.url(code)}comments/privacy/"} for code in article.offered_languages
            ],
        },
    )
    patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    return response

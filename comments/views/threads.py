"""The public pages of an article's comments. They are the same for all readers, so shared caches can store them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse, QueryDict
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
from comments import rendering, spam, submission, translation
from comments.forms import CommentForm
from comments.models import Comment, Discussion
from comments.models.comment import CommentQuerySet
from comments.submission import CommentData, Rejected
from comments.views.own import own_html, own_page, own_url
from comments.views.requests import posted_from_here, sender, wants_json
from liveblog import pagination
from liveblog.branding import current as branding
from liveblog.cache import MAX_KEPT, MAX_VERSIONS, Retention, get_or_make, point
from liveblog.configuration.options import value
from liveblog.delivery.elements import page_locale
from liveblog.pagination import Anchor, Order, Page, Place
from liveblog.parameters import reads

PAGE_SIZE = 50

#: Seconds for which a shared cache may serve a page without validation. A stale page catches up over its live
#: connection.
MAX_AGE_SECONDS = 5

BY_TIME = ("written_at", "pk")

ORDERS = {
    "newest": Order(BY_TIME),
    "oldest": Order(BY_TIME, descending=False),
    # Answers move comments up, so a reader who pages through this list may see one twice.
    "answers": Order(("answers", "written_at", "pk")),
}

#: The order of the answers in a thread.
ANSWERS = Order(BY_TIME, descending=False)


class Selection(NamedTuple):
    """The threads of an article that one page of its comments shows."""

    place: Place
    order: str
    only: bool

    @classmethod
    def of(cls, query: QueryDict) -> Selection:
        """Read the selection from a query string. Raise Http404 if it is invalid."""
        only = pagination.choice(query, "only", ("", "0", "1")) == "1"
        return cls(Place.of(query), pagination.choice(query, "order", tuple(ORDERS)), only)

    @property
    def key(self) -> str:
        """Return a cache key."""
        return f"{self.place.relation}{self.place.pk}:{self.order}:{self.only:d}"

    def address(self, path: str, fragment: str = "comments") -> str:
        order = "" if self.order == "newest" else self.order
        return pagination.address(path, {**self.place.query, "order": order, "only": int(self.only) or None}, fragment)


FIRST = Selection(Place(), "newest", only=False)


@posted_from_here
@reads(*pagination.PARAMETERS, "only", "order", "page", "reply")
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """Show an article's comments and the form; accept a comment."""
    article = api.find_article(slug, language)
    if request.method == "POST":
        return _post(request, article, language)
    if "reply" in request.GET:
        parent_pk = pagination.whole_number(request.GET, "reply")
        parent = get_object_or_404(rendering.for_readers().approved(), pk=parent_pk, article=article)
        return HttpResponse(_page(request, article, language, parent=parent))
    selection = Selection.of(request.GET)
    order = ORDERS[selection.order]
    if (page_number := pagination.page_number(request.GET)) is not None:
        place = order.place_of(_threads(article, language, selection), page_number, PAGE_SIZE)
        return redirect(selection._replace(place=place).address(request.path), permanent=page_number == 1)
    # Comments close at a set time, without a new revision until a process notices.
    is_open = Discussion.of(article.pk).is_open
    name, state = f"comments:{article.pk}:{language}:{selection.key}", f"{article.page_state}:{is_open:d}"
    try:
        anchor = _anchor(Comment.objects.filter(article=article, thread=None), order, selection.place)
        # All readers open the first page, but only some open others.
        retention = Retention(
            group=f"comments:{article.pk}:{language}:{selection.order}:{selection.only:d}", max_entries=MAX_VERSIONS
        )
        if selection.place.relation:
            retention = Retention(group="comment-places", max_entries=MAX_KEPT)

        def make() -> str:
            return _page(request, article, language, selection=selection, anchor=anchor)

        return _cached(request, name, state, make, retention)
    except Moved as moved:
        fragment = f"comment-{moved.place.pk}" if moved.place.relation else "comments"
        return redirect(selection._replace(place=moved.place).address(request.path, fragment))


def _threads(article: Article, language: str, selection: Selection) -> CommentQuerySet:
    found = rendering.threads_of(article.pk)
    return found.filter(language=language) if selection.only else found


class Moved(Exception):  # noqa: N818 - it is no error
    """The page has moved to another place."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


def _anchor(rows: CommentQuerySet, order: Order, place: Place) -> Anchor | None:
    """Return the comment that names a page, None for the first page.

    Readers need not see the comment any more. Raise Http404 if there was never such a comment in these rows, or Moved
    if it is deleted and its place in the order is unknown.
    """
    if not place.relation:
        return None
    found = rows.filter(pk=place.pk).values_list(*order.fields).first()
    if found is None:
        if Comment.objects.filter(pk=place.pk).exists() or not Comment.objects.filter(pk__gt=place.pk).exists():
            raise Http404
        # Comments are numbered in the order in which they are written, so a deleted one was next to the next number.
        neighbour = rows.filter(pk__lt=place.pk).order_by("-pk").first() or rows.order_by("pk").first()
        if neighbour is None or order.fields != BY_TIME:
            raise Moved(Place())
        found = (neighbour.written_at, place.pk)
    return Anchor(place.pk, found)


def _page_of(order: Order, rows: CommentQuerySet, place: Place, anchor: Anchor | None) -> Page[Comment]:
    page = order.page(rows, place, anchor, PAGE_SIZE)
    if place.relation in ("before", "after") and not page.items:
        raise Moved(Place("at", place.pk))
    return page


def _cached(request: HttpRequest, name: str, state: str, make: Callable[[], str], retention: Retention) -> HttpResponse:
    """Respond with a page in a state, made if no process has made it yet; 304 if the browser has it."""
    version = f"{branding.edition()}:{name}:{state}"
    etag = f'W/"{version}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:

        def content() -> bytes:
            point(request.get_full_path(), name)
            return make().encode()

        response = HttpResponse(get_or_make(name, version, content, **retention))
    response.headers["ETag"] = etag
    patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    return response


def _page(
    request: HttpRequest,
    article: Article,
    language: str,
    *,
    selection: Selection = FIRST,
    anchor: Anchor | None = None,
    parent: Comment | None = None,
    form: CommentForm | None = None,
    problem: str = "",
) -> str:
    rows, place = _threads(article, language, selection), selection.place
    page = _page_of(ORDERS[selection.order], rows, place, anchor)
    url = f"{article.url(language)}comments/"
    with page_locale(article, language):
        shown_form = form or CommentForm(article=article, initial={"parent": parent.pk if parent else None})
        form_html = rendering.form_html(
            article, language, unfolded=True, form=shown_form, parent=parent, problem=problem
        )
        context = {
            "article": article,
            "headline": api.headline(article, language),
            "language": language,
            "live_url": article.url(language),
            "site": settings.SITE_URL,
            "url": url,
            "addresses": [
                {"language": code, "url": selection.address(f"{article.url(code)}comments/", _fragment(place))}
                for code in article.offered_languages
            ],
            "heartbeat": str(settings.LIVE_HEARTBEAT_SECONDS),
            # A list that is not in order of time takes in no new comments.
            "above": "" if selection.order == "answers" else page.above,
            "below": "" if selection.order == "answers" else page.below,
            "previous": page.previous and selection._replace(place=page.previous).address(url),
            "next": page.next and selection._replace(place=page.next).address(url),
            "order": selection.order,
            "only": selection.only,
            "orders": {name: FIRST._replace(order=name, only=selection.only).address(url) for name in ORDERS},
            "languages": [selection._replace(place=Place(), only=only).address(url) for only in (False, True)],
            "count": mark_safe(rendering.count_html(article, language)),
            "featured": mark_safe(rendering.featured_html(article, language)),
            "threads": rendering.threads_html(page.items, article, language),
            "form": mark_safe(form_html),
        }
        return get_template("comments/page.html").render(context, request)


def _fragment(place: Place) -> str:
    """Return the element to which a page scrolls: the one that names it, or the list; "" for a first page."""
    return f"comment-{place.pk}" if place.relation == "at" else "comments" if place.relation else ""


# Posting --------------------------------------------------------------------------------------------------------------


def _post(request: HttpRequest, article: Article, language: str) -> HttpResponse:
    try:
        form = CommentForm(request.POST, article=article)
    except (RequestDataTooBig, TooManyFieldsSent, MultiPartParserError):
        problem = _("Your comment is too long and wasn’t saved.")
        return _rejected(request, article, language, CommentForm(article=article), problem, status=413)
    if not form.is_valid():
        problem = " ".join(map(str, form.errors.get("parent") or form.errors.get("website") or ()))
        return _rejected(request, article, language, form, problem or _("Please check the highlighted fields."))
    try:
        accepted = submission.submit(article, cast(CommentData, form.cleaned_data), language, sender(request))
    except Rejected as rejected:
        problem = rejected.message
        if rejected.field:
            form.add_error(rejected.field, rejected.message)
            problem = _("Please check the highlighted fields.")
        return _rejected(request, article, language, form, problem, status=rejected.status)
    address = own_url(accepted.comment, language, accepted.secret)
    if wants_json(request):
        html = own_html(accepted.comment, language, address)
        return JsonResponse({"url": address, "html": html, "comment": accepted.comment.pk}, status=201)
    # Do not redirect: the address would have to contain the secret. Sending the form again shows the same comment.
    response = own_page(request, language, accepted.comment, accepted.secret, status=201)
    response.headers["Location"] = address
    return response


def _rejected(
    request: HttpRequest, article: Article, language: str, form: CommentForm, problem: str, status: int = 422
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"errors": form.errors, "problem": problem}, status=status)
    # The form is unbound, without data, if the request could not be read.
    parent = form.cleaned_data.get("parent") if form.is_bound else None
    return HttpResponse(_page(request, article, language, form=form, parent=parent, problem=problem), status=status)


# Other pages ----------------------------------------------------------------------------------------------------------


@reads(*pagination.PARAMETERS, "page")
@require_safe
def thread(request: HttpRequest, language: str, slug: str, pk: int) -> HttpResponse:
    """Show a thread with all its answers, page by page."""
    article = api.find_article(slug, language)
    found = get_object_or_404(rendering.for_readers().filter(shown=True), pk=pk, article=article)
    place, url = Place.of(request.GET), reverse("thread", args=[language, slug, found.thread_id or pk])
    if found.thread_id:
        return redirect(pagination.address(url, Place("at", pk).query, f"reply-{pk}"))
    answers = rendering.answers_of([pk])
    if (page_number := pagination.page_number(request.GET)) is not None:
        place = ANSWERS.place_of(answers, page_number, PAGE_SIZE)
        return redirect(pagination.address(url, place.query, f"comment-{pk}"), permanent=page_number == 1)

    def make() -> str:
        page = _page_of(ANSWERS, answers, place, anchor)
        # Earlier answers are on other pages of this list, so the thread must not link to them.
        found.answers = len(page.items)
        with page_locale(article, language):
            html = rendering.thread_html(found, page.items, article, language)
            context = {
                "headline": api.headline(article, language),
                "url": f"{article.url(language)}comments/",
                "live_url": article.url(language),
                "addresses": [
                    {
                        "language": code,
                        "url": pagination.address(
                            reverse("thread", args=[code, article.slug_in(code), pk]), place.query
                        ),
                    }
                    for code in article.offered_languages
                ],
                "thread": mark_safe(html),
                "article": article,
                "heartbeat": str(settings.LIVE_HEARTBEAT_SECONDS),
                "previous": page.previous and pagination.address(url, page.previous.query, f"comment-{pk}"),
                "next": page.next and pagination.address(url, page.next.query, f"comment-{pk}"),
            }
            return get_template("comments/thread_page.html").render(context, request)

    try:
        anchor = _anchor(Comment.objects.filter(thread=pk), ANSWERS, place)
        name = f"thread:{pk}:{language}:{place.relation}{place.pk}"
        return _cached(request, name, str(article.page_state), make, Retention(group="threads", max_entries=MAX_KEPT))
    except Moved as moved:
        fragment = f"reply-{moved.place.pk}" if moved.place.relation else f"comment-{pk}"
        return redirect(pagination.address(url, moved.place.query, fragment))


@reads()
@require_safe
def privacy(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """Show what happens to the data that a reader sends."""
    article = api.find_article(slug, language)
    response = render(
        request,
        "comments/privacy.html",
        {
            "days": value("COMMENTS_KEEP_ADDRESS_DAYS"),
            "spam": spam.configured(),
            "translation": translation.available(),
            "mail": settings.EMAIL_CONFIGURED,
            "contact": value("PRIVACY_CONTACT"),
            "url": f"{article.url(language)}comments/",
            "addresses": [
                {"language": code, "url": f"{article.url(code)}comments/privacy/"} for code in article.offered_languages
            ],
        },
    )
    patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
    return response

"""A reader's own comment at an address that only they know: its state, and for ten minutes a form to change it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from articles import api
from comments import rendering, submission
from comments.encryption import hashed_secret
from comments.forms import EditForm
from comments.models import Comment
from comments.submission import Rejected
from comments.views.requests import posted_from_here, sender
from liveblog.delivery.elements import page_locale
from liveblog.errors import Conflict
from liveblog.numbers import number
from liveblog.parameters import reads

#: The column holds a 32-bit integer.
_MAX_VERSION = 2**31 - 1


def own_url(comment: Comment, language: str, secret: str) -> str:
    return reverse("own-comment", args=[language, comment.article.slug, secret])


def own_html(comment: Comment, language: str, url: str) -> str:
    """Return the HTML of a comment as its author sees it."""
    with page_locale(comment.article, language):
        context = rendering.comment_context(comment, comment.article, language) | {"own_url": url}
        return get_template("comments/own.html").render(context)


@posted_from_here
@never_cache
@reads("fragment")
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, language: str, slug: str, secret: str) -> HttpResponse:
    """Show, change or delete the comment with this secret."""
    article = api.find_article(slug, language)
    found = Comment.objects.select_related("article").filter(secret_hash=hashed_secret(secret), article=article).first()
    if found is None:
        return _gone(request)
    if "fragment" in request.GET:
        return HttpResponse(own_html(found, language, request.path))
    form, problem, status = EditForm(initial={"text": found.text}), "", 200
    if request.method == "POST":
        # No version equals -1, so a form without one is a conflict.
        version = number(request.POST.get("version"), most=_MAX_VERSION)
        version = -1 if version is None else version
        try:
            if "delete" in request.POST:
                submission.withdraw(found, version=version)
                return redirect(f"{article.url(language)}comments/")
            form = EditForm(request.POST)
            if form.is_valid():
                submission.edit(found, form.cleaned_data["text"], sender(request), version=version)
                return redirect(request.path)
            status = 422
        except Rejected as rejected:
            problem, status = rejected.message, rejected.status
            if rejected.field:
                form.add_error(rejected.field, rejected.message)
        except Conflict:
            problem, status = _("Meanwhile something has happened to your comment. This is how it is now."), 409
            found.refresh_from_db()
    return _answer(request, language, found, form, problem, status)


def _answer(
    request: HttpRequest, language: str, comment: Comment, form: EditForm, problem: str, status: int
) -> HttpResponse:
    with page_locale(comment.article, language):
        return render(
            request,
            "comments/own_page.html",
            {
                "comment": comment,
                "own": own_html(comment, language, request.path),
                "form": form if comment.may_be_changed else None,
                "problem": problem,
                "comments_url": f"{comment.article.url(language)}comments/",
            },
            status=status,
        )


def _gone(request: HttpRequest) -> HttpResponse:
    """Answer 410 to the JavaScript module, which then forgets the address; raise Http404 for readers."""
    if "fragment" in request.GET:
        return HttpResponse(status=410)
    raise Http404

"""A reader's own comment, at an address that only they know: how far it is, and second thoughts for ten minutes."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from comments import rendering, submission
from comments.encryption import hashed_secret
from comments.forms import EditForm
from comments.models import Comment
from comments.submission import Rejected
from comments.views.requests import article_at, posted_from_here, sender
from liveblog.delivery.elements import page_locale
from liveblog.errors import Conflict


def own_url(comment: Comment, language: str, secret: str) -> str:
    return reverse("own-comment", args=[language, comment.article.slug, secret])


def own_html(comment: Comment, language: str, url: str) -> str:
    """The comment as its author sees it."""
    with page_locale(comment.article, language):
        context = rendering.comment_context(comment, comment.article, language) | {"own_url": url}
        return get_template("comments/own.html").render(context)


@posted_from_here
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, language: str, slug: str, secret: str) -> HttpResponse:
    article = article_at(slug, language)
    found = Comment.objects.select_related("article").filter(secret_hash=hashed_secret(secret), article=article).first()
    if found is None:
        return _gone(request, language, article)
    if "fragment" in request.GET:
        return HttpResponse(own_html(found, language, request.path))
    form, problem, status = EditForm(initial={"text": found.text}), "", 200
    if request.method == "POST":
        try:
            if "delete" in request.POST:
                submission.withdraw(found, version=_version(request))
                return redirect(f"{article.url(language)}comments/")
            form = EditForm(request.POST)
            if form.is_valid():
                submission.edit(found, form.cleaned_data["text"], sender(request), version=_version(request))
                return redirect(request.path)
            status = 422
        except Rejected as refused:
            problem, status = refused.message, refused.status
            if refused.field:
                form.add_error(refused.field, refused.message)
        except Conflict:
            problem, status = _("Meanwhile something has happened to your comment. This is how it is now."), 409
            found.refresh_from_db()
    return _answer(request, language, found, form, problem, status)


def _answer(
    request: HttpRequest, language: str, comment: Comment, form: Any, problem: str, status: int
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


def _gone(request: HttpRequest, language: str, article: Any) -> HttpResponse:
    """A page of its own: 410 tells the module to forget the address."""
    if "fragment" in request.GET:
        return HttpResponse(status=410)
    raise Http404


def _version(request: HttpRequest) -> int:
    value = request.POST.get("version", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else -1

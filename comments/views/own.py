"""A reader's own comment at an address that only they know: its state, and for ten minutes a form to change it.

The secret of the address is in the fragment, which browsers do not send, so it is never logged. The page posts it:
automatically with JavaScript, otherwise by a form into which the reader copies it.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from articles import api
from comments import confirmation, rendering, submission
from comments.forms import EditForm
from comments.models import Comment
from comments.submission import Rejected
from comments.views.requests import posted_from_here, sender
from liveblog.delivery.elements import page_locale
from liveblog.encryption import hashed_secret
from liveblog.errors import Conflict
from liveblog.parameters import reads


def own_url(comment: Comment, language: str, secret: str) -> str:
    return f"{reverse('own-comment', args=[language, comment.article.slug_in(language)])}#{secret}"


def own_html(comment: Comment, language: str, url: str) -> str:
    """Return the HTML of a comment as its author sees it."""
    with page_locale(comment.article, language):
        context = rendering.comment_context(comment, comment.article, language)
        context |= {"own_url": url, "to_confirm": confirmation.is_wanted(comment)}
        return get_template("comments/own.html").render(context)


@posted_from_here
@never_cache
@reads()
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """Ask for the secret of a comment; show, change or delete the comment whose secret is posted."""
    article = api.find_article(slug, language)
    comments_url = f"{article.url(language)}comments/"
    if request.method != "POST":
        return render(request, "comments/own_secret.html", {"action": request.path, "comments_url": comments_url})
    secret = request.POST.get("secret", "").strip()
    found = Comment.objects.select_related("article").filter(secret_hash=hashed_secret(secret), article=article).first()
    if found is None:
        return _gone(request)
    if "fragment" in request.POST:
        return HttpResponse(own_html(found, language, own_url(found, language, secret)))
    form, problem, status = EditForm(initial={"text": found.text}), "", 200
    if "text" in request.POST or "delete" in request.POST:
        version = found.version_called(request.POST.get("version"))
        try:
            if "delete" in request.POST:
                submission.withdraw(found, version=version)
                # Without a fragment of its own, the next page would inherit the secret (RFC 9110, section 10.2.2).
                return redirect(f"{comments_url}#comments")
            form = EditForm(request.POST)
            if form.is_valid():
                found = submission.edit(found, form.cleaned_data["text"], sender(request), version=version)
                form = EditForm(initial={"text": found.text})
            else:
                status = 422
        except Rejected as rejected:
            problem, status = rejected.message, rejected.status
            if rejected.field:
                form.add_error(rejected.field, rejected.message)
        except Conflict as conflict:
            if conflict.current is None:
                return _gone(request)
            problem, status = _("The status of your comment has changed:"), 409
            found.refresh_from_db()
    return own_page(request, language, found, secret, form, problem, status)


def own_page(
    request: HttpRequest,
    language: str,
    comment: Comment,
    secret: str,
    form: EditForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Respond with the page of a comment for its author."""
    url = own_url(comment, language, secret)
    form = form or EditForm(initial={"text": comment.text})
    with page_locale(comment.article, language):
        return render(
            request,
            "comments/own_page.html",
            {
                "comment": comment,
                "own": own_html(comment, language, url),
                "own_url": url,
                "secret": secret,
                "site": settings.SITE_URL,
                "form": form if comment.may_be_changed else None,
                "problem": problem,
                "comments_url": f"{comment.article.url(language)}comments/",
            },
            status=status,
        )


def _gone(request: HttpRequest) -> HttpResponse:
    """Respond with 410 to the JavaScript module, which then forgets the address; raise Http404 for readers."""
    if "fragment" in request.POST:
        return HttpResponse(status=410)
    raise Http404

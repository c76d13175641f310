"""Requests of readers besides reading and writing: translate or report a comment."""

from __future__ import annotations

import contextlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from articles import api
from comments import moderation, rendering, translation
from comments.forms import ReportForm
from comments.models import Comment
from comments.submission import RATE_WINDOW_SECONDS
from comments.text import html_of
from comments.views.requests import posted_from_here, sender, wants_json
from liveblog.delivery.elements import page_locale
from liveblog.errors import Conflict
from liveblog.limits import allowed
from liveblog.parameters import reads


def _approved(slug: str, language: str, pk: int) -> Comment:
    article = api.find_article(slug, language)
    comment = get_object_or_404(rendering.for_readers().approved(), pk=pk, article=article)
    comment.article = article
    return comment


@posted_from_here
@never_cache
@reads()
@require_POST
def translate(request: HttpRequest, language: str, slug: str, pk: int) -> HttpResponse:
    """Return a machine translation of a comment. It is made once and stored; making one is rate-limited."""
    comment = _approved(slug, language, pk)
    text = translation.stored(comment, language)
    if text is None and allowed(request, "comment-translation", settings.COMMENTS_PER_ADDRESS, RATE_WINDOW_SECONDS):
        text = translation.translate(comment, language)
    if wants_json(request):
        if text is None:
            return JsonResponse({"problem": _("No translation is available at the moment.")}, status=503)
        return JsonResponse({"html": html_of(text), "label": _("Machine-translated")})
    with page_locale(comment.article, language):
        context = rendering.comment_context(comment, comment.article, language) | {
            "translation": html_of(text) if text is not None else None
        }
        return render(request, "comments/translation.html", context, status=200 if text is not None else 503)


@posted_from_here
@never_cache
@reads()
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, language: str, slug: str, pk: int) -> HttpResponse:
    """Show the form for reporting a comment to moderators, and save the report."""
    comment = _approved(slug, language, pk)
    form = ReportForm(request.POST if request.method == "POST" else None)
    address = sender(request).address or ""
    sent, problem, status = False, "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if allowed(request, "comment-report", settings.COMMENTS_PER_ADDRESS, RATE_WINDOW_SECONDS):
                with contextlib.suppress(Conflict):
                    # The comment was deleted in the meantime and needs no report.
                    moderation.report(pk, form.cleaned_data["reason"], form.cleaned_data["text"], address)
                sent, status = True, 200
            else:
                problem, status = _("You have sent many reports in a short time. Please wait a few minutes."), 429
    with page_locale(comment.article, language):
        context = rendering.comment_context(comment, comment.article, language)
        context |= {"form": form, "sent": sent, "problem": problem}
        return render(request, "comments/report.html", context, status=status)

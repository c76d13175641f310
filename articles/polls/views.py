"""The address at which readers vote. Its responses are not cached; no other address gets the voter's cookie."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.models import Update
from articles.page.views import permalink
from articles.polls import ballot, voting
from articles.translations.selection import of_update
from liveblog.delivery.elements import page_locale
from liveblog.limits import UNNAMED, allowed, counted_address
from liveblog.numbers import number
from liveblog.origin import from_here


@csrf_exempt  # Pages have no cookie; `from_here` rejects forms of other sites by the headers Origin and Sec-Fetch-Site.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HttpRequest, language: str, pk: int) -> HttpResponse:
    """Cast a vote. Redirect to the poll, or respond with JSON if a script asks for it."""
    update = get_object_or_404(Update.objects.for_pages().select_related("article").published(), pk=pk, kind="poll")
    article = update.article
    texts = of_update(update, article, language) if language in article.offered_languages else None
    if texts is None:
        raise Http404
    if request.method != "POST":
        return redirect(update.url(language))
    if not from_here(request):
        raise PermissionDenied(
            _("This form can only be sent from our own site. Please open the page again and try once more.")
        )
    status, message, choice = _answer(request, update)
    if status == 200:
        voter = voting.token(request)
        address = counted_address(request.META.get("REMOTE_ADDR") or "")
        voting.cast(update, voter, choice, None if address == UNNAMED else address)
    if "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse({"message": message}, status=status)
    elif status == 200:
        response = redirect(f"{update.url(language)}?voted=1")
    else:
        with page_locale(article, language):
            response = HttpResponse(permalink(request, update, texts, message), status=status)
    if status == 200:
        response.set_cookie(
            voting.COOKIE,
            voter,
            max_age=voting.COOKIE_MAX_AGE,
            path=voting.COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _answer(request: HttpRequest, update: Update) -> tuple[int, str, int]:
    """Return the status of the response, a message for the reader, and the number of the choice."""
    if not ballot.is_open(update, update.article):
        return 409, _("This poll is closed."), 0
    choice = number(request.POST.get("choice"))
    if choice is None or choice >= ballot.length(update):
        return 422, _("Choose an answer first."), 0
    if not allowed(request, f"vote-{update.pk}", settings.POLL_VOTES_PER_MINUTE, 60):
        return 429, _("Too many votes have come from your network. Please try again in a minute."), 0
    return 200, _("Your vote has been counted."), choice

"""The pages behind the links of e-mails: confirm an e-mail address, and end the e-mails to it.

A link has its secret in the fragment, which is never logged. The page posts it: automatically with JavaScript,
otherwise by a form into which the reader copies it. Only POST changes data, because mail scanners open every address.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comments import confirmation, emails, submission
from comments.models import EmailAddress
from comments.text import html_of
from comments.views.requests import posted_from_here
from liveblog.languages import direction
from liveblog.numbers import number
from liveblog.parameters import reads


@posted_from_here
@never_cache
@reads()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, language: str) -> HttpResponse:
    """Show the comments that were sent with an e-mail address, and confirm those that its owner names."""
    context: dict[str, object] = {"action": request.path}
    status = 200
    if request.method == "POST":
        secret = request.POST.get("secret", "").strip()
        address = confirmation.address_of(secret)
        if address is None:
            context["problem"] = _("This link is no longer valid. Send another comment to get a new one.")
            status = 422
        elif "confirm" in request.POST:
            own = {pk for pk in map(number, request.POST.getlist("own")) if pk is not None}
            shown = {pk for pk in map(number, request.POST.getlist("shown")) if pk is not None}
            submission.confirm(address, own, shown - own)
            context |= {"done": True, "proof": confirmation.proof_of(address)}
        else:
            context |= {"secret": secret, "email": address.email, "comments": _shown(address, language)}
    return _answer(request, "comments/confirm.html", context, status)


def _shown(address: EmailAddress, language: str) -> list[dict[str, object]]:
    return [
        {
            "comment": comment,
            "text": html_of(comment.text),
            "foreign": comment.language != language,
            "direction": direction(comment.language),
        }
        for comment in confirmation.unconfirmed(address)[: confirmation.MAX_SHOWN]
    ]


@csrf_exempt  # RFC 8058: the reader's mail provider posts, from another site. The signed address is the proof.
@never_cache
@reads()
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, language: str, token: str = "") -> HttpResponse:
    """End the e-mails to an address, which the token or the posted secret names."""
    context: dict[str, object] = {"action": request.path, "token": token}
    status = 200
    address = None
    if request.method == "POST" or token:
        address = emails.subscriber(token or request.POST.get("secret", "").strip())
        if address is None and token:
            raise Http404
    if request.method == "POST":
        if address is None:
            context["problem"] = _("This link is incomplete. Open it again from the email.")
            status = 422
        else:
            confirmation.silence(address)
            context["done"] = True
    return _answer(request, "comments/unsubscribe.html", context, status)


def _answer(request: HttpRequest, template: str, context: dict[str, object], status: int) -> HttpResponse:
    response = render(request, template, context, status=status)
    # The address of the page may be a secret, which must not leak through the Referer of its requests.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

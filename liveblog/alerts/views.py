"""The page on which users choose their alerts and devices, and the link that unsubscribes from a kind."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from liveblog import json_input
from liveblog.accounts.models import Profile
from liveblog.alerts import sending
from liveblog.alerts.forms import AlertsForm
from liveblog.alerts.models import AlertChoice, Channel
from liveblog.webpush import vapid
from liveblog.webpush.endpoints import Endpoint, address_of
from liveblog.webpush.models import PushSubscription

#: In bytes. A subscription has some hundred.
_MAX_BODY = 8192
#: Number of devices of one user.
_MAX_DEVICES = 20


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    """Show and save a user's choices."""
    user = _person(request)
    form = AlertsForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your choices are saved."))
        return redirect("alerts")
    context = {
        "form": form,
        "key": vapid.public_key(),
        "devices": user.push_subscriptions.count(),
        "email": user.email if settings.EMAIL_CONFIGURED else "",
    }
    return render(request, "account/alerts.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_POST
def device(request: HttpRequest) -> HttpResponse:
    """Begin or stop sending a user's alerts to the browser of the request."""
    user = _person(request)
    try:
        data = _body(request)
        if data.get("subscription") is None:
            PushSubscription.objects.filter(endpoint=address_of(data.get("endpoint")), user=user).update(user=None)
            # Keep no data of a browser that follows nothing.
            PushSubscription.objects.unused().filter(endpoint=data["endpoint"]).delete()
        elif user.push_subscriptions.count() >= _MAX_DEVICES:
            raise ValidationError(_("Too many of your devices get notifications already."))
        else:
            stored = PushSubscription.keep(Endpoint.of(data["subscription"]), str(data.get("time_zone", "")))
            stored.user = user
            stored.save()
    except ValidationError as error:
        return JsonResponse({"message": " ".join(error.messages)}, status=422)
    return JsonResponse({"devices": user.push_subscriptions.count()})


@csrf_exempt  # RFC 8058: the mail provider posts, from another site. The signed address is the proof.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe a user from a kind; by GET, ask for confirmation."""
    found = sending.named_by(token)
    if found is None:
        raise Http404
    user, kind = found
    done = request.method == "POST"
    if done:
        AlertChoice.objects.update_or_create(user=user, kind=kind.code, defaults={"channel": Channel.NONE})
    with translation.override(Profile.language_of(user)):
        response = render(request, "account/alerts_stopped.html", {"kind": kind, "done": done, "action": request.path})
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _person(request: HttpRequest) -> User:
    if not (isinstance(request.user, User) and request.user.is_staff):
        raise PermissionDenied
    return request.user


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json_input.loads(request.body) if len(request.body) <= _MAX_BODY else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValidationError(_("This request can’t be read. Reload the page and try again."))
    return found

"""Answer a request that is repeated because a response was lost with the response to the first one.

The rule is that of https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/: a key names one request
of one person for a day. An error is not stored, because nothing was done.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from liveblog.actors import user_of
from liveblog.rest.models import StoredAnswer
from liveblog.rest.problems import Problem

MAX_LENGTH = 200
#: The time for which an answer is kept.
KEPT_FOR = timedelta(hours=24)
#: The time after which a request counts as lost because its process has died.
LOST_AFTER = timedelta(minutes=2)
#: The greatest number of old answers that each new one removes.
_BATCH = 100

_HEADERS = ("Content-Type", "ETag", "Location")
_NAMESPACE = uuid.UUID("5f0c8c0e-7a3b-4d53-9a35-2c2f9ac0a8f1")


def once(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the stored answer to a request, or handle it and store the answer. Raise Problem."""
    key = key_of(request)
    if not key:
        return answer()
    row = _begin(request, key)
    if row.status is not None:
        stored = HttpResponse(row.body, status=row.status, headers=row.headers)
        stored.headers["Idempotent-Replayed"] = "true"
        return stored
    try:
        response = answer()
    except BaseException:
        row.delete()
        raise
    if response.status_code >= 400:
        row.delete()
    else:
        row.status, row.body = response.status_code, response.content.decode()
        row.headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
        row.save()
    return response


def key_of(request: HttpRequest) -> str:
    """Return the idempotency key of a request; "" if it has none. Raise Problem if it is too long."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > MAX_LENGTH or not key.isprintable():
        title = _("The header Idempotency-Key may have at most %(limit)s characters.") % {"limit": MAX_LENGTH}
        raise Problem(400, "idempotency-key", title)
    return key


def key_of_update(request: HttpRequest) -> str:
    """Return the key of a new update, derived from that of the request; "" if it has none.

    If a process dies half-way, the repeated request finds the update of the first one by this key.
    """
    key = key_of(request)
    return str(uuid.uuid5(_NAMESPACE, f"{user_of(request).pk}:{key}")) if key else ""


def _begin(request: HttpRequest, key: str) -> StoredAnswer:
    """Return the row of the key: with the answer, or without one, for this request to fill."""
    user, now = user_of(request), timezone.now()
    made_of = f"{request.method} {request.get_full_path()}\0".encode() + request.body
    digest = hashlib.sha256(made_of).hexdigest()
    old = StoredAnswer.objects.filter(at__lt=now - KEPT_FOR).order_by("at").values_list("pk", flat=True)[:_BATCH]
    StoredAnswer.objects.filter(pk__in=list(old)).delete()
    try:
        with transaction.atomic():
            return StoredAnswer.objects.create(user=user, key=key, request=digest, at=now)
    except IntegrityError:
        found = StoredAnswer.objects.filter(user=user, key=key).first()
    if found is not None and found.request != digest:
        raise Problem(422, "idempotency-key", _("This idempotency key belongs to another request."))
    if found is not None and found.status is not None:
        return found
    # Only one of several repeated requests takes over a lost one.
    lost = StoredAnswer.objects.filter(user=user, key=key, status=None, at__lt=now - LOST_AFTER)
    if found is None or not lost.update(at=now):
        title = _("The same request is still being processed. Try again in a moment.")
        raise Problem(409, "in-progress", title, headers={"Retry-After": "1"})
    found.at = now
    return found

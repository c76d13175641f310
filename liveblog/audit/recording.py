"""Write entries of the audit log, and clear those that are too old."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from liveblog import actors, metrics, networks
from liveblog.audit.models import Action, Entry
from liveblog.configuration.options import value

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

logger = logging.getLogger("security")

#: Number of old entries that are deleted in one batch.
_BATCH = 1000

#: The request that is being answered, for the network in entries.
current_request: ContextVar[HttpRequest | None] = ContextVar("current request", default=None)


def record(action: Action, about: str = "", *, actor: User | AnonymousUser | None = None, **details: object) -> None:
    """Write an entry, in the transaction of the caller if there is one.

    about     the object of the action, as "update 17"; never a secret or the address of a reader
    actor     who did it; default: the acting user or machine, or the user who is logged in
    details   further data, in JSON
    """
    request = current_request.get()
    who = actor or actors.current() or getattr(request, "user", None)
    anonymous = not isinstance(who, actors.Machine) and (who is None or not who.pk)
    known: User | actors.Machine | None = None if anonymous else who  # type: ignore[assignment]
    if (token := getattr(request, "api_token", None)) is not None:
        # A program has acted on behalf of the user.
        details["token"] = str(token)
    entry = Entry(
        action=action,
        actor=None if isinstance(known, actors.Machine) else known,
        actor_name=actors.name_of(known) if known else "",
        about=about[:200],
        details=details,
        network=networks.stored_of(request) if request is not None else None,
    )
    with transaction.atomic(savepoint=False):
        entry.save()
        transaction.on_commit(lambda: _announce(entry))


def _announce(entry: Entry) -> None:
    metrics.AUDIT.labels(str(entry.action)).inc()
    line = {
        "at": entry.at.isoformat(),
        "action": str(entry.action),
        "actor": entry.actor_name,
        "about": entry.about,
        "network": entry.network,
        **({"details": entry.details} if entry.details else {}),
    }
    logger.info(json.dumps(line, ensure_ascii=False, default=str))


def clear_old() -> int:
    """Delete entries that are older than AUDIT_KEEP_DAYS. Return their number, at most that of a batch."""
    if not (days := value("AUDIT_KEEP_DAYS")):
        return 0
    limit = timezone.now() - timedelta(days=days)
    old = list(Entry.objects.filter(at__lt=limit).order_by("at").values_list("pk", flat=True)[:_BATCH])
    Entry.objects.filter(pk__in=old).delete()
    return len(old)

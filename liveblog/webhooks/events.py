"""The events for webhooks: the apps register them, and emit them in the transaction of the change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from liveblog.webhooks.models import Delivery, Webhook

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

#: Code of an event, such as "update.published", to its label.
_events: dict[str, _StrOrPromise] = {}

#: The event of a message to test a webhook, which all webhooks get.
TEST = "test"


def register(events: Mapping[str, _StrOrPromise]) -> None:
    """Register events for webhooks."""
    _events.update(events)


def choices() -> list[tuple[str, _StrOrPromise]]:
    return list(_events.items())


def emit(event: str, article_id: int | None, make: Callable[[], Mapping[str, Any]]) -> None:
    """Queue a message about an event in an article to its webhooks. Call it in the transaction of the change.

    make   returns the data of the message; it is called only if a webhook gets it
    """
    if event not in _events:
        raise ValueError(f"No event is called {event!r}.")
    told = Webhook.objects.all().told_of(event, article_id)
    if told:
        body = message(event, make())
        Delivery.objects.bulk_create(Delivery.of(webhook, event, body) for webhook in told)


def message(event: str, data: Mapping[str, Any]) -> str:
    """Return the body of a message (Standard Webhooks, "Payload structure")."""
    content = {"type": event, "timestamp": timezone.now().isoformat(), "data": data}
    return json.dumps(content, ensure_ascii=False, cls=DjangoJSONEncoder)


def send_test(webhook: Webhook) -> Delivery:
    """Queue a message to test a webhook."""
    delivery = Delivery.of(webhook, TEST, message(TEST, {"webhook": webhook.name}))
    delivery.save()
    return delivery

"""Notify the WebSub hub and the search engines of IndexNow of changes, in the background.

The rows of `Ping` are the queue (`liveblog.jobs`). An edit adds them in its transaction, so none is lost, and
publishing never waits for another server. See https://www.w3.org/TR/websub/ and
https://www.indexnow.org/documentation.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from articles.feeds.addresses import FORMATS, Channel
from articles.models import Article, Ping
from articles.templatetags.live import absolute
from liveblog import jobs
from liveblog.errors import ProviderError
from liveblog.http import Answer, Client
from liveblog.numbers import number

logger = logging.getLogger(__name__)

Service = Ping.Service

#: Seconds between two polls for due pings.
INTERVAL = 1.0

#: Seconds until a ping is due. The hub fetches the feed at once, and a cache may serve it for this long without
#: validation.
DELAY_SECONDS = 6.0

#: Number of rows in a batch. IndexNow accepts 10,000 addresses in a request. The hub needs one request for each, which
#: takes less than the lease even if the hub does not answer.
BATCH_SIZE = {Service.WEBSUB: 100, Service.INDEXNOW: 500}

#: Consecutive notices that a hub does not accept, after which the rest of a batch is not sent.
_MAX_FAILURES = 4

_TIMEOUT_SECONDS = 10.0
_MAX_BYTES = 10_000


def _queue(service: Service) -> jobs.Queue[Ping]:
    """Return the queue of a service. Failed pings are tried again for about a day."""
    return jobs.Queue(
        rows=lambda: Ping.objects.filter(service=service).order_by("due_at", "pk"),
        logger=logger,
        lease=timedelta(minutes=5),
        max_attempts=32,
        first_pause=5.0,
        longest_pause=3600.0,
    )


queues = {service: _queue(service) for service in Service}


@lru_cache(maxsize=1)
def _client() -> Client:
    return Client("pings", environment=True)


def services() -> list[Service]:
    """Return the services in the settings."""
    named = {
        Service.WEBSUB: settings.WEBSUB_HUB,
        # A site that search engines must not list submits no pages to them.
        Service.INDEXNOW: settings.INDEXNOW_KEY and settings.INDEXING,
    }
    return [service for service, configured in named.items() if configured]


# Asking for pings -----------------------------------------------------------------------------------------------------


class Addresses(NamedTuple):
    """The subject of a ping: the page of an article, and perhaps one of its updates."""

    article: Article
    update: int | None = None
    is_key: bool = False
    #: Slugs of the topics and primary keys of the authors of the update.
    topics: tuple[str, ...] = ()
    authors: tuple[int, ...] = ()

    def of(self, service: Service, language: str) -> Iterator[str]:
        """Yield the changed addresses in one language for a service."""
        if service == Service.WEBSUB:
            # The entries of the site's feed contain the name of the coverage, but a new name does not make them new.
            channels = [Channel(language, self.article.slug_in(language))]
            if self.update:
                channels += [Channel(language), *(Channel(language, topic=slug) for slug in self.topics)]
                channels += [Channel(language, author=pk) for pk in self.authors]
            for channel in channels:
                for key_only in (False, True) if self.is_key else (False,):
                    for name in FORMATS:
                        yield channel._replace(key_only=key_only).url(name)
        else:
            yield absolute(self.article.url(language))
            if self.update:
                yield absolute(reverse("update", args=[language, self.article.slug_in(language), self.update]))


def enqueue(changed: Addresses, languages: Iterable[str]) -> None:
    """Queue pings about a change in some languages. Call it in the transaction of the change."""
    now = timezone.now()
    due_at = now + timedelta(seconds=DELAY_SECONDS)
    codes = sorted(languages)
    Ping.objects.bulk_create(
        Ping(service=service, address=address, asked_at=now, due_at=due_at)
        for service in services()
        for code in codes
        for address in changed.of(service, code)
    )


# Sending them ---------------------------------------------------------------------------------------------------------


def send_due() -> int:
    """Send the pings that are due. Return the number of rows claimed."""
    return sum(send_due_to(service) for service in services())


def due(under_way: frozenset[Service] = frozenset()) -> list[Service]:
    """Return the services with due pings, without those given."""
    found = [service for service in services() if service not in under_way]
    return [service for service in found if queues[service].rows().filter(due_at__lte=timezone.now()).exists()]


def send_due_to(service: Service) -> int:
    """Send the due pings to a service. Return the number of rows claimed."""
    queue = queues[service]
    claimed = queue.claim(BATCH_SIZE[service])
    by_address: dict[str, list[Ping]] = defaultdict(list)
    for row in claimed:
        by_address[row.address].append(row)
    # One notice is enough for all rows of an address; the oldest row counts the attempts.
    groups = [sorted(rows, key=lambda row: -row.attempts) for rows in by_address.values()]
    for _first, *others in groups:
        Ping.objects.filter(pk__in=[row.pk for row in others]).delete()
    first_rows = [group[0] for group in groups]
    if service == Service.INDEXNOW:
        if first_rows:
            _try(queue, first_rows, lambda: _submit([row.address for row in first_rows]))
    else:
        hub = _Hub()
        jobs.run_each(
            first_rows,
            lambda row: _try(queue, [row], lambda: hub.publish(row.address)),
            queue.threads,
            logger,
        )
    return len(claimed)


def _try(queue: jobs.Queue[Ping], rows: list[Ping], send: Callable[[], None]) -> None:
    """Send the pings of some rows. Delete them if that succeeds, or if trying again would be useless."""
    try:
        send()
    except ProviderError as error:
        kept = 0
        for row in rows:
            unchanged = Ping.objects.filter(pk=row.pk)
            if queue.postpone(row, unchanged, error.reason, permanent=error.permanent, retry_after=error.retry_after):
                kept += 1
            else:
                unchanged.delete()
        logger.warning(
            "%s could not be told of changes (%s); %s will be tried again, %s not.",
            {Service.WEBSUB: "The WebSub hub", Service.INDEXNOW: "IndexNow"}[Service(rows[0].service)],
            error,
            kept,
            len(rows) - kept,
        )
    else:
        Ping.objects.filter(pk__in=[row.pk for row in rows]).delete()


class _Hub:
    """The WebSub hub, for the notices of one batch."""

    def __init__(self) -> None:
        self._failures = 0

    def publish(self, address: str) -> None:
        """Tell the hub that a feed has changed, in the form of PubSubHubbub, which all hubs support.

        Raise ProviderError if the hub does not accept the notice, or, without a request, if it refused several before.
        """
        if self._failures >= _MAX_FAILURES:
            raise ProviderError("skipped")
        form = {"hub.mode": "publish", "hub.url": address, "hub.topic": address}
        try:
            _check(
                _client().send("POST", settings.WEBSUB_HUB, seconds=_TIMEOUT_SECONDS, max_bytes=_MAX_BYTES, data=form)
            )
        except ProviderError as error:
            self._failures += not error.permanent
            raise
        self._failures = 0


def _submit(addresses: list[str]) -> None:
    """Submit changed addresses to the search engines of IndexNow."""
    document = {
        "host": urlsplit(settings.SITE_URL).netloc,
        "key": settings.INDEXNOW_KEY,
        "keyLocation": f"{settings.SITE_URL}{reverse('indexnow-key', args=[settings.INDEXNOW_KEY])}",
        "urlList": addresses,
    }
    _check(_client().send("POST", settings.INDEXNOW_URL, seconds=_TIMEOUT_SECONDS, max_bytes=_MAX_BYTES, json=document))


def _check(answer: Answer) -> None:
    """Raise ProviderError unless the answer is a success."""
    if answer.successful:
        return
    if answer.status in (408, 425, 429, 503):
        seconds = number(answer.headers.get("Retry-After"), maximum=86_400)
        raise ProviderError("busy", status=answer.status, retry_after=seconds)
    if answer.status >= 500:
        raise ProviderError("unreachable", f"status {answer.status}", status=answer.status)
    # Redirects are errors, too: the setting has to name the final address.
    raise ProviderError("refused", f"status {answer.status}", status=answer.status)


async def send_when_due() -> None:
    """Send due pings as long as the server runs."""
    if services():
        await jobs.Lanes(due, send_due_to, len(Service), logger).run_while_serving(INTERVAL)

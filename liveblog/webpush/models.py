"""Browsers to which messages can be sent."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from liveblog.moments import zones
from liveblog.webpush.endpoints import MAX_ENDPOINT_LENGTH, Endpoint


class PushSubscriptionQuerySet(models.QuerySet["PushSubscription"]):
    def unused(self) -> PushSubscriptionQuerySet:
        """Return the browsers that get neither a user's alerts nor notifications of anything that they follow."""
        return self.filter(user=None, follows=None)


class PushSubscription(models.Model):
    """A browser that receives messages (W3C Push API): its endpoint, and its quiet hours.

    The site stores nothing else about the reader. The endpoint is a secret between the browser, its push service and
    this site, so a request that names it comes from that browser.
    """

    endpoint = models.CharField(max_length=MAX_ENDPOINT_LENGTH, unique=True)
    public_key = models.CharField(max_length=100)
    secret = models.CharField(max_length=40)
    #: The user of the newsroom who wants to be notified of their work in this browser.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="push_subscriptions"
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    #: Quiet hours by the clock of the time zone, from one minute of the day to another; both or none.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    #: The number of messages that the push service has refused since the browser's last visit.
    refusals = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PushSubscriptionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_two_ends",
            )
        ]

    def __str__(self) -> str:
        # The endpoint must not be logged.
        return f"#{self.pk}"

    @property
    def as_endpoint(self) -> Endpoint:
        return Endpoint(self.endpoint, self.public_key, self.secret)

    @classmethod
    def keep(cls, endpoint: Endpoint, time_zone: str) -> PushSubscription:
        """Store a subscription, or update the keys and time zone of a stored one."""
        values = {"public_key": endpoint.public_key, "secret": endpoint.secret}
        stored, _new = cls.objects.get_or_create(endpoint=endpoint.address, defaults=values)
        stored.public_key, stored.secret, stored.refusals = endpoint.public_key, endpoint.secret, 0
        stored.set_time_zone(time_zone)
        stored.save()
        return stored

    def set_time_zone(self, name: str) -> None:
        """Set the time zone that the browser states, if it exists."""
        if len(name) <= 64 and zones.is_zone(name):
            self.time_zone = name

    def quiet_ends(self, now: datetime) -> datetime | None:
        """Return when the present quiet hours end; None if it is not a quiet hour."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return quiet_ends(self.quiet_from, self.quiet_until, self.time_zone, now)


def quiet_ends(begin: time, end: time, zone: str, now: datetime) -> datetime | None:
    """Return when the quiet hours around `now` end, by the clock of a zone; None if it is not a quiet hour.

    They include midnight if they begin later than they end. If both times are the same, there are none.
    """
    local = now.astimezone(ZoneInfo(zone))
    clock = local.time()
    is_quiet = begin <= clock < end if begin < end else begin != end and (clock >= begin or clock < end)
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, tzinfo=local.tzinfo).astimezone(now.tzinfo)

"""Rate limits: how often one network address, or another identity, may do something."""

import ipaddress
import logging
import time

from django.core.cache import cache
from django.http import HttpRequest

logger = logging.getLogger(__name__)


def allowed(request: HttpRequest, action: str, most: int, seconds: int) -> bool:
    """Count an action of the request's network address, and return whether it is within the limit; see `within`."""
    return within(action, counted_address(request.META.get("REMOTE_ADDR") or ""), most, seconds)


def within(action: str, identity: str | None, most: int, seconds: int) -> bool:
    """Count an action, and return whether `identity` has done it at most `most` times in the current period.

    identity   None is not limited
    most       no limit if it is 0
    seconds    length of the periods

    Nobody is limited while the cache does not answer.
    """
    if not identity or most <= 0:
        return True
    key = f"limit:{action}:{identity}:{int(time.time() / seconds)}"
    try:
        cache.add(key, 0, 2 * seconds)
        return cache.incr(key) <= most
    except Exception:
        logger.warning("The cache does not answer; nobody is counted.", exc_info=True)
        return True


#: All clients that have no address count as this one; see `liveblog.proxies`.
UNNAMED = "unnamed"


def counted_address(host: str) -> str:
    """Return the network address under which a client is counted; UNNAMED if it has none."""
    try:
        address = _address(host)
    except ValueError:
        return UNNAMED
    return str(address if address.version == 4 else network_of(host))


def network_of(host: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return the network that counts as one client: a household has a /64 of IPv6. Raise ValueError for no address."""
    address = _address(host)
    return ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host)
    # A proxy that listens to both versions reports IPv4 as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
    return getattr(address, "ipv4_mapped", None) or address

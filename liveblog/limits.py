"""How often one address may do something, or one who is known by something else."""

import ipaddress
import logging
import time

from django.core.cache import cache
from django.http import HttpRequest

logger = logging.getLogger(__name__)


def allowed(request: HttpRequest, what: str, most: int, seconds: int) -> bool:
    """Whether `what` was done at most `most` times from the request's address in the present stretch of `seconds`.

    Whoever comes through a proxy on this machine that names no client is not one reader, and not counted. Where the
    cache does not answer nobody is kept out.
    """
    return within(what, counted(request.META.get("REMOTE_ADDR") or ""), most, seconds)


def within(what: str, who: str | None, most: int, seconds: int) -> bool:
    """Whether `what` was done at most `most` times by `who` in the present stretch of `seconds`. None: not counted."""
    if not who or most <= 0:
        return True
    key = f"limit:{what}:{who}:{int(time.time() / seconds)}"
    try:
        cache.add(key, 0, 2 * seconds)
        return cache.incr(key) <= most
    except Exception:
        logger.warning("The cache does not answer; nobody is counted.", exc_info=True)
        return True


def counted(host: str) -> str | None:
    """The address under which a client is counted; None where it stands for more than one reader."""
    try:
        address = _address(host)
    except ValueError:
        return None
    if address.is_loopback:
        return None
    return str(address if address.version == 4 else network_of(host))


def network_of(host: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """All addresses that are taken for one client: a household has a whole network of IPv6 to itself."""
    address = _address(host)
    return ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """One of IPv4 also where a proxy that listens to both gives it the form of IPv6."""
    address = ipaddress.ip_address(host)
    return getattr(address, "ipv4_mapped", None) or address

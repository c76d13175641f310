"""Network addresses and their networks: one size of network counts as a client, a larger one is stored."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Stored if the address of the client is not known.
UNKNOWN = "0.0.0.0"  # noqa: S104 - nothing is bound to it

#: Prefix lengths by IP version. A household has an IPv6 /64; a stored network is larger, so it identifies no household.
_BITS_OF_CLIENT = {4: 32, 6: 64}
_BITS_STORED = {4: 24, 6: 48}


@lru_cache(maxsize=4096)
def address_of(host: str) -> Address:
    """Parse an address. Raise ValueError if the text is no address."""
    address = ipaddress.ip_address(host)
    # A proxy that listens to both versions reports IPv4 as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
    return getattr(address, "ipv4_mapped", None) or address


def client_of(host: str) -> Network:
    """Return the network that counts as one client. Raise ValueError if the text is no address."""
    return _network(host, _BITS_OF_CLIENT)


def stored_of(request: HttpRequest) -> str:
    """Return the network of a client in its stored form, the first address: '203.0.113.0' for 203.0.113.25."""
    try:
        return str(_network(request.META.get("REMOTE_ADDR") or "", _BITS_STORED).network_address)
    except ValueError:
        return UNKNOWN


def _network(host: str, bits: dict[int, int]) -> Network:
    address = address_of(host)
    return ipaddress.ip_network((address, bits[address.version]), strict=False)

"""The network from which somebody logs in, as it is stored: coarse enough that it does not name a household."""

import ipaddress

from django.http import HttpRequest

#: Stored if the address of the client is not known.
UNKNOWN = "0.0.0.0"  # noqa: S104 - nothing is bound to it

#: Number of bits that are stored, by version of IP.
_PREFIX = {4: 24, 6: 48}


def network_of(request: HttpRequest) -> str:
    """Return the first address of the client's network: '203.0.113.0' for 203.0.113.25."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return UNKNOWN
    # A proxy that listens to both versions reports IPv4 as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((address, _PREFIX[address.version]), strict=False).network_address)

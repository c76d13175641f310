"""The address of the database, as in DATABASE_URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import dj_database_url


def settings_of(url: str) -> dict[str, Any]:
    """Return Django's settings for an address. Raise ValueError if it is invalid.

    The address of a PostgreSQL may name several hosts, of which libpq takes the first that answers, or that fits
    `target_session_attrs` (PostgreSQL, "Connection URIs"): postgres://a:5432,b:5433/name.
    """
    scheme, separator, rest = url.partition("://")
    authority = urlsplit(url).netloc
    user, at, hosts = authority.rpartition("@")
    if "," not in hosts:
        return dict(dj_database_url.parse(url))
    names, ports = zip(*(_host_and_port(host) for host in hosts.split(",")), strict=True)
    single = f"{scheme}{separator}{user}{at}{rest.removeprefix(authority)}"
    found = dict(dj_database_url.parse(single))
    return found | {"HOST": ",".join(names), "PORT": ",".join(ports)}


def _host_and_port(host: str) -> tuple[str, str]:
    parts = urlsplit(f"//{host}")
    # An empty port stands for the default of libpq.
    return parts.hostname or "", "" if parts.port is None else str(parts.port)

"""Adapters for requests to addresses from untrusted input: they reach public servers only.

requests-hardened resolves a name once, refuses an address that is not public, and connects to the same address that it
has checked, so DNS rebinding (a name that resolves to another address a moment later) has no effect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from liveblog.errors import ProviderError
from liveblog.http import MAX_EXCHANGES

#: Names of the public DNS: no IP address in any notation, no single label, and no label that needs IDNA conversion.
_PUBLIC_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
#: Characters on which URL parsers differ.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def check(url: str) -> None:
    """Raise ProviderError unless an address may belong to a public server. Names are not resolved here."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ProviderError("forbidden") from None
    ordinary = parts.scheme == "https" and "@" not in parts.netloc and port in (None, 443)
    if _AMBIGUOUS.search(url) or not ordinary or not _PUBLIC_NAME.fullmatch(parts.hostname or ""):
        raise ProviderError("forbidden")


def adapters(routes: Mapping[str, str]) -> dict[str, HTTPAdapter]:
    """Return adapters, by the beginning of addresses, that reach public servers by https and nothing else.

    Proxies of the environment must not be used with them, because a proxy would resolve names itself.

    routes   overrides of hosts, as "https://host" → "http://127.0.0.1:8001"; their addresses are not checked
    """
    found: dict[str, HTTPAdapter] = {"https://": _PublicOnly(is_https_proto=True)}
    found |= {f"{host}/": _Override(target) for host, target in routes.items()}
    for adapter in found.values():
        adapter.init_poolmanager(MAX_EXCHANGES, MAX_EXCHANGES)
    return found


class _PublicOnly(IPFilterAdapter):
    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        try:
            host_params, pool_kwargs = super().build_connection_pool_key_attributes(*args, **kwargs)
        except InvalidIPAddress:
            raise ProviderError("forbidden") from None
        address = ip_address(host_params["host"].strip("[]"))
        # Networks that are not in the library's list: IPv4 in IPv6, deprecated local ranges, and ranges not yet
        # assigned (RFC 4291).
        if not address.is_global or (address.version == 6 and address not in _GLOBAL_UNICAST):
            raise ProviderError("forbidden")
        return host_params, pool_kwargs


class _Override(HTTPAdapter):
    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target.rstrip("/")

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.headers["Host"] = str(parts.netloc)
        request.url = f"{self._target}{parts.path}{'?' + str(parts.query) if parts.query else ''}"
        return super().send(request, *args, **kwargs)

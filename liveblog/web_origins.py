"""Origins of web pages (RFC 6454), and lists of the origins whose pages may do something."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

#: The only item of a list that contains every origin.
ALL = "*"

_WILDCARD = re.compile(r"\*(\.[a-z0-9-]+){2,}")


def normal(url: str) -> str:
    """Return the origin of an address as browsers write it: without the default port, in lower case.

    Raise ValueError if the address has a path, a user or no host.
    """
    parts = urlsplit(url.strip())
    # `urlsplit` parses the port only when it is accessed.
    port = parts.port
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/") or "@" in parts.netloc:
        raise ValueError(url)
    if parts.query or parts.fragment or re.search(r"[\s,;'\"]", parts.netloc):
        # In a header with a list of origins, such characters would extend the list.
        raise ValueError(url)
    host = f"[{host}]" if ":" in host else host
    is_default = port in (None, 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")


def normal_pattern(url: str) -> str:
    """Return ALL, an origin, or one whose host begins with `*.` for all subdomains (CSP Level 3, 2.3.1).

    Raise ValueError if the text is none of them.
    """
    url = url.strip()
    if url == ALL:
        return ALL
    origin = normal(url)
    if "*" in origin and not _WILDCARD.fullmatch(urlsplit(origin).hostname or ""):
        raise ValueError(url)
    return origin


def allows(patterns: Iterable[str], origin: str) -> bool:
    """Return whether an origin, as stated by a browser, matches one of some results of `normal_pattern`."""
    return any(_matches(pattern, origin) for pattern in patterns)


def _matches(pattern: str, origin: str) -> bool:
    if pattern in (ALL, origin):
        return True
    scheme, wildcard, rest = pattern.partition("*")
    if not wildcard or not origin.startswith(scheme) or not origin.endswith(rest):
        return False
    return len(origin) > len(scheme) + len(rest)

"""Requests to addresses that a stranger had a hand in: only ever to public servers, briefly, and not for much.

requests-hardened resolves a name once, refuses what is not public, and connects to the very address that it has looked
at, so that a name which resolves to something else a moment later changes nothing.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

Reason = Literal["forbidden", "gone", "unreachable", "timeout", "busy", "nonsense", "large"]

_MOST_REDIRECTS = 3
#: How many requests may be under way in a process, those included that nobody waits for any more.
_slots = threading.BoundedSemaphore(16)

#: Names as the public DNS has them: no numbers in any notation, no names of one part, and nothing to be converted.
_PUBLIC_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
#: What parsers of addresses read in different ways.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


class Failure(Exception):  # noqa: N818 - it is what callers handle, not a fault of theirs
    """What went wrong with a request.

    reason   "forbidden" (an address that is not asked), "gone" (the server has no such thing, or not for us), "large",
             "unreachable", "timeout", "busy", "nonsense" (an answer that is none)
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def permanent(self) -> bool:
        """Whether it is no use to try again."""
        return self.reason in ("forbidden", "gone", "large")


@dataclass(frozen=True)
class Fetcher:
    """Fetches by GET from public servers over https.

    seconds   for all of a request: name, redirects, headers, body
    routes    hosts that are to be found elsewhere, as "https://host" → "http://127.0.0.1:8001"; these are not checked
    """

    seconds: float
    routes: Mapping[str, str]

    def fetch(self, url: str, most_bytes: int) -> bytes:
        """The body of a successful answer. Raises Failure and nothing else."""
        if not _slots.acquire(blocking=False):
            raise Failure("busy")
        found: list[bytes | Failure] = []
        # Neither names nor headers can be waited for with a limit for the whole; so nobody waits for who does.
        thread = threading.Thread(target=self._work, args=(url, most_bytes, found), daemon=True, name="embeds")
        thread.start()
        thread.join(self.seconds)
        if not found:
            raise Failure("timeout")
        if isinstance(found[0], Failure):
            raise found[0]
        return found[0]

    def _work(self, url: str, most_bytes: int, found: list[bytes | Failure]) -> None:
        try:
            with self._session() as session:
                found.append(self._follow(session, url, most_bytes, time.monotonic() + self.seconds))
        except Failure as failure:
            found.append(failure)
        except (InvalidIPAddress, requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL):
            found.append(Failure("forbidden"))
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            found.append(Failure("timeout"))
        # Names that cannot be encoded are ValueErrors, and so is much that servers send.
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            found.append(Failure("unreachable"))
        finally:
            _slots.release()

    def _session(self) -> requests.Session:
        session = requests.Session()
        # No proxy, which would resolve names by itself, and no passwords of this machine.
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", _PublicOnly(is_https_proto=True))
        for place, elsewhere in self.routes.items():
            session.mount(f"{place}/", _Elsewhere(elsewhere))
        session.headers["User-Agent"] = "liveblog"
        return session

    def _follow(self, session: requests.Session, url: str, most_bytes: int, deadline: float) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            check(url)
            with session.get(url, stream=True, allow_redirects=False, timeout=self.seconds) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers["location"])
                    continue
                if response.status_code != 200:
                    raise Failure(_reason_of(response.status_code))
                return _read(response, most_bytes, deadline)
        raise Failure("nonsense")


def check(url: str) -> None:
    """Raise Failure where an address is not one of a public server, as far as it can be told from the address alone."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Failure("forbidden") from None
    plain = parts.scheme == "https" and "@" not in parts.netloc and port in (None, 443)
    if _AMBIGUOUS.search(url) or not plain or not _PUBLIC_NAME.fullmatch(parts.hostname or ""):
        raise Failure("forbidden")


def _read(response: requests.Response, most_bytes: int, deadline: float) -> bytes:
    body = bytearray()
    while piece := response.raw.read1(65536, decode_content=True):
        body += piece
        if len(body) > most_bytes:
            raise Failure("large")
        if time.monotonic() > deadline:
            raise Failure("timeout")
    return bytes(body)


def _reason_of(status: int) -> Reason:
    if status in (408, 425, 429, 503):
        return "busy"
    return "unreachable" if status >= 500 else "gone" if status >= 400 else "nonsense"


class _PublicOnly(IPFilterAdapter):
    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ip_address(host_params["host"].strip("[]"))
        # Beyond the library's list: IPv4 within IPv6, local and reserved ranges of old, what is to come.
        if not address.is_global or (address.version == 6 and address not in _GLOBAL_UNICAST):
            raise InvalidIPAddress(address)
        return host_params, pool_kwargs


class _Elsewhere(HTTPAdapter):
    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place.rstrip("/")

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.headers["Host"] = str(parts.netloc)
        request.url = f"{self._place}{parts.path}{'?' + str(parts.query) if parts.query else ''}"
        return super().send(request, *args, **kwargs)

"""Links in texts of authors and readers, read as browsers read them (URL Standard, https://url.spec.whatwg.org)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: In characters; nobody shares longer links.
MAX_LENGTH = 8000

#: Browsers cut these off at both ends of an address, and remove the others wherever they are (section 4.4).
_ENDS = "".join(map(chr, range(0x21)))
_REMOVED = re.compile("[\t\n\r]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
#: The parts after the scheme: any number of slashes of either kind, the host and the rest.
_SLASHES = re.compile(r"[/\\]*")
_AUTHORITY = re.compile(r"[^/\\?#]*")
_PATH = re.compile(r"[^?#]*")


def as_read(href: str) -> str | None:
    """Return the link that a browser reads in an attribute; None if readers should not follow it.

    A link leads to a page (http, https, or relative to ours) or to an address for e-mail. It names no user, as
    “https://bank.example@evil.example” does: people take the name for the host.
    """
    href = _REMOVED.sub("", href.strip(_ENDS))
    if len(href) > MAX_LENGTH:
        return None
    scheme = _SCHEME.match(href)
    if scheme is None:
        if re.match(r"[/\\]{2}", href):
            return _with_host("//", href)
        return _with_slashes(href)
    name, rest = scheme[1].lower(), href[scheme.end() :]
    if name == "mailto":
        return f"mailto:{rest}"
    return _with_host(f"{name}://", rest) if name in ("http", "https") else None


def _with_host(start: str, rest: str) -> str | None:
    rest = rest[_SLASHES.match(rest).end() :]  # type: ignore[union-attr]
    host = _AUTHORITY.match(rest)[0]  # type: ignore[index]
    if not host or "@" in host:
        return None
    return f"{start}{host}{_with_slashes(rest[len(host) :])}"


def _with_slashes(rest: str) -> str:
    """Return a path, a query and a fragment, with the slashes that browsers read in the path."""
    path = _PATH.match(rest)[0]  # type: ignore[index]
    return path.replace("\\", "/") + rest[len(path) :]


def names_no_user(address: str) -> None:
    """Raise ValidationError if an address names a user or is not that of a page (a validator of forms and models)."""
    if address and as_read(address) is None:
        raise ValidationError(_("Enter a web address without a username or password."), code="link")

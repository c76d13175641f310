"""Errors that more than one application raises or handles."""

from collections.abc import Sequence
from typing import Any, Literal

from django.http import Http404

Reason = Literal[
    "forbidden",  # the address is not public, so no request was sent
    "gone",  # the server has no such resource, or does not give it to us
    "large",  # the response is larger than the limit
    "unreachable",  # no connection, or an error of the server
    "timeout",
    "busy",  # too many requests, the server's limit or ours
    "skipped",  # not asked, because the server has just failed again and again
    "quota",  # the account's quota is used up
    "refused",  # the server does not accept the key
    "unsupported",  # a pair of languages, or a request beyond the provider's limits
    "nonsense",  # an answer that does not follow the protocol
]

_PERMANENT = frozenset({"forbidden", "gone", "large", "refused", "unsupported"})


class ProviderError(Exception):
    """Another server did not give a usable answer.

    reason        one of Reason
    permanent     whether the same request would fail again; follows from the reason
    retry_after   number of seconds to wait, if the server states one
    status        the HTTP status of the answer, if there was one

    The message may be logged: it contains neither keys nor texts nor anything from the server.
    """

    def __init__(
        self, reason: Reason, detail: str = "", *, retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.permanent = reason in _PERMANENT
        self.retry_after = retry_after
        self.status = status


class Conflict(Exception):  # noqa: N818 - HTTP's name for it (409, RFC 9110)
    """The object has changed since the user read it. The action that raises this has changed nothing.

    current   the object as it is now; None if it is gone, or if the caller does not need it
    """

    def __init__(self, current: Any = None) -> None:
        super().__init__(getattr(current, "pk", None))
        self.current = current


class MovedSlug(Http404):
    """A page has another slug by now, or in the language of its address.

    slug   the one that it has there
    """

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


class NotInLanguage(Http404):
    """A page does not exist in the language of its address.

    languages   codes of those in which it does, at the same address otherwise
    title       its title and the language of that
    """

    def __init__(self, languages: Sequence[str], title: tuple[str, str] | None = None) -> None:
        super().__init__()
        self.languages = languages
        self.title = title

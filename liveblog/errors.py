"""Errors that more than one application raises or handles."""

from typing import Any, Literal

Reason = Literal[
    "forbidden",  # an address that is not public, so it was not asked
    "gone",  # the server has no such thing, or not for us
    "large",  # more than is read
    "unreachable",  # no connection, or a server that is out of order
    "timeout",
    "busy",  # too many requests, the server's or ours
    "quota",  # used up
    "refused",  # the key
    "unsupported",  # a pair of languages, or a request beyond the provider's limits
    "nonsense",  # an answer that does not follow the protocol
]

_PERMANENT = frozenset({"forbidden", "gone", "large", "refused", "unsupported"})


class ProviderError(Exception):
    """Another server did not give a usable answer.

    reason        one of Reason
    permanent     whether it is no use to send the same request again soon; follows from the reason
    retry_after   seconds that the server asks to wait, if it does
    status        the HTTP status of the answer, if there was one

    The message holds neither keys nor texts nor what the server said, so it may be logged.
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
    """The object has changed since the user read it. Nothing has been changed by the action that raises this.

    current   the object as it is now; None if it is gone, or if the caller has no use for it
    """

    def __init__(self, current: Any = None) -> None:
        super().__init__(getattr(current, "pk", None))
        self.current = current

"""Types of the ASGI interface (asgi.readthedocs.io), and an extension of it.

Scopes and messages are dictionaries with string keys.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

#: The key of an extension in a scope: a function that takes the head of a response without its empty line (RFC 9112,
#: section 2.1) and the body, sends both at once, and returns whether it did. Otherwise they go through `send`.
WHOLE_RESPONSE = "liveblog.whole_response"

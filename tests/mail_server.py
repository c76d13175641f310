"""A mail server (SMTP) that stores or refuses messages."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.server import free_port


class MailServer:
    """`messages` are the parsed messages, `sources` their bytes. `refusing`: respond with a temporary error;
    `hanging_up`: close the connection. `unknown` are addresses that it refuses permanently. `connections` counts
    connections.
    """

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], EmailMessage]] = []
        self.sources: list[bytes] = []
        self.refusing = self.hanging_up = False
        self.unknown: set[str] = set()
        self.connections = 0
        self.port = free_port()
        self._controller: Any = None

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.hanging_up:
            server.transport.abort()
            return ""
        if self.refusing:
            return "451 Not now"
        message: Any = email.message_from_bytes(envelope.content, policy=default)
        self.sources.append(envelope.content)
        self.messages.append((envelope.rcpt_tos, message))
        return "250 Ok"

    def start(self) -> MailServer:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> MailServer:
        return self.start()

    def __exit__(self, *_: Any) -> None:
        self.stop()

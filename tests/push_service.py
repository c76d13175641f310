"""A push service and the browsers that it serves: RFC 8030 over HTTP, with VAPID (RFC 8292) and faults.

with PushService() as service:
    settings.PUSH_ROUTES = service.routes
    browser = service.browser()
    browser.shown     # the messages, decrypted with the keys that only the browser has (RFC 8291)
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from werkzeug import Request, Response

from liveblog.webpush import vapid
from tests.providers import Provider

HOST = "https://push.example.com"

#: The VAPID key of tests.
PRIVATE_KEY = vapid.new_private_key()


@dataclass
class Browser:
    """A browser with a subscription. `shown` are the messages that it received, in order."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    shown: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    #: The responses to the next messages, in order; after them, the service accepts all messages.
    answers: list[Response] = field(default_factory=list)

    def subscription(self) -> dict[str, Any]:
        """Return what `PushSubscription.toJSON()` returns."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": vapid.encoded(point), "auth": vapid.encoded(self.secret)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> dict[str, Any]:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.shown]

    @property
    def tray(self) -> dict[str, dict[str, Any]]:
        """Return the visible notifications by tag: a later one replaces an earlier one."""
        return {message["tag"]: message for message in self.shown}


@dataclass
class PushService(Provider):
    """A push service on a free port. `delay` is in seconds and applies to each message."""

    browsers: dict[str, Browser] = field(default_factory=dict)
    delay: float = 0.0
    host: str = HOST
    #: If set, responds to all messages instead of the service.
    fault: Callable[[Request], Response] | None = None
    #: Called before the service accepts a message.
    on_message: Callable[[Browser], None] = lambda _browser: None
    asked: int = 0
    by_topic: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def routes(self) -> dict[str, str]:
        return {self.host: self.url}

    def browser(self) -> Browser:
        path = f"/send/{base64.urlsafe_b64encode(os.urandom(24)).decode()}"
        self.browsers[path] = Browser(f"{self.host}{path}")
        return self.browsers[path]

    def answer(self, request: Request) -> Response:
        self.asked += 1
        if self.delay:
            self.closing.wait(self.delay)
        if self.fault is not None:
            return self.fault(request)
        browser = self.browsers.get(request.path)
        if browser is None:
            return Response(status=404)
        if refusal := refusal_of(request, self.host):
            return Response(refusal, status=403)
        self.on_message(browser)
        if browser.answers:
            return browser.answers.pop(0)
        message = browser.read(request.get_data())
        browser.headers.append(dict(request.headers))
        browser.shown.append(message)
        return Response(status=201, headers={"Location": f"{self.host}/message/{self.asked}"})


def refusal_of(request: Request, host: str) -> str:
    """Return why a push service would refuse a request; "" if it would accept it."""
    found = re.fullmatch(r"vapid t=([\w-]+\.([\w-]+)\.[\w-]+), ?k=([\w-]+)", request.headers.get("Authorization", ""))
    if found is None:
        return "no VAPID"
    _token, claims, _key = found.groups()
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    if said["aud"] != host or not time.time() < said["exp"] <= time.time() + 86_400:
        return "claims"
    if not said["sub"].startswith(("mailto:", "https://")):
        return "contact"
    if not Vapid02.verify(request.headers["Authorization"]):
        return "signature"
    if request.headers.get("Content-Encoding") != "aes128gcm" or not request.headers.get("TTL", "").isdecimal():
        return "headers"
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", request.headers.get("Topic", "none")):
        return "topic"
    if request.headers.get("Urgency", "normal") not in ("very-low", "low", "normal", "high"):
        return "urgency"
    return "" if len(request.get_data()) <= 4096 else "large"

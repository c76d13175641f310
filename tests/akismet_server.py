"""A server with the parts of Akismet's protocol that we use (akismet.com/developers), and with faults.

with AkismetServer() as server:
    settings.AKISMET_API_KEY, settings.AKISMET_URL = server.key, server.url
    server.spam = lambda fields: "viagra" in fields["comment_content"]
    server.fault = "500"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from werkzeug import Request, Response

from tests.providers import Provider

FAULTS = ("500", "429", "hang up", "slow", "trickle", "endless", "nonsense", "empty", "html", "redirect")


@dataclass
class AkismetServer(Provider):
    """A fake Akismet. `requests` has the name and the fields of each call."""

    key: str = "a key"
    spam: Callable[[dict[str, str]], bool] = lambda fields: "casino" in fields.get("comment_content", "")
    #: Whether it recommends discarding spam.
    discard: bool = False
    fault: str | None = None
    #: The code of a message to the account's owner.
    alert: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{super().url}/mirror"

    def asked(self, what: str = "comment-check") -> list[dict[str, str]]:
        return [fields for called, fields in self.requests if called == what]

    def answer(self, request: Request) -> Response:
        fields = dict(parse_qsl(request.get_data(as_text=True), keep_blank_values=True))
        place, _, what = request.path.rpartition("/")
        self.requests.append((what, fields))
        if place != "/mirror/1.1":
            return self._say("no such place", 404)
        if self.fault:
            return self._fail(request, self.fault)
        if what == "verify-key":
            return self._say("valid" if fields.get("key") == self.key else "invalid")
        if fields.get("api_key") != self.key:
            return self._say("invalid", X_akismet_debug_help="We were unable to parse your blog URI")
        if what != "comment-check":
            return self._say("Thanks for making the web a better place.")
        spam = self.spam(fields)
        return self._say(
            "true" if spam else "false", **{"X_akismet_pro_tip": "discard"} if spam and self.discard else {}
        )

    def _fail(self, request: Request, fault: str) -> Response:
        assert fault in FAULTS
        match fault:
            case "500" | "429":
                return self._say("false", int(fault))
            case "hang up":
                return self.hang_up(request)
            case "slow":
                self.closing.wait(30)
                return self.hang_up(request)
            case "trickle":
                return self.trickle(b"f", seconds=30, pause=0.1)
            case "endless":
                return self.trickle(b"f" * 65536, seconds=30, pause=0)
            case "redirect":
                return self._say("", 302, Location="http://127.0.0.1:9/")
        return self._say({"nonsense": "maybe", "empty": "", "html": "<html>true</html>"}[fault])

    def _say(self, text: str, status: int = 200, **headers: str) -> Response:
        if self.alert:
            headers |= {"X_akismet_alert_code": self.alert, "X_akismet_alert_msg": "pay"}
        return Response(text, status, {name.replace("_", "-"): value for name, value in headers.items()})

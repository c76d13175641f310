"""Akismet, by its library `akismet`: what is sent, and what becomes of the answers.

It tries once and says what went wrong in a word. No key and no text gets into a log or into an exception's message.
"""

from __future__ import annotations

import datetime
import logging
from functools import lru_cache
from typing import Any, Literal

import akismet
import httpx
from django.conf import settings

from comments.models import Comment
from liveblog.errors import ProviderError
from liveblog.http import Client

logger = logging.getLogger(__name__)

Verdict = Literal["ham", "spam", "discard"]

_MOST_BYTES = 100_000
_VERDICTS: dict[akismet.CheckResponse, Verdict] = {
    akismet.CheckResponse.HAM: "ham",
    akismet.CheckResponse.SPAM: "spam",
    akismet.CheckResponse.DISCARD: "discard",
}


def check(comment: Comment) -> Verdict:
    """Ask whether a comment is spam; "discard" is what not even a moderator needs to see. Raises ProviderError."""
    return _VERDICTS[_ask("comment_check", comment, recheck_reason=comment.recheck_reason)]


def tell(comment: Comment, what: str) -> None:
    """Say that a comment was "spam" or "ham", whatever the service took it for. Raises ProviderError."""
    _ask(f"submit_{what}", comment)


def _ask(method: str, comment: Comment, **further: str) -> Any:
    client = _client(settings.AKISMET_API_KEY, settings.AKISMET_URL, settings.SITE_URL, settings.AKISMET_TIMEOUT)
    try:
        return getattr(client, method)(comment.address, **_described(comment), **_said(further))
    # Chains are cut: messages of these may hold the key and the answer.
    except akismet.APIKeyError:
        raise ProviderError("refused") from None
    except akismet.ProtocolError:
        raise ProviderError("nonsense") from None
    except akismet.AkismetError:
        raise ProviderError("unreachable") from None


def _described(comment: Comment) -> dict[str, Any]:
    """All that helps to judge a comment; the same each time, so that what is told later fits what was asked."""
    article = comment.article
    described = {
        "blog_charset": "UTF-8",
        "blog_lang": ", ".join(code for code, _name in settings.LANGUAGES),
        "comment_type": "reply" if comment.parent_id else "comment",
        "comment_author": comment.name,
        "comment_author_email": comment.email,
        "comment_content": comment.text,
        "comment_date_gmt": _gmt(comment.written_at),
        "comment_post_modified_gmt": _gmt(article.coverage_start),
        "honeypot_field_name": "website",
        "permalink": f"{settings.SITE_URL}{article.url(comment.page_language)}",
        "user_agent": comment.user_agent,
    }
    return _said(described) | ({"is_test": True} if settings.AKISMET_TEST else {})


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _gmt(moment: datetime.datetime) -> str:
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


@lru_cache(maxsize=4)
def _client(key: str, url: str, site: str, timeout: float) -> akismet.SyncClient:
    user_agent = f"liveblog | {akismet.USER_AGENT}"
    client = httpx.Client(transport=_Transport(url, timeout), headers={"User-Agent": user_agent})
    return akismet.SyncClient(akismet.Config(key=key, url=site), http_client=client)


class _Transport(httpx.BaseTransport):
    """Lets Akismet's library talk through our client, to the server at `url` if there is one."""

    def __init__(self, url: str, timeout: float) -> None:
        self._client = Client()
        self._url = url
        self._timeout = timeout

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = f"{self._url}{request.url.raw_path.decode()}" if self._url else str(request.url)
        headers = {name: request.headers[name] for name in ("Content-Type", "User-Agent")}
        limits: dict[str, Any] = {"seconds": self._timeout, "max_bytes": _MOST_BYTES}
        answer = self._client.send(request.method, url, data=request.read(), headers=headers, **limits)
        if alert := answer.headers.get("X-akismet-alert-code"):
            logger.warning("The spam check has something to say about our account (alert %.20s).", alert)
        # The body is decompressed, so the headers that describe it no longer apply.
        headers = {name: value for name, value in answer.headers.items() if name.lower().startswith("x-akismet-")}
        return httpx.Response(answer.status, headers=headers, content=answer.body)

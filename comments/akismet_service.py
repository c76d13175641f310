"""Ask Akismet whether a comment is spam, with the library `akismet`.

Each function sends one request, and raises ProviderError if it fails. Neither the key nor texts of comments get into
logs or messages of exceptions.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal

import akismet
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from comments.models import Comment
from liveblog.configuration import services
from liveblog.configuration.options import value
from liveblog.configuration.services import Result
from liveblog.errors import ProviderError
from liveblog.http import Client

logger = logging.getLogger(__name__)

Verdict = Literal["ham", "spam", "discard"]

_MAX_BYTES = 100_000
_VERDICTS: dict[akismet.CheckResponse, Verdict] = {
    akismet.CheckResponse.HAM: "ham",
    akismet.CheckResponse.SPAM: "spam",
    akismet.CheckResponse.DISCARD: "discard",
}


def check(comment: Comment) -> Verdict:
    """Return the verdict on a comment; "discard" is spam that no moderator needs to see. Raise ProviderError."""
    arguments = _description(comment)
    if comment.recheck_reason:
        arguments["recheck_reason"] = comment.recheck_reason
    with _provider_errors():
        return _VERDICTS[_configured_client().comment_check(_address(comment), **arguments)]


def submit(comment: Comment, verdict: str) -> None:
    """Report a comment as "spam" or "ham", against the verdict of the service. Raise ProviderError."""
    with _provider_errors():
        client = _configured_client()
        method = client.submit_spam if verdict == "spam" else client.submit_ham
        method(_address(comment), **_description(comment))


def test() -> Result:
    """Return whether the service accepts the key, for the page of settings."""
    if not value("AKISMET_API_KEY"):
        return Result(_("Fill in the fields first."))
    began = time.monotonic()
    try:
        with _provider_errors():
            is_valid = _configured_client().verify_key()
        if not is_valid:
            raise ProviderError("refused")
    except ProviderError as error:
        return services.failure("Akismet", error)
    return Result(services.works("Akismet", began), succeeded=True)


@contextmanager
def _provider_errors() -> Iterator[None]:
    """Turn the library's errors into ProviderError, without their messages, which may hold the key and the answer."""
    try:
        yield
    except akismet.APIKeyError:
        raise ProviderError("refused") from None
    except akismet.ProtocolError:
        raise ProviderError("nonsense") from None
    except akismet.AkismetError:
        raise ProviderError("unreachable") from None


def _address(comment: Comment) -> str:
    assert comment.address, "Akismet requires the sender's address."
    return comment.address


def _description(comment: Comment) -> akismet.AkismetArguments:
    """Return the data to judge a comment by. A later correction must send the same (Akismet's API, “submit spam”)."""
    article = comment.article
    arguments: akismet.AkismetArguments = {
        "blog_charset": "UTF-8",
        "blog_lang": ", ".join(code for code, _name in settings.LANGUAGES),
        "comment_type": "reply" if comment.parent_id else "comment",
        "comment_author": comment.name,
        "comment_content": comment.text,
        "comment_date_gmt": _gmt(comment.written_at),
        "comment_post_modified_gmt": _gmt(article.coverage_start),
        "honeypot_field_name": "website",
        "permalink": f"{settings.SITE_URL}{article.url(comment.page_language)}",
    }
    if comment.email:
        arguments["comment_author_email"] = comment.email
    if comment.user_agent:
        arguments["user_agent"] = comment.user_agent
    if settings.AKISMET_TEST:
        arguments["is_test"] = True
    return arguments


def _gmt(moment: datetime.datetime) -> str:
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _configured_client() -> akismet.SyncClient:
    return _client(value("AKISMET_API_KEY"), settings.AKISMET_URL, settings.SITE_URL, settings.AKISMET_TIMEOUT)


@lru_cache(maxsize=4)
def _client(key: str, url: str, site: str, timeout: float) -> akismet.SyncClient:
    user_agent = f"liveblog | {akismet.USER_AGENT}"
    client = httpx.Client(transport=_Transport(url, timeout), headers={"User-Agent": user_agent})
    return akismet.SyncClient(akismet.Config(key=key, url=site), http_client=client)


class _Transport(httpx.BaseTransport):
    """Send the library's requests with `liveblog.http.Client`, to the server at `url` if it is given."""

    def __init__(self, url: str, timeout: float) -> None:
        self._client = Client("akismet")
        self._url = url
        self._timeout = timeout

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = f"{self._url}{request.url.raw_path.decode()}" if self._url else str(request.url)
        headers = {name: request.headers[name] for name in ("Content-Type", "User-Agent")}
        answer = self._client.send(
            request.method, url, data=request.read(), headers=headers, seconds=self._timeout, max_bytes=_MAX_BYTES
        )
        if alert := answer.headers.get("X-akismet-alert-code"):
            logger.warning("The spam check has something to say about our account (alert %.20s).", alert)
        # The body is already decompressed, so the headers about its encoding no longer apply.
        headers = {name: value for name, value in answer.headers.items() if name.lower().startswith("x-akismet-")}
        return httpx.Response(answer.status, headers=headers, content=answer.body)

"""A client of Google Cloud Translation, Basic: https://cloud.google.com/translate/docs/reference/rest/v2/translate."""

import json
import re
from functools import partial
from typing import Any

from django.conf import settings

from liveblog.configuration.options import value
from liveblog.errors import Reason
from liveblog.translation.engines.base import Engine, Task, Transport, engine_code, in_batches, reason_of_status

#: Google's codes of languages that differ from BCP 47.
#: https://cloud.google.com/translate/docs/languages
_CODES = {
    "pt": "pt-PT",
    "zh-hans": "zh-CN",
    "zh-hant": "zh-TW",
    "pt-br": "pt",
    "pt-pt": "pt-PT",
    "sr-latn": "sr-Latn",
    "nb": "no",
}


def _reason_of(status: int, body: str) -> Reason:
    # It answers 403 to a wrong key and to a used-up quota, and 400 to a key that does not exist.
    if status == 400 and "API key" in body:
        return "refused"
    if status == 403 and re.search(r"dailyLimitExceeded|quota|billing", body, re.IGNORECASE):
        return "quota"
    if status == 403 and re.search(r"rateLimitExceeded", body, re.IGNORECASE):
        return "busy"
    return reason_of_status(status)


class Google(Engine):
    """Google Cloud Translation. It supports neither context nor, in this edition, glossaries."""

    name = "google"

    @classmethod
    def options(cls) -> dict[str, Any] | None:
        """See Engine."""
        if not value("GOOGLE_TRANSLATE_API_KEY"):
            return None
        return {
            "key": value("GOOGLE_TRANSLATE_API_KEY"),
            "url": settings.GOOGLE_TRANSLATE_URL,
            "timeout": settings.TRANSLATION_TIMEOUT,
        }

    def __init__(self, key: str, *, url: str = "", timeout: float = 20.0) -> None:
        self._url = f"{(url or 'https://translation.googleapis.com').rstrip('/')}/language/translate/v2"
        # In the address, the key would get into logs of proxies.
        self._headers = {"X-Goog-Api-Key": key}
        self._transport = Transport(self.name, timeout, _reason_of)

    def answer(self, task: Task) -> list[str]:
        """See Engine."""
        form = {"source": _code(task.source), "target": _code(task.target), "format": "html" if task.html else "text"}
        return in_batches(task.texts, partial(self._send, form))

    def _send(self, form: dict[str, str], texts: list[str]) -> list[str]:
        answer = json.loads(self._transport.send("POST", self._url, {**form, "q": texts}, dict(self._headers)))
        return [each["translatedText"] for each in answer["data"]["translations"]]


def _code(language: str) -> str:
    return engine_code(language, _CODES)

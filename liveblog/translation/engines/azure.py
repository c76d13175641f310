"""A client of Azure AI Translator: https://learn.microsoft.com/azure/ai-services/translator/reference/v3-0-translate."""

import json
import urllib.parse
from functools import partial
from typing import Any

from django.conf import settings

from liveblog.configuration.options import value
from liveblog.errors import Reason
from liveblog.translation.engines.base import Engine, Task, Transport, engine_code, in_batches, reason_of_status

#: Azure's codes of languages, where they are not just the language.
#: https://learn.microsoft.com/azure/ai-services/translator/language-support
_CODES = {
    "zh": "zh-Hans",
    "zh-hans": "zh-Hans",
    "zh-hant": "zh-Hant",
    "pt": "pt-pt",
    "pt-pt": "pt-pt",
    "pt-br": "pt",
    "sr": "sr-Cyrl",
    "sr-cyrl": "sr-Cyrl",
    "sr-latn": "sr-Latn",
    "no": "nb",
    "fr-ca": "fr-ca",
    "mn": "mn-Cyrl",
    "iu-latn": "iu-Latn",
    "yue": "yue",
}


def _reason_of(status: int, body: str) -> Reason:
    # 403001: the free quota is used up. 400036 and 400035: an unsupported target or source language.
    if status == 403 and "403001" in body:
        return "quota"
    return reason_of_status(status)


class Azure(Engine):
    """Azure AI Translator. It supports neither context nor glossaries."""

    name = "azure"

    @classmethod
    def options(cls) -> dict[str, Any] | None:
        """See Engine."""
        if not value("AZURE_TRANSLATOR_KEY"):
            return None
        return {
            "key": value("AZURE_TRANSLATOR_KEY"),
            "region": value("AZURE_TRANSLATOR_REGION"),
            "url": settings.AZURE_TRANSLATOR_URL,
            "timeout": settings.TRANSLATION_TIMEOUT,
        }

    def __init__(self, key: str, *, region: str = "", url: str = "", timeout: float = 20.0) -> None:
        self._url = f"{(url or 'https://api.cognitive.microsofttranslator.com').rstrip('/')}/translate"
        self._headers = {"Ocp-Apim-Subscription-Key": key}
        if region:
            self._headers["Ocp-Apim-Subscription-Region"] = region
        self._transport = Transport(self.name, timeout, _reason_of)

    def answer(self, task: Task) -> list[str]:
        """See Engine."""
        form = {"api-version": "3.0", "from": _code(task.source), "to": _code(task.target)}
        form["textType"] = "html" if task.html else "plain"
        return in_batches(task.texts, partial(self._send, f"{self._url}?{urllib.parse.urlencode(form)}"))

    def _send(self, url: str, texts: list[str]) -> list[str]:
        answer = json.loads(self._transport.send("POST", url, [{"Text": text} for text in texts], dict(self._headers)))
        return [each["translations"][0]["text"] for each in answer]


def _code(language: str) -> str:
    return engine_code(language, _CODES)

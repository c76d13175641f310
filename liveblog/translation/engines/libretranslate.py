"""A client of LibreTranslate: https://docs.libretranslate.com."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from liveblog.configuration.options import value
from liveblog.errors import Reason
from liveblog.translation.engines.base import Engine, Task, Transport, engine_code, in_batches, reason_of_status

#: LibreTranslate's codes of languages, as in its /languages, where they are not just the language.
_CODES = {"zh": "zh-Hans", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "pt-br": "pt-BR", "nb": "nb", "no": "nb"}


def _reason_of(status: int, body: str) -> Reason:
    # LibreTranslate states many reasons only in text: see `translate` and `access_check` in its libretranslate/app.py.
    if status in {400, 403} and "API key" in body:
        return "refused"
    if status == 403 and re.search(r"limit|quota", body):
        return "quota"
    if status == 500 and "not available as a target language" in body:
        return "unsupported"
    return reason_of_status(status)


class LibreTranslate(Engine):
    """A LibreTranslate server. It supports neither context nor glossaries, so the caller checks terms.

    It decodes entities in its results, even in markup, so `&lt;` comes back as a tag.
    """

    name = "libretranslate"

    @classmethod
    def options(cls) -> dict[str, Any] | None:
        """See Engine."""
        if not value("LIBRETRANSLATE_URL"):
            return None
        return {
            "url": value("LIBRETRANSLATE_URL"),
            "key": value("LIBRETRANSLATE_API_KEY"),
            "timeout": settings.TRANSLATION_TIMEOUT,
        }

    def __init__(self, url: str, *, key: str = "", timeout: float = 20.0) -> None:
        self._url = f"{url.rstrip('/')}/translate"
        self._key = key
        self._transport = Transport(self.name, timeout, _reason_of)

    def answer(self, task: Task) -> list[str]:
        """See Engine."""
        source, target = (engine_code(language, _CODES) for language in (task.source, task.target))
        form = {"source": source, "target": target, "format": "html" if task.html else "text"}
        if self._key:
            form["api_key"] = self._key
        return in_batches(task.texts, lambda batch: self._send({**form, "q": batch}))

    def _send(self, form: Mapping[str, object]) -> list[str]:
        answer = json.loads(self._transport.send("POST", self._url, form))
        if not isinstance(answer["translatedText"], list):
            raise TypeError
        return answer["translatedText"]

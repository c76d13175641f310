"""A client of DeepL that uses its library: https://developers.deepl.com/docs."""

import hashlib
import logging
import re
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import deepl
from deepl.http_client import HttpClient
from django.conf import settings

from liveblog.configuration.options import value
from liveblog.errors import ProviderError
from liveblog.translation.engines.base import Engine, Task, Transport, engine_code, in_batches

# At lower levels the library logs the texts that it translates.
logging.getLogger("deepl").setLevel(logging.WARNING)

#: DeepL's codes of target languages with varieties: https://developers.deepl.com/docs/resources/supported-languages
_TARGETS = {
    "en": "en-gb",
    "en-gb": "en-gb",
    "en-us": "en-us",
    "pt": "pt-pt",
    "pt-pt": "pt-pt",
    "pt-br": "pt-br",
    "zh-hans": "zh-hans",
    "zh-hant": "zh-hant",
    "es-419": "es-419",
    "no": "nb",
}

#: The time until a glossary that the provider rejected is sent again.
_GLOSSARY_RETRY_SECONDS = 600.0
#: The age at which a superseded glossary is deleted.
_SUPERSEDED_SECONDS = 86_400.0


class _Transport(HttpClient):
    """Make DeepL's library use `Transport`, because its own transport retries and ignores Retry-After."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(send_platform_info=False)
        self._transport = transport

    def request_with_backoff(  # type: ignore[override]
        self,
        method: str,
        url: str,
        data: dict | None,
        json: dict | None,
        headers: dict,
        stream: bool = False,
        **_: object,
    ) -> tuple[int, str]:
        return 200, self._transport.send(method, url, json, headers)


@dataclass(frozen=True)
class _Glossary:
    name: str
    id: str | None  # None: the provider rejected it
    asked_at: float


class DeepL(Engine):
    """DeepL, through its library. `formality` is "", "more" or "less"; languages without formality ignore it."""

    name = "deepl"

    @classmethod
    def options(cls) -> dict[str, Any] | None:
        """See Engine."""
        if not value("DEEPL_API_KEY"):
            return None
        return {
            "key": value("DEEPL_API_KEY"),
            "url": value("DEEPL_URL"),
            "formality": value("DEEPL_FORMALITY"),
            "timeout": settings.TRANSLATION_TIMEOUT,
        }

    def __init__(self, key: str, *, url: str = "", formality: str = "", timeout: float = 20.0) -> None:
        self._client = deepl.DeepLClient(key, server_url=f"{url.rstrip('/')}/" if url else None)
        self._client.close()
        self._client._client = _Transport(Transport(self.name, timeout))
        self._formality = f"prefer_{formality.removeprefix('prefer_')}" if formality else None
        #: By the beginning of their names: one for each pair of languages, and for each kind with its own terms.
        self._glossaries: dict[str, _Glossary] = {}
        self._locks: dict[str, threading.Lock] = {}

    def answer(self, task: Task) -> list[str]:
        """See Engine."""
        glossary = self._glossary(task)
        try:
            return in_batches(task.texts, partial(self._send, task, glossary))
        except ProviderError as error:
            if glossary is None or error.status not in {400, 404}:
                raise
            remade = self._glossary(task, lost=glossary)
            if remade == glossary:
                raise
            return in_batches(task.texts, partial(self._send, task, remade))

    def _send(self, task: Task, glossary: str | None, texts: list[str]) -> list[str]:
        try:
            results = self._client.translate_text(
                texts,
                source_lang=_base(task.source),
                target_lang=engine_code(task.target, _TARGETS).upper(),
                context=task.context or None,
                # Lines of markup may end anywhere. A line of plain text is a headline or a paragraph.
                split_sentences=deepl.SplitSentences.NO_NEWLINES if task.html else deepl.SplitSentences.ALL,
                # A headline has no full stop, and must not get one.
                preserve_formatting=True,
                formality=self._formality,
                glossary=glossary,
                tag_handling="html" if task.html else None,
            )
        except deepl.DeepLException:
            raise ProviderError("nonsense", "not the protocol") from None
        assert isinstance(results, list)
        return [result.text for result in results]

    def _glossary(self, task: Task, *, lost: str | None = None) -> str | None:
        """Return the id of DeepL's glossary of the terms, or None. `lost` is an id that DeepL did not know."""
        entries = {_entry(term.source): _entry(term.expected) for term in task.terms}
        entries.pop("", None)
        if not entries:
            return None
        pair = _base(task.source), _base(task.target)
        content = repr(sorted(entries.items())).encode()
        family = f"liveblog {'-'.join(pair)} {f'{task.kind} ' if task.kind else ''}"
        name = family + hashlib.sha256(content).hexdigest()[:16]
        # Only one thread makes it.
        with self._locks.setdefault(family, threading.Lock()):
            known = self._glossaries.get(family)
            rejected_lately = known is not None and time.monotonic() < known.asked_at + _GLOSSARY_RETRY_SECONDS
            if known and known.name == name and (known.id != lost if known.id else rejected_lately):
                return known.id
            try:
                found = self._find_or_make(name, family, pair, entries)
            except ProviderError as error:
                if error.reason in {"unreachable", "timeout", "busy"}:
                    raise
                # The pair or plan does not support glossaries, or there are too many. Translate without one.
                found = None
            except (deepl.DeepLException, ValueError, TypeError, LookupError, AttributeError):
                found = None
            self._glossaries[family] = _Glossary(name, found, time.monotonic())
            return found

    def _find_or_make(self, name: str, family: str, pair: tuple[str, str], entries: dict[str, str]) -> str:
        there = self._client.list_glossaries()
        for glossary in there:
            if glossary.name == name:
                return glossary.glossary_id
        made = self._client.create_glossary(name, *pair, entries)
        # The number of glossaries is limited. Processes without the new terms may still use recent ones.
        for glossary in there:
            age = time.time() - glossary.creation_time.timestamp()
            of_family = glossary.name.startswith(family) and " " not in glossary.name.removeprefix(family)
            if of_family and age > _SUPERSEDED_SECONDS:
                try:
                    self._client.delete_glossary(glossary)
                except ProviderError:
                    break
        return made.glossary_id


def _base(language: str) -> str:
    return language.partition("-")[0].upper()


def _entry(word: str) -> str:
    """Return the text without control characters and line breaks, which DeepL does not accept in glossaries."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", word).strip()

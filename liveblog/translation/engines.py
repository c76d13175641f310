"""Clients of the providers of machine translation: DeepL and LibreTranslate.

They try once and say what went wrong in a word; the scheduler that calls them, from threads, decides when to try again.
No key and no text gets into a log or into the message of an exception: what servers say in their errors is not quoted.
"""

import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import Any, Protocol

import deepl
from deepl.http_client import HttpClient
from django.conf import settings

from liveblog.errors import ProviderError, Reason
from liveblog.http import Client
from liveblog.translation.terms import Term

# At lower levels the library logs what it translates.
logging.getLogger("deepl").setLevel(logging.WARNING)

Terms = Sequence[Term]

#: The most texts of one request, which is DeepL's limit.
_BATCH = 50
_MAX_ANSWER_BYTES = 10_000_000
#: How long a glossary that the provider would not have is not offered again, and how old a superseded one grows.
_WITHOUT_SECONDS = 600.0
_SUPERSEDED_SECONDS = 86_400.0


class Engine(Protocol):
    """A provider of machine translation. Any number of threads may use it at once."""

    name: str

    def translate(
        self, texts: Sequence[str], source: str, target: str, *, html: bool, context: str = "", terms: Terms = ()
    ) -> list[str]:
        """The texts in the target language, as many and in the same order; blank ones come back as they are.

        source, target   codes of languages as the project writes them, "en", "pt-br"
        html             whether the texts are markup. Results are a stranger's: sanitise and check them.
        context          what is around the texts; it helps and is not translated, nor charged
        terms            all terms of the pair, not only those that occur: the provider keeps them as one glossary

        Raises ProviderError and nothing else.
        """


class _Transport:
    """Sends JSON and takes the answer, within `timeout` seconds altogether. Whatever goes wrong is a ProviderError."""

    def __init__(self, timeout: float, reason_of: Callable[[int, str], Reason]) -> None:
        self._client = Client(environment=True)
        self._timeout = timeout
        self._reason_of = reason_of

    def send(self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> str:
        """Return the body of a successful answer. No redirect is followed: it would take texts and key elsewhere."""
        headers = {**(headers or {}), "User-Agent": "liveblog"}
        limits: dict[str, Any] = {"seconds": self._timeout, "max_bytes": _MAX_ANSWER_BYTES, "read_errors": True}
        try:
            answer = self._client.send(method, url, json=body, headers=headers, **limits)
        except ProviderError as error:
            if error.reason == "large":
                raise ProviderError("nonsense", "an answer without end") from None
            raise
        text = answer.body.decode(errors="replace")
        if not answer.successful:
            wait, status = _seconds(answer.headers.get("Retry-After", "")), answer.status
            raise ProviderError(self._reason_of(status, text), f"HTTP {status}", retry_after=wait, status=status)
        return text


def _seconds(retry_after: str) -> float | None:
    if re.fullmatch(r"\d{1,9}", retry_after, re.ASCII):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _reason_of_status(status: int, _: str = "") -> Reason:
    reasons: dict[int, Reason] = {429: "busy", 503: "busy", 529: "busy", 456: "quota", 401: "refused", 403: "refused"}
    reasons |= {400: "unsupported", 413: "unsupported", 422: "unsupported"}
    return reasons.get(status, "unreachable" if status >= 500 else "nonsense")


def _reason_of_libretranslate(status: int, said: str) -> Reason:
    """LibreTranslate says much of it in words only: see `translate` and `access_check` in its libretranslate/app.py."""
    if status in {400, 403} and "API key" in said:
        return "refused"
    if status == 403 and re.search(r"limit|quota", said):
        return "quota"
    if status == 500 and "not available as a target language" in said:
        return "unsupported"
    return _reason_of_status(status)


def _in_batches(texts: Sequence[str], translate: Callable[[list[str]], list[str]]) -> list[str]:
    results = list(texts)
    places = [place for place, text in enumerate(texts) if text.strip()]
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        try:
            answers = translate([texts[place] for place in batch])
        except (deepl.DeepLException, ValueError, TypeError, LookupError, AttributeError):
            raise ProviderError("nonsense", "not what the protocol says") from None
        if len(answers) != len(batch) or not all(isinstance(text, str) and text.strip() for text in answers):
            raise ProviderError("nonsense", "wrong number of texts, or an empty one")
        for place, answer in zip(batch, answers, strict=True):
            results[place] = answer
    return results


class _LibrarysTransport(HttpClient):
    """Lets DeepL's library talk through our transport: its own retries by itself and forgets Retry-After."""

    def __init__(self, transport: _Transport) -> None:
        super().__init__(send_platform_info=False)
        self._transport = transport

    def request_with_backoff(  # type: ignore[override]
        self, method: str, url: str, data: dict | None, json: dict | None, headers: dict, stream: bool = False, **_: Any
    ) -> tuple[int, str]:
        return 200, self._transport.send(method, url, json, headers)


@dataclass(frozen=True)
class _Glossary:
    name: str
    id: str | None  # None: the provider would not have it
    asked_at: float


class DeepL:
    """DeepL, by its library. `formality` is "", "more" or "less" and a wish: languages without it ignore it."""

    name = "deepl"

    def __init__(self, key: str, *, url: str = "", formality: str = "", timeout: float = 20.0) -> None:
        self._client = deepl.DeepLClient(key, server_url=f"{url.rstrip('/')}/" if url else None)
        self._client.close()
        self._client._client = _LibrarysTransport(_Transport(timeout, _reason_of_status))
        self._formality = f"prefer_{formality.removeprefix('prefer_')}" if formality else None
        self._glossaries: dict[tuple[str, str], _Glossary] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}

    def translate(
        self, texts: Sequence[str], source: str, target: str, *, html: bool, context: str = "", terms: Terms = ()
    ) -> list[str]:
        """See Engine."""
        send = partial(self._send, source=source, target=target, html=html, context=context)
        glossary = self._glossary(source, target, terms)
        try:
            return _in_batches(texts, partial(send, glossary=glossary))
        except ProviderError as error:
            if glossary is None or error.status not in {400, 404}:
                raise
            remade = self._glossary(source, target, terms, lost=glossary)
            if remade == glossary:
                raise
            return _in_batches(texts, partial(send, glossary=remade))

    def _send(
        self, texts: list[str], *, source: str, target: str, html: bool, context: str, glossary: str | None
    ) -> list[str]:
        results = self._client.translate_text(
            texts,
            source_lang=_base(source),
            target_lang={"EN": "EN-GB", "PT": "PT-PT"}.get(target.upper(), target.upper()),
            context=context or None,
            # Lines of markup end anywhere; those of plain text are headlines and paragraphs.
            split_sentences=deepl.SplitSentences.NO_NEWLINES if html else deepl.SplitSentences.ALL,
            # A headline has no full stop, and is to get none.
            preserve_formatting=True,
            formality=self._formality,
            glossary=glossary,
            tag_handling="html" if html else None,
        )
        assert isinstance(results, list)
        return [result.text for result in results]

    def _glossary(self, source: str, target: str, terms: Terms, *, lost: str | None = None) -> str | None:
        """The id of the provider's glossary of the terms; None if there is none. `lost` is one it did not know."""
        entries = {_entry(term.source): _entry(term.expected) for term in terms}
        entries.pop("", None)
        if not entries:
            return None
        pair = _base(source), _base(target)
        content = repr(sorted(entries.items())).encode()
        name = f"liveblog {'-'.join(pair)} {hashlib.sha256(content).hexdigest()[:16]}"
        # One of the threads that want it makes it.
        with self._locks.setdefault(pair, threading.Lock()):
            known = self._glossaries.get(pair)
            lately = known is not None and time.monotonic() < known.asked_at + _WITHOUT_SECONDS
            if known and known.name == name and (known.id != lost if known.id else lately):
                return known.id
            try:
                found = self._find_or_make(name, pair, entries)
            except ProviderError as error:
                if error.reason in {"unreachable", "timeout", "busy"}:
                    raise
                # A pair or a plan without glossaries, or too many of them. Better without than not at all.
                found = None
            except (deepl.DeepLException, ValueError, TypeError, LookupError, AttributeError):
                found = None
            self._glossaries[pair] = _Glossary(name, found, time.monotonic())
            return found

    def _find_or_make(self, name: str, pair: tuple[str, str], entries: dict[str, str]) -> str:
        there = self._client.list_glossaries()
        for glossary in there:
            if glossary.name == name:
                return glossary.glossary_id
        made = self._client.create_glossary(name, *pair, entries)
        # An account holds a limited number. Young ones may still be in use by processes that do not know the new terms.
        for glossary in there:
            age = time.time() - glossary.creation_time.timestamp()
            if glossary.name.startswith(f"liveblog {'-'.join(pair)} ") and age > _SUPERSEDED_SECONDS:
                try:
                    self._client.delete_glossary(glossary)
                except ProviderError:
                    break
        return made.glossary_id


def _base(language: str) -> str:
    return language.partition("-")[0].upper()


def _entry(word: str) -> str:
    """As DeepL takes it: without control characters and ends of lines."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", word).strip()


class LibreTranslate:
    """A server of LibreTranslate. It has neither context nor glossaries: terms are left to the caller's checks.

    It decodes entities of its results, of markup too, so that `&lt;` comes back as a tag.
    """

    name = "libretranslate"

    def __init__(self, url: str, *, key: str = "", timeout: float = 20.0) -> None:
        self._url = f"{url.rstrip('/')}/translate"
        self._key = key
        self._transport = _Transport(timeout, _reason_of_libretranslate)

    def translate(
        self, texts: Sequence[str], source: str, target: str, *, html: bool, context: str = "", terms: Terms = ()
    ) -> list[str]:
        """See Engine."""
        form = {"source": source, "target": target, "format": "html" if html else "text"}
        if self._key:
            form["api_key"] = self._key
        return _in_batches(texts, lambda batch: self._send({**form, "q": batch}))

    def _send(self, form: dict[str, Any]) -> list[str]:
        answer = json.loads(self._transport.send("POST", self._url, form))
        if not isinstance(answer["translatedText"], list):
            raise TypeError
        return answer["translatedText"]


def configured() -> Engine | None:
    """The engine that the settings name, DeepL before LibreTranslate; None if they name none.

    It is the same one for as long as the settings are the same, with its connections and what it knows of glossaries.
    """
    names = ("DEEPL_API_KEY", "DEEPL_URL", "DEEPL_FORMALITY", "LIBRETRANSLATE_URL", "LIBRETRANSLATE_API_KEY")
    with _building:
        return _engine(*(getattr(settings, name, "") for name in names), getattr(settings, "TRANSLATION_TIMEOUT", 20.0))


_building = threading.Lock()


@lru_cache(maxsize=1)
def _engine(
    deepl_key: str, deepl_url: str, formality: str, libretranslate_url: str, libretranslate_key: str, timeout: float
) -> Engine | None:
    if deepl_key:
        return DeepL(deepl_key, url=deepl_url, formality=formality, timeout=timeout)
    if libretranslate_url:
        return LibreTranslate(libretranslate_url, key=libretranslate_key, timeout=timeout)
    return None

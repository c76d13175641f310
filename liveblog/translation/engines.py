"""Clients of the providers of machine translation, DeepL and LibreTranslate.

They try once and state the reason of a failure in a word; their caller decides when to try again. Keys and texts never
get into a log or the message of an exception, so error messages of servers are not quoted.
"""

import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import Protocol

import deepl
from deepl.http_client import HttpClient
from django.conf import settings

from liveblog.errors import ProviderError, Reason
from liveblog.http import Client
from liveblog.numbers import number
from liveblog.translation.terms import Term, holding_in

# At lower levels the library logs the texts that it translates.
logging.getLogger("deepl").setLevel(logging.WARNING)

Terms = Sequence[Term]

#: The number of texts in one request, which is DeepL's limit.
_BATCH_SIZE = 50
_MAX_ANSWER_BYTES = 10_000_000
#: The time to wait before a glossary that the provider rejected is offered again.
_GLOSSARY_RETRY_SECONDS = 600.0
_MAX_RETRY_AFTER_SECONDS = 999_999_999
#: The age at which a superseded glossary is deleted.
_SUPERSEDED_SECONDS = 86_400.0


class Engine(Protocol):
    """A provider of machine translation. Any number of threads may use it at once."""

    name: str

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        *,
        html: bool,
        context: str = "",
        terms: Terms = (),
        kind: str = "",
    ) -> list[str]:
        """Return the texts in the target language, in the same order. Blank ones come back unchanged.

        source, target   language codes in the form of the settings, "en", "pt-br"
        html             whether the texts are markup. Do not trust results: sanitise and check them.
        context          text around the texts; it helps, and is neither translated nor charged
        terms            all terms of the pair, not only those that occur: the provider keeps them as one glossary
        kind             the kind of the texts, if it has terms of its own; its glossary is kept beside the others

        Raise ProviderError and nothing else.
        """


def translate_by_kind(
    engine: Engine,
    texts: Sequence[str],
    kinds: Sequence[str],
    source: str,
    target: str,
    *,
    html: bool,
    context: str = "",
    terms: Terms = (),
) -> list[str]:
    """Translate texts of several kinds, such as headlines and credit lines, each with the terms that hold in it.

    `kinds` names the kind of each text. Texts whose kind has no terms of its own go together in one request.
    """
    with_own_terms = {term.field for term in terms}
    places: dict[str, list[int]] = {}
    for place, kind in enumerate(kinds):
        places.setdefault(kind if kind in with_own_terms else "", []).append(place)
    results = list(texts)
    for kind, group in places.items():
        answers = engine.translate(
            [texts[place] for place in group],
            source,
            target,
            html=html,
            context=context,
            terms=holding_in(terms, kind),
            kind=kind,
        )
        for place, answer in zip(group, answers, strict=True):
            results[place] = answer
    return results


class _Transport:
    """Sends JSON and returns the answer, within `timeout` seconds in all. Any failure is a ProviderError."""

    def __init__(self, name: str, timeout: float, reason_of: Callable[[int, str], Reason]) -> None:
        self._client = Client(name, environment=True)
        self._timeout = timeout
        self._reason_of = reason_of

    def send(self, method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> str:
        """Return the body of a successful answer. Redirects are not followed, because they might leak texts and key."""
        headers = {**(headers or {}), "User-Agent": "liveblog"}
        try:
            answer = self._client.send(
                method,
                url,
                seconds=self._timeout,
                max_bytes=_MAX_ANSWER_BYTES,
                read_errors=True,
                headers=headers,
                json=body,
            )
        except ProviderError as error:
            if error.reason == "large":
                raise ProviderError("nonsense", "an endless answer") from None
            raise
        text = answer.body.decode(errors="replace")
        if not answer.successful:
            wait, status = _seconds(answer.headers.get("Retry-After", "")), answer.status
            raise ProviderError(self._reason_of(status, text), f"HTTP {status}", retry_after=wait, status=status)
        return text


def _seconds(retry_after: str) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, section 10.2.3), or None if it is not valid."""
    seconds = number(retry_after, most=_MAX_RETRY_AFTER_SECONDS)
    if seconds is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _reason_of_status(status: int, _: str = "") -> Reason:
    reasons: dict[int, Reason] = {429: "busy", 503: "busy", 529: "busy", 456: "quota", 401: "refused", 403: "refused"}
    reasons |= {400: "unsupported", 413: "unsupported", 422: "unsupported"}
    return reasons.get(status, "unreachable" if status >= 500 else "nonsense")


def _reason_of_libretranslate(status: int, body: str) -> Reason:
    # LibreTranslate states many reasons only in text: see `translate` and `access_check` in its libretranslate/app.py.
    if status in {400, 403} and "API key" in body:
        return "refused"
    if status == 403 and re.search(r"limit|quota", body):
        return "quota"
    if status == 500 and "not available as a target language" in body:
        return "unsupported"
    return _reason_of_status(status)


def _in_batches(texts: Sequence[str], translate: Callable[[list[str]], list[str]]) -> list[str]:
    results = list(texts)
    places = [place for place, text in enumerate(texts) if text.strip()]
    for start in range(0, len(places), _BATCH_SIZE):
        batch = places[start : start + _BATCH_SIZE]
        try:
            answers = translate([texts[place] for place in batch])
        except (deepl.DeepLException, ValueError, TypeError, LookupError, AttributeError):
            raise ProviderError("nonsense", "not the protocol") from None
        if len(answers) != len(batch) or not all(isinstance(text, str) and text.strip() for text in answers):
            raise ProviderError("nonsense", "wrong number of texts, or an empty one")
        for place, answer in zip(batch, answers, strict=True):
            results[place] = answer
    return results


class _DeepLTransport(HttpClient):
    """Has DeepL's library use `_Transport`, because its own retries by itself and drops Retry-After."""

    def __init__(self, transport: _Transport) -> None:
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


class DeepL:
    """DeepL, through its library. `formality` is "", "more" or "less"; languages without formality ignore it."""

    name = "deepl"

    def __init__(self, key: str, *, url: str = "", formality: str = "", timeout: float = 20.0) -> None:
        self._client = deepl.DeepLClient(key, server_url=f"{url.rstrip('/')}/" if url else None)
        self._client.close()
        self._client._client = _DeepLTransport(_Transport(self.name, timeout, _reason_of_status))
        self._formality = f"prefer_{formality.removeprefix('prefer_')}" if formality else None
        #: By the beginning of their names: one for each pair of languages, and for each kind with terms of its own.
        self._glossaries: dict[str, _Glossary] = {}
        self._locks: dict[str, threading.Lock] = {}

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        *,
        html: bool,
        context: str = "",
        terms: Terms = (),
        kind: str = "",
    ) -> list[str]:
        """See Engine."""
        send = partial(self._send, source=source, target=target, html=html, context=context)
        glossary = self._glossary(source, target, terms, kind)
        try:
            return _in_batches(texts, partial(send, glossary=glossary))
        except ProviderError as error:
            if glossary is None or error.status not in {400, 404}:
                raise
            remade = self._glossary(source, target, terms, kind, lost=glossary)
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
            # A line of markup may end anywhere. A line of plain text is a headline or a paragraph.
            split_sentences=deepl.SplitSentences.NO_NEWLINES if html else deepl.SplitSentences.ALL,
            # A headline has no full stop, and must not get one.
            preserve_formatting=True,
            formality=self._formality,
            glossary=glossary,
            tag_handling="html" if html else None,
        )
        assert isinstance(results, list)
        return [result.text for result in results]

    def _glossary(self, source: str, target: str, terms: Terms, kind: str, *, lost: str | None = None) -> str | None:
        """Return the id of the provider's glossary of the terms, or None. `lost` is an id that it did not know."""
        entries = {_entry(term.source): _entry(term.expected) for term in terms}
        entries.pop("", None)
        if not entries:
            return None
        pair = _base(source), _base(target)
        content = repr(sorted(entries.items())).encode()
        family = f"liveblog {'-'.join(pair)} {f'{kind} ' if kind else ''}"
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
                # The pair or plan has no glossaries, or there are too many. Translate without one.
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
        # An account has a limited number. Processes that do not know the new terms may still use young ones.
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


class LibreTranslate:
    """A LibreTranslate server. It knows neither context nor glossaries, so checking terms is left to the caller.

    It decodes entities in its results, also in markup, so that `&lt;` comes back as a tag.
    """

    name = "libretranslate"

    def __init__(self, url: str, *, key: str = "", timeout: float = 20.0) -> None:
        self._url = f"{url.rstrip('/')}/translate"
        self._key = key
        self._transport = _Transport(self.name, timeout, _reason_of_libretranslate)

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        *,
        html: bool,
        context: str = "",
        terms: Terms = (),
        kind: str = "",
    ) -> list[str]:
        """See Engine."""
        form = {"source": source, "target": target, "format": "html" if html else "text"}
        if self._key:
            form["api_key"] = self._key
        return _in_batches(texts, lambda batch: self._send({**form, "q": batch}))

    def _send(self, form: Mapping[str, object]) -> list[str]:
        answer = json.loads(self._transport.send("POST", self._url, form))
        if not isinstance(answer["translatedText"], list):
            raise TypeError
        return answer["translatedText"]


def configured() -> Engine | None:
    """Return the engine that the settings name, DeepL before LibreTranslate; None if they name none.

    As long as the settings are the same, it is the same object, which keeps its connections and glossaries.
    """
    with _building:
        return _engine(
            settings.DEEPL_API_KEY,
            settings.DEEPL_URL,
            settings.DEEPL_FORMALITY,
            settings.LIBRETRANSLATE_URL,
            settings.LIBRETRANSLATE_API_KEY,
            settings.TRANSLATION_TIMEOUT,
        )


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

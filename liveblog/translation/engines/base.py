"""The protocol and the transport of all clients of providers of machine translation.

They try once and report a failure by its reason; the caller decides when to try again. Keys and texts must not get into
logs or messages of exceptions, so error messages of servers are not quoted.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from liveblog.errors import ProviderError, Reason
from liveblog.http import Client
from liveblog.languages import base, parents, script_of
from liveblog.numbers import number
from liveblog.translation.terms import Term, holding_in

Terms = Sequence[Term]

#: The greatest number of texts in one request, which is DeepL's limit.
_BATCH_SIZE = 50
_MAX_ANSWER_BYTES = 10_000_000
_MAX_RETRY_AFTER_SECONDS = 999_999_999


@dataclass(frozen=True)
class Task:
    """Texts to translate, with data that helps.

    source, target   language codes in the form of the settings, "en", "pt-br"
    html             whether the texts are markup. Do not trust results: sanitise and check them.
    context          text around the texts, for the engine to understand them; neither translated nor charged
    terms            all terms of the pair, not only those that occur: the provider keeps them as one glossary
    kind             the kind of the texts, if it has its own terms, and so its own glossary
    kinds            the kind of each text, such as "headline"; empty if unknown
    reviewed         the translation that a person reviewed before the original was corrected; empty if there is none
    """

    texts: Sequence[str]
    source: str
    target: str
    html: bool
    context: str = ""
    terms: Terms = ()
    kind: str = ""
    kinds: Sequence[str] = ()
    reviewed: str = ""


class Engine(ABC):
    """A provider of machine translation. Any number of threads may use it at once."""

    name: str

    @classmethod
    @abstractmethod
    def options(cls) -> dict[str, Any] | None:
        """Return the arguments of its constructor from the settings; None if they do not configure it."""

    @abstractmethod
    def answer(self, task: Task) -> list[str]:
        """Return the task's texts in the target language, in the same order. Blank ones come back unchanged.

        Raise ProviderError and nothing else.
        """

    def translate(self, texts: Sequence[str], source: str, target: str, *, html: bool, **more: Any) -> list[str]:
        """Translate texts; `more` are other fields of Task."""
        return self.answer(Task(texts, source, target, html, **more))


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
    reviewed: str = "",
) -> list[str]:
    """Translate texts of several kinds, such as headlines and credit lines, each with the terms for its kind.

    `kinds` names the kind of each text. Texts of kinds without their own terms share a request.
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
            kinds=[kinds[place] for place in group],
            reviewed=reviewed,
        )
        for place, answer in zip(group, answers, strict=True):
            results[place] = answer
    return results


def engine_code(language: str, codes: Mapping[str, str]) -> str:
    """Return an engine's code for a language, from its table, or else the language alone: 'en' for 'en-gb'.

    A country implies a script: the table's "zh-hant" is also the code for 'zh-hk'.
    """
    candidates = [language, *parents(language)[:-1], f"{base(language)}-{script_of(language).lower()}", base(language)]
    return next((codes[each] for each in candidates if each in codes), base(language))


class Transport:
    """Send JSON and return the answer, within `timeout` seconds in all. Raise ProviderError for any failure."""

    def __init__(self, name: str, timeout: float, reason_of: Callable[[int, str], Reason] | None = None) -> None:
        self._client = Client(name, environment=True)
        self._timeout = timeout
        self._reason_of = reason_of or reason_of_status

    def send(self, method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> str:
        """Return the body of a successful answer. Redirects are not followed: they could leak texts and the key."""
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
    seconds = number(retry_after, maximum=_MAX_RETRY_AFTER_SECONDS)
    if seconds is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def reason_of_status(status: int, _: str = "") -> Reason:
    reasons: dict[int, Reason] = {429: "busy", 503: "busy", 529: "busy", 456: "quota", 401: "refused", 403: "refused"}
    reasons |= {400: "unsupported", 413: "unsupported", 422: "unsupported"}
    return reasons.get(status, "unreachable" if status >= 500 else "nonsense")


def in_batches(texts: Sequence[str], translate: Callable[[list[str]], list[str]]) -> list[str]:
    """Translate the texts that are not blank, in batches. Raise ProviderError for a wrong number of results."""
    results = list(texts)
    places = [place for place, text in enumerate(texts) if text.strip()]
    for start in range(0, len(places), _BATCH_SIZE):
        batch = places[start : start + _BATCH_SIZE]
        try:
            answers = translate([texts[place] for place in batch])
        except (ValueError, TypeError, LookupError, AttributeError):
            raise ProviderError("nonsense", "not the protocol") from None
        if len(answers) != len(batch) or not all(isinstance(text, str) and text.strip() for text in answers):
            raise ProviderError("nonsense", "wrong number of texts, or an empty one")
        for place, answer in zip(batch, answers, strict=True):
            results[place] = answer
    return results

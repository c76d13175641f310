"""A server with the parts of the protocols of DeepL, LibreTranslate, Google, Azure and OpenAI that we use.

    with TranslationServer() as server:
        settings.DEEPL_URL = server.url             # or settings.LIBRETRANSLATE_URL = server.url
        server.answers["de", "Goal!"] = "Tor!"
        server.fault = "429"

For a text without an answer, the server imitates a translation: words become words of the target language, while tags,
addresses, numbers, punctuation and glossary terms stay. So length, structure and language are realistic.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import Any

from werkzeug import Request, Response

from liveblog.languages import SHIPPED
from tests.providers import Provider, as_json

_NEWS = {
    "en": "The government said on Monday that it would help the people in the north of the country after the "
    "heavy rain, and that the roads to the towns on the river were to be opened again before the end of "
    "the week",
    "de": "Die Regierung teilte am Montag mit, dass sie den Menschen im Norden des Landes nach dem schweren "
    "Regen helfen werde und dass die Straßen zu den Städten am Fluss noch vor dem Ende der Woche wieder "
    "geöffnet würden",
    "fr": "Le gouvernement a déclaré lundi que les habitants du nord du pays seraient aidés après les fortes "
    "pluies et que les routes vers les villes situées près du fleuve seraient de nouveau ouvertes avant "
    "la fin de la semaine",
    "es": "El gobierno dijo el lunes que ayudará a los habitantes del norte del país después de las fuertes "
    "lluvias y que las carreteras hacia las ciudades junto al río volverán a abrirse antes de que termine "
    "la semana",
    "pl": "Rząd poinformował w poniedziałek, że pomoże mieszkańcom północnej części kraju po silnych opadach "
    "deszczu oraz że drogi do miast położonych nad rzeką zostaną ponownie otwarte jeszcze przed końcem "
    "tygodnia",
    "ro": "Guvernul a anunțat luni că îi va ajuta pe locuitorii din nordul țării după ploile puternice și că "
    "drumurile către orașele de lângă râu vor fi deschise din nou înainte de sfârșitul săptămânii",
    "uk": "Уряд повідомив у понеділок, що допоможе мешканцям півночі країни після сильних дощів і що дороги до "
    "міст біля річки знову будуть відкриті ще до кінця цього тижня",
    "ar": "قالت الحكومة يوم الاثنين إنها ستساعد السكان في شمال البلاد بعد الأمطار الغزيرة وإن الطرق المؤدية إلى "
    "المدن الواقعة على النهر سوف تفتح من جديد قبل نهاية هذا الأسبوع",
}
_KEPT = r"<[^>]*>|https?://\S+|[\w.+-]+@[\w.-]+|[#@]\w+|&#?\w+;"
_WORD = r"(?<!\w)[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)"

#: The names of languages in prompts.
_ENGLISH = {code: str(name) for code, name in SHIPPED.items()} | {"en": "British English"}

FAULTS = (
    *("slow", "trickle", "429", "456", "403", "500", "503", "redirect", "hang up"),
    *("truncated", "broken tags", "wrong language", "empty", "not json", "too few"),
)


def realistic(target: str) -> str:
    """Return endless words of news in the language."""
    return _NEWS[target]


def imitated(text: str, target: str, terms: dict[str, str] | None = None) -> str:
    """Return an imitated translation of the text; see the module's docstring."""
    terms = terms or {}
    words = cycle(re.findall(_WORD, realistic(target)))
    names = "".join(rf"(?<!\w){re.escape(term)}(?!\w)|" for term in sorted(terms, key=len, reverse=True))

    def put(match: re.Match[str]) -> str:
        kept, word = match.groups()
        return terms.get(kept, kept) if word is None else next(words)

    return re.sub(f"({names}{_KEPT})|({_WORD})", put, text)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: Any
    query: str = ""


@dataclass
class Glossary:
    id: str
    name: str
    source: str
    target: str
    entries: dict[str, str]
    created: str = "2024-02-29T12:00:00.123456Z"

    def as_json(self) -> dict[str, Any]:
        return {
            "glossary_id": self.id,
            "name": self.name,
            "ready": True,
            "source_lang": self.source,
            "target_lang": self.target,
            "creation_time": self.created,
            "entry_count": len(self.entries),
        }


@dataclass
class TranslationServer(Provider):
    """All providers on one port. Tests may change every attribute while it runs.

    answers            (language, text as sent) -> text; the language without its region
    languages          the target languages
    missing_pairs      (source, target) without a model of LibreTranslate, although it has both languages
    key                the key that all providers demand; empty: accept any key
    fault, fail_times  one of FAULTS, for that many translations or for all
    delay              the least duration of "slow" and "trickle", in seconds
    retry_after        the header of "429" and "503"; empty: none
    glossary_status    a status that refuses all requests for glossaries
    glossaries         by id; requests for a removed one get the status `unknown_glossary`
    """

    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    languages: set[str] = field(default_factory=lambda: set(_NEWS))
    missing_pairs: set[tuple[str, str]] = field(default_factory=set)
    key: str = ""
    fault: str | None = None
    fail_times: int | None = None
    delay: float = 1.0
    retry_after: str = "7"
    glossary_status: int | None = None
    unknown_glossary: int = 404
    glossaries: dict[str, Glossary] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lock = threading.Lock()

    @property
    def translations(self) -> list[Asked]:
        """Return the requests for translations."""
        return [request for request in self.requests if request.path.endswith(("/translate", "/v2", "/completions"))]

    def take_fault(self) -> str | None:
        """Return the fault for the present request, and count it."""
        with self._lock:
            if self.fault is None or self.fail_times == 0:
                return None
            assert self.fault in FAULTS
            if self.fail_times is not None:
                self.fail_times -= 1
            return self.fault

    def translated(self, texts: list[str], target: str, terms: dict[str, str], fault: str | None) -> list[str]:
        if fault == "wrong language":
            return texts
        results = [self.answers.get((target, text)) or imitated(text, target, terms) for text in texts]
        if fault == "truncated":
            return [text[: len(text) // 2] for text in results]
        if fault == "broken tags":
            return [re.sub(r"</\w+>", "", text) for text in results]
        if fault == "empty":
            return [""] * len(results)
        return results[:-1] if fault == "too few" else results

    # The protocols ---------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        body = request.get_json(force=True, silent=True)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Asked(request.method, request.path, headers, body, request.query_string.decode()))

        path = request.path.strip("/").split("/")
        if path[-2:] == ["translate", "v2"] or (path == ["translate"] and "api-version" in request.args):
            return self._cloud(request, headers, body)
        if path[-1] == "completions":
            return self._chat(request, headers, body)
        deepl = request.path.startswith("/v2/")
        given = (
            headers.get("authorization", "").removeprefix("DeepL-Auth-Key ") if deepl else (body or {}).get("api_key")
        )
        if self.key and given != self.key and request.path != "/languages":
            if deepl or given:
                return _refused(deepl, 403, "Forbidden" if deepl else "Invalid API key")
            return _refused(deepl, 400, "Visit https://portal.example to get an API key")
        if request.path.startswith("/v2/glossaries") and self.glossary_status:
            return _refused(deepl, self.glossary_status, "Glossaries are not for this account")
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v2", "translate"] | ["translate"]:
                return self._translate(request, deepl, body)
            case "GET", ["v2", "glossaries"]:
                return as_json({"glossaries": [glossary.as_json() for glossary in self.glossaries.values()]})
            case "POST", ["v2", "glossaries"]:
                return self._make_glossary(body)
            case (("GET" | "DELETE"), ["v2", "glossaries", known]) if known in self.glossaries:
                if request.method == "GET":
                    return as_json(self.glossaries[known].as_json())
                del self.glossaries[known]
                return as_json(None, 204)
            case "GET", ["v2", "usage"]:
                return as_json({"character_count": 1000, "character_limit": 500000})
            case "GET", ["v2", "languages"]:
                return as_json([{"language": code.upper(), "name": code} for code in sorted(self.languages)])
            case "GET", ["languages"]:
                targets = sorted(self.languages)
                return as_json([{"code": code, "name": code, "targets": targets} for code in targets])
        return _refused(deepl, 404, "Not found")

    def _translate(self, request: Request, deepl: bool, body: dict[str, Any]) -> Response:
        fault = self.take_fault()
        # LibreTranslate has no status 456.
        quota = (456, "Quota exceeded") if deepl else (403, "Too many request limits violations")
        failed = self._failed(request, fault, partial(_refused, deepl), quota)
        return failed or (self._deepl(body, fault) if deepl else self._libretranslate(body, fault))

    def _failed(
        self, request: Request, fault: str | None, refused: Callable[..., Response], quota: tuple[int, str]
    ) -> Response | None:
        match fault:
            case "hang up":
                return self.hang_up(request)
            case "redirect":
                return as_json(None, 307, Location=request.path)
            case "not json":
                return Response("<h1>It works!</h1>", content_type="text/html")
            case "456":
                return refused(*quota)
            case "429" | "503":
                wait = {"Retry-After": self.retry_after} if self.retry_after else {}
                return refused(int(fault), "Too many requests", **wait)
            case "403" | "500":
                return refused(int(fault), "Invalid API key" if fault == "403" else "Cannot translate")
            case "trickle":
                return self.trickle(b" ", self.delay)
            case "slow":
                self.closing.wait(self.delay)
        return None

    def _cloud(self, request: Request, headers: dict[str, str], body: Any) -> Response:
        """Answer as Google Cloud Translation (v2) or Azure AI Translator (3.0)."""
        azure = "api-version" in request.args
        given = headers.get("ocp-apim-subscription-key" if azure else "x-goog-api-key", "")

        def refused(status: int, said: str, code: int = 0, **more: str) -> Response:
            return as_json({"error": {"code": code or status, "message": said}}, status, **more)

        if self.key and given != self.key:
            return refused(401, "The request is not authorized", 401000) if azure else refused(400, "API key not valid")
        fault = self.take_fault()
        quota = (403, "The free quota is used up.", 403001) if azure else (403, "dailyLimitExceeded: quota exceeded")
        if failed := self._failed(request, fault, refused, quota):
            return failed
        target = (request.args["to"] if azure else body["target"]).partition("-")[0]
        if target not in self.languages:
            return refused(400, "The target language is not valid.", 400036)
        texts = [each["Text"] for each in body] if azure else body["q"]
        results = self.translated(texts, target, {}, fault)
        if azure:
            return as_json([{"translations": [{"text": text, "to": target}]} for text in results])
        return as_json({"data": {"translations": [{"translatedText": text} for text in results]}})

    def _chat(self, request: Request, headers: dict[str, str], body: dict[str, Any]) -> Response:
        """Respond like a model that follows the instructions, but adds chat around its answer."""

        def refused(status: int, said: str, **more: str) -> Response:
            return as_json({"error": {"message": said}}, status, **more)

        if self.key and headers.get("authorization") != f"Bearer {self.key}":
            return refused(401, "Incorrect API key provided")
        fault = self.take_fault()
        if failed := self._failed(request, fault, refused, (429, "insufficient_quota")):
            return failed
        task, asked = (message["content"] for message in body["messages"])
        target = next(code for code, name in _ENGLISH.items() if f"into {name}" in task)
        texts = json.loads(asked)["texts"]
        terms = dict(re.findall(r"Translate “([^”]*)” as “([^”]*)”", task))
        answer = json.dumps({"translations": self.translated(texts, target, terms, fault)}, ensure_ascii=False)
        content = f"Here is the translation:\n```json\n{answer}\n```"
        return as_json({"choices": [{"message": {"role": "assistant", "content": content}}]})

    def _deepl(self, body: dict[str, Any], fault: str | None) -> Response:
        # DeepL does not accept "EN" alone as a target.
        target = body["target_lang"].partition("-")[0].lower()
        if target not in self.languages or body["target_lang"] in {"EN", "PT"}:
            return _refused(True, 400, "Value for 'target_lang' not supported.")
        glossary_id = body.get("glossary_id")
        if glossary_id and glossary_id not in self.glossaries:
            return _refused(True, self.unknown_glossary, "Glossary not found")
        terms = self.glossaries[glossary_id].entries if glossary_id else {}
        results = self.translated(body["text"], target, terms, fault)
        source = body.get("source_lang", "EN")
        said = [{"detected_source_language": source, "text": text, "billed_characters": len(text)} for text in results]
        return as_json({"translations": said})

    def _libretranslate(self, body: dict[str, Any], fault: str | None) -> Response:
        for code in (body["source"], body["target"]):
            if code not in self.languages:
                return _refused(False, 400, f"{code} is not supported")
        if (body["source"], body["target"]) in self.missing_pairs:
            # LibreTranslate reports its refusal as a server error.
            said = f"400 Bad Request: {body['target']} is not available as a target language from {body['source']}"
            return _refused(False, 500, f"Cannot translate text: {said}")
        several = isinstance(body["q"], list)
        results = self.translated(body["q"] if several else [body["q"]], body["target"], {}, fault)
        return as_json({"translatedText": results if several else "".join(results)})

    def _make_glossary(self, body: dict[str, Any]) -> Response:
        entries = dict(line.split("\t") for line in body["entries"].splitlines())
        glossary = Glossary(str(uuid.uuid4()), body["name"], body["source_lang"], body["target_lang"], entries)
        self.glossaries[glossary.id] = glossary
        return as_json(glossary.as_json(), 201)


def _refused(deepl: bool, status: int, message: str, **headers: str) -> Response:
    return as_json({"message" if deepl else "error": message}, status, **headers)

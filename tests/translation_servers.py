"""Providers of machine translation, as far as the project uses them: DeepL and LibreTranslate in one server.

    with TranslationServer() as server:
        settings.DEEPL_URL = server.url             # or settings.LIBRETRANSLATE_URL = server.url
        server.answers["de", "Goal!"] = "Tor!"
        server.fault = "429"

A text without an answer is imitated: its words become words of the target language, while tags, addresses, numbers,
punctuation and terms of the glossary stay. So results have the length, the structure and the language that they should.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any

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

FAULTS = (
    *("slow", "trickle", "429", "456", "403", "500", "503", "redirect", "hang up"),
    *("truncated", "broken tags", "wrong language", "empty", "not json", "too few"),
)


def realistic(target: str) -> str:
    """A piece of news in the language, without an end."""
    return _NEWS[target]


def imitated(text: str, target: str, terms: dict[str, str] | None = None) -> str:
    """The text as if translated: see the module."""
    terms = terms or {}
    words = cycle(re.findall(_WORD, realistic(target)))
    names = "".join(rf"(?<!\w){re.escape(term)}(?!\w)|" for term in sorted(terms, key=len, reverse=True))

    def put(match: re.Match[str]) -> str:
        kept, word = match.groups()
        return terms.get(kept, kept) if word is None else next(words)

    return re.sub(f"({names}{_KEPT})|({_WORD})", put, text)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: Any


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
class TranslationServer:
    """Both providers on one port. Everything may be changed while it runs.

    answers            (language, text as sent) -> text; the language without its region
    languages          that it translates into
    missing_pairs      (source, target) that LibreTranslate has no model for, although it has both languages
    key                what it demands, of both providers; empty: anything goes
    fault, fail_times  one of FAULTS for translations: that many of them, or all
    delay              seconds that "slow" and "trickle" take, at least
    retry_after        the header of "429" and "503"; empty: none
    glossary_status    a status with which everything of glossaries is refused
    glossaries         by id; take one away and it is unknown from then on, with status `unknown_glossary`
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
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> TranslationServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def translations(self) -> list[Request]:
        """The requests for translations."""
        return [request for request in self.requests if request.path.endswith("/translate")]

    def take_fault(self) -> str | None:
        """The fault of a request that has come."""
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: TranslationServer

    def handle_error(self, *_: Any) -> None:
        """A client that gave up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two packets, which would otherwise wait for each other.
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def _route(self) -> None:
        owner = self.server.owner
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = None
        with suppress(ValueError):
            body = json.loads(content)
        path = self.path.partition("?")[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        owner.requests.append(Request(self.command, path, headers, body))

        deepl = path.startswith("/v2/")
        self._message = "message" if deepl else "error"
        given = (
            headers.get("authorization", "").removeprefix("DeepL-Auth-Key ") if deepl else (body or {}).get("api_key")
        )
        if owner.key and given != owner.key and path != "/languages":
            if deepl or given:
                self._refuse(403, "Forbidden" if deepl else "Invalid API key")
            else:
                self._refuse(400, "Visit https://portal.example to get an API key")
        elif path.startswith("/v2/glossaries") and owner.glossary_status:
            self._refuse(owner.glossary_status, "Glossaries are not for this account")
        else:
            match self.command, path.strip("/").split("/"):
                case "POST", ["v2", "translate"]:
                    self._translate(self._deepl, body)
                case "POST", ["translate"]:
                    self._translate(self._libretranslate, body)
                case "GET", ["v2", "glossaries"]:
                    self._answer({"glossaries": [glossary.as_json() for glossary in owner.glossaries.values()]})
                case "POST", ["v2", "glossaries"]:
                    self._make_glossary(body)
                case (("GET" | "DELETE"), ["v2", "glossaries", known]) if known in owner.glossaries:
                    gone = self.command == "DELETE"
                    glossary = owner.glossaries.pop(known) if gone else owner.glossaries[known]
                    self._answer(None if gone else glossary.as_json(), 204 if gone else 200)
                case "GET", ["v2", "usage"]:
                    self._answer({"character_count": 1000, "character_limit": 500000})
                case "GET", ["v2", "languages"]:
                    self._answer([{"language": code.upper(), "name": code} for code in sorted(owner.languages)])
                case "GET", ["languages"]:
                    targets = sorted(owner.languages)
                    self._answer([{"code": code, "name": code, "targets": targets} for code in targets])
                case _:
                    self._refuse(404, "Not found")

    do_GET = do_POST = do_DELETE = _route  # noqa: N815 - names of http.server

    def _translate(self, answer: Any, body: dict[str, Any]) -> None:
        owner = self.server.owner
        fault = owner.take_fault()
        deepl = self._message == "message"
        if fault == "hang up":
            self.close_connection = True
        elif fault == "redirect":
            self._answer(None, 307, Location=self.path)
        elif fault == "not json":
            self._write(b"<h1>It works!</h1>", 200, "text/html")
        elif fault == "456":
            # LibreTranslate has no such status.
            self._refuse(*(456, "Quota exceeded") if deepl else (403, "Too many request limits violations"))
        elif fault in {"429", "503"}:
            wait = {"Retry-After": owner.retry_after} if owner.retry_after else {}
            self._refuse(int(fault), "Too many requests", **wait)
        elif fault in {"403", "500"}:
            self._refuse(int(fault), "Invalid API key" if fault == "403" else "Cannot translate")
        elif fault == "trickle":
            self._trickle()
        else:
            if fault == "slow":
                owner.closing.wait(owner.delay)
            answer(body, fault)

    def _deepl(self, body: dict[str, Any], fault: str | None) -> None:
        owner = self.server.owner
        # "EN" alone is not a target of DeepL's.
        target = body["target_lang"].partition("-")[0].lower()
        if target not in owner.languages or body["target_lang"] in {"EN", "PT"}:
            self._refuse(400, "Value for 'target_lang' not supported.")
            return
        glossary_id = body.get("glossary_id")
        if glossary_id and glossary_id not in owner.glossaries:
            self._refuse(owner.unknown_glossary, "Glossary not found")
            return
        terms = owner.glossaries[glossary_id].entries if glossary_id else {}
        results = owner.translated(body["text"], target, terms, fault)
        source = body.get("source_lang", "EN")
        said = [{"detected_source_language": source, "text": text, "billed_characters": len(text)} for text in results]
        self._answer({"translations": said})

    def _libretranslate(self, body: dict[str, Any], fault: str | None) -> None:
        owner = self.server.owner
        for code in (body["source"], body["target"]):
            if code not in owner.languages:
                self._refuse(400, f"{code} is not supported")
                return
        if (body["source"], body["target"]) in owner.missing_pairs:
            # It wraps its own refusal into an error of the server.
            said = f"400 Bad Request: {body['target']} is not available as a target language from {body['source']}"
            self._refuse(500, f"Cannot translate text: {said}")
            return
        several = isinstance(body["q"], list)
        results = owner.translated(body["q"] if several else [body["q"]], body["target"], {}, fault)
        self._answer({"translatedText": results if several else "".join(results)})

    def _make_glossary(self, body: dict[str, Any]) -> None:
        entries = dict(line.split("\t") for line in body["entries"].splitlines())
        glossary = Glossary(str(uuid.uuid4()), body["name"], body["source_lang"], body["target_lang"], entries)
        self.server.owner.glossaries[glossary.id] = glossary
        self._answer(glossary.as_json(), 201)

    def _refuse(self, status: int, message: str, **headers: str) -> None:
        self._answer({self._message: message}, status, **headers)

    def _answer(self, value: Any, status: int = 200, **headers: str) -> None:
        self._write(b"" if value is None else json.dumps(value).encode(), status, "application/json", **headers)

    def _write(self, content: bytes, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        for piece in self._blanks():
            self.wfile.write(piece)
        self.close_connection = True

    def _blanks(self) -> Iterator[bytes]:
        for _ in range(int(self.server.owner.delay / 0.02)):
            if self.server.owner.closing.wait(0.02):
                return
            yield b" "

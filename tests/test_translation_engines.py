"""Engines keep their promises to callers, with fake servers of the providers' protocols."""

import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from liveblog.errors import ProviderError
from liveblog.translation import engines
from liveblog.translation.engines import Engine, Task
from liveblog.translation.engines.azure import Azure
from liveblog.translation.engines.deepl import DeepL
from liveblog.translation.engines.google import Google
from liveblog.translation.engines.libretranslate import LibreTranslate
from liveblog.translation.engines.llm import LLM
from liveblog.translation.terms import Term
from tests.server import PATIENCE, ROOT, free_port
from tests.translation_servers import TranslationServer

KEY = "9f2c-a-secret:fx"
MAYOR = (Term("mayor", "Oberbürgermeisterin"), Term("Red Arrows"))


@pytest.fixture
def server() -> Iterator[TranslationServer]:
    with TranslationServer(key=KEY) as server:
        yield server


@pytest.fixture
def deepl(server: TranslationServer) -> DeepL:
    return DeepL(KEY, url=server.url, timeout=PATIENCE)


@pytest.fixture
def libretranslate(server: TranslationServer) -> LibreTranslate:
    return LibreTranslate(server.url, key=KEY, timeout=PATIENCE)


@pytest.fixture
def google(server: TranslationServer) -> Google:
    return Google(KEY, url=server.url, timeout=PATIENCE)


@pytest.fixture
def azure(server: TranslationServer) -> Azure:
    return Azure(KEY, region="westeurope", url=server.url, timeout=PATIENCE)


@pytest.fixture
def llm(server: TranslationServer) -> LLM:
    return LLM(f"{server.url}/v1", "news-1", key=KEY, style="Address readers formally.", timeout=PATIENCE)


@pytest.fixture(params=["deepl", "libretranslate", "google", "azure", "llm"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.getfixturevalue(request.param)


def markup_parameters(server: TranslationServer) -> str:
    """Return the parameters about markup in the last request, which differ by provider."""
    sent = server.requests[-1]
    if isinstance(sent.body, list):
        return sent.query
    # A model recognises markup by itself.
    said = [sent.body.get("tag_handling"), sent.body.get("format"), "html" if "<p>" in str(sent.body) else ""]
    return " ".join(filter(None, said))


def texts_in(body: Any) -> list[Any]:
    """Return the texts of a request, in the protocol of any provider."""
    if isinstance(body, list):
        return body
    if "messages" in body:
        return json.loads(body["messages"][1]["content"])["texts"]
    return body.get("text") or body["q"]


def failure_of(engine: Engine, **options: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        engine.translate(["<p>Rain</p>", "<p>Wind</p>"], "en", "de", html=True, **options)
    return caught.value


def test_texts_come_back_in_order(server: TranslationServer, engine: Engine) -> None:
    server.answers |= {("de", "Goal!"): "Tor!", ("de", "Half-time"): "Halbzeit", ("de", "Red card"): "Rote Karte"}
    assert engine.translate(["Half-time", "Goal!", "Red card"], "en", "de", html=False) == [
        "Halbzeit",
        "Tor!",
        "Rote Karte",
    ]


def test_markup_is_translated_as_markup(server: TranslationServer, engine: Engine) -> None:
    source = '<p>Some 1,200 people <a href="https://example.org/a?b=1">left</a>.</p>'
    server.answers["de", source] = '<p>Rund 1200 Menschen <a href="https://example.org/a?b=1">gingen</a>.</p>'
    assert engine.translate([source], "en", "de", html=True) == [server.answers["de", source]]
    assert "html" in markup_parameters(server)


def test_plain_text_is_not_mistaken_for_markup(server: TranslationServer, engine: Engine) -> None:
    engine.translate(["Profits < losses"], "en", "de", html=False)
    assert "html" not in markup_parameters(server)


def test_blank_texts_are_not_sent(server: TranslationServer, engine: Engine) -> None:
    server.answers["de", "Goal!"] = "Tor!"
    assert engine.translate(["", "Goal!", " \n"], "en", "de", html=False) == ["", "Tor!", " \n"]
    assert engine.translate([" "], "en", "de", html=False) == [" "]
    assert len(server.requests) == 1


def test_many_texts_are_split_into_several_requests(server: TranslationServer, engine: Engine) -> None:
    texts = [f"Minute {number}" for number in range(120)]
    server.answers |= {("de", text): text.replace("Minute", "Spielminute") for text in texts}
    results = engine.translate(texts, "en", "de", html=False)
    assert results == [server.answers["de", text] for text in texts]
    assert max(len(texts_in(request.body)) for request in server.requests) <= 50


def test_imitations_keep_structure_numbers_and_addresses(engine: Engine) -> None:
    source = '<ul><li>At <b>10:30</b>, "3" trains</li><li><a href="https://a.example/x">more</a></li></ul>'
    result = engine.translate([source], "en", "fr", html=True)[0]
    assert result != source
    for kept in ("<ul><li>", "<b>10:30</b>", '"3"', '</li><li><a href="https://a.example/x">', "</a></li></ul>"):
        assert kept in result


def test_any_number_of_threads_can_use_an_engine(engine: Engine) -> None:
    results: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: results.append(engine.translate(["Rain"], "en", "de", html=False, terms=MAYOR)))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert results == [["Die"]] * 16


@pytest.mark.parametrize(
    ("target", "sent"), [("en", "EN-GB"), ("pt", "PT-PT"), ("pt-br", "PT-BR"), ("de", "DE"), ("uk", "UK")]
)
def test_deepl_gets_its_own_language_codes(server: TranslationServer, deepl: DeepL, target: str, sent: str) -> None:
    server.languages.add("pt")
    server.answers["pt", "1"] = "1"
    deepl.translate(["1"], "en-us", target, html=False)
    assert (server.requests[-1].body["source_lang"], server.requests[-1].body["target_lang"]) == ("EN", sent)


def test_context_is_sent_to_deepl(server: TranslationServer, deepl: DeepL) -> None:
    deepl.translate(["He scored."], "en", "de", html=False, context="Cup final")
    deepl.translate(["He scored."], "en", "de", html=False)
    assert [request.body.get("context") for request in server.requests] == ["Cup final", None]


@pytest.mark.parametrize(
    ("wish", "sent"), [("more", "prefer_more"), ("less", "prefer_less"), ("prefer_less", "prefer_less"), ("", None)]
)
def test_the_formality_setting_is_sent_as_a_preference(
    server: TranslationServer, settings: Any, wish: str, sent: str | None
) -> None:
    settings.DEEPL_API_KEY, settings.DEEPL_URL, settings.DEEPL_FORMALITY = KEY, server.url, wish
    [engine] = engines.chain("en", "de")
    engine.translate(["Can you help?"], "en", "de", html=False)
    assert server.requests[-1].body.get("formality") == sent


def test_requests_name_our_product_and_nothing_about_the_machine(server: TranslationServer, engine: Engine) -> None:
    engine.translate(["Rain"], "en", "de", html=False)
    assert server.requests[-1].headers["user-agent"] == "liveblog"


def test_libretranslate_works_without_a_key(server: TranslationServer) -> None:
    server.key = ""
    LibreTranslate(f"{server.url}/").translate(["Rain"], "en", "de", html=False)
    assert "api_key" not in server.requests[-1].body


# Glossaries of DeepL's


def test_terms_become_a_glossary_once(server: TranslationServer, deepl: DeepL) -> None:
    for text in ("The mayor spoke.", "The Red Arrows came."):
        deepl.translate([text], "en", "de", html=False, terms=MAYOR)
    [glossary] = server.glossaries.values()
    assert glossary.entries == {"mayor": "Oberbürgermeisterin", "Red Arrows": "Red Arrows"}
    assert [request.body["glossary_id"] for request in server.translations] == [glossary.id] * 2
    assert [request.method for request in server.requests] == ["GET", "POST", "POST", "POST"]


def test_concurrent_threads_make_one_glossary(server: TranslationServer, deepl: DeepL) -> None:
    threads = [
        threading.Thread(target=deepl.translate, args=(["Rain"], "en", "de"), kwargs={"html": False, "terms": MAYOR})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(server.glossaries) == 1


def test_a_glossary_of_another_process_is_used(server: TranslationServer, deepl: DeepL) -> None:
    deepl.translate(["The mayor spoke."], "en", "de", html=False, terms=MAYOR)
    DeepL(KEY, url=server.url).translate(["The mayor spoke."], "en", "de", html=False, terms=MAYOR[::-1])
    assert len(server.glossaries) == 1
    assert server.translations[0].body["glossary_id"] == server.translations[1].body["glossary_id"]


def test_changed_terms_make_a_new_glossary_and_delete_the_old_one(server: TranslationServer, deepl: DeepL) -> None:
    for target in ("de", "fr"):
        deepl.translate(["The mayor spoke."], "en", target, html=False, terms=MAYOR)
    deepl.translate(["The mayor spoke."], "en", "de", html=False, terms=[Term("mayor", "Bürgermeisterin")])
    assert sorted((one.target, len(one.entries)) for one in server.glossaries.values()) == [("DE", 1), ("FR", 2)]


@pytest.mark.parametrize("status", [400, 404])
def test_a_deleted_glossary_is_made_again(server: TranslationServer, deepl: DeepL, status: int) -> None:
    server.unknown_glossary = status
    deepl.translate(["The mayor spoke."], "en", "de", html=False, terms=MAYOR)
    server.glossaries.clear()
    deepl.translate(["The mayor spoke."], "en", "de", html=False, terms=MAYOR)
    assert server.translations[-1].body["glossary_id"] in server.glossaries


@pytest.mark.parametrize("status", [400, 403, 404, 456])
def test_an_engine_translates_without_a_glossary_if_glossaries_fail(
    server: TranslationServer, deepl: DeepL, status: int
) -> None:
    server.glossary_status = status
    for _ in range(2):
        deepl.translate(["The mayor spoke."], "en", "de", html=False, terms=MAYOR)
    assert [request.body.get("glossary_id") for request in server.translations] == [None, None]
    assert len(server.requests) == 3, "The engine asked for a glossary each time."


def test_an_unavailable_glossary_makes_the_translation_try_again_later(server: TranslationServer, deepl: DeepL) -> None:
    server.glossary_status = 503
    assert failure_of(deepl, terms=MAYOR).reason == "busy"
    server.glossary_status = None
    deepl.translate(["The mayor spoke."], "en", "de", html=False, terms=MAYOR)
    assert server.translations[-1].body["glossary_id"] in server.glossaries


def test_blank_terms_and_terms_with_line_breaks_do_no_harm(server: TranslationServer, deepl: DeepL) -> None:
    terms = [Term("Lord\tMayor ", "Ober\nbürgermeister"), Term(" ", "x"), Term("")]
    deepl.translate(["Rain"], "en", "de", html=False, terms=terms)
    [glossary] = server.glossaries.values()
    assert glossary.entries == {"Lord Mayor": "Ober bürgermeister"}


# Failures


@pytest.mark.parametrize(
    ("fault", "reason", "retry_after", "permanent"),
    [
        ("429", "busy", 7.0, False),
        ("503", "busy", 7.0, False),
        ("456", "quota", None, False),
        ("403", "refused", None, True),
        ("500", "unreachable", None, False),
        ("hang up", "unreachable", None, False),
        ("redirect", "nonsense", None, False),
        ("not json", "nonsense", None, False),
        ("too few", "nonsense", None, False),
        ("empty", "nonsense", None, False),
    ],
)
def test_each_fault_has_its_reason(
    server: TranslationServer, engine: Engine, fault: str, reason: str, retry_after: float | None, permanent: bool
) -> None:
    server.fault = fault
    failure = failure_of(engine)
    assert (failure.reason, failure.retry_after, failure.permanent) == (reason, retry_after, permanent)
    assert len(server.requests) == 1, "The engine tried more than once."


@pytest.mark.parametrize("fault", ["truncated", "broken tags", "wrong language"])
def test_faults_in_the_content_are_left_to_callers(server: TranslationServer, engine: Engine, fault: str) -> None:
    server.fault = fault
    assert len(engine.translate(["<p>Rain</p>", "<p>Wind</p>"], "en", "de", html=True)) == 2


def test_an_engine_works_again_after_a_fault(server: TranslationServer, engine: Engine) -> None:
    server.fault, server.fail_times = "hang up", 1
    failure_of(engine)
    assert engine.translate(["Rain"], "en", "de", html=False) == ["Die"]


def test_retry_after_can_be_a_date(server: TranslationServer, engine: Engine) -> None:
    server.fault, server.retry_after = "429", "Wed, 21 Oct 2015 07:28:00 GMT"
    assert failure_of(engine).retry_after == 0
    server.retry_after = "soon"
    assert failure_of(engine).retry_after is None


@pytest.mark.parametrize("name", ["deepl", "libretranslate", "google", "azure"])
def test_an_unsupported_pair_of_languages_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    engine = request.getfixturevalue(name)
    with pytest.raises(ProviderError) as caught:
        engine.translate(["Rain"], "en", "tlh", html=False)
    assert caught.value.reason == "unsupported"
    assert caught.value.permanent


def test_a_pair_without_a_libretranslate_model_is_refused(
    server: TranslationServer, libretranslate: LibreTranslate
) -> None:
    server.missing_pairs.add(("en", "de"))
    assert failure_of(libretranslate).reason == "unsupported"


def test_an_unsupported_pair_with_a_glossary_makes_one_glossary(server: TranslationServer, deepl: DeepL) -> None:
    for _ in range(3):
        with pytest.raises(ProviderError) as caught:
            deepl.translate(["Rain"], "en", "tlh", html=False, terms=MAYOR)
        assert caught.value.reason == "unsupported"
    assert len(server.glossaries) == 1


@pytest.mark.parametrize("name", ["deepl", "libretranslate", "llm"])
@pytest.mark.parametrize("fault", ["slow", "trickle"])
def test_a_slow_answer_ends_with_a_time_out(server: TranslationServer, name: str, fault: str) -> None:
    impatient = {
        "deepl": DeepL(KEY, url=server.url, timeout=0.4),
        "libretranslate": LibreTranslate(server.url, key=KEY, timeout=0.4),
        "llm": LLM(server.url, "news-1", key=KEY, timeout=0.4),
    }
    server.fault, server.delay = fault, 30
    began = time.monotonic()
    assert failure_of(impatient[name]).reason == "timeout"
    assert time.monotonic() - began < 25


def test_a_slow_answer_in_time_is_accepted(server: TranslationServer, engine: Engine) -> None:
    server.fault, server.delay = "slow", 0.3
    assert engine.translate(["Rain"], "en", "de", html=False) == ["Die"]


def test_a_provider_that_is_down_is_unreachable() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert failure_of(DeepL(KEY, url=url)).reason == "unreachable"
    assert failure_of(LibreTranslate(url)).reason == "unreachable"


@pytest.mark.parametrize("url", ["http://", "nowhere", "http://[half", "ftp://127.0.0.1"])
def test_an_invalid_address_is_unreachable(url: str) -> None:
    for engine in (DeepL(KEY, url=url), LibreTranslate(url)):
        assert failure_of(engine).reason in {"unreachable", "nonsense"}


def test_a_wrong_key_is_refused(server: TranslationServer, engine: Engine) -> None:
    server.key = "another"
    assert failure_of(engine).reason == "refused"


def test_a_missing_key_is_refused(server: TranslationServer) -> None:
    assert failure_of(LibreTranslate(server.url)).reason == "refused"


@pytest.mark.parametrize("key", ["schlüssel-🔑", "two\nlines"])
def test_a_key_that_no_header_can_hold_is_refused(server: TranslationServer, key: str) -> None:
    failure = failure_of(DeepL(key, url=server.url))
    assert failure.reason == "refused"
    assert key not in "".join(traceback.format_exception(failure))


def test_errors_and_logs_have_neither_keys_nor_texts(
    server: TranslationServer, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    engine.translate(["<p>Rain</p>"], "en", "de", html=True)
    for fault in ("429", "403", "500", "hang up", "not json", "empty"):
        server.fault = fault
        failure = failure_of(engine)
        assert KEY not in f"{failure}{failure!r}{''.join(traceback.format_exception(failure))}"
    assert KEY not in repr(engine)
    assert KEY not in caplog.text
    assert "Rain" not in caplog.text


# Settings


@pytest.fixture
def unset(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.DEEPL_API_KEY = settings.DEEPL_URL = settings.DEEPL_FORMALITY = ""
    settings.LIBRETRANSLATE_URL = settings.LIBRETRANSLATE_API_KEY = ""
    settings.GOOGLE_TRANSLATE_API_KEY = settings.GOOGLE_TRANSLATE_URL = settings.AZURE_TRANSLATOR_KEY = ""
    settings.LLM_URL = settings.LLM_MODEL = settings.TRANSLATION_ENGINES = ""
    settings.TRANSLATION_TIMEOUT = 20.0
    monkeypatch.setattr(engines, "_paused_until", {})
    return settings


def test_without_settings_there_is_no_engine(unset: Any) -> None:
    assert not engines.available()
    assert engines.chain("en", "de") == []


def test_engines_are_asked_in_a_usual_order(unset: Any) -> None:
    unset.LIBRETRANSLATE_URL = "http://127.0.0.1:5000"
    assert [type(engine) for engine in engines.chain("en", "de")] == [LibreTranslate]
    unset.DEEPL_API_KEY = KEY
    unset.LLM_URL, unset.LLM_MODEL = "http://127.0.0.1:5001", "news-1"
    assert [type(engine) for engine in engines.chain("en", "de")] == [DeepL, LLM, LibreTranslate]


@pytest.mark.parametrize(
    ("rules", "pair", "names"),
    [
        ("llm, deepl", "en>de", ["llm", "deepl"]),
        ("deepl; en>uk llm deepl", "en>uk", ["llm", "deepl"]),
        ("deepl; en>uk llm deepl", "uk>en", ["deepl"]),
        ("deepl; *>ar google; en>ar azure", "en>ar", ["azure"]),
        ("deepl; *>ar google; en>ar azure", "de>ar", ["google"]),
        ("*>ar google", "en>de", []),
        ("tests.test_translation_engines.Own deepl", "en>de", ["own", "deepl"]),
    ],
)
def test_rules_choose_the_engines_of_a_pair(unset: Any, rules: str, pair: str, names: list[str]) -> None:
    unset.DEEPL_API_KEY = unset.GOOGLE_TRANSLATE_API_KEY = unset.AZURE_TRANSLATOR_KEY = KEY
    unset.LLM_URL, unset.LLM_MODEL = "http://127.0.0.1:5001", "news-1"
    unset.TRANSLATION_ENGINES = rules
    assert [engine.name for engine in engines.chain(*pair.split(">"))] == names


class Own(Engine):
    """A newsroom's own engine."""

    name = "own"

    @classmethod
    def options(cls) -> dict[str, Any] | None:
        return {}

    def answer(self, task: Task) -> list[str]:
        return list(task.texts)


def test_the_engine_of_the_documentation_translates(
    unset: Any, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs/how-to/add-a-translation-provider.md").read_text(encoding="utf-8")
    module = ModuleType("newsroom_engines")
    exec(page.split("```python\n")[1].split("```")[0], module.__dict__)
    monkeypatch.setitem(sys.modules, "newsroom_engines", module)
    unset.TRANSLATION_ENGINES = "newsroom_engines.Own"
    engines.check(unset.TRANSLATION_ENGINES)
    assert engines.chain("en", "pt-br") == []

    def answer(request: Request) -> Response:
        asked = request.get_json()
        return Response(json.dumps({"texts": [f"{text} {asked['from']}>{asked['to']}" for text in asked["texts"]]}))

    httpserver.expect_ordered_request("/", method="POST").respond_with_handler(answer)
    httpserver.expect_ordered_request("/", method="POST").respond_with_data("{}", status=503)
    httpserver.expect_ordered_request("/", method="POST").respond_with_data("{}")
    monkeypatch.setenv("OWN_ENGINE_URL", httpserver.url_for("/"))
    [engine] = engines.chain("en", "pt-br")
    assert engine.translate(["Rain", ""], "en", "pt-br", html=False) == ["Rain en>pt_BR", ""]
    for reason in ("busy", "nonsense"):
        with pytest.raises(ProviderError, match=reason):
            engine.translate(["Rain"], "en", "pt-br", html=False)


@pytest.mark.parametrize("rules", ["deepl bing", "en>de", "en> deepl", ">"])
def test_rules_that_name_no_engine_are_refused(rules: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TRANSLATION_ENGINES"):
        engines.parse(rules)


class Nameless(Own):
    name = ""


class LongNamed(Own):
    name = "an engine of the newsroom"


class Namesake(Own):
    name = "deepl"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tests.test_translation_engines.Missing", "can’t be imported"),
        ("no_such_module.Engine", "can’t be imported"),
        ("tests.test_translation_engines.KEY", "no class of an Engine"),
        ("tests.test_translation_engines.Nameless", "the name ''"),
        ("tests.test_translation_engines.LongNamed", "20 characters"),
        ("tests.test_translation_engines.Namesake", "one of its own"),
    ],
)
def test_a_class_that_is_no_engine_stops_the_server_when_it_starts(path: str, said: str) -> None:
    engines.check("deepl; en>de tests.test_translation_engines.Own deepl")
    with pytest.raises(ImproperlyConfigured, match=said):
        engines.check(f"deepl {path}")


def test_an_engine_is_built_once(unset: Any) -> None:
    unset.DEEPL_API_KEY = KEY
    [first] = engines.chain("en", "de")
    assert engines.chain("fr", "de") == [first]
    unset.DEEPL_URL = "http://127.0.0.1:1"
    assert engines.chain("en", "de") != [first]


def test_an_engine_that_failed_rests_unless_it_is_the_only_one(unset: Any) -> None:
    unset.DEEPL_API_KEY = unset.GOOGLE_TRANSLATE_API_KEY = KEY
    deepl, google = engines.chain("en", "de")
    engines.pause(deepl, ProviderError("quota"))
    assert engines.chain("en", "de") == [google]
    # This error is about the text, not about the engine.
    engines.pause(google, ProviderError("unsupported"))
    assert engines.chain("en", "de") == [google]
    engines.pause(google, ProviderError("busy", retry_after=30))
    assert engines.chain("en", "de") == [deepl, google]


def test_a_model_is_told_the_register_the_kinds_the_terms_and_what_was_reviewed(
    server: TranslationServer, llm: LLM
) -> None:
    term = Term("mayor", "Oberbürgermeisterin", forbidden=("Bürgermeister",), note="a woman")
    llm.translate(
        ["The mayor spoke", "<p>Rain.</p>"],
        "en",
        "de",
        html=True,
        context="Floods in the north",
        terms=[term, Term("Danube", "Donau")],
        kinds=["headline", "body"],
        reviewed="<p>Regen.</p>",
    )
    body = server.requests[-1].body
    task, asked = body["messages"][0]["content"], json.loads(body["messages"][1]["content"])
    assert body["model"] == "news-1"
    for told in (
        "into German",
        "Address readers formally.",
        "“mayor” as “Oberbürgermeisterin” (a woman)",
        "Never: Bürgermeister",
    ):
        assert told in task
    assert "Danube" not in task
    assert asked == {
        "context": "Floods in the north",
        "reviewed": "<p>Regen.</p>",
        "kinds": ["headline", "body"],
        "texts": ["The mayor spoke", "<p>Rain.</p>"],
    }


@pytest.mark.parametrize(
    ("name", "target", "sent"),
    [("google", "zh-hans", "zh-CN"), ("azure", "zh-hans", "zh-Hans"), ("azure", "pt-br", "pt"), ("google", "he", "he")],
)
def test_each_provider_gets_its_own_language_codes(
    server: TranslationServer, request: pytest.FixtureRequest, name: str, target: str, sent: str
) -> None:
    server.languages |= {"zh", "pt", "he"}
    server.answers |= {(code, "1"): "1" for code in ("zh", "pt", "he")}
    request.getfixturevalue(name).translate(["1"], "en", target, html=False)
    assert sent in (str(server.requests[-1].query), str(server.requests[-1].body))[name == "google"]


def test_a_setting_changes_the_time_out(server: TranslationServer, unset: Any) -> None:
    unset.LIBRETRANSLATE_URL, unset.LIBRETRANSLATE_API_KEY, unset.TRANSLATION_TIMEOUT = server.url, KEY, 0.3
    server.fault, server.delay = "slow", 30
    [engine] = engines.chain("en", "de")
    assert failure_of(engine).reason == "timeout"

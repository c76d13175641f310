"""Reviewed passages are remembered, offered for the same or similar passages, and not sent to an engine again."""

import io
import itertools
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from articles.models import EngineUse, Translation, TranslationUnit, Update
from articles.text import passages
from articles.text.plaintext import plain_text
from articles.text.richtext import sanitise
from articles.translations import columns, desk, drafting, suggestions
from articles.translations.memory import lookup, offers, tmx, units
from liveblog.actors import acting_as
from tests import factories, soak
from tests.actors import TEST
from tests.forms import change_url, member_of
from tests.newsroom import user
from tests.server import PATIENCE
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

State = Translation.State

ENGLISH = "<p>Fourteen allies agreed on a package worth 40 million euros.</p>"
GERMAN = "<p>Vierzehn Verbündete einigten sich auf ein Paket im Wert von 40 Millionen Euro.</p>"


@pytest.fixture
def provider(settings: Any) -> Iterator[TranslationServer]:
    with TranslationServer() as server:
        settings.DEEPL_API_KEY, settings.DEEPL_URL = "a key", server.url
        settings.TRANSLATION_TIMEOUT = float(PATIENCE)
        yield server


def reviewed(body_en: str, body_de: str, **fields: Any) -> Update:
    """Return an update with a German text, which its author has reviewed by writing it."""
    article = factories.article(languages=["en", "de"])
    update = factories.update(article, body_en=body_en, body_de=body_de, **fields)
    assert of(update).state == State.REVIEWED
    return update


def of(item: Any, language: str = "de") -> Any:
    return item.translations.get(language=language)


def remembered(update: Update) -> list[tuple[str, str]]:
    return sorted(of(update).units.values_list("source", "target"))


def found(passage: str, *, kind: str = "body") -> list[tuple[str, int]]:
    """Return the offers for a passage, each with the similarity of its source in percent."""
    [matches] = lookup.matches(TranslationUnit.objects.all(), [(kind, passage)], "en", "de")
    return [(match.target, round(100 * match.similarity)) for match in matches]


def work() -> None:
    while drafting.draft_due():
        pass


def sent(provider: TranslationServer) -> list[str]:
    return [text for asked in provider.requests if "translate" in asked.path for text in asked.body["text"]]


# Passages ------------------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    ["peace", "at 9", "<strong>now</strong>", '<a href="https://example.org/?a&lt;p">here</a>', "a<br>b"]
)
_INLINE = st.lists(_WORDS, min_size=1, max_size=3).map(" ".join)
_RICH = st.recursive(
    _INLINE.map("<p>{}</p>".format),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        inner.map("<blockquote>{}</blockquote>".format),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda found: f"<ul>{''.join(f'<li>{each}</li>' for each in found)}</ul>"
        ),
        _INLINE.map("<table><tbody><tr><td>{}</td><td></td></tr></tbody></table>".format),
    ),
    max_leaves=6,
)


@hypothesis_settings(max_examples=60)
@given(_RICH)
def test_the_passages_of_a_text_joined_again_are_the_text(text: str) -> None:
    text = sanitise(text)
    parted = passages.Parted(text)
    assert "".join(parted.pieces) == parted.with_passages(parted.passages) == text
    assert not any(f"<{tag}>" in passage for passage in parted.passages for tag in ("p", "li", "td", "ul"))
    assert passages.pairs(text, text) == [(each, each) for each in parted.passages]


@pytest.mark.parametrize(
    ("source", "target", "pairs"),
    [
        ("<p>a</p><p>b</p>", "<p>x</p><p>y</p>", [("a", "x"), ("b", "y")]),
        (
            "<ul><li><p>a</p></li><li><p>b</p></li></ul>",
            "<ul><li><p>x</p></li><li><p>y</p></li></ul>",
            [("a", "x"), ("b", "y")],
        ),
        # The translator has split a paragraph: the place of the second part is unknown.
        ("<p>a</p><p>b</p>", "<p>x</p><p>y</p><p>z</p>", []),
        ("<p>a</p><ul><li><p>b</p></li></ul>", "<p>x</p><ul><li><p>y</p></li><li><p>z</p></li></ul>", [("a", "x")]),
        ("Headline", "Schlagzeile", [("Headline", "Schlagzeile")]),
    ],
)
def test_passages_are_paired_where_the_texts_have_the_same_blocks(source: str, target: str, pairs: Any) -> None:
    assert passages.pairs(source, target) == pairs


# Remembering -------------------------------------------------------------------------------------------------------


def test_a_review_is_remembered_passage_by_passage_with_its_reviewer_and_date() -> None:
    update = reviewed(
        f"{ENGLISH}<ul><li><p>One</p></li></ul>",
        f"{GERMAN}<ul><li><p>Eins</p></li></ul>",
        headline_en="AT&T pays",
        headline_de="AT&T zahlt",
    )
    row = of(update)
    assert remembered(update) == [
        ("AT&amp;T pays", "AT&amp;T zahlt"),
        (ENGLISH[3:-4], GERMAN[3:-4]),
        ("One", "Eins"),
    ]
    unit = row.units.get(kind="headline")
    assert (unit.source, unit.reviewed_at, unit.reviewer) == ("AT&amp;T pays", row.reviewed_at, row.reviewer)


def test_a_text_saved_without_review_is_not_remembered_and_a_new_review_replaces_the_old_one() -> None:
    update = reviewed(ENGLISH, GERMAN)
    greta = user("greta", "Translator")
    for accept, text, expected in (
        (False, "<p>Vierzehn.</p>", GERMAN[3:-4]),
        (True, GERMAN.replace("einigten", "verständigten"), "verständigten"),
    ):
        row = of(update)
        desk.save(row.pk, desk.version_token(row), {"body": text}, greta, accept=accept)
        [(_source, target)] = remembered(update)
        assert expected in target


def test_a_translation_that_is_rejected_or_deleted_is_forgotten() -> None:
    one, other = reviewed(ENGLISH, GERMAN), reviewed("<p>Peace.</p>", "<p>Frieden.</p>")
    row = of(one)
    desk.refuse(row.pk, desk.version_token(row), user("greta", "Translator"))
    assert remembered(one) == []
    with acting_as(TEST):
        other.article.delete()
    assert found("Peace.") == []


def test_the_command_remembers_what_was_reviewed_earlier(capsys: pytest.CaptureFixture[str]) -> None:
    update = reviewed(ENGLISH, GERMAN)
    TranslationUnit.objects.all().delete()
    call_command("build_translation_memory")
    assert remembered(update) == []
    call_command("build_translation_memory", again=True)
    assert remembered(update) == [(ENGLISH[3:-4], GERMAN[3:-4])]
    call_command("build_translation_memory")
    assert "0 translations" in capsys.readouterr().out.splitlines()[-1]


# Matches --------------------------------------------------------------------------------------------------------------


@pytest.mark.database
def test_exact_and_similar_passages_are_found_the_best_first() -> None:
    reviewed(ENGLISH, GERMAN)
    reviewed(
        "<p>It rained all day in the north of the country.</p>",
        "<p>Im Norden des Landes regnete es den ganzen Tag.</p>",
    )
    german = GERMAN[3:-4]
    assert found(ENGLISH[3:-4]) == [(german, 100)]
    assert found(ENGLISH[3:-4].upper()) == [(german, 99)]
    # Only the number has changed, which can safely be replaced.
    [(target, percent)] = found(ENGLISH[3:-4].replace("40", "55"))
    assert target == german.replace("40", "55")
    assert 90 < percent < 100
    [(target, percent)] = found("Fourteen allies have agreed on a new package worth 40 million euros.")
    assert target == german
    assert 70 <= percent < 100
    assert found("The president has resigned, and elections will be held in May.") == []
    assert found("It snowed all night in the north of the country.") == [
        ("Im Norden des Landes regnete es den ganzen Tag.", 85)
    ]


@pytest.mark.database
def test_words_without_spaces_and_short_words_are_found() -> None:
    reviewed("<p>Ministers met in 東京都 for talks</p>", "<p>Minister trafen sich in 東京都</p>")
    reviewed("<p>We go up to it</p>", "<p>Wir gehen hinauf</p>")
    assert found("Ministers met in 東京都 for a talk")
    assert found("We go on up to it") == [("Wir gehen hinauf", 90)]


def test_a_translation_of_the_same_kind_of_text_comes_first() -> None:
    reviewed(
        "<p>Peace is signed</p>",
        "<p>Der Frieden ist unterzeichnet</p>",
        headline_en="Peace is signed",
        headline_de="Frieden besiegelt",
    )
    assert found("Peace is signed", kind="headline")[0] == ("Frieden besiegelt", 100)
    assert found("Peace is signed")[0] == ("Der Frieden ist unterzeichnet", 100)


def test_the_queries_do_not_grow_with_the_passages_nor_with_the_memory(django_assert_num_queries: Any) -> None:
    for number in range(3):
        reviewed(ENGLISH.replace("Fourteen", f"Fourteen or {number}"), GERMAN)
    units = TranslationUnit.objects.all()
    wanted = [("body", ENGLISH[3:-4].replace("40", str(number))) for number in range(15)]
    with django_assert_num_queries(3):
        matches = lookup.matches(units, wanted, "en", "de")
        assert all(each[0].unit.translation.item.article.headline_en for each in matches)
    with django_assert_num_queries(3):
        lookup.matches(units, wanted[:1], "en", "de")


def test_texts_that_are_not_public_are_offered_only_to_people_who_may_read_them() -> None:
    update = reviewed(ENGLISH, GERMAN)
    draft = factories.update(
        update.article, state=Update.State.DRAFT, body_en="<p>Secret talks.</p>", body_de="<p>Geheime Gespräche.</p>"
    )
    elsewhere = factories.article()
    greta = user("greta", "Translator")
    texts = set(lookup.readable_by(AnonymousUser(), elsewhere).values_list("source", flat=True))
    assert "Secret talks." not in texts
    assert ENGLISH[3:-4] in texts
    for someone, article in ((greta, elsewhere), (AnonymousUser(), draft.article)):
        assert lookup.readable_by(someone, article).filter(source="Secret talks.").exists()


# Passages that are not sent to engines --------------------------------------------------------------------------------


def test_a_draft_takes_reviewed_paragraphs_and_sends_the_others_only(provider: TranslationServer) -> None:
    reviewed(ENGLISH, GERMAN)
    asked = len(sent(provider))
    new = "<p>They will meet again in May.</p>"
    provider.answers["de", new] = "<p>Sie treffen sich im Mai wieder.</p>"
    update = factories.update(
        factories.article(languages=["en", "de"], headline_de="Minister"), body_en=f"{ENGLISH}{new}{ENGLISH}"
    )
    work()
    assert sent(provider)[asked:] == [new]
    row = of(update)
    update.refresh_from_db()
    assert update.body_de == f"{GERMAN}<p>Sie treffen sich im Mai wieder.</p>{GERMAN}"
    # Nobody has reviewed this text as a whole.
    assert (row.state, row.engine) == (State.MACHINE, "deepl")
    use = EngineUse.objects.get(article=update.article, engine="memory")
    assert (use.texts, use.characters) == (1, 2 * len(ENGLISH))


def test_a_text_that_is_remembered_as_a_whole_is_a_draft_without_any_engine(provider: TranslationServer) -> None:
    reviewed(ENGLISH, GERMAN)
    asked = len(provider.requests)
    update = factories.update(factories.article(languages=["en", "de"], headline_de="Minister"), body_en=ENGLISH)
    work()
    update.refresh_from_db()
    row = of(update)
    assert (update.body_de, row.state, row.engine, row.reviewer) == (GERMAN, State.MACHINE, "memory", None)
    assert ENGLISH not in sent(provider)[asked:]


def test_a_paragraph_that_comes_into_a_corrected_update_has_its_reviewed_words_at_once() -> None:
    reviewed(ENGLISH, GERMAN)
    update = reviewed("<p>It rained.</p>", "<p>Es regnete.</p>")
    update.body_en = f"<p>It rained.</p>{ENGLISH}"
    update.save()
    assert suggestions.of(of(update), columns.texts_of(update, "en")) == {"body": f"<p>Es regnete.</p>{GERMAN}"}


# The desk ------------------------------------------------------------------------------------------------------------


def test_the_desk_offers_reviewed_words_with_their_source_and_takes_them_over() -> None:
    earlier = reviewed(ENGLISH, GERMAN, headline_en="Deal", headline_de="Einigung")
    update = factories.update(
        factories.article(languages=["en", "de"]),
        headline_en="Deal",
        body_en=f"<p>It rained.</p>{ENGLISH.replace('40', '55')}",
    )
    client = member_of("Translator")
    url = change_url(of(update))
    page = client.get(url)
    offers = {pair["field"].name: pair["offers"] for each in page.context["sections"] for pair in each["pairs"]}
    assert [(offer.text, offer.percent) for offer in offers["headline-0"]] == [("Einigung", 100)]
    assert offers["body-0"] == []
    [offer] = offers["body-1"]
    assert offer.text == GERMAN.replace("40", "55")
    html = page.content.decode()
    assert f'<bdi lang="en" dir="ltr">{earlier.article}</bdi>' in html
    assert "<ins>" in html
    data = {"stamp": page.context["form"]["stamp"].value(), "headline-0": "Mein Titel", "body-0": "", "body-1": ""}
    taken = client.post(url, {**data, "_use": f"body-1 {offer.token}"})
    form = taken.context["form"]
    assert (form["body-1"].value(), form["headline-0"].value()) == (GERMAN.replace("40", "55"), "Mein Titel")
    assert of(update).state == State.MISSING
    # The offer is gone, or the original has changed: the entered text is shown again unchanged.
    stale = client.post(url, {**data, "_use": "body-1 0123"})
    assert stale.context["form"]["body-1"].value() == ""
    assert stale.status_code == 200


# Files ---------------------------------------------------------------------------------------------------------------

TMX = """<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="EN-GB" segtype="sentence" datatype="html" o-tmf="x" adminlang="en" creationtool="x"
creationtoolversion="1"/><body>
<tu changedate="20200131T120000Z"><tuv xml:lang="EN-GB"><seg>War <bpt i="1">&lt;strong&gt;</bpt>&amp;<ept
i="1">&lt;/strong&gt;</ept> peace<ph>{7}</ph></seg></tuv><tuv xml:lang="de-AT"><seg>Krieg <bpt
i="1">&lt;strong&gt;</bpt>&amp;<ept i="1">&lt;/strong&gt;</ept> <hi>Frieden</hi><it
pos="begin">&lt;script&gt;</it></seg></tuv>
<tuv xml:lang="xx"><seg>y</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Alone</seg></tuv></tu>
</body></tmx>"""


def imported(data: str, source_language: str = "") -> tmx.Outcome:
    return tmx.load(io.BytesIO(data.encode()), "agency.tmx", source_language)


def test_translations_of_other_programs_come_in_once_cleaned_and_with_their_date() -> None:
    outcome = imported(TMX)
    assert (outcome.added, outcome.known, outcome.skipped, outcome.languages) == (1, 0, 1, {"xx"})
    unit = TranslationUnit.objects.get()
    assert unit.source == "War <strong>&amp;</strong> peace"
    assert unit.target == "Krieg <strong>&amp;</strong> Frieden"
    assert (unit.file, str(unit.reviewed_at), unit.language) == ("agency.tmx", "2020-01-31 12:00:00+00:00", "de")
    assert imported(TMX).known == 1
    assert imported(TMX, "de").added == 1


def test_the_memory_written_as_tmx_is_the_same_memory_when_it_is_read() -> None:
    body = '<p>One <a href="https://example.org/?a=1&amp;b=2" rel="noopener">&lt;two&gt;</a><br>three</p>'
    update = reviewed(
        body, body.replace("One", "Eins").replace("three", "drei"), headline_en="AT&T", headline_de="AT&T zahlt"
    )
    of(update.article).units.all().delete()
    before = remembered(update)
    data = "".join(tmx.write(TranslationUnit.objects.order_by("pk")))
    TranslationUnit.objects.all().delete()
    assert imported(data).added == len(before)
    assert sorted(TranslationUnit.objects.values_list("source", "target")) == before
    assert set(TranslationUnit.objects.values_list("kind", flat=True)) == {"headline", "body"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("<tmx><body>", "well-formed"),
        ("<html/>", "not TMX"),
        ('<!DOCTYPE tmx [<!ENTITY a "b">]><tmx version="1.4"><body>&a;</body></tmx>', "entities"),
        ('<tmx version="1.4"><header/><body/></tmx>', "two languages"),
        (TMX.replace("</body>", "<tu>"), "well-formed"),
    ],
)
def test_a_file_that_is_not_right_adds_nothing(data: str, expected: str) -> None:
    with pytest.raises(tmx.FileError, match=expected):
        imported(data)
    assert not TranslationUnit.objects.exists()


def test_editors_import_export_and_search_the_memory_and_translators_only_search() -> None:
    update = reviewed(ENGLISH, GERMAN)
    factories.update(update.article, state="draft", body_en="<p>Secret talks.</p>", body_de="<p>Geheime Gespräche.</p>")
    editor, translator = member_of("Editor"), member_of("Translator")
    names = {name: reverse(f"admin:articles_translationunit_{name}") for name in ("changelist", "import", "export")}
    assert translator.get(names["import"]).status_code == translator.get(names["export"]).status_code == 403
    assert "Vierzehn" in translator.get(names["changelist"], {"q": "allies"}).content.decode()
    assert "Vierzehn" not in translator.get(names["changelist"], {"q": "nobody"}).content.decode()
    answer = editor.post(names["import"], {"file": SimpleUploadedFile("agency.tmx", TMX.encode())})
    assert answer.status_code == 302
    assert TranslationUnit.objects.filter(file="agency.tmx").exists()
    exported = b"".join(editor.get(names["export"]).streaming_content).decode()
    assert "Vierzehn" in exported
    # An exported file may go anywhere.
    assert "Geheime" not in exported
    assert editor.post(names["import"], {"file": SimpleUploadedFile("x.tmx", b"<html/>")}).status_code == 400


def test_the_commands_write_and_read_tmx(tmp_path: Path) -> None:
    reviewed(ENGLISH, GERMAN)
    path = tmp_path / "memory.tmx"
    call_command("export_tmx", to=str(path))
    call_command("import_tmx", str(path))
    assert TranslationUnit.objects.filter(file="memory.tmx", source=ENGLISH[3:-4]).count() == 1


# Size -----------------------------------------------------------------------------------------------------------------

#: The number of paragraphs of a text.
PARAGRAPHS = 10
#: Seconds for the offers for a text with the same paragraphs as in the memory, for any other text, and for saving one.
#: Without the index of words, similar paragraphs took seven seconds on PostgreSQL.
SAME, OTHER, SAVING = 0.15, 2.0, 0.3


@cache
def words_of_news() -> list[str]:
    """Return the words of English texts in the repository, each as often as it occurs."""
    folder = Path(__file__).parent
    rows = [json.loads(line) for path in folder.glob("translation_set/*.jsonl") for line in path.open()]
    texts = [plain_text(row["source"]) for row in rows if row["source_language"] == "en"]
    texts += [path.read_text() for path in (folder.parent / "docs").rglob("*.md")]
    return re.findall(r"[A-Za-z’]{2,}", " ".join(sorted(texts)))


def paragraphs(count: int, seed: int) -> list[str]:
    """Return random paragraphs with realistic frequencies of words."""
    words, choice = words_of_news(), random.Random(seed)
    return [f"{' '.join(choice.choices(words, k=choice.randint(12, 45)))}." for _ in range(count)]


def remember(texts: Iterable[str]) -> None:
    common = {"source_language": "en", "language": "de", "kind": "body", "file": "agency.tmx"}
    made = (
        units.unit(text, f"Auf Deutsch: {text}", passages.digest(text), reviewed_at=timezone.now(), **common)
        for text in texts
    )
    TranslationUnit.objects.bulk_create(made, batch_size=5_000)


def seconds(work: Callable[[], object]) -> float:
    """Return the best time of repeated work, because other programs on the machine delay it."""
    times = []
    for _ in range(4):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times[1:])


@pytest.mark.database
def test_a_large_memory_offers_and_remembers_at_once() -> None:
    texts = paragraphs(soak.count(400, 200_000 if connection.vendor == "postgresql" else 40_000), seed=1)
    remember(texts)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE articles_translationunit")
    update = factories.update(factories.article(languages=["en", "de"]))
    editor, some = user("ioana", "Editor"), random.Random(2).sample(texts, PARAGRAPHS)
    asked = {
        "same": (some, PARAGRAPHS),
        "similar": ([re.sub(r" (\w+) (\w+)", r" \1 every", text, count=1) for text in some], PARAGRAPHS),
        "new": (paragraphs(PARAGRAPHS, seed=3), 0),
    }
    for kind, (sources, count) in asked.items():
        pieces = {str(place): offers.Piece("body", f"<p>{text}</p>", rich=True) for place, text in enumerate(sources)}
        find = partial(offers.find, update, "de", pieces, editor)
        assert sum(map(bool, find().values())) == count, kind
        took = seconds(find)
        print(f"{connection.vendor}, {len(texts)} paragraphs: the offers of {kind} ones took {1000 * took:.0f} ms")
        assert took < (SAME if kind == "same" else OTHER) or not soak.SOAK, kind
    amounts = itertools.count(41)

    def save() -> None:
        numbers = [str(next(amounts)) for _ in range(PARAGRAPHS)]
        update.body_en = "".join(ENGLISH.replace("40", number) for number in numbers)
        update.body_de = "".join(GERMAN.replace("40", number) for number in numbers)
        update.save()

    took = seconds(save)
    print(f"{connection.vendor}: saving took {1000 * took:.0f} ms")
    assert of(update).units.filter(kind="body").count() == PARAGRAPHS
    assert took < SAVING or not soak.SOAK

"""Texts go to an agency as XLIFF and return complete, with their markup, and never overwrite newer changes."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from articles.models import GlossaryTerm, Translation, Update
from articles.text.passages import Parted
from articles.text.richtext import sanitise
from articles.translations.xliff import NAMESPACE, importing, inline, reading, writing
from liveblog.accounts.models import Profile
from tests import factories
from tests.forms import member_of
from tests.newsroom import user

pytestmark = pytest.mark.django_db

State = Translation.State

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / "xliff.rng"))
PAGE = "admin:articles_translation_xliff"
Q = f"{{{NAMESPACE}}}"

LINK = '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener">'
LINKED = f"<p>Fourteen <strong>allies</strong> met {LINK}here</a>.</p>"
GERMAN = f"<p>Es trafen sich {LINK}hier</a> vierzehn <strong>Verbündete</strong>.</p>"


@pytest.fixture
def greta() -> User:
    return user("greta", "Translator")


def sent(update: Update, *, everything: bool = False) -> ET.Element:
    """Return the file for the agency. Fail if it does not follow the schema."""
    rows = list(writing.rows(update.article, "en", "de", everything=everything))
    data = writing.write(rows, "en", "de")
    document = etree.fromstring(data)
    SCHEMA.assertValid(document)
    ids = [each.get("id") for each in document.iter(f"{Q}file")]
    assert len(set(ids)) == len(ids)
    return ET.fromstring(data)


def update_of(**fields: Any) -> Update:
    return factories.update(factories.article(languages=["en", "de"], headline_de=""), **fields)


def of(update: Update) -> Translation:
    return update.translations.get(language="de")


def file_of(update: Update, root: ET.Element) -> ET.Element:
    return next(each for each in root.iter(f"{Q}file") if each.get("id", "").startswith(f"update-{update.pk}-"))


def put(file: ET.Element, state: str = "translated", **targets: str) -> None:
    """Add an agency's translations: the target of each unit as XML without its namespace, `{body_0: "..."}`."""
    for unit in file.iter(f"{Q}unit"):
        text = targets.get(unit.get("id", "").replace(".", "_").replace("-", "_"))
        if text is None:
            continue
        [segment] = unit.iter(f"{Q}segment")
        segment.set("state", state)
        for old in segment.findall(f"{Q}target"):
            segment.remove(old)
        segment.append(ET.fromstring(f'<target xmlns="{NAMESPACE}">{text}</target>'))


def back(root: ET.Element, by: User, **options: Any) -> importing.Outcome:
    document = reading.read(ET.tostring(root))
    outcome = importing.save(document, by, **{"approve": False} | options)
    assert outcome is not None, document.faults
    return outcome


def faults(root: ET.Element | bytes, by: User) -> list[str]:
    document = reading.read(root if isinstance(root, bytes) else ET.tostring(root))
    assert importing.save(document, by, approve=True) is None
    return [fault.message for fault in document.faults]


# Markup --------------------------------------------------------------------------------------------------------------

_INLINE = st.recursive(
    st.sampled_from(["war &amp; peace", "at 9", "<br>", "“yes”", "&lt;b&gt;"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
        inner.map("<strong>{}</strong>".format),
        inner.map("<em>{}</em>".format),
        inner.map('<a href="https://example.org/">{}</a>'.format),
        inner.map('<span lang="fr">{}</span>'.format),
    ),
    max_leaves=6,
)


@hypothesis_settings(max_examples=60)
@given(_INLINE)
def test_every_passage_comes_back_as_it_was_sent(text: str) -> None:
    for passage in Parted(sanitise(f"<p>{text}</p>")).passages:
        coded = inline.coded(passage)
        source = ET.Element(f"{Q}source")
        inline.write(source, coded)
        again = ET.fromstring(ET.tostring(source))
        assert inline.read([again], coded.codes) == passage
        assert inline.aligned(coded, passage) is not None


def test_a_translation_moves_codes_and_keeps_their_tags(greta: User) -> None:
    update = update_of(body_en=LINKED)
    root = sent(update)
    [source] = file_of(update, root).iter(f"{Q}source")
    bold, link = source.findall(f"{Q}pc")
    assert (bold.get("subType"), link.get("type")) == ("xlf:b", "link")
    put(
        file_of(update, root),
        body_0='Es trafen sich <pc id="2">hier</pc> vierzehn <sc id="1"/>Verbündete<ec startRef="1"/>.',
    )
    outcome = back(root, greta)
    update.refresh_from_db()
    assert update.body_de == GERMAN
    row = of(update)
    assert (row.state, row.translator, row.reviewer) == (State.REVIEW, greta, None)
    assert outcome.saved == [row]


@pytest.mark.parametrize(
    "target",
    [
        '<pc id="9">Neu</pc>',
        '<pc id="1">a</pc><pc id="1">b</pc>',
        '<sc id="1"/>Ohne Ende',
        '<sc id="1"/>a<sc id="2"/>b<ec startRef="1"/>c<ec startRef="2"/>',
        '<ph id="1"/>',
        '<cp hex="001b"/>',
        '<a xmlns="http://www.w3.org/1999/xhtml" href="https://evil.example/">x</a>',
    ],
)
def test_codes_that_the_original_does_not_have_are_refused_and_nothing_is_changed(greta: User, target: str) -> None:
    update = update_of(body_en=LINKED, headline_en="Summit")
    root = sent(update)
    put(file_of(update, root), headline_0="Gipfel", body_0=target)
    [message] = faults(root, greta)
    assert "codes" in message
    update.refresh_from_db()
    assert not update.body_de
    assert not update.headline_de


# States --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "approve", "expected"),
    [
        ("translated", True, State.REVIEW),
        ("reviewed", False, State.REVIEW),
        ("reviewed", True, State.REVIEWED),
        ("final", True, State.REVIEWED),
    ],
)
def test_reviewed_texts_of_the_agency_become_reviewed_only_if_the_importing_user_approves_them(
    greta: User, state: str, approve: bool, expected: str
) -> None:
    update = update_of(body_en=LINKED)
    root = sent(update)
    put(file_of(update, root), state, body_0='Es trafen sich <pc id="2">hier</pc> vierzehn <pc id="1">Verbündete</pc>.')
    back(root, greta, approve=approve)
    row = of(update)
    assert (row.state, row.reviewer) == (expected, greta if expected == State.REVIEWED else None)


def test_a_text_with_remarks_is_saved_and_waits_for_review(greta: User) -> None:
    update = update_of(body_en="<p>The wind reached 130 kilometres per hour.</p>")
    root = sent(update)
    put(file_of(update, root), "final", body_0="Der Wind erreichte 150 Kilometer pro Stunde.")
    outcome = back(root, greta, approve=True)
    row = of(update)
    assert (row.state, outcome.remarked, outcome.approved) == (State.REVIEW, [row], [])


def test_an_import_reads_the_glossary_once(greta: User) -> None:
    GlossaryTerm.objects.create(source_language="en", language="de", source="wind", target="Wind")
    first = update_of(body_en="<p>The wind reached 130 kilometres per hour.</p>")
    second = factories.update(first.article, headline_en="Storm", body_en="<p>The wind rose.</p>")
    root = sent(first)
    put(file_of(first, root), "final", body_0="Der Sturm erreichte 150 Kilometer pro Stunde.")
    put(file_of(second, root), "final", headline_0="Sturm", body_0="Der Wind nahm zu.")
    with CaptureQueriesContext(connection) as queries:
        outcome = back(root, greta, approve=True)
    assert (outcome.remarked, outcome.approved) == ([of(first)], [of(second)])
    assert {problem["code"] for problem in of(first).problems} >= {"terms"}
    assert sum("glossaryterm" in query["sql"] for query in queries) == 1


def test_a_file_that_lacks_passages_approves_nothing(greta: User) -> None:
    update = update_of(headline_en="Summit", body_en="<p>One.</p><p>Two.</p>")
    root = sent(update)
    file = file_of(update, root)
    put(file, "final", headline_0="Gipfel", body_0="Eins.")
    outcome = back(root, greta, approve=True)
    row = of(update)
    update.refresh_from_db()
    # The headline is complete; the text lacks a part.
    assert (update.headline_de, update.body_de, row.state) == ("Gipfel", "", State.REVIEW)
    assert outcome.incomplete == [row]
    for unit in list(file):
        if unit.get("id") != "headline.0":
            file.remove(unit)
    file.set("id", writing.file_id(row))
    back(root, greta, approve=True)
    assert of(update).state == State.REVIEW


# Changes since the export ---------------------------------------------------------------------------------------------


def _corrected(update: Update) -> None:
    update.body_en = "<p>The wind reached 150 kilometres per hour.</p>"


def _translated(update: Update) -> None:
    update.body_de = "<p>Mit 130 Kilometern pro Stunde blies der Wind.</p>"


@pytest.mark.parametrize(("change", "fate"), [(_corrected, "outdated"), (_translated, "edited")])
def test_texts_changed_since_the_export_are_left_unchanged_and_listed(
    greta: User, change: Callable[[Update], None], fate: str
) -> None:
    update = update_of(body_en="<p>The wind reached 130 kilometres per hour.</p>")
    other = factories.update(update.article, body_en="<p>It rained.</p>")
    root = sent(update)
    change(update)
    update.save()
    before = update.body_de
    put(file_of(update, root), "final", body_0="Der Wind erreichte 130 Kilometer pro Stunde.")
    put(file_of(other, root), "final", body_0="Es regnete.")
    outcome = back(root, greta, approve=True)
    update.refresh_from_db()
    assert update.body_de == before
    assert getattr(outcome, fate) == [of(update)]
    assert outcome.approved == [of(other)]


def test_segments_that_the_agency_split_and_reordered_are_joined(greta: User) -> None:
    update = update_of(body_en="<p>It rained. Then it snowed.</p>")
    root = sent(update)
    unit = file_of(update, root).find(f"{Q}unit")
    assert unit is not None
    for segment in unit.findall(f"{Q}segment"):
        unit.remove(segment)
    for xml in (
        '<segment state="final"><source>It rained.</source><target order="3">nachdem Regen fiel.</target></segment>',
        "<ignorable><source> </source></ignorable>",
        '<segment state="translated"><source>Then it snowed.</source><target order="1">Es schneite,</target></segment>',
    ):
        unit.append(ET.fromstring(xml.replace(">", f' xmlns="{NAMESPACE}">', 1)))
    back(root, greta)
    update.refresh_from_db()
    assert update.body_de == "<p>Es schneite, nachdem Regen fiel.</p>"


# Exported texts -------------------------------------------------------------------------------------------------------


def test_drafts_never_leave_the_house_and_reviewed_texts_only_if_asked(settings: Any) -> None:
    update = update_of(body_en="<p>It rained.</p>", body_de="<p>Es regnete.</p>")
    factories.update(update.article, state=Update.State.DRAFT, body_en="<p>Secret talks.</p>")
    factories.scheduled(update.article, body_en="<p>Embargoed talks.</p>")

    def texts(**options: bool) -> str:
        return ET.tostring(sent(update, **options), encoding="unicode")

    assert "Secret" not in texts(everything=True)
    assert "Embargoed" in texts()
    assert "It rained." not in texts()
    assert re.search(r'state="reviewed">\s*<ns0:source>It rained', texts(everything=True))
    settings.TRANSLATE_UNPUBLISHED = False
    assert "Embargoed" not in texts(everything=True)


# Bad files -----------------------------------------------------------------------------------------------------------

_BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><x>&c;</x>'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"not xml", "well-formed"),
        (_BOMB, "entities"),
        (b"<html/>", "not XLIFF"),
        (b'<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"/>', "another version"),
        (f'<xliff version="2.1" xmlns="{NAMESPACE}" srcLang="en" trgLang="xx"/>'.encode(), "two languages"),
        (f'<xliff version="2.1" xmlns="{NAMESPACE}" srcLang="en" trgLang="de"/>'.encode(), "no texts"),
        (
            f'<xliff version="2.1" xmlns="{NAMESPACE}" srcLang="en" trgLang="de"><file id="f1"/></xliff>'.encode(),
            "ID of the file",
        ),
        (b"<a>" * 5000 + b"</a>" * 5000, "not XLIFF"),
    ],
)
def test_a_file_that_is_no_answer_is_refused_with_the_reason(greta: User, data: bytes, expected: str) -> None:
    assert expected in faults(data, greta)[0]


@pytest.mark.parametrize(
    ("pattern", "replacement", "expected"),
    [
        (r'state="\w+"', 'state="done"', "unknown"),
        (r"<(\w+:)?target>.*?</(\w+:)?target>", "", "no target"),
        (r"(<(\w+:)?source>It rained.</(\w+:)?source>)", r"\1\1", "one source"),
        (r'unit id="body.0"', 'unit id="body.7"', "ID of the unit"),
        (r"Es regnete\.", "Es regnete \u202eoben.", ""),
        (r"Gipfel", "x" * 201, "200"),
    ],
)
def test_a_broken_file_is_refused_with_the_place_and_nothing_is_changed(
    greta: User, pattern: str, replacement: str, expected: str
) -> None:
    update = update_of(headline_en="Summit", body_en="<p>It rained.</p>")
    root = sent(update)
    put(file_of(update, root), headline_0="Gipfel", body_0="Es regnete.")
    data, count = re.subn(pattern, replacement, ET.tostring(root, encoding="unicode"))
    assert count
    assert expected in " ".join(faults(data.encode(), greta))
    update.refresh_from_db()
    assert not update.headline_de
    assert of(update).state == State.MISSING


# Pages and commands --------------------------------------------------------------------------------------------------


def test_a_translator_downloads_a_file_checks_and_imports_it() -> None:
    update = update_of(body_en="<p>It rained.</p>")
    client = member_of("Translator")
    given = {"article": update.article_id, "source_language": "en", "language": "de"}
    answer = client.get(reverse("admin:articles_translation_xliff_export"), given)
    assert answer["Content-Disposition"] == f'attachment; filename="{update.article.slug}.en-de.xlf"'
    root = ET.fromstring(answer.content)
    put(file_of(update, root), "final", body_0="Es regnete.")

    def post(**data: str) -> Any:
        return client.post(reverse(PAGE), {"file": SimpleUploadedFile("back.xlf", ET.tostring(root)), **data})

    assert b"Nothing has been saved yet" in post(_check="1", approve="on").content
    assert of(update).state == State.MISSING
    assert b"Approved" in post(approve="on").content
    assert of(update).state == State.REVIEWED
    assert (
        client.get(reverse("admin:articles_translation_xliff_export"), {**given, "language": "en"}).status_code == 400
    )
    assert client.post(reverse(PAGE), {"file": SimpleUploadedFile("x.xlf", b"<html/>")}).status_code == 400


def test_only_translators_of_the_language_import() -> None:
    update = update_of(body_en="<p>It rained.</p>")
    root = sent(update)
    put(file_of(update, root), body_0="Es regnete.")
    assert member_of("Journalist").get(reverse(PAGE)).status_code == 403
    greta = member_of("Translator")
    Profile.objects.update_or_create(user=User.objects.get(username="translator"), defaults={"languages": ["fr"]})
    assert greta.post(reverse(PAGE), {"file": SimpleUploadedFile("x.xlf", ET.tostring(root))}).status_code == 403
    assert of(update).state == State.MISSING


def test_the_commands_write_and_read_the_same_files(
    tmp_path: Path, greta: User, capsys: pytest.CaptureFixture[str]
) -> None:
    update = update_of(body_en="<p>It rained.</p>")
    path = tmp_path / "out.xlf"
    call_command("export_xliff", update.article.slug, "de", to=str(path))
    root = ET.parse(path).getroot()
    put(file_of(update, root), "reviewed", body_0="Es regnete.")
    path.write_bytes(ET.tostring(root))
    call_command("import_xliff", str(path), user="greta", approve=True)
    assert "approved: " in capsys.readouterr().out
    assert of(update).state == State.REVIEWED
    path.write_bytes(b"<html/>")
    with pytest.raises(CommandError, match="not XLIFF"):
        call_command("import_xliff", str(path), user="greta")

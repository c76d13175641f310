"""Terms of the glossary apply to the right texts, are recognised in all forms, and can be imported and exported."""

import csv
import io
import json
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Article, GlossaryTerm, Picture, Update
from articles.translations import columns, review
from articles.translations.checks import check
from articles.translations.glossary import csv_files, importing, tbx_files
from articles.translations.glossary.rows import COLUMNS, MAX_BYTES, MAX_ROWS
from liveblog.translation import engines
from liveblog.translation.terms import Term, holding_in, occurring
from tests import factories
from tests.forms import member_of

IMPORT = "admin:articles_glossaryterm_import"


def found(terms: list[Term], text: str, language: str) -> list[str]:
    return [term.source for term in occurring(terms, text, language)]


def problems(term: Term, source: str, translation: str, source_language: str, language: str) -> dict[str, Any]:
    checked = check(source, translation, source_language, language, terms=[term])
    return {one.code: one.details for one in checked if one.code in ("terms", "forbidden")}


# The texts of a term --------------------------------------------------------------------------------------------------


def test_every_translated_field_has_a_kind_for_terms() -> None:
    names = {name for model in (Article, Update, Picture) for name in columns.fields_of(model)}
    assert {GlossaryTerm.kind_of(name) for name in names} == {kind.value for kind in GlossaryTerm.Field}
    assert GlossaryTerm.kind_of("picture-12-credit") == GlossaryTerm.kind_of("photo_credit") == "credit"


def test_a_term_for_one_kind_of_text_overrides_the_term_for_all_texts() -> None:
    everywhere, in_credits = Term("Credit", "Kredit"), Term("Credit", "Foto", field="credit")
    assert holding_in([in_credits, everywhere], "credit") == [in_credits]
    assert holding_in([everywhere, in_credits], "body") == [everywhere]
    assert holding_in([in_credits], "headline") == []


@pytest.mark.django_db
def test_a_term_for_credit_lines_is_only_required_in_credit_lines() -> None:
    GlossaryTerm.objects.create(source_language="en", language="de", field="credit", source="Credit", target="Foto")
    picture = factories.picture(credit_en="Credit: I. Moraru")
    body = "<p>Credit Suisse has drawn on a credit line.</p>"
    update = factories.update(factories.article(), body_en=body, pictures=(picture,))
    source = columns.texts_of(update, "en")
    texts = {name: text.replace("drawn on a credit line", "eine Kreditlinie genutzt") for name, text in source.items()}
    asked = {
        name: [one.details for one in each if one.code == "terms"]
        for name, each in review.problems_of(update, source, texts, "de").items()
    }
    assert {name for name, details in asked.items() if details} == {f"picture-{picture.pk}-credit"}


class Recorder:
    name = "recorder"

    def __init__(self) -> None:
        self.sent: list[tuple[list[str], list[str], str]] = []

    def translate(self, texts: Any, *_: Any, terms: Any = (), kind: str = "", **__: Any) -> list[str]:
        self.sent.append((list(texts), [term.target for term in terms], kind))
        return [text.upper() for text in texts]


def test_the_provider_only_gets_the_terms_for_the_kind_of_each_text() -> None:
    terms = [Term("Credit", "Foto", field="credit"), Term("allies", "Verbündete")]
    engine = Recorder()
    kinds = ["headline", "credit", "body", "credit"]
    answers = engines.translate_by_kind(engine, ["a", "b", "c", "d"], kinds, "en", "de", html=True, terms=terms)
    assert answers == ["A", "B", "C", "D"]
    assert engine.sent == [(["a", "c"], ["Verbündete"], ""), (["b", "d"], ["Foto", "Verbündete"], "credit")]


def test_texts_go_in_one_request_if_no_kind_has_terms_of_its_own() -> None:
    engine = Recorder()
    engines.translate_by_kind(engine, ["a", "b"], ["headline", "credit"], "en", "de", html=True, terms=[Term("x", "y")])
    assert len(engine.sent) == 1


# How a term is recognised ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("ally", "The Allies agreed.", "en"),
        ("союзник", "Допомога союзникам", "uk"),
        ("Зеленський", "Про зустріч із Зеленським", "uk"),
        ("Верховна Рада", "у Верховній Раді", "uk"),
        ("об'єкт", "біля об’єкта", "uk"),
        ("Tusk", "spotkanie z Tuskiem", "pl"),
        ("Rada Europy", "w Radzie Europy", "pl"),
        ("aliat", "ajutorul aliaților", "ro"),
        ("președinte", "preşedintele a spus", "ro"),
        ("Außenminister", "den Außenministern", "de"),
        ("œil", "sous leurs yeux", "fr"),
        ("حليف", "والحلفاء", "ar"),
        ("الأمم المتحدة", "وقالت للأُمَم المتحدة", "ar"),
        ("قرية", "في قريتهم", "ar"),
        ("U.S.", "in the U.S. Senate", "en"),
    ],
)
def test_inflected_forms_of_a_term_are_recognised(term: str, text: str, language: str) -> None:
    assert found([Term(term, "x")], text, language) == [term]


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("mayor", "a major change", "en"),
        ("WHO", "Who is there?", "en"),
        ("Foto", "Die Fotografin sprach.", "de"),
        ("Rada", "rad był", "pl"),
        ("رئيس", "رأس المال", "ar"),
        ("Credit Suisse", "on credit. Suisse romande", "en"),
    ],
)
def test_other_words_are_not_the_term(term: str, text: str, language: str) -> None:
    assert found([Term(term, "x")], text, language) == []


def test_capitals_matter_if_the_term_says_so() -> None:
    term = Term("Polish", "polnisch", case_sensitive=True)
    assert found([term], "The Polish army", "en")
    assert not found([term], "They polish shoes", "en")
    lower = Term("polish", "polieren", case_sensitive=True)
    assert found([lower], "Done. Polish it", "en")
    assert not found([lower], "the Polish army", "en")


def test_a_term_that_is_never_inflected_is_only_recognised_unchanged() -> None:
    assert found([Term("allies", "x", inflected=False)], "Allies agree", "en")
    assert not found([Term("allies", "x", inflected=False)], "An ally agrees", "en")


def test_a_shorter_term_within_a_longer_one_does_not_count() -> None:
    terms = [Term("Credit", "Kredit"), Term("Credit Suisse")]
    assert found(terms, "Credit Suisse sinks", "en") == ["Credit Suisse"]
    assert found(terms, "Credit Suisse asks for credit", "en") == ["Credit", "Credit Suisse"]


def test_an_admitted_translation_is_accepted_and_a_forbidden_one_is_reported() -> None:
    term = Term("ally", "союзник", admitted=("партнер",), forbidden=("спільник",))
    assert not problems(term, "Allies agreed.", "Партнери домовилися.", "en", "uk")
    assert problems(term, "Allies agreed.", "Спільниками є всі.", "en", "uk") == {
        "forbidden": ("Спільниками → союзник",)
    }
    assert problems(term, "Allies agreed.", "Вони домовилися.", "en", "uk") == {"terms": ("союзник",)}
    assert not problems(term, "They agreed.", "Спільники домовилися.", "en", "uk")


def test_a_forbidden_word_within_the_right_translation_is_accepted() -> None:
    term = Term("Kievan Rus", "Kiewer Rus", forbidden=("Kiewer",))
    assert not problems(term, "Kievan Rus fell.", "Die Kiewer Rus zerfiel.", "en", "de")


# Files ----------------------------------------------------------------------------------------------------------------

TERMS = [
    {
        "source_language": "en",
        "language": "de",
        "field": "credit",
        "source": "Credit",
        "target": "Foto",
        "forbidden": "Kredit\nGuthaben",
        "case_sensitive": True,
        "note": "Wer das Bild gemacht hat.",
        "example": "Credit: Reuters",
    },
    {"source_language": "en", "language": "uk", "field": "credit", "source": "Credit", "target": "Фото"},
    {"source_language": "ar", "language": "en", "source": "الناتو", "target": "NATO", "admitted": "the Alliance"},
    {"source_language": "en", "language": "pl", "source": "=SUM(1)", "inflected": False},
]


def stored() -> list[dict[str, Any]]:
    return [{column: getattr(term, column) for column in COLUMNS} for term in GlossaryTerm.objects.all()]


def send(client: Client, data: bytes, name: str = "terms.csv", **fields: str) -> Any:
    return client.post(reverse(IMPORT), {"file": SimpleUploadedFile(name, data), **fields})


@pytest.mark.django_db
@pytest.mark.parametrize("extension", ["csv", "tbx"])
def test_an_export_can_be_imported_again(extension: str) -> None:
    GlossaryTerm.objects.bulk_create(GlossaryTerm(**values) for values in TERMS)
    client, before = member_of("Translator"), stored()
    file = client.get(reverse("admin:articles_glossaryterm_export", args=[extension])).content
    GlossaryTerm.objects.all().delete()
    assert send(client, file, f"terms.{extension}").status_code == 302
    if extension == "tbx":
        # TBX-Basic cannot represent these.
        before = [values | {"case_sensitive": False, "inflected": True} for values in before]
    assert stored() == before


@pytest.mark.django_db
def test_the_export_has_the_terms_of_the_filtered_list() -> None:
    GlossaryTerm.objects.bulk_create(GlossaryTerm(**values) for values in TERMS)
    address = reverse("admin:articles_glossaryterm_export", args=["csv"])
    file = member_of("Journalist").get(address, {"language": "uk"}).content.decode("utf-8-sig")
    assert [row["translation"] for row in csv.DictReader(io.StringIO(file))] == ["Фото"]


@pytest.mark.django_db
def test_spreadsheets_do_not_run_a_term_as_a_formula() -> None:
    file = csv_files.write([GlossaryTerm(**TERMS[3])])
    assert b"'=SUM(1)" in file
    assert csv_files.read(file).rows[0].values["source"] == "=SUM(1)"


@pytest.mark.django_db
def test_csv_files_with_other_separators_and_encodings_are_read() -> None:
    head, line = "Source language;language;term;translation", "en-GB;de;mayor;Bürgermeisterin"
    for data in (f"{head}\r\n{line}\r\n".encode("utf-8-sig"), f"{head}\n{line}".replace(";", "\t").encode("utf-16")):
        assert [row.values["target"] for row in importing.read(data).rows] == ["Bürgermeisterin"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "row", "column"),
    [
        (["en,xx,mayor,,"], 2, "language"),
        (["en,de,mayor,Bürgermeister,", "en,de,,Rat,"], 3, "term"),
        (["en,de,mayor,Bürgermeister,title"], 2, "field"),
        (["en,de,mayor,a,", "en,de,mayor,b,"], 3, ""),
        (["en,en,mayor,mayor,"], 2, "language"),
        (['en,de,"two\nlines",x,', f"en,de,{'x' * 121},y,"], 4, "term"),
        (['en,de,"mayor,x,'], 2, ""),
        (["en,de,mayor,x,body,too,many"], 2, ""),
    ],
)
def test_a_file_with_one_wrong_line_changes_nothing_and_names_the_line(lines: list[str], row: int, column: str) -> None:
    GlossaryTerm.objects.create(source_language="en", language="de", source="ally", target="Partner")
    before = stored()
    data = "\n".join(["source_language,language,term,translation,field", "en,de,ally,Verbündeter,", *lines])
    answer = send(member_of("Translator"), data.encode())
    assert answer.status_code == 400
    row += 1  # the good line before them
    assert [(error.row, error.column) for error in answer.context["reading"].errors] == [(row, column)]
    assert stored() == before
    assert not LogEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"term,translation\na,b",
        b"source_language,language,term,wrong\nen,de,a,b",
        "source_language,language,term\nen,de,mayör".encode("latin-1"),
        b"<?xml version='1.0'?><tbx><text>",
        b"<html/>",
        b"source_language,language,term" + b"," * 1_000_000,
        b'<!DOCTYPE tbx [<!ENTITY a "b">]><tbx>&a;</tbx>',
        b'<!DOCTYPE tbx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tbx>&a;</tbx>',
        b"<tbx>" + b"<a>" * 5000,
        b"\x00\xff\x00" * 10,
    ],
)
def test_an_invalid_file_is_refused_with_a_reason(data: bytes) -> None:
    answer = send(member_of("Translator"), data)
    assert answer.status_code == 400
    assert answer.context["reading"].errors or answer.context["form"].errors
    assert not GlossaryTerm.objects.exists()


@pytest.mark.django_db
def test_the_size_of_files_is_limited() -> None:
    client = member_of("Translator")
    assert "file" in send(client, b"x" * (MAX_BYTES + 1)).context["form"].errors
    lines = b"\n".join(b"en,de,term %d" % number for number in range(MAX_ROWS + 1))
    reading = csv_files.read(b"source_language,language,term\n" + lines)
    assert reading.errors
    assert len(reading.rows) == MAX_ROWS


@pytest.mark.django_db
def test_checking_a_file_changes_nothing() -> None:
    answer = send(member_of("Translator"), csv_files.write([GlossaryTerm(**TERMS[0])]), _check="1")
    assert answer.status_code == 200
    assert not GlossaryTerm.objects.exists()
    assert not LogEntry.objects.exists()


STATUS = '<termNote type="administrativeStatus">{}Term-admn-sts</termNote>'
MARTIF = f"""<?xml version="1.0"?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX" xml:lang="en"><text><body>
  <termEntry id="1">
    <descrip type="subjectField">politics</descrip>
    <langSet xml:lang="fr"><tig><term>allié</term></tig></langSet>
    <langSet xml:lang="en-GB">
      <ntig><termGrp><term>ally</term>{STATUS.format("preferred")}</termGrp></ntig>
      <tig><term>confederate</term>{STATUS.format("superseded")}</tig>
    </langSet>
    <langSet xml:lang="de">
      <tig><term>Partner</term>{STATUS.format("admitted")}</tig>
      <tig><term>Verbündeter</term>{STATUS.format("preferred")}</tig>
    </langSet>
    <langSet xml:lang="ja"><tig><term>x</term></tig></langSet>
  </termEntry>
</body></text></martif>""".encode()

DCT_STATUS = "<min:administrativeStatus>{}Term-admn-sts</min:administrativeStatus>"
DCT = f"""<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
  xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic"><text><body>
  <conceptEntry id="c1">
    <langSec xml:lang="en">
      <termSec><term>Credit</term><basic:termLocation>credit</basic:termLocation></termSec>
    </langSec>
    <langSec xml:lang="de">
      <termSec><term>Foto</term>{DCT_STATUS.format("preferred")}</termSec>
      <termSec><term>Kredit</term>{DCT_STATUS.format("deprecated")}</termSec>
    </langSec></conceptEntry></body></text></tbx>"""


def test_tbx_of_the_first_edition_is_read_from_the_named_language() -> None:
    reading = tbx_files.read(MARTIF, "en")
    assert not reading.errors
    assert reading.skipped_languages == {"ja"}
    german, french = ({row.values["language"]: row.values for row in reading.rows}[code] for code in ("de", "fr"))
    assert (german["source"], german["target"], german["admitted"]) == ("ally", "Verbündeter", "Partner")
    assert french["target"] == "allié"
    from_german = [row.values for row in tbx_files.read(MARTIF, "de").rows]
    assert {(one["source"], one["forbidden"]) for one in from_german if one["language"] == "en"} == {
        ("Verbündeter", "confederate"),
        ("Partner", "confederate"),
    }


def test_tbx_in_the_style_dct_is_read() -> None:
    [row] = tbx_files.read(DCT.encode()).rows
    assert (row.values["field"], row.values["target"], row.values["forbidden"]) == ("credit", "Foto", "Kredit")


def test_exported_tbx_has_the_structure_of_the_standard() -> None:
    root = fromstring(tbx_files.write([GlossaryTerm(pk=pk, **values) for pk, values in enumerate(TERMS[:2])]))
    ns = {"t": "urn:iso:std:iso:30042:ed-2"}
    assert (root.get("type"), root.get("style")) == ("TBX-Basic", "dca")
    assert root.find("t:tbxHeader/t:fileDesc/t:sourceDesc/t:p", ns) is not None
    statuses = [note.text for note in root.iterfind(".//t:termNote[@type='administrativeStatus']", ns)]
    assert statuses == ["preferredTerm-admn-sts", *["deprecatedTerm-admn-sts"] * 2, "preferredTerm-admn-sts"]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)


@given(st.lists(TEXT, min_size=3, max_size=3))
def test_any_text_survives_csv(texts: list[str]) -> None:
    term = GlossaryTerm(source_language="en", language="uk", source=f"t{texts[0]}", target=texts[1], note=texts[2])
    [row] = csv_files.read(csv_files.write([term])).rows
    for column in ("source", "target", "note"):
        assert row.values[column] == getattr(term, column).strip()


# History --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_history_names_the_user_and_the_old_and_new_values() -> None:
    client = member_of("Translator")
    data = {"source_language": "en", "language": "de", "source": "ally", "target": "Partner", "inflected": "on"}
    client.post(reverse("admin:articles_glossaryterm_add"), data)
    term = GlossaryTerm.objects.get()
    change = reverse("admin:articles_glossaryterm_change", args=[term.pk])
    client.post(change, data)  # nothing changes
    client.post(change, data | {"target": "Verbündeter", "field": "body"})
    page = client.get(reverse("admin:articles_glossaryterm_history", args=[term.pk]))
    shown = page.context["entries"]
    assert [each.action for each in shown] == ["changed", "added"]
    [_field, (label, before, now)] = shown[0].values
    assert (label, "Partner" in before, "Verbündeter" in now, 'lang="de"' in now) == ("Translation", True, True, True)
    client.post(reverse("admin:articles_glossaryterm_delete", args=[term.pk]), {"post": "yes"})
    file = b"source_language,language,term,translation\nen,de,ally,Alliierter"
    send(client, file, "house.csv")
    shown = client.get(reverse("admin:articles_glossaryterm_changes")).context["entries"]
    assert [(each.action, each.file) for each in shown[:2]] == [("added", "house.csv"), ("deleted", "")]
    assert {str(each.entry.user) for each in shown} == {"translator"}
    # Django's own pages can show the entries, too.
    assert all(entry.get_change_message() for entry in LogEntry.objects.all())
    assert json.loads(LogEntry.objects.latest("pk").change_message)


@pytest.mark.django_db
def test_an_import_tells_new_changed_and_unchanged_terms_apart() -> None:
    client = member_of("Translator")
    head = "source_language,language,term,translation\n"
    send(client, f"{head}en,de,ally,Partner\nen,de,mayor,Bürgermeister".encode())
    answer = send(client, f"{head}en,de,ally,Verbündeter\nen,de,mayor,Bürgermeister\nen,de,king,König".encode())
    *_first, message = client.get(answer["Location"]).context["messages"]
    assert "New terms: 1. Changed terms: 1. Terms that stay the same: 1." in str(message)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [("Journalist", 403), ("Translator", 200)])
def test_users_who_can_only_read_the_glossary_cannot_import(role: str, status: int) -> None:
    client = member_of(role)
    assert client.get(reverse(IMPORT)).status_code == status
    assert client.get(reverse("admin:articles_glossaryterm_changes")).status_code == 200

"""Each kind of update has its own required fields and its own form on readers' pages."""

import json
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from articles import kinds
from articles.models import Article, Update
from articles.text import richtext, tables
from articles.translations.checks import check
from tests import factories

pytestmark = pytest.mark.django_db

TABLE = (
    "<table><tbody><tr><th>Country</th><th>Votes</th></tr>"
    "<tr><td>Poland</td><td>27</td></tr><tr><td>Spain</td><td>−3 %</td></tr></tbody></table>"
)


def html_of(client: Client, update: Update, language: str = "en") -> str:
    """Return the HTML element of the update on its page."""
    html = client.get(update.article.url(language)).content.decode()
    found = re.search(rf'<article id="{update.element}".*?</article>', html, re.DOTALL)
    assert found is not None
    return found[0]


def structured(client: Client, article: Article) -> dict[str, Any]:
    return json.loads(client.get(f"{article.url('en')}liveblog.json").content)


# Rules ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "texts", "fields"),
    [
        ("quote", {"headline_de": "Ohne Worte"}, {"body_de", "attribution_de"}),
        ("quote", {"body_de": "<p>Ja.</p>"}, {"attribution_de"}),
        ("facts", {"body_de": "<p>Kein Punkt.</p>"}, {"body_de"}),
        ("facts", {"body_de": "<ul><li>Eins</li><li>Zwei<ul><li>Drei</li></ul></li></ul>"}, {"body_de"}),
        ("facts", {"body_de": f"<ul>{'<li>Punkt</li>' * 6}</ul>"}, {"body_de"}),
        ("table", {"body_de": "<p>Keine Tabelle.</p>"}, {"headline_de", "body_de"}),
        ("poll", {"body_de": "<ul><li>Ja</li><li>Nein</li></ul>"}, {"headline_de"}),
        ("poll", {"headline_de": "Ja?", "body_de": "<ul><li>Ja</li></ul>"}, {"body_de"}),
        ("poll", {"headline_de": "Ja?", "body_de": f"<ul>{'<li>Ja</li>' * 11}</ul>"}, {"body_de"}),
        ("poll", {"headline_de": "Ja?", "body_de": "<ul><li>Ja</li></ul><ul><li>Nein</li></ul>"}, {"body_de"}),
        ("poll", {"headline_de": "Ja?", "body_de": "<ul><li>Ja<ul><li>doch</li></ul></li></ul>"}, {"body_de"}),
        ("poll", {"headline_de": "Ja?", "body_de": "<ul><li>Ja</li><li></li></ul>"}, {"body_de"}),
    ],
)
def test_missing_texts_show_an_error_beside_the_field_in_the_source_language(
    kind: str, texts: dict[str, str], fields: set[str]
) -> None:
    words = {"article": factories.article(), "kind": kind, "source_language": "de", **texts}
    with pytest.raises(ValidationError) as caught:
        Update(state="published", **words).full_clean()
    assert set(caught.value.error_dict) == fields
    Update(state="draft", **words).full_clean()


def test_a_withdrawn_update_can_stay_incomplete() -> None:
    update = factories.update(factories.article(), kind="quote", body_en="<p>Yes.</p>", attribution_en="A minister")
    update.attribution_en = ""
    update.state = Update.State.WITHDRAWN
    update.full_clean()


def test_every_kind_has_what_an_editor_and_a_reader_need() -> None:
    assert [kind.code for kind in kinds.ALL] == [code for code, _name in kinds.choices()]
    for kind in kinds.ALL:
        assert len(kind.code) <= 12
        assert kind.name
        assert kind.hint
        assert kind.sign


@pytest.mark.parametrize(("rows", "columns", "fits"), [(100, 12, True), (101, 2, False), (2, 13, False)])
def test_a_table_that_is_too_large_is_refused(rows: int, columns: int, fits: bool) -> None:
    row = f"<tr>{'<td>1</td>' * columns}</tr>"
    table = f"<table>{row * rows}</table>"
    update = Update(article=factories.article(), source_language="en", state="published", body_en=table)
    if fits:
        update.full_clean()
        return
    with pytest.raises(ValidationError) as caught:
        update.full_clean()
    assert "100 rows and 12 columns" in str(caught.value.message_dict["body_en"])


# Tables in rich text --------------------------------------------------------------------------------------------------


def test_a_table_only_keeps_the_attributes_of_its_structure() -> None:
    given = (
        '<table style="width:9px" border="1"><colgroup><col></colgroup><tr><th scope="col" onclick="x()">A</th>'
        '<th scope="evil">B</th></tr><tr><td colspan="2" rowspan="99999" class="x">C</td></tr></table>'
    )
    assert richtext.sanitise(given) == (
        '<table><tbody><tr><th scope="col">A</th><th>B</th></tr><tr><td colspan="2">C</td></tr></tbody></table>'
    )


def test_a_table_counts_as_one_block_of_the_text() -> None:
    html = f"<p>One.</p>{TABLE}<p>Two.</p>"
    assert richtext.blocks(html) == ["<p>One.</p>", TABLE, "<p>Two.</p>"]


def test_paragraphs_inside_cells_make_no_difference() -> None:
    assert richtext.same(TABLE, TABLE.replace("<td>", "<td><p>").replace("</td>", "</p></td>"))
    assert not richtext.same(TABLE, TABLE.replace("27", "28"))


def test_a_spanning_cell_counts_for_all_its_columns() -> None:
    assert tables.size('<table><tr><td colspan="7">x</td><td>y</td></tr></table>') == (1, 8)


def test_a_translated_table_is_checked_cell_by_cell() -> None:
    good = TABLE.replace("Country", "Land").replace("Votes", "Stimmen").replace("Poland", "Polen")
    good = good.replace("Spain", "Spanien").replace("−3 %", "−3 %")
    assert check(TABLE, good, "en", "de", html=True) == []
    assert [problem.code for problem in check(TABLE, good.replace("27", "72"), "en", "de", html=True)] == ["numbers"]
    shorter = good.replace("<tr><td>Spanien</td><td>−3 %</td></tr>", "")
    assert "structure" in [problem.code for problem in check(TABLE, shorter, "en", "de", html=True)]


# Readers' pages -------------------------------------------------------------------------------------------------------


def test_a_quote_names_its_speaker_and_source(client: Client) -> None:
    update = factories.update(
        factories.article(),
        kind="quote",
        body_en="<p>The door is open.</p>",
        attribution_en="Jens Stoltenberg",
        source_url="https://www.nato.example/speech",
    )
    html = html_of(client, update)
    assert '<blockquote class="text marked" cite="https://www.nato.example/speech"><p>The door is open.</p>' in html
    assert '<a href="https://www.nato.example/speech" rel="noopener external">Jens Stoltenberg</a>' in html


def test_a_quote_in_another_language_is_marked_with_its_language(client: Client) -> None:
    update = factories.update(factories.article(), kind="quote", body_en="<p>Yes.</p>", attribution_en="A minister")
    html = html_of(client, update, "ar")
    assert '<figure class="quote" lang="en" dir="ltr">' in html
    assert '<span lang="en" dir="ltr">A minister</span>' in html


@pytest.mark.parametrize("body", ["<p>„Ja.“</p>", '<p>"Ja."</p>'])
def test_existing_quotation_marks_are_not_doubled(client: Client, body: str) -> None:
    words = {"source_language": "de", "body_de": body, "attribution_de": "Ministerin"}
    update = factories.update(factories.article(), kind="quote", **words)
    assert '<blockquote class="text">' in html_of(client, update, "de")


def test_a_quotation_inside_a_quote_is_not_nested(client: Client) -> None:
    update = factories.update(
        factories.article(), kind="quote", body_en="<blockquote><p>Yes.</p></blockquote>", attribution_en="A minister"
    )
    assert html_of(client, update).count("<blockquote") == 1


def test_a_table_scrolls_by_itself_and_has_headings_for_its_cells(client: Client) -> None:
    update = factories.update(factories.article(), kind="table", headline_en='Who "won"', body_en=TABLE)
    html = html_of(client, update)
    assert '<div class="table" role="region" tabindex="0" aria-label="Who &quot;won&quot;"><table>' in html
    assert '<caption class="visually-hidden">Who "won"</caption>' in html
    assert '<th scope="col">Country</th><th scope="col" class="number">Votes</th>' in html
    assert '<td>Poland</td><td class="number"><bdi dir="ltr">27</bdi></td>' in html
    assert '<td class="number"><bdi dir="ltr">−3 %</bdi></td>' in html


def test_a_heading_is_aligned_with_the_numbers_below_it() -> None:
    head = "<tr><th>A</th><th>B</th><th>1945</th></tr>"
    html = tables.for_readers(
        f"<table>{head}<tr><td>1</td><td>2</td><td>3</td></tr><tr><td>x</td><td>–</td><td>4</td></tr></table>"
    )
    assert '<th scope="col">A</th><th scope="col" class="number">B</th><th scope="col" class="number">1945</th>' in html


def test_the_first_row_is_the_heading_if_a_table_marks_none(client: Client) -> None:
    bare = TABLE.replace("th>", "td>")
    update = factories.update(factories.article(), kind="table", headline_en="Votes", body_en=bare)
    html = html_of(client, update)
    assert '<th scope="col">Country</th><th scope="col" class="number">Votes</th></tr>' in html
    assert "<td>Poland</td>" in html
    # In other texts the first row is not always a heading.
    assert "<th" not in tables.for_readers(bare)


def test_headings_at_the_start_of_rows_are_row_headings() -> None:
    html = tables.for_readers("<table><tr><th>A</th><th>B</th></tr><tr><th>C</th><td>x</td></tr></table>")
    assert html.count('scope="col"') == 2
    assert '<th scope="row">C</th>' in html
    assert 'aria-label="A B"' in html


@pytest.mark.parametrize("cell", ["1.234,5", "12", "2:1", "€ 3", "٣٫٥٪", "–", "1&nbsp;000"])
def test_numbers_are_recognised_in_every_script(cell: str) -> None:
    assert 'class="number"' in tables.for_readers(f"<table><tr><td>{cell}</td></tr></table>")


@pytest.mark.parametrize("cell", ["F-16", "2 of 3", '<a href="https://example.org">12</a>', "Nr. 5"])
def test_a_cell_that_only_contains_a_number_is_not_a_number(cell: str) -> None:
    assert 'class="number"' not in tables.for_readers(f"<table><tr><td>{cell}</td></tr></table>")


def test_text_around_a_table_is_unchanged() -> None:
    html = richtext.normalise("<p>a &amp; b &lt;c&gt; &#39;</p>")
    assert tables.for_readers(f"{html}{TABLE}{html}").startswith(html)
    assert tables.for_readers(f"{html}{TABLE}{html}").endswith(f"</div>{html}")


def test_key_facts_are_pinned_when_they_are_first_published(client: Client) -> None:
    article = factories.article()
    facts = factories.update(article, kind="facts", body_en="<ul><li>One.</li><li>Two.</li><li>Three.</li></ul>")
    factories.update(article)
    html = client.get(article.url("en")).content.decode()
    assert re.search(r'<article id="(update-\d+)"', html)[1] == facts.element  # type: ignore[index]
    assert html.index('id="in-short"') < html.index(f'id="{facts.element}"') < html.index('id="updates"')
    assert '<span class="badge pin">Pinned</span>' in client.get(facts.url("en")).content.decode()
    later = factories.update(article, kind="facts", body_en="<ul><li>Two.</li><li>Three.</li><li>Four.</li></ul>")
    assert later.pin > facts.pin


def test_unpinned_key_facts_stay_unpinned() -> None:
    facts = factories.update(
        factories.article(), kind="facts", body_en="<ul><li>One.</li><li>Two.</li><li>Three.</li></ul>"
    )
    facts.pin = None
    facts.save()
    facts.body_en = "<ul><li>Two.</li></ul>"
    facts.save()
    assert facts.pin is None


def test_breaking_news_has_a_badge(client: Client) -> None:
    update = factories.update(factories.article(), is_breaking=True)
    html = html_of(client, update)
    assert '<span class="badge alarm">Breaking news</span>' in html
    assert " breaking" in html.partition(">")[0]


def test_structured_data_marks_quotations_and_questions(client: Client) -> None:
    article = factories.article()
    source = "https://nato.example/speech"
    factories.update(article, kind="quote", body_en="<p>Yes.</p>", attribution_en="A minister", source_url=source)
    factories.update(article, kind="poll", headline_en="Yes?", body_en="<ul><li>Yes</li><li>No</li></ul>")
    poll, quote = (each["mainEntity"] for each in structured(client, article)["liveBlogUpdate"])
    assert (quote["@type"], quote["text"], quote["creditText"]) == ("Quotation", "Yes.", "A minister")
    assert quote["isBasedOn"] == source
    assert (poll["@type"], poll["name"]) == ("Question", "Yes?")
    assert [answer["text"] for answer in poll["suggestedAnswer"]] == ["Yes", "No"]


def test_structured_data_separates_the_cells_of_a_table(client: Client) -> None:
    article = factories.article()
    factories.update(article, kind="table", headline_en="Votes", body_en=TABLE)
    assert "Poland 27 Spain" in structured(client, article)["liveBlogUpdate"][0]["articleBody"]

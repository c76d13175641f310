"""The form field cleans pastes that bypass the editor."""

import re
from html.parser import HTMLParser
from typing import Any

import nh3
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Article, Picture, Topic, Update
from articles.text.bidi import balanced
from articles.text.parsed import parse
from articles.text.plaintext import line, lines
from articles.text.richtext import MAX_LENGTH, RichTextField, sanitise
from articles.translations import columns
from tests import factories
from tests.forms import errors_of, form_of, member_of
from tests.nasty_pastes import PASTES, abridged, check

CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ALLOWED = {
    *("p", "h3", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "span"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}


def given_by(html: str) -> str:
    """Return the field's result, or its error."""
    with translation.override("en"):
        try:
            return RichTextField(blank=True).clean(html, None)
        except ValidationError as error:
            return f"refused: {error.messages[0]}"


def test_a_hundred_hostile_pastes_do_no_harm_through_the_form() -> None:
    assert len(PASTES) >= 100
    found = {name: given_by(html) for name, html in PASTES.items()}
    for name, html in found.items():
        assert_harmless(html, name)
    check({name: abridged(html) for name, html in found.items()}, "form")


def test_the_parser_does_not_change_sanitised_text() -> None:
    # The field refuses much longer texts without parsing them.
    for name, html in ((name, html) for name, html in PASTES.items() if len(html) < 10 * MAX_LENGTH):
        cleaned = sanitise(sanitise(html))
        assert parse(cleaned).inner_html == cleaned, name


def assert_harmless(html: str, name: str) -> None:
    """Check the result of a paste for markup that is never allowed."""
    reader = _Reader()
    reader.feed(html)
    assert reader.tags <= ALLOWED, name
    assert reader.attributes <= {
        "href",
        "title",
        "hreflang",
        "rel",
        "lang",
        "dir",
        "colspan",
        "rowspan",
        "scope",
        "start",
        "data-type",
    }
    assert all(re.match(r"https?://|mailto:|/|#", address) for address in reader.addresses), name
    assert len(html) <= MAX_LENGTH, name
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]", html), name


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.addresses += [value for name, value in attrs if name == "href"]


@pytest.mark.django_db
def test_a_text_of_2_mb_is_refused_with_its_size_and_changes_nothing() -> None:
    article = factories.article()
    client = member_of("Journalist")
    url = reverse("admin:articles_update_add")
    form = form_of(client.get(url, {"article": article.pk, "form": "1"})) | {"article": article.pk}
    answer = client.post(url, form | {"body_en": PASTES["2 MB of text"], "_publish": ""})
    assert "Too long: 2,000,007 characters (limit: 100,000)." in str(errors_of(answer)["body_en"])
    assert not Update.objects.exists()


@pytest.mark.django_db
def test_direction_controls_are_repaired_whichever_way_a_text_was_stored() -> None:
    update = factories.update(factories.article(), body_en="<p>a \u202eb</p>")
    Update._base_manager.filter(pk=update.pk).update(body_de="<p>\u2067a</p><p>b\u2069 \u2067c\u2069</p>")
    update.refresh_from_db()
    assert update.body_en == "<p>a b</p>"
    assert update.body_de == "<p>a</p><p>b \u2067c\u2069</p>"


@pytest.mark.parametrize("model", [Article, Update, Picture, Topic])
def test_every_text_field_repairs_control_characters(model: Any) -> None:
    pasted = "\u202eabc\x0bd\x00e \u2067f"
    for name in columns.fields_of(model):
        made = model(**{f"{name}_en": pasted})
        made._meta.get_field(f"{name}_en").pre_save(made, True)
        shown = strip_tags(getattr(made, f"{name}_en"))
        assert re.fullmatch(r"abc\s?de f", shown), (name, shown)


@pytest.mark.django_db
def test_a_pasted_headline_is_one_line_in_the_form_and_on_the_page(client: Any) -> None:
    newsroom, add = member_of("Journalist"), reverse("admin:articles_update_add")
    article = factories.article()
    form = form_of(newsroom.get(add, {"article": article.pk, "form": "1"})) | {"article": article.pk}
    pasted = {"headline_en": "Talks\u2028begin \u202e\x0bagain", "body_en": "<p>x</p>", "_publish": ""}
    newsroom.post(add, form | pasted)
    update = Update.objects.get()
    assert update.headline_en == "Talks begin again"
    assert "<title>Talks begin again" in client.get(update.url("en")).content.decode()


def test_fields_with_several_lines_keep_them() -> None:
    assert lines("One \u2067a\r\nTwo\u2069\x85\u2067b\u2069\n") == "One a\nTwo\n\u2067b\u2069"
    assert line("One\r\n\ttwo\u2029three\n") == "One two three"
    # The no-break space between a French word and its punctuation is no line break.
    assert line("« Oui\u00a0» \u202f!") == "« Oui\u00a0» \u202f!"


# The algebra ----------------------------------------------------------------------------------------------------------

texts = st.text(st.sampled_from("ab ا" + CONTROLS))


@given(texts)
def test_balancing_only_changes_control_characters(text: str) -> None:
    def without(value: str) -> str:
        return value.translate(dict.fromkeys(map(ord, CONTROLS)))

    assert without(balanced(text)) == without(text)
    assert balanced(balanced(text)) == balanced(text)


@given(texts, texts)
def test_balanced_text_does_not_affect_the_text_around_it(one: str, other: str) -> None:
    assert balanced(balanced(one) + balanced(other)) == balanced(one) + balanced(other)
    assert balanced(f"\u2067{balanced(one)}\u2069") == f"\u2067{balanced(one)}\u2069"


@given(texts)
def test_balanced_text_is_unchanged_inside_other_text(text: str) -> None:
    assert balanced(f"a \u2067{balanced(text)}\u2069 b \u202b{balanced(text)}\u202c") == (
        f"a \u2067{balanced(text)}\u2069 b \u202b{balanced(text)}\u202c"
    )


@given(st.text())
def test_accepted_text_is_accepted_unchanged(text: str) -> None:
    once = given_by(f"<p>{nh3.clean_text(text)}</p>")
    assert given_by(once) == once == sanitise(once)

"""Combining marks are limited in all inputs, and every script keeps the marks that it needs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.models import GlossaryTerm, Topic
from articles.text import plaintext, richtext
from comments import text as comment
from comments.models import Note
from liveblog.fields import TextFormField
from liveblog.marks import MAX_ACCENTS, MAX_MARKS, bounded_marks
from tests import factories

ACUTE = "\u0301"
PILE = f"e{ACUTE * 500}"
KEPT = unicodedata.normalize("NFC", f"e{ACUTE * MAX_ACCENTS}")


@pytest.mark.parametrize(
    "text",
    [
        "བསྒྲུབས་ ཧྐྵྨླྺྼྻྂ",
        "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים",
        "ٱلرَّحْمَٰنِ ٱلرَّحِيمِ",
        "क्षि ज्ञ्य",
        unicodedata.normalize("NFD", "Việt Nam, ệ, ḗ́"),
        "👩🏽‍🚒 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "ที่นี่ กุ้ง",
    ],
)
def test_the_marks_of_scripts_stay(text: str) -> None:
    assert bounded_marks(text) == text


@given(st.text(alphabet=f"ae{ACUTE}\u0489\u05b0\u0f71\u200d\ufe0f ", max_size=60))
def test_no_letter_carries_more_than_the_bound(text: str) -> None:
    bounded = bounded_marks(text)
    assert bounded_marks(bounded) == bounded
    run = 0
    for character in bounded:
        is_mark = unicodedata.category(character).startswith("M")
        # The joiner is invisible, so marks pile up across it.
        run = run + 1 if is_mark else run if character == "\u200d" else 0
        assert run <= MAX_MARKS


@pytest.mark.parametrize("between", ["", "\u200d", "\u2060", "\u034f", "<em></em>", "</em><em>"])
def test_invisible_characters_do_not_separate_marks(between: str) -> None:
    text = bounded_marks(f"<p>e<em>{between.join(ACUTE * 50)}</em></p>")
    assert text.count(ACUTE) <= MAX_ACCENTS


def test_every_way_in_bounds_them() -> None:
    assert plaintext.line(PILE) == f"e{ACUTE * MAX_ACCENTS}"
    assert richtext.normalise(f"<p>{PILE}</p>") == f"<p>e{ACUTE * MAX_ACCENTS}</p>"
    assert comment.cleaned(PILE).count(ACUTE) == MAX_ACCENTS
    assert TextFormField(max_length=10).clean(PILE) == f"e{ACUTE * MAX_ACCENTS}"
    assert Note._meta.get_field("text").clean(PILE, None) == f"e{ACUTE * MAX_ACCENTS}"


@pytest.mark.django_db
def test_texts_saved_without_a_form_are_bounded_too() -> None:
    article = factories.article(headline_en=PILE)
    term = GlossaryTerm.objects.create(source_language="en", language="de", source=PILE, target=PILE)
    topic = Topic.objects.create(slug="t", name_en=PILE)
    for item, name in ((article, "headline_en"), (term, "source"), (term, "target"), (topic, "name_en")):
        item.refresh_from_db()
        assert getattr(item, name).count(ACUTE) <= MAX_ACCENTS

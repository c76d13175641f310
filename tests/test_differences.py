"""What became different between two texts is told word by word, and nothing of either is lost."""

import re
from html import unescape

import pytest
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from articles.differences import difference, plain

_HINT = re.compile(r'<span class="visually-hidden"[^>]*>[^<]*</span>')


def told(before: str, now: str, *, rich: bool = False) -> str:
    return _HINT.sub("", difference(before, now, rich=rich))


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        ("14 were killed.", "40 were killed.", "<del>14</del><ins>40</ins> were killed."),
        ("In the city.", "In the city at night.", "In the city <ins>at night</ins>."),
        ("شخصًا في المدينة.", "شخصًا في المدينة ليلًا.", "شخصًا في المدينة <ins>ليلًا</ins>."),
        ("3.5 million", "4.5 million", "<del>3.5</del><ins>4.5</ins> million"),
        ("", "New", "<ins>New</ins>"),
        ("Old <b>", "", "<del>Old &lt;b&gt;</del>"),
    ],
)
def test_words_that_became_different_are_marked(before: str, now: str, shown: str) -> None:
    assert told(before, now) == shown


def test_of_rich_text_only_the_words_are_compared_line_by_line() -> None:
    before = "<p>A &amp; b.</p><ul><li>one</li></ul>"
    now = "<p>A &amp; <strong>b</strong>.</p><ul><li>one</li><li>two</li></ul>"
    assert told(before, now, rich=True) == "A &amp; b.\none\n<ins>two</ins>"
    assert plain(now) == "A & b.\none\ntwo"


_line = st.text("ab1 .,«ش\n<&ً", max_size=20)


@given(_line, _line)
def test_both_texts_can_be_read_out_of_their_difference(before: str, now: str) -> None:
    html = told(before, now)

    def read(dropped: str) -> str:
        return "".join(unescape(strip_tags(re.sub(rf"<{dropped}>.*?</{dropped}>", "", html, flags=re.DOTALL))).split())

    assert read("ins") == "".join(before.split())
    assert read("del") == "".join(now.split())

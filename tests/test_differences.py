"""A comparison marks the words that differ between two texts, and keeps all words of both."""

import re
import time
from html import unescape
from typing import Any

import pytest
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from articles.text.diff import difference
from articles.text.plaintext import plain_lines

_HINT = re.compile(r'<span class="visually-hidden"[^>]*>[^<]*</span>')


def marked(before: str, now: str, *, rich: bool = False) -> str:
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
def test_changed_words_are_marked(before: str, now: str, shown: str) -> None:
    assert marked(before, now) == shown


def test_rich_text_is_compared_line_by_line_without_its_markup() -> None:
    before = "<p>A &amp; b.</p><ul><li>one</li></ul>"
    now = "<p>A &amp; <strong>b</strong>.</p><ul><li>one</li><li>two</li></ul>"
    assert marked(before, now, rich=True) == "A &amp; b.\none\n<ins>two</ins>"
    assert plain_lines(now) == "A & b.\none\ntwo"


def test_cells_of_a_table_are_compared_as_words_and_rows_as_lines() -> None:
    row = "<tr><th>{}</th><td><p>{}</p></td></tr>"
    before, now = (f"<table><tbody>{row.format('Yes', yes)}{row.format('No', 3)}</tbody></table>" for yes in (12, 14))
    assert marked(before, now, rich=True) == "Yes <del>12</del> <ins>14</ins>\nNo 3"


@pytest.mark.parametrize(
    "words",
    [
        lambda number, step: "ab"[number * step % 2],
        lambda number, step: f"{number * step % 110}",
        lambda number, step: f"{number * step % 100}" + "\n" * (number % 30 == 0),
    ],
)
@pytest.mark.parametrize(("old", "new"), [(1000, 1000), (1500, 1500), (30_000, 1500), (30_000, 30_000)])
def test_repetitive_texts_are_compared_quickly(words: Any, old: int, new: int) -> None:
    before, now = " ".join(words(n, 1) for n in range(old)), " ".join(words(n, 37) for n in range(new))
    began = time.process_time()
    difference(before, now)
    assert time.process_time() - began < 2


def test_a_changed_word_in_a_long_text_is_found() -> None:
    lines = [" ".join(f"{line * word % 977} the" for word in range(200)) for line in range(1, 90)]
    before, now = "\n".join(lines), "\n".join([*lines[:50], lines[50].replace("51 the", "52 the", 1), *lines[51:]])
    assert re.findall("<(?:del|ins)>[^<]*", marked(before, now)) == ["<del>51", "<ins>52"]


_line = st.text("ab1 .,«ش\n<&ً", max_size=20)
#: Long enough that frequent words count less.
_long = st.lists(st.sampled_from(["a ", "b ", "b, ", "c", "c\n"]), min_size=150, max_size=300).map("".join)


@given(_line | _long, _line | _long)
def test_both_texts_can_be_restored_from_their_difference(before: str, now: str) -> None:
    html = marked(before, now)

    def read(dropped: str) -> str:
        return "".join(unescape(strip_tags(re.sub(rf"<{dropped}>.*?</{dropped}>", "", html, flags=re.DOTALL))).split())

    assert read("ins") == "".join(before.split())
    assert read("del") == "".join(now.split())

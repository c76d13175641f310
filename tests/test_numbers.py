"""A number from untrusted input is parsed as a number or None, and never makes the server fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveblog.numbers import LARGEST, number


@given(st.integers(0, LARGEST))
def test_every_number_that_the_database_holds_is_read(value: int) -> None:
    assert number(str(value)) == value


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    found = number(text)
    assert found is None or 0 <= found <= LARGEST


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1 ", "1.0", "١٢", "²", "0x1", "1_000", "9" * 23, "9" * 5000, None, 7]
)
def test_text_other_than_plain_digits_is_none(text: object) -> None:
    assert number(text) is None


def test_the_limit_is_the_largest_number_that_is_read() -> None:
    assert number("50", maximum=50) == 50
    assert number("51", maximum=50) is None
    assert number(str(LARGEST + 1)) is None

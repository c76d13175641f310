"""Whole numbers that come from outside: query strings, forms, cookies, other servers."""

#: The largest number that a column of the database holds (PostgreSQL's bigint).
LARGEST = 2**63 - 1


def number(text: object, *, most: int = LARGEST) -> int | None:
    """Return the number that `text` writes in ASCII digits; None if it writes none, or one larger than `most`.

    A sign, a space or a digit of another script makes it no number. The length is checked before the conversion, whose
    time grows with the square of it.
    """
    if not isinstance(text, str) or not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)):
        return None
    value = int(text)
    return value if value <= most else None

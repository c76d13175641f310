"""Parse whole numbers from outside: query strings, forms, cookies, other servers."""

#: The largest number that a database column can hold (PostgreSQL's bigint).
LARGEST = 2**63 - 1


def sortable(key: int) -> str:
    """Return a primary key as a text that sorts like the number."""
    return f"{key:0{len(str(LARGEST))}d}"


def number(text: object, *, maximum: int = LARGEST) -> int | None:
    """Return the number that `text` consists of, in ASCII digits; None if it is no number, or larger than `maximum`.

    Signs, spaces and digits of other scripts are not accepted. The length is checked before the conversion, whose time
    grows with the square of the length.
    """
    if not isinstance(text, str) or not (text.isascii() and text.isdecimal()) or len(text) > len(str(maximum)):
        return None
    value = int(text)
    return value if value <= maximum else None

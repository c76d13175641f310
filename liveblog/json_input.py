"""JSON from outside: bodies of requests, messages of websockets, and files."""

from __future__ import annotations

import json
import re
from typing import Any

#: The escape of a surrogate, which is half a character unless its other half follows (RFC 8259, section 7).
_SURROGATE = re.compile(r"\\ud[89a-f]", re.IGNORECASE)


def loads(content: bytes | str) -> Any:
    """Return the value of a JSON text in UTF-8 (RFC 8259). Raise ValueError for anything else.

    This refuses values that Python's parser accepts but no database or answer can hold: unpaired surrogates (section
    8.2), NaN and infinity, and values that are nested too deeply.
    """
    text = content.decode() if isinstance(content, bytes) else content
    try:
        found = json.loads(text, parse_constant=_refuse)
        if _SURROGATE.search(text):
            # UnicodeEncodeError is a ValueError.
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("The value is nested too deeply.") from None
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON.")

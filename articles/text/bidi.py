"""Invisible characters that turn the direction of text around, so that they cannot reach beyond where they belong.

Isolates and embeddings that are closed again where they were opened are good writing and stay. Those that are left
open, or close nothing, go; and so do overrides, which make text read as something else than what it is.
"""

import re

_OVERRIDES = "\u202d\u202e"
_EMBEDDINGS = "\u202a\u202b"
_POP = "\u202c"
_ISOLATES = "\u2066\u2067\u2068"
_POP_ISOLATE = "\u2069"
_CONTROLS = re.compile(f"[{_OVERRIDES}{_EMBEDDINGS}{_POP}{_ISOLATES}{_POP_ISOLATE}]")
_PARAGRAPHS = re.compile(
    r"(</?(?:p|br|ul|ol|li|blockquote|table|caption|thead|tbody|tfoot|tr|th|td)\b[^>]*>|[\n\u2029])"
)


def balanced(text: str) -> str:
    """One paragraph without such characters that have no counterpart in it."""
    if not _CONTROLS.search(text):
        return text
    #: Opened and not yet closed, as positions; and what belongs to a pair.
    opened: list[int] = []
    kept: set[int] = set()
    for found in _CONTROLS.finditer(text):
        place, control = found.start(), found[0]
        if control in _EMBEDDINGS or control in _ISOLATES or control in _OVERRIDES:
            opened.append(place)
        elif control == _POP:
            # An embedding does not end beyond the isolate that it stands in.
            if opened and text[opened[-1]] not in _ISOLATES:
                start = opened.pop()
                if text[start] in _EMBEDDINGS:
                    kept |= {start, place}
        elif any(text[start] in _ISOLATES for start in opened):
            # The end of an isolate ends all that was left open in it.
            while text[start := opened.pop()] not in _ISOLATES:
                pass
            kept |= {start, place}
    return _CONTROLS.sub(lambda found: found[0] if found.start() in kept else "", text)


def balanced_html(html: str) -> str:
    """`balanced` for each paragraph of markup: none of these characters works beyond its own."""
    if not _CONTROLS.search(html):
        return html
    return "".join(balanced(part) for part in _PARAGRAPHS.split(html))

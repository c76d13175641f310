"""Remove bidirectional control characters (Unicode UAX #9) that would affect text outside their paragraph.

Isolates and embeddings that are closed in the paragraph in which they were opened are proper typography and stay. Those
that stay open or close nothing are removed, as are overrides, which change how text reads.
"""

import re

_OVERRIDES = "\u202d\u202e"
_EMBEDDINGS = "\u202a\u202b"
_POP = "\u202c"
_ISOLATES = "\u2066\u2067\u2068"
_POP_ISOLATE = "\u2069"
_CONTROLS = re.compile(f"[{_OVERRIDES}{_EMBEDDINGS}{_POP}{_ISOLATES}{_POP_ISOLATE}]")
_PARAGRAPHS = re.compile(
    r"(</?(?:p|h3|br|ul|ol|li|blockquote|table|caption|thead|tbody|tfoot|tr|th|td)\b[^>]*>|[\n\u2029])"
)


def balanced(text: str) -> str:
    """Return a paragraph without the controls that have no counterpart in it."""
    if not _CONTROLS.search(text):
        return text
    #: Positions of open controls, and of those that belong to a pair.
    opened: list[int] = []
    paired: set[int] = set()
    isolates = 0
    for found in _CONTROLS.finditer(text):
        position, control = found.start(), found[0]
        if control in _EMBEDDINGS or control in _ISOLATES or control in _OVERRIDES:
            opened.append(position)
            isolates += control in _ISOLATES
        elif control == _POP:
            # An embedding cannot be closed from outside the isolate that contains it.
            if opened and text[opened[-1]] not in _ISOLATES:
                start = opened.pop()
                if text[start] in _EMBEDDINGS:
                    paired |= {start, position}
        elif isolates:
            isolates -= 1
            # The end of an isolate closes everything that is open within it.
            while text[start := opened.pop()] not in _ISOLATES:
                pass
            paired |= {start, position}
    return _CONTROLS.sub(lambda found: found[0] if found.start() in paired else "", text)


def balanced_html(html: str) -> str:
    """Apply `balanced` to each paragraph of HTML, as no control has an effect beyond its own."""
    if not _CONTROLS.search(html):
        return html
    return "".join(balanced(part) for part in _PARAGRAPHS.split(html))

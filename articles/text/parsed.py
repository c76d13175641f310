"""Parse rich text: one HTML5 parser (Lexbor, by selectolax) for all code that inspects markup.

It parses and serialises the output of the sanitiser unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode


def parse(html: str) -> LexborNode:
    """Return an element with the nodes of `html` as its children."""
    body = LexborHTMLParser(f"<body>{html}").body
    assert body is not None
    return body


def serialise(node: LexborNode) -> str:
    """Return a node as HTML."""
    return node.html or ""


def walk(node: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Yield each node below `node` twice: with True where it starts and with False where it ends.

    It does not recurse, so it handles any depth of markup.
    """
    pending = [(child, True) for child in reversed(list(node.iter(include_text=True)))]
    while pending:
        current, starts = pending.pop()
        yield current, starts
        if starts:
            pending.append((current, False))
            pending += [(child, True) for child in reversed(list(current.iter(include_text=True)))]

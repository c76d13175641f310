"""Divide rich text into passages, the words of each paragraph, heading, item and cell, and the tags around them.

A passage is HTML without such elements: words with links and emphasis. It is the unit in which translations are
remembered and exchanged. Plain text, with its characters escaped, is one passage.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from articles.text.plaintext import plain_text
from articles.text.richtext import blocks

#: A tag in the sanitiser's output. Quoted values may contain any character.
TAG = re.compile(r"</?([a-z][a-z0-9]*)\b(?:\"[^\"]*\"|[^\">])*>")
_BLOCKS = frozenset({"p", "h3", "ul", "ol", "li", "blockquote", "table", "caption", "thead", "tbody", "tr", "th", "td"})


class Parted:
    """A sanitised text, divided into its passages and the markup between them."""

    def __init__(self, html: str) -> None:
        #: Texts at even positions and tags of blocks at odd ones; joined, they are `html` again.
        self.pieces: list[str] = []
        start = 0
        for tag in TAG.finditer(html):
            if tag[1] in _BLOCKS:
                self.pieces += [html[start : tag.start()], tag[0]]
                start = tag.end()
        self.pieces.append(html[start:])
        #: Positions of the pieces that have words.
        self.places = [place for place in range(0, len(self.pieces), 2) if plain_text(self.pieces[place])]

    @property
    def passages(self) -> list[str]:
        """Return the passages in order, without the white space around them."""
        return [self.pieces[place].strip() for place in self.places]

    @property
    def shape(self) -> tuple[list[str], list[int]]:
        """Return the structure, which is equal for texts with the same paragraphs, items and cells."""
        tags = (TAG.fullmatch(tag) for tag in self.pieces[1::2])
        return [f"/{tag[1]}" if tag[0].startswith("</") else tag[1] for tag in tags if tag], self.places

    def with_passages(self, passages: Sequence[str | None]) -> str:
        """Return the text with other passages; None keeps the present one."""
        pieces = list(self.pieces)
        for place, passage in zip(self.places, passages, strict=True):
            if passage is not None:
                old = pieces[place]
                pieces[place] = old[: len(old) - len(old.lstrip())] + passage + old[len(old.rstrip()) :]
        return "".join(pieces)


def pairs(source: str, target: str) -> list[tuple[str, str]]:
    """Return the passages of a text with their translations.

    Texts of different shapes are compared block by block; blocks of different shapes, or texts with different numbers
    of blocks, have no pairs, because it is unknown which passages correspond.
    """
    one, other = Parted(source), Parted(target)
    if one.shape == other.shape:
        return list(zip(one.passages, other.passages, strict=True))
    sources, targets = blocks(source), blocks(target)
    if len(sources) != len(targets) or len(sources) < 2:
        return []
    return [pair for each in zip(sources, targets, strict=True) for pair in pairs(*each)]


def digest(passage: str) -> str:
    """Return the SHA-256 by which equal passages are found. It ignores white space, but not markup."""
    return hashlib.sha256(" ".join(passage.split()).encode()).hexdigest()


def substituted(html: str, known: Mapping[str, str]) -> str | None:
    """Return the text with the translations of its passages, which are `known` by digest; None if one is missing."""
    parted = Parted(html)
    found = [known.get(digest(passage)) for passage in parted.passages]
    return None if not found or None in found else parted.with_passages(found)

"""The offers of the memory at the translators' desk, beside each piece of a text: a paragraph, a list, a headline."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from articles.models import GlossaryTerm, TranslationUnit
from articles.text.diff import difference
from articles.text.passages import Parted
from articles.text.plaintext import plain_text
from articles.translations import columns
from articles.translations.memory import lookup, units
from articles.translations.memory.lookup import Match
from liveblog.admin_lang import named

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.models import Article, Update


@dataclass(frozen=True)
class Piece:
    """A text that a translator writes in one control: its field, and the original."""

    field: str
    source: str
    rich: bool


@dataclass(frozen=True)
class Offer:
    """A translation of a piece, made of the matches of its passages."""

    piece: Piece
    matches: Sequence[Match]

    @property
    def text(self) -> str:
        """Return the text for the control: HTML for rich text."""
        if self.piece.rich:
            return Parted(self.piece.source).with_passages([match.target for match in self.matches])
        return plain_text(self.matches[0].target)

    @property
    def shown(self) -> SafeString:
        """Return the text as HTML, and mark numbers and names that differ from the reviewed translation."""
        if any(match.adapted for match in self.matches):
            reviewed = Parted(units.as_passage(self.piece.source, rich=self.piece.rich))
            before = reviewed.with_passages([match.unit.target for match in self.matches])
            now = reviewed.with_passages([match.target for match in self.matches])
            return difference(before, now, rich=True)
        return mark_safe(units.as_passage(self.text, rich=self.piece.rich))

    @property
    def adapted(self) -> bool:
        return any(match.adapted for match in self.matches)

    @property
    def source_difference(self) -> SafeString | str:
        """Return the difference between the original and that of the reviewed translation; empty if there is none."""
        if all(match.exact for match in self.matches):
            return ""
        now = Parted(units.as_passage(self.piece.source, rich=self.piece.rich))
        before = now.with_passages([match.unit.source for match in self.matches])
        return difference(before, "".join(now.pieces), rich=True)

    @property
    def percent(self) -> int:
        """Return the similarity of the least similar passage."""
        return int(100 * self._least.similarity)

    @property
    def unit(self) -> TranslationUnit:
        """Return the unit whose origin is shown: of several, that of the least similar passage."""
        return self._least.unit

    @property
    def article(self) -> SafeString:
        """Return the headline of the article from which the translation comes; empty if it comes from a file."""
        translation = self.unit.translation
        return named(columns.article_of(translation.item)) if translation else SafeString("")

    @property
    def _least(self) -> Match:
        return min(self.matches, key=lambda match: match.similarity)

    @property
    def token(self) -> str:
        """Return a token of the offered text, so that the desk uses the text that the user has seen."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def find(item: Article | Update, language: str, pieces: Mapping[str, Piece], user: User) -> dict[str, list[Offer]]:
    """Return the offers for pieces by name, the most similar first.

    A piece of several passages, such as a list, has an offer if each of them has a match.
    """
    parted = {name: Parted(units.as_passage(piece.source, rich=piece.rich)).passages for name, piece in pieces.items()}
    wanted = [(GlossaryTerm.kind_of(pieces[name].field), passage) for name, each in parted.items() for passage in each]
    if not wanted:
        return {}
    readable = lookup.readable_by(user, columns.article_of(item))
    found = iter(lookup.matches(readable, wanted, item.source_language, language))
    offers: dict[str, list[Offer]] = {}
    for name, each in parted.items():
        matches = [next(found) for _passage in each]
        if len(matches) == 1:
            offers[name] = [Offer(pieces[name], [match]) for match in matches[0]]
        elif all(matches):
            offers[name] = [Offer(pieces[name], [best[0] for best in matches])]
    return offers

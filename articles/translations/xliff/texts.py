"""The texts of a translation as units: one passage of one field each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from articles.text.passages import Parted
from articles.text.plaintext import decoded
from articles.translations import columns
from articles.translations.memory import units

if TYPE_CHECKING:
    from articles.models import Article, Update


@dataclass(frozen=True)
class Unit:
    """A passage of a field, and its translation if there is one at the same position."""

    id: str
    field: str
    source: str
    target: str


class Texts:
    """The texts of an item in two languages, part by part."""

    def __init__(self, item: Article | Update, language: str) -> None:
        self.item = item
        self.language = language
        self.source = columns.texts_of(item, item.source_language)
        self.stored = columns.texts_of(item, language)
        self.rich = columns.rich_fields(item)
        self._parted = {
            field: Parted(units.as_passage(text, rich=field in self.rich)) for field, text in self.source.items()
        }

    @property
    def units(self) -> list[Unit]:
        found = []
        for field, parted in self._parted.items():
            stored = Parted(units.as_passage(self.stored.get(field, ""), rich=field in self.rich))
            same = stored.shape == parted.shape
            for number, passage in enumerate(parted.passages):
                target = stored.passages[number] if same else ""
                found.append(Unit(f"{field}.{number}", field, passage, target))
        return found

    def with_targets(self, targets: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Return the texts with translations by the id of the unit, and the fields of which some are lacking.

        Those fields keep their present text.
        """
        texts, incomplete = dict(self.stored), []
        passages: dict[str, list[str]] = {}
        for unit in self.units:
            passages.setdefault(unit.field, []).append(targets.get(unit.id) or unit.target)
        given = {unit_id.rpartition(".")[0] for unit_id in targets}
        for field, each in passages.items():
            if field not in given:
                continue
            if not all(each):
                incomplete.append(field)
                continue
            text = self._parted[field].with_passages(each)
            texts[field] = text if field in self.rich else decoded(text)
        return texts, incomplete

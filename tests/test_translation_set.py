"""The set of right and wrong translations is well-formed, and covers every kind of fault in every language."""

import json
import unicodedata
from collections import Counter
from html.parser import HTMLParser

import pytest

from tests.translation_set import KINDS, LANGUAGES, load, parse

GOOD = {
    "source_language": "en",
    "target_language": "de",
    "field": "headline",
    "source": "Rain",
    "target": "Regen",
    "faults": [],
    "note": "",
}


class _Skeleton(HTMLParser):
    """A parser that collects link addresses and counts tags. Fails if a tag is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str | None] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"{self.open} not closed in {text}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag != "br":
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_enough_right_translations_and_every_kind_of_fault(language):
    entries = list(load(language))
    assert {entry.target_language for entry in entries} == {language}
    assert sum(entry.right for entry in entries) >= 60
    assert sum(not entry.right for entry in entries) >= 60
    assert {fault for entry in entries for fault in entry.faults} == set(KINDS)
    assert len({entry.source_language for entry in entries}) >= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_translation_differs_from_a_right_one_of_the_same_source(language):
    entries = list(load(language))
    right = {(entry.source_language, entry.source): entry.target for entry in entries if entry.right}
    for entry in entries:
        if not entry.right:
            assert right[entry.source_language, entry.source] != entry.target, entry
    assert len({(entry.source, entry.target) for entry in entries}) == len(entries)


@pytest.mark.parametrize("language", LANGUAGES)
def test_right_translations_keep_links_and_tags_of_their_source(language):
    for entry in load(language):
        assert unicodedata.is_normalized("NFC", entry.source + entry.target), entry
        if entry.field != "body":
            assert "<" not in entry.source + entry.target, entry
        elif entry.right:
            source, target = _Skeleton(entry.source), _Skeleton(entry.target)
            assert source.tags == target.tags, entry
            assert source.links == target.links, entry


@pytest.mark.parametrize(
    "change",
    [
        {"target": " "},
        {"faults": ["number"]},
        {"faults": ["number", "name"], "note": "two"},
        {"faults": ["style"], "note": "unknown"},
        {"field": "title"},
        {"source_language": "de"},
        {"source_language": "xx"},
        {"extra": 1},
    ],
)
def test_a_malformed_entry_is_refused(change):
    assert parse(json.dumps(GOOD)).right
    with pytest.raises((ValueError, TypeError)):
        parse(json.dumps(GOOD | change))

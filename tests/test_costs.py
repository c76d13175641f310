"""No text takes long: it is refused early, or its time is linear in its length; and it is parsed before any lock."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from articles.interchange import wordpress
from articles.interchange.markup import content_of
from articles.models import Translation
from articles.polls import ballot
from articles.text import bidi, diff, plaintext, richtext, tables
from articles.text.richtext import MAX_DEPTH, MAX_LENGTH, MAX_TAGS, within_bounds
from articles.translations.checks import check
from comments import submission
from comments import text as comment
from comments.forms import MAX_LENGTH as MAX_COMMENT_LENGTH
from comments.models import Comment
from comments.submission import Sender
from liveblog.delivery import log
from liveblog.marks import bounded_marks
from liveblog.search.folding import fold
from liveblog.translation import detector
from tests import factories, newsroom, soak
from tests.desks import DeskClient

#: In seconds of CPU time, which hardly depends on other work on the machine.
LIMIT = 0.3


def fill(piece: str, length: int = MAX_LENGTH) -> str:
    return (piece * (length // len(piece) + 1))[: length - 1] + "x"


def many(before: str, after: str = "") -> str:
    count = min(MAX_TAGS // 2, MAX_LENGTH // (len(before + after) + 1)) - 2
    return f"{before}x{after}" * count


#: Each text has the maximal length or number of tags within the bounds.
TEXTS = {
    "nested lists": fill("<ul><li>"),
    "nested lists within bounds": many("<ul><li>" * 15, "</li></ul>" * 15),
    "quotes": fill("<blockquote>"),
    "tables in tables": fill("<table><tr><td>"),
    "formatting": fill("<strong><em>"),
    "formatting that is closed the wrong way": many("<strong><em>", "</strong></em>"),
    "links across paragraphs": many("<a href='/x'><p>"),
    "paragraphs": many("<p>", "</p>"),
    "open paragraphs": many("<p>"),
    "paragraphs that are only closed": many("</p>"),
    "paragraphs in a table": f"<table>{many('<p>')}",
    "items": f"<ul>{many('<li>', '</li>')}</ul>",
    "cells": f"<table>{'<tr>' + '<td>1</td>' * 11 + '</tr>'}</table>",
    "line breaks": many("<br>"),
    "signs": fill("<"),
    "references": fill("&amp;"),
    "unfinished references": fill("&"),
    "comments": fill("<!--"),
    "attributes": f"<p {fill('a=b ', 90_000)}>x</p>",
    "a link without end": f'<p><a href="{"a" * 99_000}',
    "one word": f"<p>{fill('a', 99_000)}</p>",
    "all words differ": "<p>" + " ".join(f"w{number}" for number in range(14_000)) + "</p>",
    "spaces": f"<p>{fill(' ', 99_000)}</p>",
    "marks": f"<p>{fill('e' + chr(0x301) * 9, 99_000)}</p>",
    "isolates": "<p>" + "\u202a" * 49_000 + "\u2069" * 49_000 + "x</p>",
    "open isolates": "<p>" + "\u2066" * 99_000 + "x</p>",
}


def seconds(work: Callable[..., object], *arguments: object) -> float:
    """Return the CPU time of some work. Other programs on the same core may prolong it, so a long run is repeated."""

    def measured() -> float:
        nothing_kept()
        started = time.thread_time()
        work(*arguments)
        return time.thread_time() - started

    first = measured()
    return first if first < LIMIT else min(first, measured())


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    nothing_kept()


def nothing_kept() -> None:
    """Clear the caches of parsed texts, so that each measurement includes parsing."""
    for kept in (richtext.sanitise, richtext.normalise, richtext._depth):
        kept.cache_clear()


#: The texts of each run; `make soak` measures all.
USUAL = ("nested lists", "nested lists within bounds", "links across paragraphs", "paragraphs", "items", "isolates")


@pytest.mark.parametrize("name", [name if name in USUAL else soak.only(name) for name in TEXTS])
def test_a_text_is_refused_or_understood_in_a_short_time(name: str) -> None:
    html = TEXTS[name]
    assert len(html) <= MAX_LENGTH

    def door() -> None:
        within_bounds(html)

    started = time.process_time()
    try:
        door()
    except ValidationError:
        assert time.process_time() - started < LIMIT
        return
    assert time.process_time() - started < LIMIT
    stored = richtext.normalise(html)
    for work, argument in (
        (richtext.normalise, f"{html} "),
        (richtext.sanitise, html),
        (richtext.blocks, stored),
        (richtext.items, stored),
        (tables.size, stored),
        (tables.for_readers, stored),
        (plaintext.plain_text, stored),
        (plaintext.plain_lines, stored),
        (plaintext.lines, html),
        (bidi.balanced, html),
        (bounded_marks, html),
        (ballot.parse, stored),
        (fold, plaintext.plain_text(stored)),
    ):
        assert seconds(work, argument) < LIMIT, work
    assert seconds(lambda: diff.difference(stored, f"{stored}<p>y</p>", rich=True)) < LIMIT


#: Texts to repeat: without spaces, or with numbers, words and marks that the translation checks examine.
PIECES = (
    *("a", "a.", "a'", " "),
    *map(soak.only, ("1", "1 ", "1/", "ж", "« ", "12 May 2022, ", "12 km/h ", "not ", "AB.", "€1 ", "http://")),
)


@pytest.mark.parametrize("language", ["fr", soak.only("de"), soak.only("ar"), soak.only("uk")])
@pytest.mark.parametrize("piece", PIECES)
def test_a_translation_is_checked_in_a_time_that_grows_with_its_length(piece: str, language: str) -> None:
    def checked(length: int) -> float:
        text = fill(piece, length)
        return seconds(lambda: check(text, f"Une phrase. {text}", "en", language))

    # Eight times the text would take 64 times as long if each part were compared with every other one.
    assert checked(64_000) < max(LIMIT, 24 * checked(8_000))


#: Beginnings of shortcodes and tags without an end.
OPEN = (
    *("[caption ", "[caption x]<img>", "[gallery ", "[video src=' ", "[video src='a", "<span class='type-key"),
    *("<a class='liveblog-hash ", "http://a.", "src='/emoji/", " "),
)


@pytest.mark.parametrize("piece", OPEN)
@pytest.mark.parametrize("before", ["", soak.only("[video "), soak.only("<span ")])
def test_a_text_of_wordpress_is_read_in_a_time_that_grows_with_its_length(before: str, piece: str) -> None:
    assert seconds(lambda: content_of(wordpress._cleaned(f"{before}{fill(piece, 64_000)}"))) < LIMIT


def test_real_texts_are_within_the_bounds() -> None:
    cell = "<td><p><strong><em><a href='https://host.example/'>1</a></em></strong></p></td>"
    within_bounds(f"<blockquote><table>{f'<tr>{cell * 10}</tr>' * 80}</table></blockquote>")
    within_bounds("<ul><li><p>x</p>" * 12 + "</li></ul>" * 12)
    within_bounds("<p>A paragraph with <strong>bold</strong> words.</p>" * 1900)
    with pytest.raises(ValidationError, match="formatting"):
        within_bounds("<blockquote>" * (MAX_DEPTH + 1))


@given(st.integers(0, 3 * MAX_DEPTH))
def test_the_depth_is_that_of_the_parsed_text(depth: int) -> None:
    # An end tag in a comment or an attribute closes nothing.
    html = "<blockquote><!-- </blockquote> --><p title='</p></blockquote>'>x</p>" * depth
    if depth < MAX_DEPTH:
        within_bounds(html)
    else:
        with pytest.raises(ValidationError):
            within_bounds(html)


COMMENTS = {
    "addresses": "http://a.example ",
    "beginnings of addresses": "http://",
    "parts of addresses": "www.a.",
    "e-mail": "a@",
    "brackets": "http://a.example/(",
    "references": "&lt;",
    "markup": "<a [url",
    "marks": "e\u0301\u0301\u0301\u0301\u0301",
    "isolates": "\u2066",
    "words": "The water keeps rising and nobody knows why. ",
}


@pytest.mark.parametrize("name", COMMENTS)
def test_a_comment_is_understood_in_a_short_time(name: str) -> None:
    text = fill(COMMENTS[name], MAX_COMMENT_LENGTH)
    detector.load()
    for work in (comment.cleaned, comment.html_of, comment.count_of_links, comment.hash_of, detector.language_of):
        assert seconds(work, text) < LIMIT, work


# Locks ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that collects the names of calls since the first lock of an article."""
    done: list[str] = []
    lock = log.lock

    def noting(*article_ids: int) -> None:
        lock(*article_ids)
        done.append("lock")

    def note(module: Any, name: str) -> None:
        original = getattr(module, name)

        def noted(*arguments: Any, **options: Any) -> Any:
            if done:
                done.append(name)
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, noted)

    monkeypatch.setattr(log, "lock", noting)
    note(detector, "language_of")
    note(detector, "load")
    note(comment, "count_of_links")
    note(richtext, "parse")
    monkeypatch.setattr(richtext, "_cleaner", _Noted(richtext._cleaner, done))
    return done


class _Noted:
    def __init__(self, cleaner: Any, done: list[str]) -> None:
        self._cleaner, self._done = cleaner, done

    def clean(self, html: str) -> str:
        if self._done and len(html) > 1000:
            self._done.append("clean")
        return self._cleaner.clean(html)


@pytest.mark.django_db
def test_a_comment_is_understood_before_its_article_is_locked(client: Client, locked: list[str]) -> None:
    article = factories.article()
    fields = {
        "name": "Ana",
        "email": "ana@host.example",
        "text": "The water keeps rising, and nobody knows why at all.",
    }

    def understood_before() -> bool:
        return {"language_of", "load", "count_of_links"}.isdisjoint(locked[locked.index("lock") :])

    locked.clear()
    answer = client.post(f"/en/live/{article.slug}/comments/", fields, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 201
    assert understood_before()
    locked.clear()
    written = Comment.objects.get()
    submission.edit(written, "The water keeps rising, and all know.", Sender(None, ""), version=written.version)
    assert understood_before()


@pytest.mark.django_db
def test_an_update_is_parsed_before_its_article_is_locked(client: Client, locked: list[str]) -> None:
    article = factories.article()
    client.force_login(newsroom.user("ana", "Journalist"))
    html = TEXTS["paragraphs"]
    locked.clear()
    assert DeskClient(client, article).write(body=html)["state"] == "published"
    assert "lock" in locked
    assert "clean" not in locked[locked.index("lock") :]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["nested lists", "tables in tables", "paragraphs that are only closed"])
def test_no_field_of_a_form_is_parsed_beyond_the_bounds(client: Client, name: str) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>A text.</p>", body_de="<p>Ein Text.</p>")
    client.force_login(User.objects.create_superuser("costs"))
    desk = DeskClient(client, article)
    html = TEXTS[name] * 10
    translation = Translation.objects.filter(update=update, language="de").first()
    assert translation is not None
    requests = {
        desk.address("write"): {"source_language": "en", "kind": "text", "action": "publish", "body": html},
        desk.address("preview_new"): {"source_language": "en", "kind": "text", "reader": "en", "body": html},
        f"/admin/articles/update/{update.pk}/change/": {
            "body_en": "<p>x</p>",
            "body_de": "<p>y</p>",
            "initial-body_de": html,
            "initial-headline_de": html,
        },
        f"/admin/articles/translation/{translation.pk}/change/": {"body-0": html, "_accept": "1"},
        f"/admin/articles/translation/{translation.pk}/check/": {"body-0": html},
        "/admin/articles/snippet/add/": {"name": "x", "body": html, "source_language": "en"},
    }
    # The first requests of a process compile templates.
    for address in requests:
        client.post(address, {})
    for address, data in requests.items():
        baseline = seconds(client.post, address, {})
        assert seconds(client.post, address, data) - baseline < LIMIT, address

"""Comments in archives of coverage; tests/test_interchange.py tests whole files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from articles.models import Article
from comments import archiving, moderation
from comments.models import Actor
from tests import factories

pytestmark = pytest.mark.django_db


def dumped() -> list[dict[str, Any]]:
    article = factories.article()
    for name in ("Ana", "Ion"):
        factories.comment(article, name=name)
    return as_read(article, personal=True)


def as_read(article: Article, *, personal: bool) -> list[dict[str, Any]]:
    lines = [{"type": kind, **data} for kind, data in archiving.dump(article, personal)]
    read: list[dict[str, Any]] = json.loads(json.dumps(lines, cls=DjangoJSONEncoder))
    return read


@pytest.mark.parametrize(
    "wrong",
    [
        *({"key": 7}, {"key": [1]}, {"answers": ["1"]}, {"answers": "missing"}),
        *({"written_at": [1]}, {"written_at": "2026-11-26T10:00:00"}, {"text": None}, {"state": "x"}),
        *({"notes": "x"}, {"notes": ["x"]}, {"notes": [{"by": [1]}]}, {"decisions": [{"at": {}}]}),
    ],
)
def test_a_comment_that_breaks_a_rule_is_left_out_and_counted(
    wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    lines = dumped()
    lines[0] |= wrong
    copy = factories.article()
    archiving.load(copy, iter(lines), lambda _key: None, lambda _name: None)
    assert [comment.name for comment in copy.comments.all()] == ["Ion"]
    assert "left out: 1." in caplog.text


def test_a_bug_is_no_fault_of_the_archive() -> None:
    def account_of(name: str | None) -> int | None:
        raise KeyError(name)

    lines = dumped()
    lines[0]["notes"] = [{"at": lines[0]["written_at"], "text": "Noted", "by": "ana"}]
    with pytest.raises(KeyError):
        archiving.load(factories.article(), iter(lines), lambda _key: None, account_of)


@pytest.mark.parametrize("state", ["rejected", "spam", "waiting", "deleted"])
def test_an_answer_that_readers_see_keeps_its_place_below_a_comment_that_they_do_not_see(state: str) -> None:
    article = factories.article()
    made = factories.update(article)
    first = factories.comment(article, name="Troll", text="An insult", update_made=made)
    second = factories.comment(article, name="Other", text="Another insult", parent=first)
    answer = factories.comment(article, name="Ana", text="Please stay polite", parent=second)
    alone = factories.comment(article, name="Seller", text="Buy")
    unseen = factories.comment(article, name="Fan", text="Yes", parent=alone)
    for comment in (first, second, answer, alone, unseen):
        moderation.set_state(comment, "approved", actor=Actor.MODERATOR)
    for comment in (first, second, alone, unseen):
        comment.refresh_from_db()
        if state == "deleted":
            comment.empty()
        else:
            moderation.set_state(comment, state, actor=Actor.MODERATOR)
    lines = as_read(article, personal=False)
    assert [(line["name"], line["text"], line["state"]) for line in lines] == [
        ("", "", "deleted"),
        ("", "", "deleted"),
        ("Ana", "Please stay polite", "approved"),
    ]
    assert (lines[0]["update_made"] is None) == (state != "deleted")
    copy = factories.article()
    archiving.load(copy, iter(lines), lambda _key: None, lambda _name: None)
    [copied] = copy.comments.approved()
    assert (copied.name, copied.parent.name, copied.thread.shown, copied.thread.answers) == ("Ana", "", True, 1)
    assert copied.parent.parent == copied.thread

"""Comments in archives of coverage; tests/test_interchange.py tests whole files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from comments import archiving
from tests import factories

pytestmark = pytest.mark.django_db


def dumped() -> list[dict[str, Any]]:
    article = factories.article()
    for name in ("Ana", "Ion"):
        factories.comment(article, name=name)
    lines = [{"type": kind, **data} for kind, data in archiving.dump(article, personal=True)]
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

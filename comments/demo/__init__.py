"""The demo's comments: invented, some of them waiting for a moderator."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from articles.models import Article
from comments import moderation
from comments.models import Actor, Comment, ListedWord, State
from comments.text import hash_of

PATH = Path(__file__).parent / "comments.toml"


def load(article: Article, path: Path = PATH) -> int:
    """Add the demo's comments to an article that has none. Return their number."""
    if article.comments.exists():
        return 0
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    for word in data["words"]:
        ListedWord.objects.get_or_create(
            language=word["language"], word=word["word"], defaults={"action": word["action"]}
        )
    made: dict[str, Comment] = {}
    for each in data["comments"]:
        made[each["key"]] = _comment(article, each, made)
    return len(made)


def _comment(article: Article, data: Mapping[str, Any], others: dict[str, Comment]) -> Comment:
    comment = Comment(
        article=article,
        parent=others.get(data.get("answers", "")),
        language=data["language"],
        page_language=data["language"],
        name=data["name"],
        email=f"{data['key']}@example.org",
        confirmed=True,
        text=data["text"],
        text_hash=hash_of(data["text"]),
        held=data.get("held", ""),
        held_detail=data.get("detail", ""),
        featured=data.get("featured", False),
    )
    if data["state"] == State.APPROVED:
        moderation.set_state(comment, State.APPROVED, actor=Actor.MODERATOR)
    else:
        comment.save()
    written_at = timezone.now() - timedelta(minutes=data["minutes_ago"])
    Comment.objects.filter(pk=comment.pk).update(written_at=written_at)
    if data["state"] != State.APPROVED:
        Comment.objects.filter(pk=comment.pk).update(queued_at=written_at)
    for reader in range(data.get("reports", 0)):
        moderation.report(comment.pk, "abuse", "", f"demo-{reader}")
    return comment

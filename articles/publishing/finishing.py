"""Decide on scheduled updates when their coverage is finished.

Readers are told that the coverage has ended, so no update may appear after that without a decision. Every
save that finishes a coverage follows this rule (`Article.save`): a user has to decide about the updates that are still
scheduled; if a machine finishes it, they become drafts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles.choices import UpdateState
from liveblog.actors import is_machine

if TYPE_CHECKING:
    from articles.models import Article, Update


class Fate(models.TextChoices):
    """The possible decisions on scheduled updates."""

    DRAFTS = "drafts", _("Keep them as drafts")
    PUBLISH = "publish", _("Publish them at their scheduled times anyway")
    DISCARD = "discard", _("Delete them")


@dataclass(frozen=True)
class Decision:
    """A user's decision on scheduled updates, and the primary keys of those that the user was shown."""

    fate: Fate
    named: frozenset[int]


def scheduled(article: Article) -> QuerySet[Update]:
    """Return the updates that are scheduled for publication, the next one first."""
    return _updates(article).filter(state=UpdateState.SCHEDULED).order_by("publish_at", "pk")


def submitted(article: Article) -> QuerySet[Update]:
    """Return the updates that wait for their release. They stay unchanged: nothing publishes them automatically."""
    return _updates(article).filter(state=UpdateState.SUBMITTED).order_by("pk")


def _updates(article: Article) -> QuerySet[Update]:
    found: QuerySet[Update] = article.updates.all()  # type: ignore[attr-defined]
    return found


def error(article: Article) -> str:
    """Return why the acting user cannot finish a coverage yet; "" if everything is decided, or for a machine."""
    if is_machine():
        return ""
    named = article.finishing.named if article.finishing else frozenset()
    count = scheduled(article).exclude(pk__in=named).count()
    if not count:
        return ""
    return ngettext(
        "%(count)s update is still scheduled. Choose what should happen to it.",
        "%(count)s updates are still scheduled. Choose what should happen to them.",
        count,
    ) % {"count": count}


def carry_out(article: Article) -> None:
    """Apply the decision on the scheduled updates of a finished coverage. Call it in the edit of the article."""
    fate = article.finishing.fate if article.finishing else Fate.DRAFTS
    for update in scheduled(article):
        update.article = article
        # Polls close with the coverage, so nobody could vote in a poll that appeared now.
        if fate == Fate.PUBLISH and update.kind != "poll":
            continue
        update.state = UpdateState.WITHDRAWN if fate == Fate.DISCARD else UpdateState.DRAFT
        update.publish_at = None
        update.save()
    article.finishing = None

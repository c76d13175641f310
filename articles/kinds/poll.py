"""A poll: a question to all readers and its choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.choices import ArticleState
from articles.kinds.base import Errors, Kind, Values, source_field, source_text
from articles.polls import ballot
from articles.publishing import rules
from articles.text.localized import text_in
from articles.text.plaintext import plain_text
from liveblog.actors import is_machine

if TYPE_CHECKING:
    from articles.models import Article, Update
    from articles.pending import PendingRelations
    from articles.translations.selection import ReaderTexts


class Poll(Kind):
    code = "poll"
    name = pgettext_lazy("kind of update", "Poll")
    hint = _("A question to readers with two to ten choices.")
    sign = "?"
    fields = ("choices", "closes_at")
    optional = ("body", "closes_at")

    def publish_errors(self, update: Update, pending: PendingRelations) -> Errors:
        errors: Errors = {}
        if not source_text(update, "headline"):
            errors[source_field(update, "headline")] = _("Enter the question.")
        written = ballot.parse(source_text(update, "body"))
        if written is None or not ballot.MIN_CHOICES <= len(written.choices) <= ballot.MAX_CHOICES:
            message = _("Enter %(fewest)s to %(most)s choices.")
            limits = {"fewest": ballot.MIN_CHOICES, "most": ballot.MAX_CHOICES}
            errors[source_field(update, "body")] = message % limits
        return errors

    def plan_errors(self, update: Update, before: Update | None) -> Errors:
        """Refuse a poll that readers would never see open. Machines may publish one, from an archive."""
        if update.state == update.State.PUBLISHED and is_machine():
            return {}
        stored = before.closes_at if before and before.published_before else None
        if rules.has_passed(update.closes_at, stored):
            return {"closes_at": rules.PASSED}
        if before is not None and before.state == update.State.PUBLISHED:
            return {}
        if update.article_id and update.article.state == ArticleState.FINISHED:
            return {"kind": _("Coverage has ended, so no one could vote. Resume coverage first.")}
        opens = update.publish_at if update.state in (update.State.SCHEDULED, update.State.SUBMITTED) else None
        if opens and update.closes_at and update.closes_at <= opens:
            return {"closes_at": _("The poll would close before it opens. Choose a time after publication.")}
        return {}

    def edit_errors(self, update: Update, before: Update) -> Errors:
        """Forbid moving choices once there are votes, because votes refer to positions in the list."""
        old = ballot.parse(source_text(before, "body"))
        if old is None or not ballot.has_votes(before):
            return {}
        if update.kind != self.code:
            return {"kind": _("Readers have already voted, so this update has to remain a poll.")}
        written = ballot.parse(source_text(update, "body"))
        if written is not None and ballot.keeps_votes(written.choices, old.choices):
            return {}
        return {
            source_field(update, "body"): _(
                "Readers have already voted, so the %(count)s choices and their order can’t be changed. You can still"
                " correct their wording."
            )
            % {"count": len(old.choices)}
        }

    def words(self, update: Update, language: str) -> str:
        written = ballot.parse(text_in(update, "body", language))
        if written is None:
            return super().words(update, language)
        return " ".join(filter(None, (plain_text(written.introduction), " / ".join(written.choices))))

    def context(self, update: Update, article: Article, texts: ReaderTexts) -> Values:
        return ballot.context(update, article, texts)

    def structured(self, update: Update, texts: ReaderTexts) -> Values:
        counts = ballot.counts(update)
        answers = [
            {"@type": "Answer", "text": str(choice), "upvoteCount": counts[number]}
            for number, choice in enumerate(ballot.choices(update, texts))
        ]
        question = {"@type": "Question", "name": str(texts.own("headline")), "inLanguage": texts.language}
        return {"mainEntity": question | {"suggestedAnswer": answers}}

"""A question to all readers, with its answers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Kind, beside, source_text
from articles.polls import ballot
from articles.translations.selection import ReaderTexts


class Poll(Kind):
    code = "poll"
    name = pgettext_lazy("kind of update", "Poll")
    hint = _("The question is the headline; the choices, two to ten, are the items of one list in the text.")
    sign = "?"
    fields = ("closes_at",)

    def errors(self, update: Any) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        if not source_text(update, "headline"):
            errors[beside(update, "headline")] = _("Write the question as the headline.")
        written = ballot.parse(source_text(update, "body"))
        if written is None or not ballot.FEWEST <= len(written.choices) <= ballot.MOST:
            errors[beside(update, "body")] = _("Write the choices as one list of %(fewest)s to %(most)s items.") % {
                "fewest": ballot.FEWEST,
                "most": ballot.MOST,
            }
        return errors

    def errors_of_edit(self, update: Any, was: Any) -> dict[str, Any]:
        """Votes are for a place in the list: once there are some, nothing takes another's place."""
        asked = ballot.parse(source_text(was, "body"))
        if asked is None or not ballot.voted_on(was):
            return {}
        if update.kind != self.code:
            return {"kind": _("Readers have voted already: it stays a poll.")}
        written = ballot.parse(source_text(update, "body"))
        if written is not None and ballot.fits(written.choices, asked.choices):
            return {}
        return {
            beside(update, "body"): _(
                "Readers have voted already: the poll keeps its %(count)s choices in their order. "
                "Their words can be corrected."
            )
            % {"count": len(asked.choices)}
        }

    def context(self, update: Any, article: Any, texts: ReaderTexts) -> dict[str, Any]:
        return ballot.context(update, article, texts)

    def structured(self, update: Any, texts: ReaderTexts) -> dict[str, Any]:
        counts = ballot.counts(update)
        answers = [
            {"@type": "Answer", "text": str(choice), "upvoteCount": counts[number]}
            for number, choice in enumerate(ballot.choices(update, texts))
        ]
        question = {"@type": "Question", "name": str(texts.own("headline")), "inLanguage": texts.language}
        return {"mainEntity": question | {"suggestedAnswer": answers}}

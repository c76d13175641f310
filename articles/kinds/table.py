"""A table: rows and columns of figures, such as a vote count or a score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Errors, Kind, Values, source_field, source_text
from articles.text import tables

if TYPE_CHECKING:
    from articles.models import Article, Update
    from articles.pending import PendingRelations
    from articles.translations.selection import ReaderTexts


class Table(Kind):
    code = "table"
    name = pgettext_lazy("kind of update", "Table")
    hint = _(
        "A vote count, a score and the like. The headline is the title of the table; the first row names the columns."
    )
    sign = "▦"
    fields = ("attribution",)
    optional = ("attribution",)

    def publish_errors(self, update: Update, pending: PendingRelations) -> Errors:
        errors: Errors = {}
        if not source_text(update, "headline"):
            errors[source_field(update, "headline")] = _("Add a headline that says what the table shows.")
        if not tables.size(source_text(update, "body"))[0]:
            errors[source_field(update, "body")] = _("Insert a table.")
        return errors

    def context(self, update: Update, article: Article, texts: ReaderTexts) -> Values:
        body = texts.own("body")
        table = tables.for_readers(body.value, str(texts.own("headline")), headed=True)
        return {"attribution": texts.text("attribution"), "body": replace(body, value=table)}

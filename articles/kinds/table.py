"""Figures in rows and columns: a vote count, a score, a comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.kinds.base import Kind, beside, source_text
from articles.text import tables
from articles.translations.selection import ReaderTexts


class Table(Kind):
    code = "table"
    name = pgettext_lazy("kind of update", "Table")
    hint = _("A vote count or a score. The headline names the table, its first row the columns.")
    sign = "▦"
    fields = ("attribution",)

    def errors(self, update: Any) -> dict[str, Any]:
        errors = {}
        if not source_text(update, "headline"):
            errors[beside(update, "headline")] = _("A table needs a headline that says what it shows.")
        if not tables.size(source_text(update, "body"))[0]:
            errors[beside(update, "body")] = _("Put a table into the text.")
        return errors

    def context(self, update: Any, article: Any, texts: ReaderTexts) -> dict[str, Any]:
        body = texts.own("body")
        laid_out = tables.for_readers(body.value, str(texts.own("headline")), headed=True)
        return {"attribution": texts.text("attribution"), "body": replace(body, value=laid_out)}

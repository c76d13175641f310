"""Snippets, and the notes of colleagues to each other."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles import kinds
from articles.text.richtext import RichTextField
from liveblog.fields import LanguageField, LongTextField, ShortTextField


class Snippet(models.Model):
    """A reusable beginning of an update, such as a standing headline with a list."""

    name = ShortTextField(
        pgettext_lazy("of a thing", "name"), max_length=80, help_text=_("Name shown in the list of snippets.")
    )
    article = models.ForeignKey(
        "articles.Article",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="snippets",
        verbose_name=_("article"),
        help_text=_("Leave empty to offer it in every article."),
    )
    source_language = LanguageField(_("language"))
    kind = models.CharField(_("kind"), max_length=12, choices=kinds.choices, default="text")
    headline = ShortTextField(_("headline"), max_length=200, blank=True)
    body = RichTextField(_("body"), blank=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("snippet")
        verbose_name_plural = _("snippets")

    def __str__(self) -> str:
        return self.name


class DeskNote(models.Model):
    """A note to colleagues about a coverage, or about one of its updates. Readers never see it."""

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="desk_notes")
    update = models.ForeignKey("articles.Update", models.CASCADE, null=True, blank=True, related_name="desk_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = LongTextField(max_length=1000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ("at", "pk")
        indexes = [models.Index(fields=["article", "-at", "-id"], name="newest_notes_of_a_desk")]

    def __str__(self) -> str:
        return self.text[:60]

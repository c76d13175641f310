"""The state of each text in each language, and the glossary.

The texts are in columns of their article or update (django-modeltranslation). A `Translation` records their origin: the
source texts that they were made from, the user or engine that made them, and the user who reviewed them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles import changes
from liveblog.fields import LanguageField, ShortTextField
from liveblog.jobs import QueueRow
from liveblog.translation.terms import Term

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.models import Article, Update


class TranslationQuerySet(changes.GuardedQuerySet):
    def of_article(self, article_id: int) -> TranslationQuerySet:
        """Return those of the article's own texts and of all its updates."""
        return self.filter(Q(article=article_id) | Q(update__article=article_id))

    def wanting(self) -> TranslationQuerySet:
        """Return what translators have to do: texts that readers see, or will, and that are not reviewed."""
        seen = Q(update__isnull=True) | Q(update__state__in=("published", "scheduled"))
        undone = ~Q(state__in=(Translation.State.REVIEWED, Translation.State.REFUSED)) | Q(outdated=True)
        return self.filter(seen & undone)

    def urgent_first(self) -> TranslationQuerySet:
        """Put key events first, then the articles' own texts, then the newest updates."""
        return self.order_by(
            Coalesce("update__is_key", False).desc(), F("update__first_published_at").desc(nulls_first=True), "-pk"
        )


class Translation(QueueRow, changes.Guarded):
    """The state of the texts of an article or of an update in one language other than the source language.

    The row is in the queue of `articles.translations.drafting` while a machine draft is due.
    """

    OWNERS = {"article": "article", "update": "update"}
    UNSEEN = QueueRow.QUEUE_COLUMNS | {"editor", "edited_until"}

    class State(models.TextChoices):
        MISSING = "missing", pgettext_lazy("state of a translation", "Missing")
        MACHINE = "machine", pgettext_lazy("state of a translation", "Machine draft")
        REVIEW = "review", pgettext_lazy("state of a translation", "In review")
        REVIEWED = "reviewed", pgettext_lazy("state of a translation", "Reviewed")
        REFUSED = "refused", pgettext_lazy("state of a translation", "Not in this language")

    article = models.ForeignKey(
        "articles.Article",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="translations",
        verbose_name=_("article"),
    )
    update = models.ForeignKey(
        "articles.Update", models.CASCADE, null=True, blank=True, related_name="translations", verbose_name=_("update")
    )
    language = LanguageField(_("language"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.MISSING)
    #: The original was corrected after the translation was made.
    outdated = models.BooleanField(_("outdated"), default=False)
    version = models.PositiveIntegerField(default=0)

    # Its origin.
    source = models.JSONField(default=dict, help_text="The original's texts that it was made from, by field.")
    source_revision = models.PositiveBigIntegerField(null=True, help_text="The article's revision at that time.")
    engine = models.CharField(max_length=20, blank=True)
    translator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(null=True)
    first_made_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    first_reviewed_at = models.DateTimeField(null=True)
    problems = models.JSONField(default=list)

    # The user who has it open at the translators' desk.
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    edited_until = models.DateTimeField(null=True)

    objects = TranslationQuerySet.as_manager()

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=False, update__isnull=True) | Q(article__isnull=True, update__isnull=False),
                name="translation_of_one_thing",
            ),
            models.UniqueConstraint(fields=["article", "language"], name="one_translation_of_an_article"),
            models.UniqueConstraint(fields=["update", "language"], name="one_translation_of_an_update"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_translations"),
            models.Index(fields=["language", "state"], name="translations_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.item} · {self.language}"

    @classmethod
    def for_readers(cls) -> models.Prefetch:
        """Return the prefetch of those columns that decide what readers see."""
        columns = ("article", "update", "language", "state", "outdated", "engine", "translator", "reviewer")
        return models.Prefetch("translations", cls.objects.only(*columns))

    @property
    def item(self) -> Article | Update:
        """Return the article or update whose texts it translates."""
        item = self.article or self.update
        # A constraint of the database.
        assert item is not None
        return item

    @property
    def editor_now(self) -> User | None:
        """Return the user who has it open at this moment; None if there is none."""
        return self.editor if self.edited_until and self.edited_until > timezone.now() else None


class GlossaryTerm(models.Model):
    """The newsroom's translation of a term or name."""

    source_language = LanguageField(_("language of the original"))
    language = LanguageField(_("language of the translation"))
    source = ShortTextField(_("term"), max_length=120, help_text=_("As it is written in the original."))
    target = ShortTextField(
        _("translation"), max_length=120, blank=True, help_text=_("Leave it empty for what is not translated.")
    )
    note = ShortTextField(_("note"), max_length=300, blank=True, help_text=_("For the translators."))

    class Meta:
        ordering = ("source_language", "language", "source")
        verbose_name = _("glossary term")
        verbose_name_plural = _("glossary")
        constraints = [
            models.UniqueConstraint(
                fields=["source_language", "language", "source"],
                name="one_translation_of_a_term",
                violation_error_message=_("The glossary has this term already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target or self.source}"

    @classmethod
    def between(cls, source_language: str, language: str) -> list[Term]:
        """Return the terms of a pair of languages."""
        found = cls.objects.filter(source_language=source_language, language=language)
        return [Term(source, target) for source, target in found.values_list("source", "target")]

"""The state of each text in each language, and the glossary.

The texts are in columns of their article or update (django-modeltranslation). A `Translation` records their origin: the
source texts that they were made from, the user or engine that made them, and the user who reviewed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles import changes
from articles.text.plaintext import LineField, LinesField
from liveblog.fields import LanguageField
from liveblog.jobs import QueueRow
from liveblog.languages import language_name
from liveblog.search.index import FoldedTextField, SubstringIndex, WordIndex
from liveblog.translation.terms import Term

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.models import Article, Update


_DONE = ("reviewed", "refused")
_TO_DO = ~Q(state__in=_DONE) | Q(outdated=True)


class TranslationQuerySet(changes.GuardedQuerySet):
    def of_article(self, article_id: int) -> TranslationQuerySet:
        """Return those of the article's own texts and of all its updates."""
        return self.filter(Q(article=article_id) | Q(update__article=article_id))

    def wanting(self) -> TranslationQuerySet:
        """Return texts that translators have to work on: unreviewed ones that readers see or will see."""
        return self.to_do().filter(Q(update__isnull=True) | Q(update__state__in=("published", "scheduled")))

    def to_do(self) -> TranslationQuerySet:
        """Return those that are not done, or whose original was corrected afterwards."""
        return self.filter(_TO_DO)

    def done(self) -> TranslationQuerySet:
        return self.filter(state__in=_DONE)

    def urgent_first(self) -> TranslationQuerySet:
        """Sort outdated public texts first, then key events, the articles' own texts, and the newest updates."""
        public = Q(update__isnull=True) | Q(update__state="published")
        # A machine drafts its own texts again. A person's text stays until a person checks it.
        written = Q(state__in=(Translation.State.REVIEWED, Translation.State.REVIEW))
        wrong = Case(When(public & written & Q(outdated=True), then=Value(1)), default=Value(0))
        return self.order_by(
            wrong.desc(),
            Coalesce("update__is_key", False).desc(),
            F("update__first_published_at").desc(nulls_first=True),
            "-pk",
        )


class Translation(QueueRow, changes.Guarded):
    """The state of the texts of an article or of an update in one language other than the source language.

    The row is in the queue of `articles.translations.drafting` while a machine draft is due.
    """

    OWNERS = {"article": "article", "update": "update"}
    UNSEEN = QueueRow.QUEUE_COLUMNS | {"editor", "edited_until", "suggestion", "drafted", "remembered"}

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
    #: The remarks of the checks on the texts when they were last saved.
    problems = models.JSONField(default=list)
    #: The remarks with which `reviewer` accepted the texts at `reviewed_at`.
    accepted = models.JSONField(default=list)
    #: A digest of the accepted texts and their original; see `articles.translations.review`.
    review_digest = models.CharField(max_length=64, blank=True)
    #: The `review_digest` of the texts that the translation memory has; see `articles.translations.memory`.
    remembered = models.CharField(max_length=64, blank=True, editable=False)
    #: The changes that a machine suggests after a correction; see `articles.translations.suggestions`.
    suggestion = models.JSONField(default=dict)
    #: The engine's drafts of texts that people have changed but not yet accepted; see `articles.translations.usage`.
    drafted = models.JSONField(default=dict)

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
            models.Index(
                fields=["language", "update"],
                condition=_TO_DO,
                name="translations_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} · {language_name(self.language)}"

    @classmethod
    def for_readers(cls) -> models.Prefetch:
        """Return the prefetch of the columns that determine readers' texts and the contents of the memory."""
        columns = ["article", "update", "language", "state", "outdated", "engine", "translator", "reviewer", "accepted"]
        columns += ["remembered", "review_digest"]
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


class TranslationUnitQuerySet(models.QuerySet):
    def between(self, source_language: str, language: str) -> TranslationUnitQuerySet:
        return self.filter(source_language=source_language, language=language)

    def public(self, besides: Article | None = None) -> TranslationUnitQuerySet:
        """Return those that everybody may read, that came from a file, or that belong to the article `besides`."""
        published = Q(translation__isnull=True) | Q(translation__update__state="published")
        published |= Q(translation__article__isnull=False)
        if besides is not None:
            published |= Q(translation__update__article=besides)
        return self.filter(published)


class TranslationUnit(models.Model):
    """A passage of a reviewed text, such as a paragraph or a headline, and its translation.

    All of them together are the translation memory (`articles.translations.memory`). Source and target are HTML without
    paragraphs (`articles.text.passages`). A unit is deleted with the translation from which it comes; one from a file
    has none.
    """

    translation = models.ForeignKey(Translation, models.CASCADE, null=True, editable=False, related_name="units")
    file = models.CharField(_("file"), max_length=100, blank=True, editable=False)
    source_language = LanguageField(_("source language"), editable=False)
    language = LanguageField(_("target language"), editable=False)
    #: The kind of text, a `GlossaryTerm.Field`; empty if unknown.
    kind = models.CharField(max_length=12, blank=True, editable=False)
    source = models.TextField(editable=False)
    target = models.TextField(editable=False)
    #: A digest of the source, without its white space.
    digest = models.CharField(max_length=64, editable=False)
    #: The words of the source, and their length in characters, by which similar sources are found.
    words = FoldedTextField(editable=False)
    length = models.PositiveIntegerField(editable=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, editable=False)

    objects = TranslationUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("translation memory entry")
        verbose_name_plural = _("translation memory")
        default_permissions = ("add", "delete", "view")
        indexes = [
            models.Index(fields=["digest", "language"], name="translation_units_of_a_source"),
            SubstringIndex(fields=["words"], name="translation_unit_trigrams"),
            WordIndex(fields=["words"], name="translation_unit_words"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(source_language=F("language")), name="unit_has_two_languages"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} · {language_name(self.source_language)} → {language_name(self.language)}"


class EngineUse(models.Model):
    """The use of one engine for one article in one language; `articles.translations.usage` counts it."""

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="+")
    engine = models.CharField(max_length=20)
    language = LanguageField()
    texts = models.PositiveIntegerField(default=0)
    characters = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0, help_text="Drafts that people have accepted.")
    changed = models.FloatField(default=0, help_text="The sum of the shares of those drafts that people changed.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["article", "engine", "language"], name="one_use_of_an_engine"),
        ]

    def __str__(self) -> str:
        return f"{self.engine} · {self.language}"


class GlossaryTerm(models.Model):
    """The newsroom's translation of a term or name, in all texts or in those of one kind."""

    class Field(models.TextChoices):
        """The kinds of texts to which a term may apply."""

        HEADLINE = "headline", pgettext_lazy("kind of text", "Headlines")
        STANDFIRST = "standfirst", pgettext_lazy("kind of text", "Standfirsts")
        DATELINE = "dateline", pgettext_lazy("kind of text", "Datelines")
        BODY = "body", pgettext_lazy("kind of text", "Bodies of text")
        CAPTION = "caption", pgettext_lazy("kind of text", "Captions")
        CREDIT = "credit", pgettext_lazy("kind of text", "Credit lines")
        ALT = "alt", pgettext_lazy("kind of text", "Alternative texts")
        ATTRIBUTION = "attribution", pgettext_lazy("kind of text", "Attributions of quotes")
        NOTE = "note", pgettext_lazy("kind of text", "Correction and withdrawal notes")

        __empty__ = pgettext_lazy("kind of text", "All texts")

    #: Translated fields whose names differ from their kind.
    _KINDS: ClassVar[Mapping[str, Field]] = {"correction_note": Field.NOTE, "withdrawal_note": Field.NOTE}

    source_language = LanguageField(_("source language"))
    language = LanguageField(_("target language"))
    field = models.CharField(
        _("applies to"),
        max_length=12,
        choices=Field,
        blank=True,
        default="",
        help_text=_("A term for one kind of text takes precedence over a term for all texts."),
    )
    source = LineField(_("term"), max_length=120, help_text=_("As written in the original."))
    target = LineField(
        _("translation"), max_length=120, blank=True, help_text=_("Leave empty if the term isn’t translated.")
    )
    admitted = LinesField(
        _("also allowed"), max_length=600, blank=True, help_text=_("Other correct translations, one per line.")
    )
    forbidden = LinesField(
        _("forbidden"),
        max_length=600,
        blank=True,
        help_text=_("Wrong translations of this term, one per line. Translators are warned when they use one."),
    )
    case_sensitive = models.BooleanField(
        _("case-sensitive"),
        default=False,
        help_text=_("“Polish” isn’t “polish”. Acronyms such as WHO are always case-sensitive."),
    )
    inflected = models.BooleanField(
        _("includes inflected forms"),
        default=True,
        help_text=_(
            "“allies” and “ally” are the same term. Untick this for words that never change, such as a slogan."
        ),
    )
    note = LineField(
        _("note"), max_length=300, blank=True, help_text=_("For translators, such as the meaning intended.")
    )
    example = LineField(
        _("example"), max_length=300, blank=True, help_text=_("A sentence in which the term has this meaning.")
    )

    class Meta:
        ordering = ("source_language", "language", "source", "field")
        verbose_name = _("glossary term")
        verbose_name_plural = _("glossary")
        constraints = [
            models.UniqueConstraint(
                fields=["source_language", "language", "source", "field"],
                name="one_translation_of_a_term",
                violation_error_message=_("This term is already in the glossary."),
            ),
            models.CheckConstraint(condition=~Q(source=""), name="glossary_term_is_not_empty"),
            models.CheckConstraint(
                condition=~Q(source_language=F("language")),
                name="glossary_term_has_two_languages",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target or self.source}"

    def clean(self) -> None:
        if self.language and self.language == self.source_language:
            raise ValidationError({"language": _("Choose a language other than the source language.")})
        term = self.as_term()
        right = {term.expected, *term.admitted}
        if wrong := [word for word in term.forbidden if word in right]:
            message = _("“%(word)s” can’t be both a correct and a forbidden translation.") % {"word": wrong[0]}
            raise ValidationError({"forbidden": message})

    @classmethod
    def kind_of(cls, field: str) -> str:
        """Return the kind of text of a field of `columns.texts_of`, such as `photo_credit` or `picture-12-credit`."""
        name = field.rpartition("-")[2].removeprefix("photo_")
        return str(cls._KINDS.get(name, name))

    @classmethod
    def between(cls, source_language: str, language: str) -> list[Term]:
        """Return the terms of a pair of languages."""
        return [term.as_term() for term in cls.objects.filter(source_language=source_language, language=language)]

    def as_term(self) -> Term:
        return Term(
            self.source,
            self.target,
            field=self.field,
            admitted=tuple(filter(None, self.admitted.split("\n"))),
            forbidden=tuple(filter(None, self.forbidden.split("\n"))),
            case_sensitive=self.case_sensitive,
            inflected=self.inflected,
            note=self.note,
            example=self.example,
        )

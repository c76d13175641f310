"""Articles, each of which is a live page, and their slugs."""

from __future__ import annotations

import datetime
import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles import changes
from articles.choices import ArticleState, Embedding, Errors, NotificationLimit, Policy
from articles.models.base import Author, CoverageRules, Illustrated, Topic, Versioned, in_source_language
from articles.publishing import finishing, rules
from articles.slugs import SlugsField
from articles.text.localized import text_in
from articles.text.plaintext import LineField, LinesField
from articles.text.richtext import RichTextField
from articles.text.slugs import slug_of
from articles.translations.models import Translation
from liveblog.constraints import DatabaseCheck
from liveblog.delivery import states
from liveblog.delivery.states import TOKEN_LENGTH, new_token
from liveblog.fields import LanguagesField, OriginsField, SourceLanguageField
from liveblog.languages import column
from liveblog.moments.fields import MomentField, TimeZoneField
from liveblog.web_origins import ALL

#: A desk that lacks more edits than this reloads its newest entries.
DESK_STATES = 64
DESK_TOKENS_LENGTH = DESK_STATES * TOKEN_LENGTH


class ArticleQuerySet(changes.GuardedQuerySet):
    def for_pages(self) -> ArticleQuerySet:
        """Return articles with everything that the elements of their pages need."""
        return self.prefetch_related(*Article.relations())

    def listed(self) -> ArticleQuerySet:
        """Return the articles that lists, feeds and search engines may show."""
        return self.filter(begins_with_update=False)

    def for_cards(self) -> ArticleQuerySet:
        """Return articles with the data for lists, the newest coverage first."""
        return self.prefetch_related(Translation.for_readers()).order_by("-coverage_start", "-pk")


class Article(CoverageRules, Versioned, Illustrated):
    """A live page: the coverage of one event, in all languages that it appears in."""

    #: The fields that every translation must have.
    TEXTS = ("headline",)

    State = ArticleState
    IS_PAGE = True
    OWNERS = {"pk": "article"}

    slug = models.SlugField(_("URL slug"), max_length=120, unique=True)
    #: By language: the slug of its page there, if it differs from `slug`. See `slug_in`.
    slugs = SlugsField(_("URL slugs in other languages"), default=dict, blank=True)
    source_language = SourceLanguageField(
        _("source language"), default="en", help_text=_("The language in which the article is first written.")
    )
    languages = LanguagesField(_("languages"), help_text=_("The languages in which readers can open the page."))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ANNOUNCED)
    #: True while it is kept out of all lists, until its first update makes it live.
    begins_with_update = models.BooleanField(
        _("unlisted until the first update"),
        default=False,
        help_text=_("Coverage goes live with its first update. Until then it is in no list and no feed."),
    )
    coverage_start = MomentField(_("coverage starts"), default=timezone.now)
    coverage_end = MomentField(_("coverage ends"), null=True, blank=True)
    time_zone = TimeZoneField(
        _("time zone"),
        default=timezone.get_default_timezone_name,
        help_text=_("The time zone of the event. All times in the article are entered and shown in it."),
    )
    #: The day on which the coverage starts in the article's time zone, by which lists are filtered.
    start_day = models.DateField(_("coverage starts"), editable=False)
    #: Whether the coverage was finished automatically, because nobody worked on it (`articles.publishing.forgotten`).
    finished_by_clock = models.BooleanField(default=False, editable=False)
    headline = LineField(_("headline"), max_length=200)
    standfirst = LinesField(
        _("standfirst"), max_length=600, blank=True, help_text=_("One or two sentences under the headline.")
    )
    dateline = LineField(_("dateline"), max_length=120, blank=True, help_text=_("Place and date of the report."))
    body = RichTextField(_("body"), blank=True)
    authors = models.ManyToManyField(Author, blank=True, related_name="articles", verbose_name=_("authors"))
    topics = models.ManyToManyField(Topic, blank=True, related_name="articles", verbose_name=_("topics"))
    related = models.ManyToManyField(
        "self",
        blank=True,
        symmetrical=False,
        verbose_name=_("related articles"),
        help_text=_("Shown beside the text under “Related coverage”."),
    )
    notifications = models.CharField(
        _("notifications"),
        max_length=8,
        choices=NotificationLimit,
        default=NotificationLimit.ALL,
        help_text=_("The updates of which followers may be notified, if they want to be."),
    )
    embedding = models.CharField(_("may be embedded by"), max_length=4, choices=Embedding, default=Embedding.SITE)
    embed_origins = OriginsField(
        _("sites"),
        blank=True,
        help_text=_(
            "One per line, such as https://partner.example or https://*.partner.example. A single * stands for all."
        ),
    )
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    #: When its page last changed for readers: the time of `revision`.
    revised_at = models.DateTimeField(default=timezone.now, editable=False)
    #: The token of the page's state at this revision; see `liveblog.delivery.states`.
    revision_token = models.CharField(max_length=TOKEN_LENGTH, default=new_token, editable=False)
    #: The number of edits of its updates, including those that readers do not see.
    desk_revision = models.PositiveBigIntegerField(default=0, editable=False)
    #: The `desk_revision` of the last deletion of an update: a desk in an older state still shows that update.
    deletion_revision = models.PositiveBigIntegerField(default=0, editable=False)
    #: The tokens of the last `desk_revision`s, the newest at the end.
    desk_tokens = models.CharField(max_length=DESK_TOKENS_LENGTH, default=new_token, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ("-coverage_start", "-pk")
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        permissions = [
            ("translate_article", "Can translate article"),
            ("cover_article", "Can run the coverage of an article"),
            ("start_coverage", "Can start a coverage"),
            ("finish_coverage", "Can finish a coverage"),
            ("switch_release", "Can switch the rule that a second person releases updates"),
            ("translate_every_language", "Can translate into every language"),
        ]
        constraints = [
            DatabaseCheck(
                condition=Q(coverage_end__isnull=True) | Q(coverage_end__gte=F("coverage_start")),
                name="coverage_ends_after_it_starts",
            ),
            DatabaseCheck(
                condition=Q(state="finished") | Q(finished_by_clock=False),
                name="clock_has_finished_the_coverage",
            ),
            DatabaseCheck(
                condition=~Q(state="live") | Q(begins_with_update=False),
                name="live_coverage_has_begun",
            ),
            *in_source_language("article_has_a_headline", "headline"),
        ]

    #: Whether new coverage begins with the release rule because of the settings, not of the user who starts it.
    begins_with_release = False

    #: The decision on scheduled updates if the next save finishes the coverage; None: undecided.
    finishing: finishing.Decision | None = None

    _REVISIONS = frozenset(
        {"revision", "revision_token", "revised_at", "desk_revision", "deletion_revision", "desk_tokens"}
    )

    def __str__(self) -> str:
        return text_in(self, "headline", self.source_language) or self.slug

    @property
    def page_state(self) -> states.State:
        """Return the state of the article's page."""
        return states.State(self.revision, self.revision_token)

    @property
    def desk_state(self) -> states.State:
        """Return the state of the article's desk."""
        return states.State(self.desk_revision, self.desk_tokens[-TOKEN_LENGTH:])

    def knows_desk_state(self, state: states.State) -> bool:
        """Return whether the desk was in this state, according to the last tokens."""
        start = len(self.desk_tokens) - TOKEN_LENGTH * (1 + self.desk_revision - state.revision)
        return start >= 0 and self.desk_tokens[start : start + TOKEN_LENGTH] == state.token

    def clean(self) -> None:
        errors: Errors = self.photo_errors() | self._slug_errors()
        if self.source_language and not text_in(self, "headline", self.source_language):
            errors[column("headline", self.source_language)] = _("Enter a headline in the source language.")
        if self.embedding in (Embedding.MORE, Embedding.ONLY) and not self.embed_origins:
            errors["embed_origins"] = _("Enter the sites.")
        if self.languages and self.source_language and self.source_language not in self.languages:
            errors["languages"] = _("The source language must be one of the article’s languages.")
        before = changes.row_before(self)
        errors |= rules.coverage_errors(self, before)
        if self._is_being_finished(before.state if before else "") and (message := finishing.error(self)):
            errors["finishing"] = message
        if errors:
            raise ValidationError(errors)

    def save(self, *args: object, **kwargs: object) -> None:
        with changes.edit(self):
            rows = Article.objects.filter(pk=self.pk) if self.pk else Article.objects.none()
            stored = rows.values("state", *self._REVISIONS).first() or {"state": ""}
            # Only the logs count revisions: an instance that was read earlier must not reset them.
            if self.pk and not kwargs.get("update_fields") and not kwargs.get("force_insert"):
                for name in self._REVISIONS & stored.keys():
                    setattr(self, name, stored[name])
            # Coverage that is called off before its first update stays out of the lists.
            self.begins_with_update = self.begins_with_update and self.state != self.State.LIVE
            self._set_coverage_start(stored["state"])
            self._set_coverage_end(stored["state"])
            self.start_day = self.coverage_start.astimezone(self.zone).date()
            is_being_finished = self._is_being_finished(stored["state"])
            # The rules also apply to code that does not call `full_clean`.
            errors = rules.coverage_errors(self, changes.row_before(self))
            if is_being_finished and (message := finishing.error(self)):
                errors["finishing"] = message
            if errors:
                raise ValidationError(errors)
            super().save(*args, **kwargs)
            self._note_slugs()
            if is_being_finished:
                finishing.carry_out(self)

    def _is_being_finished(self, state_before: str) -> bool:
        return bool(self.pk) and self.state == self.State.FINISHED and state_before != self.State.FINISHED

    def _set_coverage_start(self, state_before: str) -> None:
        """Start announced or called-off coverage now if it becomes live before its time."""
        if self.state == self.State.LIVE and state_before not in ("", self.State.LIVE):
            self.coverage_start = min(self.coverage_start, timezone.now())

    def _set_coverage_end(self, state_before: str) -> None:
        """Give finished coverage an end, and remove the end from coverage that is resumed."""
        now = timezone.now()
        if self.state != self.State.FINISHED:
            self.finished_by_clock = False
            if state_before == self.State.FINISHED:
                self.coverage_end = None
        elif self.coverage_end is None or (state_before != self.state and self.coverage_end > now):
            # Coverage that is called off ends before it starts.
            self.coverage_end = max(now, self.coverage_start)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        with changes.removing(self):
            return super().delete(using, keep_parents)

    @classmethod
    def relations(cls) -> list[Prefetch]:
        return [
            Prefetch("authors", Author.objects.order_by("pk")),
            Prefetch("topics", Topic.objects.order_by("slug")),
            Prefetch("related", Article.objects.listed().for_cards()),
            Translation.for_readers(),
        ]

    @property
    def page(self) -> Article:
        """The article on whose page it is: itself."""
        return self

    @property
    def page_id(self) -> int | None:
        return self.pk

    def page_ids(self) -> set[int]:
        return {self.pk} - {None}

    def pages_naming_it(self) -> list[int]:
        """Return the primary keys of the articles that list it as related."""
        return list(Article.objects.filter(related=self.pk).order_by("pk").values_list("pk", flat=True))

    @property
    def is_called_off(self) -> bool:
        """Return whether the coverage was finished before it started."""
        return self.state == self.State.FINISHED and self.coverage_end == self.coverage_start

    @property
    def state_words(self) -> str:
        """Return the label of the state for the newsroom."""
        is_to_begin = self.begins_with_update and self.state == self.State.ANNOUNCED
        return gettext("Not public yet") if is_to_begin else self.get_state_display()

    @property
    def zone(self) -> datetime.tzinfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def offered_languages(self) -> list[str]:
        """Return the languages in which the page can be opened on this site."""
        return [code for code, _name in settings.LANGUAGES if code in self.languages]

    def policy(self, language: str) -> Policy:
        return Policy(self.policies.get(language, Policy.MACHINE))

    @property
    def embedding_origins(self) -> list[str]:
        """Return the origins of other sites that may embed it; see `liveblog.web_origins`."""
        own = self.embed_origins.split()
        found = {
            Embedding.SITE: settings.EMBED_ORIGINS,
            Embedding.MORE: [*settings.EMBED_ORIGINS, *own],
            Embedding.ONLY: own,
            Embedding.NONE: [],
        }[Embedding(self.embedding)]
        return [ALL] if ALL in found else list(dict.fromkeys(found))

    def exists_in(self, language: str) -> bool:
        """Return whether its own texts can be read in this language."""
        return all(text_in(self, field, language) for field in self.TEXTS)

    def slug_in(self, language: str) -> str:
        """Return the slug of its page in a language."""
        return self.slugs.get(language) or self.slug

    @classmethod
    def free_slug(cls, text: str, language: str) -> str:
        """Return a free slug from a text in a language, with a number if another article has or had it."""
        base = slug_of(text, language) or "coverage"
        # One query finds all with the same beginning, as slugs are short.
        known = set(KnownSlug.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        known |= set(cls.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        numbered = (f"{base}-{number}" for number in range(2, len(known) + 3))
        return next(slug for slug in (base, *numbered) if slug not in known)

    @classmethod
    def of_slug(cls, slug: str) -> Article | None:
        """Return the article that has or had a slug in any language; None if there is none."""
        found: Article | None = cls.objects.filter(slug=slug).first()
        return found or cls.objects.filter(known_slugs__slug=slug).first()

    def _slug_errors(self) -> Errors:
        others = KnownSlug.objects.exclude(article=self.pk)
        own = {"slug": self.slug, **{f"slugs:{code}": slug for code, slug in self.slugs.items()}}
        taken = set(others.filter(slug__in=own.values()).values_list("slug", flat=True))
        message = _("Another live blog has or had this URL slug, and old links lead to it. Choose another one.")
        return {name.partition(":")[0]: message for name, slug in own.items() if slug in taken}

    def _note_slugs(self) -> None:
        """Keep the slugs permanently, so that links to earlier ones keep working."""
        wanted = {self.slug, *self.slugs.values()}
        known = set(KnownSlug.objects.filter(article=self.pk, slug__in=wanted).values_list("slug", flat=True))
        KnownSlug.objects.bulk_create(KnownSlug(article=self, slug=slug) for slug in sorted(wanted - known))

    def get_absolute_url(self) -> str:
        return self.url(self.front_language)

    @property
    def front_language(self) -> str:
        """Return the default language of its page: its own, if the site offers that."""
        offered = self.offered_languages
        return self.source_language if self.source_language in offered else (offered or [settings.LANGUAGE_CODE])[0]

    def url(self, language: str) -> str:
        return reverse("live", args=[language, self.slug_in(language)])


class KnownSlug(models.Model):
    """A slug that an article has or had, in some language. It belongs to that article as long as the article exists."""

    slug = models.SlugField(max_length=120, unique=True)
    article = models.ForeignKey(Article, models.CASCADE, related_name="known_slugs")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.slug

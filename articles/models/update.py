"""Updates: the live posts of an article."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import changes, kinds
from articles.choices import Errors, Policy, UpdateState
from articles.kinds import summary
from articles.models.article import Article
from articles.models.base import Author, Topic, Versioned, in_source_language
from articles.pending import NOTHING_PENDING, PendingRelations
from articles.publishing import rules
from articles.text.localized import text_in
from articles.text.plaintext import LineField
from articles.text.richtext import RichTextField
from articles.translations.models import Translation
from liveblog.actors import acting_user
from liveblog.constraints import DatabaseCheck
from liveblog.fields import ShortTextField, SourceLanguageField
from liveblog.languages import KNOWN, column
from liveblog.links import names_no_user
from liveblog.moments.fields import MomentField
from liveblog.pagination import time_key


class UpdateQuerySet(changes.GuardedQuerySet):
    def for_pages(self) -> UpdateQuerySet:
        """Return updates with everything that their elements need, apart from the article."""
        return self.select_related("tally", "embed").prefetch_related(*Update.relations())

    def published(self) -> UpdateQuerySet:
        return self.filter(state=Update.State.PUBLISHED)

    def on_page(self) -> UpdateQuerySet:
        """Return those that have a place on the page, including marks of withdrawn updates."""
        return self.filter(Q(state=Update.State.PUBLISHED) | Q(state=Update.State.WITHDRAWN, leaves_mark=True))

    def shown_in(self, language: str, policy: Policy) -> UpdateQuerySet:
        """Return those that readers of a language are shown; see `articles.translations.selection`."""
        if policy != Policy.REVIEWED:
            return self
        return self.filter(_original_or_reviewed(language))

    def shown_in_language(self, language: str) -> UpdateQuerySet:
        """Return those that readers of a language are shown, according to the policy of each article."""
        policy = Q(**{f"article__policies__{language}": Policy.REVIEWED})
        # A missing key of a JSON object is neither equal nor unequal to anything.
        reviewed_only = Q(article__policies__has_key=language) & policy
        return self.filter(_original_or_reviewed(language) | ~reviewed_only, article__languages__has=language)

    def on_topic(self, topic: Topic) -> UpdateQuerySet:
        """Return those on a topic: it is one of their own, or, if they have none, one of their coverage."""
        own = Topic.objects.filter(updates=OuterRef("pk"))
        inherited = Topic.objects.filter(articles=OuterRef("article"), pk=topic.pk)
        return self.filter(Q(Exists(own.filter(pk=topic.pk))) | (~Q(Exists(own)) & Q(Exists(inherited))))

    def newest_first(self) -> UpdateQuerySet:
        """Return them in the order of the page: pinned ones first, then by time."""
        return self.order_by(F("pin").desc(nulls_last=True), "-first_published_at", "-pk")


def _original_or_reviewed(language: str) -> Q:
    reviewed = Translation.objects.filter(update=OuterRef("pk"), language=language, state="reviewed")
    return Q(source_language=language) | Q(Exists(reviewed))


class Update(Versioned):
    """One live post of an article."""

    State = UpdateState
    OWNERS = {"pk": "update"}

    #: Names of kinds for code; `articles.kinds` defines them.
    Kind: Any = models.TextChoices(  # type: ignore[call-overload]
        "Kind", [(kind.code.upper(), (kind.code, kind.name)) for kind in kinds.ALL]
    )

    TEXTS = ("headline", "body")
    RELATED_TEXTS = {"picture": "pictures"}

    #: Kinds that need neither a headline nor a text.
    WORDLESS = tuple(kind.code for kind in kinds.ALL if kind.wordless)

    #: Columns that name other rows. Code that sets none of them, or sets them from rows that it has read, need not
    #: check that they exist.
    REFERENCES = ("article", "written_by", "assignee", "submitted_by", "released_by")

    #: All pinned updates are on the first page of the coverage, in addition to its length.
    MAX_PINNED = 12

    article = models.ForeignKey(Article, models.CASCADE, related_name="updates", verbose_name=_("article"))
    source_language = SourceLanguageField(
        _("source language"), default="en", help_text=_("The language in which the article is first written.")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=kinds.choices, default="text")
    headline = LineField(_("headline"), max_length=200, blank=True)
    body = RichTextField(_("body"), blank=True)
    attribution = LineField(
        _("attribution"), max_length=200, blank=True, help_text=_("The person quoted, or the source of the figures.")
    )
    source_url = models.URLField(
        _("link to source"),
        max_length=500,
        blank=True,
        validators=[names_no_user],
        help_text=_("Where the quote was first published."),
    )
    closes_at = MomentField(
        _("closes at"), null=True, blank=True, help_text=_("Polls only. A poll always closes when coverage ends.")
    )
    is_key = models.BooleanField(_("key event"), default=False)
    is_breaking = models.BooleanField(_("breaking news"), default=False)
    is_silent = models.BooleanField(
        _("no notification"), default=False, help_text=_("Followers aren’t notified of this update.")
    )
    pin = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="Pinned on top of the page, the greatest first."
    )
    authors = models.ManyToManyField(Author, blank=True, related_name="updates", verbose_name=_("authors"))
    topics = models.ManyToManyField(Topic, blank=True, related_name="updates", verbose_name=_("topics"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)
    publish_at = MomentField(_("publish at"), null=True, blank=True, help_text=_("Scheduled updates only."))
    first_published_at = MomentField(_("first published"), null=True, blank=True, editable=False)
    #: The time that it is to carry once it is published; see `rules`.
    earlier_time = MomentField(_("backdated to"), null=True, blank=True, editable=False)
    backdating_reason = ShortTextField(_("reason for backdating"), max_length=300, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    leaves_mark = models.BooleanField(
        _("notice to readers"),
        default=False,
        help_text=_("Readers see that an update was removed here."),
    )
    withdrawal_note = LineField(
        _("reason for withdrawal"), max_length=500, blank=True, help_text=_("Shown to readers beside the notice.")
    )
    corrected_at = models.DateTimeField(_("corrected"), null=True, blank=True, editable=False)
    correction_note = LineField(
        _("correction note"),
        max_length=500,
        blank=True,
        help_text=_("Tell readers what was wrong. Adding a note marks the update as corrected."),
    )

    #: The number of versions of its source text that readers have seen, and the time of the last one.
    edition = models.PositiveIntegerField(default=1, editable=False)
    revised_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Work of the newsroom.
    #: The article's `desk_revision` at the last edit of this update; a desk fetches all that are later than its own.
    desk_revision = models.PositiveBigIntegerField(default=0, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    #: Idempotency key from the sender: an update that is sent twice is created once.
    key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    #: Shared by the copies of one update in several articles.
    copy_group = models.UUIDField(null=True, blank=True, editable=False, db_index=True)

    objects = UpdateQuerySet.as_manager()

    _pending: PendingRelations = NOTHING_PENDING

    class Meta:
        ordering = ("-first_published_at", "-pk")
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        permissions = [("translate_update", "Can translate update")]
        indexes = [
            models.Index(fields=["article", "state", "-first_published_at", "-id"], name="newest_updates"),
            models.Index(fields=["article", "-first_published_at", "-id"], name="updates_by_time"),
            models.Index(fields=["-first_published_at", "-id"], name="newest_updates_of_all"),
            models.Index(
                fields=["article", "-first_published_at", "-id"], condition=Q(is_key=True), name="key_updates"
            ),
            models.Index(fields=["article", "kind"], condition=Q(state="published"), name="kinds_of_updates"),
            models.Index(fields=["-withdrawn_at"], condition=Q(state="withdrawn"), name="withdrawn_updates"),
            models.Index(fields=["publish_at"], condition=Q(state="scheduled"), name="due_updates"),
            models.Index(fields=["id"], condition=Q(state="submitted"), name="updates_to_approve"),
            models.Index(fields=["closes_at"], condition=Q(closes_at__isnull=False), name="closing_polls"),
            models.Index(fields=["article", "-pin"], condition=Q(pin__isnull=False), name="pinned_updates"),
            models.Index(fields=["article", "desk_revision"], name="updates_of_the_desk"),
        ]
        constraints = [
            *in_source_language(
                "published_update_has_text",
                "headline",
                "body",
                unless=~Q(state="published") | Q(kind__in=("pictures", "embed")),
            ),
            DatabaseCheck(
                condition=~Q(state="published") | Q(first_published_at__isnull=False),
                name="published_update_has_a_time",
            ),
            DatabaseCheck(
                condition=~Q(state="scheduled") | Q(publish_at__isnull=False), name="scheduled_update_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return str(summary.title(self, self.source_language, self.source_language)) or f"#{self.pk}"

    # Validation and saving ------------------------------------------------------------------------------------------

    def clean(self) -> None:
        pending = self._pending
        before = changes.row_before(self)
        self._set_derived_fields(before)
        errors: Errors = self._picture_errors(pending)
        wordless = (self.State.DRAFT, self.State.WITHDRAWN)
        if self.state not in wordless and self.source_language and not self.exists_in(self.source_language):
            errors[column("body", self.source_language)] = _("Enter a headline or text in the source language first.")
        if self.state == self.State.SCHEDULED and not self.publish_at:
            errors["publish_at"] = _("Choose when to publish.")
        if self.published_before and self.state not in (self.State.PUBLISHED, self.State.WITHDRAWN):
            errors["state"] = _(
                "Readers have already seen this update. You can withdraw it, but not move it back to draft."
            )
        errors |= rules.errors_of(self, before, pending)
        if self.source_language:
            errors |= self._errors_of_kind(before, pending)
        if errors:
            raise ValidationError(errors)

    def _errors_of_kind(self, before: Update | None, pending: PendingRelations) -> Errors:
        # A withdrawn update may stay unchanged.
        ready = self.state not in (self.State.DRAFT, self.State.WITHDRAWN)
        kind = kinds.of(self)
        errors = kind.publish_errors(self, pending) | kind.plan_errors(self, before) if ready else {}
        return errors | (kinds.of(before).edit_errors(self, before) if before else {})

    def _picture_errors(self, pending: PendingRelations) -> Errors:
        """Return what is missing before readers may see its pictures: messages by the name of the form field."""
        if self.state in (self.State.DRAFT, self.State.WITHDRAWN):
            return {}
        shown = pending.pictures_of(self)
        errors: Errors = {
            f"picture-{picture.pk}-credit": _("Add a credit line for the photo in the source language.")
            for picture in shown
            if self.source_language and not text_in(picture, "credit", self.source_language)
        }
        if self.kind == self.Kind.PICTURES and not shown:
            errors["pictures"] = _("Add a picture first.")
        return errors

    @contextmanager
    def validated_with(self, pending: PendingRelations) -> Iterator[None]:
        """Make `clean` validate these relations in the block. Django's forms call `clean` without arguments."""
        self._pending = pending
        try:
            yield
        finally:
            self._pending = NOTHING_PENDING

    def save(self, *args: object, **kwargs: object) -> None:
        with changes.edit(self):
            before = changes.row_before(self)
            self._set_derived_fields(before)
            # The rules also apply to code that does not call `full_clean`.
            if errors := rules.errors_of(self, before):
                raise ValidationError(errors)
            super().save(*args, **kwargs)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        with changes.edit(self):
            if self.pk and self.first_published_at:
                DeletedUpdate.objects.create(
                    pk=self.pk, article_id=self.article_id, first_published_at=self.first_published_at
                )
            return super().delete(using, keep_parents)

    @classmethod
    def _with_texts(cls, rows: models.QuerySet[Update]) -> models.QuerySet[Update]:
        return super()._with_texts(rows).select_related("article", "tally", "embed")

    @classmethod
    def relations(cls) -> list[Prefetch]:
        return [
            Prefetch("authors", Author.objects.order_by("pk")),
            Prefetch("topics", Topic.objects.order_by("slug")),
            Prefetch("pictures"),
            Translation.for_readers(),
        ]

    def twin(self, *, with_pictures: bool) -> Update:
        """Return another instance of a row that nobody has changed since it was read, with the same relations.

        with_pictures   whether they share the pictures, into which a form writes
        """
        names = [field.attname for field in self._meta.concrete_fields]
        twin = self.from_db(self._state.db, names, [self.__dict__[name] for name in names])
        twin.article = self.article
        twin._state.fields_cache["embed"] = getattr(self, "embed", None)
        twin._state.fields_cache["tally"] = getattr(self, "tally", None)
        twin._take(("authors", "topics", "translations", *(("pictures",) if with_pictures else ())), self)
        return twin

    @property
    def page(self) -> Article:
        """The article on whose page it is."""
        return self.article

    @property
    def page_id(self) -> int | None:
        return self.article_id

    def page_ids(self) -> set[int]:
        found = {self.article_id}
        if self.copy_group:
            copies = Update._base_manager.filter(copy_group=self.copy_group)
            found |= set(copies.values_list("article_id", flat=True))
        return found - {None}

    #: The time of first publication, if the clock or the original of a copy has set it, not a user.
    assigned_time: datetime.datetime | None = None

    def publish(self, planned: datetime.datetime | None) -> None:
        """Set the state for publishing: a submitted update with a time in the future is released, but waits."""
        waits = self.state == self.State.SUBMITTED and planned is not None and planned > timezone.now()
        self.state = self.State.SCHEDULED if waits else self.State.PUBLISHED

    def withdraw(self, *, leaves_mark: bool, reason: str) -> None:
        """Set the state for withdrawing. The reason is for readers, and is kept only with a mark."""
        self.state, self.leaves_mark = self.State.WITHDRAWN, leaves_mark
        if leaves_mark:
            setattr(self, column("withdrawal_note", self.source_language), reason)

    def copy_publication_time(self, other: Update) -> None:
        """Take the time of a copy of the same update in another article; this does not count as back-dating."""
        self.first_published_at = self.assigned_time = other.first_published_at

    def _set_derived_fields(self, before: Update | None) -> None:
        """Set the columns derived from the state and the acting user. `before`: the row before this save."""
        now, user = timezone.now(), acting_user()
        state_is_new = before is None or before.state != self.state
        if self._state.adding and user:
            self.written_by = self.written_by or user
        if self.state == self.State.WITHDRAWN:
            self.withdrawn_at = self.withdrawn_at or now
            # An update that no reader has seen leaves no mark.
            self.leaves_mark = self.leaves_mark and self.published_before
            self.pin = None
        else:
            self.withdrawn_at, self.leaves_mark = None, False
            for name in (column("withdrawal_note", code) for code in KNOWN):
                if getattr(self, name):
                    setattr(self, name, "")
        if self.state == self.State.PUBLISHED:
            if self.pin is None and kinds.of(self).pinned and not (before and before.published_before):
                self.pin = self._free_pin()
            if self.first_published_at is None:
                self.assigned_time = None if self.earlier_time else now
                self.first_published_at = self.earlier_time or now
        if before is not None and before.published_before and self._is_reworded(before):
            self.edition, self.revised_at = before.edition + 1, now
        if self.state == self.State.DRAFT:
            self.submitted_by = self.released_by = None
        elif user and state_is_new and self.state == self.State.SUBMITTED:
            self.submitted_by, self.released_by = user, None
        elif user and state_is_new and self.state in (self.State.SCHEDULED, self.State.PUBLISHED):
            # Publishing a scheduled update early does not change its releaser.
            self.released_by = self.released_by or (user if rules.needs_release(self) else None)
        note = text_in(self, "correction_note", self.source_language)
        if not note:
            self.corrected_at = None
        elif self.corrected_at is None or (before and note != text_in(before, "correction_note", self.source_language)):
            self.corrected_at = now if self.first_published_at else None

    def _is_reworded(self, before: Update) -> bool:
        """Return whether its texts differ from those of the stored row in the source language."""
        language = self.source_language
        return any(text_in(self, field, language) != text_in(before, field, language) for field in self.TEXTS)

    def _free_pin(self) -> int | None:
        """Return a number above all pins of its page, or None if the page has as many as it can show."""
        pinned = Update.objects.filter(article=self.article_id, pin__isnull=False)
        found = pinned.aggregate(number=models.Count("pk"), highest=models.Max("pin"))
        return None if found["number"] >= self.MAX_PINNED else (found["highest"] or 0) + 1

    # On the page -------------------------------------------------------------------------------------------

    def exists_in(self, language: str) -> bool:
        """Return whether the texts in this language are complete enough to show in place of the original."""
        if language == self.source_language:
            return self.kind in self.WORDLESS or any(text_in(self, field, language) for field in self.TEXTS)
        written = [field for field in self.TEXTS if text_in(self, field, self.source_language)]
        return bool(written or self.kind in self.WORDLESS) and all(text_in(self, field, language) for field in written)

    def modified_at(self, language: str) -> datetime.datetime:
        """Return when the texts for readers of a language were last modified. `modifications` should be prefetched.

        Raise ValueError if it has never been published.
        """
        moments = [row.at for row in self.modifications.all() if row.language == language]  # type: ignore[attr-defined]
        moments += [moment for moment in (self.first_published_at, self.corrected_at) if moment]
        return max(moments)

    @property
    def published_before(self) -> bool:
        """Return whether readers see it or have seen it."""
        return self.first_published_at is not None

    @property
    def on_page(self) -> bool:
        """Return whether it has a place on the page, at least as a mark; see `UpdateQuerySet.on_page`."""
        return self.state == self.State.PUBLISHED or (self.state == self.State.WITHDRAWN and self.leaves_mark)

    @property
    def dated_at(self) -> datetime.datetime | None:
        """Return when readers were first shown its present text."""
        return max(filter(None, (self.first_published_at, self.revised_at)), default=None)

    @property
    def source_host(self) -> str:
        """Return the host of the source, which replaces a missing name."""
        return (urlsplit(self.source_url).hostname or "").removeprefix("www.")

    @property
    def element(self) -> str:
        return f"update-{self.pk}"

    @property
    def sort_key(self) -> str:
        """Return a sort key in the order of the page, which shows the greatest key first."""
        # Letters sort after digits, and are therefore above them on the page.
        return self.time_key if self.pin is None else f"pin{self.pin:05d}-{self.time_key}"

    @property
    def time_key(self) -> str:
        """Return a sort key by time, even for pinned updates."""
        assert self.first_published_at is not None
        return time_key(self.first_published_at, self.pk)

    def url(self, language: str) -> str:
        return reverse("update", args=[language, self.article.slug_in(language), self.pk])


class DeletedUpdate(models.Model):
    """The place of an update that readers saw and that was deleted: addresses that name it still work.

    Its primary key is that of the update. No other data of it is kept.
    """

    id = models.BigIntegerField(primary_key=True)
    #: None if the article was deleted as well.
    article = models.ForeignKey(Article, models.SET_NULL, null=True, related_name="+")
    first_published_at = models.DateTimeField()
    deleted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["-deleted_at"], name="newest_deleted_updates")]
        verbose_name = _("position of a deleted update")
        verbose_name_plural = _("positions of deleted updates")

    def __str__(self) -> str:
        return f"#{self.pk}"

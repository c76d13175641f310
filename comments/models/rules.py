from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liveblog.delivery import log
from liveblog.fields import LanguageField, ShortTextField
from liveblog.moments.fields import MomentField

#: The element with the form, or with the sentence that comments are closed.
FORM = "comments-form"


class Policy(models.TextChoices):
    """When comments on an article appear."""

    APPROVAL = "approval", pgettext_lazy("when comments appear", "After approval by a moderator")
    TRUSTED = (
        "trusted",
        pgettext_lazy("when comments appear", "Immediately for trusted authors, otherwise after approval"),
    )
    AT_ONCE = "at-once", pgettext_lazy("when comments appear", "Immediately")
    CLOSED = "closed", pgettext_lazy("when comments appear", "Comments are closed")


class Discussion(models.Model):
    """The rules for the comments of one article. Without a row, each comment is approved first."""

    article = models.OneToOneField(
        "articles.Article", models.CASCADE, primary_key=True, related_name="discussion", verbose_name=_("article")
    )
    policy = models.CharField(_("comments appear"), max_length=10, choices=Policy, default=Policy.APPROVAL)
    closes_at = MomentField(_("comments close"), null=True, blank=True)

    class Meta:
        verbose_name = _("rules for comments")
        verbose_name_plural = _("rules for comments")

    def __str__(self) -> str:
        return f"#{self.pk}"

    @classmethod
    def of(cls, article_id: int) -> Discussion:
        """Return the rules of an article; the unsaved default if it has none."""
        return cls.objects.filter(pk=article_id).first() or cls(article_id=article_id)

    @property
    def is_open(self) -> bool:
        return self.policy != Policy.CLOSED and (self.closes_at is None or self.closes_at > timezone.now())

    def clean(self) -> None:
        super().clean()
        before = Discussion.of(self.article_id).closes_at
        if self.closes_at and self.closes_at < timezone.now():
            if self.closes_at != before:
                text = _("This time has passed. To close comments now, choose that option above.")
                raise ValidationError({"closes_at": text})
            if self.policy != Policy.CLOSED:
                # Comments that were closed at this time are reopened, so the time no longer applies.
                self.closes_at = None

    def save(self, **kwargs: Any) -> None:
        with transaction.atomic():
            log.lock(self.article_id)
            before = self._visible()
            super().save(**kwargs)
            if before != self._visible():
                log.append(self.article_id, FORM)

    def _visible(self) -> tuple[bool, bool]:
        """Return the stored rules that matter to the form: whether it is open, and whether comments appear at once."""
        now = Discussion.of(self.article_id)
        return now.is_open, now.policy == Policy.AT_ONCE


class CommentDefaults(models.Model):
    """The initial rules for the comments of new coverage. One row; existing coverage keeps its own."""

    policy = models.CharField(_("comments appear"), max_length=10, choices=Policy, default=Policy.APPROVAL)

    class Meta:
        default_permissions = ("change",)
        verbose_name = _("default rules for comments")
        verbose_name_plural = _("default rules for comments")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_usual_rules")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def stored(cls) -> CommentDefaults:
        """Return the row, or the defaults if there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


def give_usual_rules(instance: Any, created: bool, raw: bool, **_: Any) -> None:
    """Give a new article the usual rules; a receiver of `post_save`."""
    if created and not raw and (policy := CommentDefaults.stored().policy) != Policy.APPROVAL:
        Discussion(article_id=instance.pk, policy=policy).save()


class ListedWord(models.Model):
    """A word or phrase for which a comment is held or rejected."""

    class Action(models.TextChoices):
        HOLD = "hold", pgettext_lazy("what a listed word does", "A moderator decides")
        REJECT = "reject", pgettext_lazy("what a listed word does", "The comment is rejected")

    language = LanguageField(_("language"))
    word = ShortTextField(
        _("word"),
        max_length=100,
        help_text=_("Whole words, in upper or lower case. A * at the end stands for any ending."),
    )
    action = models.CharField(_("consequence"), max_length=6, choices=Action, default=Action.HOLD)

    class Meta:
        ordering = ("language", "word")
        verbose_name = _("listed word")
        verbose_name_plural = _("listed words")
        constraints = [models.UniqueConstraint(fields=["language", "word"], name="a_word_is_listed_once")]

    def __str__(self) -> str:
        return self.word

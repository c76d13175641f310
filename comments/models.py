from __future__ import annotations

import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.fields import LanguageField
from liveblog.delivery import log


class CommentQuerySet(models.QuerySet):
    def approved(self) -> CommentQuerySet:
        return self.filter(state=Comment.State.APPROVED)


class Comment(models.Model):
    """What a reader wrote under an article. Others see it once a moderator has approved it."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of a comment", "Waiting")
        APPROVED = "approved", pgettext_lazy("state of a comment", "Approved")
        REFUSED = "refused", pgettext_lazy("state of a comment", "Refused")
        SPAM = "spam", pgettext_lazy("state of a comment", "Spam")

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="comments", verbose_name=_("article"))
    language = LanguageField(_("language"))
    name = models.CharField(_("name"), max_length=60)
    text = models.TextField(_("comment"), max_length=3000)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    written_at = models.DateTimeField(_("written"), auto_now_add=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at", "-pk")
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [models.Index(fields=["article", "state", "-written_at", "-id"], name="newest_comments")]
        constraints = [
            models.CheckConstraint(condition=~Q(text="") & ~Q(name=""), name="comment_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            log.lock(self.article_id)
            before = self._seen()
            super().save(*args, **kwargs)
            if before != self._seen():
                log.append(self.article_id, self.element)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            log.lock(self.article_id)
            seen, element = self._seen(), self.element
            deleted = super().delete(*args, **kwargs)
            if seen:
                log.append(self.article_id, element)
            return deleted

    def _seen(self) -> tuple[Any, ...] | None:
        """What readers see of the comment as it is in the database; None where they do not see it."""
        if self.pk is None:
            return None
        return Comment.objects.approved().filter(pk=self.pk).values_list("name", "text", "language").first()

    @property
    def element(self) -> str:
        return f"comment-{self.pk}"

    @property
    def sort_key(self) -> str:
        return f"{self.written_at.astimezone(datetime.UTC):%Y%m%dT%H%M%S.%f}-{self.pk:012d}"

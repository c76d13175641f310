"""What an update shows of another site."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import changes
from articles.embeds import providers
from liveblog.jobs import QueueRow


class Embed(QueueRow):
    """A post, video, sound or chart on somebody else's site. Until its provider has answered it is a plain link.

    The row is the queue of `articles.embeds.resolving`: what is due at `due_at` is asked for then.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        #: Due again as long as its thumbnail is to come.
        RESOLVED = "resolved"
        #: Of nobody that we know, or gone there.
        LINK = "link"

    OWNERS = {"update": "update"}
    UNSEEN = QueueRow.QUEUE_COLUMNS

    update = models.OneToOneField(
        "articles.Update", models.CASCADE, related_name="embed", verbose_name=_("update"), primary_key=False
    )
    url = models.URLField(_("address"), max_length=1000)
    provider = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    title = models.CharField(max_length=300, blank=True)
    author = models.CharField(max_length=200, blank=True)
    frame = models.URLField(max_length=1500, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    thumbnail = models.ImageField(
        upload_to="embeds/%Y/%m/",
        max_length=200,
        blank=True,
        width_field="thumbnail_width",
        height_field="thumbnail_height",
    )
    thumbnail_width = models.PositiveIntegerField(null=True, editable=False)
    thumbnail_height = models.PositiveIntegerField(null=True, editable=False)

    objects = changes.GuardedQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("embed")
        verbose_name_plural = _("embeds")
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_embeds")]

    def __str__(self) -> str:
        return self.title or self.url

    def save(self, *args: Any, **kwargs: Any) -> None:
        with changes.edit(self.update):
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        with changes.edit(self.update):
            return super().delete(*args, **kwargs)

    def owners(self) -> set[tuple[str, int]]:
        return {("update", self.update_id)}

    def point_to(self, url: str) -> None:
        """Make it the embed of another address, of which nothing is known yet."""
        found = providers.match(url)
        self.url = found.page if found else url
        self.provider = found.provider.key if found else ""
        self.state = self.State.PENDING if found else self.State.LINK
        self.title = self.author = self.frame = self.failure = ""
        self.width = self.height = self.attempts = 0
        self.forget_file()
        self.thumbnail = ""
        self.due_at = timezone.now() if found else None

    def forget_file(self) -> None:
        """Have the thumbnail's file go when the transaction is over, if no row names it then."""
        name, storage = self.thumbnail.name or "", self.thumbnail.storage

        def forget() -> None:
            if not Embed.objects.filter(thumbnail=name).exists():
                storage.delete(name)

        if name:
            transaction.on_commit(forget, robust=True)

    @property
    def provider_name(self) -> str:
        return providers.BY_KEY[self.provider].name if self.provider in providers.BY_KEY else ""

    @property
    def playable(self) -> bool:
        """Whether there is a frame to show. The list of those that may be framed can have become shorter."""
        return self.state == self.State.RESOLVED and bool(self.provider_name) and providers.is_player_url(self.frame)


def forget_file(sender: type[Embed], instance: Embed, **_: Any) -> None:
    instance.forget_file()


models.signals.post_delete.connect(forget_file, Embed)

"""The embed of an update."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import changes
from articles.embeds import providers
from liveblog.fields import ShortTextField
from liveblog.jobs import QueueRow


class Embed(QueueRow):
    """A post, video, sound or chart on another site. It is a plain link until its provider has answered.

    The rows are the queue of `articles.embeds.resolving`, which asks the provider at `due_at`.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        #: The provider has answered; it stays due until its thumbnail is stored.
        RESOLVED = "resolved"
        #: The provider is unknown, or no longer has it.
        LINK = "link"

    OWNERS = {"update": "update"}
    UNSEEN = QueueRow.QUEUE_COLUMNS

    update = models.OneToOneField(
        "articles.Update", models.CASCADE, related_name="embed", verbose_name=_("update"), primary_key=False
    )
    url = models.URLField(_("link"), max_length=1000)
    provider = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    title = ShortTextField(max_length=300, blank=True)
    author = ShortTextField(max_length=200, blank=True)
    player_url = models.URLField(max_length=1500, blank=True)
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

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with changes.edit(self.update):
            return super().delete(*args, **kwargs)

    def owners(self) -> set[tuple[str, int]]:
        return {("update", self.update_id)}

    def point_to(self, url: str) -> None:
        """Set another address, and clear the provider's data about the former one, without saving."""
        found = providers.match(url)
        self.url = found.page if found else url
        self.provider = found.provider.key if found else ""
        self.state = self.State.PENDING if found else self.State.LINK
        self.title = self.author = self.player_url = self.failure = ""
        self.width = self.height = self.attempts = 0
        self.forget_file()
        self.thumbnail = ""
        self.due_at = timezone.now() if found else None

    def forget_file(self) -> None:
        """Delete the file of the thumbnail after the commit, unless another row uses it."""
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
        """Return whether pages show the player. The list of providers may have been shortened since."""
        return (
            self.state == self.State.RESOLVED and bool(self.provider_name) and providers.is_player_url(self.player_url)
        )


def forget_file(sender: type[Embed], instance: Embed, **_: object) -> None:
    instance.forget_file()


models.signals.post_delete.connect(forget_file, Embed)

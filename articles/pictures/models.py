"""The pictures of an update."""

from __future__ import annotations

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from articles import changes
from articles.pictures.fields import PhotoField
from articles.text.plaintext import LineField


class Picture(changes.Guarded):
    """One picture. It is uploaded first, and belongs to an update once the update is saved with it."""

    OWNERS = {"update": "update"}

    update = models.ForeignKey(
        "articles.Update", models.CASCADE, null=True, blank=True, related_name="pictures", verbose_name=_("update")
    )
    #: The update that has it in an earlier version, which may be restored.
    removed_from = models.ForeignKey(
        "articles.Update", models.CASCADE, null=True, blank=True, editable=False, related_name="removed_pictures"
    )
    position = models.PositiveSmallIntegerField(default=0)
    image = PhotoField(_("picture"), width_field="width", height_field="height", max_length=200)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    alt = LineField(
        _("alt text"),
        max_length=300,
        blank=True,
        help_text=_("Describe the photo for people who can’t see it."),
    )
    caption = LineField(_("caption"), max_length=500, blank=True)
    credit = LineField(
        _("credit line"), max_length=200, blank=True, help_text=_("Photographer and agency, such as Jane Doe/Reuters.")
    )
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = changes.GuardedQuerySet.as_manager()

    class Meta:
        ordering = ("update_id", "position", "pk")
        default_permissions = ()
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return self.alt or f"#{self.pk}"


def forget_file(sender: type[Picture], instance: Picture, **_: object) -> None:
    """Delete the file after the commit, unless another row uses it: copies of an update share files."""
    image = instance.image

    def forget() -> None:
        if image and not Picture.objects.filter(image=image.name).exists():
            image.delete_all()
            image.storage.delete(image.name)

    transaction.on_commit(forget, robust=True)


models.signals.post_delete.connect(forget_file, Picture)

"""What articles and updates have in common, and what both name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles import changes
from articles.pictures.fields import PhotoField
from articles.plaintext import LineField
from articles.text import stored
from articles.translations import states
from liveblog.languages import SHIPPED


def in_source_language(*fields: str) -> Q:
    """True of rows in which at least one of the translated `fields` has text in the row's own source language."""
    condition = Q()
    for language in SHIPPED:
        has_text = Q()
        for field in fields:
            # A comparison with NULL is neither true nor false, and a check constraint lets both pass.
            has_text |= Q(**{f"{field}_{language}__isnull": False, f"{field}_{language}__gt": ""})
        condition |= Q(source_language=language) & has_text
    return condition


class Author(models.Model):
    """A byline. It may belong to an account, whose posts then carry it by default."""

    name = LineField(_("name"), max_length=120, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        verbose_name=_("account"),
    )

    class Meta:
        ordering = ("name",)
        verbose_name = _("author")
        verbose_name_plural = _("authors")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        with changes.renaming(self, "name"):
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        with changes.removing_name(self):
            return super().delete(*args, **kwargs)


class Topic(models.Model):
    """What an article is about, for readers who look for more of it."""

    name = LineField(_("name"), max_length=120)
    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)

    class Meta:
        ordering = ("slug",)
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self) -> str:
        return self.name or self.slug

    def save(self, *args: Any, **kwargs: Any) -> None:
        with changes.renaming(self, *(f"name_{code}" for code in SHIPPED)):
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        with changes.removing_name(self):
            return super().delete(*args, **kwargs)


class Versioned(models.Model):
    """Something that several people write at once: each save is a version, and a form names the one it shows.

    A save writes only those texts that are others than were read. So a copy read earlier does not turn back what was
    written in another language meanwhile.
    """

    version = models.PositiveIntegerField(default=0, editable=False)

    #: Rows whose texts are translated and reviewed together with its own: relation by what the rows are called.
    PARTS: ClassVar[Mapping[str, str]] = {}

    _read: dict[str, Any]

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any) -> Any:  # type: ignore[override]
        item: Any = super().from_db(*args)
        item._remember()
        return item

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._remember()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.version += 1
        if not (self._state.adding or args or kwargs.get("update_fields") or kwargs.get("force_insert")):
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key
                and field.attname in self.__dict__
                and (field.name not in self._read or self._read[field.name] != self.__dict__[field.name])
            ]
        super().save(*args, **kwargs)
        self._remember()

    def _remember(self) -> None:
        columns = (f"{field}_{code}" for field in states.fields_of(type(self)) for code in SHIPPED)
        self._read = {name: self.__dict__[name] for name in columns if name in self.__dict__}


class Illustrated(models.Model):
    """Something with a photo. A photo never stands without its credit line and its alternative text."""

    photo = PhotoField(_("photo"), blank=True, width_field="photo_width", height_field="photo_height")
    photo_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    photo_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    photo_alt = LineField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the photo shows, for those who don't see it."),
    )
    photo_caption = LineField(_("caption"), max_length=500, blank=True)
    photo_credit = LineField(
        _("credit line"), max_length=200, blank=True, help_text=_("Who made the photo and who lends it to us.")
    )

    class Meta:
        abstract = True

    def photo_errors(self) -> dict[str, Any]:
        """What is missing beside the photo, by the name of the form field where it belongs."""
        if not self.photo:
            return {}
        errors = {}
        for field, message in (
            ("photo_alt", _("A photo needs an alternative text in the source language.")),
            ("photo_credit", _("A photo needs a credit line in the source language.")),
        ):
            if self.source_language and not stored(self, field, self.source_language):
                errors[f"{field}_{self.source_language}"] = message
        return errors

"""A model field for pictures: every file is re-encoded from its pixels, and renditions are made for all screens."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.base import File
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from pictures.models import PictureField, PictureFieldFile, PillowPicture
from PIL import Image

from articles.pictures import processing


def upload_path(instance: models.Model, filename: str) -> str:
    """Return a path that cannot be guessed and is never reused, so that caches may keep the file without a limit."""
    return f"pictures/{timezone.now():%Y/%m}/{secrets.token_hex(12)}.{filename.rsplit('.', 1)[-1]}"


class PhotoFile(PictureFieldFile):
    """The file and its renditions. All are stored when `save` returns, before a row names them.

    django-pictures can make renditions in a queue. Here the upload waits for them, so no page shows a rendition that
    does not exist yet.
    """

    def save(self, name: str, content: File, save: bool = True) -> None:
        clean = content if isinstance(content, processing.Cleaned) else processing.process_upload(content).file
        super().save(clean.name, clean, save=False)
        if save:
            self.instance.save()

    def save_all(self) -> None:
        with processing.slots:
            with self.storage.open(self.name) as file, Image.open(file) as image:
                whole = PillowPicture.pre_process(image)
            for rendition in self.get_picture_files_list():
                rendition.save(whole)

    def delete_all(self) -> None:
        for rendition in self.get_picture_files_list():
            rendition.delete()

    @property
    def renditions(self) -> dict[int, str]:
        """Return addresses by width in pixels, in ascending order; empty if the picture itself is small."""
        [files] = self.aspect_ratios[None].values()
        return {width: files[width].url for width in sorted(files)}

    @property
    def srcset(self) -> str:
        return ", ".join(f"{address} {width}w" for width, address in self.renditions.items())

    @property
    def thumbnail(self) -> str:
        return next(iter(self.renditions.values()), self.url)


class PhotoField(PictureField):
    attr_class = PhotoFile
    description = "A picture"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["upload_to"] = upload_path
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, path, args, kwargs = super().deconstruct()
        # Renditions are a setting of the site and do not concern migrations.
        for setting in ("aspect_ratios", "container_width", "file_types", "pixel_densities", "grid_columns"):
            kwargs.pop(setting)
        del kwargs["breakpoints"], kwargs["upload_to"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> forms.Field:
        defaults = {"label": capfirst(self.verbose_name), "help_text": self.help_text, "required": not self.blank}
        return PhotoFormField(**{**defaults, "max_length": self.max_length, **kwargs})


class PhotoFormField(forms.FileField):
    def to_python(self, data: File | None) -> processing.Cleaned | None:
        file = super().to_python(data)
        return None if file is None else processing.process_upload(file).file

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        limits = {"data-side": processing.MAX_SIDE, "data-pixels": processing.MAX_PIXELS}
        return {**super().widget_attrs(widget), "accept": processing.ACCEPT, **limits}

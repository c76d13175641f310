"""A picture as a column: whatever is put in is made anew from its pixels, with renditions for every screen."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from pictures.models import PictureField, PictureFieldFile, PillowPicture
from PIL import Image

from articles.pictures import processing


def place_of(instance: models.Model, filename: str) -> str:
    """A name that nobody can guess or has ever used, so that caches keep it for ever."""
    return f"pictures/{timezone.now():%Y/%m}/{secrets.token_hex(12)}.{filename.rsplit('.', 1)[-1]}"


class PhotoFile(PictureFieldFile):
    """The file and its renditions. All are stored when `save` returns, before any row names them.

    The library would hand the work over to a queue; here whoever sends the picture waits for it, and no page ever
    shows a rendition that is not there yet.
    """

    def save(self, name: str, content: Any, save: bool = True) -> None:
        made = content if isinstance(content, processing.Cleaned) else processing.process_upload(content).file
        super().save(made.name, made, save=False)
        if save:
            self.instance.save()

    def save_all(self) -> None:
        with processing.at_once:
            with self.storage.open(self.name) as file, Image.open(file) as image:
                whole = PillowPicture.pre_process(image)
            for rendition in self.get_picture_files_list():
                rendition.save(whole)

    def delete_all(self) -> None:
        for rendition in self.get_picture_files_list():
            rendition.delete()

    @property
    def renditions(self) -> dict[int, str]:
        """Address by width in pixels, the smallest first; none where the picture itself is small."""
        [of_one_type] = self.aspect_ratios[None].values()
        return {width: of_one_type[width].url for width in sorted(of_one_type)}

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
        kwargs["upload_to"] = place_of
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        # Which renditions there are is the site's setting; migrations need not know.
        for setting in ("aspect_ratios", "container_width", "file_types", "pixel_densities", "grid_columns"):
            kwargs.pop(setting)
        del kwargs["breakpoints"], kwargs["upload_to"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        given = {"label": capfirst(self.verbose_name), "help_text": self.help_text, "required": not self.blank}
        return PhotoFormField(**{**given, "max_length": self.max_length, **kwargs})


class PhotoFormField(forms.FileField):
    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        return None if file is None else processing.process_upload(file).file

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": processing.ACCEPT}

"""The pictures of an update in a form: the same at the live desk and in the admin.

The browser (`static/articles/pictures.js`) uploads each picture at once. The form names those that the update is to
have, in order (`pictures`), and carries the texts of each in the source language (`picture-12-alt` …).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.models import Picture, Update
from articles.pictures import processing, versions
from articles.publishing.forms import UpdateModelForm
from articles.text.localized import text_in
from liveblog.languages import SHIPPED

FIELDS = ("alt", "caption", "credit")
#: Says that a form has pictures, also when there are none left in it.
MARKER = "pictures-shown"
MAX_PICTURES = 30


class PicturesForm(forms.Form):
    """`language`: the one that the texts are in. A form without `MARKER` leaves the pictures as they are.

    Give it the errors that the update's own validation finds (`add_errors`).
    """

    def __init__(self, data: Any = None, *, update: Update, language: str, user: Any) -> None:
        super().__init__(data if data is not None and MARKER in data else None)
        self.update, self.language, self.user = update, language, user
        now = list(update.pictures.all()) if update.pk else []
        self.pictures = self._chosen(now) if self.is_bound else now
        for picture in self.pictures:
            for name in FIELDS:
                self.fields[f"picture-{picture.pk}-{name}"] = self._field(picture, name)

    def _chosen(self, now: list[Picture]) -> list[Picture]:
        """Those that the form names and that are this update's, or this person's and nobody's yet."""
        named = [int(pk) for pk in self.data.getlist("pictures") if pk.isdecimal() and len(pk) < 19]
        found = Picture.objects.in_bulk(named[: 2 * MAX_PICTURES]) | {picture.pk: picture for picture in now}
        chosen = [found.get(pk) for pk in dict.fromkeys(named)]
        self.missing = len([picture for picture in chosen if not self._may_have(picture)])
        return [picture for picture in chosen if picture is not None and self._may_have(picture)]

    def _may_have(self, picture: Picture | None) -> bool:
        if picture is None:
            return False
        own = self.update.pk is not None and self.update.pk in (picture.update_id, picture.removed_from_id)
        free = picture.update_id is None and picture.removed_from_id is None
        return own or (free and picture.uploaded_by_id == self.user.pk)

    def _field(self, picture: Picture, name: str) -> forms.CharField:
        column: Any = Picture._meta.get_field(name)
        return forms.CharField(
            label=capfirst(column.verbose_name),
            max_length=column.max_length,
            required=False,
            initial=text_in(picture, name, self.language),
        )

    def clean(self) -> None:
        super().clean()
        if self.missing:
            self.add_error(None, _("A picture is no longer there. Upload it again."))
        if len(self.pictures) > MAX_PICTURES:
            self.add_error(None, _("An update has at most %(limit)s pictures.") % {"limit": MAX_PICTURES})
        for picture in self.pictures:
            new = picture.update_id is None and picture.removed_from_id is None
            for name in FIELDS:
                for language in SHIPPED if new else ():
                    setattr(picture, f"{name}_{language}", "")
                text = self.cleaned_data.get(f"picture-{picture.pk}-{name}")
                if text is not None:
                    setattr(picture, f"{name}_{self.language}", text)

    def silence(self, language: str) -> None:
        """Have the pictures say nothing in a language; before the form is checked, which puts in what was written."""
        for picture in self.pictures:
            for name in FIELDS:
                setattr(picture, f"{name}_{language}", "")

    def add_errors(self, errors: dict[str, Any]) -> dict[str, Any]:
        """Take those errors that belong beside pictures; returns the others."""
        for name in [name for name in errors if name in self.fields or name == "pictures"]:
            self.add_error(name if name in self.fields else None, errors.pop(name))
        return errors

    @property
    def warnings(self) -> dict[str, str]:
        """What an editor should think of before readers see it, by field. Whoever was warned once may go on."""
        if not self.is_bound or self.update.state in (Update.State.DRAFT, Update.State.WITHDRAWN):
            return {}
        return {
            f"picture-{picture.pk}-alt": _(
                "Without alternative text, people who do not see the picture miss what it shows. If it only decorates, "
                "publish once more."
            )
            for picture in self.pictures
            if not text_in(picture, "alt", self.language) and not self._known_without(picture)
        }

    def _known_without(self, picture: Picture) -> bool:
        seen = picture.update_id is not None and self.update.published_before
        was_without = f"picture-{picture.pk}-alt" not in self.changed_data
        return f"picture-{picture.pk}-warned" in self.data or (seen and was_without)

    def save(self, update: Update) -> None:
        """Within the edit that saves the update."""
        if self.is_bound:
            versions.put(update, self.pictures)

    # How it looks ----------------------------------------------------------------------------------------------------

    def render_container(self, *, may_change: bool = True) -> SafeString:
        """The element on which the browser's `Pictures` is made."""
        warnings = self.warnings
        items = [
            {
                "picture": picture,
                "fields": [self._shown(picture, name) for name in FIELDS],
                "warned": f"picture-{picture.pk}-alt" in warnings or f"picture-{picture.pk}-warned" in self.data,
                "warning": warnings.get(f"picture-{picture.pk}-alt", ""),
            }
            for picture in self.pictures
        ]
        return render_to_string(
            "articles/pictures/container.html",
            {
                "items": items,
                "empty": [{"name": name, "column": Picture._meta.get_field(name)} for name in FIELDS],
                "errors": self.non_field_errors() if self.is_bound else [],
                "marker": MARKER,
                "language": self.language,
                "may_change": may_change,
                "upload": reverse("admin:articles_picture_upload"),
                "accept": processing.ACCEPT,
                "limit": processing.MAX_BYTES,
                "side": processing.MAX_SIDE,
            },
        )

    def _shown(self, picture: Picture, name: str) -> dict[str, Any]:
        bound = self[f"picture-{picture.pk}-{name}"]
        return {
            "name": name,
            "column": Picture._meta.get_field(name),
            "value": bound.value() or "",
            "errors": bound.errors if self.is_bound else [],
        }


class PicturesFormMixin(UpdateModelForm):
    """Add the pictures to a form of an update: they are validated and saved with it."""

    pictures: PicturesForm

    def take_pictures(self, data: Any, user: Any) -> None:
        """At the end of `__init__`. `data`: None where the person may not change them."""
        update = self.instance
        # Not what was sent, for what was published stays in its language.
        chosen = self["source_language"].value() if "source_language" in self.fields else ""
        language = chosen if chosen in SHIPPED else update.source_language
        self.pictures = PicturesForm(data, update=update, language=language, user=user)

    def check_pictures(self) -> None:
        """In `clean`, once the state that the update is to have is known."""
        valid = self.pictures.is_valid()
        if self.pictures.is_bound:
            self.pending = replace(self.pending, pictures=self.pictures.pictures)
        if self.pictures.is_bound and not valid:
            self._refuse_pictures()
        elif self.pictures.warnings:
            self.add_error(None, ValidationError(_("A picture has no alternative text."), code="warning"))

    def _refuse_pictures(self) -> None:
        self.add_error(None, ValidationError(_("Something is missing beside a picture."), code="pictures"))

    def add_error(self, field: str | None, error: Any) -> None:
        """What the model finds wrong with pictures is said beside them."""
        if field is None and hasattr(error, "error_dict") and self.pictures.is_bound:
            found = len(error.error_dict)
            error = ValidationError(self.pictures.add_errors(error.error_dict))
            if len(error.error_dict) < found:
                self._refuse_pictures()
        super().add_error(field, error)

    def save_relations(self) -> None:
        super().save_relations()
        self.pictures.save(self.instance)


def as_json(picture: Picture) -> dict[str, Any]:
    """A picture as the browser's `Pictures` knows it, without words."""
    image = picture.image
    return {
        "id": picture.pk,
        "url": image.url,
        "thumbnail": image.thumbnail,
        "width": picture.width,
        "height": picture.height,
        "alt": "",
        "caption": "",
        "credit": "",
    }

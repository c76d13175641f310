"""The pictures in forms of an update, at the desk and in the admin.

The browser (`static/articles/pictures.js`) uploads each picture at once. The form then sends the primary keys of the
update's pictures in order (`pictures`) and the texts of each in the source language (`picture-12-alt` …).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.forms import UpdateModelForm
from articles.models import Picture, Update
from articles.pictures import processing, versions
from articles.text.localized import text_in
from liveblog.fields import TextFormField
from liveblog.languages import KNOWN, column
from liveblog.numbers import number

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Actor = User | AnonymousUser

FIELDS = ("alt", "caption", "credit")
#: The name of a hidden field, which shows that the form has sent all its pictures, even if there are none.
MARKER = "pictures-shown"
MAX_PICTURES = 30


class PicturesForm(forms.Form):
    """The pictures of an update with their texts in `language`. Without `MARKER` in `data` they stay unchanged.

    Pass the errors of the update's own validation to `add_errors`.
    """

    def __init__(self, data: QueryDict | None = None, *, update: Update, language: str, user: Actor) -> None:
        super().__init__(data if data is not None and MARKER in data else None)
        self.update, self.language, self.user = update, language, user
        stored = list(update.pictures.all()) if update.pk else []
        self.pictures = self._selected(stored) if self.is_bound else stored
        for picture in self.pictures:
            for name in FIELDS:
                self.fields[f"picture-{picture.pk}-{name}"] = self._field(picture, name)

    def _selected(self, stored: list[Picture]) -> list[Picture]:
        """Return the pictures that the form sent and that belong to the update, or only to the user so far."""
        assert isinstance(self.data, QueryDict)
        sent = [pk for pk in map(number, self.data.getlist("pictures")) if pk is not None]
        found = Picture.objects.in_bulk(sent[: 2 * MAX_PICTURES]) | {picture.pk: picture for picture in stored}
        pictures = [found.get(pk) for pk in dict.fromkeys(sent)]
        self.missing = len([picture for picture in pictures if not self._is_allowed(picture)])
        return [picture for picture in pictures if picture is not None and self._is_allowed(picture)]

    def _is_allowed(self, picture: Picture | None) -> bool:
        if picture is None:
            return False
        own = self.update.pk is not None and self.update.pk in (picture.update_id, picture.removed_from_id)
        free = picture.update_id is None and picture.removed_from_id is None
        return own or (free and picture.uploaded_by_id == self.user.pk)

    def _field(self, picture: Picture, name: str) -> forms.CharField:
        column = Picture._meta.get_field(name)
        assert isinstance(column, Field)
        return TextFormField(
            label=capfirst(str(column.verbose_name)),
            max_length=column.max_length,
            required=False,
            initial=text_in(picture, name, self.language),
        )

    def clean(self) -> dict[str, object]:
        super().clean()
        if self.missing:
            self.add_error(None, _("A picture is no longer available. Upload it again."))
        if len(self.pictures) > MAX_PICTURES:
            self.add_error(None, _("An update can have at most %(limit)s pictures.") % {"limit": MAX_PICTURES})
        for picture in self.pictures:
            new = picture.update_id is None and picture.removed_from_id is None
            for name in FIELDS:
                for language in KNOWN if new else ():
                    setattr(picture, column(name, language), "")
                text = self.cleaned_data.get(f"picture-{picture.pk}-{name}")
                if text is not None:
                    setattr(picture, column(name, self.language), text)
        return self.cleaned_data

    def clear_texts(self, language: str) -> None:
        """Remove the texts in a language. Call this before the validation, which writes the texts of the form."""
        for picture in self.pictures:
            for name in FIELDS:
                setattr(picture, column(name, language), "")

    def add_errors(self, errors: dict[str, list[ValidationError]]) -> dict[str, list[ValidationError]]:
        """Add the errors about pictures to this form and return the others."""
        for name in [name for name in errors if name in self.fields or name == "pictures"]:
            self.add_error(name if name in self.fields else None, errors.pop(name))
        return errors

    @property
    def warnings(self) -> dict[str, str]:
        """Return warnings by field. A user who has seen a warning may publish anyway."""
        if not self.is_bound or self.update.state in (Update.State.DRAFT, Update.State.WITHDRAWN):
            return {}
        return {
            f"picture-{picture.pk}-alt": _(
                "People who can’t see the picture rely on the alt text. If it is purely decorative, press Publish "
                "again."
            )
            for picture in self.pictures
            if not text_in(picture, "alt", self.language) and not self._is_acknowledged(picture)
        }

    def _is_acknowledged(self, picture: Picture) -> bool:
        """Return whether the warning was shown, or the picture has been published without alternative text."""
        published = picture.update_id is not None and self.update.published_before
        unchanged = f"picture-{picture.pk}-alt" not in self.changed_data
        return f"picture-{picture.pk}-warned" in self.data or (published and unchanged)

    def save(self, update: Update) -> None:
        """Save the pictures, within the edit that saves the update."""
        if self.is_bound:
            versions.put(update, self.pictures)

    # Rendering -------------------------------------------------------------------------------------------------------

    def render_container(self, *, may_change: bool = True) -> SafeString:
        """Render the container of the script's `Pictures`."""
        warnings = self.warnings
        items = [
            {
                "picture": picture,
                "fields": [self._rendered_field(picture, name) for name in FIELDS],
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
                "pixels": processing.MAX_PIXELS,
            },
        )

    def _rendered_field(self, picture: Picture, name: str) -> dict[str, object]:
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

    def init_pictures(self, data: QueryDict | None, user: Actor) -> None:
        """Create `pictures`, at the end of `__init__`. `data` is None if the user may not change them."""
        update = self.instance
        # Use the bound value instead of `data`: the field is disabled once the update is published.
        selected = self["source_language"].value() if "source_language" in self.fields else ""
        language = selected if selected in KNOWN else update.source_language
        self.pictures = PicturesForm(data, update=update, language=language, user=user)

    def check_pictures(self) -> None:
        """Validate the pictures, once the update has the state in which it is saved."""
        valid = self.pictures.is_valid()
        if self.pictures.is_bound:
            self.pending = replace(self.pending, pictures=self.pictures.pictures)
        if self.pictures.is_bound and not valid:
            self._add_pictures_error()
        elif self.pictures.warnings:
            self.add_error(None, ValidationError(_("A picture has no alt text."), code="warning"))

    def _add_pictures_error(self) -> None:
        self.add_error(None, ValidationError(_("Details are missing for one of the pictures."), code="pictures"))

    def add_error(self, field: str | None, error: Any) -> None:
        """Report the model's errors about pictures beside the pictures."""
        if (
            field is None
            and isinstance(error, ValidationError)
            and hasattr(error, "error_dict")
            and self.pictures.is_bound
        ):
            found = len(error.error_dict)
            error = ValidationError(self.pictures.add_errors(error.error_dict))
            if len(error.error_dict) < found:
                self._add_pictures_error()
        super().add_error(field, error)

    def save_relations(self) -> None:
        super().save_relations()
        self.pictures.save(self.instance)


def as_json(picture: Picture) -> dict[str, object]:
    """Return a picture in the form for the script's `Pictures`, without texts."""
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

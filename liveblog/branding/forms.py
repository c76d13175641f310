"""The form of the site's name and look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from liveblog.branding import colours, drawings, fonts
from liveblog.branding.models import NAME_MAX_LENGTH, Brand, BrandFile, SiteLink
from liveblog.fields import TextFormField, offered_languages
from liveblog.languages import column, direction, language_name

#: Empty rows for more links.
_MORE_LINKS = 2

_PLACEHOLDERS = {
    "colour": colours.DEFAULT,
    "colour_dark": colours.DEFAULT_DARK,
    "link": colours.DEFAULT_LINK,
    "link_dark": colours.DEFAULT_LINK_DARK,
}
_FONTS = frozenset({"headline_font", "text_font"})


class BrandForm(forms.ModelForm):
    """Name, logos, colours and fonts. An uploaded file replaces the stored one; a ticked box removes it."""

    #: The version of the row that the form shows; not saved.
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Brand
        fields = ("name", "publisher", *Brand.COLOURS, "headings")
        widgets = {"headings": forms.RadioSelect}
        help_texts = {
            "name": _("In the header, in page titles, on cards and in emails."),
            "publisher": _("The company behind the site, for search engines, feeds and the foot of each page."),
            "colour": _("For the band above live coverage, and for cards."),
            "colour_dark": _("Leave empty to use a darker shade."),
            "link": _("Leave empty to use a legible shade of the first colour."),
            "link_dark": _("Leave empty to use a lighter shade."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["seen"].initial = self.instance.version
        for name in Brand.COLOURS:
            attributes = {"dir": "ltr", "data-colour": "", "autocomplete": "off", "placeholder": _PLACEHOLDERS[name]}
            self.fields[name].widget.attrs |= attributes
        for name in Brand.FILES:
            accept = ".woff2,font/woff2" if name in _FONTS else drawings.ACCEPT
            label = Brand._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            widget = forms.FileInput(attrs={"accept": accept})
            self.fields[name] = forms.FileField(label=label, required=False, widget=widget)
            self.fields[f"remove_{name}"] = forms.BooleanField(label=_("Remove"), required=False)
        for code, _name in offered_languages():
            attributes = {"lang": code, "dir": direction(code), "autocomplete": "off"}
            self.fields[column("name", code)] = TextFormField(
                label=language_name(code),
                required=False,
                max_length=NAME_MAX_LENGTH,
                initial=self.instance.names.get(code, ""),
                widget=forms.TextInput(attrs=attributes),
            )

    @property
    def name_fields(self) -> list[forms.BoundField]:
        return [self[column("name", code)] for code, _name in offered_languages()]

    @property
    def logo_fields(self) -> list[tuple[forms.BoundField, forms.BoundField, BrandFile | None]]:
        return [self._file_field(name) for name in Brand.FILES if name not in _FONTS]

    @property
    def font_fields(self) -> list[tuple[forms.BoundField, forms.BoundField, BrandFile | None]]:
        return [self._file_field(name) for name in Brand.FILES if name in _FONTS]

    def _file_field(self, name: str) -> tuple[forms.BoundField, forms.BoundField, BrandFile | None]:
        return self[name], self[f"remove_{name}"], getattr(self.instance, name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen = cleaned.get("seen")
        if seen is not None and seen != self.instance.version:
            message = _(
                "Someone else has changed these settings in the meantime. Reload the page and make your changes again."
            )
            raise ValidationError(message)
        stored = self.instance.names
        offered = {code: cleaned.get(column("name", code), "") for code, _name in offered_languages()}
        # Names in languages that the site does not offer at present stay.
        self.instance.names = {code: name for code, name in {**stored, **offered}.items() if name}
        for name in Brand.FILES:
            try:
                self._take_file(name, cleaned)
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned

    def _take_file(self, name: str, cleaned: dict[str, Any]) -> None:
        uploaded = cleaned.get(name)
        if isinstance(uploaded, UploadedFile):
            setattr(self.instance, name, _font(uploaded) if name in _FONTS else _drawing(uploaded))
        elif cleaned.get(f"remove_{name}"):
            setattr(self.instance, name, None)

    def save(self, commit: bool = True) -> Brand:
        for name in Brand.FILES:
            file = getattr(self.instance, name)
            if file is not None:
                file.save()
                setattr(self.instance, name, file)
        return super().save(commit)


def _drawing(uploaded: UploadedFile) -> BrandFile:
    found = drawings.drawing_of(uploaded)
    return BrandFile.of(found.content, found.extension, width=found.width, height=found.height)


def _font(uploaded: UploadedFile) -> BrandFile:
    facts = fonts.facts_of(uploaded)
    uploaded.seek(0)
    return BrandFile.of(uploaded.read(), "woff2", languages=facts.languages, weights=facts.weights)


class LinkForm(forms.ModelForm):
    class Meta:
        model = SiteLink
        fields = ("place", "kind", "language", "label", "address", "position")
        labels = {"position": _("Order")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), required=False, choices=[("", _("All languages")), *offered_languages()]
        )
        self.fields["address"].widget.attrs |= {"dir": "ltr"}
        self.fields["position"].required = False

    def clean_position(self) -> int:
        return self.cleaned_data.get("position") or 0

    def has_changed(self) -> bool:
        # Only a row with input is new.
        return (
            bool({"label", "address"} & set(self.changed_data)) if self.instance.pk is None else super().has_changed()
        )


LinkFormSet = forms.inlineformset_factory(
    Brand, SiteLink, form=LinkForm, extra=_MORE_LINKS, can_delete=True, max_num=60, absolute_max=100, validate_max=True
)

"""The forms for the newsroom's wording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liveblog.fields import TextFormField, offered_languages
from liveblog.languages import direction
from liveblog.lists import listed
from liveblog.wording import current, rules
from liveblog.wording.catalogue import Message

#: In characters. Longer texts get a box of several lines.
_LINE = 70

CONFLICT = gettext_lazy("Someone else has changed these words meanwhile. Reload the page.")

#: In bytes. A catalogue of the whole product has a quarter of this size.
MAX_FILE_BYTES = 2_000_000


class WordsForm(forms.Form):
    """The texts of one message: a field for each plural form. If all fields are empty, the product's texts return.

    seen   the number of the last decision that the form shows; 0: none
    """

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, data: Any, *, message: Message, language: str, product: Sequence[str], texts: Sequence[str], last: int
    ) -> None:
        super().__init__(data, label_suffix="", initial={"seen": last})
        self._message, self.product, self._last = message, list(product), last
        #: By plural form. The interface counts no fractions, so their form has no field.
        self._names = {
            form: f"text_{form}"
            for form in range(len(product))
            if not message.plural or current.numbers_of_forms(language)[form]
        }
        most = rules.max_length(message, product)
        for form, name in self._names.items():
            is_long = "\n" in product[form] or len(product[form]) > _LINE
            attributes = {"lang": language, "dir": direction(language), "maxlength": most, "autocomplete": "off"}
            self.fields[name] = TextFormField(
                label=_label(language, form) if message.plural else _("Your words"),
                required=False,
                strip=False,
                initial=texts[form] if form < len(texts) else "",
                widget=forms.Textarea({**attributes, "rows": 3}) if is_long else forms.TextInput(attributes),
            )

    @property
    def text_fields(self) -> list[tuple[forms.BoundField, str]]:
        """Return each field with the product's text."""
        return [(self[name], self.product[form]) for form, name in self._names.items()]

    @property
    def is_product(self) -> bool:
        """Return whether the texts are those of the product."""
        return all(self.cleaned_data[name] == self.product[form] for form, name in self._names.items())

    @property
    def texts(self) -> list[str]:
        """Return the texts; an empty list if all fields are empty or have the product's texts."""
        if self.is_product:
            return []
        written: list[str] = []
        for form in range(len(self.product)):
            written.append(self.cleaned_data[self._names[form]] if form in self._names else written[-1])
        return written if any(written) else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (cleaned.get("seen") or 0) != self._last:
            raise ValidationError(CONFLICT)
        for form, name in self._names.items():
            cleaned[name] = rules.normal(cleaned.get(name) or "", self.product[form])
        is_empty = not self.errors and not any(cleaned[name] for name in self._names.values())
        for form, name in self._names.items():
            if is_empty or name in self.errors:
                continue
            if not cleaned[name]:
                self.add_error(name, _("Enter the words for these numbers too."))
                continue
            try:
                rules.check(self._message, self.product, form, cleaned[name])
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned


def _label(language: str, form: int) -> str:
    numbers = current.numbers_of_forms(language)[form]
    if form == 0 and language == "en":
        return _("Your words for the number 1")
    return _("Your words for numbers such as %(numbers)s") % {"numbers": listed(numbers)}


class ImportForm(forms.Form):
    """A catalogue with texts of the newsroom."""

    file = forms.FileField(
        label=gettext_lazy("PO file"), widget=forms.FileInput({"accept": ".po,text/x-gettext-translation"})
    )
    to = forms.ChoiceField(label=gettext_lazy("Language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = offered_languages()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise ValidationError(_("The file is larger than %(size)d MB.") % {"size": MAX_FILE_BYTES // 1_000_000})
        return file

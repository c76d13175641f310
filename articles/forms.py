"""The base of all forms of an update."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django import forms

from articles import changes
from articles.pending import NOTHING_PENDING, PendingRelations

if TYPE_CHECKING:
    from articles.models import Update

    _ModelForm = forms.ModelForm[Update]
else:
    _ModelForm = forms.ModelForm


class UpdateModelForm(_ModelForm):
    """A form of an update that validates it together with the relations that the form saves after it."""

    #: The relations that the cleaned data describe; subclasses add theirs in `clean`.
    pending: PendingRelations = NOTHING_PENDING

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if "authors" in self.cleaned_data:
            self.pending = replace(self.pending, authors=list(self.cleaned_data["authors"]))
        if "topics" in self.cleaned_data:
            self.pending = replace(self.pending, topics=list(self.cleaned_data["topics"]))
        return self.cleaned_data if cleaned is None else cleaned

    def _post_clean(self) -> None:
        with self.instance.validated_with(self.pending):
            super()._post_clean()  # type: ignore[misc]

    def _save_m2m(self) -> None:
        # The open edit has read the stored relations.
        before = changes.row_before(self.instance)
        for name in ("authors", "topics"):
            if name in self.cleaned_data:
                stored = set(getattr(before, name).all()) if before else set()
                if stored != set(self.cleaned_data[name]):
                    getattr(self.instance, name).set(self.cleaned_data[name])
        self.save_relations()

    def save_relations(self) -> None:
        """Save the pending relations that are not fields of the model, within the edit that saves the update."""

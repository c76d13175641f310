"""The choices of a poll in a form: one field for each, instead of a formatted list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from articles.polls import ballot
from liveblog.blank import unless_blank
from liveblog.marks import bounded_marks

if TYPE_CHECKING:
    from django.utils.datastructures import MultiValueDict

#: Limit of a choice in characters; more than a button can show.
MAX_LENGTH = 200
#: The number of fields in a form without choices.
SHOWN = 2


class ChoicesInput(forms.Widget):
    """A text field for each choice. The script of the composer adds more."""

    template_name = "articles/widgets/choices.html"

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any] | None, name: str
    ) -> list[str]:
        found = data.getlist(name) if isinstance(data, QueryDict) else data.get(name) or []
        return [str(each) for each in found]

    def get_context(self, name: str, value: Sequence[str] | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        written = list(value or [])
        context = super().get_context(name, None, attrs)
        return context | {
            "choices": written + [""] * (SHOWN - len(written)),
            "most": ballot.MAX_CHOICES,
            "longest": MAX_LENGTH,
        }

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-1"


class ChoicesFormField(forms.Field):
    """The choices of a poll as a list of texts, without empty ones."""

    widget = ChoicesInput

    def to_python(self, value: Sequence[str] | None) -> list[str]:
        texts = (unless_blank(bounded_marks(" ".join(each.split()))) for each in value or ())
        found = [text for text in texts if text]
        if len(found) > ballot.MAX_CHOICES or any(len(text) > MAX_LENGTH for text in found):
            raise forms.ValidationError(
                _("A poll has up to %(most)s choices of up to %(longest)s characters."),
                params={"most": ballot.MAX_CHOICES, "longest": MAX_LENGTH},
                code="max_length",
            )
        return found


def with_choices(introduction: str, choices: Sequence[str]) -> str:
    """Return the body of a poll: its introduction and the list of its choices."""
    if not choices:
        return introduction
    return f"{introduction}<ul>{format_html_join('', '<li>{}</li>', ((choice,) for choice in choices))}</ul>"


def without_choices(body: str) -> tuple[str, list[str]]:
    """Return the introduction in the body of a poll and its choices; the whole body if it has no single list."""
    found = ballot.parse(body)
    return (found.introduction, found.choices) if found else (body, [])

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from comments import text as plain
from comments.models import Comment, Report
from comments.submission import PARENT_GONE

if TYPE_CHECKING:
    from articles.models import Article

#: The longest comment, in characters.
MAX_LENGTH = 3000


class PlainField(forms.CharField):
    """Plain text, cleaned. Normalisation may make it longer, so the length is checked again after it."""

    def __init__(self, *, cleaned: Callable[[str], str] = plain.cleaned, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self._cleaned = cleaned

    def to_python(self, value: object) -> str:
        text = super().to_python(value) or ""
        if len(text) > (self.max_length or 0):
            return text
        return self._cleaned(text)


class _Form(forms.Form):
    """A form whose fields have ids that are unique on the page."""

    def __init__(self, data: Mapping[str, object] | None = None, *, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="comment-%s")


class CommentForm(_Form):
    name = PlainField(
        label=pgettext_lazy("of a commenter", "Name"),
        max_length=60,
        cleaned=plain.cleaned_line,
        widget=forms.TextInput({"autocomplete": "name", "dir": "auto"}),
    )
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("Never shown to readers."),
        widget=forms.EmailInput({"autocomplete": "email", "dir": "ltr"}),
    )
    text = PlainField(
        label=_("Comment"),
        max_length=MAX_LENGTH,
        help_text=_("Plain text. Leave a blank line between paragraphs; web addresses become links."),
        widget=forms.Textarea({"rows": 6, "dir": "auto"}),
    )
    notify = forms.BooleanField(label=_("Email me when my comment is published or someone replies"), required=False)
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**62)
    #: Seconds for which the form was open, measured by its JavaScript module; optional.
    seconds = forms.FloatField(required=False, widget=forms.HiddenInput, min_value=0)
    #: A random key from the module, to recognise a repeated comment. See `comments.submission`.
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)
    #: The proof, kept by the module, that the owner of the e-mail is the sender. See `comments.confirmation`.
    proof = forms.CharField(required=False, widget=forms.HiddenInput, max_length=200)
    #: A honeypot: people do not see this field, so only a program fills it in.
    website = forms.CharField(required=False, label=_("Leave this field empty"))

    def __init__(
        self, data: Mapping[str, object] | None = None, *, article: Article, initial: dict[str, object] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self._article = article
        if not settings.EMAIL_CONFIGURED:
            del self.fields["notify"]

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this field empty"))
        return ""

    def clean_parent(self) -> Comment | None:
        pk = self.cleaned_data["parent"]
        if pk is None:
            return None
        parent = Comment.objects.approved().filter(pk=pk, article=self._article).first()
        if parent is None:
            raise ValidationError(PARENT_GONE)
        return parent


class EditForm(_Form):
    """The form for authors to change the text of a comment."""

    text = PlainField(label=_("Comment"), max_length=MAX_LENGTH, widget=forms.Textarea({"rows": 6, "dir": "auto"}))


class ReportForm(_Form):
    reason = forms.ChoiceField(
        label=_("Why are you reporting this comment?"), choices=Report.Reason, widget=forms.RadioSelect
    )
    text = PlainField(
        label=_("Add details (optional)"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from comments.models import Discussion, Note
from comments.queue.reasons import Reason
from liveblog.fields import TextFormField
from liveblog.moments.fields import ArticleMomentFormMixin


class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 4, "dir": "auto"})}


class RejectionForm(forms.Form):
    reason = forms.ChoiceField(label=_("reason"), choices=Reason.choices, widget=forms.RadioSelect)
    words = TextFormField(
        label=_("in your own words"), required=False, max_length=250, widget=forms.TextInput(attrs={"dir": "auto"})
    )


class BanArguments(TypedDict):
    """Keyword arguments of `moderation.ban`."""

    until: datetime
    email: bool
    address: bool
    reason: str


class BanForm(forms.Form):
    """The form of a ban: of the e-mail, the IP address or both, and for how long."""

    DAYS = [
        ("1", pgettext_lazy("how long a ban lasts", "One day")),
        ("7", pgettext_lazy("how long a ban lasts", "One week")),
        ("30", pgettext_lazy("how long a ban lasts", "30 days")),
        ("365", pgettext_lazy("how long a ban lasts", "One year")),
    ]

    email = forms.BooleanField(
        label=_("Ban the email address"),
        required=False,
        initial=True,
        help_text=_("Only a confirmed email address can be banned; others may belong to someone else."),
    )
    address = forms.BooleanField(
        label=_("Ban the IP address"), required=False, help_text=_("Others may share it, so keep the ban short.")
    )
    days = forms.ChoiceField(label=_("For how long"), choices=DAYS, initial="7")
    reason = TextFormField(
        label=_("reason"), required=False, max_length=300, widget=forms.TextInput(attrs={"dir": "auto"})
    )

    def clean(self) -> None:
        super().clean()
        if not self.cleaned_data.get("email") and not self.cleaned_data.get("address"):
            raise ValidationError(_("Choose what to ban: email or IP address."))

    def arguments(self) -> BanArguments:
        data = self.cleaned_data
        until = timezone.now() + timedelta(days=int(data["days"]))
        return {"until": until, "email": data["email"], "address": data["address"], "reason": data["reason"]}


class RulesForm(ArticleMomentFormMixin, forms.ModelForm):
    """When comments on an article appear, and when they close. Times are in the article's time zone."""

    class Meta:
        model = Discussion
        fields = ("policy", "closes_at")

"""The form of a webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from liveblog.webhooks import events
from liveblog.webhooks.models import MAX_WEBHOOKS, Webhook


class WebhookForm(forms.ModelForm):
    events = forms.MultipleChoiceField(label=_("Events"), widget=forms.CheckboxSelectMultiple)
    #: Only for a webhook whose articles were all deleted: an empty list does not stand for all articles there.
    all = forms.BooleanField(required=False)

    class Meta:
        model = Webhook
        fields = ("name", "address", "events", "articles", "is_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["events"].choices = events.choices()  # type: ignore[attr-defined]
        if "address" in self.fields:
            self.fields["address"].widget.attrs |= {"dir": "ltr", "class": "vLargeTextField"}
        if not self.instance.lost_its_articles:
            del self.fields["all"]
        elif "articles" in self.fields:
            self.fields["all"].label = capfirst(pgettext("articles of a webhook", "all"))
            self.fields["articles"].help_text = ""

    @property
    def limits_anew(self) -> bool:
        """Return whether the user has chosen other articles, or all."""
        return bool("articles" in self.changed_data or self.cleaned_data.get("all"))

    def clean(self) -> dict[str, Any]:
        if self.instance.pk is None and Webhook.objects.count() >= MAX_WEBHOOKS:
            message = _("There are %(limit)s webhooks already. Delete one that you don’t need.")
            raise ValidationError(message, params={"limit": MAX_WEBHOOKS})
        return super().clean() or {}

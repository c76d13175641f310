"""The embed in forms of an update."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from js_asset import Script

from articles.embeds import providers, services
from articles.forms import UpdateModelForm


class EmbedWidget(forms.TextInput):
    """A field for the address, with space for the preview that static/articles/embeds.js adds.

    auto   whether the script finds the element itself; otherwise the page creates an `Embed` for it
    """

    template_name = "articles/embeds/widget.html"
    input_type = "url"

    class Media:
        js = (Script("articles/embeds.js", type="module"),)

    def __init__(self, attrs: dict[str, object] | None = None, *, auto: bool = True) -> None:
        super().__init__(attrs)
        self.auto = auto

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, object]:
        # The script replaces the 0 in the address by the article, which the form can still change.
        return super().get_context(name, value, attrs) | {
            "auto": self.auto,
            "resolve": reverse("admin:articles_article_embed", args=[0]),
            "patterns": json.dumps(providers.browser_patterns()),
        }


class EmbedField(forms.CharField):
    """The address of an embed, cleaned to its canonical form; "" for none."""

    def __init__(self, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {
            "required": False,
            "widget": EmbedWidget,
            "label": _("Embed"),
            "help_text": _("The link to a video, post, audio clip or chart on another site."),
        }
        super().__init__(**defaults | kwargs)

    def clean(self, value: object) -> str:
        text = super().clean(value)
        return services.address(text) if text else ""


class EmbedFormMixin(UpdateModelForm):
    """Add the embed to a form of an update. The embed is saved with the authors, by `save_m2m`."""

    embed_url = EmbedField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "embed_url" in self.fields:
            self.fields["embed_url"].initial = self.pending.embed_url_of(self.instance)
            self.fields["embed_url"].widget.attrs["data-article"] = self.instance.article_id or ""

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if "embed_url" in self.fields:
            update, kinds = self.instance, type(self.instance).Kind
            # An invalid address already has an error, and is not also reported as missing.
            url = self.cleaned_data.get("embed_url", self["embed_url"].value())
            self.pending = replace(self.pending, embed_url=url)
            kind = self.cleaned_data.get("kind", update.kind)
            # Only an embed needs no text. A form with a field for the kind keeps the kind, and reports the missing
            # embed instead.
            if kind == kinds.TEXT and url:
                kind = kinds.EMBED
            elif kind == kinds.EMBED and not url and "kind" not in self.fields:
                kind = kinds.TEXT
            update.kind = kind
            if "kind" in self.cleaned_data:
                self.cleaned_data["kind"] = kind
        return cleaned

    def save_relations(self) -> None:
        super().save_relations()
        if "embed_url" in self.cleaned_data:
            services.attach(self.instance, self.cleaned_data["embed_url"])

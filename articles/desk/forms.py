"""The composer: one update as a journalist writes it, in one language, and what is chosen about it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from articles import rules
from articles.desk import actions
from articles.embeds.forms import EmbedField, EmbedWidget, WithEmbed
from articles.embeds.services import as_data as embed_of
from articles.fields import offered_languages, with_those_kept
from articles.models import Article, Author, Update
from articles.pictures.forms import WithPictures
from articles.pictures.versions import as_data as pictures_of
from articles.richtext import RichTextWidget
from articles.text import stored
from liveblog.languages import SHIPPED, direction

#: What is written, in the language that it is written in.
TEXTS = ("headline", "body", "attribution", "correction_note")
#: What is chosen.
CHOICES = ("kind", "source_url", "is_key", "is_breaking")

State = Update.State

#: Columns that the composer knows by another name.
_FIELDS = {"first_published_at": "published_at"}


def stamp(update: Update) -> str:
    """Names what the composer shows of an update. Two people with the same stamp have the same before them."""
    if update.pk is None:
        return ""
    shown = {
        "language": update.source_language,
        "texts": [stored(update, name, update.source_language) for name in TEXTS],
        "choices": [getattr(update, name) for name in (*CHOICES, "closes_at")],
        "authors": sorted(update.authors.values_list("pk", flat=True)),
        "pictures": pictures_of(update),
        "embed": embed_of(update),
        "published": update.published_before,
        "state": update.state,
    }
    return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:20]


def language_for(person: Any, article: Article) -> str:
    """The language that a person begins to write in: that of their last update, or of their newsroom pages."""
    last = Update.objects.filter(written_by=person).order_by("-pk").values_list("source_language", flat=True).first()
    offered = article.offered_languages or [code for code, _name in settings.LANGUAGES]
    return next((code for code in (last, get_language()) if code in offered), offered[0])


def covered_beside(article: Article) -> Any:
    """The articles in which an update can stand as well: what is announced or live at the same time."""
    found = Article.objects.exclude(pk=article.pk).exclude(state=Article.State.FINISHED).order_by("-coverage_start")
    return Article.objects.filter(pk__in=list(found.values_list("pk", flat=True)[:20])).order_by("-coverage_start")


class ComposerForm(WithPictures, WithEmbed):
    """Check and save it as the person (`states.acting`), with the article locked; `save` inside `changes.edit`."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    headline = forms.CharField(
        label=_("Headline"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    body = forms.CharField(label=_("Text"), required=False, widget=RichTextWidget)
    attribution = forms.CharField(label=_("Attribution"), required=False, max_length=200)
    embed_url = EmbedField(widget=EmbedWidget(auto=False))
    source_url = forms.URLField(label=_("Address of the source"), required=False, max_length=500, assume_scheme="https")
    correction_note = forms.CharField(
        label=_("Correction note"),
        required=False,
        max_length=500,
        help_text=_("What was wrong, for readers who saw it. A new note marks the update as corrected."),
    )
    publish_at = forms.DateTimeField(
        label=_("Publish at"), required=False, widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    )
    published_at = forms.DateTimeField(
        label=_("Earlier time"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
    )
    backdating_reason = forms.CharField(label=_("Reason for the earlier time"), required=False, max_length=300)
    closes_at = forms.DateTimeField(
        label=_("Poll closes at"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
    )
    also_in: Any = forms.ModelMultipleChoiceField(
        Article.objects.none(), label=_("Also in"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Update
        fields = (*CHOICES, "closes_at", "authors")
        widgets = {
            "kind": forms.RadioSelect,
            "authors": forms.CheckboxSelectMultiple,
        }

    def __init__(self, data: Any = None, *, instance: Update, person: Any) -> None:
        self.article, self.person = instance.article, person
        self.language = instance.source_language
        super().__init__(data, instance=instance, initial=self._texts_of(instance))
        choices = with_those_kept(
            [one for one in offered_languages() if one[0] in self.article.languages], [instance.source_language]
        )
        self.fields["source_language"] = forms.ChoiceField(label=_("Language"), choices=choices, initial=self.language)
        # What was published stays in the language in which it was; translations hang on it.
        self.fields["source_language"].disabled = instance.published_before
        authors: Any = self.fields["authors"]
        authors.queryset, authors.label = Author.objects.order_by("name"), _("Byline")
        others: Any = self.fields["also_in"]
        others.queryset = covered_beside(self.article)
        self.take_pictures(data, person)
        for name in TEXTS:
            self.fields[name].widget.attrs |= {"lang": self.language, "dir": direction(self.language)}

    def _texts_of(self, update: Update) -> dict[str, Any]:
        texts: dict[str, Any] = {name: stored(update, name, update.source_language) for name in TEXTS}
        return texts | {
            "key": update.key,
            "opened": stamp(update),
            "publish_at": update.publish_at,
            "backdating_reason": update.backdating_reason,
        }

    def _get_validation_exclusions(self) -> set[str]:
        # The model is asked about every field that this form stands for.
        return set()

    def _post_clean(self) -> None:
        """Say what was written, in its language, and what becomes of the update; then the model is asked."""
        update, written = self.instance, self.cleaned_data
        before = update.source_language
        update.source_language = written.get("source_language") or before
        if before != update.source_language:
            for name in TEXTS:
                setattr(update, f"{name}_{before}", "")
            self.pictures.silence(before)
        for name in TEXTS:
            if name in written:
                setattr(update, f"{name}_{update.source_language}", written[name])
        if not update.published_before:
            self._plan()
        self.check_pictures()
        super()._post_clean()

    def _plan(self) -> None:
        """What becomes of an update that readers have not seen yet, by the button that was pressed."""
        update, action = self.instance, self.data.get("action", "draft")
        update.publish_at = self.cleaned_data.get("publish_at")
        if action == "publish":
            actions.publish(update, self.person)
            earlier = self.cleaned_data.get("published_at")
            if earlier and update.state == State.PUBLISHED:
                update.first_published_at = earlier
                update.backdating_reason = self.cleaned_data.get("backdating_reason", "")
        elif action == "schedule":
            # Where a second person releases updates, it is scheduled by being released.
            update.state = State.SUBMITTED if rules.needs_release(update) else State.SCHEDULED
        else:
            update.state = State.DRAFT

    def clean(self) -> None:
        super().clean()
        if self.data.get("action") == "schedule" and not self.cleaned_data.get("publish_at"):
            self.add_error("publish_at", _("Say when the update is to be published."))

    def add_error(self, field: str | None, error: Any) -> None:
        """The model names columns of a language; the composer has one field for all of them."""
        if field is None and hasattr(error, "error_dict"):
            shown: dict[str, Any] = {}
            for name, messages in error.error_dict.items():
                plain = name.rpartition("_")[0] if name.rpartition("_")[2] in SHIPPED else _FIELDS.get(name, name)
                known = plain in self.fields or plain == "pictures" or plain in self.pictures.fields
                shown.setdefault(plain if known else NON_FIELD_ERRORS, []).extend(messages)
            error = ValidationError(shown)
        super().add_error(field, error)

    def save(self, commit: bool = True) -> Any:
        if self.instance.pk is None:
            self.instance.key = self.cleaned_data.get("key")
        return super().save(commit)

"""The composer: one update as a journalist writes it, in one language, and what is chosen about it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from articles.desk import actions
from articles.embeds.forms import EmbedField, EmbedFormMixin, EmbedWidget
from articles.models import Article, Author, Update
from articles.pictures.forms import PicturesFormMixin
from articles.publishing import rules
from articles.publishing.snapshot import CHOICES, TEXTS, version_token
from articles.text.localized import text_in
from articles.text.richtext import RichTextWidget, not_too_long
from liveblog.fields import offered_languages, with_kept_languages
from liveblog.languages import SHIPPED, direction

State = Update.State

#: Columns that the composer knows by another name.
_FIELDS = {"first_published_at": "published_at"}


def language_for(user: Any, article: Article) -> str:
    """The language that a person begins to write in: that of their last update, or of their newsroom pages."""
    last = Update.objects.filter(written_by=user).order_by("-pk").values_list("source_language", flat=True).first()
    offered = article.offered_languages or [code for code, _name in settings.LANGUAGES]
    return next((code for code in (last, get_language()) if code in offered), offered[0])


def covered_beside(article: Article) -> Any:
    """The articles in which an update can stand as well: what is announced or live at the same time."""
    found = Article.objects.exclude(pk=article.pk).exclude(state=Article.State.FINISHED).order_by("-coverage_start")
    return Article.objects.filter(pk__in=list(found.values_list("pk", flat=True)[:20])).order_by("-coverage_start")


def key_of(data: Any) -> uuid.UUID | None:
    """What the browser calls a new update; nothing where that is no name."""
    try:
        return uuid.UUID(data.get("key", ""))
    except ValueError:
        return None


class ComposerForm(PicturesFormMixin, EmbedFormMixin):
    """Check and save it as the person (`states.acting`), with the article locked; `save` inside `changes.edit`."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    headline = forms.CharField(
        label=_("Headline"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    body = forms.CharField(label=_("Text"), required=False, widget=RichTextWidget, validators=[not_too_long])
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
        fields = (*CHOICES, "authors")
        widgets = {
            "kind": forms.RadioSelect,
            "authors": forms.CheckboxSelectMultiple,
        }

    def __init__(self, data: Any = None, *, instance: Update, user: Any) -> None:
        self.article, self.user = instance.article, user
        self.language = instance.source_language
        self.acts = rules.allowed_actions(instance if instance.pk else None, self.article, user)
        super().__init__(data, instance=instance, initial=self._texts_of(instance))
        choices = with_kept_languages(
            [one for one in offered_languages() if one[0] in self.article.languages], [instance.source_language]
        )
        self.fields["source_language"] = forms.ChoiceField(label=_("Language"), choices=choices, initial=self.language)
        # What was published stays in the language in which it was; translations hang on it.
        self.fields["source_language"].disabled = instance.published_before
        authors: Any = self.fields["authors"]
        authors.queryset, authors.label = Author.objects.order_by("name"), _("Byline")
        others: Any = self.fields["also_in"]
        others.queryset = covered_beside(self.article)
        self.take_pictures(data, user)
        for name in TEXTS:
            self.fields[name].widget.attrs |= {"lang": self.language, "dir": direction(self.language)}

    def _texts_of(self, update: Update) -> dict[str, Any]:
        texts: dict[str, Any] = {name: text_in(update, name, update.source_language) for name in TEXTS}
        return texts | {
            "key": update.key,
            "opened": version_token(update),
            "publish_at": update.publish_at,
            "published_at": update.earlier_time,
            "backdating_reason": update.backdating_reason,
        }

    def _get_validation_exclusions(self) -> set[str]:
        # The model is asked about every field that this form stands for.
        return set()

    def _post_clean(self) -> None:
        """Say what was written, in its language, and what becomes of the update; then the model is asked."""
        update, written = self.instance, self.cleaned_data
        if update.pk is None:
            update.key = written.get("key")
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
        update.earlier_time = self.cleaned_data.get("published_at")
        update.backdating_reason = self.cleaned_data.get("backdating_reason", "")
        if action == "publish":
            # What somebody else has to release goes on waiting for that.
            if update.state != State.SUBMITTED or "publish" in self.acts:
                actions.publish(update, self.user)
        elif action == "schedule":
            # Where a second person releases updates, it is scheduled by being released.
            update.state = State.SUBMITTED if rules.needs_release(update) else State.SCHEDULED
        else:
            update.state = State.DRAFT

    @property
    def overlong(self) -> bool:
        """Whether a text is too long to be compared with anything."""
        return any(self.has_error(name, code) for name in TEXTS for code in ("max_length", "long"))

    def clean_key(self) -> uuid.UUID | None:
        return key_of(self.data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.published_before and self.data.get("action") in ("draft", "schedule"):
            message = _("Readers have seen this update. It can be withdrawn, but not become a draft again.")
            self.add_error(None, message)
        elif self.data.get("action") == "schedule" and not self.cleaned_data.get("publish_at"):
            self.add_error("publish_at", _("Say when the update is to be published."))
        return cleaned

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

"""The composer: a form of one update in its source language."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from articles.desk import actions, notes
from articles.embeds.forms import EmbedField, EmbedFormMixin, EmbedWidget
from articles.models import Article, Author, Topic, Update
from articles.page.rendering import text_of_topic
from articles.pictures.forms import PicturesFormMixin
from articles.polls import ballot
from articles.polls.forms import ChoicesFormField, with_choices, without_choices
from articles.publishing import rules
from articles.publishing.snapshot import CHOICES, TEXTS, version_token
from articles.text.localized import text_in
from articles.text.richtext import RichTextFormField
from liveblog.fields import ObjectsFormField, TextFormField, offered_languages, with_kept_languages
from liveblog.languages import column, direction, field_of
from liveblog.lists import sort_key
from liveblog.moments.fields import ArticleMomentFormMixin, MomentFormField

if TYPE_CHECKING:
    from django.http import QueryDict

    from articles.desk.actions import Actor

State = Update.State

#: Columns for which the composer has a field with another name.
_FIELDS = {"first_published_at": "published_at"}


def language_for(user: Actor, article: Article) -> str:
    """Return the language of a user's new update: that of their last update, or of the page that they see.

    The first update of a coverage is in the language of its headline.
    """
    last = Update.objects.filter(written_by=user.pk).order_by("-pk").values_list("source_language", flat=True).first()
    offered = article.offered_languages or [code for code, _name in settings.LANGUAGES]
    first = None if article.updates.exists() else article.source_language
    return next((code for code in (first, last, get_language()) if code in offered), offered[0])


def copy_targets(article: Article) -> QuerySet[Article]:
    """Return the articles to which an update can be copied: the last 20 others that are announced or live."""
    found = Article.objects.exclude(pk=article.pk).exclude(state=Article.State.FINISHED).order_by("-coverage_start")
    return Article.objects.filter(pk__in=found.values("pk")[:20]).order_by("-coverage_start")


def author_choices() -> list[tuple[int, SafeString]]:
    """Return the authors with their names in the language of the desk, in its alphabetical order."""
    language = get_language() or "en"
    names = [(author.pk, author.name_for(language)) for author in Author.objects.all()]
    return [
        (pk, format_html("<span{}>{}</span>", name.attributes, name.value))
        for pk, name in sorted(names, key=lambda each: sort_key(each[1].value, language))
    ]


def topic_choices(article: Article) -> list[tuple[int, SafeString]]:
    """Return the topics with their names in the language of the desk: those of the coverage first, then the others."""
    language = get_language() or "en"
    own = {topic.pk for topic in article.topics.all()} if article.pk else set()
    named = [(topic.pk, text_of_topic(topic, language, article.source_language)) for topic in Topic.objects.all()]
    named.sort(key=lambda each: (each[0] not in own, sort_key(each[1].value, language)))
    return [(pk, format_html("<span{}>{}</span>", name.attributes, name.value)) for pk, name in named]


def key_of(data: Mapping[str, str]) -> uuid.UUID | None:
    """Return the key that the browser gave a new update; None if it is not a UUID."""
    try:
        return uuid.UUID(data.get("key", ""))
    except ValueError:
        return None


class ComposerForm(ArticleMomentFormMixin, PicturesFormMixin, EmbedFormMixin):
    """The form of the composer.

    Validate and save it as the acting user (`acting_as`), with the article locked; call `save` within `changes.edit`.
    """

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    headline = TextFormField(
        label=_("Headline"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    body = RichTextFormField(label=_("Text"), required=False)
    choices = ChoicesFormField(label=_("Choices"), required=False)
    attribution = TextFormField(label=_("Attribution"), required=False, max_length=200)
    embed_url = EmbedField(widget=EmbedWidget(auto=False))
    source_url = forms.URLField(label=_("Link to source"), required=False, max_length=500, assume_scheme="https")
    correction_note = TextFormField(
        label=_("Correction note"),
        required=False,
        max_length=500,
        help_text=_("Tell readers what was wrong. Adding a note marks the update as corrected."),
    )
    publish_at = MomentFormField(label=_("Publish at"), required=False)
    published_at = MomentFormField(label=_("Backdate to"), required=False)
    backdating_reason = TextFormField(label=_("Reason for backdating"), required=False, max_length=300)
    closes_at = MomentFormField(label=_("Poll closes at"), required=False)
    #: For the newsroom only; saved separately (`articles.desk.notes`).
    note = TextFormField(
        label=_("Note to colleagues"),
        required=False,
        max_length=notes.MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    also_in = ObjectsFormField(
        Article.objects.none(), label=_("Also publish in"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Update
        fields = (*CHOICES, "authors", "topics")
        widgets = {
            "kind": forms.RadioSelect,
            "authors": forms.CheckboxSelectMultiple,
            "topics": forms.CheckboxSelectMultiple,
        }
        field_classes = {"authors": ObjectsFormField, "topics": ObjectsFormField}

    def __init__(self, data: QueryDict | None = None, *, instance: Update, user: Actor) -> None:
        self.article, self.user = instance.article, user
        self.language = instance.source_language
        self.acts = rules.allowed_actions(instance if instance.pk else None, self.article, user)
        super().__init__(data, instance=instance, initial=self._initial(instance))
        choices = with_kept_languages(
            [one for one in offered_languages() if one[0] in self.article.languages], [instance.source_language]
        )
        self.fields["source_language"] = forms.ChoiceField(label=_("Language"), choices=choices, initial=self.language)
        # A published update keeps its source language, because its translations depend on it.
        self.fields["source_language"].disabled = instance.published_before
        self.fields["authors"].label = _("Byline")
        self._set_queryset("authors", Author.objects.order_by("pk"))
        self.fields["authors"].choices = author_choices  # type: ignore[attr-defined]
        self.fields["topics"].label = _("Topics")
        self._set_queryset("topics", Topic.objects.order_by("pk"))
        self.fields["topics"].choices = partial(topic_choices, self.article)  # type: ignore[attr-defined]
        if data is None or "also_in" in data:
            self._set_queryset("also_in", copy_targets(self.article))
        self.init_pictures(data, user)
        for name in TEXTS:
            self.fields[name].widget.attrs |= {"lang": self.language, "dir": direction(self.language)}

    def _set_queryset(self, name: str, queryset: QuerySet[Author] | QuerySet[Topic] | QuerySet[Article]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = queryset

    def _initial(self, update: Update) -> dict[str, object]:
        texts: dict[str, object] = {name: text_in(update, name, update.source_language) for name in TEXTS}
        if update.kind == Update.Kind.POLL:
            texts["body"], texts["choices"] = without_choices(str(texts["body"]))
        return texts | {
            "key": update.key,
            # Only a form that is rendered needs it.
            "opened": partial(version_token, update),
            "publish_at": update.publish_at,
            "published_at": update.earlier_time,
            "backdating_reason": update.backdating_reason,
        }

    def _get_validation_exclusions(self) -> set[str]:
        # Validate all fields of the model, because this form sets columns for which it has no field of the same name.
        return {*Update.REFERENCES} if self.instance.pk is None else {*Update.REFERENCES, "key"}

    def _post_clean(self) -> None:
        """Write texts and plans into the update, then have the model validate it."""
        update, written = self.instance, self.cleaned_data
        if update.pk is None:
            update.key = written.get("key")
        before = update.source_language
        update.source_language = written.get("source_language") or before
        if before != update.source_language:
            for name in TEXTS:
                setattr(update, column(name, before), "")
            self.pictures.clear_texts(before)
        for name in TEXTS:
            if name in written:
                setattr(update, column(name, update.source_language), written[name])
        if not update.published_before:
            self._plan()
        self.check_pictures()
        super()._post_clean()

    def _plan(self) -> None:
        """Set the state of an update that readers have not seen yet, according to the pressed button."""
        update, action = self.instance, self.data.get("action", "draft")
        planned_before = update.publish_at if update.state == State.SCHEDULED else None
        update.publish_at = self.cleaned_data.get("publish_at")
        update.earlier_time = self.cleaned_data.get("published_at")
        update.backdating_reason = self.cleaned_data.get("backdating_reason", "")
        if action in ("publish", "preview"):
            # An update that somebody else has to release remains submitted.
            if update.state != State.SUBMITTED or "publish" in self.acts:
                actions.publish(update, self.user)
            if action == "publish":
                actions.delay(update, self.data.get("delay"), planned_before)
        elif action == "schedule":
            # If updates need a release, releasing this one will schedule it.
            update.state = State.SUBMITTED if rules.needs_release(update) else State.SCHEDULED
        elif action != "keep" or update.state not in (State.SUBMITTED, State.WITHDRAWN):
            # A program can correct an update that waits for approval, or was discarded, without moving it.
            update.state = State.DRAFT

    @property
    def overlong(self) -> bool:
        """Return whether a text is too long to be compared with another version."""
        return any(self.has_error(name, code) for name in TEXTS for code in ("max_length", "long", "markup"))

    def clean_key(self) -> uuid.UUID | None:
        return key_of(self.data)

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        self._clean_choices()
        action, planned = self.data.get("action"), self.cleaned_data.get("publish_at")
        if self.instance.published_before:
            if action in ("draft", "schedule"):
                message = _(
                    "Readers have already seen this update. You can withdraw it, but not move it back to draft."
                )
                self.add_error(None, message)
        elif action == "schedule" and not self.has_error("publish_at"):
            # Pressing the button counts as planning the time now, even if it is the stored one.
            if planned is None:
                self.add_error("publish_at", _("Choose when to publish."))
            elif rules.has_passed(planned):
                self.add_error("publish_at", rules.PASSED)
        elif action == "publish" and "publish" in self.acts:
            for name, early in rules.early_errors(self.instance, planned).items():
                self.add_error(name, early)
        return cleaned

    def _clean_choices(self) -> None:
        """Put the choices into the body. If the update is no poll, they stay there as a list, so that none is lost."""
        body, choices = self.cleaned_data.get("body"), self.cleaned_data.get("choices")
        if body is None or not choices:
            return
        if self.cleaned_data.get("kind") == Update.Kind.POLL and ballot.parse(body):
            self.add_error("body", _("The choices have fields of their own. Remove the list from this text."))
        self.cleaned_data["body"] = with_choices(body, choices)

    def add_error(self, field: str | None, error: Any) -> None:
        """Report errors of translated columns at the composer's fields, which have no language suffix."""
        if field is None and hasattr(error, "error_dict"):
            shown: dict[str, list[ValidationError]] = {}
            for name, errors in error.error_dict.items():
                plain = field_of(name) or _FIELDS.get(name, name)
                if plain == "body" and self.instance.kind == Update.Kind.POLL:
                    plain = "choices"
                known = plain in self.fields or plain == "pictures" or plain in self.pictures.fields
                if plain not in self.errors:
                    # A field without a valid value already has its error.
                    shown.setdefault(plain if known else NON_FIELD_ERRORS, []).extend(errors)
            error = ValidationError(shown)
        super().add_error(field, error)

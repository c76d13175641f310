"""The form that starts a coverage: one line, and optional fields."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from articles.newsroom import starting
from articles.newsroom.coverage import heading
from liveblog.fields import TextFormField, offered_languages
from liveblog.languages import column
from liveblog.moments.fields import MomentFormField, MomentFormMixin
from liveblog.numbers import number

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.newsroom.starting import Plan

State = Article.State

MAX_HEADLINE = 200


class StartForm(MomentFormMixin, forms.Form):
    """A coverage to be started. Only the headline must be entered; a plan fills in everything else."""

    headline = TextFormField(
        label=gettext_lazy("What’s happening?"),
        max_length=MAX_HEADLINE,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "enterkeyhint": "go"}),
        error_messages={"required": gettext_lazy("Enter in a few words what’s happening.")},
    )
    like = forms.ChoiceField(label=gettext_lazy("Everything else"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Written in"), required=False)
    slug = forms.SlugField(
        label=gettext_lazy("URL slug"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )
    starts_at = MomentFormField(label=gettext_lazy("Starts"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        self.models = {str(article.pk): article for article in starting.recent()}
        super().__init__(*args, **kwargs)
        self._set_choices("language", [("", _("Recognised automatically")), *offered_languages()])
        earlier = [(key, heading(article).text) for key, article in self.models.items()]
        usual = [("", _("as usual for this site"))]
        self._set_choices("like", [*usual, (_("as last time"), earlier)] if earlier else usual)

    def _set_choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def moments_zone(self) -> tzinfo:
        return ZoneInfo(self.plan.time_zone)

    def _written(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name)) or "")

    @cached_property
    def plan(self) -> Plan:
        """Return the plan of the coverage from the present fields."""
        pk = number(self._written("like"))
        language = self._written("language")
        known = language in dict(offered_languages())
        line = self._written("headline").strip()[:MAX_HEADLINE]
        return starting.plan(
            line, self.user, language=language if known else "", model=None if pk is None else self.models.get(str(pk))
        )

    @property
    def state(self) -> str:
        """The initial state, from the pressed button. Without one, the coverage begins with its first update."""
        return str(State.LIVE if "live" in self.data else State.ANNOUNCED)

    @property
    def begins_with_update(self) -> bool:
        return not {"live", "announce"} & set(self.data)

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "announce" in self.data and not self.cleaned_data.get("starts_at") and not self.has_error("starts_at"):
            self.add_error("starts_at", _("Choose when coverage starts."))
        return self.cleaned_data

    def start(self) -> Article | None:
        """Start the coverage and return it. If that is impossible, add errors and return None."""
        plan = self.plan
        plan.headline = self.cleaned_data["headline"]
        plan.starts_at = self.cleaned_data.get("starts_at") if "announce" in self.data else None
        try:
            return starting.start(
                plan,
                self.user,
                self.state,
                begins_with_update=self.begins_with_update,
                slug=self.cleaned_data.get("slug", ""),
            )
        except ValidationError as error:
            self._report(error)
        return None

    def _report(self, error: ValidationError) -> None:
        """Report errors of columns at the fields of this form."""
        names = {"coverage_start": "starts_at", "slug": "slug", column("headline", self.plan.language): "headline"}
        for name, errors in error.error_dict.items() if hasattr(error, "error_dict") else [("", [error])]:
            self.add_error(names.get(name), errors)

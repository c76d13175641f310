"""Fields for moments and time zones: of models, and of the forms that enter them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from js_asset import Script

from liveblog.moments import formats, local_time, zones
from liveblog.times import offset_text

if TYPE_CHECKING:
    from django.utils.datastructures import MultiValueDict

    _Form = forms.BaseForm
else:
    _Form = object

#: What a control of the type datetime-local sends and accepts (HTML Living Standard, "local date and time string").
_FORMAT = "%Y-%m-%dT%H:%M"

#: The year of a date in ISO 8601, also one that Python does not know.
_YEAR = re.compile(r"\s*([+-]?\d{4,8})-\d{2}-\d{2}(?!\d)", re.ASCII)


class Written(NamedTuple):
    """What a user wrote: a local time, and the offset that tells two moments at the same local time apart."""

    local: str
    offset: str


def _as_written(moment: datetime, zone: tzinfo) -> Written:
    return Written(moment.astimezone(zone).strftime(_FORMAT), local_time.offset(moment, zone))


# Models ---------------------------------------------------------------------------------------------------------------


def validate_year(value: datetime) -> None:
    """Raise ValidationError for a moment outside the accepted years."""
    if not local_time.in_range(value):
        raise _out_of_range()


def _out_of_range() -> ValidationError:
    limits = {"first": local_time.FIRST_YEAR, "last": local_time.LAST_YEAR}
    return ValidationError(_("Enter a year from %(first)s to %(last)s.") % limits, code="out_of_range")


class MomentField(models.DateTimeField):
    """A moment that users enter. Forms enter and show it in a time zone that they state; see `MomentFormMixin`."""

    default_validators = [validate_year]

    def formfield(self, **kwargs: Any) -> forms.Field:  # type: ignore[override]
        # The admin asks for a field of its own, which knows one time zone only.
        return MomentFormField(
            required=not self.blank,
            label=kwargs.get("label", capfirst(self.verbose_name)),
            help_text=kwargs.get("help_text", self.help_text),
            initial=self.default if self.has_default() else None,
        )


class TimeZoneField(models.CharField):
    """The name of a time zone (IANA). Forms offer a list of zones with their cities."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 64
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def validate(self, value: str, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not zones.is_zone(value):
            raise ValidationError(_("There is no such time zone. An example is Europe/Bucharest."), code="invalid")

    def formfield(self, **kwargs: Any) -> forms.Field:  # type: ignore[override]
        return ZoneFormField(
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
            initial=self.default if self.has_default() else None,
        )


# Widgets --------------------------------------------------------------------------------------------------------------


class MomentInput(forms.DateTimeInput):
    """A local time with the name of its zone, and a choice between the two moments of a repeated hour."""

    input_type = "datetime-local"
    template_name = "liveblog/widgets/moment.html"
    # It shows none, but the field compares what is sent with the moment itself.
    supports_microseconds = True
    #: The zone of the times; None for the zone of an article that the form has still to be told.
    zone: tzinfo | None
    #: The name of the control of the same form that chooses the zone.
    zone_control: str | None = None

    def __init__(self, attrs: dict[str, Any] | None = None, zone: tzinfo | None = None) -> None:
        super().__init__(attrs, _FORMAT)
        self.zone = zone or timezone.get_default_timezone()

    class Media:
        js = (Script("liveblog/moment-inputs.js", type="module"),)

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any] | None, name: str
    ) -> Written | None:
        written = str(data.get(name) or "")
        return Written(written, str(data.get(f"{name}-offset") or "")) if written.strip() else None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        local, offset = self._written(value)
        context = super().get_context(name, local, attrs)
        widget = context["widget"]
        widget["attrs"] |= {"min": f"{local_time.FIRST_YEAR}-01-01T00:00", "max": f"{local_time.LAST_YEAR}-12-31T23:59"}
        if self.zone is not None:
            widget["attrs"]["data-zone"] = str(self.zone)
        if self.zone_control:
            widget["attrs"]["data-zone-control"] = self.zone_control
        if identity := widget["attrs"].get("id"):
            described = widget["attrs"].get("aria-describedby", "")
            widget["attrs"]["aria-describedby"] = f"{described} {identity}-zone".strip()
        widget["zone"] = _("in the article’s time zone") if self.zone is None else formats.zone_name(self.zone)
        widget["offset"] = offset
        widget["labels"] = _labels()
        widget["offsets"] = self._offsets(local)
        return context

    def _written(self, value: Any) -> Written:
        """Return what the controls show of a value: a moment, or what a user wrote."""
        if isinstance(value, Written):
            return value
        if isinstance(value, datetime) and timezone.is_aware(value):
            return _as_written(value, self.zone or UTC)
        return Written("" if value is None else str(value), "")

    def _offsets(self, written: str) -> list[tuple[str, str]]:
        """Return value and label of each moment at a repeated local time; nothing for any other time."""
        if self.zone is None:
            return []
        try:
            local = datetime.strptime(written, _FORMAT)
        except ValueError:
            return []
        found = local_time.moments(local, self.zone) if local_time.in_range(local) else []
        if len(found) < 2:
            return []
        return [
            (local_time.offset(moment, self.zone), label % {"offset": offset_text(moment)})
            for moment, label in zip(found, _labels(), strict=True)
        ]


def _labels() -> tuple[str, str]:
    """Return the labels of the two moments in a repeated hour."""
    return _("%(offset)s, before the clocks go back"), _("%(offset)s, after the clocks have gone back")


class ZoneSelect(forms.Select):
    """A list of time zones by country, with a search if there is JavaScript."""

    class Media:
        css = {"screen": ("admin/css/vendor/select2/select2.css", "admin/css/autocomplete.css")}
        js = (
            "admin/js/vendor/jquery/jquery.js",
            "admin/js/vendor/select2/select2.full.js",
            "admin/js/jquery.init.js",
            Script("liveblog/zones.js", type="module"),
        )

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        zone = str(value)
        option["attrs"] |= {"data-terms": zones.search_terms(zone), "data-name": formats.zone_name(zone)}
        return option


# Forms ----------------------------------------------------------------------------------------------------------------


class MomentFormField(forms.DateTimeField):
    """A moment, entered as a local time of a zone."""

    widget = MomentInput
    #: The moment that the form shows, with its seconds, which the control has not.
    shown: datetime | None = None

    def bind(self, zone: tzinfo | None, shown: Any = None, *, zone_control: str | None = None) -> None:
        """Enter and show local times of `zone`; None: the zone of an article that the form has still to be told."""
        assert isinstance(self.widget, MomentInput)
        self.widget.zone, self.widget.zone_control = zone, zone_control
        shown = shown() if callable(shown) else shown
        self.shown = shown if isinstance(shown, datetime) else None

    @property
    def zone(self) -> tzinfo:
        assert isinstance(self.widget, MomentInput)
        return self.widget.zone or UTC

    def prepare_value(self, value: Any) -> Any:
        """Return a moment in the zone of the field; what a user wrote as it is."""
        return value.astimezone(self.zone) if isinstance(value, datetime) and timezone.is_aware(value) else value

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment that was written. It keeps the seconds of the moment that was shown."""
        if value in self.empty_values:
            return None
        written = value if isinstance(value, Written) else Written(str(value), "")
        year = _YEAR.match(written.local)
        if year and not local_time.FIRST_YEAR <= int(year[1]) <= local_time.LAST_YEAR:
            raise _out_of_range()
        local = self._parsed(written.local.strip())
        if not local_time.in_range(local):
            raise _out_of_range()
        found = local.astimezone(UTC) if timezone.is_aware(local) else self._moment(local, written.offset)
        return self.shown if self.shown and self._looks_like(found, self.shown) else found

    def _looks_like(self, moment: datetime, other: datetime) -> bool:
        """Return whether the control shows two moments as the same, since it has no seconds."""
        return _as_written(moment, self.zone) == _as_written(other, self.zone)

    def _parsed(self, text: str) -> datetime:
        """Return a text in ISO 8601, or as the active language writes dates, as a local time or a moment."""
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
        for pattern in self.input_formats or ():
            try:
                return self.strptime(text, pattern)
            except (ValueError, TypeError):
                continue
        raise ValidationError(self.error_messages["invalid"], code="invalid")

    def _moment(self, local: datetime, offset: str) -> datetime:
        found = local_time.moments(local, self.zone)
        if len(found) > 1:
            found = [moment for moment in found if local_time.offset(moment, self.zone) == offset]
        if len(found) == 1:
            return found[0].astimezone(UTC)
        change = local_time.clock_change(local, self.zone)
        repeated = change.after.replace(tzinfo=None) < change.before.replace(tzinfo=None)
        message = (
            _(
                "On %(day)s the clocks in %(city)s go back from %(before)s to %(after)s, so that %(time)s comes twice. "
                "Choose one of the two."
            )
            if repeated
            else _(
                "There is no %(time)s on %(day)s in %(city)s: the clocks go forward from %(before)s to %(after)s. "
                "Choose another time."
            )
        )
        same_day = change.before.date() == change.after.date() == local.date()
        before, after = (
            formats.clock(each) if same_day else formats.text(each, each.tzinfo or UTC)
            for each in (change.before, change.after)
        )
        values = {
            "day": formats.day(local),
            "time": formats.clock(local),
            "city": zones.city(self.zone),
            "before": before,
            "after": after,
        }
        raise ValidationError(message % values, code="repeated" if repeated else "skipped")

    def has_changed(self, initial: Any, data: Any) -> bool:
        initial = initial() if callable(initial) else initial
        try:
            written = self.to_python(data)
        except ValidationError:
            return True
        if written is None or not isinstance(initial, datetime):
            return written != (initial or None)
        return not self._looks_like(written, initial)


class ZoneFormField(forms.ChoiceField):
    """One of the offered time zones, or the one that the item has."""

    widget = ZoneSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=zones.choices, **kwargs)

    def keep(self, zone: str) -> None:
        """Offer a zone too that the item has already."""
        self.choices = lambda: zones.choices(zone)


class MomentFormMixin(_Form):
    """A form with moments: all of them are local times of one zone, which stands beside each."""

    #: The field of the form that chooses the zone.
    zone_control: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.moments_zone()
        control = self.add_prefix(self.zone_control) if self.zone_control else None
        for name, field in self.fields.items():
            if isinstance(field, MomentFormField):
                field.bind(zone, self.get_initial_for_field(field, name), zone_control=control)

    def moments_zone(self) -> tzinfo | None:
        """Return the zone of the moments: here the site's. None: that of an article which the form still asks for."""
        return timezone.get_default_timezone()


class ArticleMomentFormMixin(MomentFormMixin):
    """A form of something that belongs to an article: its moments are local times of the article's zone."""

    if TYPE_CHECKING:
        instance: Any

    def moments_zone(self) -> tzinfo | None:
        """Return the zone of the item's article; for a new item, of the article that the form names."""
        found = self.instance.article if self.instance.article_id else self._chosen_article()
        return None if found is None else found.zone

    def _chosen_article(self) -> Any:
        field = self.fields.get("article")
        chosen = self.data.get(self.add_prefix("article")) if self.is_bound else self.initial.get("article")
        try:
            return field.clean(getattr(chosen, "pk", chosen)) if field and chosen else None
        except ValidationError:
            return None

"""Fields for moments and time zones: of models, and of the forms that enter them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from js_asset import Script

from liveblog import select_words
from liveblog.moments import formats, local_time, zones

if TYPE_CHECKING:
    from django.utils.datastructures import MultiValueDict

    _Form = forms.BaseForm
else:
    _Form = object

#: The year of a date in ISO 8601, even if Python does not support it.
_YEAR = re.compile(r"\s*([+-]?\d{4,8})-\d{2}-\d{2}(?!\d)", re.ASCII)


class Written(NamedTuple):
    """The input of a user: day and time, and the offset that tells two moments at the same local time apart.

    A program may send a complete moment in ISO 8601 as the day.
    """

    day: str
    time: str = ""
    offset: str = ""


def _as_written(moment: datetime, zone: tzinfo) -> Written:
    local = moment.astimezone(zone)
    return Written(f"{local:%Y-%m-%d}", f"{local:%H:%M}", local_time.offset(moment, zone))


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
        # Override the admin's own field, which supports only one time zone.
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
            raise ValidationError(_("Unknown time zone. Example: Europe/Bucharest"), code="invalid")

    def formfield(self, **kwargs: Any) -> forms.Field:  # type: ignore[override]
        return ZoneFormField(
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
            initial=self.default if self.has_default() else None,
        )


# Widgets --------------------------------------------------------------------------------------------------------------


class MomentInput(forms.Widget):
    """A day and a time of the 24-hour clock with the name of their zone, and a choice between the two moments of a
    repeated hour.

    The browser renders the control of the day. For times it has controls, too (datetime-local, time), but with the
    clock of its own language, whatever the language of the page.
    """

    template_name = "liveblog/widgets/moment.html"
    #: The zone of the times; None for that of an article that the form does not know yet.
    zone: tzinfo | None
    #: The name of the control of the same form that chooses the zone.
    zone_control: str | None = None
    #: The label of the moment, from which that of its time is derived.
    label: str = ""

    def __init__(self, attrs: dict[str, Any] | None = None, zone: tzinfo | None = None) -> None:
        super().__init__(attrs)
        self.zone = zone or timezone.get_default_timezone()

    class Media:
        js = (Script("liveblog/moment-inputs.js", type="module"),)

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any] | None, name: str
    ) -> Written | None:
        day, time, offset = (str(data.get(f"{name}{part}") or "").strip() for part in ("", "-time", "-offset"))
        return Written(day, time, offset) if day or time else None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        written = self._written(value)
        context = super().get_context(name, None, attrs)
        widget = context["widget"]
        common = widget["attrs"]
        if identity := common.get("id"):
            described = common.get("aria-describedby", "")
            common["aria-describedby"] = f"{described} {identity}-zone".strip()
        limits = {"min": f"{local_time.FIRST_YEAR}-01-01", "max": f"{local_time.LAST_YEAR}-12-31"}
        time_name = _("%(label)s: time") % {"label": self.label} if self.label else _("Time")
        time_attrs = common | {
            "pattern": local_time.CLOCK_TIME,
            "inputmode": "numeric",
            "autocomplete": "off",
            "placeholder": _("hh:mm"),
            "title": _("Time in 24-hour format, such as 16:52"),
            "aria-label": time_name,
        }
        if identity:
            time_attrs["id"] = f"{identity}-time"
        widget["day"] = _control(_DayInput(), name, written.day, common | limits)
        widget["time"] = _control(forms.TextInput(), f"{name}-time", written.time, time_attrs)
        widget["zone_id"] = str(self.zone) if self.zone else ""
        widget["zone_control"] = self.zone_control
        widget["zone"] = _("in the article’s time zone") if self.zone is None else formats.zone_name(self.zone)
        widget["offset"] = written.offset
        widget["labels"] = _labels()
        widget["offsets"] = self._offsets(written)
        return context

    def _written(self, value: Any) -> Written:
        """Return the texts of the controls for a value: a moment, or the input of a user."""
        if isinstance(value, Written):
            return value
        if isinstance(value, datetime) and timezone.is_aware(value):
            return _as_written(value, self.zone or UTC)
        return Written("" if value is None else str(value))

    def _offsets(self, written: Written) -> list[tuple[str, str]]:
        """Return value and label of each moment at a repeated local time; none for any other time."""
        time = local_time.clock_time(written.time)
        if self.zone is None or time is None:
            return []
        if (day := _day(written.day)) is None:
            return []
        local = datetime.combine(day, time)
        found = local_time.moments(local, self.zone) if local_time.in_range(local) else []
        if len(found) < 2:
            return []
        return [
            (local_time.offset(moment, self.zone), label % {"offset": formats.offset_text(moment)})
            for moment, label in zip(found, _labels(), strict=True)
        ]


class _DayInput(forms.TextInput):
    """A control for a day (HTML Living Standard, "Date state")."""

    input_type = "date"


def _control(control: forms.Widget, name: str, value: str, attrs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = control.get_context(name, value, attrs)["widget"]
    return found


def _labels() -> tuple[str, str]:
    """Return the labels of the two moments in a repeated hour."""
    return _("%(offset)s, before the clocks go back"), _("%(offset)s, after the clocks have gone back")


class ZoneSelect(forms.Select):
    """A list of time zones by country, with a search if there is JavaScript."""

    @property
    def media(self) -> forms.Media:
        """Return the files of Django's search fields: a second copy of Select2 would lose the first's translations."""
        minified = "" if settings.DEBUG else ".min"
        js: list[Any] = [
            f"admin/js/vendor/jquery/jquery{minified}.js",
            f"admin/js/vendor/select2/select2.full{minified}.js",
            "admin/js/jquery.init.js",
            Script("liveblog/select-words.js", type="module"),
            Script("liveblog/zones.js", type="module"),
        ]
        css: dict[str, Sequence[str]] = {
            "screen": ("admin/css/vendor/select2/select2.css", "admin/css/autocomplete.css")
        }
        return forms.Media(css=css, js=js)

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().build_attrs(base_attrs, extra_attrs) | select_words.attributes()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        zone = str(value)
        option["attrs"] |= {"data-terms": zones.search_terms(zone), "data-name": formats.zone_name(zone)}
        return option


# Forms ----------------------------------------------------------------------------------------------------------------


class MomentFormField(forms.DateTimeField):
    """A moment, entered as a local time of a zone."""

    widget = MomentInput
    #: The moment that the form shows, with its seconds, which the control lacks.
    shown: datetime | None = None

    def bind(self, zone: tzinfo | None, shown: Any = None, *, zone_control: str | None = None) -> None:
        """Enter and show local times of `zone`; None: that of an article that the form does not know yet."""
        assert isinstance(self.widget, MomentInput)
        self.widget.zone, self.widget.zone_control = zone, zone_control
        self.widget.label = str(self.label or "")
        shown = shown() if callable(shown) else shown
        self.shown = shown if isinstance(shown, datetime) else None

    @property
    def zone(self) -> tzinfo:
        assert isinstance(self.widget, MomentInput)
        return self.widget.zone or UTC

    def prepare_value(self, value: Any) -> Any:
        """Return a moment in the zone of the field; return the input of a user unchanged."""
        return value.astimezone(self.zone) if isinstance(value, datetime) and timezone.is_aware(value) else value

    def to_python(self, value: Any) -> datetime | None:
        """Return the entered moment. If the shown moment was not changed, keep its seconds."""
        if value in self.empty_values:
            return None
        written = value if isinstance(value, Written) else Written(str(value))
        year = _YEAR.match(written.day)
        if year and not local_time.FIRST_YEAR <= int(year[1]) <= local_time.LAST_YEAR:
            raise _out_of_range()
        local = self._local_time(written)
        if not local_time.in_range(local):
            raise _out_of_range()
        found = local.astimezone(UTC) if timezone.is_aware(local) else self._moment(local, written.offset)
        return self.shown if self.shown and self._looks_like(found, self.shown) else found

    def _looks_like(self, moment: datetime, other: datetime) -> bool:
        """Return whether the control shows two moments as the same, since it has no seconds."""
        return _as_written(moment, self.zone) == _as_written(other, self.zone)

    def _local_time(self, written: Written) -> datetime:
        """Return the entered day and time, or the complete moment that was sent as the day."""
        if not written.day:
            raise ValidationError(_("Enter the date too."), code="incomplete")
        day = _day(written.day)
        if not written.time:
            if day is not None:
                raise ValidationError(_("Enter the time too, such as 16:52."), code="incomplete")
            try:
                return datetime.fromisoformat(written.day)
            except ValueError:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if day is None:
            raise ValidationError(forms.DateField.default_error_messages["invalid"], code="invalid")
        time = local_time.clock_time(written.time)
        if time is None:
            message = _("Enter the time in 24-hour format, from 0:00 to 23:59, such as 16:52.")
            raise ValidationError(message, code="invalid")
        return datetime.combine(day, time)

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
                "On %(day)s the clocks in %(city)s go back from %(before)s to %(after)s, so %(time)s occurs twice. "
                "Choose one of the two."
            )
            if repeated
            else _(
                "%(time)s doesn’t exist on %(day)s in %(city)s: the clocks go forward from %(before)s to %(after)s. "
                "Choose another time."
            )
        )
        same_day = change.before.date() == change.after.date() == local.date()
        before, after = (
            formats.clock_text(each) if same_day else formats.moment_text(each, each.tzinfo)
            for each in (change.before, change.after)
        )
        values = {
            "day": formats.day_in_sentence(local),
            "time": formats.clock_text(local),
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


def _day(text: str) -> date | None:
    """Return a day in ISO 8601; None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class ZoneFormField(forms.ChoiceField):
    """One of the offered time zones, or the one that the item has."""

    widget = ZoneSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=zones.choices, **kwargs)

    def keep(self, zone: str) -> None:
        """Also offer the zone that the item has."""
        self.choices = lambda: zones.choices(zone)


class MomentFormMixin(_Form):
    """A form with moments: all of them are local times of one zone, which the form names beside each."""

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

"""The differences between two versions of an update, as text for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import BooleanField, DateTimeField, Field, ForeignKey
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from articles.history import registry
from articles.history.recording import TRANSLATIONS, Data
from articles.models import Author, Topic, Translation, Update
from articles.text.diff import difference
from articles.text.localized import Text, joined
from articles.text.plaintext import plain_lines
from articles.text.richtext import RichTextField, sanitise
from articles.translations import columns, review
from liveblog.fields import LanguageField
from liveblog.languages import KNOWN, column, direction, field_of, language_name, language_title
from liveblog.lists import comma, labelled, listed
from liveblog.moments import formats

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.utils.functional import _StrOrPromise

_LABELS: dict[str, _StrOrPromise] = {
    "pin": gettext_lazy("pinned"),
    "copy_group": gettext_lazy("copies in other articles"),
    "written_by": gettext_lazy("written by"),
    "submitted_by": gettext_lazy("sent for approval by"),
    "released_by": gettext_lazy("approved by"),
}


@dataclass(frozen=True)
class FieldChange:
    """A changed column or relation, other than a translated text."""

    label: str
    before: str
    now: str


@dataclass(frozen=True)
class TextChange:
    """The changes in one language."""

    language: str
    #: The former and the present state of the translation; empty if the state is the same.
    standing: str
    #: Label and difference of each changed field; label and present text of each field.
    fields: list[tuple[str, SafeString]]
    whole: list[tuple[str, SafeString]]
    #: The remarks of the checks with which its reviewer accepted it in the later version.
    accepted: list[str]

    @property
    def name(self) -> str:
        return language_title(self.language)

    @property
    def direction(self) -> str:
        return direction(self.language)


class Names:
    """The names of the users, authors and topics to which versions refer by primary key, fetched at once."""

    def __init__(self, versions: Iterable[Data]) -> None:
        columns = [field.name for field in Update._meta.concrete_fields if isinstance(field, ForeignKey)]
        versions = list(versions)
        users: set[Any] = {data.get(name) for data in versions for name in columns}
        users |= {row.get("reviewer") for data in versions for row in data.get(TRANSLATIONS, {}).values()}
        authors = {number for data in versions for number in data["authors"]}
        topics = {number for data in versions for number in data.get("topics", ())}
        self.users = {user.pk: name_of(user) for user in get_user_model().objects.filter(pk__in=users - {None})}
        self.authors = Author.objects.in_bulk(authors)
        self.topics = Topic.objects.in_bulk(topics)


def name_of(user: User) -> str:
    return user.get_full_name() or user.get_username()


# Summaries ------------------------------------------------------------------------------------------------------------


def summary(before: Data | None, now: Data) -> list[str]:
    """Return a few words for each change. `before` is None for the first version."""
    found = _events(before or {"state": ""}, now)
    if before is None:
        return [pgettext("a version of an update", "written"), *found]
    changed = {name for name in now if now[name] != before.get(name)}
    own = now["source_language"]
    for language in KNOWN:
        texts = {column(field, language) for field in columns.fields_of(Update)}
        texts -= {column("correction_note", own), column("withdrawal_note", own)}
        if changed & texts:
            found.append(_("text: %(language)s") % {"language": language_name(language)})
        elif _state(before, language) != _state(now, language) and now[TRANSLATIONS].get(language):
            found.append(labelled(language_title(language), _state_name(now[TRANSLATIONS][language])))
    covered = {
        "state",
        "is_key",
        "pin",
        TRANSLATIONS,
        "corrected_at",
        "withdrawn_at",
        # They follow from a change of the text, which is listed.
        "edition",
        "revised_at",
        "first_published_at",
        "leaves_mark",
    }
    covered |= {"publish_at"} if before["state"] != now["state"] else set()
    covered |= {"submitted_by", "released_by", "written_by"}
    for name in sorted(changed - covered):
        if field_of(name) is None:
            found.append(_label(name))
    return found or [_("details")]


def _events(before: Data, now: Data) -> list[str]:
    found = []
    if before["state"] != now["state"]:
        found.append(_state_change(before, now))
    if now.get("backdating_reason") and before.get("first_published_at") != now["first_published_at"]:
        found.append(_("backdated"))
    if now["corrected_at"] and now["corrected_at"] != before.get("corrected_at"):
        found.append(pgettext("a version of an update", "corrected"))
    if now["is_key"] != before.get("is_key", False):
        found.append(_("key event") if now["is_key"] else _("no longer a key event"))
    if now["pin"] != before.get("pin"):
        if now["pin"] is None:
            found.append(_("unpinned"))
        else:
            found.append(
                pgettext("a version of an update", "pinned")
                if before.get("pin") is None
                else _("order of pinned updates")
            )
    return found


def _state_change(before: Data, now: Data) -> str:
    if now["state"] == "published":
        return (
            _("published again") if before["state"] == "withdrawn" else pgettext("a version of an update", "published")
        )
    if now["state"] == "withdrawn":
        if not now["first_published_at"]:
            return _("draft deleted")
        return (
            _("withdrawn, with a notice to readers")
            if now["leaves_mark"]
            else pgettext("a version of an update", "withdrawn")
        )
    if now["state"] == "draft":
        return _("moved back to draft") if before["state"] else _("saved as draft")
    return pgettext("a version of an update", "scheduled") if now["state"] == "scheduled" else _("sent for approval")


# In detail ------------------------------------------------------------------------------------------------------------


def field_changes(before: Data, now: Data, names: Names, zone: tzinfo) -> list[FieldChange]:
    """Return the changes of everything but the texts and the translation states; times are in `zone`."""
    texts = {column(field, language) for field in columns.fields_of(Update) for language in KNOWN}
    return [
        FieldChange(
            capfirst(_label(name)),
            _value(name, before.get(name), names, zone),
            _value(name, now[name], names, zone),
        )
        for name in now
        # A change between empty and false does not matter to people.
        if now[name] != before.get(name) and (now[name] or before.get(name))
        # These follow from a change of the text, which is shown.
        if name not in texts and name not in (TRANSLATIONS, "edition", "revised_at")
    ]


def text_changes(before: Data, now: Data, names: Names) -> list[TextChange]:
    """Return the changes in each language, the source language first."""
    found = []
    own = now["source_language"]
    for language in sorted(KNOWN, key=lambda code: code != own):
        fields, whole = [], []
        for field in columns.fields_of(Update):
            old, new = (data.get(column(field, language)) or "" for data in (before, now))
            model_field = _field(field)
            rich, label = isinstance(model_field, RichTextField), capfirst(str(model_field.verbose_name))
            if old != new:
                fields.append((label, _difference(old, new, rich)))
            if new:
                whole.append((label, mark_safe(sanitise(new)) if rich else format_html("{}", new)))
        standing = ""
        if _state(before, language) != _state(now, language):
            states = [_named_state(data, language, names) for data in (before, now)]
            standing = " → ".join(state for state in states if state)
        if fields or standing:
            found.append(TextChange(language, standing, fields, whole, _accepted(now, language)))
    return found


def _difference(before: str, now: str, rich: bool) -> SafeString:
    found = difference(before, now, rich=rich)
    if rich and plain_lines(before) == plain_lines(now):
        # Only the markup has changed, such as the target of a link or emphasis.
        found = difference(sanitise(before), sanitise(now))
    return found


def _state(data: Data, language: str) -> tuple[object, ...]:
    row = data[TRANSLATIONS].get(language, {})
    return (row.get("state"), row.get("outdated"), row.get("reviewer"), str(row.get("accepted")))


def _accepted(data: Data, language: str) -> list[str]:
    stored = data[TRANSLATIONS].get(language, {}).get("accepted", [])
    return [problem.message for found in review.from_json(stored).values() for problem in found]


def _state_name(row: dict[str, str]) -> str:
    name = str(Translation.State(row["state"]).label)
    return listed([name, _("outdated")]) if row["outdated"] else name


def _named_state(data: Data, language: str, names: Names) -> str:
    row = data[TRANSLATIONS].get(language)
    if not row:
        return ""
    reviewer = names.users.get(row["reviewer"])
    return f"{_state_name(row)} (\u2068{reviewer}\u2069)" if reviewer else _state_name(row)


def _label(name: str) -> str:
    if name in _LABELS:
        return str(_LABELS[name])
    if name in registry.names():
        return registry.label(name)
    return str(_field(name).verbose_name)


def _field(name: str) -> Field:
    field = Update._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _value(name: str, value: Any, names: Names, zone: tzinfo) -> str:
    if value in (None, "", []):
        return "–"
    if name == "authors":
        language = get_language() or "en"
        known = [names.authors[number] for number in value if number in names.authors]
        # Only the number of deleted authors is known.
        unknown = [Text(f"#{number}", language, language) for number in value if number not in names.authors]
        return joined([*Author.bylines(known, language), *unknown], language)
    if name == "topics":
        # Only the number of deleted topics is known.
        topics = ((names.topics.get(number, f"#{number}"),) for number in value)
        return format_html_join(comma(), "<bdi>{}</bdi>", topics)
    if name == "copy_group":
        return _("Yes")
    if name in registry.names():
        return registry.describe(name, value) or pgettext("a part of an update, whose details are not shown", "there")
    field = _field(name)
    if isinstance(field, BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field, DateTimeField):
        moment = parse_datetime(value)
        return formats.element(moment, zone) if moment else value
    if isinstance(field, ForeignKey):
        return format_html("<bdi>{}</bdi>", names.users.get(value, f"#{value}"))
    if isinstance(field, LanguageField):
        return language_title(value)
    return str(dict(field.flatchoices).get(value) or "") or format_html("<bdi>{}</bdi>", value)

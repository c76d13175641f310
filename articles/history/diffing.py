"""Versions in words: what became different from one to another, for people who read it in the admin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import BooleanField, DateTimeField, ForeignKey
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from articles.history import registry
from articles.history.recording import TRANSLATIONS, Data
from articles.models import Author, Translation, Update
from articles.templatetags.live import clock
from articles.text.diff import difference, plain
from articles.text.richtext import RichTextField, sanitise
from articles.translations import columns
from liveblog.fields import LanguageField
from liveblog.languages import SHIPPED, direction, language_name

_LABELS: dict[str, Any] = {
    "pin": gettext_lazy("pinned"),
    "copy_group": gettext_lazy("copies in other articles"),
    "written_by": gettext_lazy("written by"),
    "submitted_by": gettext_lazy("submitted by"),
    "released_by": gettext_lazy("released by"),
}


@dataclass(frozen=True)
class Fact:
    label: str
    before: str
    now: str


@dataclass(frozen=True)
class Words:
    """What became different in one language."""

    language: str
    #: How far the translation is, where that became different.
    standing: str
    #: Label and difference of each field, and the whole text after it.
    fields: list[tuple[Any, SafeString]]
    whole: list[tuple[Any, SafeString]]

    @property
    def name(self) -> str:
        return language_name(self.language)

    @property
    def direction(self) -> str:
        return direction(self.language)


class People:
    """The names of those whom versions name by number, asked for once."""

    def __init__(self, versions: Iterable[Data]) -> None:
        columns = [field.name for field in Update._meta.concrete_fields if isinstance(field, ForeignKey)]
        versions = list(versions)
        users = {data.get(name) for data in versions for name in columns}
        users |= {row.get("reviewer") for data in versions for row in data.get(TRANSLATIONS, {}).values()}
        authors = {number for data in versions for number in data["authors"]}
        self.users = {user.pk: name_of(user) for user in get_user_model().objects.filter(pk__in=users - {None})}
        self.authors = {author.pk: author.name for author in Author.objects.filter(pk__in=authors)}


def name_of(user: Any) -> str:
    return user.get_full_name() or user.get_username()


# In short -------------------------------------------------------------------------------------------------------------


def summary(before: Data | None, now: Data) -> list[str]:
    """What became different, in a few words each. `before` is None for the first version."""
    found = _events(before or {"state": ""}, now)
    if before is None:
        return [pgettext("a version of an update", "written"), *found]
    changed = {name for name in now if now[name] != before.get(name)}
    own = now["source_language"]
    for language in SHIPPED:
        words = {f"{field}_{language}" for field in columns.fields_of(Update)}
        words -= {f"correction_note_{own}", f"withdrawal_note_{own}"}
        if changed & words:
            found.append(_("text: %(language)s") % {"language": language_name(language)})
        elif _standing(before, language) != _standing(now, language) and now[TRANSLATIONS].get(language):
            found.append(f"{language_name(language)}: {_state_name(now[TRANSLATIONS][language])}")
    told = {"state", "is_key", "pin", TRANSLATIONS, "corrected_at", "withdrawn_at", "first_published_at", "leaves_mark"}
    told |= {"publish_at"} if before["state"] != now["state"] else set()
    told |= {"submitted_by", "released_by", "written_by"}
    for name in sorted(changed - told):
        if not name.endswith(tuple(f"_{code}" for code in SHIPPED)):
            found.append(_label(name))
    return found or [_("details")]


def _events(before: Data, now: Data) -> list[str]:
    found = []
    if before["state"] != now["state"]:
        found.append(_happened(before, now))
    if now.get("backdating_reason") and before.get("first_published_at") != now["first_published_at"]:
        found.append(_("back-dated"))
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
                else _("order of what is pinned")
            )
    return found


def _happened(before: Data, now: Data) -> str:
    if now["state"] == "published":
        return (
            _("published again") if before["state"] == "withdrawn" else pgettext("a version of an update", "published")
        )
    if now["state"] == "withdrawn":
        if not now["first_published_at"]:
            return _("thrown away")
        return (
            _("withdrawn, with a mark for readers")
            if now["leaves_mark"]
            else pgettext("a version of an update", "withdrawn")
        )
    if now["state"] == "draft":
        return _("taken back to a draft") if before["state"] else _("as a draft")
    return (
        pgettext("a version of an update", "scheduled") if now["state"] == "scheduled" else _("submitted for release")
    )


# At length ------------------------------------------------------------------------------------------------------------


def facts(before: Data, now: Data, people: People) -> list[Fact]:
    """What became different besides the words."""
    words = {f"{field}_{language}" for field in columns.fields_of(Update) for language in SHIPPED}
    return [
        Fact(capfirst(_label(name)), _value(name, before.get(name), people), _value(name, now[name], people))
        for name in now
        # To what was nothing before, nothing is added by a no.
        if now[name] != before.get(name) and (now[name] or before.get(name))
        if name not in words and name != TRANSLATIONS
    ]


def words(before: Data, now: Data, people: People) -> list[Words]:
    """What became different in each language, the language of the original first."""
    found = []
    own = now["source_language"]
    for language in sorted(SHIPPED, key=lambda code: code != own):
        fields, whole = [], []
        for field in columns.fields_of(Update):
            was, is_now = (data.get(f"{field}_{language}") or "" for data in (before, now))
            column: Any = Update._meta.get_field(field)
            rich, label = isinstance(column, RichTextField), capfirst(column.verbose_name)
            if was != is_now:
                fields.append((label, _difference(was, is_now, rich)))
            if is_now:
                whole.append((label, mark_safe(sanitise(is_now)) if rich else format_html("{}", is_now)))
        standing = ""
        if _standing(before, language) != _standing(now, language):
            names = [_standing_named(data, language, people) for data in (before, now)]
            standing = " → ".join(name for name in names if name)
        if fields or standing:
            found.append(Words(language, standing, fields, whole))
    return found


def _difference(before: str, now: str, rich: bool) -> SafeString:
    found = difference(before, now, rich=rich)
    if rich and plain(before) == plain(now):
        # The markup says it: where a link leads, what stands out.
        found = difference(sanitise(before), sanitise(now))
    return found


def _standing(data: Data, language: str) -> tuple[Any, ...]:
    row = data[TRANSLATIONS].get(language, {})
    return (row.get("state"), row.get("outdated"), row.get("reviewer"))


def _state_name(row: dict[str, Any]) -> str:
    name = str(Translation.State(row["state"]).label)
    return f"{name}, {_('outdated')}" if row["outdated"] else name


def _standing_named(data: Data, language: str, people: People) -> str:
    row = data[TRANSLATIONS].get(language)
    if not row:
        return ""
    reviewer = people.users.get(row["reviewer"])
    return f"{_state_name(row)} (\u2068{reviewer}\u2069)" if reviewer else _state_name(row)


def _label(name: str) -> str:
    if name in _LABELS:
        return str(_LABELS[name])
    if name in registry.names():
        return registry.label(name)
    field: Any = Update._meta.get_field(name)
    return str(field.verbose_name)


def _value(name: str, value: Any, people: People) -> str:
    if value in (None, "", []):
        return "–"
    if name == "authors":
        named = ((people.authors.get(number, f"#{number}"),) for number in value)
        return format_html_join(", ", "<bdi>{}</bdi>", named)
    if name == "copy_group":
        return _("Yes")
    if name in registry.names():
        return registry.described(name, value) or pgettext("a part of an update, whose details are not shown", "there")
    field: Any = Update._meta.get_field(name)
    if isinstance(field, BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field, DateTimeField):
        moment = parse_datetime(value)
        return clock(moment) if moment else value
    if isinstance(field, ForeignKey):
        return format_html("<bdi>{}</bdi>", people.users.get(value, f"#{value}"))
    if isinstance(field, LanguageField):
        return language_name(value)
    return str(dict(field.flatchoices).get(value) or "") or format_html("<bdi>{}</bdi>", value)

"""The subjects and details of entries in the reader's language. The log stores them as codes, for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liveblog import roles
from liveblog.audit.models import Entry
from liveblog.configuration.options import OPTIONS
from liveblog.languages import KNOWN, language_name, split_column
from liveblog.lists import labelled, listed
from liveblog.moments import formats
from liveblog.rest.scopes import Scope
from liveblog.webhooks import events

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

#: By the first word of a subject: the kind of thing that its other words name.
_KINDS: Mapping[str, _StrOrPromise] = {
    "account": gettext_lazy("account"),
    "update": gettext_lazy("update"),
    "article": gettext_lazy("coverage"),
    "comment": gettext_lazy("comment"),
    "token": gettext_lazy("access token"),
    "webhook": gettext_lazy("webhook"),
    "import": gettext_lazy("import"),
    "role": pgettext_lazy("audit log", "role"),
}

#: Subjects that consist of one word.
_SUBJECTS: Mapping[str, _StrOrPromise] = {
    "no account": gettext_lazy("no account"),
    "name and look": gettext_lazy("Name and look"),
    "usual coverage": pgettext_lazy("kind of list", "Coverage"),
    "usual rules for comments": gettext_lazy("Comments"),
    "machine translation": gettext_lazy("Machine translation"),
    "spam check": gettext_lazy("Spam check"),
    "data retention": gettext_lazy("Data retention"),
    "translation memory": gettext_lazy("Translation memory"),
    "glossary": gettext_lazy("Glossary"),
    "translations": gettext_lazy("Translation agency"),
}

_LABELS: Mapping[str, _StrOrPromise] = {
    "added": gettext_lazy("Roles added"),
    "removed": gettext_lazy("Roles removed"),
    "added_rights": gettext_lazy("Rights added"),
    "removed_rights": gettext_lazy("Rights removed"),
    "address": gettext_lazy("URL"),
    "article": gettext_lazy("Coverage"),
    "by_clock": gettext_lazy("Automatically"),
    "changed": gettext_lazy("Changed"),
    "device": gettext_lazy("Device"),
    "events": gettext_lazy("Events"),
    "file": gettext_lazy("File"),
    "is_staff": gettext_lazy("May enter the newsroom"),
    "is_superuser": gettext_lazy("Administrator"),
    "kind": gettext_lazy("Kind"),
    "languages": gettext_lazy("Languages"),
    "needs_release": gettext_lazy("Updates need approval"),
    "policies": gettext_lazy("Rules for translations"),
    "reason": gettext_lazy("Reason"),
    "roles": gettext_lazy("Roles"),
    "scopes": gettext_lazy("May do"),
    "secret": gettext_lazy("Secret"),
    "token": gettext_lazy("Access token"),
    "until": gettext_lazy("Valid until"),
    "updates": gettext_lazy("Updates"),
}

_FACTORS: Mapping[str, _StrOrPromise] = {
    "totp": gettext_lazy("Authenticator app"),
    "webauthn": gettext_lazy("Passkey"),
    "recovery_codes": gettext_lazy("Recovery codes"),
}

#: The models whose fields the detail `changed` lists.
_FORMS = (
    *("liveblog.Brand", "articles.CoverageDefaults", "comments.CommentDefaults", "articles.Article"),
    *("comments.Discussion", "auth.User"),
)


#: By the name of a detail: the labels of its values, which the apps register.
_values: dict[str, Mapping[str, _StrOrPromise]] = {}


def register(name: str, values: Mapping[str, _StrOrPromise]) -> None:
    """Show the values of a detail by these labels."""
    _values[name] = values


def subject_of(entry: Entry) -> str:
    """Return the subject of an entry in the active language."""
    if entry.about in _SUBJECTS:
        return str(_SUBJECTS[entry.about])
    kind, _space, name = entry.about.partition(" ")
    return f"{_KINDS[kind]} {name}" if kind in _KINDS and name else entry.about


def lines_of(entry: Entry) -> list[tuple[str, str]]:
    """Return the details of an entry: labels and values in the active language. A false `by_clock` is omitted."""
    found = []
    for name, value in entry.details.items():
        if name == "by_clock" and not value:
            continue
        label = str(_LABELS.get(name) or _field_label(name))
        found.append((label, _in_words(name, value)))
    return found


def _in_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name == "policies" and isinstance(value, dict):
        words = _values.get(name, {})
        return listed([labelled(_language(code), words.get(rule, rule)) for code, rule in value.items()]) or "–"
    if isinstance(value, dict):
        return listed([labelled(key, each) for key, each in value.items()]) or "–"
    if isinstance(value, list):
        return listed(_each_in_words(name, value)) or "–"
    if name == "until" and (moment := parse_datetime(str(value))):
        return formats.moment_text(moment, get_default_timezone())
    if name == "secret" and value == "renewed":
        return _("Renewed")
    return str(_FACTORS.get(str(value), value) if name == "kind" else value)


def _each_in_words(name: str, values: Iterable[Any]) -> list[str]:
    names: Mapping[str, _StrOrPromise] = {
        "scopes": dict(Scope.choices),
        "events": dict(events.choices()),
        "added": roles.NAMES,
        "removed": roles.NAMES,
        "roles": roles.NAMES,
    }.get(name, {})  # type: ignore[assignment]
    if name == "languages":
        return [_language(str(each)) for each in values]
    if name == "changed":
        return [_field_label(str(each)) for each in values]
    return [str(names.get(str(each), each)) for each in values]


def _language(code: str) -> str:
    return language_name(code) if code in KNOWN else code


def _field_label(name: str) -> str:
    """Return the label of a field of a form of settings, or of a setting of the environment."""
    if name in OPTIONS:
        return f"{OPTIONS[name].label} ({name})"
    if name == "links":
        return _("Links in the header and the footer")
    if (column := split_column(name)) and column[0] == "name":
        return _("Name in %(language)s") % {"language": _language(column[1])}
    for label in _FORMS:
        try:
            field: Any = apps.get_model(label)._meta.get_field(name.removeprefix("remove_"))
        except FieldDoesNotExist:
            continue
        return str(capfirst(field.verbose_name))
    return name

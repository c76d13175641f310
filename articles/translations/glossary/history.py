"""Record each change of the glossary in Django's admin log: user, time, and the values before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from articles.translations.glossary.rows import COLUMNS
from articles.translations.models import GlossaryTerm
from liveblog.languages import KNOWN, direction, language_title
from liveblog.moments.formats import element

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

#: The columns of a term as JSON.
Values = dict[str, Any]
_ACTIONS = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


def values_of(term: GlossaryTerm) -> Values:
    return {column: getattr(term, column) for column in COLUMNS}


def message(action: int, before: Mapping[str, Any], now: Mapping[str, Any], file: str = "") -> list[dict[str, Any]]:
    """Return the message of a log entry, which Django's own pages can show, too."""
    known = now or before
    different = {name: [before.get(name), now.get(name)] for name in COLUMNS if before.get(name) != now.get(name)}
    details: dict[str, Any] = {
        "values": different,
        "languages": [known["source_language"], known["language"]],
        "file": file,
    }
    if action == CHANGE:
        details["fields"] = [str(GlossaryTerm._meta.get_field(name).verbose_name) for name in different]  # type: ignore[union-attr]
    else:
        details |= {"name": "glossary term", "object": f"{known['source']} → {known['target'] or known['source']}"}
    return [{_ACTIONS[action]: details}]


def entry(user: User, term: GlossaryTerm, action: int, before: Values, file: str = "") -> LogEntry:
    """Return a log entry that is not saved yet."""
    now = {} if action == DELETION else values_of(term)
    return LogEntry(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(GlossaryTerm),
        object_id=str(term.pk),
        object_repr=str(term)[:200],
        action_flag=action,
        change_message=json.dumps(message(action, before, now, file), ensure_ascii=False),
    )


def entries() -> QuerySet[LogEntry]:
    """Return all entries, the newest first."""
    kind = ContentType.objects.get_for_model(GlossaryTerm)
    return LogEntry.objects.filter(content_type=kind).select_related("user").order_by("-action_time", "-pk")


@dataclass(frozen=True)
class ShownEntry:
    """A log entry for the template."""

    entry: LogEntry
    at: SafeString
    action: str
    file: str
    #: Label, value before and value now of each column.
    values: list[tuple[str, SafeString, SafeString]]


def shown(found: Iterable[LogEntry]) -> list[ShownEntry]:
    """Return log entries in the active language."""
    actions = {
        ADDITION: pgettext("a glossary term", "added"),
        CHANGE: pgettext("a glossary term", "changed"),
        DELETION: pgettext("a glossary term", "deleted"),
    }
    zone = timezone.get_current_timezone()
    return [
        ShownEntry(
            each, element(each.action_time, zone), actions[each.action_flag], details.get("file", ""), _values(details)
        )
        for each in found
        for details in [_details(each)]
    ]


def _details(each: LogEntry) -> dict[str, Any]:
    try:
        [part] = json.loads(each.change_message)
        details: dict[str, Any] = part[_ACTIONS[each.action_flag]]
        return details if "values" in details else {}
    except (ValueError, TypeError, KeyError):
        # Other code has written the entry.
        return {}


def _values(details: dict[str, Any]) -> list[tuple[str, SafeString, SafeString]]:
    original, translation = details.get("languages", ("", ""))
    languages = dict.fromkeys(("source", "example"), original)
    languages |= dict.fromkeys(("target", "admitted", "forbidden"), translation)
    found = []
    for name, (before, now) in details.get("values", {}).items():
        if before or now or name in ("case_sensitive", "inflected"):
            label = capfirst(str(GlossaryTerm._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
            language = languages.get(name, "")
            found.append((label, _value(name, before, language), _value(name, now, language)))
    return found


def _value(name: str, value: object, language: str) -> SafeString:
    if value is None:
        return SafeString("")
    if isinstance(value, bool):
        return format_html("{}", _("Yes") if value else _("No"))
    if name in ("source_language", "language"):
        return format_html("{}", language_title(str(value)) if value in KNOWN else value)
    if name == "field":
        return format_html("{}", dict(GlossaryTerm.Field.choices).get(str(value), value))
    if not value:
        return SafeString("")
    lines = ((line,) for line in str(value).split("\n"))
    if language not in KNOWN:
        return format_html_join(mark_safe("<br>"), "<bdi>{}</bdi>", lines)
    attributes = format_html('lang="{}" dir="{}"', language, direction(language))
    return format_html_join(mark_safe("<br>"), "<bdi {}>{}</bdi>", ((attributes, *line) for line in lines))

"""Save the translations of an agency's file, as the user would at the translators' desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from articles.models import GlossaryTerm, Translation, Update
from articles.text.plaintext import plain_text
from articles.text.richtext import sanitise, within_bounds
from articles.translations import columns, desk, review, states
from articles.translations.xliff import inline
from articles.translations.xliff.reading import REVIEWED, Document, FileTexts
from articles.translations.xliff.texts import Texts
from liveblog.blank import unless_blank
from liveblog.errors import Conflict
from liveblog.languages import column

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from liveblog.translation.terms import Term

_State = Translation.State


@dataclass
class Outcome:
    """The outcome for the texts of a file: translations by result, or by the result of a dry run."""

    approved: list[Translation] = field(default_factory=list)
    #: Saved, and waiting for somebody to review them.
    saved: list[Translation] = field(default_factory=list)
    #: Those of the saved ones that have remarks of the checks, so the import did not make them reviewed.
    remarked: list[Translation] = field(default_factory=list)
    unchanged: list[Translation] = field(default_factory=list)
    #: The agency has not translated all passages of some text.
    incomplete: list[Translation] = field(default_factory=list)
    #: The original has been corrected since the export.
    outdated: list[Translation] = field(default_factory=list)
    #: Somebody has written or reviewed the translation here since the export.
    edited: list[Translation] = field(default_factory=list)
    #: Texts that were deleted since, or that are no longer translated.
    gone: int = 0


@dataclass(frozen=True)
class _Change:
    """The texts of a file for a translation."""

    row: Translation
    stamp: str
    texts: Mapping[str, str]
    is_reviewed: bool


def save(document: Document, user: User, *, approve: bool, check_only: bool = False) -> Outcome | None:
    """Save the translations of a file. Return None, and save nothing, if the file has a fault; see its `faults`.

    approve   whether texts that the agency reviewed become reviewed by the user, who is responsible for them

    Texts that were corrected or written here since the export stay unchanged.
    """
    if document.faults:
        return None
    outcome = Outcome()
    # Once for all texts: a glossary may have thousands of terms.
    terms = GlossaryTerm.between(document.source_language, document.language)
    changes = _plan(document, outcome, terms)
    if document.faults:
        return None
    for change in changes:
        accept = approve and change.is_reviewed
        if check_only:
            (outcome.approved if accept else outcome.saved).append(change.row)
            continue
        _save(change, user, outcome, accept=accept, terms=terms)
    return outcome


def _save(change: _Change, user: User, outcome: Outcome, *, accept: bool, terms: Sequence[Term]) -> None:
    row = change.row
    try:
        if accept:
            try:
                desk.save(row.pk, change.stamp, change.texts, user, accept=True, terms=terms)
            except review.RemarksError:
                outcome.remarked.append(row)
            else:
                outcome.approved.append(row)
                return
        desk.save(row.pk, change.stamp, change.texts, user, accept=False, terms=terms)
    except Conflict:
        # Somebody else was faster.
        outcome.edited.append(row)
        return
    except Translation.DoesNotExist:
        outcome.gone += 1
        return
    outcome.saved.append(row)


def _plan(document: Document, outcome: Outcome, terms: Sequence[Term]) -> list[_Change]:
    found = _rows(document)
    changes = []
    for texts in document.files:
        row = found.get((texts.kind, texts.pk))
        if row is None or row.item.source_language != document.source_language:
            outcome.gone += 1
            continue
        stamp = desk.version_token(row)
        version, _dash, digest = stamp.partition("-")
        if digest != texts.digest:
            outcome.outdated.append(row)
        elif version != texts.version and (states.written_by_people(row) or row.state == _State.REFUSED):
            outcome.edited.append(row)
        elif (change := _change(row, stamp, texts, document, outcome, terms)) is not None:
            changes.append(change)
    return changes


def _rows(document: Document) -> dict[tuple[str, int], Translation]:
    keys = {kind: [texts.pk for texts in document.files if texts.kind == kind] for kind in ("article", "update")}
    found = Translation.objects.select_related("article", "update__article", "update__embed")
    found = found.prefetch_related(*(f"update__{relation}" for relation in Update.RELATED_TEXTS.values()))
    found = found.filter(language=document.language)
    rows: dict[tuple[str, int], Translation] = {}
    for kind, pks in keys.items():
        for start in range(0, len(pks), 500):
            for row in found.filter(**{f"{kind}__in": pks[start : start + 500]}):
                rows[kind, getattr(row, f"{kind}_id")] = row
    return rows


def _change(
    row: Translation, stamp: str, file: FileTexts, document: Document, outcome: Outcome, terms: Sequence[Term]
) -> _Change | None:
    """Return the changes of a file in a translation; None if there are none. Add faults to the document."""
    texts = Texts(row.item, row.language)
    ours = {unit.id: unit for unit in texts.units}
    targets: dict[str, str] = {}
    faults = len(document.faults)
    for unit in file.units:
        if unit.id not in ours:
            document.fail(_("This isn’t a text of this site: the ID of the unit has been changed."), file.id, unit.id)
            continue
        if not unit.targets:
            continue
        try:
            target = inline.read(unit.targets, inline.coded(ours[unit.id].source).codes)
        except inline.CodeError as error:
            message = _("The codes (tags) aren’t those of the original: %(code)s") % {"code": str(error)[:40]}
            document.fail(message, file.id, unit.id)
            continue
        if plain_text(target) and not (unit.state == "initial" and _same(target, ours[unit.id].target)):
            targets[unit.id] = target.strip()
    made, incomplete = texts.with_targets(targets)
    made = {name: _cleaned(name, text, texts, file, document, terms) for name, text in made.items()}
    if len(document.faults) > faults:
        return None
    if incomplete:
        outcome.incomplete.append(row)
    # A text is reviewed as a whole: a file that lacks some of its passages is no review of them.
    whole = ours.keys() <= {unit.id for unit in file.units}
    is_reviewed = whole and not incomplete and all(unit.state in REVIEWED for unit in file.units)
    if made == texts.stored and not (is_reviewed and made and row.state != _State.REVIEWED):
        if not incomplete:
            outcome.unchanged.append(row)
        return None
    return _Change(row, stamp, made, is_reviewed)


def _same(one: str, other: str) -> bool:
    return inline.folded(one) == inline.folded(other)


def _cleaned(name: str, text: str, texts: Texts, file: FileTexts, document: Document, terms: Sequence[Term]) -> str:
    """Return a text in its stored form. Add faults to the document, such as a text that is too long."""
    if text == texts.stored.get(name):
        return text
    owner, field_name = columns.owner_of(texts.item, name)
    stored = owner._meta.get_field(column(field_name, texts.language))
    assert isinstance(stored, models.Field)
    try:
        if name in texts.rich:
            within_bounds(text)
            text = sanitise(text)
        else:
            text = unless_blank(text).strip()
        stored.run_validators(text)
    except ValidationError as error:
        document.fail(" ".join(error.messages), file.id, name)
        return text
    source = {name: texts.source.get(name, "")}
    problems = review.problems_of(texts.item, source, {name: text}, texts.language, terms=terms)
    for problem in problems.get(name, ()):
        if problem.blocking:
            document.fail(str(problem.message), file.id, name)
    return text

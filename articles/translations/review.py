"""The rule for reviewed translations: the reviewer has seen every remark of the checks.

On this site, `accept` is the only way to the state "reviewed". It computes the remarks on the texts against the present
original, and raises `RemarksError` unless the reviewer has acknowledged each of them. It stores a digest of the
accepted texts and of their original. After each edit the follower `articles.translations.states` compares it with the
stored texts, so setting the state makes no text reviewed, and an edit of a reviewed text makes it unreviewed.

Two things keep the state that another text has: copies of an item (`articles.translations.states.copy`), and imports of
archives, whose texts were reviewed where the archive was made (`keep`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext

from articles.models import GlossaryTerm, Translation
from articles.translations import checks, columns
from liveblog.languages import language_name
from liveblog.translation.terms import holding_in

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.models import Article, Update
    from liveblog.translation.terms import Term

#: Field name to text, without the empty ones.
Texts = Mapping[str, str]

#: The remarks of the checks by field.
Problems = Mapping[str, list[checks.Problem]]

#: Distinguishes the entries of `_log` from those of Django.
_ACCEPTED = "accepted_with_remarks"

#: The keys of the remarks that the acting user has acknowledged.
_acknowledged: ContextVar[frozenset[str]] = ContextVar("acknowledged remarks", default=frozenset())


class RemarksError(Exception):
    """The checks have remarks on a translation that nobody has acknowledged, so it does not become reviewed."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(", ".join(sorted({problem.code for found in problems.values() for problem in found})))
        self.problems = problems


@contextmanager
def acknowledging(keys: Collection[str]) -> Iterator[None]:
    """Let edits in the block accept translations with these remarks (see `key_of`), for the acting user."""
    token = _acknowledged.set(frozenset(keys))
    try:
        yield
    finally:
        _acknowledged.reset(token)


def acknowledged() -> frozenset[str]:
    """Return the keys of the remarks that the acting user has acknowledged."""
    return _acknowledged.get()


def problems_of(
    item: Article | Update, source: Texts, texts: Texts, language: str, *, terms: Sequence[Term] | None = None
) -> dict[str, list[checks.Problem]]:
    """Return the remarks of the checks on a translation, by field.

    terms   the glossary of the two languages, from callers that check many translations; default: it is read
    """
    if terms is None:
        terms = GlossaryTerm.between(item.source_language, language)
    rich = columns.rich_fields(item)
    found = {
        field: checks.check(
            source.get(field, ""),
            texts.get(field, ""),
            item.source_language,
            language,
            terms=holding_in(terms, GlossaryTerm.kind_of(field)),
            html=field in rich,
        )
        # A translation may also have a text, such as a headline, where the original has none.
        for field in {**source, **texts}
    }
    return {field: problems for field, problems in found.items() if problems}


def remarks_on(
    item: Article | Update, source: Texts, texts: Texts, language: str, *, terms: Sequence[Term] | None = None
) -> dict[str, list[checks.Problem]]:
    """Return the remarks that a reviewer has to acknowledge. `terms`: as for `problems_of`.

    A text that is missing beside others, such as a caption, is none: readers get it in the language of the original.
    """
    found = problems_of(item, source, texts, language, terms=terms)
    return {field: problems for field, problems in found.items() if field in texts}


def complete(item: Article | Update, source: Texts, texts: Texts) -> bool:
    """Return whether all texts that a reviewed translation needs are there."""
    # An update with only pictures is complete when all texts of the pictures are there.
    needed = [field for field in type(item).TEXTS if field in source] or source
    return bool(texts) and all(field in texts for field in needed)


def key_of(language: str, field: str, problem: checks.Problem) -> str:
    """Return a key that names one remark. Another number, word or field is another remark."""
    stated = json.dumps([language, field, problem.code, problem.details])
    return hashlib.sha256(stated.encode()).hexdigest()[:20]


def keys_of(language: str, problems: Problems) -> list[str]:
    """Return the keys of remarks that may be acknowledged; those that block may not."""
    return [
        key_of(language, field, problem)
        for field, found in problems.items()
        for problem in found
        if not problem.blocking
    ]


def unacknowledged(language: str, problems: Problems, keys: Collection[str]) -> dict[str, list[checks.Problem]]:
    """Return the remarks that are not among those acknowledged."""
    found = {
        field: [problem for problem in each if problem.blocking or key_of(language, field, problem) not in keys]
        for field, each in problems.items()
    }
    return {field: lacking for field, lacking in found.items() if lacking}


def accept(
    row: Translation,
    item: Article | Update,
    source: Texts,
    texts: Texts,
    user: User | None,
    *,
    keys: Collection[str] = (),
    terms: Sequence[Term] | None = None,
) -> None:
    """Make a translation reviewed by `user`; the caller saves the row.

    source   the original's present texts, read under the lock of the article
    texts    the stored translation
    keys     the remarks that the user has acknowledged
    terms    as for `problems_of`

    Raise RemarksError, and change nothing, if there are other remarks or the translation is not complete.
    """
    if not complete(item, source, texts):
        raise RemarksError(problems_of(item, source, texts, row.language, terms=terms))
    found = remarks_on(item, source, texts, row.language, terms=terms)
    if unacknowledged(row.language, found, keys):
        raise RemarksError(found)
    row.state, row.reviewer = Translation.State.REVIEWED, user
    row.reviewed_at = timezone.now()
    row.first_reviewed_at = row.first_reviewed_at or row.reviewed_at
    row.problems = row.accepted = as_json(found)
    row.review_digest = digest(row.source, texts)
    if found and user is not None and item.IS_PAGE:
        # An update has versions, which record it.
        _log(row, item, user)


def keep(row: Translation, texts: Texts) -> None:
    """Let a translation from an archive stay reviewed; the caller saves the row.

    Its reviewer has seen the remarks where the archive was made, and the archive names those that were accepted.
    """
    assert row.state == Translation.State.REVIEWED
    row.review_digest = digest(row.source, texts)


def _log(row: Translation, item: Article | Update, user: User) -> None:
    """Record in the item's history in the admin with which remarks a user accepted a translation.

    The entry holds data, not a sentence: `log_message` writes it in the language of the reader.
    """
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(item),
        object_id=str(item.pk),
        object_repr=str(item)[:200],
        action_flag=CHANGE,
        change_message=accepted_message(row.language, row.accepted),
    )


def accepted_message(language: str, remarks: list[dict[str, object]]) -> str:
    """Return the language-independent data of an accepted translation for the history."""
    return json.dumps({_ACCEPTED: {"language": language, "remarks": remarks}})


def log_message(entry: LogEntry) -> str:
    """Return the text of an entry of an item's history in the admin, in the active language."""
    if not entry.change_message.startswith(f'{{"{_ACCEPTED}"'):
        return str(entry.get_change_message())
    accepted = json.loads(entry.change_message)[_ACCEPTED]
    remarks = [problem.message for found in from_json(accepted["remarks"]).values() for problem in found]
    return gettext("Approved the translation despite warnings (%(language)s): %(remarks)s") % {
        "language": language_name(accepted["language"]),
        "remarks": " ".join(remarks),
    }


def holds(row: Translation, texts: Texts) -> bool:
    """Return whether a reviewed translation is the one that was accepted."""
    return row.review_digest == digest(row.source, texts)


def digest(source: Texts, texts: Texts) -> str:
    """Return the SHA-256 of a translation and the original that it was made from."""
    return hashlib.sha256(json.dumps([source, texts], sort_keys=True).encode()).hexdigest()


def as_json(problems: Problems) -> list[dict[str, object]]:
    return [{"field": field, **problem.as_json()} for field, found in problems.items() for problem in found]


def from_json(stored: list[dict[str, object]]) -> dict[str, list[checks.Problem]]:
    found: dict[str, list[checks.Problem]] = {}
    for entry in stored:
        problem = checks.Problem.from_json({name: value for name, value in entry.items() if name != "field"})
        found.setdefault(str(entry["field"]), []).append(problem)
    return found

"""The comments in an archive of coverage.

Without personal data, an archive has only the data that readers see: the approved comments, with the names that their
authors have chosen, and empty places for the other comments to which they reply. With personal data, it has all
comments, e-mail and network addresses, and the work of the moderators on them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from articles.models import Article
from comments.models import Comment, Decision, Discussion, Note, Report, State
from comments.text import hash_of

logger = logging.getLogger(__name__)

KINDS = ("discussion", "comment")

_PUBLIC = ("language", "page_language", "name", "text", "state", "edited_at", "featured", "version")
_PERSONAL = (
    *(
        "held",
        "held_detail",
        "email",
        "confirmed",
        "notify",
        "secret_hash",
        "address",
        "user_agent",
        "queued_at",
        "open_reports",
    ),
    *("spam_verdict", "recheck_reason"),
)
#: Columns of the rows that belong to a comment, by the name of the relation.
_RELATED: dict[str, tuple[type[models.Model], tuple[str, ...]]] = {
    "decisions": (
        Decision,
        ("at", "actor", "from_state", "to_state", "reason", "version", "was_held", "was_queued_at", "had_reports"),
    ),
    "notes": (Note, ("at", "text")),
    "reports": (Report, ("at", "reason", "text")),
}
_CHUNK = 500
_ANSWERS = Comment.objects.filter(parent=OuterRef("pk")).order_by()

Data = dict[str, Any]


def dump(article: Article, personal: bool) -> Iterator[tuple[str, Data]]:
    """Yield the rules for the comments of an article, then its comments, each before its answers."""
    discussion = Discussion.objects.filter(pk=article.pk).first()
    if discussion is not None:
        yield "discussion", {"policy": discussion.policy, "closes_at": discussion.closes_at}
    found = Comment.objects.filter(article=article).order_by("pk").select_related("update_made")
    if personal:
        for comment in found.prefetch_related(*_RELATED).iterator(chunk_size=_CHUNK):
            yield "comment", _dumped(comment, personal)
        return
    places = _empty_places(article)
    for comment in found.filter(Q(state=State.APPROVED) | Exists(_ANSWERS)).iterator(chunk_size=_CHUNK):
        if comment.state == State.APPROVED:
            yield "comment", _dumped(comment, personal)
        elif comment.pk in places:
            yield "comment", _dumped(_emptied(comment), personal)


def _empty_places(article: Article) -> set[int]:
    """Return the comments that readers do not see but that approved comments answer, directly or through others."""
    comments = Comment.objects.filter(article=article).order_by()
    hidden = dict(comments.exclude(state=State.APPROVED).filter(Exists(_ANSWERS)).values_list("pk", "parent"))
    places: set[int] = set()
    answered = comments.approved().exclude(parent=None).exclude(parent__state=State.APPROVED)
    for pk in answered.values_list("parent", flat=True).distinct():
        while pk in hidden and pk not in places:
            places.add(pk)
            pk = hidden[pk]
    return places


def _emptied(comment: Comment) -> Comment:
    """Leave of a comment only its place, as if its author had deleted it. It is not saved."""
    if comment.state != State.DELETED:
        # That it became an update would tell what it said.
        comment.update_made_id = None
    comment.name = comment.text = ""
    comment.edited_at, comment.featured, comment.state = None, False, State.DELETED
    return comment


def _dumped(comment: Comment, personal: bool) -> Data:
    data: Data = {
        "key": str(comment.pk),
        "answers": str(comment.parent_id) if comment.parent_id else None,
        "written_at": comment.written_at,
        "update_made": str(comment.update_made_id) if comment.update_made_id else None,
        **{name: getattr(comment, name) for name in (*_PUBLIC, *(_PERSONAL if personal else ()))},
    }
    if personal:
        for relation, (_model, columns) in _RELATED.items():
            data[relation] = [
                {name: getattr(row, name) for name in columns} | {"by": _user_name(row)}
                for row in getattr(comment, relation).all()
            ]
    return data


def _user_name(row: Any) -> str | None:
    user = getattr(row, "user", None)
    return user.get_username() if user else None


def load(
    article: Article,
    lines: Iterator[Data],
    update_of: Callable[[str], int | None],
    account_of: Callable[[str | None], int | None],
) -> None:
    """Write the comments into an imported article that has none. Skip and log those that break a rule."""
    if article.comments.exists():
        return
    keys: dict[str, int] = {}
    left_out = 0
    with transaction.atomic():
        for line in lines:
            if line["type"] == "discussion":
                _load_discussion(article, line)
                continue
            try:
                with transaction.atomic():
                    key, parent = _key_of(line), _parent_of(line, keys)
                    keys[key] = _load_comment(article, line, parent, update_of, account_of)
            # The rules of comments, or a constraint of the database.
            except (ValidationError, IntegrityError, DataError):
                logger.info("A comment was not imported.", exc_info=True)
                left_out += 1
    if left_out:
        logger.warning("Comments of the imported article %s that were left out: %s.", article.pk, left_out)


def _key_of(line: Data) -> str:
    """Return the key of a comment. Raise ValidationError if the line is malformed."""
    key, rows = line.get("key"), [line.get(relation) or [] for relation in _RELATED]
    if not isinstance(key, str) or not all(isinstance(each, list) for each in rows):
        raise ValidationError("shape")
    if not all(isinstance(row, dict) and isinstance(row.get("by"), str | None) for each in rows for row in each):
        raise ValidationError("shape")
    return key


def _parent_of(line: Data, keys: dict[str, int]) -> int | None:
    """Return the comment that a comment answers; None if it answers none. Raise ValidationError if it is missing."""
    answered = line.get("answers")
    if answered is None:
        return None
    if not isinstance(answered, str) or answered not in keys:
        raise ValidationError("answers")
    return keys[answered]


def _load_discussion(article: Article, line: Data) -> None:
    row = Discussion(article=article, **_values(Discussion, line, ("policy", "closes_at")))
    row.clean_fields()
    row.save()


def _load_comment(
    article: Article,
    line: Data,
    parent: int | None,
    update_of: Callable[[str], int | None],
    account_of: Callable[[str | None], int | None],
) -> int:
    values = _values(Comment, line, (*_PUBLIC, *_PERSONAL))
    comment = Comment(article=article, parent_id=parent, **values)
    if comment.state == State.DELETED:
        comment.name = comment.text = ""
    else:
        comment.clean_fields(exclude=["article", "parent", "thread", "claimed_by", "update_made", "email"])
    comment.text_hash = hash_of(comment.text)
    if line.get("update_made"):
        comment.update_made_id = update_of(str(line["update_made"]))
    comment.save()
    # `save` would set the present time.
    exact = _values(Comment, line, ("written_at", "queued_at", "open_reports"))
    Comment.objects.filter(pk=comment.pk).update(**exact)
    for relation, (model, columns) in _RELATED.items():
        _load_related(comment, model, columns, line.get(relation) or (), account_of)
    return int(comment.pk)


def _load_related(
    comment: Comment,
    model: type[models.Model],
    columns: Iterable[str],
    rows: Iterable[Data],
    account_of: Callable[[str | None], int | None],
) -> None:
    names = {field.name for field in model._meta.fields}
    for data in rows:
        values = _values(model, data, columns)
        row = model(comment=comment, **values)  # type: ignore[misc]
        if "user" in names:
            row.user_id = account_of(data.get("by"))  # type: ignore[attr-defined]
        row.save()
        if "at" in values:
            model._default_manager.filter(pk=row.pk).update(at=values["at"])


def _values(model: type[models.Model], data: Data, names: Iterable[str]) -> Data:
    """Return the columns in a line by their names. Raise ValidationError if a value is invalid."""
    found = {name: model._meta.get_field(name) for name in names if name in data}
    return {name: _converted(field, data[name]) for name, field in found.items() if isinstance(field, models.Field)}


def _converted(field: models.Field, value: object) -> Any:
    try:
        found = field.to_python(value)
    # Some fields of Django do not expect lists and objects, which JSON has.
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise ValidationError({field.name: str(value)[:100]}) from None
    if isinstance(found, datetime) and timezone.is_naive(found):
        raise ValidationError({field.name: str(value)})
    return found

"""Notes to colleagues: a thread beside each coverage, and notes about single updates, which appear in both places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from articles.desk import revisions
from articles.models import Article, DeskNote, Update
from liveblog.delivery import log
from liveblog.fields import TextFormField
from liveblog.notify import notify_desk_after_commit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

#: The limit of a note, in characters.
MAX_LENGTH = 1000
#: The number of notes that the desk shows: the newest.
SHOWN = 30


def write(article: Article, user: User | AnonymousUser, text: str, update: Update | None = None) -> DeskNote | None:
    """Save a note and show it at all desks of the article; return None if it is blank.

    The same text by the same user about the same subject is one note, because a request may be repeated.
    Raise ValidationError if the note is too long.
    """
    words = TextFormField(required=False, max_length=MAX_LENGTH).clean(text)
    if not words:
        return None
    with transaction.atomic():
        log.lock(article.pk)
        same = DeskNote.objects.filter(article=article.pk, update=update, author=user.pk).order_by("-at", "-pk").first()
        if same is not None and same.text == words:
            return same
        note = DeskNote(article_id=article.pk, update=update, author_id=user.pk, text=words)
        note.save()
        _show(note)
    return note


def delete(article: Article, user: User | AnonymousUser, pk: int) -> None:
    """Delete a user's own note; a no-op if it is gone already or belongs to somebody else."""
    with transaction.atomic():
        log.lock(article.pk)
        note = DeskNote.objects.filter(pk=pk, article=article.pk, author=user.pk).first()
        if note is not None:
            note.delete()
            _show(note)


def newest(article: Article) -> list[DeskNote]:
    """Return the newest notes of a desk, the oldest of them first."""
    found = DeskNote.objects.filter(article=article.pk).select_related("author", "update").order_by("-at", "-pk")
    return list(found[:SHOWN])[::-1]


def _show(note: DeskNote) -> None:
    if note.update_id is not None:
        revisions.renew(note.article_id, note.update_id)
    notify_desk_after_commit(note.article_id)

"""Save the form of a composer from the desk or from a program, under the article's lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict

from articles import changes
from articles.desk import notes
from articles.desk.forms import ComposerForm, key_of, language_for
from articles.models import Article, Update
from articles.publishing import snapshot, syndication
from articles.text.richtext import prepare
from liveblog.actors import acting_as
from liveblog.delivery import log
from liveblog.numbers import number

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


@dataclass
class Outcome:
    """The result of an attempt to save: the saved update, a conflict with another version, or errors in the form."""

    form: ComposerForm
    saved: Update | None = None
    is_conflict: bool = False
    #: The stored version that causes a conflict.
    present: snapshot.Data = field(default_factory=dict)


def composer_form(
    user: User | AnonymousUser, article: Article, update: Update | None, data: QueryDict | None
) -> ComposerForm:
    """Return the form of an update, or of a new one with the language and the byline of the user."""
    form = ComposerForm(data, instance=update or _new_update(user, article, data), user=user)
    if update is None or update._state.adding:
        form.initial["authors"] = lambda: _own_byline(user)
    return form


def _new_update(user: User | AnonymousUser, article: Article, data: QueryDict | None) -> Update:
    chosen = data.get("source_language") if data else None
    language = chosen if chosen in article.offered_languages else language_for(user, article)
    return Update(article=article, source_language=language)


def _own_byline(user: User | AnonymousUser) -> list[int]:
    author = getattr(user, "author", None)
    return [author.pk] if author else []


class _HasCopiesError(Exception):
    """The update has copies in other articles, which must be locked together with its own."""


def write(article: Article, data: QueryDict, user: User | AnonymousUser) -> Outcome:
    """Save a new update. Repeated requests with its key make one update; if their content differs, it is a conflict."""
    key = key_of(data)
    found = article.updates.filter(key=key) if key else Update.objects.none()
    outcome = _save(article, found, data, user, new=True)
    assert outcome is not None
    return outcome


def rewrite(article: Article, pk: int, data: QueryDict, user: User | AnonymousUser) -> Outcome | None:
    """Save another version of an update; return None if there is no such update.

    The user has seen the version `data["opened"]`. Another one is not replaced, unless the result would be the same.
    """
    return _save(article, article.updates.filter(pk=pk), data, user)


def _save(
    article: Article, found: QuerySet[Update], data: QueryDict, user: User | AnonymousUser, *, new: bool = False
) -> Outcome | None:
    prepare(data)
    try:
        # Most updates have no copies, so do not search for them first.
        return _save_locked(article, found, data, user, new=new, has_copies=False)
    except _HasCopiesError:
        return _save_locked(article, found, data, user, new=new, has_copies=True)


def _save_locked(
    article: Article,
    found: QuerySet[Update],
    data: QueryDict,
    user: User | AnonymousUser,
    *,
    new: bool,
    has_copies: bool,
) -> Outcome | None:
    outcome: Outcome | None = None
    saved: Update | None = None
    try:
        with transaction.atomic(), acting_as(user):
            # The lock lasts until the commit, so no other version can come between the check and the save.
            lock(article, found if has_copies else found.none(), data)
            # Checking for an existing update is cheaper than reading one.
            there = not new or found.exists()
            stored = Update.read_one(found, with_relations=True) if there else None
            if stored is None and not new:
                return None
            if stored is not None and stored.copy_group and not has_copies:
                raise _HasCopiesError
            update = stored.twin(with_pictures=False) if stored else _new_update(user, article, data)
            with changes.edit_locked(update, stored) as edit:
                outcome = _judged(update, stored, data, user, new=new)
                if outcome.form.is_valid() and not outcome.is_conflict:
                    saved = outcome.form.save()
                else:
                    edit.is_given_up = True
            if saved is not None:
                _save_beside(outcome.form, saved, appears=not (stored and stored.published_before))
    except ValidationError as error:
        if outcome is None:
            raise
        # This rolls back everything written so far.
        outcome.form.add_error(None, error)
    else:
        outcome.saved = saved
    return outcome


def _judged(
    update: Update, stored: Update | None, data: QueryDict, user: User | AnonymousUser, *, new: bool
) -> Outcome:
    """Return the validated form, and whether it would overwrite a version that the user has not seen."""
    present = snapshot.composer_data(stored) if stored else {}
    unseen = stored is not None and (new or data.get("opened") != snapshot.token_of(present))
    form = composer_form(user, update.article, update, data)
    valid = form.is_valid()
    conflict = unseen and not (valid and snapshot.composer_data(form.instance, form.pending) == present)
    return Outcome(form, is_conflict=conflict, present=present)


def _save_beside(form: ComposerForm, saved: Update, *, appears: bool) -> None:
    """Save the parts of the form that are not of the update. `appears`: no reader had seen the update before."""
    notes.write(saved.article, form.user, form.cleaned_data["note"], saved)
    if others := form.cleaned_data["also_in"]:
        syndication.copy_to(saved, others, form.user)
        saved.refresh_from_db()
    # It was read under the lock.
    if saved.copy_group and saved.state == Update.State.PUBLISHED and appears:
        syndication.publish_copies(saved, form.user)


def lock(article: Article, found: QuerySet[Update], data: QueryDict) -> None:
    """Lock all articles that have or get the update, in one step."""
    copy_group = found.exclude(copy_group=None).values("copy_group")
    others = Update.objects.filter(copy_group__in=copy_group).values_list("article_id", flat=True)
    targets = [pk for pk in map(number, data.getlist("also_in")) if pk is not None]
    log.lock(article.pk, *others, *targets)

"""Publish a reader's comment as an update, and delete it when the comment is erased."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.html import format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, override

from articles import changes
from articles.models import Article, Author, Update
from liveblog.languages import column


def quote(article: Article, text: str, name: str, language: str, authors: Collection[Author] = ()) -> Update:
    """Publish a reader's text as an update of `article`, in its own language and credited to the reader.

    If a second user has to release updates of the article, it is submitted for release. Call it within `acting_as`.
    """
    with override(language):
        credit = gettext("%(name)s, in a comment") % {"name": name}
    quoted = format_html("<blockquote>{}</blockquote><p>— {}</p>", mark_safe(linebreaks(text, autoescape=True)), credit)
    state = Update.State.SUBMITTED if article.needs_release else Update.State.PUBLISHED
    update = Update(article=article, source_language=language, state=state)
    setattr(update, column("body", language), quoted)
    update.full_clean()
    with changes.edit(update):
        update.save()
        update.authors.set(authors)
    return update


def delete_with_copies(update: Update) -> None:
    """Delete an update, its copies in other articles and the entries of the admin's log that name them."""
    with transaction.atomic():
        changes.lock(update)
        copies = (
            Update.objects.filter(copy_group=update.copy_group)
            if update.copy_group
            else Update.objects.filter(pk=update.pk)
        )
        content_type = ContentType.objects.get_for_model(Update)
        for copy in copies.order_by("pk"):
            LogEntry.objects.filter(content_type=content_type, object_id=str(copy.pk)).delete()
            copy.delete()

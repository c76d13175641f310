"""The preview of an update as readers of a language would see it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from articles import changes
from articles.desk.forms import ComposerForm
from articles.models import Article, Update
from articles.page import rendering
from articles.translations.selection import of_update
from liveblog.delivery.elements import page_locale


def preview_html(form: ComposerForm, article: Article, language: str) -> str:
    """Save a valid form, render the update as published, and roll the transaction back."""
    with transaction.atomic():
        with changes.edit(form.instance):
            saved = form.save()
            # A preview shows the update as published, even if somebody else has to release it first.
            Update.objects.filter(pk=saved.pk).update(
                state=Update.State.PUBLISHED,
                first_published_at=saved.first_published_at or saved.earlier_time or timezone.now(),
            )
        update = Update.objects.for_pages().get(pk=saved.pk)
        with page_locale(article, language):
            texts = of_update(update, article, language)
            html = rendering.update_html(update, article, texts) if texts else ""
        transaction.set_rollback(True)
    return html

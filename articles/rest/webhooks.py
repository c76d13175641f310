"""The events of articles and updates for webhooks.

They are derived from the contents for readers of all languages: a change that no reader sees is no event.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from articles.changes import Edit
from articles.choices import ArticleState
from articles.feeds.tracking import Contents, contents_of
from articles.models import Article, Update
from articles.models.base import Versioned
from articles.rest import schemas
from articles.translations.selection import of_update
from liveblog.delivery.elements import page_locale
from liveblog.webhooks import events

EVENTS = {
    "update.published": pgettext_lazy("event of a webhook", "An update was published"),
    "update.changed": pgettext_lazy("event of a webhook", "A published update was corrected or translated"),
    "update.withdrawn": pgettext_lazy("event of a webhook", "An update was withdrawn"),
    "update.deleted": pgettext_lazy("event of a webhook", "An update that readers saw was deleted"),
    "coverage.started": pgettext_lazy("event of a webhook", "Coverage started"),
    "coverage.changed": pgettext_lazy("event of a webhook", "The texts of coverage changed"),
    "coverage.finished": pgettext_lazy("event of a webhook", "Coverage finished"),
    "coverage.deleted": pgettext_lazy("event of a webhook", "Coverage was deleted"),
}


class Webhooks:
    """The follower that emits the events of an edit in its transaction."""

    def before(self, row: Versioned) -> Contents:
        return contents_of(row)

    def after(self, edit: Edit, memory: Contents | None) -> None:
        before, after = memory or {}, {} if edit.new is None else contents_of(edit.new)
        languages = sorted(code for code in {**before, **after} if before.get(code) != after.get(code))
        row = edit.new or edit.old
        if isinstance(row, Update) and languages:
            _update(edit, row, languages, was_there=bool(before), is_there=bool(after))
        elif isinstance(row, Article) and edit.old is not None and edit.new is not None:
            _article(edit.old, edit.new, languages)


def _update(edit: Edit, update: Update, languages: list[str], *, was_there: bool, is_there: bool) -> None:
    pk = edit.item.pk or (edit.old.pk if edit.old else None)
    if edit.new is None:
        event = "update.deleted"
    elif not is_there:
        event = "update.withdrawn"
    else:
        event = "update.changed" if was_there else "update.published"

    def make() -> dict[str, Any]:
        found = _shown(update) if is_there else None
        return {
            "article": _named(update.article),
            "id": pk,
            "languages": languages,
            "update": found.model_dump(mode="json") if found else None,
            "url": f"{schemas.ROOT}/articles/{update.article.slug}/updates/{pk}",
        }

    events.emit(event, update.article_id, make)


def _shown(update: Update) -> schemas.UpdateOut | None:
    """Return an update as readers of its own language see it, or else those of the coverage's language."""
    article = update.article
    own = update.source_language
    language = own if own in article.offered_languages else article.front_language
    texts = of_update(update, article, language)
    if texts is None:
        return None
    with page_locale(article, language):
        return schemas.update_out(update, article, texts)


def _article(old: Versioned, new: Versioned, languages: list[str]) -> None:
    assert isinstance(old, Article)
    assert isinstance(new, Article)
    events_of_state = {ArticleState.LIVE: "coverage.started", ArticleState.FINISHED: "coverage.finished"}
    event = events_of_state.get(ArticleState(new.state)) if new.state != old.state else None
    if event is None and not languages:
        return

    def make() -> dict[str, Any]:
        language = new.front_language
        with page_locale(new, language):
            article = schemas.article_out(new, language).model_dump(mode="json")
        return {"article": _named(new) | article, "languages": languages}

    events.emit(event or "coverage.changed", new.pk, make)


def deleted(sender: type[Article], instance: Article, **_: Any) -> None:
    """Emit the event of an article before its deletion; a receiver of `pre_delete`."""
    if instance.offered_languages:
        events.emit("coverage.deleted", instance.pk, lambda: {"article": _named(instance)})


def _named(article: Article) -> dict[str, str]:
    return {"slug": article.slug, "url": f"{schemas.ROOT}/articles/{article.slug}"}

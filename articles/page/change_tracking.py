"""The follower that writes the change log: it logs each element that an edit makes look different to readers.

The elements of the edited item are rendered in every language before and after the edit. An element that looks the
same is not logged, whatever was saved.
"""

from __future__ import annotations

from collections.abc import Mapping

from articles.changes import RELATED, Edit
from articles.models import Article, Update
from articles.models.base import Versioned
from articles.page import rendering
from articles.translations.selection import of_article
from liveblog.delivery import log
from liveblog.delivery.elements import page_locale

#: Not an element of its own page: how other pages show the article when they link to it.
CARD = "card"

#: The contents that readers see, by element and language. The language "" stands for the page as a whole.
Look = dict[str, dict[str, object]]


class ChangeTracking:
    """Log each element that looks different after an edit, for the languages in which it does."""

    def before(self, row: Versioned) -> Look:
        return look_of(row)

    def after(self, edit: Edit, memory: Look | None) -> None:
        if edit.page_id is None or edit.reloads_page:
            return
        before = memory or {}
        after = {} if edit.new is None else look_of(edit.new)
        for element in {**before, **after}:
            if languages := _differing(before.get(element, {}), after.get(element, {})):
                _log(edit.page_id, element, languages)


def look_of(item: Versioned) -> Look:
    """Return what readers see of an article or update, which must have been read with its relations."""
    if isinstance(item, Update):
        return _look_of_update(item)
    assert isinstance(item, Article)
    return _look_of_article(item)


def _look_of_update(update: Update) -> Look:
    if not update.on_page:
        return {}
    look: Look = {update.element: {}}
    if rendering.is_moment(update):
        look[rendering.moment_of(update)] = {}
    for language in update.article.offered_languages:
        with page_locale(update.article, language):
            for element in look:
                operation = rendering.moment_operation if element != update.element else rendering.update_operation
                look[element][language] = operation(update, element, update.article, language)
    return look


def _look_of_article(article: Article) -> Look:
    looks: Look = {element: {} for element in rendering.SECTIONS}
    looks[log.PAGE] = {
        "": (
            article.slug,
            article.slugs,
            article.offered_languages,
            article.time_zone,
            article.policies,
            article.shows_writing,
        )
    }
    looks[CARD] = {}
    # Polls close with the coverage.
    finished = article.state == Article.State.FINISHED
    for pk in Update.objects.published().filter(article=article, kind="poll").values_list("pk", flat=True):
        looks[f"update-{pk}"] = dict.fromkeys(article.offered_languages, finished)
    for language in article.offered_languages:
        looks[CARD][language] = str(of_article(article, language).text("headline"))
        with page_locale(article, language):
            for element, section_html in rendering.SECTIONS.items():
                looks[element][language] = section_html(article, language)
    return looks


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Return the languages in which an element looks different."""
    return {language for language in {**before, **after} if before.get(language) != after.get(language)}


def _log(article_id: int, element: str, languages: set[str]) -> None:
    if element == CARD:
        for other in Article(pk=article_id).pages_naming_it():
            log.append(other, RELATED, languages)
    else:
        log.append(article_id, element, languages - {""})

"""The follower that writes the change log: it logs each element that looks different to readers after an edit.

The elements of the edited item are rendered in every language as they were before and after the edit, unless they were
on the page at only one of these times. An element that looks the same is not logged, whatever was saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from articles.changes import RELATED, Edit
from articles.models import Article, Update
from articles.models.base import Versioned
from articles.page import rendering
from articles.translations.selection import of_article
from liveblog.delivery import log
from liveblog.delivery.elements import Operation, page_locale

#: Not an element of its own page: how other pages show the article when they link to it.
CARD = "card"

#: The contents that readers see, by element and language. The language "" stands for all languages.
Appearance = dict[str, dict[str, object]]


class ChangeTracking:
    """Log each element that looks different after an edit, for the languages in which it does."""

    def before(self, row: Versioned) -> Appearance | None:
        # The state before the edit is rendered later, from the row as it was read.
        return _appearance_of_article(row) if isinstance(row, Article) else None

    def after(self, edit: Edit, memory: Appearance | None) -> None:
        if edit.page_id is None or edit.reloads_page:
            return
        for element, languages in _differences(edit, memory):
            if languages:
                _log(edit.page_id, element, languages)


def _differences(edit: Edit, memory: Appearance | None) -> Iterator[tuple[str, set[str]]]:
    if isinstance(edit.item, Update):
        old, new = (row if isinstance(row, Update) else None for row in (edit.old, edit.new))
        return _differences_of_updates(old, new)
    after = _appearance_of_article(edit.new) if isinstance(edit.new, Article) else {}
    return _differences_of_appearances(memory or {}, after)


def _differences_of_updates(old: Update | None, new: Update | None) -> Iterator[tuple[str, set[str]]]:
    before, after = _elements(old), _elements(new)
    for element in dict.fromkeys([*before, *after]):
        if element in before and element in after:
            assert old is not None
            assert new is not None
            were, are = set(old.article.offered_languages), set(new.article.offered_languages)
            different = {
                code for code in were & are if _operation(old, element, code) != _operation(new, element, code)
            }
            yield element, (were ^ are) | different
        else:
            update = old if element in before else new
            assert update is not None
            yield element, set(update.article.offered_languages)


def _elements(update: Update | None) -> list[str]:
    """Return the elements in which readers see an update."""
    if update is None or not update.on_page:
        return []
    return [update.element, *([rendering.moment_of(update)] if rendering.is_moment(update) else [])]


def _operation(update: Update, element: str, language: str) -> Operation:
    """Return an element as readers see it. The update must have been read with its relations."""
    operation = rendering.update_operation if element == update.element else rendering.moment_operation
    with page_locale(update.article, language):
        return operation(update, element, update.article, language)


def _appearance_of_article(article: Article) -> Appearance:
    appearance: Appearance = {element: {} for element in rendering.SECTIONS}
    appearance[log.PAGE] = {
        "": (
            article.slug,
            article.slugs,
            article.offered_languages,
            article.time_zone,
            article.policies,
            article.shows_writing,
        )
    }
    appearance[CARD] = {}
    # Polls close with the coverage.
    finished = article.state == Article.State.FINISHED
    for pk in Update.objects.published().filter(article=article, kind="poll").values_list("pk", flat=True):
        appearance[f"update-{pk}"] = dict.fromkeys(article.offered_languages, finished)
    for language in article.offered_languages:
        appearance[CARD][language] = str(of_article(article, language).text("headline"))
        with page_locale(article, language):
            for element, section_html in rendering.SECTIONS.items():
                appearance[element][language] = section_html(article, language)
    return appearance


def _differences_of_appearances(before: Appearance, after: Appearance) -> Iterator[tuple[str, set[str]]]:
    for element in {**before, **after}:
        yield element, _differing(before.get(element, {}), after.get(element, {}))


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Return the languages in which an element looks different."""
    return {language for language in {**before, **after} if before.get(language) != after.get(language)}


def _log(article_id: int, element: str, languages: set[str]) -> None:
    if element == CARD:
        for other in Article(pk=article_id).pages_naming_it():
            log.append(other, RELATED, languages)
    else:
        log.append(article_id, element, languages - {""})

"""The texts for searching articles, updates and their related objects."""

from __future__ import annotations

from collections.abc import Mapping

from articles.changes import Edit
from articles.models import Article, Author, GlossaryTerm, Snippet, Topic, Update
from articles.models.base import Versioned
from articles.text.localized import text_in
from articles.text.plaintext import plain_text
from articles.translations import columns
from liveblog.languages import KNOWN, column
from liveblog.search import texts
from liveblog.search.texts import Texts

#: The translated fields with rich text.
_RICH = frozenset({"body"})


class SearchIndex:
    """The follower that stores the texts of the edited article or update, including those of its pictures."""

    def before(self, row: Versioned) -> Mapping[str, Texts]:
        return texts.of(row)

    def after(self, edit: Edit, memory: Mapping[str, Texts] | None) -> None:
        if edit.new is not None and (now := texts.of(edit.new)) != memory:
            texts.store(edit.new, now, new=memory is None)


def register() -> None:
    """Make everything that the newsroom searches searchable by its texts."""
    # The follower stores these two.
    texts.register(Article, _of_article)
    texts.register(Update, _of_update)
    texts.register(Author, _of_author, tuple(column("name", code) for code in KNOWN))
    texts.register(Topic, _of_topic, ("slug", *(column("name", code) for code in KNOWN)))
    texts.register(Snippet, _of_snippet, ("source_language", "name", "headline", "body"))
    terms = ("source_language", "language", "source", "target", "admitted", "forbidden", "note", "example")
    texts.register(GlossaryTerm, _of_term, terms)


def _of_article(article: Article) -> dict[str, Texts]:
    return _by_language(article) | {"": Texts(article.slug)}


def _of_update(update: Update) -> dict[str, Texts]:
    embed = getattr(update, "embed", None)
    return _by_language(update) | ({"": Texts("", f"{embed.title}\n{embed.author}\n{embed.url}")} if embed else {})


def _by_language(item: Article | Update) -> dict[str, Texts]:
    return {language: _texts_in(item, language) for language in KNOWN}


def _texts_in(item: Article | Update, language: str) -> Texts:
    found = columns.texts_of(item, language)
    rest = (plain_text(text) if field in _RICH else text for field, text in found.items() if field != "headline")
    return Texts(found.get("headline", ""), "\n".join(rest))


def _of_author(author: Author) -> dict[str, Texts]:
    return {code: Texts(text_in(author, "name", code)) for code in KNOWN}


def _of_topic(topic: Topic) -> dict[str, Texts]:
    return {code: Texts(text_in(topic, "name", code)) for code in KNOWN} | {"": Texts(topic.slug)}


def _of_snippet(snippet: Snippet) -> dict[str, Texts]:
    return {snippet.source_language: Texts(snippet.name, f"{snippet.headline}\n{plain_text(snippet.body)}")}


def _of_term(term: GlossaryTerm) -> dict[str, Texts]:
    return {
        term.source_language: Texts(term.source, term.example),
        term.language: Texts(term.target, f"{term.admitted}\n{term.forbidden}"),
        "": Texts("", term.note),
    }

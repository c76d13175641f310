"""The functions of `articles` that other apps may use besides `articles.models`.

`comments` needs the headline of an article for its pages and e-mails, an update made from a comment, and the page of a
replay for the demo.

find_article(slug, language)       the article at an address, or an error with its languages
headline(article, language)        the headline for readers of a language
quote(article, text, name, …)      publish a reader's text as an update
delete_with_copies(update)         delete an update, its copies, and the admin's log entries about them
prepare_replay(source, slug)       the page on which the updates of an article can be replayed
register_copier(copier)            copy further data when a coverage starts "as last time"
register_part(name, part)          add further data to archives of coverage
"""

from articles.interchange.exporting import Part, register_part
from articles.models import Article
from articles.newsroom.starting import register as register_copier
from articles.page.finding import find_article
from articles.publishing.quoting import delete_with_copies, quote
from articles.publishing.replay import prepare as prepare_replay
from articles.text.localized import Text
from articles.translations.selection import of_article

__all__ = [
    "Part",
    "delete_with_copies",
    "find_article",
    "headline",
    "prepare_replay",
    "quote",
    "register_copier",
    "register_part",
]


def headline(article: Article, language: str) -> Text:
    """Return the headline for readers of `language`: in their language if they are shown a translation."""
    return of_article(article, language).text("headline")

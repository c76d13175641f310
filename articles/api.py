"""The functions of `articles` that other apps may use besides `articles.models`.

`comments` needs the headline of an article for its pages and e-mails, an update made of a comment, and the page of a
replay for the demo.

find_article(slug, language)       the article at an address, or the error that says in which languages it is
headline(article, language)        the headline as readers of a language get it
quote(article, text, name, …)      publish a reader's words as an update
delete_with_copies(update)         delete an update, its copies, and the admin's log entries about them
prepare_replay(source, slug)       the page on which the updates of an article can be replayed
register_copier(copier)            have something copied when a coverage starts "as last time"
register_part(name, part)          have archives of coverage contain more than articles and updates
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
    """Return the headline as readers of `language` get it: in their language if they are shown a translation."""
    return of_article(article, language).text("headline")

"""The content of an entry: an update as self-contained HTML, for programs that show it on their own pages."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import nh3
from django.template.loader import get_template

from articles.models import Article, Update
from articles.page import rendering
from articles.templatetags.live import absolute
from articles.translations.selection import ReaderTexts

_TAGS = {
    *("p", "h3", "br", "div", "span", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "cite", "time"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"),
}
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title", "hreflang"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
#: A line ends here, because programs that shorten an entry remove the tags, and would join the words around them.
_BLOCK_END = re.compile(r"</(?:p|h3|div|ul|ol|li|blockquote|caption|tr|th|td|figure|figcaption)>|<br>")
_ADDRESSES = frozenset({"href", "src", "cite"})


def html_of(update: Update, article: Article, texts: ReaderTexts) -> str:
    """Render an update with absolute addresses, without forms, scripts and styles. Call within `page_locale`."""
    context = rendering.update_context(update, article, texts)
    rendered = get_template("articles/feeds/entry.html").render(context)
    base = absolute(update.url(texts.page_language))

    def with_base(tag: str, name: str, value: str) -> str | None:
        if name not in _ADDRESSES:
            return value
        try:
            return urljoin(base, value)
        except ValueError:
            return None

    cleaned = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=with_base,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    lines = _BLOCK_END.sub("\\g<0>\n", cleaned).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())

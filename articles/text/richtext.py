"""Rich text: the markup that the editor offers, and the only HTML that is stored.

The editor's extensions and the sanitiser's allowlist are in one module because they must agree.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import nh3
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Media, Script

from articles.text import tables
from articles.text.bidi import balanced_html
from articles.text.parsed import parse, serialise, walk
from articles.text.plaintext import NO_TEXT, decoded, plain_text, text_of
from liveblog.blank import is_blank
from liveblog.fields import NormalisedField, TextFormField
from liveblog.links import as_read
from liveblog.marks import bounded_marks
from liveblog.numbers import number

#: In characters, including markup; more than a newspaper page.
MAX_LENGTH = 100_000

EXTENSIONS = {
    # Subheadings of long texts; the headline of an update is one level above.
    "Heading": {"levels": [3]},
    "Bold": True,
    "Italic": True,
    "Strike": True,
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    # The sanitiser and the dialog check addresses; the editor would register its protocols again with each text.
    "Link": {"enableTarget": False},
    "HardBreak": True,
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "History": True,
    # Our own extensions (static/articles): one keeps `lang` and `dir`, the other replaces "Menu" by our toolbar.
    "Language": True,
    "Toolbar": True,
    "Menu": False,
}

#: Limits of the number of tags and of their nesting; far more than a text of MAX_LENGTH has.
MAX_TAGS, MAX_DEPTH = 10_000, 40

#: Number of sanitised texts that are cached.
_MAX_KEPT = 32

#: The size of the largest table; anything larger should be a linked file.
MAX_ROWS, MAX_COLUMNS = 100, 12

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value of an attribute; None to remove it, as an invalid language or an address with a password."""
    if name in ("colspan", "rowspan"):
        span = number(value, maximum=MAX_COLUMNS if name == "colspan" else MAX_ROWS)
        return value if span is not None and span > 1 else None
    if name == "scope":
        return value if value in ("col", "row", "colgroup", "rowgroup") else None
    if name == "lang":
        return value if _LANGUAGE.fullmatch(value) else None
    if name == "dir":
        return value if value in ("ltr", "rtl", "auto") else None
    if name == "href":
        return as_read(value)
    return value


#: Elements that mean the same as one of the editor's, which replaces them. The page itself has the higher headings.
_SYNONYMS = {
    "b": "strong",
    "i": "em",
    **dict.fromkeys(("del", "strike"), "s"),
    **dict.fromkeys(("h1", "h2", "h4", "h5", "h6"), "h3"),
}
_SYNONYM = re.compile(rf"(</?)({'|'.join(_SYNONYMS)})(?=[ >])")
#: Google Docs wraps copied text into a <b> element that is not bold.
_BOLD = re.compile(r"<b\s[^<>]*>", re.IGNORECASE)
_NOT_BOLD = re.compile(r"font-weight:\s*(?:normal|400)\b", re.IGNORECASE)

_cleaner = nh3.Cleaner(
    tags={
        *_SYNONYMS,
        *("p", "h3", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "span"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    },
    attributes={
        "a": {"href", "title", "hreflang"},
        "span": {"lang", "dir"},
        "p": {"lang", "dir"},
        **{f"h{level}": {"lang", "dir"} for level in range(1, 7)},
        "blockquote": {"lang", "dir"},
        "th": {"colspan", "rowspan", "scope"},
        "td": {"colspan", "rowspan"},
    },
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener",
)
_BLOCKS = frozenset({"p", "h3", "ul", "ol", "blockquote", "table"})
#: Everything that may be a tag.
_TAG = re.compile("</?[a-z]", re.IGNORECASE)
_BARE_PARAGRAPH = re.compile(r"<p>((?:[^<]|<br>)*)</p>")


@lru_cache(maxsize=_MAX_KEPT)
def sanitise(html: str | None) -> str:
    """Return `html` without everything that is not on the allowlist; empty if no text is left.

    The last results are cached, so that `prepare` can parse a form before its article is locked.
    """
    return _with_text(_cleaned(html))


@lru_cache(maxsize=_MAX_KEPT)
def normalise(html: str | None) -> str:
    """Sanitise `html`, and remove bidirectional controls that would affect other paragraphs."""
    return _with_text(balanced_html(_cleaned(html)))


def _cleaned(html: str | None) -> str:
    written = _BOLD.sub(lambda tag: "" if _NOT_BOLD.search(tag[0]) else tag[0], html or "")
    found = _cleaner.clean(written)
    cleaned = _SYNONYM.sub(lambda tag: tag[1] + _SYNONYMS[tag[2]], found)
    return bounded_marks(NO_TEXT.sub("", cleaned))


def _with_text(cleaned: str) -> str:
    cleaned = _BARE_PARAGRAPH.sub(lambda found: "" if _is_bare(found[1]) else found[0], cleaned).strip()
    return cleaned if plain_text(cleaned) else ""


def _is_bare(paragraph: str) -> bool:
    return is_blank(decoded(paragraph.replace("<br>", "")))


def within_bounds(html: str) -> None:
    """Raise ValidationError if a text is longer, has more markup or is nested more deeply than any real one.

    Call it before other code parses the text: the time of some parsers grows with the square of the depth.
    """
    not_too_long(html)
    if len(_TAG.findall(html)) > MAX_TAGS or _depth(html) > MAX_DEPTH:
        raise ValidationError(
            _(
                "This text has more lists, tables or other formatting than a page can show. Paste it without "
                "formatting, or in parts."
            ),
            code="markup",
        )


@lru_cache(maxsize=_MAX_KEPT)
def _depth(html: str) -> int:
    """Return how deep the elements of a text are nested; anything beyond MAX_DEPTH is not measured."""
    depth = deepest = 0
    for node, starts in walk(parse(html)):
        if node.is_text_node:
            continue
        depth += 1 if starts else -1
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            break
    return deepest


def prepare(data: Mapping[str, object]) -> None:
    """Parse the texts of a form that was sent, before its article is locked for the save.

    During the lock nobody else can save in the article, and on SQLite nobody can save at all.
    """
    for text in data.values():
        if isinstance(text, str) and "<" in text:
            with suppress(ValidationError):
                within_bounds(text)
                normalise(normalise(sanitise(text)))
                normalise(normalise(text))


def not_too_long(html: str) -> None:
    """Raise ValidationError if the text is too long."""
    if len(html) > MAX_LENGTH:
        message = ngettext(
            "Too long: %(size)s character (limit: %(most)s).",
            "Too long: %(size)s characters (limit: %(most)s).",
            len(html),
        )
        raise ValidationError(
            message
            % {
                "size": number_format(len(html), use_l10n=True, force_grouping=True),
                "most": number_format(MAX_LENGTH, use_l10n=True, force_grouping=True),
            },
            code="long",
        )


def blocks(html: str) -> list[str]:
    """Return the paragraphs, lists, quotes and tables of sanitised text, in order; joined, they are the text again."""
    found: list[str] = []
    for node in parse(html).iter(include_text=True):
        if node.tag in _BLOCKS or not found:
            found.append("")
        found[-1] += serialise(node)
    return [block for block in found if block.strip()]


def items(html: str) -> list[str]:
    """Return the items of the lists in sanitised text, as plain text in reading order.

    An item with a nested list contains the text of that list.
    """
    return [text_of(item) for item in parse(html).css("li")]


def count_points(html: str) -> int:
    """Return the number of items in the lists of sanitised text: those with words, without nested ones."""
    tree = parse(html)
    within = {item.mem_id for item in tree.css("li li")}
    return sum(bool(text_of(item).strip()) for item in tree.css("li") if item.mem_id not in within)


def same(one: str | None, other: str | None) -> bool:
    """Return whether two texts look the same to readers; editors change spaces between tags and implied attributes."""
    return (one or "") == (other or "") or _canonical(one) == _canonical(other)


def _canonical(html: str | None) -> str:
    # The editor puts a paragraph into each cell of a table.
    text = re.sub(r"(<t[hd]\b[^>]*>)\s*<p>|</p>\s*(?=</t[hd]>)", r"\1", sanitise(html))
    return re.sub(r"\s+", " ", re.sub(r"(?<=>)\s+(?=<)|\srel=\"[^\"]*\"", "", text))


class RichTextField(NormalisedField, models.TextField):
    """A text with markup, sanitised by every write."""

    def normalise(self, text: str) -> str:
        return normalise(text)

    def clean(self, value: str | None, model_instance: models.Model | None) -> str | None:
        within_bounds(value or "")
        cleaned = super().clean(value, model_instance)
        rows, columns = tables.size(cleaned or "")
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise ValidationError(
                _(
                    "A table can have up to %(rows)s rows and %(columns)s columns; this one has %(these)s and "
                    "%(those)s."
                ),
                params={"rows": MAX_ROWS, "columns": MAX_COLUMNS, "these": rows, "those": columns},
                code="too_large",
            )
        return cleaned

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{**kwargs, "form_class": RichTextFormField, "widget": RichTextWidget})


class RichTextFormField(TextFormField):
    """A text with markup in a form. One beyond the bounds is refused before it is parsed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": RichTextWidget, **kwargs})

    def to_python(self, value: object) -> str | None:
        if isinstance(value, str):
            within_bounds(value)
        return super().to_python(value)


def editor_words() -> dict[str, str]:
    """Return the texts of the editor's toolbar and dialogs in the active language (static/articles/editor-*.js)."""
    return {
        "toolbar": gettext("Formatting"),
        "heading": gettext("Subheading"),
        "bold": gettext("Bold"),
        "italic": gettext("Italic"),
        "strike": gettext("Strikethrough"),
        "link": gettext("Link"),
        "bulletList": gettext("Bulleted list"),
        "orderedList": gettext("Numbered list"),
        "blockquote": gettext("Quotation"),
        "table": gettext("Insert table"),
        "rowAdd": gettext("Add row below"),
        "rowRemove": gettext("Delete row"),
        "columnAdd": gettext("Add column after"),
        "columnRemove": gettext("Delete column"),
        "headerCell": gettext("Heading cell"),
        "mergeCells": gettext("Merge cells"),
        "splitCell": gettext("Split cell"),
        "tableRemove": gettext("Delete table"),
        "undo": gettext("Undo"),
        "redo": gettext("Redo"),
        "linkAdd": gettext("Insert link"),
        "linkChange": gettext("Change link"),
        "linkRemove": gettext("Remove link"),
        "linkAddress": gettext("Link address"),
        "linkText": gettext("Link text"),
        "linkWrong": gettext("Enter a web address, such as https://example.org, or an email address."),
        "tableAdd": gettext("Insert table"),
        "rows": gettext("Rows"),
        "columns": gettext("Columns"),
        "headerRow": gettext("The first row names the columns"),
        "tableWrong": gettext("Enter up to %(rows)s rows and %(columns)s columns.")
        % {"rows": MAX_ROWS, "columns": MAX_COLUMNS},
        "mostRows": str(MAX_ROWS),
        "mostColumns": str(MAX_COLUMNS),
        "save": gettext("Save"),
        "cancel": gettext("Cancel"),
    }


class RichTextWidget(AdminProseEditorWidget):
    template_name = "articles/widgets/richtext.html"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__(attrs, config={"extensions": EXTENSIONS}, preset="configurable")

    @property
    def media(self) -> forms.Media:
        return super().media + Media(js=[Script("articles/paste.js", type="module")])

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, object]:
        context = super().get_context(name, value, attrs)
        return context | {"longest": MAX_LENGTH, "words": json.dumps(editor_words())}

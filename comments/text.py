"""Clean the plain text that readers type, and render it as HTML."""

from __future__ import annotations

import re
import unicodedata

from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe

from liveblog.blank import unless_blank
from liveblog.encryption import hashes
from liveblog.links import as_read
from liveblog.marks import bounded_marks

#: Invisible characters that change the direction of the text around them: embeddings, overrides and isolates (UAX #9).
_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
#: Other invisible characters, except for joiners, which emoji and Persian need.
_INVISIBLE = "\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff"
_REMOVED = re.compile(f"[{_BIDI_CONTROLS}{_INVISIBLE}{_CONTROL}]")
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029|\u0085")

#: A link in the output of urlize: its address and its text.
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>')
#: Markup that would be a link on other sites.
_MARKUP = re.compile(r"<a\s|\[url", re.IGNORECASE)


def cleaned_line(text: str) -> str:
    """Return the text cleaned and on one line, as for a name."""
    return " ".join(cleaned(text).split())


def cleaned(text: str) -> str:
    """Return the text in NFC, without deceptive invisible characters and without repeated blank lines.

    A blank text becomes "".
    """
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    text = bounded_marks(_REMOVED.sub("", text))
    return unless_blank(re.sub(r"\n{3,}", "\n\n", re.sub(r"[^\S\n]+\n", "\n", text)).strip())


def _safe_link(found: re.Match[str]) -> str:
    """Return a link of urlize, or only its text if the link is misleading."""
    # An escaped quotation mark contains "#", the sign of a fragment.
    return found[2] if as_read(found[1].replace("&#x27;", "'")) is None else found[0]


def html_of(text: str) -> SafeString:
    """Return plain text as HTML: escaped, in paragraphs, with web addresses as links that search engines ignore."""
    linked = _LINK.sub(_safe_link, urlize(text, nofollow=True, autoescape=True))
    # The reader's text is escaped, so only the links of urlize contain this.
    linked = linked.replace('rel="nofollow"', 'rel="nofollow ugc noopener" dir="ltr"')
    return mark_safe(linebreaks(mark_safe(linked)))


def count_of_links(text: str) -> int:
    """Return the number of links in a text: addresses that would become links, and attempts at markup of links."""
    # The reader's text is escaped, so each "<a " is a link.
    return urlize(text, autoescape=True).count("<a ") + len(_MARKUP.findall(text))


def hash_of(text: str) -> str:
    """Return a keyed hash that is equal for texts that differ only in case, blanks and punctuation."""
    return hashes_of(text)[0]


def hashes_of(text: str) -> list[str]:
    """Return that hash for each key, the present one first."""
    letters = "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())
    return hashes(letters or text) or [""]

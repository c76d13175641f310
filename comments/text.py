"""What readers type: what is taken off at the door, and how the rest becomes HTML."""

from __future__ import annotations

import re
import unicodedata

from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe

from comments.encryption import keyed_hash

#: Characters that show nothing and turn the text around them: overrides, embeddings and isolates of direction.
_TURNING = "\u202a-\u202e\u2066-\u2069"
#: Those that show nothing at all. Joiners are not among them: emoji and Persian are written with them.
_INVISIBLE = "\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff"
_TAKEN_OFF = re.compile(f"[{_TURNING}{_INVISIBLE}{_CONTROL}]")
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029|\u0085")
#: More marks than any script puts on one letter.
_PILE = re.compile(r"([\u0300-\u036f\u0483-\u0489\u20d0-\u20f0]{4})[\u0300-\u036f\u0483-\u0489\u20d0-\u20f0]+")

#: What would be a link elsewhere.
_MARKUP = re.compile(r"<a\s|\[url", re.IGNORECASE)


def cleaned_line(text: str) -> str:
    """One line, such as a name."""
    return " ".join(cleaned(text).split())


def cleaned(text: str) -> str:
    """The text without what only deceives the eye, in paragraphs that are at most one blank line apart."""
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    text = _PILE.sub(r"\1", _TAKEN_OFF.sub("", text))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[^\S\n]+\n", "\n", text)).strip()


def says_something(text: str) -> bool:
    """Whether there is anything to see in it."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def html_of(text: str) -> SafeString:
    """Plain text as HTML: escaped, in paragraphs, its addresses made links that lend nobody our name."""
    linked = urlize(text, nofollow=True, autoescape=True)
    # What a reader typed is escaped: no quotation mark of theirs is left for this to find.
    linked = linked.replace('rel="nofollow"', 'rel="nofollow ugc noopener" dir="ltr"')
    return mark_safe(linebreaks(mark_safe(linked)))


def count_of_links(text: str) -> int:
    """How many links a text shows, and how many more it tries to make."""
    # What a reader typed is escaped: these are links of ours.
    return html_of(text).count("<a ") + len(_MARKUP.findall(text))


def hash_of(text: str) -> str:
    """The same for texts that differ in case, blanks and punctuation alone."""
    letters = "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())
    return keyed_hash(letters or text)

"""The rules that keep the newsroom's texts from breaking a page: placeholders, markup, length and signs.

Templates put messages into pages unescaped, even into attributes. So a text may have no markup, no entity and no
straight quotation mark that the product's own text does not have.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from liveblog.lists import listed
from liveblog.wording.catalogue import Message

#: The limit of a text: a factor of the length of the product's, but at least the second number and at most the third.
_TIMES, _LEAST, MOST = 3, 40, 4000

_PLACEHOLDER = re.compile(r"%\(\w+\)[-+#0]*\d*(?:\.\d+)?[a-zA-Z]|(?<![%\d])%[sdif](?![^\W_])|\{[^{}\s]*\}")
_POSITIONAL = re.compile(r"%[sdif]|\{\d*\}")
_TAG = re.compile(r"<[^<>]*>")
#: Characters that open an override of the direction of text, or an isolate, and the one that closes it (UAX #9).
_OVERRIDES = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATES, _POP = frozenset("\u2066\u2067\u2068"), "\u2069"


def placeholders(text: str) -> list[str]:
    return _PLACEHOLDER.findall(text)


def max_length(message: Message, product: Sequence[str]) -> int:
    """Return the limit of a text in characters, from the longest of the product's texts."""
    return min(MOST, max(_LEAST, _TIMES * max(map(len, [*message.english, *product]))))


def normal(text: str, product: str) -> str:
    """Return a text in its stored form: with typographic apostrophes, and the outer white space of the product's."""
    text = text.replace("\r\n", "\n").strip()
    if "'" not in product:
        text = text.replace("'", "’")
    if not text:
        return ""
    before = product[: len(product) - len(product.lstrip())]
    return before + text + (product[len(product.rstrip()) :] if product.strip() else "")


def check(message: Message, product: Sequence[str], form: int, text: str) -> None:
    """Raise ValidationError if a text cannot replace plural form `form` of a message."""
    errors = [*_placeholder_errors(message, product[form], text), *_sign_errors([*message.english, *product], text)]
    if len(text) > (most := max_length(message, product)):
        errors.append(_("Use at most %(most)d characters: there is no room for more.") % {"most": most})
    if errors:
        raise ValidationError(errors)


def _placeholder_errors(message: Message, product: str, text: str) -> list[str]:
    wanted, found = placeholders(product), placeholders(text)
    allowed = {name for source in [*message.english, product] for name in placeholders(source)}
    errors = []
    if missing := [name for name in dict.fromkeys(wanted) if name not in found]:
        errors.append(_("Keep %(placeholders)s: the page puts something there.") % {"placeholders": listed(missing)})
    if unknown := [name for name in dict.fromkeys(found) if name not in allowed]:
        errors.append(
            _("Remove %(placeholders)s: the page has nothing to put there.") % {"placeholders": listed(unknown)}
        )
    positional = [[name for name in names if _POSITIONAL.fullmatch(name)] for names in (wanted, found)]
    if not errors and positional[0] != positional[1]:
        errors.append(_("Keep the placeholders in their order: %(placeholders)s.") % {"placeholders": listed(wanted)})
    return errors


def _sign_errors(sources: Sequence[str], text: str) -> list[str]:
    errors = []
    rest, rests = _PLACEHOLDER.sub("", text), [_PLACEHOLDER.sub("", source) for source in sources]
    tags = sorted(_TAG.findall(text))
    if tags not in [sorted(_TAG.findall(source)) for source in sources]:
        if known := [tag for source in sources for tag in _TAG.findall(source)]:
            errors.append(_("Keep the markup as it is: %(markup)s.") % {"markup": listed(dict.fromkeys(known))})
        else:
            errors.append(_("Remove the markup: this text has none."))
    elif re.search("[<>]", _TAG.sub("", rest)):
        errors.append(_("Remove the angle brackets: this text can’t contain them."))
    if html.unescape(rest) != rest and not any(html.unescape(each) != each for each in rests):
        errors.append(_("Remove the entities: write the characters themselves."))
    if '"' in _TAG.sub("", rest) and not any('"' in _TAG.sub("", each) for each in rests):
        errors.append(_("Use typographic quotation marks."))
    singles = {"%" in each.replace("%%", "") for each in rests}
    if ("%" in rest.replace("%%", "") and True not in singles) or ("%%" in rest and not any("%%" in r for r in rests)):
        errors.append(_("Remove the percent sign, or write it as a word: this text can’t contain one."))
    if re.search("[{}]", rest) and any("{" in source for source in sources):
        errors.append(_("Remove the curly brackets: this text can’t contain them."))
    breaks = any("\n" in source for source in sources)
    if any(unicodedata.category(sign) == "Cc" and not (sign == "\n" and breaks) for sign in text):
        errors.append(_("Write the text in one line."))
    if _OVERRIDES & set(text) or sum(map(text.count, _ISOLATES)) != text.count(_POP):
        errors.append(_("Remove the invisible signs that change the direction of the text."))
    return errors

"""Check the interface's texts against locale/terms.toml: terms, words to avoid, typography, placeholders, fragments.

With --write, generate docs/reference/terms.md from that file instead.
"""

import argparse
import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polib

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("SECRET_KEY", "words")
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")

from liveblog.languages import SHIPPED  # noqa: E402

LANGUAGES = [code for code in SHIPPED if code != "en"]
TERMS = ROOT / "locale" / "terms.toml"
PAGE = ROOT / "docs" / "reference" / "terms.md"
PLACEHOLDER = re.compile(r"%?%\((\w+)\)[sd]|\{(\w+)\}")
#: The translation checks that also apply to the catalogues.
CHECKS = frozenset({"typography", "quotes_foreign", "quotes_unbalanced", "markup", "invisible", "bidi", "script"})

Words = dict[str, Any]


def load() -> Words:
    return tomllib.loads(TERMS.read_text())


def catalogue(language: str, folder: str = "locale") -> list[polib.POEntry]:
    path = ROOT / folder / language / "LC_MESSAGES" / "django.po"
    return [entry for entry in polib.pofile(str(path), wrapwidth=0) if not entry.obsolete]


def placeholders(entry: polib.POEntry) -> list[str]:
    """Return the names of a message's placeholders, in order."""
    found = PLACEHOLDER.findall(entry.msgid + entry.msgid_plural)
    return list(dict.fromkeys(one or other for one, other in found))


def is_short(entry: polib.POEntry) -> bool:
    """Return whether a message is a single word, without context."""
    return not entry.msgctxt and bool(re.fullmatch(r"[\w’]+…?", entry.msgid))


def comments(entry: polib.POEntry, words: Words) -> Iterator[str]:
    """Yield explanations of a message for translators."""
    if is_short(entry):
        kinds = [kind for kind, messages in words["short"].items() if entry.msgid in messages]
        yield kinds[0] if kinds else "the name of a field, a state or a part, within a line"
    for name in placeholders(entry):
        if name in words["placeholder"]:
            yield f"{name}: {words['placeholder'][name]}"


# Messages -------------------------------------------------------------------------------------------------------------


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def bare(text: str) -> str:
    """Return a message without tags, and with a number for each placeholder and each beginning of a URL."""
    return re.sub(r"mailto:|https?://", "1", PLACEHOLDER.sub("1", re.sub(r"<[^>]*>", "", text)))


def english(entries: list[polib.POEntry], words: Words) -> Iterator[str]:
    short = {message for messages in words["short"].values() for message in messages}
    for entry in entries:
        text = bare(f"{entry.msgid}\n{entry.msgid_plural}")
        if "'" in text or '"' in text:
            yield f"{entry.msgid!r}: a straight quotation mark; write ’ or “”"
        for pattern, better in words["avoid"]["en"].items():
            if match := re.search(pattern, text):
                yield f"{entry.msgid!r}: write {better} instead of “{match[0]}”"
        for name in placeholders(entry):
            if name not in words["placeholder"]:
                yield f"{entry.msgid!r}: [placeholder] does not explain {name}"
        if is_short(entry) and entry.msgid[0].isupper() and entry.msgid not in short:
            yield f"{entry.msgid!r}: needs a context, or a place under [short]"
    unknown = short - {entry.msgid for entry in entries}
    yield from (f"{message!r} is under [short], but is no message" for message in sorted(unknown))


def terms(entry: polib.POEntry, language: str, words: Words) -> Iterator[str]:
    said = bare(entry.msgid)
    for term in words["term"]:
        if term.get("loose") or not term.get(language):
            continue
        stem = term["en"].removesuffix("y")
        if not re.search(rf"\b{re.escape(stem)}(s|y|ies|ed|ing)?\b", said, re.IGNORECASE):
            continue
        if entry.msgid in term.get("except", ()):
            continue
        first, *stems = term[language].split("/")
        text = " ".join(texts(entry)).casefold()
        if not any(each.casefold() in text for each in (first, *stems)):
            yield f"“{term['en']}” is “{first}”"


def translated(entry: polib.POEntry, language: str, words: Words) -> Iterator[str]:
    from articles.translations import checks

    for text in texts(entry):
        for pattern, better in words["avoid"].get(language, {}).items():
            if match := re.search(pattern, bare(text)):
                yield f"write {better or 'something else'} instead of “{match[0]}”"
        if "'" in bare(text) or '"' in bare(text):
            yield "a straight quotation mark"
        source = bare(entry.msgid_plural or entry.msgid)
        for problem in checks.check(source.strip(), bare(text).strip(), "en", language):
            if problem.code in CHECKS:
                yield problem.message


# Fragments ------------------------------------------------------------------------------------------------------------

_TAG = r"\{%-?\s*(?:translate|trans)\s+(['\"])(?P<text>.*?)\1[^%]*?%\}"
_END = r"\{%-?\s*end(?:blocktranslate|blocktrans)\s*-?%\}"
_END_OF_ALL = r"\{%-?\s*end(?:blocktranslate|comment)\s*-?%\}"
_VALUE = r"(?:\{\{|<bdi|<b>|<strong|<q>|<time|<span lang)"
_CLOSED = r"\s*</(?:a|abbr|b|bdi|em|i|small|span|strong|time)>"
_BEFORE = rf"(?:\}}\}}|{_CLOSED}|{_END}|\{{%-?\s*(?:translate|trans)\s+(?:'[^']*'|\"[^\"]*\")[^%]*%\}})(?:{_CLOSED})*"
#: A message directly before a text or value, or directly after a value or another message: they belong in one message.
#: A message that ends with a punctuation mark may stand alone.
_JOINS = (
    re.compile(rf"(?:{_TAG}|{_END})(?:{_CLOSED})*\s*[:,;…]"),
    re.compile(rf"{_TAG}\s+{_VALUE}"),
    re.compile(rf"{_BEFORE}\s*\{{%-?\s*(?:translate|trans)\s+['\"](?P<text>[a-z][^'\"]*)"),
)
_GETTEXT = frozenset({"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "pgettext_lazy", "npgettext"})


def template_fragments(text: str) -> Iterator[str]:
    """Yield the places in a template that join a message to other text."""
    for pattern in _JOINS:
        for match in pattern.finditer(text):
            words = match.groupdict().get("text") or ""
            if match[0].rstrip()[-1] in ":,;…" or not words.endswith((":", ".", "?", "!", "…")):
                yield " ".join(match[0].split())
    yield from (match[0] for match in re.finditer(r"\|join:['\"], ['\"]", text))
    # A value and a colon, outside messages and tags.
    bare = re.sub(
        r"<[^>]*>", "", re.sub(rf"\{{%-?\s*(?:blocktranslate|comment)\b.*?{_END_OF_ALL}", "", text, flags=re.DOTALL)
    )
    yield from (" ".join(match[0].split()) for match in re.finditer(r"\}\}(?:\s*\{%[^%]*%\})*\s*:(?!\S)", bare))


def python_fragments(source: str) -> Iterator[str]:
    """Yield the expressions that join a message to other text."""
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.AST] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr) and any(
            isinstance(part, ast.Constant) and part.value.strip() for part in node.values
        ):
            parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        for part in parts:
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in _GETTEXT:
                yield ast.unparse(node)


def fragments() -> Iterator[str]:
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield from (f"{path.relative_to(ROOT)}: {found}" for found in template_fragments(path.read_text()))
    for app in ("articles", "comments", "liveblog"):
        for path in sorted((ROOT / app).rglob("*.py")):
            yield from (f"{path.relative_to(ROOT)}: {found}" for found in python_fragments(path.read_text()))


# The page -------------------------------------------------------------------------------------------------------------


def page(words: Words) -> str:
    lines = [
        "# Terms",
        "",
        "The words of the interface in each language. `python scripts/check_words.py --write` writes this page from",
        "`locale/terms.toml`; `make check` holds the catalogues to that file.",
        "",
        "## Languages",
        "",
        "| language | address and marks |",
        "|---|---|",
        *(f"| {SHIPPED[code]} | {words['register'].get(code, '–')} |" for code in SHIPPED),
        "",
        "## Words",
        "",
        f"| English | meaning | not | {' | '.join(SHIPPED[code] for code in LANGUAGES)} |",
        f"|---|---|---|{'---|' * len(LANGUAGES)}",
    ]
    for term in words["term"]:
        each = [str(term.get(code, "")).split("/")[0] for code in LANGUAGES]
        lines.append(f"| **{term['en']}** | {term['meaning']} | {term.get('not', '')} | {' | '.join(each)} |")
    lines += ["", "## Words to avoid", "", "| language | instead of (a regular expression) | write |", "|---|---|---|"]
    for code in SHIPPED:
        for pattern, better in words["avoid"].get(code, {}).items():
            escaped = pattern.replace("|", "\\|")
            lines.append(f"| {SHIPPED[code]} | `{escaped}` | {better or '–'} |")
    lines += ["", "## Placeholders", "", "| placeholder | stands for |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in sorted(words["placeholder"].items())]
    return "\n".join(lines) + "\n"


def problems(words: Words) -> Iterator[str]:
    yield from english(catalogue(LANGUAGES[0]), words)
    for language in LANGUAGES:
        for entry in catalogue(language):
            for problem in dict.fromkeys([*translated(entry, language, words), *terms(entry, language, words)]):
                yield f"{language}: {entry.msgid!r} → {' ‖ '.join(texts(entry))!r}: {problem}"
        # Django's own messages, as far as we replace them.
        for entry in catalogue(language, "locale_django"):
            for problem in dict.fromkeys(translated(entry, language, words)):
                yield f"{language}, Django: {entry.msgid!r} → {' ‖ '.join(texts(entry))!r}: {problem}"
    yield from (f"a fragment of a sentence: {found}" for found in fragments())
    if not PAGE.exists() or PAGE.read_text() != page(words):
        yield f"{PAGE.relative_to(ROOT)} differs from {TERMS.relative_to(ROOT)}; run scripts/check_words.py --write"


def report(found: Iterable[str]) -> int:
    count = 0
    for problem in found:
        print(problem)
        count += 1
    print(f"{count} places need other words." if count else "The words are those of the termbase.")
    return 1 if count else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/reference/terms.md instead")
    if parser.parse_args().write:
        PAGE.write_text(page(load()))
        return 0
    import django

    django.setup()
    return report(problems(load()))


if __name__ == "__main__":
    sys.exit(main())

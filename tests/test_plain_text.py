"""There is one conversion from rich text to plain text, which all pages and exports use."""

from __future__ import annotations

import ast
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from articles.embeds.models import Embed
from articles.models import Article, Update
from articles.text.plaintext import decoded, first_words, plain_blocks, plain_lines, plain_text
from articles.text.richtext import normalise
from articles.translations.checks import check
from tests import factories
from tests.forms import change_url, opened

ROOT = Path(settings.BASE_DIR)

# The function ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rich", "plain"),
    [
        ("<p>«\u00a0Nous tiendrons\u00a0» : 50&nbsp;%</p>", "«\u00a0Nous tiendrons\u00a0» : 50\u00a0%"),
        ("<p>AT&amp;T &lt;b&gt; &amp;amp;</p>", "AT&T <b> &amp;"),
        ("<p>One.</p><p>Two</p>", "One. Two"),
        ("<ul><li>one</li><li>two</li><li><p>three</p></li></ul>", "one two three"),
        ("<p>8:00<br>Doors open</p>", "8:00 Doors open"),
        ("<table><tbody><tr><th>Yes</th><td>12</td></tr><tr><th>No</th><td>3</td></tr></tbody></table>", "Yes 12 No 3"),
        ("<blockquote><p>Never.</p></blockquote>said she", "Never. said she"),
        ("<p>un<strong>believ</strong>able, <a href='#'>x</a>y</p>", "unbelievable, xy"),
        ("<h2>Late</h2>text<hr>more<div>still<img src=x>so</div>", "Late text more still so"),
        ("<p>a</p><script>b</script><style>c</style><template>d</template><!-- e --><p>f</p>", "a f"),
        ("<p>Bundes&shy;tag\n\t&nbsp; votes</p>", "Bundestag votes"),
        ("<p>&nbsp;</p><p>\u3164</p><p><br></p>", ""),
    ],
)
def test_the_plain_text_is_what_a_reader_would_read_aloud(rich: str, plain: str) -> None:
    assert plain_text(rich) == plain


@pytest.mark.parametrize(
    "block",
    ["p", "div", "li", "dt", "dd", "blockquote", "pre", "h1", "h6", "figcaption", "section", "address", "summary"],
)
def test_blocks_are_separated_by_spaces(block: str) -> None:
    rich = f"a<{block}>b</{block}><{block}>c</{block}>d"
    assert plain_text(rich) == "a b c d"
    assert plain_lines(rich) == "a\nb\nc\nd"


def test_comparisons_keep_lines() -> None:
    rich = "<p>One<br>two</p><table><tbody><tr><td><p>a</p></td><td>b<br>c</td></tr><tr><td>d</td></tr></tbody></table>"
    assert plain_lines(rich) == "One\ntwo\na b c\nd"
    assert plain_blocks(rich) == ["One\ntwo", "a", "b\nc", "d"]


_texts = st.text() | st.text("a&;<>/ \u00a0\u202f\xad\n\tmpltg#x41\u0301\u3164é")
_markup = st.lists(
    st.sampled_from(
        [
            *("<p>", "</p>", "<li>", "<ul>", "<td>", "<tr>", "<table>", "<br>", "<b>", "</b>", "<script>", "</script>"),
            *("&nbsp;", "&amp;", "&#38;", "&lt;", "<!--", "-->", "a", " ", "b\n", "\u00a0", "amp;", "&"),
        ]
    ),
    max_size=15,
).map("".join)


@given(_texts | _markup)
@example("&amp;amp;")
def test_converting_plain_text_again_changes_nothing(rich: str) -> None:
    for make in (plain_text, plain_lines):
        plain = make(rich)
        again = html.escape(plain).replace("\n", "<br>")
        assert make(again) == plain
    assert plain_text(rich) == plain_text(rich).strip()
    assert not re.search(r"\s\s|[\n\t\xad]", plain_text(rich))


@given(_texts)
def test_every_character_reference_is_decoded_once(text: str) -> None:
    escaped = "<p>" + "".join(f"&#{ord(one)};" if one in "&<>;#" else one for one in text) + "</p>"
    assert plain_text(escaped) == plain_text(f"<p>{html.escape(text)}</p>")
    assert decoded(html.escape(text)) == text


def test_the_start_of_a_text_keeps_its_spaces() -> None:
    assert first_words("50\u00a0% of all votes", 3) == "50\u00a0% of…"
    assert first_words("50\u00a0% of all", 4) == "50\u00a0% of all"
    assert first_words("", 4) == ""
    assert first_words("In Berlin stimmt der Bundestag ab.", 3, "de-AT") == "In Berlin stimmt\u00a0…"


_words = st.lists(st.text("abé&<ش", min_size=1, max_size=5), min_size=1, max_size=8)
_separators = [
    "</p><p>",
    "<br>",
    "</p><ul><li>x</li></ul><p>",
    "</p><blockquote><p>q</p></blockquote><p>",
    " ",
    "&nbsp;",
]


@given(_words, st.data())
def test_words_never_run_together(words: list[str], data: st.DataObject) -> None:
    rich = html.escape(words[0])
    expected = [words[0]]
    for word in words[1:]:
        separator = data.draw(st.sampled_from(_separators))
        rich += separator + html.escape(word)
        expected += [*re.findall("x|q", re.sub("<.*?>|&nbsp;", " ", separator.replace("blockquote", ""))), word]
    for text in (f"<p>{rich}</p>", normalise(f"<p>{rich}</p>")):
        assert plain_text(text).split() == expected
        assert plain_lines(text).split() == expected
        assert " ".join(plain_blocks(text)).split() == expected


# Uses -----------------------------------------------------------------------------------------------------------------


def _head(client: Client, update: Update, language: str = "en") -> dict[str, str]:
    """Return the metadata in the head of an update's page, as a browser reads it."""
    page = client.get(update.url(language)).content.decode()
    found = {
        name: html.unescape(text)
        for name, text in re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page)
    }
    title = re.search(r"<title[^>]*>(.*?)</title>", page, re.DOTALL)
    assert title is not None
    return found | {"title": html.unescape(title[1])}


def _posting(client: Client, article: Article, language: str = "en") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get(f"{article.url(language)}liveblog.json").content)
    return found["liveBlogUpdate"][0]


_AS_TEXT = "AT&T – «\u00a050\u00a0%\u00a0» <b> one two 8:00 Start"
_RICH = "<p>AT&amp;T – «\u00a050&nbsp;%\u00a0» &lt;b&gt;</p><ul><li>one</li><li>two</li></ul><p>8:00<br>Start</p>"


@pytest.mark.django_db
def test_metadata_structured_data_and_the_newsroom_get_the_text_of_an_update(
    client: Client, admin_client: Client
) -> None:
    article = factories.article(headline_en="Q&A: AT&T")
    update = factories.update(article, body_en=_RICH)
    head = _head(client, update)
    assert head["description"] == head["og:description"] == _AS_TEXT
    assert head["title"] == head["og:title"] == _AS_TEXT
    assert _posting(client, article)["articleBody"] == _AS_TEXT
    assert str(update) == _AS_TEXT
    for page in (
        client.get(update.url("en")),
        client.get(article.url("en")),
        client.get("/en/"),
        admin_client.get(reverse("admin:articles_update_changelist")),
        admin_client.get(reverse("admin:articles_translation_changelist")),
        admin_client.get(reverse("admin:articles_desk", args=[article.pk])),
        admin_client.get(reverse("admin:articles_update_versions", args=[update.pk])),
    ):
        # The texts contain "&" and "<b>", but no character reference that should have been decoded.
        assert page.status_code == 200
        assert not re.search(r"&amp;(?:amp|nbsp|lt|gt|quot|#\w+);", page.content.decode()), page.request["PATH_INFO"]


@pytest.mark.django_db
def test_an_update_of_pictures_is_described_by_caption_or_alternative_text(client: Client) -> None:
    article = factories.article()
    shown = (
        factories.picture(caption_en="Ministers & aides", alt_en="Five people", credit_en="CREDIT"),
        factories.picture(alt_en="A hall", credit_en="CREDIT"),
    )
    update = factories.update(article, kind="pictures", pictures=shown, headline_en="")
    head, posting = _head(client, update), _posting(client, article)
    words = "Ministers & aides · A hall"
    assert [head[name] for name in ("title", "og:title", "description", "og:description")] == [words] * 4
    assert (posting["headline"], posting["articleBody"]) == (words, words)
    assert str(Update.objects.get()) == words
    # Without a translation they are in the language of the original, and the title declares that language.
    page = client.get(update.url("ar")).content.decode()
    assert re.search(rf'<title lang="en" dir="ltr"\s*>{re.escape(html.escape(words))}</title>', page)


@pytest.mark.django_db
def test_pictures_without_texts_are_named_after_the_coverage(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, kind="pictures", pictures=(factories.picture(alt_en=""),), headline_en="")
    head = _head(client, update)
    assert {head["title"], head["og:title"], head["description"]} == {"Ministers meet in Bucharest"}
    assert _posting(client, article)["headline"] == "Ministers meet in Bucharest"
    assert str(update) == f"#{update.pk}"


@pytest.mark.django_db
def test_coverage_without_a_standfirst_is_described_by_its_text(client: Client) -> None:
    article = factories.article(headline_en="Q&A: AT&T", body_en=_RICH)
    page = client.get(article.url("en")).content.decode()
    described = re.findall(r'<meta (?:name|property)="(?:og:)?description" content="([^"]*)">', page)
    assert [html.unescape(text) for text in described] == [_AS_TEXT] * 2
    assert json.loads(client.get(f"{article.url('en')}liveblog.json").content)["description"] == _AS_TEXT


@pytest.mark.parametrize(
    ("fields", "title", "description"),
    [
        (
            {"kind": "quote", "body_en": "<p>We stay.</p><p>Always.</p>", "attribution_en": "A. Roy"},
            "We stay. Always. – A. Roy",
            "We stay. Always. – A. Roy",
        ),
        (
            {"kind": "poll", "headline_en": "Stay?", "body_en": "<p>Say.</p><ul><li>Yes</li><li>No</li></ul>"},
            "Stay?",
            "Say. Yes / No",
        ),
        (
            {
                "kind": "table",
                "headline_en": "Votes",
                "body_en": "<table><tbody><tr><td>Yes</td><td>12</td></tr></tbody></table>",
                "attribution_en": "SOURCE",
            },
            "Votes",
            "Yes 12",
        ),
        ({"headline_en": "Only this & that"}, "Only this & that", "Only this & that"),
    ],
)
@pytest.mark.django_db
def test_each_kind_is_described_by_its_own_text(
    client: Client, fields: dict[str, str], title: str, description: str
) -> None:
    head = _head(client, factories.update(factories.article(), **fields))
    assert (head["title"], head["description"]) == (title, description)


@pytest.mark.django_db
def test_an_embed_without_text_is_described_by_its_title(client: Client) -> None:
    article = factories.article()
    factories.update(article, kind="embed", embed="https://www.youtube.com/watch?v=dQw4w9WgXcQ", headline_en="")
    embed = Embed.objects.get()
    embed.title = "Talks & tea"
    embed.save()
    head = _head(client, Update.objects.get())
    assert {head["title"], head["description"], _posting(client, article)["headline"]} == {"Talks & tea"}


@pytest.mark.django_db
def test_the_list_of_updates_takes_no_query_per_update(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    article = factories.article()
    for _ in range(3):
        factories.update(article, kind="pictures", pictures=(factories.picture(caption_en="Hall"),), headline_en="")
    address = reverse("admin:articles_update_changelist")
    admin_client.get(address)
    with django_assert_max_num_queries(18):
        admin_client.get(address)


def test_checks_decode_character_references() -> None:
    assert check("<p>AT&amp;T&nbsp;grew.</p>", "<p>AT&amp;T&nbsp;wuchs.</p>", "en", "de", html=True) == []


# No other conversion --------------------------------------------------------------------------------------------------

#: The names of functions that turn markup into plain text, and the only modules that may use them.
_PLAINTEXT = "articles/text/plaintext.py"
_NAMES = {"strip_tags", "striptags", "unescape", "text_content", "HTMLParser", "clean_text", "get_text"}
_PARSERS = {
    "selectolax": {
        *("articles/text/parsed.py", "articles/text/tables.py", "articles/translations/checks/pair.py"),
        # Cuts the coverage out of its page, as markup.
        "articles/embedding/fragment.py",
        # These read and write whole pages.
        *(f"articles/interchange/{name}.py" for name in ("json_ld", "markup", "static_archive")),
    }
}
_STRIPPING = re.compile(r"<[/?!]*\[\^[<>]{1,2}\][*+]")


#: Modules that keep the markup of a text, or refuse texts with markup.
_GO_FROM_TEXT_TO_TEXT = {
    "articles/interchange/markup.py": {"text_content"},
    "liveblog/translation/engines/offline.py": {"unescape"},
    "liveblog/wording/rules.py": {"unescape"},
}


def _faults(path: str, source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        names: set[str] = set()
        if isinstance(node, ast.Import):
            names = {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            names = {*(node.module or "").split("."), *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Attribute):
            names = {node.attr}
        if path != _PLAINTEXT:
            allowed = _GO_FROM_TEXT_TO_TEXT.get(path, set())
            found += [f"{path}: {name}" for name in names & _NAMES - allowed]
            found += [f"{path}: {name}" for name in names & {"lxml", "bs4", "html5lib", "html2text"}]
            modules = _PARSERS["selectolax"]
            found += [f"{path}: {name}" for name in names & {"selectolax"} if path not in modules]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "text":
            keywords = {keyword.arg for keyword in node.keywords}
            if keywords & {"deep", "separator", "strip"} or not (node.args or keywords):
                found.append(f"{path}: .text()")
        if isinstance(node, ast.keyword) and node.arg == "tags" and ast.unparse(node.value) in ("set()", "frozenset()"):
            found.append(f"{path}: a sanitiser without tags")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            strips = _STRIPPING.search(node.value) and path not in _GO_FROM_TEXT_TO_TEXT
            found += [f"{path}: {node.value!r}"] if strips else []
    return found


def test_python_code_makes_plain_text_in_one_way() -> None:
    files = [path for app in ("articles", "comments", "liveblog") for path in (ROOT / app).rglob("*.py")]
    found = [fault for path in files for fault in _faults(path.relative_to(ROOT).as_posix(), path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "from django.utils.html import strip_tags",
        "import html\nhtml.unescape(x)",
        "from selectolax.lexbor import LexborHTMLParser",
        "node.text(deep=True)",
        "node.text()",
        "nh3.clean(x, tags=set())",
        "re.sub(r'<[^>]+>', '', x)",
        "re.compile('</?[^<>]*>')",
        "from bs4 import BeautifulSoup",
    ],
)
def test_every_other_way_would_be_found(code: str) -> None:
    assert _faults("articles/page/new.py", code)


def test_templates_make_plain_text_in_one_way() -> None:
    forbidden = re.compile(
        r"\|\s*(?:striptags|removetags|unescape|truncate(?:words|chars)_html)\b|\.textContent|innerText"
    )
    files = [path for path in (ROOT / "templates").rglob("*.*") if path.suffix in (".html", ".txt", ".xml")]
    assert files
    assert [path.name for path in files if forbidden.search(path.read_text())] == []


def test_browser_modules_make_plain_text_in_one_way() -> None:
    """The paste cleaner produces markup, which the server parses; other modules do not handle HTML."""
    forbidden = re.compile(r"innerText|outerText|&nbsp;|/<\/?\[\^[<>]+\][*+]>/")
    parsers = re.compile(r"DOMParser")
    modules = {
        path.relative_to(ROOT / "static").as_posix(): path.read_text() for path in (ROOT / "static").rglob("*.js")
    }
    modules.pop("articles/paste-cleaner.js")
    assert [name for name, source in modules.items() if forbidden.search(source)] == []
    assert {name for name, source in modules.items() if parsers.search(source)} == {
        "liveblog/text.js",
        # They read whole pages.
        "liveblog/older.js",
        "comments/conversation.js",
        "articles/translation-queue.js",
    }


@pytest.mark.django_db
def test_a_headline_that_looks_like_markup_stays_as_it_was_typed(admin_client: Client) -> None:
    # The checks allow markup in a translation if the original has it.
    article = factories.article(headline_en="Ministers meet <b>", headline_de="Minister tagen")
    page = change_url(article)
    answer = admin_client.post(page, opened(admin_client, article) | {"headline_de": "Minister tagen <b>"})
    assert answer.status_code == 302
    article.refresh_from_db()
    assert article.headline_de == "Minister tagen <b>"

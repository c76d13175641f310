"""Links lead where readers expect: they are checked as browsers parse them, and must not contain a user."""

import json
import random
import subprocess

import pytest
from django.core.exceptions import ValidationError

from articles.embeds import services
from articles.text.richtext import sanitise
from comments.text import count_of_links, html_of
from liveblog.links import MAX_LENGTH, as_read
from tests import factories, soak

#: Parts of addresses; each address has some of them in a row.
PARTS = (
    *("https:", "http:", "HTTPS:", "ht\ttps:", "mailto:", "javascript:", "java\nscript:", "data:", "ftp:", "x:", ":"),
    *("/", "//", "\\", "\\\\", "/\\", "\t", "\n", "\r", " ", "\x00", "\x1f", "\x0b", "\u3000", "\ufeff"),
    *("user@", "user:pw@", "@", "%40", "\uff20", "host.example", "bank.example", "[::1]", ":8443", "127.1", "xn--a"),
    *("/path", "?q=a@b", "#a@b", "%2f", "%5c", "..", ".", "&", "'", "<", "é", "\ud83d\ude00"),
)

_READ = """
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = (href, base) => {
  try {
    const url = new URL(href, base);
    return [url.protocol, url.username + url.password, url.href];
  } catch { return null; }
};
const bases = ["https://news.example/en/live/x/", "http://news.example/en/"];
console.log(JSON.stringify(given.map((href) => bases.map((base) => read(href, base)))));
"""


def read_by_browser(hrefs: list[str]) -> list[list[tuple[str, str, str] | None]]:
    """Return the protocol, user and address of each link by the URL Standard, on a page with and without TLS."""
    answer = subprocess.run(
        ["node", "-e", _READ], input=json.dumps(hrefs), capture_output=True, check=True, text=True, timeout=60
    )
    return json.loads(answer.stdout)


def test_no_link_that_passes_names_a_user_or_runs_a_script() -> None:
    chance = random.Random(7)
    given = ["".join(chance.choices(PARTS, k=chance.randint(1, 6))) for _ in range(soak.count(4_000, 200_000))]
    passed = [(href, read) for href in given if (read := as_read(href.encode("utf-8", "replace").decode())) is not None]
    assert len(passed) > len(given) / 10
    for (href, _read), (secure, plain) in zip(passed, read_by_browser([read for _href, read in passed]), strict=True):
        for found in filter(None, (secure, plain)):
            protocol, user, _address = found
            assert protocol in ("https:", "http:", "mailto:"), href
            assert not user, href


@pytest.mark.parametrize(
    "href",
    [
        "//user:pw@host.example/",
        "https:\\\\user@host.example",
        "https:\\user@host.example",
        "https:user@host.example",
        "https:/user:pw@host.example",
        "https:////user@host.example",
        "\\\\user@host.example",
        "/\t/user@host.example",
        "ht\ntps://user@host.example",
        " \x01https://user@host.example",
        "https://bank.example@host.example",
        "https://@host.example",
        "java\tscript:alert(1)",
        "//",
        "https://",
        "https://host.example/" + "a" * MAX_LENGTH,
    ],
)
def test_a_link_that_misleads_is_removed(href: str) -> None:
    assert as_read(href) is None
    assert "href" not in sanitise(f'<p><a href="{href}">x</a></p>')


@pytest.mark.parametrize(
    ("href", "read"),
    [
        ("https://host.example", "https://host.example"),
        ("HTTPS:\\\\host.example\\a?b=\\", "https://host.example/a?b=\\"),
        (" https://host.example/\n", "https://host.example/"),
        ("/en/live/summit/?at=3#update-3", "/en/live/summit/?at=3#update-3"),
        ("#update-3", "#update-3"),
        ("mailto:desk@host.example", "mailto:desk@host.example"),
        ("https://social.example/@ana/1", "https://social.example/@ana/1"),
        ("https://host.example?q=a@b", "https://host.example?q=a@b"),
    ],
)
def test_a_link_that_is_honest_stays(href: str, read: str) -> None:
    assert as_read(href) == read
    assert f'href="{read}"' in sanitise(f'<p><a href="{href}">x</a></p>').replace("&amp;", "&")


def test_an_address_with_a_user_is_no_link_in_a_comment_but_counts_as_one() -> None:
    text = "See https://bank.example:login@host.example/ and https://host.example/"
    assert html_of(text).count("<a ") == 1
    assert "https://bank.example:login@host.example/" in html_of(text)
    assert count_of_links(text) == 2


@pytest.mark.django_db
def test_no_field_for_an_address_takes_one_with_a_user() -> None:
    with pytest.raises(ValidationError, match="username or password"):
        services.address("https://user:pw@host.example/")
    article = factories.article()
    with pytest.raises(ValidationError, match="username or password") as caught:
        factories.update(article, kind="quote", attribution_en="Ana", source_url="https://user@host.example/")
    assert "source_url" in caught.value.message_dict

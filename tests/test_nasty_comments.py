"""Hundreds of hostile comments do no harm: none becomes markup, and none is lost."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from comments.models import Comment, State
from comments.text import cleaned, html_of
from tests import factories, soak
from tests.test_comments import WORDS, post

pytestmark = pytest.mark.django_db

COMMENTS = soak.count(180, 500)

MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "<!--<script>--><b onmouseover=alert(1)>x</b>",
    "javascript:alert(1)",
    "[url=javascript:alert(1)]x[/url]",
    "<a href='https://evil.example' onclick='x'>go</a>",
    'https://evil.example/"onmouseover="alert(1)',
    "https://evil.example/<script>alert(1)</script>",
    "http://evil.example/?a=1&b=<b>",
    "{{ 7 }}{% load static %}{% csrf_token %}",
    "&lt;script&gt; &amp;amp; &#x3c;script&#x3e;",
    "]]><script>alert(1)</script><![CDATA[",
    "'; DROP TABLE comments_comment; --",
    "%s %(name)s %n {0} ${jndi:ldap://x}",
    "</article></div></main><object>Taken over</object>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    'www.evil.example/rel="nofollow" rel="nofollow"',
    "mailto:a@b.example?subject=<script>",
]
DECEPTION = [
    "\u202egnp.exe\u202c",
    "\u2066\u2067\u2068left open",
    "a\u200bb\u200bc\u2060d\ufeffe",
    "\U000e0041\U000e0042 tags",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032fa\u0320l\u0321g\u0335o",
    "\u2028line\u2029paragraph\u0085next",
    "bell\x07 escape\x1b[31m delete\x7f c1\x9b31m",
    "\ufffe\uffff noncharacters",
    "\ufdfd" * 30,
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ✊🏿 🇺🇦 1️⃣",
    "می‌خواهم",
    "क्‍ष",
    "שלום <b>עולם</b> \u202b",
    "الوزراء <script> \u202d",
    "A" * 3000,
    "\n".join("x" for _ in range(1000)),
    " " * 2000 + "x",
    "\t\u00a0\u3000indent\u3000",
    "ﷺ" * 200,
    "é" * 1500,
]


def comments() -> list[dict[str, str]]:
    """Return 500 comments: each attack in each field, and mixtures."""
    found = [{"text": text} for text in MARKUP + DECEPTION]
    found += [{"name": text[:60]} for text in MARKUP + DECEPTION]
    found += [{"email": f"{text[:20]}@example.org"} for text in MARKUP + DECEPTION]
    found += [
        WORDS | {"state": "approved", "featured": "1", "shown": "1", "article": "1", "pk": "1", "id": "1"},
        WORDS | {"language": "xx", "page_language": "<b>", "version": "-1", "thread": "1", "secret_hash": "x"},
        *(WORDS | {"parent": value} for value in ("0", "-1", "1e9", "x", "9" * 30, "1;2", "\x00", "٣")),
        *(WORDS | {"seconds": value} for value in ("nan", "inf", "-5", "x", "1" * 400)),
        *(WORDS | {"email": value} for value in ("a@b", "a b@example.org", "a@example.org\nBcc: x@example.org", "@")),
        *(WORDS | {"notify": value} for value in ("", "on", "<b>")),
        *(WORDS | {"name": "\x00", "text": "x"}, WORDS | {"name": "x" * 61}, WORDS | {"text": "x" * 3001}),
        {},
    ]
    chance = random.Random(7)
    while len(found) < COMMENTS:
        parts = chance.choices(MARKUP + DECEPTION, k=3)
        found.append({"name": parts[0][:60], "text": f"{parts[1][:900]}\n\n{parts[2][:900]}"})
    return found


OUR_ICONS = ("icon", "visually-hidden")


class Obeyed(HTMLParser):
    """A collector of tags, attributes and addresses that would be active in a browser and are not ours."""

    TAGS = frozenset(["svg", "iframe", "img", "b", "object", "embed", "style", "base"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        script = tag == "script" and not values.get("src") and values.get("type") != "application/ld+json"
        reached = str(values.get("href") or values.get("src") or values.get("action") or "").strip().lower()
        if (
            script
            or (tag in self.TAGS and values.get("class") not in OUR_ICONS)
            or any(name.startswith("on") or name == "srcdoc" for name in values)
            or not re.match(r"(?:https?://|mailto:|[/?#]|$)", reached)
        ):
            self.found.append(self.get_starttag_text() or tag)


def unescaped(html: str) -> list[str]:
    parser = Obeyed()
    parser.feed(html)
    parser.close()
    return parser.found


def test_hostile_comments_are_shown_as_text_and_none_is_lost(settings: Any) -> None:
    settings.COMMENTS_PER_ADDRESS = settings.COMMENTS_PER_EMAIL = 0
    settings.COMMENTS_MAX_LINKS = 100
    client = Client(raise_request_exception=True)
    article = factories.article()
    foreign = factories.comment(factories.article(), state="approved")
    address = f"{article.url('ar')}comments/"
    taken = []
    for number, fields in enumerate([*comments(), WORDS | {"parent": str(foreign.pk)}]):
        words = {"name": "Eve", "email": f"eve{number}@example.org", "text": f"Number {number}."} | fields
        answer = post(client, address, words)
        assert answer.status_code in (201, 422), fields
        assert unescaped(answer.content.decode()) == [], fields
        if answer.status_code == 201:
            taken.append(Comment.objects.latest("pk"))
            assert taken[-1].text == cleaned(words["text"])
            if number % 10 == 0:
                assert unescaped(answer.content.decode()) == [], fields
    assert len(taken) > COMMENTS - 120
    assert Comment.objects.filter(article=article).count() == len({comment.pk for comment in taken})
    assert not Comment.objects.filter(article=article).exclude(state=State.WAITING).exists()
    assert not Comment.objects.filter(article=article, featured=True).exists()
    assert not Comment.objects.filter(article=article, parent__isnull=False).exclude(parent__article=article).exists()
    Comment.objects.filter(article=article).update(state=State.APPROVED, shown=True)
    pages, following = 0, address
    while following:
        html = client.get(following).content.decode()
        assert unescaped(html) == []
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", html)
        turned = re.search(r'rel="next" href="([^"#]*)', html)
        pages, following = pages + 1, turned[1] if turned else ""
    assert pages > COMMENTS / 100
    assert unescaped(client.get(article.url("de")).content.decode()) == []
    frame = client.get(f"/en/live/{article.slug}/changes?after={article.page_state}")
    assert frame.status_code == 200


def test_a_comment_of_ten_megabytes_is_refused_with_an_explanation(client: Any) -> None:
    address = f"{factories.article().url('en')}comments/"
    assert post(client, address, WORDS | {"text": "x" * 10_000_000}).status_code == 413
    assert post(client, address, WORDS | {"text": "x" * 100_000}).status_code == 422
    body = b"name=Ana&email=a%40example.org&text=" + b"x" * 10_000_000
    answer = client.post(address, body, "application/x-www-form-urlencoded", headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 413
    assert "Your comment is too long and wasn’t saved." in answer.content.decode()
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe=%ff%00&name=%ED%A0%80", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % number for number in range(2000)), "application/x-www-form-urlencoded"),
        (b'{"name": "Ana"}', "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
    ],
)
def test_a_malformed_request_is_refused(client: Any, body: bytes, content_type: str) -> None:
    address = f"{factories.article().url('en')}comments/"
    answer = client.post(address, body, content_type, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code in (400, 413, 422)
    assert not Comment.objects.exists()


def test_a_file_is_refused_as_a_comment(client: Any) -> None:
    address = f"{factories.article().url('en')}comments/"
    answer = post(client, address, WORDS | {"text": SimpleUploadedFile("text", b"words")})  # type: ignore[dict-item]
    assert answer.status_code == 422


def test_joiners_are_kept_and_direction_overrides_are_removed() -> None:
    for text in ("👩‍👩‍👧‍👦", "می‌خواهم", "क्‍ष", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"):
        assert cleaned(text) == text
    assert cleaned("a\u202eb\u2066c\u200bd") == "abcd"


@given(st.lists(st.text(max_size=40) | st.sampled_from(MARKUP + DECEPTION), max_size=4).map("".join))
def test_cleaned_text_is_stable_and_adds_no_markup_of_its_own(text: str) -> None:
    clean = cleaned(text)
    assert cleaned(clean) == clean
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", clean)
    parser = Obeyed()
    parser.feed(html_of(clean))
    assert parser.found == []
    assert set(re.findall(r"<(/?\w+)", html_of(clean))) <= {"p", "/p", "br", "a", "/a"}


def test_addresses_become_links_that_search_engines_do_not_follow() -> None:
    html = html_of("See https://example.org/a?b=1&c=2 and www.example.com.\n\nBye")
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html
    assert html.count('rel="nofollow ugc noopener"') == 2
    assert html.count("<p>") == 2

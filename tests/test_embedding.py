"""Other sites may embed our coverage if the newsroom allows them: in frames, by scripts and by websocket alike."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.test import Client
from selectolax.lexbor import LexborHTMLParser
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from articles.embedding import fragment
from articles.models import Article
from liveblog import cross_origin, web_origins
from liveblog.branding import current as branding
from liveblog.branding.current import Branding
from liveblog.cross_origin import READERS_HEADER
from tests import factories
from tests.server import PATIENCE, Server, eventually

SITE = "http://127.0.0.1:8000"
PARTNER = "https://partner.example"


@pytest.fixture
def partner(settings: Any) -> str:
    settings.EMBED_ORIGINS = [PARTNER]
    return PARTNER


# Origins --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://Partner.Example/", "https://partner.example"),
        ("https://partner.example:443", "https://partner.example"),
        ("http://[::1]:8001", "http://[::1]:8001"),
        ("https://*.partner.example", "https://*.partner.example"),
        (" * ", "*"),
    ],
)
def test_an_origin_is_written_in_one_way(written: str, normal: str) -> None:
    assert web_origins.normal_pattern(written) == normal


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "partner.example",
            "ftp://partner.example",
            "https://",
            "https://partner.example/page",
            "https://a@b.example",
        ),
        *("https://*", "https://*.com", "https://a.*.example", "https://*partner.example", "https://a.example?x"),
        *("https://a.example:x", "https://a.example; script-src *", "https://a.example,https://b.example", "null"),
    ],
)
def test_an_invalid_origin_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        web_origins.normal_pattern(written)
    with pytest.raises(ValidationError):
        Article._meta.get_field("embed_origins").clean(f"{PARTNER}\n{written or 'x'}", None)


@pytest.mark.parametrize(
    ("patterns", "origin", "allowed"),
    [
        (["https://partner.example"], "https://partner.example", True),
        (["https://partner.example"], "https://partner.example.evil.example", False),
        (["https://partner.example"], "http://partner.example", False),
        (["https://partner.example"], "https://partner.example:8443", False),
        (["https://*.partner.example"], "https://www.partner.example", True),
        (["https://*.partner.example"], "https://partner.example", False),
        (["https://*.partner.example"], "https://.partner.example", False),
        (["https://*.partner.example"], "https://evilpartner.example", False),
        (["*"], "null", True),
        (["https://partner.example"], "null", False),
        ([], "https://partner.example", False),
    ],
)
def test_an_origin_is_allowed_only_as_a_whole(patterns: list[str], origin: str, allowed: bool) -> None:
    assert web_origins.allows(patterns, origin) == allowed


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("embedding", "own", "allowed"),
    [
        ("site", "", [PARTNER]),
        ("more", "https://other.example", [PARTNER, "https://other.example"]),
        ("only", "https://other.example\nhttps://other.example/", ["https://other.example"]),
        ("only", "*", ["*"]),
        ("none", "", []),
    ],
)
def test_an_article_may_have_sites_of_its_own(partner: str, embedding: str, own: str, allowed: list[str]) -> None:
    article = factories.article(embedding=embedding, embed_origins=own)
    article.refresh_from_db()
    assert article.embedding_origins == allowed


@pytest.mark.django_db
def test_sites_of_its_own_must_be_named() -> None:
    with pytest.raises(ValidationError, match="Enter the sites"):
        factories.article(embedding="only")


# Sites that may read --------------------------------------------------------------------------------------------------


def answered(headers: dict[str, str], **asked: str) -> dict[str, list[str]]:
    """Return the headers that a client gets if the application responds with `headers`."""

    async def app(_scope: Any, _receive: Any, send: Callable[..., Any]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": encoded(headers)})

    got: list[Any] = []

    async def send(message: Any) -> None:
        got.extend(message["headers"])

    async_to_sync(cross_origin.CrossOrigin(app))({"headers": encoded(asked)}, None, send)  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for name, value in got:
        found.setdefault(name.decode(), []).append(value.decode())
    return found


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def test_each_site_only_gets_its_own_origin() -> None:
    named = {READERS_HEADER: f"{PARTNER} https://*.other.example", "Vary": "Accept-Encoding"}
    for origin in (PARTNER, "https://www.other.example"):
        found = answered(named, origin=origin)
        assert found["access-control-allow-origin"] == [origin]
        assert found["vary"] == ["Accept-Encoding", "Origin"]
    for asked in ({"origin": "https://evil.example"}, {"origin": "null"}, {}):
        found = answered(named, **asked)
        assert "access-control-allow-origin" not in found
        # Caches must not reuse the response for another origin.
        assert found["vary"] == ["Accept-Encoding", "Origin"]
        assert READERS_HEADER.lower() not in found
    everybody = answered({READERS_HEADER: "*"}, origin="null")
    assert everybody["access-control-allow-origin"] == ["*"]
    assert "vary" not in everybody
    assert answered({"a": "b"}, origin=PARTNER) == {"a": ["b"]}


@pytest.mark.one_database
@pytest.mark.django_db(transaction=True)
def test_frames_scripts_and_websockets_follow_one_list(transactional_db: None) -> None:
    article = factories.article(embedding="more", embed_origins="https://own.example")
    factories.update(article)
    alone = factories.article(embedding="none")
    paths = ["/embed/en/{}/fragment.html", "/en/live/{}/changes?after=x"]
    with Server(EMBED_ORIGINS=PARTNER) as server:

        def headers(path: str, origin: str, etag: str = "") -> Any:
            request = urllib.request.Request(f"{server.url}{path}", headers={"Origin": origin})
            if etag:
                request.add_header("If-None-Match", etag)
            try:
                return urllib.request.urlopen(request).headers
            except urllib.error.HTTPError as error:
                return error.headers

        def joins(slug: str, origin: str) -> bool:
            try:
                address = f"{server.socket_url}/ws/en/live/{slug}/?after=x"
                with connect(address, origin=origin, open_timeout=PATIENCE) as socket:  # type: ignore[arg-type]
                    return "reload" in json.loads(socket.recv(PATIENCE))
            except InvalidStatus as refused:
                return refused.response.status_code != 403

        origins = {PARTNER: True, "https://own.example": True, "https://evil.example": False, "null": False}
        for origin, may in origins.items():
            for path in paths:
                found = headers(path.format(article.slug), origin)
                assert found["Access-Control-Allow-Origin"] == (origin if may else None), path
                assert found["Access-Control-Allow-Credentials"] is None
                assert found["Set-Cookie"] is None
            assert joins(article.slug, origin) == may
            assert not joins(alone.slug, origin)
        # Responses with 304 have the header too, because browsers revalidate their caches.
        etag = headers(paths[0].format(article.slug), PARTNER)["ETag"]
        assert headers(paths[0].format(article.slug), PARTNER, etag)["Access-Control-Allow-Origin"] == PARTNER
        assert joins(article.slug, server.url)
        page = headers(f"/embed/en/{article.slug}/", PARTNER)
        assert f"frame-ancestors 'self' {PARTNER} https://own.example" in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] is None
        assert (
            "frame-ancestors 'self';" in headers(f"/embed/en/{alone.slug}/", PARTNER)["Content-Security-Policy"] + ";"
        )
        # Nothing else can be framed.
        assert headers(article.url("en"), PARTNER)["X-Frame-Options"] == "DENY"
        # A change of the list takes effect within a second, also for cached responses.
        article.embedding = "none"
        article.save()
        eventually(lambda: not headers(paths[0].format(article.slug), PARTNER, etag)["Access-Control-Allow-Origin"])
        eventually(lambda: not joins(article.slug, PARTNER))


# The fragment ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_fragment_needs_nothing_from_the_page_around(client: Client, partner: str) -> None:
    article = factories.article()
    picture = factories.picture((1600, 900))
    update = factories.update(article, headline_en="Peace", body_en="<p>Signed.</p>", pictures=(picture,))
    answer = client.get(f"/embed/en/{article.slug}/fragment.html")
    assert "public" in answer["Cache-Control"]
    assert answer[READERS_HEADER] == PARTNER
    html = answer.content.decode()
    tree = LexborHTMLParser(html)
    assert "Signed." in html
    assert "<style>" in html
    posting = json.loads(tree.css_first('script[type="application/ld+json"]').text())
    assert posting["liveBlogUpdate"][0]["headline"] == "Peace"
    inner = LexborHTMLParser(html.split('shadowrootmode="open">')[1].split("</template></live-blog>")[0])
    for node in inner.css("[href], [src]"):
        address = node.attributes.get("href") or node.attributes.get("src") or ""
        assert address.startswith((SITE, "#")), node.html
    for node in inner.css("[srcset]"):
        assert all(part.strip().startswith(SITE) for part in (node.attributes["srcset"] or "").split(","))
    assert inner.css_first("form, script, iframe") is None
    assert f"{SITE}{update.url('en')}" in html
    assert inner.css_first(".live-blog").attributes["data-revision"] == str(Article.objects.get().revision)


@pytest.mark.django_db
def test_a_comment_makes_the_state_newer_and_renders_nothing_again(
    client: Client, partner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = factories.article()
    factories.update(article)
    address, rendered, html_of = f"/embed/en/{article.slug}/fragment.html", [], fragment.html_of

    def counted(*arguments: Any) -> str:
        rendered.append(1)
        return html_of(*arguments)

    monkeypatch.setattr(fragment, "html_of", counted)
    before = client.get(address).content
    factories.comment(article, state="approved")
    after = client.get(address).content
    assert before != after
    assert f'data-revision="{Article.objects.get().revision}"'.encode() in after
    assert len(rendered) == 1


@pytest.mark.django_db
def test_pages_of_the_fragment_follow_each_other(client: Client, partner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragment, "PAGE_SIZE", 3)
    article, other = factories.article(), factories.article()
    updates = [factories.update(article) for _ in range(7)]
    base, found, query = f"/embed/en/{article.slug}/fragment.html", [], ""
    for _page in range(3):
        html = client.get(base + query).content.decode()
        inner = LexborHTMLParser(html.split('shadowrootmode="open">')[1])
        found += [node.attributes["id"] for node in inner.css("#updates > article")]
        more = inner.css_first(".more a")
        query = f"?before={more.attributes['data-before']}" if more else ""
    assert found == [update.element for update in reversed(updates)]
    assert query == ""
    at = client.get(f"{base}?at={updates[0].pk}").content.decode()
    assert f'id="{updates[0].element}"' in at
    # A fragment of other coverage on the same page must not cause an error in the console.
    assert client.get(f"{base}?at={factories.update(other).pk}").status_code == 204
    for wrong in ("before=99999999", "at=x", "teaser=2", f"teaser=1&before={updates[3].pk}", "before=1&at=2"):
        assert client.get(f"{base}?{wrong}").status_code == 404, wrong
    assert client.get(base.replace("/en/", "/fr/")).status_code == 404


@pytest.mark.django_db
def test_search_engines_do_not_index_the_page_for_an_iframe_by_itself(client: Client, partner: str) -> None:
    article = factories.article()
    factories.update(article)
    answer = client.get(f"/embed/ar/{article.slug}/?theme=dark")
    html = answer.content.decode()
    assert '<html lang="ar" dir="rtl" class="dark">' in html
    assert '<meta name="robots" content="noindex, indexifembedded">' in html
    assert f'<link rel="canonical" href="{SITE}{article.url("ar")}">' in html
    assert fragment.style_hash() in answer["Content-Security-Policy"]
    assert answer["Content-Language"] == "ar"
    assert client.get(f"/embed/ar/{article.slug}/?theme=blue").status_code == 404


# oEmbed ---------------------------------------------------------------------------------------------------------------


def oembed(client: Client, url: str, **parameters: object) -> Any:
    return client.get(f"/oembed?{urlencode({'url': url, **parameters})}")


@pytest.mark.django_db
def test_a_pasted_address_becomes_an_embed(client: Client, partner: str) -> None:
    article = factories.article(headline_en='Talks & "tea"')
    update = factories.update(article, headline_en="Peace", authors=(factories.author("Ioana Petrescu"),))
    for item, title, source in (
        (article, 'Talks & "tea"', f"/embed/en/{article.slug}/"),
        (update, "Peace", f"/embed/en/{article.slug}/?at={update.pk}"),
    ):
        page = client.get(item.url("en")).content.decode()
        links = {
            node.attributes["type"]: unescape(node.attributes["href"] or "")
            for node in LexborHTMLParser(page).css('link[rel="alternate"][type$="+oembed"]')
        }
        answer = client.get(links["application/json+oembed"].removeprefix(SITE))
        found = answer.json()
        assert (found["version"], found["type"], found["title"]) == ("1.0", "rich", title)
        frame = LexborHTMLParser(found["html"]).css_first("iframe")
        assert frame.attributes["src"] == f"{SITE}{source}"
        assert (frame.attributes["title"], frame.attributes["width"]) == (title, "100%")
        quotation = LexborHTMLParser(found["html"]).css_first("blockquote[hidden] a")
        assert (quotation.attributes["href"], quotation.text()) == (f"{SITE}{item.url('en')}", title)
        assert client.get(source).status_code == 200
        assert client.get(found["thumbnail_url"].removeprefix(SITE)).status_code == 200
        assert answer[READERS_HEADER] == "*"
        as_xml = client.get(links["text/xml+oembed"].removeprefix(SITE))
        values = {node.tag: node.text for node in ElementTree.fromstring(as_xml.content)}
        assert values == {name: str(value) for name, value in found.items()}
    assert found["author_name"] == "Ioana Petrescu"


@pytest.mark.django_db
def test_an_address_that_leads_to_a_page_becomes_the_same_embed(client: Client, partner: str, settings: Any) -> None:
    settings.SITE_ORIGINS = ["https://news.example"]
    article = factories.article()
    update = factories.update(article, headline_en="Peace")
    page, permalink = (f"https://news.example{item.url('en')}" for item in (article, update))
    whole, part = oembed(client, page).json(), oembed(client, permalink).json()
    assert (whole["type"], part["title"]) == ("rich", "Peace")
    for url in (page.rstrip("/"), page.replace("https", "http"), f"{page}?at=999999", f"{page}?order=oldest#x"):
        assert oembed(client, url).json() == whole, url
    for url in (permalink.rstrip("/"), f"{page}?at={update.pk}#{update.element}"):
        assert oembed(client, url).json() == part, url
    # WordPress replaces `url` in the discovered endpoint.
    for url in ("https://short.example/x", f"https://news.example/fr/live/{article.slug}/none/"):
        assert oembed(client, url, page=permalink).json() == part
        assert oembed(client, url, page=url).status_code == 404
    links = LexborHTMLParser(client.get(update.url("en")).content.decode()).css('link[type$="+oembed"]')
    for link in links:
        query = parse_qs(urlsplit(link.attributes["href"] or "").query)
        assert query["page"] == query["url"] == [f"{SITE}{update.url('en')}"]
    assert len(links) == 2


@pytest.mark.django_db
def test_the_authors_of_an_embed_are_listed_as_its_language_lists_them(client: Client, partner: str) -> None:
    authors = [factories.author(name, name_ar=name_ar) for name, name_ar in (("Ioana", "يوانا"), ("Nadim", "نديم"))]
    article = factories.article(languages=["en", "ar"])
    update = factories.update(article, headline_en="Summit", headline_ar="قمة", authors=authors)
    assert "، " in oembed(client, f"{SITE}{update.url('ar')}").json()["author_name"]


@pytest.mark.django_db
def test_an_embed_is_no_larger_than_the_room_for_it(client: Client, partner: str) -> None:
    article = factories.article()
    found = oembed(client, f"{SITE}{article.url('de')}", maxwidth=320, maxheight=400).json()
    assert (found["width"], found["height"]) == (320, 400)
    assert "thumbnail_url" not in found
    assert oembed(client, f"{SITE}{article.url('de')}", maxwidth="x").json()["width"] == 640


@pytest.mark.django_db
def test_oembed_knows_pages_of_coverage_only(client: Client, partner: str) -> None:
    article = factories.article(policies={"de": "reviewed"})
    update = factories.update(article)
    good = f"{SITE}{article.url('en')}"
    for wrong in (
        *("", "x", f"{SITE}/en/", f"{SITE}/admin/", "https://evil.example/en/live/x/", f"{SITE}/en/live/none/"),
        *(good.replace("/en/", "/fr/"), f"{good}update/999999/", f"{SITE}{update.url('de')}", f"http://[{good}"),
    ):
        assert oembed(client, wrong).status_code == 404, wrong
    assert oembed(client, good, format="yaml").status_code == 501
    article.embedding = "none"
    article.save()
    found = oembed(client, good).json()
    assert (found["type"], "html" in found) == ("link", False)


@pytest.mark.django_db
def test_embedded_coverage_has_the_newsroom_s_colour_of_links_which_its_policy_allows(client: Client) -> None:
    factories.article(slug="summit")
    plain = client.get("/embed/en/summit/fragment.html").content.decode()
    assert "--live-blog-link,light-dark(#12458f,#9cc0f7)" in plain
    branding.in_memory.keep(Branding(colour="#0b5d57"), 86_400)
    shown = client.get("/embed/en/summit/fragment.html").content.decode()
    assert "--live-blog-link,light-dark(#0b5d57," in shown
    assert len(shown) == len(plain)
    page = client.get("/embed/en/summit/")
    style = page.content.decode().partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page["Content-Security-Policy"]

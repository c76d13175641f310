"""Reading other systems' live blogs, without writing."""

from __future__ import annotations

import datetime
import io
import itertools
import json
import zoneinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.interchange import markup, sources, times, wordpress
from articles.interchange.fetching import Fetching
from articles.interchange.foreign import Options
from articles.interchange.notes import Notes
from articles.interchange.records import Coverage, Post, Source, SourceError
from articles.text import richtext
from liveblog.languages import column
from tests import foreign_blogs as blogs

UTC = datetime.UTC


def read(document: object, options: Options | None = None) -> Source:
    text = document if isinstance(document, str) else json.dumps(document)
    return sources.from_file(io.BytesIO(text.encode()), options or Options(), Fetching())


def codes(source: Source) -> set[str]:
    return {note.code for note in source.notes}


def texts(posts: list[Post], language: str = "en") -> list[tuple[str, str]]:
    return [(post.data[column("headline", language)], post.data[column("body", language)]) for post in posts]


# JSON-LD and microdata ------------------------------------------------------------------------------------------------


def test_a_page_with_json_ld_is_read_in_the_order_of_time() -> None:
    source = read(blogs.page({"@type": "WebSite"}, {"@graph": [blogs.json_ld(3)]}))
    coverage = source.coverage()
    assert coverage.data["headline_en"] == "Election night & the day after"
    assert (coverage.data["state"], coverage.data["languages"]) == ("finished", ["en"])
    posts = list(source.posts())
    assert texts(posts)[0] == ("Count 0 is in", "<p>District 0 has <strong>counted</strong>.</p>")
    assert [post.data["first_published_at"].minute for post in posts] == [0, 1, 2]
    assert posts[0].data["authors"] == ["Mara Ilie"]
    assert not source.notes


def test_what_a_graph_describes_elsewhere_is_found_by_its_id() -> None:
    blog = blogs.json_ld(2)
    posts = blog["liveBlogUpdate"]
    person = {"@id": "#mara", "@type": "Person", "name": "Mara Ilie"}
    blog["liveBlogUpdate"] = [{"@id": post["@id"]} for post in posts]
    blog["author"] = {"@id": "#mara"}
    for post in posts:
        post["author"] = {"@id": "#mara"}
    source = read(blogs.page({"@graph": [blog, *posts]}, person))
    assert texts(list(source.posts()))[0] == ("Count 0 is in", "<p>District 0 has <strong>counted</strong>.</p>")
    assert {name for post in source.posts() for name in post.data["authors"]} == {"Mara Ilie"}
    assert not source.notes


def test_faults_of_posts_are_noted_and_the_rest_is_read() -> None:
    document = blogs.json_ld(6)
    newest, doubled, timeless, local, empty, first = document["liveBlogUpdate"]
    newest["headline"] = "<span>Mandate <b>&amp;</b> majority</span>"
    doubled["@id"] = newest["@id"]
    doubled["articleBody"] = "Another text."
    del timeless["datePublished"], timeless["dateModified"]
    local["datePublished"] = local["dateModified"] = "2024-05-14T10:02:00"
    empty |= {"headline": "", "articleBody": "<p> </p>"}
    first["datePublished"] = "yesterday"
    document["liveBlogUpdate"].append("no object")
    source = read(document, Options(time_zone="Europe/Berlin"))
    posts = list(source.posts())
    assert codes(source) == {"doubled", "no-time", "local-time", "empty", "broken"}
    assert texts(posts)[-1][0] == "Mandate & majority"
    assert len(posts) == 4
    # A post without a time is placed between its neighbours.
    assert [post.data["first_published_at"].minute for post in posts] == [0, 2, 2, 5]


def test_an_entry_without_an_id_is_named_by_its_moment() -> None:
    document = blogs.json_ld(2)
    empty = document["liveBlogUpdate"][0]
    del empty["@id"]
    empty |= {"headline": "", "articleBody": ""}
    [note] = [note for note in read(blogs.page(document)).notes if note.code == "empty"]
    assert note.examples == [blogs.moment(1)]


def test_broken_json_is_mended_or_read_in_parts() -> None:
    text = json.dumps(blogs.json_ld(3))
    trailing = text.replace("}]", "},]").replace("District 0", "District\n0")
    assert len(list(read(blogs.page(trailing)).posts())) == 3
    cut = text[: text.index("District 0")]
    source = read(blogs.page(cut))
    assert len(list(source.posts())) == 2
    assert codes(source) == {"broken"}
    assert source.coverage().data["headline_en"] == "Election night & the day after"


def test_microdata_is_read_like_json_ld() -> None:
    source = read(blogs.MICRODATA, Options(time_zone="Europe/Berlin"))
    posts = list(source.posts())
    assert texts(posts, "de") == [
        ("Erste Zahlen", "<p>Die Lokale sind <strong>geschlossen</strong>.</p>"),
        ("Zweite Zahlen", "<p>Im Norden <em>führt</em> die Opposition.</p>"),
    ]
    assert posts[1].data["pictures"] == [{"image": f"{blogs.SITE}/norden.jpg", "alt_de": "Eine Urne"}]
    assert [post.data["first_published_at"] for post in posts] == [
        datetime.datetime(2024, 5, 14, 8, 5, tzinfo=UTC),
        datetime.datetime(2024, 5, 14, 9, 30, tzinfo=UTC),
    ]
    assert posts[1].data["authors"] == ["Jana Wolff"]


@pytest.mark.parametrize(
    ("text", "page_language", "language", "is_doubtful"),
    [
        ("A long night of counting begins, and the first districts have reported.", "en", "en", False),
        ("Die lange Nacht der Auszählung beginnt, die ersten Wahlkreise sind gemeldet.", "en", "de", True),
        ("Goal", "en-GB", "en", False),
    ],
)
def test_a_live_blog_without_a_language_is_in_that_of_its_words_or_of_its_page(
    text: str, page_language: str, language: str, is_doubtful: bool
) -> None:
    document = blogs.json_ld(1, headline=text, description="")
    del document["inLanguage"]
    document["liveBlogUpdate"][0] |= {"headline": "", "articleBody": text}
    source = read(blogs.page(document).replace('lang="en"', f'lang="{page_language}"'))
    assert source.coverage().source_language == language
    assert ("language" in codes(source)) == is_doubtful


@pytest.mark.parametrize("stated", ["windows-1252", "ISO-8859-1", ""])
def test_quotation_marks_of_windows_are_read_whatever_the_page_calls_them(stated: str) -> None:
    document = json.dumps(blogs.json_ld(1, headline="„Große“ Zahlen – 5 €"), ensure_ascii=False)
    page = blogs.page(document).replace("<head>", f'<head><meta charset="{stated}">' if stated else "<head>")
    source = sources.from_file(io.BytesIO(page.replace("…", "").encode("cp1252")), Options(), Fetching())
    assert source.coverage().data["headline_en"] == "„Große“ Zahlen – 5 €"


@pytest.mark.parametrize(
    "document", ["", "<p>Nothing here</p>", "{}", "[]", "{", '{"entries": []}', "\0\0\0", "PK\3\4"]
)
def test_a_page_without_a_live_blog_is_refused(document: str) -> None:
    with pytest.raises(SourceError):
        read(document)


# WordPress ------------------------------------------------------------------------------------------------------------


def test_answers_of_wordpress_are_read_with_changes_and_deletions() -> None:
    entry = blogs.wordpress_entry
    source = read(
        [
            blogs.wordpress_answer(
                entry(1, render=f"<p>{blogs.YOUTUBE}</p><p>See.</p>"), entry(2), entry(3, key_event=True)
            ),
            blogs.wordpress_answer(
                entry(2, type="update", render="<p>Entry two</p>", entry_time=None), entry(3, type="delete", render="")
            ),
        ],
        Options(language="en"),
    )
    posts = {post.key: post.data for post in source.posts()}
    assert posts["1"]["embed"] == {"url": blogs.YOUTUBE}
    assert posts["1"]["body_en"] == "<p>See.</p>"
    assert posts["2"]["body_en"] == "<p>Entry two</p>"
    assert posts["2"]["first_published_at"].minute == 2
    assert posts["3"]["state"] == "withdrawn"
    assert source.coverage().addresses == [("en", f"{blogs.SITE}/2024/05/election-live/")]


def test_entries_that_move_between_two_answers_of_wordpress_are_read_again() -> None:
    entry, answer = blogs.wordpress_entry, blogs.wordpress_answer
    before = answer(entry(4), entry(3), pages=2, total=4)
    # Entry 4 was removed after the first answer, so entry 2 moved to the first page.
    after = [answer(entry(3), entry(2), pages=2, total=3), answer(entry(1), pages=2, total=3)]
    answers = itertools.chain([before, after[1], *after, {}], itertools.cycle([before, after[1]]))

    class Moving(Fetching):
        def document(self, url: str) -> dict[str, Any]:
            return next(answers)

    api = f"{blogs.SITE}/wp-json/liveblog/v1/77/"
    found = wordpress.from_rest(api, Moving(), Notes())
    assert ([each.key for each in found.entries], found.complete) == (["3", "2", "1"], True)
    # If they never agree, no entry counts as removed.
    assert not wordpress.from_rest(api, Moving(), Notes()).complete


def test_marks_of_the_plugin_become_what_its_readers_see() -> None:
    command = '<span class="liveblog-command type-key">key</span>'
    href = f'href="{blogs.SITE}/hashtags/storm/"'
    emoji = '<img src="//s.w.org/images/core/emoji/72x72/{}.png"/>'
    renders = {
        f"<p>{command} The river has risen.</p>": "<p>The river has risen.</p>",
        f'<p><a {href} class="liveblog-hash term-storm">storm</a></p>': f'<p><a {href} rel="noopener">#storm</a></p>',
        '<p><span class="liveblog-hash term-sea">sea</span></p>': "<p>#sea</p>",
        f"<p>Calm {emoji.format('1f604')} {emoji.format('1f1eb-1f1f7')}</p>": "<p>Calm 😄 🇫🇷</p>",
        f"<p>Odd {emoji.format('ffffff')}</p>": "<p>Odd </p>",
        f"<p>Half {emoji.format('d83d')}</p>": "<p>Half </p>",
    }
    entries = [blogs.wordpress_entry(number, render=render) for number, render in enumerate(renders)]
    posts = list(read(blogs.wordpress_answer(*entries), Options(language="en")).posts())
    assert [post.data["body_en"] for post in posts] == list(renders.values())
    assert not any(post.data["pictures"] for post in posts)


def test_an_export_of_wordpress_has_the_media_of_its_shortcodes() -> None:
    comment = blogs.wordpress_comment
    picture = f"{blogs.SITE}/harbour.jpg"
    source = read(
        blogs.wordpress_export(
            comment(1, f'[caption id="a_4" width="640"]<img src="{picture}" alt="Harbour" /> By night[/caption]'),
            comment(2, f"See:\n\n{picture}\n\nAnd {picture} too"),
            comment(3, f'Film [video width="9" mp4="{blogs.SITE}/a.mp4"][/video]'),
        )
    )
    captioned, lone, film = (post.data for post in source.posts())
    assert captioned["pictures"] == [{"image": picture, "alt_en": "Harbour", "caption_en": "By night"}]
    assert (captioned["kind"], captioned["body_en"]) == ("pictures", "")
    assert lone["pictures"] == [{"image": picture}]
    assert (lone["body_en"].count(picture), "See:" in lone["body_en"]) == (1, True)
    assert f'<a href="{blogs.SITE}/a.mp4"' in film["body_en"]
    assert codes(source) == {"markup"}


def test_an_entry_in_the_trash_of_wordpress_is_withdrawn() -> None:
    comment = blogs.wordpress_comment
    trashed = comment(1, "Wrong").replace("approved>liveblog<", "approved>trash<")
    source = read(blogs.wordpress_export(trashed, comment(2, "Edited", liveblog_replaces="1"), comment(3, "Right")))
    assert [post.data["state"] for post in source.posts()] == ["withdrawn", "published"]


def test_an_export_of_wordpress_has_one_live_blog_among_its_articles() -> None:
    comment = blogs.wordpress_comment
    source = read(
        blogs.wordpress_export(
            comment(1, "First <strong>numbers</strong>"),
            comment(2, "Second", "0000-00-00 00:00:00"),
            comment(3, "Third /key point", "2024-05-14 08:09:00", liveblog_key_entry="true"),
            comment(4, "First numbers, corrected", "2024-05-14 08:20:00", liveblog_replaces="1"),
            comment(5, "", "2024-05-14 08:30:00", liveblog_replaces="3"),
            comment(6, "See https://paper.example/keynote", liveblog_contributors="a:2:{i:0;i:4;i:1;i:9;}"),
            comment(7, "From the agencies", liveblog_hide_authors="1"),
            comment(8, "Thank you!", kind="comment"),
        )
    )
    coverage, posts = source.coverage(), list(source.posts())
    assert coverage.data["body_en"] == "<p>Welcome to our night.</p>"
    assert coverage.data["slug"] == "election-live"
    assert coverage.data["state"] == "finished"
    found = {post.key: (post.data["body_en"], post.data["state"]) for post in posts}
    assert found["1"] == ("<p>First numbers, corrected</p>", "published")
    assert found["3"][1] == "withdrawn"
    assert posts[0].data["first_published_at"] == datetime.datetime(2024, 5, 14, 8, 5, tzinfo=UTC)
    assert codes(source) == {"no-time", "comments"}
    authors = {post.key: post.data["authors"] for post in posts}
    # One of the two contributors is no longer among the people of the site.
    assert (authors["1"], authors["6"], authors["7"]) == (["Mara Ilie"], ["Mara Ilie", "Ana Pop"], [])
    assert [post.key for post in posts if post.data["is_key"]] == ["3"]


# Sourcefabric ---------------------------------------------------------------------------------------------------------


def test_posts_of_live_blog_are_read_with_their_items() -> None:
    item, post = blogs.sourcefabric_item, blogs.sourcefabric_post
    renditions = {
        "original": {"href": "https://media.old-paper.example/hall.jpg"},
        "thumbnail": {"href": "https://x/t"},
    }
    picture = item("image", media={"renditions": renditions}, caption="The <b>hall</b>", credit="AP")
    documents = {
        "blog": blogs.sourcefabric_blog(),
        "_items": [
            post(5, item("text", "<p>Draft</p>"), post_status="draft"),
            post(4, item("text", "<p>Gone</p>"), deleted=True),
            post(6, item("text", "<p>He said:</p>"), item("quote", quote="No < comment", credit="The mayor")),
            post(3, item("quote", quote="We have won.", credit="The president")),
            post(2, item("text", "<p>Look</p>"), item("embed", original_url=blogs.YOUTUBE, html="<iframe></iframe>")),
            post(1, item("text", "<div>Doors <b>open</b></div>"), picture, lb_highlight=True, sticky=True),
            post(0, item("comment", "Hi"), post_status="comment"),
        ],
    }
    source = read(documents)
    first, second, third, gone, draft, mixed = list(source.posts())
    assert first.data["body_en"] == "<p>Doors <strong>open</strong></p>"
    assert first.data["pictures"] == [
        {"image": "https://media.old-paper.example/hall.jpg", "caption_en": "The hall", "credit_en": "AP"}
    ]
    assert (first.data["is_key"], first.data["pin"]) == (True, 1)
    assert second.data["embed"] == {"url": blogs.YOUTUBE}
    assert (third.data["kind"], third.data["attribution_en"]) == ("quote", "The president")
    # Another author has written the rest of this post.
    assert mixed.data["kind"] == "text"
    assert mixed.data["body_en"] == ("<p>He said:</p><blockquote><p>No &lt; comment</p></blockquote><p>— The mayor</p>")
    assert (gone.data["state"], draft.data["state"]) == ("withdrawn", "draft")
    assert first.data["authors"] == ["Mara Ilie"]


def test_a_dump_of_the_collection_has_items_of_their_own() -> None:
    post = blogs.sourcefabric_post(1, {})
    post["groups"][1]["refs"] = [{"residRef": "item-1"}, {"residRef": "item-lost"}]
    post["_id"], post["published_date"] = {"$oid": "a" * 24}, {"$date": {"$numberLong": "1715673900000"}}
    lines = [post, blogs.sourcefabric_item("text", "<p>Apart</p>") | {"_id": "item-1"}, blogs.sourcefabric_blog()]
    source = read("\n".join(map(json.dumps, lines)))
    [found] = source.posts()
    assert found.data["body_en"] == "<p>Apart</p>"
    assert found.data["first_published_at"] == datetime.datetime(2024, 5, 14, 8, 5, tzinfo=UTC)
    assert codes(source) == {"broken"}


# Texts and moments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "body"),
    [
        ("Plain\n\nand & simple", "<p>Plain</p><p>and &amp; simple</p>"),
        ("<h3>Title</h3><div>One<br><br>Two</div>", "<p><strong>Title</strong></p><p>One</p><p>Two</p>"),
        ("<b>Bold <i>both</b> it</i>", "<p><strong>Bold <em>both</em></strong><em> it</em></p>"),
        ("<ul><li>a</li><li>b</li></ul>", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ('<script>alert(1)</script><p onclick="x()">Safe</p>', "<p>Safe</p>"),
        ('<a href="javascript:x">Link</a>', "<p>Link</p>"),
        (
            '<p>See <a href="/more">more</a></p>',
            '<p>See <a href="https://old.example/more" rel="noopener">more</a></p>',
        ),
    ],
)
def test_markup_becomes_rich_text(html: str, body: str) -> None:
    assert markup.content_of(html, "https://old.example/page").body == body


def test_players_and_posts_become_embeds_and_the_rest_links() -> None:
    content = markup.content_of(
        '<p>Text</p><iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>'
        '<blockquote class="twitter-tweet"><p>Words</p><a href="https://twitter.com/ana/status/123">May</a></blockquote>'
        '<iframe src="https://charts.example/1"></iframe><video src="/film.mp4"></video>',
        "https://old.example/",
    )
    assert content.embeds == [blogs.YOUTUBE, "https://x.com/ana/status/123"]
    assert 'href="https://charts.example/1"' in content.body
    assert 'href="https://old.example/film.mp4"' in content.body
    assert dict(content.lost) == {"iframe": 1, "video": 1}
    assert "Words" not in content.body


@given(st.text(alphabet="<>/ abpiul'\"=&;\n", max_size=60))
def test_any_markup_is_read_and_what_comes_out_is_clean(html: str) -> None:
    body = markup.content_of(html).body
    assert body == richtext.normalise(body)


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "expected", "doubt"),
    [
        (1715673600, "2024-05-14T08:00:00+00:00", ""),
        ("1715673600000", "2024-05-14T08:00:00+00:00", ""),
        ("2024-05-14T10:00:00+0200", "2024-05-14T08:00:00+00:00", ""),
        ("Tue, 14 May 2024 10:00:00 +0200", "2024-05-14T08:00:00+00:00", ""),
        ("2024-05-14 10:00:00", "2024-05-14T08:00:00+00:00", "local-time"),
        ("2024-10-27T02:30:00", "2024-10-27T00:30:00+00:00", "ambiguous-time"),
        ("2024-03-31T02:30:00", "2024-03-31T01:30:00+00:00", "ambiguous-time"),
        *((value, None, "") for value in ("2024-05-14", "soon", "", None, 0, True, "2024-05-14T10:00:00+25:00")),
        *((value, None, "") for value in ("0000-00-00 00:00:00", "9999-12-31T23:59:59", 10**15, [])),
    ],
)
def test_moments_are_read_in_any_notation(value: object, expected: str | None, doubt: str) -> None:
    moment, found = times.read(value, BERLIN)
    assert (moment.isoformat() if moment else None, found) == (expected, doubt)


def test_a_live_blog_without_a_name_gets_a_key_of_its_own_and_a_headline() -> None:
    def coverage(slug: str, *entries: int) -> Coverage:
        answer = {"entries": [blogs.wordpress_entry(number, share_link="") for number in entries]}
        return read(answer, Options("en", slug=slug)).coverage()

    first, second, named = coverage("", 1, 2), coverage("", 7), coverage("storm-night", 1)
    assert first.key
    assert len({first.key, second.key, named.key}) == 3
    assert first.key == coverage("", 2, 1).key
    assert (first.data["headline_en"], named.data["headline_en"]) == ("Entry 1", "storm night")


def test_nothing_of_a_long_paragraph_and_of_a_text_in_parts_is_lost_unseen() -> None:
    document = blogs.json_ld(2)
    newest, oldest = document["liveBlogUpdate"]
    newest["articleBody"] = ["<p>One.</p>", "<p>Two.</p>"]
    oldest["articleBody"] = f"<p>{'A <b>word</b> &amp; more. ' * 20_000}</p>"
    source = read(document)
    long, short = source.posts()
    assert short.data["body_en"] == "<p>One.</p><p>Two.</p>"
    assert long.data["body_en"].startswith("<p>A word &amp; more.")
    assert 10_000 < len(long.data["body_en"]) <= richtext.MAX_LENGTH
    assert codes(source) == {"cut"}

"""Live blogs as other systems export them, with realistic faults."""

from __future__ import annotations

import datetime
import json
from typing import Any
from xml.sax.saxutils import escape

START = datetime.datetime(2024, 5, 14, 8, 0, tzinfo=datetime.UTC)
SITE = "https://www.old-paper.example"
YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def moment(number: int) -> str:
    return (START + datetime.timedelta(minutes=number)).isoformat()


def json_ld(count: int = 5, **blog: Any) -> dict[str, Any]:
    """Return a LiveBlogPosting, the newest post first."""
    posts = [
        {
            "@type": "BlogPosting",
            "@id": f"{SITE}/election#post-{number}",
            "headline": f"Count {number} is in",
            "articleBody": f"<p>District {number} has <b>counted</b>.</p>",
            "datePublished": moment(number),
            "dateModified": moment(number),
            "author": {"@type": "Person", "name": "Mara Ilie"},
        }
        for number in reversed(range(count))
    ]
    return {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "@id": f"{SITE}/election",
        "url": f"{SITE}/election",
        "headline": "Election night &amp; the day after",
        "description": "All districts, as they report.",
        "inLanguage": "en-GB",
        "coverageStartTime": moment(0),
        "coverageEndTime": moment(count),
        "liveBlogUpdate": posts,
    } | blog


def page(*documents: object) -> str:
    """Return a page with JSON-LD. A text is inserted unchanged."""
    scripts = (each if isinstance(each, str) else json.dumps(each) for each in documents)
    joined = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return f'<!doctype html><html lang="en"><head>{joined}<title>Paper</title></head><body><p>…</p></body></html>'


MICRODATA = """<!doctype html><html lang="de"><body>
<article itemscope itemtype="http://schema.org/LiveBlogPosting" itemid="https://www.old-paper.example/wahl">
 <h1 itemprop="headline">Wahlabend</h1><meta itemprop="inLanguage" content="de">
 <time itemprop="coverageStartTime" datetime="2024-05-14T10:00:00+02:00">10 Uhr</time>
 <div itemprop="liveBlogUpdate" itemscope itemtype="https://schema.org/BlogPosting" id="p2">
  <h2 itemprop="headline">Zweite Zahlen</h2>
  <time itemprop="datePublished" datetime="2024-05-14 11:30:00">11.30</time>
  <span itemprop="author" itemscope itemtype="https://schema.org/Person"><b itemprop="name">Jana Wolff</b></span>
  <div itemprop="articleBody"><p>Im Norden <em>führt</em> die Opposition.</p>
   <img src="/norden.jpg" alt="Eine Urne"></div>
 </div>
 <div itemprop="liveBlogUpdate" itemscope itemtype="https://schema.org/BlogPosting" id="p1">
  <h2 itemprop="headline">Erste Zahlen</h2>
  <time itemprop="datePublished" datetime="2024-05-14T10:05:00+02:00">10.05</time>
  <div itemprop="articleBody">Die Lokale sind <strong>geschlossen</strong>.</div>
 </div>
</article></body></html>"""


def wordpress_entry(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "type": "new",
        "render": f"<p>Entry {number}</p>",
        "content": f"Entry {number}",
        "css_classes": "comment liveblog-entry",
        "timestamp": str(int(START.timestamp()) + 60 * number),
        "authors": [{"id": 3, "key": "mara", "name": "Mara Ilie", "avatar": "<img>"}],
        "entry_time": int(START.timestamp()) + 60 * number,
        "share_link": f"{SITE}/2024/05/election-live/#{number}",
        "key_event": False,
    } | fields


def wordpress_answer(*entries: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"entries": list(entries), "latest_timestamp": int(START.timestamp()), "refresh_interval": 10} | fields


def wordpress_export(*comments: str, language: str = "en-US") -> str:
    """Return a WordPress export with one live blog and one other article."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/">
<channel><title>Old paper</title><language>{language}</language><wp:base_blog_url>{SITE}</wp:base_blog_url>
<wp:author><wp:author_id>4</wp:author_id><wp:author_login>ana</wp:author_login>
<wp:author_display_name><![CDATA[Ana Pop]]></wp:author_display_name></wp:author>
<item><title>Recipe</title><link>{SITE}/recipe/</link><content:encoded><![CDATA[Stir.]]></content:encoded></item>
<item><title>Election live</title><link>{SITE}/2024/05/election-live/</link><dc:creator>mara</dc:creator>
<content:encoded><![CDATA[<p>Welcome to our night.</p>[liveblog_key_events]]]></content:encoded>
<wp:post_id>77</wp:post_id><wp:post_date_gmt>2024-05-14 08:00:00</wp:post_date_gmt>
<wp:postmeta><wp:meta_key>liveblog</wp:meta_key><wp:meta_value><![CDATA[archive]]></wp:meta_value></wp:postmeta>
{"".join(comments)}</item></channel></rss>"""


def wordpress_comment(
    number: int, text: str, at: str = "2024-05-14 08:05:00", kind: str = "liveblog", **meta: str
) -> str:
    metas = "".join(
        f"<wp:commentmeta><wp:meta_key>{name}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:commentmeta>"
        for name, value in meta.items()
    )
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>Mara Ilie</wp:comment_author>"
        f"<wp:comment_date_gmt>{at}</wp:comment_date_gmt><wp:comment_content>{escape(text)}</wp:comment_content>"
        f"<wp:comment_approved>liveblog</wp:comment_approved><wp:comment_type>{kind}</wp:comment_type>{metas}</wp:comment>"
    )


BLOG_ID = "5f1a" * 6


def sourcefabric_blog(**fields: Any) -> dict[str, Any]:
    return {
        "_id": BLOG_ID,
        "title": "Election night",
        "description": "<p>All districts.</p>",
        "blog_status": "closed",
        "blog_preferences": {"language": "en", "theme": "default"},
        "start_date": "2024-05-14T08:00:00+0000",
        "public_url": f"{SITE}/blogs/election/index.html",
    } | fields


def sourcefabric_item(kind: str, text: str = "", **meta: Any) -> dict[str, Any]:
    author = {"_id": "u1", "display_name": "Mara Ilie", "username": "mara"}
    return {"item_type": kind, "text": text, "meta": meta, "original_creator": author, "particular_type": "item"}


def sourcefabric_post(number: int, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"urn:newsml:old-paper:post-{number}",
        "blog": BLOG_ID,
        "particular_type": "post",
        "post_status": "open",
        "order": float(number),
        "published_date": f"2024-05-14T08:{number:02}:00+0000",
        "_updated": f"2024-05-14T08:{number:02}:30+0000",
        "deleted": False,
        "lb_highlight": False,
        "sticky": False,
        "groups": [
            {"id": "root", "refs": [{"idRef": "main"}], "role": "grpRole:NEP"},
            {
                "id": "main",
                "refs": [{"residRef": f"item-{number}", "item": item} for item in items],
                "role": "grpRole:Main",
            },
        ],
    } | fields

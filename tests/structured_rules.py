"""Tables of rules for the metadata of pages, each with the address of its publication, and a checker for them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_GOOGLE = "https://developers.google.com/search/docs/appearance/structured-data"
ARTICLE_RULES = f"{_GOOGLE}/article"
VIDEO_RULES = f"{_GOOGLE}/video"
IMAGE_RULES = f"{_GOOGLE}/image-license-metadata"
LOGO_RULES = f"{_GOOGLE}/organization"
POLICIES = f"{_GOOGLE}/sd-policies"
OPEN_GRAPH = "https://ogp.me"
TWITTER_CARDS = "https://developer.x.com/en/docs/x-for-websites/cards/overview/summary-card-with-large-image"

Node = dict[str, Any]
_Check = Callable[[Any, Node], bool]

#: Types of nodes that search engines treat as separate articles.
WHOLE = frozenset({"LiveBlogPosting", "NewsArticle"})
#: Types that are articles in any place.
ARTICLES = WHOLE | {"BlogPosting"}


# Checks of values -----------------------------------------------------------------------------------------------------


def is_text(value: Any, _node: Node = {}) -> bool:  # noqa: B006 - never changed
    return isinstance(value, str) and bool(value.strip())


def is_url(value: Any, _node: Node = {}) -> bool:  # noqa: B006
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def is_moment(value: Any, _node: Node = {}) -> bool:  # noqa: B006
    try:
        return datetime.datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def is_language(value: Any, _node: Node) -> bool:
    return isinstance(value, str) and 2 <= len(value.partition("-")[0]) <= 3


def is_headline(value: Any, _node: Node) -> bool:
    return is_text(value) and len(value) <= 110


def each(check: _Check) -> _Check:
    return lambda value, node: all(check(one, node) for one in _list(value)) and bool(_list(value))


def is_a(*types: str) -> _Check:
    return lambda value, _node: isinstance(value, dict) and bool(types_of(value) & set(types))


def not_before(name: str) -> _Check:
    return lambda value, node: (
        is_moment(value)
        and (name not in node or datetime.datetime.fromisoformat(value) >= datetime.datetime.fromisoformat(node[name]))
    )


def in_three_shapes(value: Any, _node: Node) -> bool:
    """Return whether there are pictures with the aspect ratios 16:9, 4:3 and 1:1."""
    found = [image["width"] / image["height"] for image in _list(value) if "width" in image and "height" in image]
    return all(any(abs(ratio - wanted) < 0.02 for ratio in found) for wanted in (16 / 9, 4 / 3, 1))


def is_large(value: Any, _node: Node) -> bool:
    large = [image for image in _list(value) if image["width"] * image["height"] >= 50_000]
    return len(large) >= 3


def is_page_of_itself(value: Any, node: Node) -> bool:
    return is_a("WebPage")(value, node) and value.get("@id") == node.get("url")


# The rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A rule for a property of nodes of some types.

    source     the address of the rule
    types      the types of nodes to which it applies; `whole`: only to those that represent a page
    optional   whether the property may be missing
    """

    source: str
    types: frozenset[str]
    name: str
    check: _Check
    whole: bool = False
    optional: bool = False


def _rules(source: str, types: str | frozenset[str], *rows: tuple[str, _Check], **options: bool) -> tuple[Rule, ...]:
    of = frozenset({types}) if isinstance(types, str) else types
    return tuple(Rule(source, of, name, check, **options) for name, check in rows)


RULES = (
    *_rules(
        ARTICLE_RULES,
        ARTICLES,
        ("headline", is_headline),
        ("datePublished", is_moment),
        ("dateModified", not_before("datePublished")),
        ("author", each(is_a("Person", "Organization"))),
    ),
    *_rules(
        ARTICLE_RULES,
        WHOLE,
        ("image", each(is_a("ImageObject"))),
        ("image", in_three_shapes),
        ("image", is_large),
        ("publisher", is_a("Organization")),
        ("mainEntityOfPage", is_page_of_itself),
        ("description", is_text),
        whole=True,
    ),
    *_rules(
        "https://schema.org/LiveBlogPosting",
        "LiveBlogPosting",
        ("coverageStartTime", is_moment),
        ("liveBlogUpdate", lambda value, _node: all(is_a("BlogPosting")(one, _node) for one in _list(value))),
        whole=True,
    ),
    *_rules(
        "https://schema.org/LiveBlogPosting",
        "LiveBlogPosting",
        ("coverageEndTime", not_before("coverageStartTime")),
        optional=True,
    ),
    *_rules("https://schema.org/inLanguage", ARTICLES, ("inLanguage", is_language), whole=True),
    *_rules(
        "https://schema.org/BlogPosting", "BlogPosting", ("articleBody", is_text), ("url", is_url), ("@id", is_url)
    ),
    *_rules(POLICIES, "NewsArticle", ("isPartOf", is_a("LiveBlogPosting")), whole=True, optional=True),
    *_rules(ARTICLE_RULES, frozenset({"Person", "Organization"}), ("name", is_text)),
    # Authors with a page on the site; authors of embeds have theirs elsewhere.
    *_rules(ARTICLE_RULES, "Person", ("url", is_url), optional=True),
    *_rules(LOGO_RULES, "Organization", ("url", is_url), ("logo", is_a("ImageObject"))),
    *_rules(IMAGE_RULES, "ImageObject", ("url", is_url)),
    *_rules(
        VIDEO_RULES,
        "VideoObject",
        ("name", is_text),
        ("thumbnailUrl", is_url),
        ("uploadDate", is_moment),
        ("embedUrl", is_url),
        ("description", is_text),
    ),
)

_THING = {"@type", "@id", "@context", "name", "description", "url", "image", "identifier", "mainEntityOfPage"}
_CREATIVE_WORK = _THING | {
    *("headline", "inLanguage", "translationOfWork", "datePublished", "dateModified", "author", "publisher", "video"),
    *("audio", "isPartOf", "citation", "mainEntity", "creditText", "thumbnailUrl", "text", "isBasedOn"),
}
_MEDIA = _CREATIVE_WORK | {"contentUrl", "embedUrl", "uploadDate", "width", "height"}
_ARTICLE = _CREATIVE_WORK | {"articleBody"}
_POSTING = _ARTICLE | {"sharedContent"}

#: The properties of each type that this product uses (https://schema.org/docs/full.html). `next` is declared by the
#: context of a document.
VOCABULARY: dict[str, set[str]] = {
    "LiveBlogPosting": _POSTING | {"coverageStartTime", "coverageEndTime", "liveBlogUpdate", "next"},
    "NewsArticle": _ARTICLE,
    "BlogPosting": _POSTING,
    "SocialMediaPosting": _POSTING,
    "CreativeWork": _CREATIVE_WORK,
    "WebPage": _CREATIVE_WORK,
    "Quotation": _CREATIVE_WORK,
    "Person": _THING | {"jobTitle"},
    "Organization": _THING | {"logo"},
    "ImageObject": _MEDIA | {"caption"},
    "VideoObject": _MEDIA | {"caption"},
    "AudioObject": _MEDIA | {"caption"},
    "Question": _CREATIVE_WORK | {"suggestedAnswer"},
    "Answer": _CREATIVE_WORK | {"upvoteCount"},
}


def types_of(node: Node) -> set[str]:
    return set(_list(node.get("@type")))


def faults_in_document(document: Node) -> Iterator[str]:
    """Yield the faults of a JSON-LD document, each with the address of the rule."""
    if "https://schema.org" not in _list(document.get("@context")):
        yield "The document does not say that it speaks schema.org (https://schema.org/docs/gs.html)."
    yield from _faults_in(document, whole=True)
    ids = [posting.get("@id") for posting in document.get("liveBlogUpdate", [])]
    if len(set(ids)) < len(ids):
        yield "Two updates have one id (https://www.w3.org/TR/json-ld11/#node-identifiers)."


def _faults_in(node: Node, *, whole: bool = False) -> Iterator[str]:
    types = types_of(node)
    known = set().union(*(VOCABULARY.get(name, set()) for name in types))
    for name in types - VOCABULARY.keys():
        yield f"The checker does not know {name} (https://schema.org/{name})."
    for name in node.keys() - known:
        yield f"{'/'.join(sorted(types))} has no {name} (https://schema.org/{name})."
    # A node that only refers to another one need not have its properties.
    if whole or not set(node) <= {"@type", "@id", "inLanguage", "url", "headline"}:
        for rule in RULES:
            if not types & rule.types or (rule.whole and not whole):
                continue
            if rule.name not in node:
                if not rule.optional:
                    yield f"{'/'.join(sorted(types))} lacks {rule.name} ({rule.source})."
            elif not rule.check(node[rule.name], node):
                yield f"{'/'.join(sorted(types))}: {rule.name} is {str(node[rule.name])[:120]!r} ({rule.source})."
    for value in node.values():
        for one in _list(value):
            if isinstance(one, dict) and "@type" in one:
                yield from _faults_in(one)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# The head of a page ---------------------------------------------------------------------------------------------------

#: The metadata of each page for networks: names, and checks of their values.
HEAD_RULES: tuple[tuple[str, str, _Check], ...] = (
    (OPEN_GRAPH, "og:title", is_text),
    (OPEN_GRAPH, "og:type", lambda value, _node: value in ("website", "article")),
    (OPEN_GRAPH, "og:url", is_url),
    (OPEN_GRAPH, "og:image", is_url),
    (OPEN_GRAPH, "og:image:width", lambda value, _node: value.isdecimal()),
    (OPEN_GRAPH, "og:image:height", lambda value, _node: value.isdecimal()),
    (OPEN_GRAPH, "og:image:type", lambda value, _node: value == "image/jpeg"),
    (OPEN_GRAPH, "og:image:alt", is_text),
    (OPEN_GRAPH, "og:description", is_text),
    (OPEN_GRAPH, "og:site_name", is_text),
    (OPEN_GRAPH, "og:locale", lambda value, _node: len(value) == 5 and value[2] == "_"),
    (TWITTER_CARDS, "twitter:card", lambda value, _node: value == "summary_large_image"),
    (TWITTER_CARDS, "twitter:title", is_text),
    (TWITTER_CARDS, "twitter:description", is_text),
    (TWITTER_CARDS, "twitter:image", is_url),
    (TWITTER_CARDS, "twitter:image:alt", is_text),
)
#: The same for pages of the type "article".
ARTICLE_HEAD_RULES: tuple[tuple[str, str, _Check], ...] = (
    (f"{OPEN_GRAPH}/#type_article", "article:published_time", is_moment),
    (f"{OPEN_GRAPH}/#type_article", "article:modified_time", is_moment),
)


def faults_in_head(metas: dict[str, str]) -> Iterator[str]:
    """Yield the faults of a page's head; `metas` has the first value of each name."""
    rules = HEAD_RULES + (ARTICLE_HEAD_RULES if metas.get("og:type") == "article" else ())
    for source, name, check in rules:
        if name not in metas:
            yield f"The page does not say {name} ({source})."
        elif not check(metas[name], {}):
            yield f"{name} is {metas[name]!r} ({source})."


def faults_of_page(metas: dict[str, str], documents: list[str]) -> Iterator[str]:
    """Yield the faults in the metadata of an HTML page."""
    yield from faults_in_head(metas)
    for document in documents:
        yield from faults_in_document(json.loads(document))

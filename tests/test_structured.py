"""Search engines get structured data about pages and languages, and monitoring gets the state of translations."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import models
from django.test import Client
from django.utils import timezone
from PIL import Image

from articles.models import Article, Embed, Translation, Update
from articles.page import live_page
from articles.translations import columns, drafting, stats
from liveblog.languages import SHIPPED, open_graph_locale
from liveblog.models import Change
from tests import factories, structured_rules
from tests.crawler import Page

pytestmark = pytest.mark.django_db


def embedded(client: Client, article: Article, language: str) -> dict[str, Any]:
    html = client.get(article.url(language)).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1])


def alternates(client: Client, path: str) -> dict[str, str]:
    html = client.get(path).content.decode()
    found = re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', html)
    return {language: "/" + address.split("/", 3)[3] for language, address in found}


def test_the_page_is_a_live_blog_to_search_engines(client: Client) -> None:
    author = factories.author("Ioana Petrescu")
    article = factories.article()
    update = factories.update(article, headline_en="Peace", body_en="<p>It is</p><p>signed.</p>", authors=(author,))
    found = embedded(client, article, "en")
    assert (found["@type"], found["headline"]) == ("LiveBlogPosting", "Ministers meet in Bucharest")
    assert found["coverageStartTime"].endswith(("+02:00", "+03:00"))
    (posting,) = found["liveBlogUpdate"]
    assert posting["url"].endswith(update.url("en"))
    assert (posting["headline"], posting["articleBody"]) == ("Peace", "It is signed.")
    [person] = posting["author"]
    assert (person["@type"], person["name"]) == ("Person", "Ioana Petrescu")
    assert "translationOfWork" not in posting
    assert client.get(f"{article.url('en')}liveblog.json").json() == found


def test_a_translation_names_its_language_and_its_original(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>", body_de="<p>Frieden.</p>")
    found = embedded(client, article, "de")
    assert found["inLanguage"] == "de"
    assert found["translationOfWork"]["@id"].endswith(article.url("en"))
    assert found["liveBlogUpdate"][0]["inLanguage"] == "de"
    assert found["liveBlogUpdate"][0]["translationOfWork"] == {
        "@type": "BlogPosting",
        "@id": f"http://127.0.0.1:8000{update.url('en')}",
        "inLanguage": "en",
    }


def test_an_update_keeps_its_id_whatever_becomes_of_it(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>")

    def posting() -> dict[str, Any]:
        [found] = client.get(f"{article.url('de')}liveblog.json").json()["liveBlogUpdate"]
        return found

    Update._base_manager.update(first_published_at=models.F("first_published_at") - timedelta(seconds=2))
    update.refresh_from_db()
    before = posting()
    update.body_de = "<p>Frieden.</p>"
    update.save()
    after = posting()
    assert (before["inLanguage"], after["inLanguage"]) == ("en", "de")
    assert before["@id"] == after["@id"] == f"http://127.0.0.1:8000{update.url('de')}"
    assert after["dateModified"] > before["dateModified"] == before["datePublished"]


def test_every_edit_modifies_the_coverage_and_no_comment_does(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>")

    def modified() -> str:
        return client.get(f"{article.url('en')}liveblog.json").json()["dateModified"]

    for row, field, value in (
        (update, "headline_en", "Peace"),
        (update, "is_key", True),
        (article, "dateline_en", "X"),
    ):
        # An hour passes.
        Change.objects.update(at=models.F("at") - timedelta(hours=1))
        cache.clear()
        before = modified()
        row.refresh_from_db()
        setattr(row, field, value)
        row.save()
        assert modified() > before, field
    Change.objects.update(at=models.F("at") - timedelta(hours=1))
    cache.clear()
    before = modified()
    factories.comment(article)
    assert modified() == before


def test_liveblog_json_tells_all_updates_once_in_documents_that_follow_each_other(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_page, "PAGE_SIZE", 3)
    article = factories.article()
    updates = [factories.update(article) for _ in range(8)]
    # A pinned update is at the top of the page, and key facts are on every page.
    factories.update(
        article, kind="facts", headline_en="Facts", body_en="<ul><li>One.</li><li>Two.</li><li>Three.</li></ul>"
    )
    updates[2].pin = 7
    updates[2].save()
    expected = [f"http://127.0.0.1:8000{one.url('en')}" for one in Update.objects.order_by("-first_published_at")]
    address, found, documents = f"{article.url('en')}liveblog.json", [], 0
    while address:
        document = client.get(address).json()
        assert list(structured_rules.faults_in_document(document)) == []
        found += [posting["@id"] for posting in document["liveBlogUpdate"]]
        documents += 1
        # New updates move nothing.
        factories.update(article)
        address = document.get("next", "").removeprefix("http://127.0.0.1:8000")
    assert found == expected
    assert documents == 3
    assert client.get(f"{article.url('en')}liveblog.json?before=99999999").status_code == 404
    assert client.get(f"{article.url('en')}liveblog.json?after={updates[0].pk}").json()["liveBlogUpdate"]


def test_untranslated_text_is_declared_in_its_own_language(client: Client) -> None:
    article = factories.article()
    factories.update(article, body_en="<p>Peace.</p>")
    assert embedded(client, article, "de")["liveBlogUpdate"][0]["inLanguage"] == "en"


def test_no_text_breaks_out_of_the_script_element(client: Client) -> None:
    article = factories.article(headline_en="</script><script>alert(1)</script>")
    assert embedded(client, article, "en")["headline"] == "</script><script>alert(1)</script>"


def test_a_page_in_each_language_names_all_the_others(client: Client) -> None:
    article = factories.article(headline_uk="")
    expected = {language: article.url(language) for language in ("en", "de", "ar")} | {"x-default": article.url("en")}
    for language in ("en", "de", "ar"):
        assert alternates(client, article.url(language)) == expected
    assert alternates(client, article.url("uk")) == {}


def head(client: Client, path: str) -> dict[str, Any]:
    """Return the links and properties in the head of a page, with lists for those that may repeat."""
    html = client.get(path).content.decode()
    links = re.findall(r'<link rel="(canonical|prev|next)" href="([^"]+)">', html)
    properties = re.findall(r'<meta property="(og:url|og:locale)" content="([^"]+)">', html)
    others = re.findall(r'<meta property="og:locale:alternate" content="([^"]+)">', html)
    return {name: value.removeprefix("http://127.0.0.1:8000") for name, value in links + properties} | {
        "others": others
    }


def test_an_update_names_the_languages_that_it_is_in(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>", body_ar="<p>سلام.</p>")
    expected = {"en": update.url("en"), "ar": update.url("ar"), "x-default": update.url("en")}
    assert alternates(client, update.url("en")) == alternates(client, update.url("ar")) == expected
    arabic = head(client, update.url("ar"))
    assert arabic == {
        "canonical": update.url("ar"),
        "og:url": update.url("ar"),
        "og:locale": "ar_AR",
        "others": ["en_GB"],
    }


def test_a_page_that_shows_the_original_names_the_originals_page_as_canonical(client: Client) -> None:
    article = factories.article(headline_uk="")
    update = factories.update(article, body_en="<p>Peace.</p>")
    for address, original in ((article.url("uk"), article.url("en")), (update.url("de"), update.url("en"))):
        found = head(client, address)
        assert (found["canonical"], found["og:url"], found["og:locale"]) == (original, original, "en_GB")
        assert alternates(client, address) == {}
    posting = embedded(client, article, "uk")
    assert posting["url"].endswith(article.url("en"))
    assert posting["liveBlogUpdate"][0]["url"].endswith(update.url("en"))


def test_an_original_in_a_language_without_a_page_has_one_canonical_page(client: Client) -> None:
    article = factories.article(languages=["en", "de", "ar"])
    update = factories.update(article, source_language="uk", body_uk="<p>Мир.</p>", body_de="<p>Frieden.</p>")
    assert head(client, update.url("ar"))["canonical"] == head(client, update.url("en"))["canonical"]
    assert head(client, update.url("ar"))["og:locale"] == "uk_UA"
    assert head(client, update.url("de"))["canonical"] == update.url("de")
    assert alternates(client, update.url("de")) == {"de": update.url("de"), "x-default": update.url("de")}
    assert "@id" not in embedded(client, article, "de")["liveBlogUpdate"][0]["translationOfWork"]


def test_each_page_of_a_list_is_canonical(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "PAGE_SIZE", 2)
    article = factories.article()
    pks = [factories.update(article).pk for _ in range(6)]
    url = article.url("de")
    middle = head(client, f"{url}?before={pks[4]}")
    assert middle["canonical"] == f"{url}?before={pks[4]}"
    assert middle["prev"] == f"{url}?after={pks[3]}"
    assert middle["next"] == f"{url}?before={pks[2]}"
    # Other addresses of the same updates.
    for query in (f"after={pks[1]}", f"at={pks[2]}"):
        assert head(client, f"{url}?{query}")["canonical"] == middle["canonical"]
    expected = {code: f"{article.url(code)}?before={pks[4]}" for code in ("en", "de", "uk", "ar")}
    expected["x-default"] = expected["en"]
    assert alternates(client, f"{url}?at={pks[2]}") == alternates(client, f"{url}?before={pks[4]}") == expected
    # Pages of the newest updates, or of a selection of them, are copies of the newest page.
    for query in ("", f"?at={pks[5]}", f"?after={pks[4]}", "?key=1"):
        assert head(client, f"{url}{query}")["canonical"] == url
    html = client.get(f"{url}?at={pks[2]}").content.decode()
    assert f'"url": "http://127.0.0.1:8000{middle["canonical"]}"' in html


def test_the_list_of_coverage_names_the_languages_that_have_coverage(client: Client) -> None:
    factories.article(languages=["en", "de", "uk"], headline_uk="")
    factories.article(languages=["en", "ar"], policies={"ar": "reviewed"})
    Translation._base_manager.filter(language="ar").update(state="machine")
    expected = {"en": "/en/", "de": "/de/", "x-default": "/"}
    assert alternates(client, "/en/") == alternates(client, "/de/") == expected
    # There are only originals in Ukrainian and Arabic, and nothing in French.
    for language in ("uk", "ar", "fr"):
        assert alternates(client, f"/{language}/") == {}
        assert head(client, f"/{language}/")["canonical"] == f"/{language}/"
    assert head(client, "/de/")["og:locale"] == "de_DE"


def test_every_language_has_a_locale_for_social_networks() -> None:
    codes = [*SHIPPED, "pt-br", "zh-hans", "he", "sr-latn", "en-gb"]
    assert all(re.fullmatch(f"{code[:2]}_[A-Z]{{2}}", open_graph_locale(code)) for code in codes)


@pytest.mark.parametrize("rest", ["", "?before={pk}&utm_source=x", "update/{pk}/", "comments/?order=oldest"])
def test_a_missing_page_offers_its_other_languages(client: Client, rest: str) -> None:
    article = factories.article(languages=["en", "de"])
    rest = rest.format(pk=factories.update(article).pk)
    answer = client.get(f"/ar/live/{article.slug}/{rest}")
    assert answer.status_code == 404
    html = answer.content.decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert "غير متاح بهذه اللغة" in html
    page = Page(html)
    place = rest.replace("&utm_source=x", "")
    assert [link for link in page.links if "/live/" in link] == [f"{article.url(code)}{place}" for code in ("en", "de")]
    assert {client.get(link).status_code for link in page.links if "before" not in link} <= {200, 302}


def test_a_missing_update_offers_its_other_languages(client: Client) -> None:
    article = factories.article(policies={"de": "reviewed"})
    update = factories.update(article)
    answer = client.get(update.url("de"))
    assert answer.status_code == 404
    links = [link for link in Page(answer.content.decode()).links if "/update/" in link]
    assert links == [update.url(code) for code in ("en", "uk", "ar")]


def test_language_links_of_an_update_keep_its_place(client: Client) -> None:
    article = factories.article(policies={"de": "reviewed"})
    update = factories.update(article, body_en="<p>Peace.</p>")
    html = client.get(update.url("en")).content.decode()
    assert f'href="{update.url("uk")}"' in html
    # The update is not in German yet, so its link leads to its place in the coverage.
    assert f'href="{article.url("de")}?at={update.pk}#{update.element}" hreflang="de"' in html


def test_statistics_show_the_progress_of_each_language() -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>", body_de="<p>Frieden.</p>")
    row = update.translations.get(language="uk")
    drafting.store(row, {"body": "<p>Мир.</p>"}, source=columns.texts_of(update, "en"), engine="deepl", problems={})
    Translation._base_manager.filter(pk=row.pk).update(first_made_at=update.first_published_at + timedelta(seconds=3))
    rows = stats.visible().of_article(article.pk).filter(update__isnull=False)
    found = {each.language: each for each in stats.by_language(rows, ["de", "uk", "ar"])}
    assert found["de"].shares == [100, 0, 0, 0]
    assert found["uk"].shares == [0, 100, 0, 0]
    assert found["uk"].to_draft == (3.0, 3.0)
    assert found["ar"].shares == [0, 0, 100, 0]
    assert found["ar"].to_review is None


def test_the_times_in_the_statistics_are_those_of_the_newest_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "NEWEST_UPDATES", 1)
    article = factories.article(languages=["en", "de"])
    for seconds in (40, 3):
        update = factories.update(article, body_en="<p>Peace.</p>")
        row = update.translations.get(language="de")
        drafting.store(row, {"body": "<p>Frieden.</p>"}, source=columns.texts_of(update, "en"), engine="x", problems={})
        made_at = update.first_published_at + timedelta(seconds=seconds)
        Translation._base_manager.filter(pk=row.pk).update(first_made_at=made_at)
    [german] = stats.by_language(stats.visible().filter(update__article=article), ["de", "uk", "ar"])
    assert (german.texts, german.to_draft) == (2, (3.0, 3.0))


TOKEN = "a token for monitoring"


def test_monitoring_sees_the_state_of_translations(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    update = factories.update(factories.article(), body_en="<p>Peace.</p>")
    update.translations.filter(language="de").update(due_at=timezone.now(), failure="busy")
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert 'liveblog_translations{language="de",outdated="false",state="missing"} 1.0' in text
    assert "liveblog_drafts_due 1.0" in text
    assert "liveblog_drafts_failing 1.0" in text
    assert "liveblog_rooms" in text


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer wrong", "Bearer é", TOKEN])
def test_the_public_cannot_see_the_monitoring(client: Client, settings: Any, token: str, given: str | None) -> None:
    settings.METRICS_TOKEN = token
    headers = {} if given is None else {"Authorization": given}
    for address in ("127.0.0.1", "10.0.0.1", "8.8.8.8"):
        assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == 404


# Rules of search engines ----------------------------------------------------------------------------------------------

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def documents(client: Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return [json.loads(document) for document in Page(answer.content.decode()).documents]


def resolved(update: Update, **fields: Any) -> None:
    """Mark an embed as resolved."""
    embed = Embed.objects.get(update=update)
    for name, value in {"state": Embed.State.RESOLVED, **fields}.items():
        setattr(embed, name, value)
    embed.save()


def one_of_each_kind(article: Article) -> list[Update]:
    """Create updates of all kinds, each with as little text as possible."""
    picture = {"caption_en": "", "alt_en": ""}
    made = [
        factories.update(article, body_en="<p>Peace.</p>", authors=(factories.author(),)),
        factories.update(article, kind="pictures", pictures=(factories.picture((1600, 900), **picture),)),
        factories.update(article, kind="pictures", pictures=(factories.picture((40, 30), **picture),)),
        factories.update(article, kind="quote", body_en="<p>We stay.</p>", attribution_en="A minister"),
        factories.update(
            article, kind="facts", headline_en="Facts", body_en="<ul><li>One.</li><li>Two.</li><li>Three.</li></ul>"
        ),
        factories.update(
            article, kind="table", headline_en="T", body_en="<table><tbody><tr><td>1</td></tr></tbody></table>"
        ),
        factories.update(article, kind="poll", headline_en="Stay?", body_en="<ul><li>Yes</li><li>No</li></ul>"),
    ]
    for url, player in (
        (VIDEO, "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://soundcloud.com/forss/flickermood", "https://w.soundcloud.com/player/?url=x"),
        ("https://mastodon.social/@Gargron/1", "https://mastodon.social/@Gargron/1/embed"),
        ("https://example.org/report", ""),
    ):
        made.append(factories.update(article, kind="embed", embed=url, headline_en=""))
        if player:
            resolved(made[-1], player_url=player)
    return made


@pytest.mark.parametrize("state", ["announced", "live", "finished"])
def test_structured_data_of_every_page_keeps_the_rules(client: Client, state: str) -> None:
    photo = {"photo": factories.photo(), "photo_alt_en": "A hall", "photo_credit_en": "Photo: A"}
    article = factories.article(**(photo if state == "live" else {}))
    updates = one_of_each_kind(article) if state == "finished" else [factories.update(article)]
    article.state, article.coverage_start = state, timezone.now() + timedelta(hours=1 if state == "announced" else -1)
    article.save()
    paths = [article.url("ar"), *(one.url("en") for one in (article, *updates))]
    found = {path: document for path in paths for document in documents(client, path)}
    assert found.keys() == set(paths)
    faults = {path: list(structured_rules.faults_in_document(document)) for path, document in found.items()}
    assert {path: each for path, each in faults.items() if each} == {}
    whole = found[article.url("en")]
    assert whole["@type"] == (["NewsArticle", "LiveBlogPosting"] if state == "finished" else "LiveBlogPosting")
    assert all(found[update.url("en")]["@type"] == "NewsArticle" for update in updates)


def test_a_video_in_an_update_is_declared_as_a_video(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, kind="embed", embed=VIDEO, headline_en="The talks")
    player = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"
    resolved(update, player_url=player, title="Live from Bucharest", author="The palace")
    [document] = documents(client, update.url("en"))
    video = document["video"]
    assert (video["name"], video["embedUrl"], video["url"]) == ("Live from Bucharest", player, VIDEO)
    assert client.get(video["thumbnailUrl"].removeprefix("http://127.0.0.1:8000")).status_code == 200
    [posting] = embedded(client, article, "en")["liveBlogUpdate"]
    assert posting["video"] == video


def test_a_photo_is_there_in_three_shapes_with_its_credit(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, pictures=(factories.picture((1600, 1000), credit_en="Photo: A"),))
    [document] = documents(client, update.url("en"))
    *shaped, original = document["image"]
    assert {image["creditText"] for image in document["image"]} == {"Photo: A"}
    sizes = [(image["width"], image["height"]) for image in shaped]
    assert sizes == [(1200, 675), (1200, 900), (1000, 1000)]
    for image, size in zip(shaped, sizes, strict=True):
        answer = client.get(image["url"].removeprefix("http://127.0.0.1:8000"))
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(answer.content)).size == size
    assert (original["width"], original["height"]) == (1600, 1000)
    # Addresses of other shapes or of outdated texts are not found.
    wrong = shaped[0]["url"].removeprefix("http://127.0.0.1:8000").replace("16x9", "17x9")
    assert client.get(wrong).status_code == 404
    update.headline_en = "Peace"
    update.save()
    assert client.get(shaped[0]["url"].removeprefix("http://127.0.0.1:8000")).status_code == 302


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"headline": "x" * 111}, "headline"),
        ({"dateModified": "2020-01-01T00:00:00+00:00"}, "dateModified"),
        ({"image": []}, "image"),
        ({"author": "Ana"}, "author"),
        ({"keyworks": "x"}, "has no keyworks"),
        ({"publisher": None}, "publisher"),
        ({"datePublished": "2026-11-26"}, "datePublished"),
        ({"video": {"@type": "VideoObject", "name": "x"}}, "lacks uploadDate"),
    ],
)
def test_the_checker_finds_faults(client: Client, document: dict[str, Any], complaint: str) -> None:
    article = factories.article()
    factories.update(article)
    [sound] = documents(client, article.url("en"))
    assert list(structured_rules.faults_in_document(sound)) == []
    assert any(complaint in fault for fault in structured_rules.faults_in_document(sound | document))

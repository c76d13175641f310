"""Search engines get structured data about pages and languages, and monitoring gets the state of translations."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article, Translation
from articles.page import live_page
from articles.translations import columns, drafting, stats
from liveblog.languages import LOCALES, SHIPPED
from tests import factories
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
    assert posting["author"] == [{"@type": "Person", "name": "Ioana Petrescu"}]
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
    assert posting["@id"].endswith(article.url("en"))
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
    assert LOCALES.keys() == SHIPPED.keys()
    assert all(re.fullmatch(f"{code}_[A-Z]{{2}}", locale) for code, locale in LOCALES.items())


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
    links = [link for link in Page(answer.content.decode()).links if "/live/" in link]
    assert links == [update.url(code) for code in ("en", "uk", "ar")]


def test_language_links_of_an_update_keep_its_place(client: Client) -> None:
    article = factories.article(policies={"de": "reviewed"})
    update = factories.update(article, body_en="<p>Peace.</p>")
    html = client.get(update.url("en")).content.decode()
    assert f'href="{update.url("uk")}"' in html
    # The update is not in German yet, so its link leads to its place in the coverage.
    assert f'href="{article.url("de")}?at={update.pk}#{update.element}" lang="de"' in html


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

"""What machines are told: search engines of the page and its languages, monitoring of its state."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article, Translation
from articles.translations import columns, drafting, stats
from tests import factories

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


def test_what_stands_in_its_own_language_is_said_to_be_in_that(client: Client) -> None:
    article = factories.article()
    factories.update(article, body_en="<p>Peace.</p>")
    assert embedded(client, article, "de")["liveBlogUpdate"][0]["inLanguage"] == "en"


def test_no_text_breaks_out_of_the_script_element(client: Client) -> None:
    article = factories.article(headline_en="</script><script>alert(1)</script>")
    assert embedded(client, article, "en")["headline"] == "</script><script>alert(1)</script>"


def test_each_language_that_is_there_names_all_the_others(client: Client) -> None:
    article = factories.article(headline_uk="")
    expected = {language: article.url(language) for language in ("en", "de", "ar")} | {"x-default": article.url("en")}
    for language in ("en", "de", "ar"):
        assert alternates(client, article.url(language)) == expected
    assert alternates(client, article.url("uk")) == {}


def test_an_update_changes_its_language_where_it_is(client: Client) -> None:
    article = factories.article(policies={"de": "reviewed"})
    update = factories.update(article, body_en="<p>Peace.</p>")
    html = client.get(update.url("en")).content.decode()
    assert f'href="{update.url("uk")}"' in html
    # In German it is not there yet, but its place is.
    assert f'href="{article.url("de")}?at={update.pk}#{update.element}" lang="de"' in html


def test_figures_tell_how_far_each_language_is() -> None:
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


def test_monitoring_sees_the_state_of_translations(client: Client) -> None:
    update = factories.update(factories.article(), body_en="<p>Peace.</p>")
    update.translations.filter(language="de").update(due_at=timezone.now(), failure="busy")
    text = client.get("/metrics").content.decode()
    assert 'liveblog_translations{language="de",outdated="false",state="missing"} 1.0' in text
    assert "liveblog_drafts_due 1.0" in text
    assert "liveblog_drafts_failing 1.0" in text
    assert "liveblog_rooms" in text


def test_the_public_does_not_see_the_monitoring(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="8.8.8.8").status_code == 404

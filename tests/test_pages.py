"""Readers' pages are complete without JavaScript, in the reader's language, and the same for everybody."""

import datetime
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import changes
from articles.models import Article, Update
from articles.page import live_page
from articles.publishing import pins
from comments.models import Comment
from liveblog.actors import acting_as
from liveblog.languages import column
from tests import factories
from tests.actors import TEST

pytestmark = pytest.mark.django_db


def html_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_live_page_is_in_the_language_of_its_address(client: Any) -> None:
    article = factories.article()
    factories.update(article, body_en="<p>Begun.</p>", body_ar="<p>بدأت.</p>")
    html = html_of(client, article.url("ar"))
    assert '<html lang="ar" dir="rtl">' in html
    assert "الوزراء يجتمعون" in html
    assert "<p>بدأت.</p>" in html
    assert "Begun" not in html


def test_a_readers_settings_do_not_change_a_page(client: Any) -> None:
    article = factories.article()
    plain = client.get(article.url("de"))
    polish = client.get(article.url("de"), headers={"accept-language": "pl", "cookie": "django_language=fr"})
    assert plain.content == polish.content
    assert "Accept-Language" not in plain.get("Vary", "")
    assert not plain.cookies


def test_text_in_another_language_is_marked_and_labelled(client: Any) -> None:
    article = factories.article()
    factories.update(article, source_language="ar", headline_ar="بيان", body_ar="<p>نص</p>")
    html = html_of(client, article.url("de"))
    assert 'lang="ar" dir="rtl">بيان</h2>' in html
    assert '<div class="text" lang="ar" dir="rtl"><p>نص</p></div>' in html
    assert "Nicht übersetzt" in html
    assert "Arabisch" in html


def test_text_in_the_language_of_the_page_is_not_marked(client: Any) -> None:
    article = factories.article()
    factories.update(article, body_en="<p>Plain.</p>")
    assert '<div class="text"><p>Plain.</p></div>' in html_of(client, article.url("en"))


def test_drafts_scheduled_and_withdrawn_updates_are_not_on_the_page(client: Any) -> None:
    article = factories.article()
    factories.update(article, state="draft", body_en="<p>Secret one.</p>")
    factories.scheduled(article, body_en="<p>Secret two.</p>")
    withdrawn = factories.update(article, body_en="<p>Secret three.</p>")
    withdrawn.state = Update.State.WITHDRAWN
    withdrawn.save()
    assert "Secret" not in html_of(client, article.url("en"))
    assert client.get(withdrawn.url("en")).status_code == 404


def test_times_are_in_the_zone_of_the_event_which_is_named(client: Any) -> None:
    article = factories.article()
    at = datetime.datetime(2022, 11, 29, 7, 30, tzinfo=datetime.UTC)
    factories.update(article, first_published_at=at)
    html = html_of(client, article.url("de"))
    assert '<time datetime="2022-11-29T09:30:00+02:00">29. Nov. 2022, 09:30 GMT+2</time>' in html
    assert "Osteuropäische Zeit, Bukarest" in html


def test_a_photo_has_its_credit_line(client: Any) -> None:
    article = factories.article()
    factories.update(
        article,
        pictures=(factories.picture(alt_de="Der Saal", credit_de="Foto: I. Moraru"),),
        body_en="<p>x</p>",
        body_de="<p>x</p>",
    )
    html = html_of(client, article.url("de"))
    assert 'width="48" height="27" alt="Der Saal"' in html
    assert "Foto: I. Moraru" in html
    assert "Photo:" not in html


def test_a_photo_credit_that_is_not_translated_is_marked_as_foreign(client: Any) -> None:
    article = factories.article()
    factories.update(article, pictures=(factories.picture(),), body_en="<p>x</p>", body_ar="<p>س</p>")
    assert '<span class="credit" lang="en" dir="ltr">Photo: I. Moraru</span>' in html_of(client, article.url("ar"))


def test_related_articles_are_listed_beside_the_text(client: Any) -> None:
    article, other = factories.article(), factories.article(headline_de="Der Gipfel von 2008")
    with changes.edit(article):
        article.related.add(other)
    html = html_of(client, article.url("de"))
    beside = html[html.index('<aside id="related"') :]
    assert f'<a href="{other.url("de")}">Der Gipfel von 2008</a>' in beside


def test_a_correction_explains_the_error(client: Any) -> None:
    article = factories.article()
    update = factories.update(article, body_de="<p>40</p>", body_en="<p>40</p>")
    update.correction_note_en = "It is 40, not 14."
    update.correction_note_de = "Es sind 40, nicht 14."
    update.save()
    assert "Es sind 40, nicht 14." in html_of(client, article.url("de"))


def test_older_updates_are_on_further_pages(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "PAGE_SIZE", 3)
    article = factories.article()
    for number in range(5):
        factories.update(article, body_en=f"<p>Number {number}.</p>")
    first = html_of(client, article.url("en"))
    second = html_of(client, f"{article.url('en')}?before={article.updates.order_by('pk')[2].pk}")
    assert [number for number in range(5) if f"Number {number}." in first] == [2, 3, 4]
    assert [number for number in range(5) if f"Number {number}." in second] == [0, 1]
    assert f"?before={article.updates.order_by('pk')[2].pk}#updates" in first


@contextmanager
def meanwhile(when: str, then: Callable[[], Any]) -> Iterator[None]:
    """Call `then` once, right after the first query that contains `when`."""
    done = False

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal done
        found = execute(sql, *rest)
        if when in sql and not done:
            done = True
            # The save comes from another user, because a reader's request has no actor.
            with acting_as(TEST):
                then()
        return found

    with connection.execute_wrapper(watch):
        yield
    assert done


@pytest.mark.database
@pytest.mark.parametrize("count", [2, 3])
def test_an_update_published_while_a_page_renders_pushes_none_off_its_end(
    client: Any, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(live_page, "PAGE_SIZE", 3)
    article = factories.article()
    oldest, *_others = [factories.update(article) for _ in range(count)]
    with meanwhile("LIMIT 4", lambda: factories.update(article)):
        page = html_of(client, article.url("en"))
    # Each update is on this page or on the next one.
    assert (f'id="{oldest.element}"' in page) != ('rel="next"' in page)


@pytest.mark.database
def test_an_update_pinned_while_a_page_renders_appears_once(client: Any) -> None:
    article = factories.article()
    update = factories.update(article)
    with meanwhile(f"LIMIT {live_page.PAGE_SIZE + 1}", lambda: pins.pin(update)):
        page = html_of(client, article.url("en"))
    assert page.count(f'id="{update.element}"') == 1


def test_readers_can_show_only_key_events(client: Any) -> None:
    article = factories.article()
    factories.update(article, body_en="<p>Small.</p>")
    factories.update(article, body_en="<p>Great.</p>", is_key=True)
    html = html_of(client, f"{article.url('en')}?key=1")
    assert "Great." in html
    assert "Small." not in html


def test_queries_do_not_grow_with_the_number_of_updates(client: Any) -> None:
    article = factories.article()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(article.url("en"))
        return len(captured)

    for name in "AB":
        factories.update(article, authors=(factories.author(name),))
        Comment.objects.create(article=article, language="en", name=name, text="Well.", state="approved")
    few = queries()
    for name in "CDEFGHIJ":
        factories.update(article, authors=(factories.author(name),))
        Comment.objects.create(article=article, language="en", name=name, text="Well.", state="approved")
    assert queries() == few


def test_titles_of_key_events_take_the_same_queries_whatever_their_kinds(client: Any) -> None:
    article = factories.article()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            html = client.get(article.url("en")).content.decode()
        assert html.count('id="moment-') == article.updates.count()
        return len(captured)

    def add_one_of_each_kind(language: str) -> None:
        shared = {"source_language": language, "is_key": True}
        factories.update(
            article,
            kind="quote",
            **{column("body", language): "<p>Yes.</p>", column("attribution", language): "Ana"},
            **shared,
        )
        factories.update(
            article, **{column("headline", language): "Agreed", column("body", language): "<p>Now.</p>"}, **shared
        )
        picture = factories.picture(**{column("alt", language): "The hall", column("credit", language): "I. M."})
        factories.update(article, kind="pictures", pictures=(picture,), headline_en="", **shared)
        factories.update(article, kind="embed", embed="https://example.org/", headline_en="", **shared)

    add_one_of_each_kind("en")
    few = queries()
    for language in ("de", "en", "ar"):
        add_one_of_each_kind(language)
    assert queries() == few


def test_a_cached_page_takes_one_query(client: Any) -> None:
    article = factories.article()
    factories.update(article)
    client.get(article.url("en"))
    with CaptureQueriesContext(connection) as captured:
        client.get(article.url("en"))
    assert len(captured) == 1


def test_a_page_is_not_sent_again_to_a_browser_that_has_it(client: Any) -> None:
    article = factories.article()
    factories.update(article)
    etag = client.get(article.url("en"))["ETag"]
    assert client.get(article.url("en"), headers={"if-none-match": etag}).status_code == 304
    factories.update(article)
    assert client.get(article.url("en"), headers={"if-none-match": etag}).status_code == 200


def test_the_content_security_policy_blocks_inline_scripts_and_styles(client: Any) -> None:
    article = factories.article()
    policy = client.get(article.url("en"))["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    html = html_of(client, article.url("en"))
    assert "<style" not in html
    assert "style=" not in html
    assert " onclick" not in html


def test_an_article_has_no_page_in_a_language_outside_its_own(client: Any) -> None:
    article = factories.article(languages=["en", "de"])
    assert client.get(article.url("uk")).status_code == 404
    assert client.get("/xx/").status_code == 404


def test_the_root_redirects_to_the_readers_language(client: Any) -> None:
    answer = client.get("/", headers={"accept-language": "uk,en;q=0.5"})
    assert answer["Location"] == "/uk/"
    assert "Accept-Language" in answer["Vary"]
    assert client.get("/", headers={"accept-language": "xx"})["Location"] == "/en/"


def test_the_list_of_coverage_shows_articles_that_can_be_read_in_the_language(client: Any) -> None:
    factories.article(headline_de="Gipfel", state=Article.State.LIVE)
    factories.article(headline_de="Nur Englisch", languages=["en"])
    html = html_of(client, "/de/")
    assert "Gipfel" in html
    assert "Nur Englisch" not in html


def test_an_update_has_an_address_of_its_own(client: Any) -> None:
    article = factories.article()
    update = factories.update(article, headline_de="Ein Satz", headline_en="A sentence")
    html = html_of(client, update.url("de"))
    assert "<title>Ein Satz</title>" in html
    assert 'property="og:title" content="Ein Satz"' in html
    assert client.get(f"/de/live/{factories.article().slug}/update/{update.pk}/").status_code == 404


def test_the_not_found_page_is_in_the_readers_language(client: Any) -> None:
    answer = client.get("/de/live/nothing/")
    assert answer.status_code == 404
    assert "Seite nicht gefunden" in answer.content.decode()


def test_an_article_offers_only_languages_of_the_site(client: Any, settings: Any) -> None:
    article = factories.article()
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    assert article.offered_languages == ["en", "de"]


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_the_health_check_succeeds(client: Any, address: str) -> None:
    assert client.get(address).content == b"ok\n"


def test_an_uploaded_photo_can_be_fetched_and_cached(client: Any) -> None:
    article = factories.article()
    [picture] = factories.update(article, pictures=(factories.picture(),)).pictures.all()
    answer = client.get(picture.image.url)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer.content == picture.image.open().read()
    assert "immutable" in answer["Cache-Control"]
    assert client.get("/media/../manage.py").status_code in {400, 404}


def test_an_article_whose_language_the_site_does_not_offer_opens_in_another(client: Any, settings: Any) -> None:
    article = factories.article(source_language="uk")
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    assert article.get_absolute_url() == article.url("en")
    html = client.get(article.url("de")).content.decode()
    assert f'hreflang="x-default" href="{settings.SITE_URL}{article.url("en")}"' in html
    assert article.url("uk") not in html


def test_a_page_of_finished_coverage_is_cached_for_long(client: Any) -> None:
    article = factories.article()
    assert client.get(article.url("de"))["Cache-Control"] == "public, max-age=5"
    update = factories.update(article)
    article.refresh_from_db()
    article.state = Article.State.FINISHED
    article.save()
    control = client.get(article.url("de"))["Cache-Control"]
    assert control == "public, max-age=3600, stale-while-revalidate=2592000"
    # A page that does not poll for later changes is only cached for a short time.
    assert client.get(update.url("en"))["Cache-Control"] == "public, max-age=5"


def test_no_style_looks_through_all_updates_after_each_change() -> None:
    """If :has() styles an element around the list, browsers search the list after each change within it."""
    around = r"(?:html|body|main|\.live-page|\.columns|\.main-column|\.live-blog|\.updates)"
    for name in ("page", "listening"):
        css = (configured.SITE_DIR / "static" / "liveblog" / f"{name}.css").read_text()
        # :has(> …) only examines children, which is cheap.
        assert re.findall(rf"^{around}[^\s>+~,{{]*:has\((?!>).*", css, flags=re.MULTILINE) == [], name

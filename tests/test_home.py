"""Home shows each user the live coverage and their tasks, and one line starts a coverage."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles import changes
from articles.models import Article, KnownSlug, Translation, Update
from articles.newsroom import coverage, starting
from articles.text.slugs import MAX_LENGTH, slug_of
from comments.models import Discussion
from liveblog.actors import acting_as
from tests import factories, newsroom
from tests.actors import TEST
from tests.forms import change_url, member_of, opened

pytestmark = pytest.mark.django_db

START = "/admin/start/"


def home(client: Client) -> str:
    return client.get("/admin/").content.decode()


def context(client: Client) -> Any:
    return client.get("/admin/").context


# Queues ---------------------------------------------------------------------------------------------------------------


def test_home_shows_live_and_announced_coverage_with_its_last_update_and_its_languages() -> None:
    live = factories.article(headline_en="Storm over the coast")
    factories.update(live, headline_en="Ports are closed")
    soon = timezone.now() + datetime.timedelta(hours=2)
    factories.article(state="announced", coverage_start=soon, headline_en="Grid operators report")
    factories.article(state="finished", headline_en="An old story")
    html = home(member_of("Journalist"))
    assert "Storm over the coast" in html
    assert "Ports are closed" in html
    assert "Grid operators report" in html
    assert "An old story" not in html
    [card, _announced] = context(member_of("Editor"))["cards"]
    assert {mark.language: mark.kind for mark in card.marks} == {
        "en": "source",
        "de": "behind",
        "uk": "behind",
        "ar": "behind",
    }


def test_an_update_waits_for_the_approval_of_everybody_but_its_author() -> None:
    article = factories.article(needs_release=True)
    author, colleague = newsroom.user("ana", "Journalist"), newsroom.user("ben", "Journalist")
    with acting_as(author):
        factories.update(article, state="submitted", submitted_by=author, headline_en="Grain deal runs on")
    for user, names in ((author, {"awaiting"}), (colleague, {"approvals", "translations"})):
        client = Client()
        client.force_login(user)
        found = {queue.name for queue in context(client)["queues"] if queue.count}
        assert names - {"translations"} <= found
        assert ("approvals" in found) == (user == colleague)
        assert "Grain deal runs on" in home(client)


def test_each_role_is_shown_its_own_queues() -> None:
    factories.update(factories.article())
    factories.comment()
    names = {
        role: {queue.name for queue in context(member_of(role))["queues"]}
        for role in ("Journalist", "Translator", "Moderator", "Editor")
    }
    assert names["Journalist"] == set()
    assert names["Translator"] == {"translations"}
    assert names["Moderator"] == {"comments"}
    assert names["Editor"] == {"translations", "comments"}


def test_home_reports_updates_that_were_not_published_in_time() -> None:
    article = factories.article()
    late = factories.scheduled(article)
    Update._base_manager.filter(pk=late.pk).update(publish_at=timezone.now() - datetime.timedelta(minutes=5))
    assert "wasn’t published in time" in home(member_of("Editor"))
    assert "wasn’t published in time" not in home(member_of("Moderator"))


@pytest.mark.parametrize(
    ("failures", "text"),
    [
        (["timeout"], "The translation provider didn’t respond in time."),
        (["language"], "The machine translation was unusable."),
        (["busy", "refused", "refused"], "The translation provider rejected the API key."),
        ([""], "Machine drafts are late."),
    ],
)
def test_home_gives_the_reason_of_failed_drafts_without_blaming_a_provider(
    failures: list[str], text: str, settings: Any
) -> None:
    settings.DEEPL_API_KEY = "a key"
    factories.update(factories.article())
    long_ago = timezone.now() - datetime.timedelta(hours=1)
    Translation.objects.update(due_at=None, failure="")
    for row, failure in zip(Translation.objects.order_by("pk"), failures, strict=False):
        Translation.objects.filter(pk=row.pk).update(due_at=long_ago, failure=failure)
    [problem] = context(member_of("Editor"))["problems"]
    assert problem.text == text


def test_home_shows_unpublished_content_only_to_those_who_may_see_it() -> None:
    article = factories.article(headline_en="Storm over the coast")
    factories.article(headline_en="Secret talks", state="announced", begins_with_update=True)
    soon = timezone.now() + datetime.timedelta(hours=2)
    factories.article(state="announced", coverage_start=soon, headline_en="Grid operators report")
    factories.update(article, state="scheduled", publish_at=soon, headline_en="The minister resigns")
    coverages = ("Storm over the coast", "Secret talks", "Grid operators report")
    for number, (permissions, sees_coverage, sees_updates) in enumerate(
        (
            (["comments.view_comment", "comments.change_comment"], False, False),
            (["articles.view_article"], True, False),
            (["articles.view_update"], False, True),
            # The desk shows everything.
            (["articles.change_update"], True, True),
        )
    ):
        user = newsroom.user(f"person{number}")
        names = [name.split(".")[1] for name in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client()
        client.force_login(user)
        parts = client.get("/admin/now/", {"home": "1"}).json()["parts"]
        page = home(client)
        for html in (parts["cards"] + parts["coming"], page):
            assert ("The minister resigns" in html) == sees_updates, permissions
            # The line of a scheduled update names its coverage.
            seen = [name in html for name in coverages if not (sees_updates and name == coverages[0])]
            assert set(seen) == {sees_coverage}, permissions
        assert ('aria-labelledby="live-title" hidden' in page) == (not sees_coverage)


def test_the_counts_are_sent_to_open_pages() -> None:
    factories.comment()
    answer = member_of("Moderator").get("/admin/now/", {"home": "1"}).json()
    assert answer["counts"] == {"comments": 1, "reported": 0}
    assert "Comments to review" in answer["parts"]["waiting"]


def test_home_and_its_lists_take_the_same_queries_for_any_coverage(django_assert_max_num_queries: Any) -> None:
    client = member_of("Editor")
    addresses = ("/admin/", "/admin/articles/article/", "/admin/articles/update/", "/admin/go/?q=ministers")
    counts: dict[str, list[int]] = {address: [] for address in addresses}
    for _round in range(2):
        for _each in range(3):
            factories.update(factories.article(), authors=(factories.author(f"A{Article.objects.count()}"),))
        for address in addresses:
            client.get(address)
            with django_assert_max_num_queries(60) as captured:
                assert client.get(address).status_code == 200
            counts[address].append(len(captured))
    assert all(first == second for first, second in counts.values()), counts


# Starting coverage ----------------------------------------------------------------------------------------------------


def test_one_line_starts_a_live_coverage_with_everything_else_filled_in() -> None:
    factories.article(languages=["en", "de"], time_zone="Europe/Kyiv")
    client = member_of("Journalist")
    author = factories.author(user=User.objects.get(username="journalist"))
    answer = client.post(START, {"headline": "Чорне море: шторм закрив порти Одеси й Констанци", "live": ""})
    article = Article.objects.latest("pk")
    assert answer["Location"] == reverse("admin:articles_desk", args=[article.pk])
    assert (article.state, article.source_language) == ("live", "uk")
    assert article.slug == "chorne-more-shtorm-zakryv-porty-odesy-y-konstantsy"
    assert (article.languages, article.time_zone) == (["en", "de", "uk"], "Europe/Kyiv")
    assert list(article.authors.all()) == [author]
    assert client.get(answer["Location"]).status_code == 200


def test_coverage_is_in_no_list_until_its_first_update_makes_it_live(client: Client) -> None:
    journalist = member_of("Journalist")
    desk = journalist.post(START, {"headline": "Trains stop in the north"})["Location"]
    article = Article.objects.latest("pk")
    assert (article.state, article.begins_with_update) == ("announced", True)
    lists = ("/en/", "/en/search/?q=trains", "/sitemap.xml", "/news-sitemap.xml", "/api/v1/articles", "/en/feed.atom")

    def text_of(url: str) -> str:
        text = client.get(url).content.decode()
        files = re.findall("<loc>https?://[^/]+(/[^<]*)</loc>", text) if url == "/sitemap.xml" else []
        return text + "".join(client.get(file).content.decode() for file in files)

    def shown_in() -> list[str]:
        # The index of the sitemaps is cached for some minutes.
        cache.clear()
        return [url for url in lists if article.slug in text_of(url)]

    assert shown_in() == []
    page = client.get(article.url("en")).content.decode()
    assert '<meta name="robots" content="noindex">' in page
    assert "Starts:" not in page
    assert "Not public yet" in journalist.get(desk).content.decode()
    assert "Trains stop in the north" in home(journalist)
    factories.update(article, state="draft")
    assert shown_in() == []
    # A colleague who may not start coverage may publish in it.
    with acting_as(newsroom.user("translator", "Translator")):
        factories.update(article)
    article.refresh_from_db()
    assert (article.state, article.begins_with_update) == ("live", False)
    assert shown_in() == list(lists)
    assert "noindex" not in client.get(article.url("en")).content.decode()


def test_coverage_that_is_called_off_before_its_first_update_stays_out_of_the_lists(client: Client) -> None:
    article = factories.article(state="announced", begins_with_update=True)
    article.state = "finished"
    article.save()
    assert article.slug not in client.get("/en/").content.decode()


def test_an_unlisted_coverage_can_be_shown_before_its_first_update() -> None:
    for action in ("announced", "live"):
        article = factories.article(state="announced", begins_with_update=True)
        article.state = action
        article.begins_with_update = False
        article.save()
        assert Article.objects.listed().filter(pk=article.pk).exists()


def test_a_coverage_can_be_announced_for_a_time_in_its_zone() -> None:
    factories.article(time_zone="Asia/Tokyo")
    client = member_of("Journalist")
    line = {"headline": "Grid operators report on the winter", "announce": ""}
    answer = client.post(START, line)
    assert answer.status_code == 422
    assert "Choose when coverage starts." in answer.content.decode()
    client.post(START, line | {"starts_at": "2035-01-31", "starts_at-time": "09:00"})
    article = Article.objects.latest("pk")
    assert article.state == "announced"
    assert article.coverage_start == datetime.datetime(2035, 1, 31, tzinfo=datetime.UTC)


def test_as_last_time_copies_languages_policies_people_and_the_rules_for_comments() -> None:
    model = factories.article(languages=["en", "ar"], policies={"ar": "reviewed"}, shows_writing=True)
    factories.article(languages=["en", "de"])
    Discussion.objects.create(article=model, policy="at-once")
    author = factories.author()
    with acting_as(TEST), changes.edit(model):
        model.authors.set([author])
    client = member_of("Journalist")
    client.post(START, {"headline": "The second night", "like": str(model.pk), "live": ""})
    article = Article.objects.latest("pk")
    assert (article.languages, article.policies, article.shows_writing) == (["en", "ar"], {"ar": "reviewed"}, True)
    assert list(article.authors.all()) == [author]
    assert Discussion.of(article.pk).policy == "at-once"


def test_the_same_line_sent_twice_starts_one_coverage_and_a_blank_one_none() -> None:
    client = member_of("Journalist")
    first, second = (client.post(START, {"headline": "Storm", "live": ""})["Location"] for _each in range(2))
    assert first == second
    assert Article.objects.count() == 1
    assert client.post(START, {"headline": " \u200b ", "live": ""}).status_code == 422
    assert member_of("Translator").post(START, {"headline": "Storm two", "live": ""}).status_code == 403
    assert Article.objects.count() == 1


def test_the_plan_names_what_will_be_filled_in() -> None:
    html = member_of("Editor").post("/admin/start/plan/", {"headline": "Sturm über der Küste von Rügen"}).json()["html"]
    assert "sturm-ueber-der-kueste-von-ruegen" in html
    assert "German" in html


@pytest.mark.parametrize(
    ("text", "language", "slug"),
    [
        ("Grüße aus Köln", "de", "gruesse-aus-koeln"),
        ("Szczyt w Łodzi", "pl", "szczyt-w-lodzi"),
        ("Știri din Iași", "ro", "stiri-din-iasi"),
        ("Єдність України", "uk", "yednist-ukrainy"),
        ("L’été à Évian", "fr", "lete-a-evian"),
        ("東京", "en", "dongjing"),
        ("!?", "en", ""),
    ],
)
def test_slugs_are_written_in_latin_letters(text: str, language: str, slug: str) -> None:
    assert slug_of(text, language) == slug


@given(st.text(max_size=300), st.sampled_from(["de", "uk", "ar", "en"]))
def test_every_text_has_a_slug_that_the_column_takes(text: str, language: str) -> None:
    slug = slug_of(text, language)
    assert len(slug) <= MAX_LENGTH
    assert slug == slug_of(slug, "en")
    Article._meta.get_field("slug").run_validators(slug or "coverage")


# Slugs per language ---------------------------------------------------------------------------------------------------


def test_each_language_may_have_a_slug_of_its_own_and_old_ones_redirect(client: Client) -> None:
    article = factories.article(slug="nato-bucharest")
    update = factories.update(article)
    with acting_as(TEST):
        article.slug, article.slugs = "nato-2022", {"de": "nato-bukarest"}
        article.full_clean(exclude=["headline"])
        article.save()
    assert article.url("de") == "/de/live/nato-bukarest/"
    assert client.get(f"{article.url('de')}update/{update.pk}/").status_code == 200
    for old, new in (
        ("/en/live/nato-bucharest/", "/en/live/nato-2022/"),
        ("/de/live/nato-2022/", "/de/live/nato-bukarest/"),
        ("/en/live/nato-bukarest/", "/en/live/nato-2022/"),
        ("/uk/live/nato-bucharest/?key=1", "/uk/live/nato-2022/?key=1"),
        (f"/de/live/nato-bucharest/update/{update.pk}/", f"/de/live/nato-bukarest/update/{update.pk}/"),
        ("/de/live/nato-bucharest/feed.atom", "/de/live/nato-bukarest/feed.atom"),
        ("/en/live/nato-bucharest/comments/", "/en/live/nato-2022/comments/"),
    ):
        answer = client.get(old)
        assert (answer.status_code, answer["Location"]) == (301, new)
    # A form that was open is sent again unchanged.
    assert client.post("/de/live/nato-2022/comments/", {}).status_code == 308
    assert client.get("/en/live/nowhere/").status_code == 404


def test_no_coverage_takes_a_slug_that_another_one_has_or_had() -> None:
    first = factories.article(slug="storm", slugs={"de": "sturm"})
    with acting_as(TEST):
        first.slug = "big-storm"
        first.save()
    for taken in ("storm", "sturm", "big-storm"):
        with pytest.raises(ValidationError) as error:
            factories.article(slug=taken)
        assert "slug" in error.value.error_dict
        with pytest.raises(ValidationError):
            factories.article(slug="other", slugs={"uk": taken})
    assert Article.free_slug("Storm", "en") == "storm-2"
    assert set(KnownSlug.objects.values_list("slug", flat=True)) == {"storm", "sturm", "big-storm"}


def test_the_form_of_a_coverage_sets_slugs_of_its_languages_and_refuses_taken_ones() -> None:
    factories.article(slug="taken")
    article = factories.article(languages=["en", "de"])
    client = member_of("Journalist")
    data = opened(client, article)
    assert "slugs_de" in data
    assert "slugs_uk" not in data
    answer = client.post(change_url(article), data | {"slugs_de": "taken"})
    assert "slugs" in answer.context["adminform"].form.errors
    assert client.post(change_url(article), data | {"slugs_de": "gipfel"}).status_code == 302
    article.refresh_from_db()
    assert article.slugs == {"de": "gipfel"}


# The drawer -----------------------------------------------------------------------------------------------------------


def test_the_drawer_is_the_form_and_only_pages_of_this_site_may_hold_it() -> None:
    article = factories.article()
    client = member_of("Journalist")
    address = reverse("admin:articles_article_drawer", args=[article.pk])
    answer = client.get(address)
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get(change_url(article))["Content-Security-Policy"]
    assert "newsroom-nav" not in answer.content.decode()
    saved = client.post(address, opened(client, article) | {"headline_en": "Ministers leave", "_continue": "1"})
    assert saved["Location"] == f"{address}?saved=1"
    article.refresh_from_db()
    assert article.headline_en == "Ministers leave"
    assert member_of("Moderator").post(address, {}).status_code == 403


def test_one_policy_holds_for_all_languages_with_exceptions() -> None:
    article = factories.article(languages=["en", "de", "uk"])
    client = member_of("Editor")
    data = opened(client, article) | {"policies_all": "reviewed", "policies_uk": "original"}
    assert client.post(change_url(article), data | {"languages": ["en", "de", "uk", "ar"]}).status_code == 302
    article.refresh_from_db()
    assert article.policy("de") == "reviewed"
    assert article.policy("uk") == "original"
    # A language that is added follows the choice for all.
    assert article.policy("ar") == "reviewed"
    assert opened(client, article)["policies_all"] == "reviewed"


def test_settings_are_taken_over_from_an_earlier_coverage_in_the_drawer() -> None:
    model = factories.article(languages=["en", "ar"], time_zone="Asia/Tokyo", policies={"ar": "original"})
    article = factories.article(source_language="de", languages=["de"])
    client = member_of("Journalist")
    client.post(reverse("admin:articles_article_like", args=[article.pk]), {"like": model.pk})
    article.refresh_from_db()
    assert (article.languages, article.time_zone) == (["en", "de", "ar"], "Asia/Tokyo")
    assert article.policies == {"ar": "original"}


# The command palette --------------------------------------------------------------------------------------------------


def found_by(client: Client, query: str = "") -> dict[str, list[str]]:
    groups = client.get("/admin/go/found/", {"q": query}).json()["groups"]
    return {group["name"]: [entry["text"] for entry in group["entries"]] for group in groups}


def test_the_palette_finds_desks_queues_people_and_updates_in_any_alphabet() -> None:
    article = factories.article(headline_en="Storm over Odesa", headline_uk="Шторм над Одесою")
    factories.update(article, headline_en="Ports are closed")
    factories.author("Соломія Ткачук", "uk", name_en="Solomiia Tkachuk")
    client = member_of("Editor")
    assert found_by(client)["desks"] == ["Storm over Odesa"]
    assert found_by(client, "шторм")["desks"] == ["Storm over Odesa"]
    assert found_by(client, "ports")["updates"] == ["Ports are closed"]
    assert found_by(client, "Ткачук")["people"] == ["Solomiia Tkachuk"]
    assert found_by(client, "transl")["queues"] == ["Translations"]
    assert found_by(client, "start")["actions"] == ["Start coverage"]
    assert found_by(client, "finish")["actions"] == found_by(client, "finish odesa")["actions"] == ["Storm over Odesa"]
    assert found_by(client, "\u200b") == {}
    assert "Storm over Odesa" in client.get("/admin/go/", {"q": "odesa"}).content.decode()


def test_the_palette_offers_only_what_a_person_may_do() -> None:
    factories.update(factories.article(headline_en="Storm"), headline_en="Ports are closed")
    moderator = member_of("Moderator")
    assert found_by(moderator).keys() == {"actions", "queues"}
    assert found_by(moderator, "ports") == {}
    assert "Start coverage" not in found_by(moderator)["actions"]
    assert found_by(moderator, "finish") == {}


# Words ----------------------------------------------------------------------------------------------------------------


def test_no_page_of_the_newsroom_speaks_as_a_database() -> None:
    article = factories.article()
    factories.update(article)
    factories.author()
    client = Client()
    client.force_login(newsroom.user("root", is_superuser=True))
    for address in (
        *("/admin/", START, "/admin/articles/article/", "/admin/articles/update/", "/admin/articles/author/"),
        *("/admin/articles/topic/", "/admin/articles/snippet/", "/admin/articles/glossaryterm/", "/admin/auth/user/"),
        *("/admin/auth/group/", "/admin/auth/group/1/change/", "/admin/tables/", change_url(article)),
    ):
        html = client.get(address, follow=True).content.decode()
        for words in ("Select article", "to view", "to change", "Authentication and Authorization", "---------"):
            assert words not in html, (address, words)
        for words in ("SelectFilter2", "a.m.", "server time"):
            assert words not in html, (address, words)


def test_actions_of_a_list_are_buttons() -> None:
    author = factories.author()
    client = member_of("Editor")
    html = client.get("/admin/articles/author/").content.decode()
    assert '<button type="submit" class="button small" name="index" value="0">' in html
    chosen = {"action": ["delete_selected"], "index": "0", "_selected_action": [author.pk]}
    assert "Are you sure" in client.post("/admin/articles/author/", chosen).content.decode()


def test_desks_are_for_those_who_write() -> None:
    factories.article()
    reader = newsroom.user("viewer")
    reader.user_permissions.set(Permission.objects.filter(codename="view_article"))
    assert not coverage.may_open_desks(reader)
    assert coverage.desks(reader) == []
    assert starting.language_of("العاصفة تقترب", reader) == "ar"

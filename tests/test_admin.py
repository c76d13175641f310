"""The newsroom's forms perform the actions of their buttons, only for users with the right, and lose nothing."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin import site
from django.contrib.admin.utils import flatten
from django.contrib.auth.models import Group, User
from django.template.loader import render_to_string
from django.utils.translation import override

from articles.models import Article, Update
from tests import factories
from tests.forms import change_url, errors_of, form_of, member_of, opened

pytestmark = pytest.mark.django_db

ADD = "/admin/articles/update/add/"


def test_a_journalist_publishes_with_one_button() -> None:
    article = factories.article()
    answer = member_of("Journalist").post(
        ADD, {"article": article.pk, "source_language": "de", "body_de": "<p>Beginn.</p>", "_publish": "1"}
    )
    assert answer.status_code == 302
    update = Update.objects.get()
    assert (update.state, update.body_de) == ("published", "<p>Beginn.</p>")
    assert factories.log_of(article) == [(1, update.element)]


def test_saving_without_publishing_keeps_a_draft() -> None:
    article = factories.article()
    member_of("Journalist").post(ADD, {"article": article.pk, "source_language": "en", "headline_en": "Later"})
    assert Update.objects.get().state == "draft"
    assert factories.log_of(article) == []


def test_a_draft_with_a_time_becomes_scheduled() -> None:
    article = factories.article()
    fields = {"body_en": "<p>Then.</p>", "publish_at": "2030-01-01T10:00"}
    member_of("Journalist").post(ADD, {"article": article.pk, "source_language": "en", **fields})
    assert Update.objects.get().state == "scheduled"


def test_publishing_an_empty_update_shows_an_error_beside_the_field() -> None:
    article = factories.article()
    answer = member_of("Journalist").post(ADD, {"article": article.pk, "source_language": "de", "_publish": "1"})
    assert "body_de" in errors_of(answer)
    assert not Update.objects.exists()


def test_a_journalist_withdraws_an_update_with_one_button() -> None:
    update = factories.update(factories.article())
    client = member_of("Journalist")
    client.post(change_url(update), {**opened(client, update), "_withdraw": "1"})
    update.refresh_from_db()
    assert update.state == "withdrawn"


def test_saving_an_unchanged_form_changes_nothing_for_readers() -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Calm.</p>", authors=(factories.author(),))
    client = member_of("Journalist")
    assert client.post(change_url(update), opened(client, update)).status_code == 302
    assert factories.log_of(article) == [(1, update.element)]
    client = member_of("Editor")
    assert client.post(change_url(article), opened(client, article)).status_code == 302
    assert factories.log_of(article) == [(1, update.element)]


def test_text_and_byline_saved_together_are_one_change() -> None:
    article = factories.article()
    update = factories.update(article)
    client = member_of("Journalist")
    data = {**opened(client, update), "body_en": "<p>New.</p>", "authors": [factories.author().pk]}
    client.post(change_url(update), data)
    assert factories.log_of(article) == [(1, update.element), (2, update.element)]
    assert update.authors.count() == 1


def test_the_second_of_two_users_who_save_an_update_sees_a_conflict_and_loses_nothing() -> None:
    update = factories.update(factories.article(), body_en="<p>As it was.</p>")
    first, second = member_of("Journalist"), member_of("Editor")
    hers, his = opened(first, update), opened(second, update)
    first.post(change_url(update), {**hers, "body_en": "<p>Hers.</p>"})
    answer = second.post(change_url(update), {**his, "body_en": "<p>His.</p>"})
    assert errors_of(answer).as_data()["__all__"][0].code == "conflict"
    assert "&lt;p&gt;His.&lt;/p&gt;" in answer.content.decode()
    update.refresh_from_db()
    assert update.body_en == "<p>Hers.</p>"
    again = form_of(answer)
    second.post(change_url(update), again)
    update.refresh_from_db()
    assert update.body_en == "<p>His.</p>"


def test_a_translator_can_only_change_translations() -> None:
    update = factories.update(factories.article(), headline_en="Head", body_en="<p>Source.</p>")
    client = member_of("Translator")
    fields = client.get(change_url(update)).context["adminform"].form.fields
    assert "body_de" in fields
    assert not {"body_en", "headline_en", "article", "source_language", "is_key", "authors"} & fields.keys()
    client.post(
        change_url(update),
        {
            "version": update.version_name,
            "headline_de": "Kopf",
            "body_de": "<p>Übersetzt.</p>",
            "body_en": "<p>Changed.</p>",
            "is_key": "on",
            "_withdraw": "1",
        },
    )
    update.refresh_from_db()
    assert (update.body_de, update.body_en) == ("<p>Übersetzt.</p>", "<p>Source.</p>")
    assert (update.state, update.is_key) == ("published", False)


def test_a_translator_cannot_publish() -> None:
    draft = factories.update(factories.article(), state="draft", body_en="<p>Draft.</p>")
    client = member_of("Translator")
    client.post(change_url(draft), {"version": draft.version_name, "body_de": "<p>Entwurf.</p>", "_publish": "1"})
    draft.refresh_from_db()
    assert (draft.state, draft.body_de) == ("draft", "<p>Entwurf.</p>")


@pytest.mark.parametrize(
    ("group", "may", "may_not"),
    [
        (
            "Journalist",
            ["articles.add_update"],
            ["articles.delete_article", "articles.delete_update", "comments.change_comment"],
        ),
        ("Translator", ["articles.translate_update"], ["articles.change_update", "articles.add_update"]),
        ("Moderator", ["comments.change_comment"], ["articles.change_update", "articles.add_update"]),
        ("Editor", ["articles.delete_article", "comments.change_comment"], ["auth.change_user", "auth.add_group"]),
    ],
)
def test_a_group_has_the_rights_of_its_name(group: str, may: list[str], may_not: list[str]) -> None:
    user = User.objects.create_user("somebody")
    user.groups.add(Group.objects.get(name=group))
    assert all(user.has_perm(permission) for permission in may)
    assert not any(user.has_perm(permission) for permission in may_not)


def test_a_journalist_sets_up_a_coverage_and_neither_deletes_it_nor_changes_its_rule() -> None:
    article = factories.article()
    client = member_of("Journalist")
    data = opened(client, article) | {"headline_en": "Ministers arrive"}
    assert client.post(change_url(article), data).status_code == 302
    article.refresh_from_db()
    assert article.headline_en == "Ministers arrive"
    ruled = opened(client, article) | {"needs_release": "on"}
    assert "needs_release" in errors_of(client.post(change_url(article), ruled))
    assert client.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_moderator_cannot_change_the_article() -> None:
    article = factories.article()
    client = member_of("Moderator")
    assert client.get(change_url(article)).status_code == 200
    assert client.post(change_url(article), {"slug": "stolen"}).status_code == 403


def test_a_new_update_starts_with_the_journalists_language_and_byline() -> None:
    article = factories.article()
    client = member_of("Journalist")
    author = factories.author()
    author.user = User.objects.get(username="journalist")
    author.save()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "uk"
    initial = client.get(f"{ADD}?article={article.pk}&form=1").context["adminform"].form.initial
    assert initial["source_language"] == "uk"
    assert initial["authors"] == [author.pk]


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_forms_open_in_every_language_under_the_content_security_policy(language: str) -> None:
    article = factories.article()
    update = factories.update(article)
    client = member_of("Editor")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for address in ("/admin/", f"{ADD}?form=1", change_url(update), change_url(article), "/admin/articles/update/"):
        answer = client.get(address)
        html = answer.content.decode()
        assert f'lang="{language}"' in html
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        if "importmap" in html:
            nonce = policy.split("'nonce-")[1].split("'")[0]
            assert f'<script type="importmap" nonce="{nonce}">' in html


def test_an_editor_creates_an_article_in_the_admin() -> None:
    client = member_of("Editor")
    data = form_of(client.get("/admin/articles/article/add/"))
    data |= {"slug": "talks", "source_language": "pl", "languages": ["pl", "en"], "headline_pl": "Rozmowy"}
    assert client.post("/admin/articles/article/add/", data).status_code == 302
    assert Article.objects.get().languages == ["en", "pl"]


def test_an_editor_sets_who_may_embed_a_coverage_and_what_its_followers_hear_of() -> None:
    article = factories.article()
    client = member_of("Editor")
    chosen = {"notifications": "breaking", "embedding": "only", "embed_origins": "https://partner.example"}
    data = opened(client, article)
    assert chosen.keys() <= data.keys()
    assert client.post(change_url(article), data | chosen).status_code == 302
    assert Article.objects.values(*chosen).get() == chosen


def test_the_form_of_an_article_has_all_of_its_settings() -> None:
    article = factories.article()
    form = member_of("Editor").get(change_url(article)).context["adminform"]
    shown = {name for _title, group in form.fieldsets for name in flatten(group["fields"])}
    assert set(flatten(site.get_model_admin(Article).metadata_fields)) <= shown


def test_an_article_keeps_its_settings_for_languages_that_the_site_no_longer_offers(settings: Any) -> None:
    article = factories.article(policies={"uk": "original", "de": "reviewed"})
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    client = member_of("Editor")
    data = opened(client, article) | {"languages": ["en", "de"], "policies_en": "", "policies_de": "machine"}
    assert client.post(change_url(article), data).status_code == 302
    article.refresh_from_db()
    assert article.languages == ["en", "de", "uk", "ar"]
    assert article.policies == {"uk": "original"}


def test_numbers_of_lists_have_the_separators_of_the_language() -> None:
    listed = SimpleNamespace(
        paginator=SimpleNamespace(ELLIPSIS="…", num_pages=1234),
        page_num=1233,
        result_count=123_400,
        get_query_string=lambda named: f"?p={named['p']}",
    )
    context = {"cl": listed, "page_range": [1, "…", 1233, 1234], "pagination_required": True}
    with override("de"):
        pages = render_to_string("admin/pagination.html", context)
        actions = render_to_string("admin/actions.html", context | {"actions_selection_counter": True})
    assert '<a href="?p=1234" class="end">1.234</a>' in pages
    assert '<span class="this-page">1.233</span>' in pages
    assert "<span>123.400 Einträge</span>" in pages
    assert "123.400" in actions

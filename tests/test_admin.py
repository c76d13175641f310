"""The newsroom's forms: each does what its buttons say, for those who may, and loses nothing."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.forms import MultiWidget
from django.test import Client
from django.urls import reverse

from articles.models import Article, Update
from articles.translations import desk, states
from comments.models import Comment
from liveblog.languages import SHIPPED
from tests import factories

pytestmark = pytest.mark.django_db

ADD = "/admin/articles/update/add/"


def member_of(*groups: str) -> Client:
    user = User.objects.create_user("-".join(groups).lower(), is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def change_url(item: Any) -> str:
    return reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_change", args=[item.pk])


def form_of(answer: Any) -> dict[str, Any]:
    """What a browser would send back if nothing was touched."""
    form = answer.context["adminform"].form
    data = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if field.show_hidden_initial:
            data[form[name].html_initial_name] = value or ""
        if isinstance(field.widget, MultiWidget) and isinstance(value, dict):
            data |= {
                f"{name}_{code}": chosen for code, chosen in zip(SHIPPED, field.widget.decompress(value), strict=True)
            }
            continue
        if hasattr(value, "strftime"):
            data[f"{name}_0"], data[f"{name}_1"] = f"{value:%Y-%m-%d}", f"{value:%H:%M:%S}"
        elif value not in (None, False) and name != "photo":
            data[name] = value
    return data


def opened(client: Client, item: Any) -> dict[str, Any]:
    return form_of(client.get(change_url(item)))


def errors_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


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


def test_a_draft_with_a_time_is_scheduled() -> None:
    article = factories.article()
    fields = {"body_en": "<p>Then.</p>", "publish_at_0": "2030-01-01", "publish_at_1": "10:00"}
    member_of("Journalist").post(ADD, {"article": article.pk, "source_language": "en", **fields})
    assert Update.objects.get().state == "scheduled"


def test_publishing_nothing_is_refused_beside_the_field() -> None:
    article = factories.article()
    answer = member_of("Journalist").post(ADD, {"article": article.pk, "source_language": "de", "_publish": "1"})
    assert "body_de" in errors_of(answer)
    assert not Update.objects.exists()


def test_a_published_update_is_withdrawn_with_one_button() -> None:
    update = factories.update(factories.article())
    client = member_of("Journalist")
    client.post(change_url(update), {**opened(client, update), "_withdraw": "1"})
    update.refresh_from_db()
    assert update.state == "withdrawn"


def test_a_form_saved_untouched_changes_nothing_for_readers() -> None:
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


def test_the_second_of_two_who_save_the_same_update_is_told_and_loses_nothing() -> None:
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


def test_a_translator_writes_translations_and_nothing_else() -> None:
    update = factories.update(factories.article(), headline_en="Head", body_en="<p>Source.</p>")
    client = member_of("Translator")
    fields = client.get(change_url(update)).context["adminform"].form.fields
    assert "body_de" in fields
    assert not {"body_en", "headline_en", "article", "source_language", "is_key", "photo", "authors"} & fields.keys()
    client.post(
        change_url(update),
        {
            "version": update.version,
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


def test_a_translator_does_not_publish() -> None:
    draft = factories.update(factories.article(), state="draft", body_en="<p>Draft.</p>")
    client = member_of("Translator")
    client.post(change_url(draft), {"version": draft.version, "body_de": "<p>Entwurf.</p>", "_publish": "1"})
    draft.refresh_from_db()
    assert (draft.state, draft.body_de) == ("draft", "<p>Entwurf.</p>")


@pytest.mark.parametrize(
    ("group", "may", "may_not"),
    [
        (
            "Journalist",
            ["articles.add_update"],
            ["articles.change_article", "articles.delete_update", "comments.change_comment"],
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


def test_a_journalist_cannot_change_the_article() -> None:
    article = factories.article()
    client = member_of("Journalist")
    assert client.get(change_url(article)).status_code == 200
    assert client.post(change_url(article), {"slug": "stolen"}).status_code == 403


def test_a_moderator_approves_from_the_list() -> None:
    article = factories.article()
    comment = Comment.objects.create(article=article, language="en", name="A", text="B")
    client = member_of("Moderator")
    client.post("/admin/comments/comment/", {"action": "approve", "_selected_action": [comment.pk]})
    assert factories.log_of(article) == [(1, comment.element)]


def test_a_new_update_is_offered_in_the_journalists_language_and_name() -> None:
    article = factories.article()
    client = member_of("Journalist")
    author = factories.author()
    author.user = User.objects.get(username="journalist")
    author.save()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "uk"
    initial = client.get(f"{ADD}?article={article.pk}").context["adminform"].form.initial
    assert initial["source_language"] == "uk"
    assert initial["authors"] == [author.pk]


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_forms_open_in_every_language_under_the_policy(language: str) -> None:
    article = factories.article()
    update = factories.update(article)
    client = member_of("Editor")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for address in ("/admin/", ADD, change_url(update), change_url(article), "/admin/articles/update/"):
        answer = client.get(address)
        html = answer.content.decode()
        assert f'lang="{language}"' in html
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        if "importmap" in html:
            nonce = policy.split("'nonce-")[1].split("'")[0]
            assert f'<script type="importmap" nonce="{nonce}">' in html


def test_an_article_is_made_in_the_admin() -> None:
    client = member_of("Editor")
    data = form_of(client.get("/admin/articles/article/add/"))
    data |= {"slug": "talks", "source_language": "pl", "languages": ["pl", "en"], "headline_pl": "Rozmowy"}
    assert client.post("/admin/articles/article/add/", data).status_code == 302
    assert Article.objects.get().languages == ["en", "pl"]


# Texts in several languages, written by several people ----------------------------------------------------------------


def translated(update: Update, language: str, body: str) -> None:
    """A translator's save, at the desk."""
    row = update.translations.get(language=language)
    desk.save(row.pk, desk.stamp(row), {"body": body}, User.objects.create_user("karim"), accept=True)


def test_a_correction_does_not_undo_what_a_translator_saved_meanwhile() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    client = member_of("Journalist")
    data = opened(client, update)
    translated(update, "de", "<p>Es gab 14 Tote.</p>")
    assert client.post(change_url(update), {**data, "body_en": "<p>40 killed.</p>"}).status_code == 302
    update.refresh_from_db()
    assert (update.body_en, update.body_de) == ("<p>40 killed.</p>", "<p>Es gab 14 Tote.</p>")
    assert update.translations.get(language="de").outdated


def test_two_who_wrote_the_same_language_are_both_kept() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    client = member_of("Journalist")
    data = opened(client, update)
    translated(update, "de", "<p>Von der Übersetzerin.</p>")
    answer = client.post(change_url(update), {**data, "body_de": "<p>Von der Journalistin.</p>"})
    assert "Von der Übersetzerin." in str(errors_of(answer)["body_de"])
    form = answer.context["adminform"].form
    assert form["body_de"].value() == "<p>Von der Journalistin.</p>"
    update.refresh_from_db()
    assert update.body_de == "<p>Von der Übersetzerin.</p>"
    # Having read it, she insists.
    again = {**form_of(answer), "body_de": "<p>Von beiden.</p>", "initial-body_de": "<p>Von der Übersetzerin.</p>"}
    assert client.post(change_url(update), again).status_code == 302
    update.refresh_from_db()
    assert update.body_de == "<p>Von beiden.</p>"


def test_who_writes_in_a_language_stands_behind_it() -> None:
    update = factories.update(factories.article(), body_en="<p>Peace.</p>")
    client = member_of("Journalist")
    client.post(change_url(update), {**opened(client, update), "body_uk": "<p>Мир.</p>"})
    row = update.translations.get(language="uk")
    assert (row.state, row.reviewer.username) == ("reviewed", "journalist")


def test_an_editor_decides_what_readers_get_of_texts_that_nobody_has_reviewed() -> None:
    article = factories.article()
    client = member_of("Editor")
    assert client.post(change_url(article), {**opened(client, article), "policies_de": "original"}).status_code == 302
    article.refresh_from_db()
    assert article.policies == {"de": "original"}
    answer = client.post(change_url(article), {**opened(client, article), "policies_de": "anything"})
    assert "policies" in errors_of(answer)


# The translators' desk ------------------------------------------------------------------------------------------------


def desk_url(update: Update, language: str) -> str:
    return change_url(update.translations.get(language=language))


def written(client: Client, url: str, **texts: str) -> dict[str, Any]:
    form = client.get(url).context["form"]
    return {"stamp": form["stamp"].value(), **{name.replace("_", "-"): text for name, text in texts.items()}}


def test_a_translator_accepts_and_is_led_to_the_next() -> None:
    article = factories.article()
    first, second = factories.update(article), factories.update(article)
    client = member_of("Translator")
    url = desk_url(second, "de")
    answer = client.post(url, {**written(client, url, body_0="<p>Beginn der Gespräche.</p>"), "_accept": "1"})
    assert answer.url == desk_url(first, "de")
    second.refresh_from_db()
    assert second.body_de == "<p>Beginn der Gespräche.</p>"
    assert second.translations.get(language="de").state == "reviewed"


def test_what_is_saved_without_being_accepted_is_in_review() -> None:
    update = factories.update(factories.article())
    client = member_of("Translator")
    url = desk_url(update, "de")
    client.post(url, {**written(client, url, body_0="<p>Beginn.</p>"), "_save": "1"})
    assert update.translations.get(language="de").state == "review"


def test_paragraph_stands_beside_paragraph_and_becomes_one_text_again() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p><ul><li>a</li><li>b</li></ul><p>Two.</p>")
    client = member_of("Translator")
    url = desk_url(update, "de")
    (section,) = client.get(url).context["sections"]
    assert [str(pair["original"]) for pair in section["pairs"]] == [
        "<p>One.</p>",
        "<ul><li>a</li><li>b</li></ul>",
        "<p>Two.</p>",
    ]
    pieces = {"body_0": "<p>Eins.</p>", "body_1": "<ul><li>a</li><li>b</li></ul>", "body_2": "<p>Zwei.</p>"}
    client.post(url, {**written(client, url, **pieces), "_accept": "1"})
    update.refresh_from_db()
    assert update.body_de == "<p>Eins.</p><ul><li>a</li><li>b</li></ul><p>Zwei.</p>"


def test_an_original_that_was_corrected_meanwhile_is_shown_before_anything_is_saved() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>")
    client = member_of("Translator")
    url = desk_url(update, "de")
    data = written(client, url, body_0="<p>14 Tote.</p>")
    update.body_en = "<p>40 killed.</p>"
    update.save()
    answer = client.post(url, {**data, "_accept": "1"})
    assert answer.status_code == 200
    update.refresh_from_db()
    assert not update.body_de
    assert answer.context["form"]["body-0"].value() == "<p>14 Tote.</p>"


def test_what_turns_the_direction_of_text_around_is_not_saved() -> None:
    update = factories.update(factories.article())
    client = member_of("Translator")
    url = desk_url(update, "de")
    answer = client.post(
        url, {**written(client, url, body_0="<p>Gespräche \u202e haben begonnen.</p>"), "_accept": "1"}
    )
    assert answer.context["form"].errors
    update.refresh_from_db()
    assert not update.body_de


def test_what_is_not_for_a_language_leaves_the_queue() -> None:
    update = factories.update(factories.article())
    client = member_of("Translator")
    url = desk_url(update, "de")
    client.post(url, {**written(client, url), "_refuse": "1"})
    assert update.translations.get(language="de").state == "refused"
    assert not states.Translation.objects.wanting().filter(update=update, language="de").exists()


def test_who_may_not_translate_does_not_see_the_desk() -> None:
    update = factories.update(factories.article())
    client = member_of("Moderator")
    assert client.get(desk_url(update, "de")).status_code == 403
    assert client.get("/admin/articles/translation/").status_code == 403


def test_a_machine_is_asked_for_drafts_only_where_no_person_wrote(settings: Any) -> None:
    settings.LIBRETRANSLATE_URL = "http://127.0.0.1:9"
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>", body_de="<p>Frieden.</p>")
    rows = update.translations.all()
    rows.update(due_at=None)
    client = member_of("Translator")
    client.post(
        "/admin/articles/translation/?state=all",
        {"action": "ask_machine", "_selected_action": [row.pk for row in rows]},
    )
    assert {row.language: row.due_at is not None for row in update.translations.all()} == {
        "de": False,
        "uk": True,
        "ar": True,
    }

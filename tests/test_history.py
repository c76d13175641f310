"""Every version of every update is kept with its author, and can be read, compared and restored."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles import changes
from articles.embeds import services
from articles.history import content, registry, restoring
from articles.models import Article, Update, UpdateVersion
from articles.pictures import versions
from articles.publishing.schedule import publish_due
from articles.translations import columns, desk, drafting
from liveblog.accounts.models import Profile
from liveblog.actors import acting_as
from liveblog.languages import column
from tests import factories, soak
from tests.actors import TEST
from tests.forms import change_url, member_of, opened

pytestmark = pytest.mark.django_db


def numbers(update: Update) -> list[int]:
    return sorted(update.versions.values_list("number", flat=True))


def newest(update: Update) -> UpdateVersion:
    return update.versions.order_by("-number")[0]


def versions_url(update: Update) -> str:
    return f"/admin/articles/update/{update.pk}/versions/"


# Recording ------------------------------------------------------------------------------------------------------------


def test_each_save_that_changes_anything_is_one_version() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>", authors=(factories.author(),))
    update.body_en = "<p>Two.</p>"
    update.save()
    update.save()
    with changes.edit(update):
        update.is_key = True
        update.save()
        update.authors.clear()
    assert numbers(update) == [1, 2, 3]
    texts = [version.data["body_en"] for version in update.versions.order_by("number")]
    assert texts == ["<p>One.</p>", "<p>Two.</p>", "<p>Two.</p>"]
    assert (newest(update).data["authors"], newest(update).data["is_key"]) == ([], True)


def test_a_version_names_its_author_whichever_way_it_was_saved() -> None:
    article = factories.article()
    journalist, translator = member_of("Journalist"), User.objects.create_user("greta")
    form = {"article": article.pk, "source_language": "en", "body_en": "<p>Talks.</p>"}
    journalist.post("/admin/articles/update/add/", {**form, "_publish": "1"})
    update = Update.objects.get()
    assert str(newest(update).user) == "journalist"
    row = update.translations.get(language="de")
    desk.save(row.pk, desk.version_token(row), {"body": "<p>Gespräche.</p>"}, translator, accept=True)
    assert newest(update).user == translator
    row = update.translations.get(language="uk")
    source = columns.texts_of(Update.objects.get(), "en")
    assert drafting.store(row, {"body": "<p>Переговори.</p>"}, source=source, engine="deepl", problems={})
    assert (newest(update).user, newest(update).cause) == (None, "machine")
    row.refresh_from_db()
    desk.refuse(row.pk, desk.version_token(row), translator)
    assert (newest(update).user, newest(update).data["translations"]["uk"]["state"]) == (translator, "refused")


def test_a_scheduled_publication_is_a_version_by_the_clock() -> None:
    update = factories.scheduled(factories.article())
    assert publish_due() == 1
    assert (newest(update).user, newest(update).cause, newest(update).data["state"]) == (None, "clock", "published")


@pytest.mark.database
def test_a_failed_edit_leaves_no_version() -> None:
    update = factories.update(factories.article())
    with pytest.raises(RuntimeError), changes.edit(update):
        update.body_en = "<p>Half done.</p>"
        update.save()
        raise RuntimeError
    assert numbers(update) == [1]


def test_nested_edits_of_an_update_make_one_version() -> None:
    update = factories.update(factories.article())
    with changes.edit(update):
        other = Update.objects.get(pk=update.pk)
        other.body_en = "<p>From elsewhere.</p>"
        other.save()
    assert numbers(update) == [1, 2]


def test_an_update_older_than_the_history_keeps_its_former_text() -> None:
    update = factories.update(factories.article(), body_en="<p>As it was.</p>")
    update.versions.all().delete()
    update.body_en = "<p>As it is.</p>"
    update.save()
    first, second = update.versions.order_by("number")
    assert (first.cause, first.data["body_en"], second.data["body_en"]) == (
        "found",
        "<p>As it was.</p>",
        "<p>As it is.</p>",
    )


def test_a_version_includes_data_that_another_package_registers(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[int, str] = {}
    monkeypatch.setattr(registry, "_relations", dict(registry._relations))
    registry.register(
        "score", lambda update: kept.get(update.pk, ""), lambda update, data: kept.update({update.pk: data})
    )
    update = factories.update(factories.article())
    for score in ("1:0", "1:1"):
        with changes.edit(update):
            kept[update.pk] = score
    assert [version.data["score"] for version in update.versions.order_by("number")] == ["", "1:0", "1:1"]
    restoring.restore(update.pk, 2, 3, TEST)
    assert kept[update.pk] == "1:0"


def test_concurrent_saves_leave_no_gap_between_versions(transactional_db: None) -> None:
    update = factories.update(factories.article())

    def write(writer: int) -> None:
        try:
            for take in range(5):
                mine = Update.objects.get(pk=update.pk)
                mine.body_en = f"<p>{writer}, {take}.</p>"
                with acting_as(TEST):
                    mine.save()
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(update) == list(range(1, 22))


def test_a_save_reads_the_update_once_before_and_once_after() -> None:
    update = factories.update(factories.article(), authors=(factories.author(),))
    update = Update.objects.get(pk=update.pk)
    update.body_en = "<p>More.</p>"
    with CaptureQueriesContext(connection) as captured:
        update.save()
    reads = [query["sql"] for query in captured if query["sql"].startswith('SELECT "articles_update"."id"')]
    assert len(reads) == 2


# Reading --------------------------------------------------------------------------------------------------------------


def test_the_page_of_versions_shows_changes_word_by_word() -> None:
    update = factories.update(factories.article(), body_en="<p>14 were killed &amp; 3 hurt.</p>")
    client = member_of("Journalist")
    data = opened(client, update)
    client.post(change_url(update), {**data, "body_en": "<p>40 were killed &amp; 3 hurt.</p>"})
    html = client.get(versions_url(update)).content.decode()
    assert '<div class="difference" lang="en" dir="ltr"><del><span class="visually-hidden"' in html
    assert "</span>14</del><ins>" in html
    assert "</span>40</ins> were killed &amp; 3 hurt.</div>" in html
    assert "<bdi>journalist</bdi>" in html


def test_each_text_declares_its_language_and_direction() -> None:
    update = factories.update(factories.article(), body_en="<p>Peace.</p>", body_ar="<p>سلام</p>")
    update.body_ar = "<p>سلام دائم</p>"
    update.save()
    client = member_of("Translator")
    html = client.get(versions_url(update)).content.decode()
    assert (
        '<div class="difference" lang="ar" dir="rtl">سلام <ins><span class="visually-hidden" lang="en" dir="ltr">'
        in html
    )


def test_any_two_versions_can_be_compared() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    for word in ("Two", "Three"):
        update.body_en = f"<p>{word}.</p>"
        update.save()
    (words,) = member_of("Editor").get(f"{versions_url(update)}?version=3&against=1").context["words"]
    assert "One<" in words.fields[0][1]
    assert "Two" not in words.fields[0][1]


def test_the_list_describes_each_version_in_words() -> None:
    article = factories.article()
    update = factories.update(article, state="draft", body_en="<p>One.</p>")
    for edit in (
        {"state": "published"},
        {"body_de": "<p>Eins.</p>"},
        {"is_key": True},
        {"body_en": "<p>Two.</p>", "correction_note_en": "It was two."},
        {"state": "withdrawn", "leaves_mark": True},
        {"state": "published"},
    ):
        for name, value in edit.items():
            setattr(update, name, value)
        update.save()
    versions = member_of("Journalist").get(versions_url(update)).context["versions"]
    assert [", ".join(version.summary) for version in reversed(list(versions))] == [
        "written, saved as draft",
        "published",
        "text: German",
        "key event",
        "corrected, text: English, German: Reviewed, outdated",
        "withdrawn, with a notice to readers",
        "published again",
    ]


def test_reading_versions_takes_the_same_queries_for_any_number_of_them() -> None:
    update = factories.update(factories.article())
    client = member_of("Journalist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(versions_url(update))
        return len(captured)

    for take in range(3):
        update.body_en = f"<p>{take}.</p>"
        update.save()
    few = queries()
    for take in range(30):
        update.body_en = f"<p>More, {take}.</p>"
        update.save()
    assert queries() <= few + 1


def test_a_comparison_shows_changed_markup() -> None:
    update = factories.update(factories.article(), body_en='<p><a href="https://example.org/a">Here</a></p>')
    update.body_en = '<p><a href="https://example.org/b">Here</a></p>'
    update.save()
    html = member_of("Journalist").get(versions_url(update)).content.decode()
    assert "https://example.org/a" in html
    assert "https://example.org/b" in html


def test_a_new_version_does_not_move_the_pages_of_older_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.history.admin.PAGE_SIZE", 2)
    update = factories.update(body_en="<p>1</p>", of=factories.article())

    def save() -> None:
        update.body_en = f"<p>{update.versions.count() + 1}</p>"
        update.save()

    for _ in range(4):
        save()
    client, url = member_of("Journalist"), versions_url(update)

    def listed(query: str) -> list[int]:
        return [version.number for version in client.get(f"{url}{query}").context["versions"]]

    older = client.get(url).context["older"]
    save()
    assert (older, listed(older)) == ("?before=4&version=5", [3, 2])
    assert listed("?after=3&version=1") == [5, 4]
    for query in ("before=7", "before=0", "before=1&after=1"):
        assert client.get(f"{url}?{query}").status_code == 404


def test_only_users_who_can_see_updates_can_see_versions() -> None:
    update = factories.update(factories.article())
    assert member_of("Journalist").get(change_url(update)).content.decode().count(versions_url(update)) == 1
    assert member_of("Nobody").get(versions_url(update)).status_code == 403
    assert Client().get(versions_url(update)).status_code == 302


# Restoring ------------------------------------------------------------------------------------------------------------


def restored(client: Client, update: Update, version: int, what: str = "all", shown: int | None = None) -> Any:
    names = {one.number: one.name for one in update.versions.all()}
    shown = names[newest(update).number if shown is None else shown]
    answer = client.post(versions_url(update), {"version": names[version], "newest": shown, "what": what}, follow=True)
    update.refresh_from_db()
    return answer


def test_restoring_a_version_makes_a_new_one() -> None:
    article = factories.article()
    update = factories.update(article, headline_en="Talks", body_en="<p>One.</p>", authors=(factories.author(),))
    with changes.edit(update):
        update.headline_en, update.body_en, update.is_key = "", "<p>Two.</p>", True
        update.save()
        update.authors.clear()
    client = member_of("Journalist")
    restored(client, update, 1)
    assert (update.headline_en, update.body_en, update.is_key) == ("Talks", "<p>One.</p>", False)
    assert update.authors.count() == 1
    version = newest(update)
    assert (version.number, version.restored, str(version.user)) == (3, 1, "journalist")
    # The update was a key event, and no longer is.
    last = {element for _revision, element in factories.log_of(article)[-2:]}
    assert last == {update.element, f"moment-{update.pk}"}


def test_restoring_an_update_without_text_restores_its_pictures_and_embed() -> None:
    article = factories.article()
    pictures = factories.update(article, kind="pictures", headline_en="", pictures=(factories.picture(),))
    embed = Update(article=article, kind="embed", state="published")
    with changes.edit(embed):
        embed.save()
        services.attach(embed, "https://example.com/chart")
    editor = member_of("Editor")
    for update in (pictures, embed):
        with changes.edit(update):
            update.kind, update.body_en = "text", "<p>Words.</p>"
            update.save()
            services.attach(update, "")
            versions.put(update, [])
        restored(editor, update, 1)
    assert (pictures.kind, pictures.pictures.count()) == ("pictures", 1)
    assert (embed.kind, embed.embed.url) == ("embed", "https://example.com/chart")


def test_restoring_a_text_neither_publishes_nor_withdraws_it() -> None:
    update = factories.update(factories.article(), state="draft", body_en="<p>A draft.</p>")
    update.state, update.body_en = "published", "<p>Published.</p>"
    update.save()
    first = update.first_published_at
    client = member_of("Editor")
    restored(client, update, 1)
    assert (update.state, update.first_published_at, update.body_en) == ("published", first, "<p>A draft.</p>")
    update.state = "withdrawn"
    update.save()
    restored(client, update, 2)
    assert (update.state, update.body_en) == ("withdrawn", "<p>Published.</p>")


def test_restoring_over_a_version_that_was_not_shown_is_refused() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    for word in ("Two", "Three"):
        update.body_en = f"<p>{word}.</p>"
        update.save()
    answer = restored(member_of("Journalist"), update, 1, shown=2)
    assert "Someone else has saved this update" in answer.content.decode()
    assert (update.body_en, numbers(update)) == ("<p>Three.</p>", [1, 2, 3])


def test_restoring_one_language_leaves_the_others_unchanged() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>", body_de="<p>Eins.</p>", body_uk="<p>А.</p>")
    update.body_de, update.body_uk, update.is_key = "<p>Zwei.</p>", "<p>Б.</p>", True
    update.save()
    restored(member_of("Translator"), update, 1, "de")
    assert (update.body_de, update.body_uk, update.is_key) == ("<p>Eins.</p>", "<p>Б.</p>", True)


def test_restoring_a_language_restores_its_captions() -> None:
    picture = factories.picture(caption_en="The hall", caption_de="Der Saal", caption_uk="Зала")
    update = factories.update(factories.article(), body_en="<p>One.</p>", body_de="<p>Eins.</p>", pictures=(picture,))
    with changes.edit(update):
        update.body_de = "<p>Zwei.</p>"
        update.save()
        picture.caption_de, picture.caption_uk = "Ein anderer Saal", "Інша зала"
        picture.save()
    restored(member_of("Translator"), update, 1, "de")
    picture.refresh_from_db()
    assert (update.body_de, picture.caption_de, picture.caption_uk) == ("<p>Eins.</p>", "Der Saal", "Інша зала")


def test_a_translator_can_only_restore_translations() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>", body_de="<p>Eins.</p>")
    update.body_en, update.body_de = "<p>Two.</p>", "<p>Zwei.</p>"
    update.save()
    client = member_of("Translator")
    offered = client.get(f"{versions_url(update)}?version=1").context["restorable"]
    assert [value for value, _name in offered] == ["de"]
    for what in ("en", "all"):
        assert restored(client, update, 1, what).status_code == 403
    assert restored(member_of("Moderator"), update, 1, "de").status_code == 403
    assert (update.body_en, update.body_de) == ("<p>Two.</p>", "<p>Zwei.</p>")


def test_a_translator_restores_only_translations_into_their_own_languages() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>", body_de="<p>Eins.</p>", body_uk="<p>А.</p>")
    update.body_de, update.body_uk = "<p>Zwei.</p>", "<p>Б.</p>"
    update.save()
    client = member_of("Translator")
    Profile.objects.update_or_create(user=User.objects.get(username="translator"), defaults={"languages": ["uk"]})
    offered = client.get(f"{versions_url(update)}?version=1").context["restorable"]
    assert [value for value, _name in offered] == ["uk"]
    assert restored(client, update, 1, "de").status_code == 403
    assert update.body_de == "<p>Zwei.</p>"
    assert restored(client, update, 1, "uk").status_code == 200
    assert update.body_uk == "<p>А.</p>"


def test_a_restored_translation_has_the_state_that_it_had_then() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>")
    row = update.translations.get(language="de")
    source = columns.texts_of(update, "en")
    drafting.store(row, {"body": "<p>14 Tote.</p>"}, source=source, engine="deepl", problems={})
    drafted = newest(update).number
    row.refresh_from_db()
    desk.save(
        row.pk, desk.version_token(row), {"body": "<p>Es gab 14 Tote.</p>"}, User.objects.create_user("g"), accept=True
    )
    restored(member_of("Journalist"), update, drafted)
    row.refresh_from_db()
    assert (row.state, row.engine, row.reviewer, row.outdated) == ("machine", "deepl", None, False)
    update.body_en = "<p>40 killed.</p>"
    update.save()
    desk.save(
        row.pk,
        desk.version_token(type(row).objects.get(pk=row.pk)),
        {"body": "<p>40 Tote.</p>"},
        User.objects.create_user("h"),
        accept=True,
    )
    restored(member_of("Translator"), update, drafted, "de")
    row.refresh_from_db()
    # The original was corrected after that draft.
    assert (row.state, row.outdated, row.source) == ("machine", True, {"body": "<p>14 killed.</p>"})


def test_restoring_an_invalid_version_is_refused_with_a_reason() -> None:
    update = factories.update(factories.article(), state="draft", body_en="", headline_en="")
    update.body_en, update.state = "<p>One.</p>", "published"
    update.save()
    answer = restored(member_of("Journalist"), update, 1)
    assert "Enter a headline or text in the source language first." in answer.content.decode()
    assert update.body_en == "<p>One.</p>"


LANGUAGES = ("en", "de", "uk", "ar")
_texts = st.sampled_from(
    ["<p>a &amp; b</p>", "<p>é</p><p>c</p>", "<ul><li>x</li></ul>", "<p>5 &lt; 6</p>", "<p>سلام</p>"]
)
_lines = st.sampled_from(["", "a & b", "5 < 6", "é"])
_edits = st.fixed_dictionaries(
    {},
    optional={
        **{column("body", language): st.one_of(st.just(""), _texts) for language in LANGUAGES[1:]},
        "body_en": _texts,
        "headline_en": _lines,
        "correction_note_en": _lines,
        "is_key": st.booleans(),
        "state": st.sampled_from(["published", "withdrawn"]),
    },
)


@pytest.mark.database
class AnyHistory(TestCase):
    @settings(max_examples=soak.count(6, 15))
    @given(st.lists(_edits, min_size=1, max_size=5), st.data())
    def test_a_restored_version_equals_the_original_one(self, edits: list[dict[str, Any]], data: Any) -> None:
        update = factories.update(factories.article(), headline_en="x", body_en="<p>Begin.</p>")
        for edit in edits:
            for name, value in edit.items():
                setattr(update, name, value)
            update.save()
        last = newest(update).number
        chosen = update.versions.get(number=data.draw(st.integers(1, last)))
        state, first = update.state, update.first_published_at
        restoring.restore(update.pk, chosen.number, last, TEST)
        # Restoring again changes nothing.
        count = newest(update).number
        restoring.restore(update.pk, chosen.number, count, TEST)
        assert numbers(update) == list(range(1, count + 1))
        now = newest(update).data
        assert content.of(now) == content.of(chosen.data)
        assert {k: v["state"] for k, v in now["translations"].items()} == {
            k: v["state"] for k, v in chosen.data["translations"].items()
        }
        update.refresh_from_db()
        assert (update.state, update.first_published_at) == (state, first)

    @settings(max_examples=soak.count(6, 15))
    @given(_edits)
    def test_recording_twice_makes_one_version(self, edit: dict[str, Any]) -> None:
        update = factories.update(factories.article(), headline_en="x", body_en="<p>Begin.</p>")
        for name, value in edit.items():
            setattr(update, name, value)
        update.save()
        before = numbers(update)
        update.save()
        Update.objects.get(pk=update.pk).save()
        assert numbers(update) == before


def test_deleting_an_article_deletes_its_history() -> None:
    article = factories.article()
    factories.update(article)
    Article.objects.get(pk=article.pk).delete()
    assert not UpdateVersion.objects.exists()

"""An update in several articles is written, translated and corrected once."""

import datetime
import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles import changes
from articles.history import restoring
from articles.models import Article, Translation, Update
from articles.publishing import syndication
from articles.publishing.schedule import publish_due
from articles.translations import columns, desk, drafting
from liveblog.actors import acting_as
from liveblog.languages import column
from liveblog.models import Change
from tests import factories, soak
from tests.actors import TEST
from tests.forms import change_url, member_of, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def copied(update: Update, article: Article, user: Any = TEST) -> Update:
    (copy,) = syndication.copy_to(update, [article], user)
    return copy


def saved(update: Update, **fields: Any) -> Update:
    update = Update.objects.get(pk=update.pk)
    for name, value in fields.items():
        setattr(update, name, value)
    update.save()
    return update


def state_of(update: Update, language: str) -> tuple[str, bool]:
    return update.translations.values_list("state", "outdated").get(language=language)


# Copies ---------------------------------------------------------------------------------------------------------------


def test_a_copy_has_the_same_text_and_time(ann: User) -> None:
    article, other = factories.article(), factories.article(languages=["en", "de"])
    texts = {"body_en": "<p>Talks.</p>", "body_de": "<p>Gespräche.</p>", "body_uk": "<p>Переговори.</p>"}
    update = factories.update(article, **texts, is_key=True, authors=(factories.author(),))
    copy = copied(update, other, ann)
    copy.refresh_from_db()
    update.refresh_from_db()
    assert copy.copy_group == update.copy_group is not None
    assert (copy.body_en, copy.body_de, copy.body_uk or "") == ("<p>Talks.</p>", "<p>Gespräche.</p>", "")
    assert (copy.state, copy.is_key, copy.first_published_at) == ("published", True, update.first_published_at)
    assert list(copy.authors.all()) == list(update.authors.all())
    assert factories.log_of(other) == [(1, copy.element), (2, f"moment-{copy.pk}")]
    assert copy.versions.get().user == ann


def test_copying_again_copies_nothing(ann: User) -> None:
    article, other, third = factories.article(), factories.article(), factories.article()
    update = factories.update(article)
    first = copied(update, other)
    assert syndication.copy_to(update, [other, third], ann)[0] == first
    assert syndication.copy_to(update, [article], ann) == [Update.objects.get(pk=update.pk)]
    assert syndication.copy_to(first, [third], ann) == [third.updates.get()]
    assert Update.objects.count() == 3
    assert factories.log_of(other) == [(1, first.element)]


def test_a_copy_has_the_translations_in_their_present_state(ann: User) -> None:
    article, other = factories.article(), factories.article()
    update = factories.update(article, body_en="<p>14 killed.</p>")
    row = update.translations.get(language="uk")
    source = columns.texts_of(update, "en")
    drafting.store(row, {"body": "<p>14 загиблих.</p>"}, source=source, engine="deepl", problems={})
    row = update.translations.get(language="de")
    desk.save(row.pk, desk.version_token(row), {"body": "<p>14 Tote.</p>"}, ann, accept=True)
    copy = copied(update, other)
    german, ukrainian = (copy.translations.get(language=language) for language in ("de", "uk"))
    assert (german.state, german.reviewer, german.outdated) == ("reviewed", ann, False)
    assert (ukrainian.state, ukrainian.engine, ukrainian.outdated) == ("machine", "deepl", False)
    assert state_of(copy, "ar") == ("missing", False)


def test_no_text_is_translated_twice(settings: Any, ann: User) -> None:
    settings.LIBRETRANSLATE_URL = "http://127.0.0.1:9"
    article, other = factories.article(languages=["en", "de"]), factories.article(languages=["en", "de", "pl"])
    update = factories.update(article, body_en="<p>Peace.</p>")
    copy = copied(update, other)
    due = set(Translation.objects.exclude(due_at=None).exclude(update=None).values_list("update", "language"))
    # Only the second article has Polish.
    assert due == {(update.pk, "de"), (copy.pk, "pl")}
    row = update.translations.get(language="de")
    texts = columns.texts_of(update, "en")
    drafting.store(row, {"body": "<p>Frieden.</p>"}, source=texts, engine="libretranslate", problems={})
    copy.refresh_from_db()
    assert copy.body_de == "<p>Frieden.</p>"
    assert state_of(copy, "de") == ("machine", False)


def test_a_copy_waits_where_a_second_person_releases(ann: User) -> None:
    update = factories.update(factories.article())
    copy = copied(update, factories.article(needs_release=True), ann)
    assert (copy.state, copy.submitted_by, copy.first_published_at) == ("submitted", ann, None)


def test_a_failure_in_one_article_leaves_no_copies_in_the_others(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    article, other, broken = factories.article(), factories.article(), factories.article()
    update = factories.update(article)
    save = Update.save

    def fails(self: Update, *args: Any, **kwargs: Any) -> None:
        if self.article_id == broken.pk:
            raise RuntimeError
        save(self, *args, **kwargs)

    monkeypatch.setattr(Update, "save", fails)
    with pytest.raises(RuntimeError):
        syndication.copy_to(update, [other, broken], ann)
    assert Update.objects.count() == 1
    assert factories.log_of(other) == []


# Publishing -----------------------------------------------------------------------------------------------------------


def test_all_copies_of_a_draft_are_published_together(ann: User) -> None:
    article, other = factories.article(), factories.article()
    draft = factories.update(article, state="draft", body_en="<p>Soon.</p>")
    copy = copied(draft, other, ann)
    assert copy.state == "draft"
    with acting_as(ann):
        saved(draft, state="published")
    assert syndication.publish_copies(draft, ann) == [copy]
    assert syndication.publish_copies(draft, ann) == []
    times = set(Update.objects.values_list("state", "first_published_at"))
    assert len(times) == 1
    assert [element for _revision, element in factories.log_of(other)] == [copy.element]


def test_copies_of_a_draft_are_published_when_the_clock_publishes_it(ann: User) -> None:
    draft = factories.update(factories.article(), state="draft", body_en="<p>Soon.</p>")
    copy = copied(draft, factories.article(), ann)
    factories.make_due(saved(draft, state="scheduled", publish_at=timezone.now() + datetime.timedelta(hours=1)))
    assert publish_due() == 1
    assert set(Update.objects.values_list("state", flat=True)) == {"published"}
    assert len(set(Update.objects.values_list("first_published_at", flat=True))) == 1
    assert copy.versions.latest("number").cause == "clock"


def test_copies_of_a_draft_are_published_when_the_form_publishes_it(ann: User) -> None:
    journalist = member_of("Journalist")
    draft = factories.update(factories.article(), state="draft", body_en="<p>Soon.</p>")
    copied(draft, factories.article(), ann)
    journalist.post(change_url(draft), opened(journalist, draft) | {"_publish": "1"})
    assert set(Update.objects.values_list("state", flat=True)) == {"published"}


def test_a_copy_that_waits_in_another_article_keeps_waiting(ann: User) -> None:
    articles = [factories.article() for _ in range(3)]
    draft = factories.update(articles[0], state="draft", body_en="<p>Soon.</p>")
    submitted, scheduled = syndication.copy_to(draft, articles[1:], ann)
    saved(submitted, state="submitted")
    saved(scheduled, state="scheduled", publish_at=timezone.now() + datetime.timedelta(hours=1))
    saved(draft, state="published")
    assert syndication.publish_copies(draft, ann) == []
    states_now = dict(Update.objects.exclude(pk=draft.pk).values_list("pk", "state"))
    assert states_now == {submitted.pk: "submitted", scheduled.pk: "scheduled"}


# After a correction ---------------------------------------------------------------------------------------------------


def test_a_correction_reaches_all_copies_at_the_same_moment(ann: User) -> None:
    article, other = factories.article(), factories.article()
    update = factories.update(article, body_en="<p>14.</p>", body_de="<p>14.</p>")
    copy = copied(update, other)
    with acting_as(ann):
        saved(update, body_en="<p>40.</p>", correction_note_en="It was 14.")
    copy.refresh_from_db()
    assert (copy.body_en, copy.correction_note_en) == ("<p>40.</p>", "It was 14.")
    assert copy.corrected_at is not None
    assert state_of(copy, "de") == ("reviewed", True)
    assert copy.versions.order_by("-number")[0].user == ann
    assert factories.log_of(other)[-1] == (2, copy.element)


def test_a_correction_of_any_copy_reaches_the_others() -> None:
    update = factories.update(factories.article(), body_en="<p>14.</p>")
    copy = copied(update, factories.article())
    saved(copy, body_en="<p>40.</p>", body_de="<p>Nun 40.</p>")
    update.refresh_from_db()
    assert (update.body_en, update.body_de) == ("<p>40.</p>", "<p>Nun 40.</p>")
    assert state_of(update, "de") == ("reviewed", False)


def test_updating_copies_twice_changes_nothing() -> None:
    update = factories.update(factories.article(), body_en="<p>14.</p>", body_de="<p>14.</p>")
    copy = copied(update, factories.article())
    saved(update, body_en="<p>40.</p>")
    before = [copy.versions.count(), Change.objects.count(), Update.objects.get(pk=copy.pk).version]
    syndication.update_copies(Update.objects.get(pk=update.pk))
    syndication.update_copies(Update.objects.get(pk=copy.pk))
    assert [copy.versions.count(), Change.objects.count(), Update.objects.get(pk=copy.pk).version] == before


def test_each_article_decides_about_state_and_key_events_of_its_copies() -> None:
    update = factories.update(factories.article(), body_en="<p>14.</p>")
    copy = copied(update, factories.article())
    saved(copy, state="withdrawn")
    saved(update, is_key=True, body_en="<p>40.</p>")
    update.refresh_from_db()
    copy.refresh_from_db()
    assert (update.state, copy.state, copy.is_key, copy.body_en) == ("published", "withdrawn", False, "<p>40.</p>")


def test_a_correction_makes_a_released_copy_wait_for_release_again(ann: User) -> None:
    ben = User.objects.create_user("ben")
    later = timezone.now() + datetime.timedelta(hours=1)
    update = factories.update(factories.article(), state="scheduled", publish_at=later, body_en="<p>One.</p>")
    copy = copied(update, factories.article(needs_release=True), ann)
    with acting_as(ben):
        copy = saved(copy, state="scheduled")
    with acting_as(ann):
        saved(update, body_en="<p>Two.</p>")
    copy.refresh_from_db()
    assert (copy.state, copy.body_en, copy.released_by) == ("submitted", "<p>Two.</p>", None)


def test_restoring_a_version_updates_its_copies() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    copy = copied(update, factories.article())
    saved(update, body_en="<p>Two.</p>")
    newest = update.versions.count()
    restoring.restore(update.pk, 1, newest, TEST)
    copy.refresh_from_db()
    assert copy.body_en == "<p>One.</p>"


def test_concurrent_corrections_of_two_copies_wait_for_each_other(transactional_db: None) -> None:
    update = factories.update(factories.article(), body_en="<p>Begin.</p>")
    copy = copied(update, factories.article())
    start, failures = threading.Barrier(2), []

    def correct(pk: int) -> None:
        try:
            start.wait()
            for take in range(8):
                with acting_as(TEST):
                    saved(Update.objects.get(pk=pk), body_en=f"<p>{pk}, {take}.</p>")
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=correct, args=(each.pk,)) for each in (update, copy)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    update.refresh_from_db()
    copy.refresh_from_db()
    assert update.body_en == copy.body_en


LANGUAGES = ("en", "de", "uk", "ar")
_edits = st.tuples(
    st.integers(0, 2),
    st.fixed_dictionaries(
        {},
        optional={column("body", language): st.sampled_from(["<p>a</p>", "<p>b</p>"]) for language in LANGUAGES}
        | {"correction_note_en": st.sampled_from(["", "n"]), "headline_de": st.sampled_from(["", "K"])},
    ),
)


class AnyEvening(TestCase):
    @settings(max_examples=soak.count(4, 10))
    @given(st.lists(_edits, min_size=1, max_size=4))
    def test_copies_stay_the_same_whichever_is_edited(self, edits: list[tuple[int, dict[str, str]]]) -> None:
        articles = [factories.article(languages=languages) for languages in (LANGUAGES, ("en", "de"), ("en", "de"))]
        first = factories.update(articles[0], body_en="<p>Begin.</p>")
        copies = [first, *syndication.copy_to(first, articles[1:], TEST)]
        for which, edit in edits:
            saved(copies[which], **edit)
        now = [Update.objects.get(pk=copy.pk) for copy in copies]
        for language in ("en", "de"):
            assert len({tuple(columns.texts_of(copy, language).items()) for copy in now}) == 1
            if language != "en":
                assert len({state_of(copy, language) for copy in now}) == 1


def test_an_update_without_copies_gets_no_copy_group() -> None:
    update = factories.update(factories.article())
    with changes.edit(update):
        syndication.update_copies(update)
    assert update.copy_group is None

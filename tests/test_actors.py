"""Each save that readers see has an actor, whom the history names."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client

from articles import changes
from articles.embeds import resolving
from articles.history.models import UpdateVersion
from articles.models import Article, Update
from articles.publishing import forgotten, replay, schedule
from comments.models import Comment
from liveblog.actors import CLOCK, Machine, NoActorError, acting_as
from tests import factories, newsroom
from tests.actors import TEST, nobody_acting

pytestmark = pytest.mark.django_db


def newest(update: Update) -> UpdateVersion:
    return UpdateVersion.objects.filter(update=update).order_by("-number")[0]


@pytest.mark.parametrize("state", ["draft", "submitted", "published"])
def test_a_save_without_an_actor_is_refused(state: str) -> None:
    article = factories.article()
    update = Update(article=article, source_language="en", state=state, body_en="<p>Who says so?</p>")
    with nobody_acting(), pytest.raises(NoActorError):
        update.save()
    assert not Update.objects.exists()


def test_a_published_update_does_not_change_without_an_actor() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    update.body_en = "<p>Two.</p>"
    with nobody_acting(), pytest.raises(NoActorError):
        update.save()
    with nobody_acting(), pytest.raises(NoActorError), changes.edit(update):
        update.authors.set([factories.author()])
    with nobody_acting(), pytest.raises(NoActorError):
        Update.objects.get(pk=update.pk).delete()
    with nobody_acting(), pytest.raises(NoActorError):
        Article.objects.get(pk=update.article_id).delete()
    update.refresh_from_db()
    assert (update.body_en, update.authors.count()) == ("<p>One.</p>", 0)


def test_coverage_does_not_change_state_without_an_actor() -> None:
    article = factories.article()
    article.state = Article.State.FINISHED
    with nobody_acting(), pytest.raises(NoActorError):
        article.save()
    assert Article.objects.get(pk=article.pk).state == "live"


def test_the_history_names_a_user_even_after_the_account_is_deleted(admin_client: Any) -> None:
    greta = newsroom.user("greta", "Editor", first_name="Greta", last_name="Vogel")
    with acting_as(greta):
        update = factories.update(factories.article())
    greta.delete()
    assert (newest(update).user, newest(update).actor) == (None, "greta")
    page = admin_client.get(f"/admin/articles/update/{update.pk}/versions/").content.decode()
    assert "<bdi>greta</bdi>" in page


def test_the_history_names_the_machine(admin_client: Any) -> None:
    with acting_as(Machine("DeepL <3")):
        update = factories.update(factories.article())
    assert (newest(update).user, newest(update).cause, newest(update).actor) == (None, "machine", "DeepL <3")
    page = admin_client.get(f"/admin/articles/update/{update.pk}/versions/").content.decode()
    assert "Automatic (<bdi>DeepL &lt;3</bdi>)" in page


def test_the_database_takes_no_version_without_a_name() -> None:
    update = factories.update(factories.article())
    with pytest.raises(IntegrityError), transaction.atomic():
        UpdateVersion.objects.create(update=update, number=99, data={})
    with pytest.raises(IntegrityError), transaction.atomic():
        update.article.events.create(kind="kept")


def test_the_clock_names_itself(settings: Any) -> None:
    settings.COVERAGE_WARN_HOURS = 1e-9
    update = factories.scheduled(factories.article(coverage_start="2020-01-01T00:00:00Z"))
    with nobody_acting():
        assert schedule.publish_due() == 1
    assert (newest(update).actor, newest(update).cause) == (CLOCK.name, "clock")
    quiet = factories.article(coverage_start="2020-01-01T00:00:00Z")
    quiet.events.update(at="2020-01-01T00:00:00Z")
    with nobody_acting():
        assert forgotten.handle_due() >= 1
    assert quiet.events.get(kind="warned").actor == CLOCK.name


def test_a_replay_names_itself() -> None:
    source = factories.article()
    update = factories.update(source)
    with nobody_acting():
        target = replay.prepare(source, "again")
        for event in replay.timeline(source, target):
            event.act()
    assert newest(target.updates.get()).actor == "Replay"
    assert newest(update).actor == TEST.name


def test_the_answer_of_a_provider_of_embeds_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://www.youtube.com/watch?v=abcdefghijk"
    update = factories.update(factories.article(), kind="embed", embed=address)
    found = resolving.Found(player_url="https://www.youtube-nocookie.com/embed/abcdefghijk", title="Arrival")
    monkeypatch.setattr(resolving, "resolve", lambda _url: found)
    with nobody_acting():
        resolving.ask(update.embed)
    update.embed.refresh_from_db()
    assert update.embed.title == "Arrival"


# An update made of a comment ------------------------------------------------------------------------------------------


def approved(article: Article) -> Comment:
    return factories.comment(article, state="approved", text="I was there and saw it.")


@pytest.fixture
def greta() -> User:
    return newsroom.user("greta", "Editor", "Moderator")


def test_an_update_made_of_a_comment_names_the_editor(client: Client, greta: User) -> None:
    article = factories.article()
    client.force_login(greta)
    client.post(f"/admin/comments/comment/{approved(article).pk}/update/")
    update = article.updates.get()
    assert update.state == "published"
    assert (update.written_by, newest(update).user) == (greta, greta)


def test_an_update_made_of_a_comment_waits_for_a_second_person(client: Client, greta: User) -> None:
    article = factories.article(needs_release=True)
    client.force_login(greta)
    answer = client.post(f"/admin/comments/comment/{approved(article).pk}/update/")
    assert "A colleague has to approve it" in answer.json()["message"]
    update = article.updates.get()
    assert (update.state, update.submitted_by, update.released_by) == ("submitted", greta, None)

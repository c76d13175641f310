"""After a failover or a restore the last changes may be lost, and the same revisions are counted again.

No page, cache or desk may mistake the new state of a revision for the lost one.
"""

import asyncio
import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from articles.desk import revisions
from articles.models import Article, Update
from comments import submission
from comments.models import Comment
from comments.submission import Sender
from comments.views.own import own_url
from liveblog import notify
from liveblog.delivery import frames
from liveblog.delivery.hub import Hub
from liveblog.delivery.states import TOKEN_LENGTH, State
from liveblog.encryption import hashed_secret
from tests import factories
from tests.desks import DeskClient
from tests.forms import change_url, errors_of, member_of, opened
from tests.queues import QueueClient, moderator
from tests.server import PATIENCE
from tests.test_hub import Listener

pytestmark = [pytest.mark.django_db, pytest.mark.database]

make_article = sync_to_async(factories.article)
post = sync_to_async(factories.update)


def state_of(article: Article) -> State:
    return frames.states_of([article.pk])[article.pk]


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [1, 2, 3])
@pytest.mark.parametrize("posted", [0, 1, 2, 3, 4])
def test_a_page_of_lost_history_loads_again_whatever_was_posted_meanwhile(lost: int, posted: int) -> None:
    article = factories.article()
    for _ in range(3):
        factories.update(article)
    ghost, common = state_of(article), factories.state_at(article, 3 - lost)
    factories.lose_changes(article, 3 - lost)
    for _ in range(posted):
        factories.update(article)
    now = state_of(article)
    assert '"reload":true' in frames.since(article.pk, ghost, now, "en").text
    # A page from before the loss lacks only what was posted since.
    assert '"reload"' not in frames.since(article.pk, common, now, "en").text


def test_a_page_of_a_deleted_article_loads_again_if_another_one_has_its_address(client: Any) -> None:
    lost = factories.article(slug="summit")
    ghost = lost.page_state
    lost.delete()
    factories.article(slug="summit")
    assert client.get(f"/en/live/summit/changes?after={ghost}").json()["reload"] is True


def test_caches_take_no_new_state_for_a_lost_one_of_the_same_revision(client: Any) -> None:
    article = factories.article()
    factories.update(article, body_en="<p>A ghost.</p>")
    addresses = [article.url("en"), f"{article.url('en')}liveblog.json", f"{article.url('en')}comments/"]
    tags = {address: client.get(address)["ETag"] for address in addresses}
    factories.lose_changes(article, 0)
    factories.update(article, body_en="<p>What is true.</p>")
    assert state_of(article).revision == 1
    for address, tag in tags.items():
        answer = client.get(address, headers={"If-None-Match": tag})
        assert answer.status_code == 200, address
        assert "A ghost." not in answer.content.decode()
    assert "What is true." in client.get(article.url("en")).content.decode()


@pytest.mark.parametrize("path", ["/en/feed.atom", "/news-sitemap.xml", "/en/news-sitemap.xml"])
def test_a_document_about_all_coverage_names_its_history(client: Any, path: str) -> None:
    article = factories.article()
    factories.update(article)
    etag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    # Another history has reached the same revision.
    Article._base_manager.filter(pk=article.pk).update(revision_token="another1")
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("after", ["0", "1", "7", "-1", "1-", "1-short", "1-12345678-9", "1-1234567é", "x-12345678"])
def test_a_page_of_an_earlier_release_or_of_nobody_loads_again(client: Any, after: str) -> None:
    article = factories.article()
    factories.update(article)
    answer = client.get(f"/en/live/{article.slug}/changes", {"after": after})
    assert answer.json() == {"revision": 1, "token": article.changes.get().token, "reload": True}


@given(st.integers(0, 10**18), st.from_regex(r"[A-Za-z0-9]{8}", fullmatch=True))
def test_a_state_is_read_back_from_its_name(revision: int, token: str) -> None:
    assert State.parse(str(State(revision, token))) == (revision, token)


# Hubs -----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("posted", [0, 1, 2, 3])
async def test_a_hub_has_its_readers_load_again_if_history_goes_back(
    settings: Any, monkeypatch: pytest.MonkeyPatch, posted: int
) -> None:
    settings.LIVE_POLL_SECONDS = 60
    article = await make_article()
    for _ in range(2):
        await post(article)
    told: list[int] = []
    monkeypatch.setattr(notify, "notify_desk", told.append)
    hub, reader = Hub(), Listener(article)
    await hub.join(article.pk, reader)
    ghost = reader.frames[-1].state

    def fail_over() -> State:
        factories.lose_changes(article, 1)
        for _ in range(posted):
            factories.update(article)
        return state_of(article)

    # The hub must notice the failover only after the posts of the new history.
    monkeypatch.setattr(notify, "notify_readers", lambda _article: None)
    now = await sync_to_async(fail_over)()
    hub._on_change(article.pk)
    async with asyncio.timeout(PATIENCE):
        while reader.frames[-1].state != now:
            await asyncio.sleep(0.01)
    assert '"reload":true' in reader.frames[-1].text
    assert told == [article.pk]
    # A page that connects with the lost state, and a page with the present one.
    for state, words in ((ghost, '"reload":true'), (now, '"changes":[]')):
        other = Listener(article)
        other.state = state
        await hub.join(article.pk, other)
        assert words in other.frames[0].text
        hub.leave(other)
    hub.leave(reader)


@pytest.mark.django_db(transaction=True)
async def test_a_reader_who_comes_from_the_new_history_first_is_not_sent_back(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_POLL_SECONDS = 60
    article = await make_article()
    for _ in range(2):
        await post(article)
    hub, reader = Hub(), Listener(article)
    await hub.join(article.pk, reader)
    monkeypatch.setattr(notify, "notify_readers", lambda _article: None)
    await sync_to_async(factories.lose_changes)(article, 0)
    for _ in range(3):
        await post(article)
    fresh = Listener(article)
    fresh.state = await sync_to_async(factories.state_at)(article, 2)
    await hub.join(article.pk, fresh)
    assert "reload" not in fresh.frames[0].text
    assert fresh.state.revision == 3
    await reader.reaches(3)
    assert '"reload":true' in reader.frames[-1].text
    for listener in (reader, fresh):
        hub.leave(listener)


# Desks ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> DeskClient:
    return DeskClient(member_of("Journalist"), factories.article())


def test_a_desk_of_lost_history_shows_its_entries_again(desk: DeskClient) -> None:
    kept = factories.update(desk.article)
    before = Article.objects.values("desk_revision", "desk_tokens").get()
    factories.update(desk.article)
    ghost = desk.entries()["state"]
    factories.lose_changes(desk.article, 1)
    Article._base_manager.update(**before)
    for _ in range(3):
        new = factories.update(desk.article)
        found = desk.entries(after=ghost)
        assert found["whole"]
        assert {kept.element, new.element} <= {entry["id"] for entry in found["entries"]}
    assert desk.entries(after=found["state"])["entries"] == []


def test_a_desk_asks_for_what_it_lacks_as_long_as_its_state_is_remembered(
    desk: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "DESK_TOKENS_LENGTH", 4 * TOKEN_LENGTH)
    update = factories.update(desk.article)
    state = desk.entries()["state"]
    for number in range(3):
        update.body_en = f"<p>{number}</p>"
        update.save()
    assert not desk.entries(after=state)["whole"]
    update.body_en = "<p>One more.</p>"
    update.save()
    assert desk.entries(after=state)["whole"]


# Forms ----------------------------------------------------------------------------------------------------------------


def test_a_form_of_lost_history_overwrites_nothing() -> None:
    update = factories.update(factories.article(), body_en="<p>Kept.</p>")
    kept = update.version
    editor = member_of("Editor")
    update.body_en = "<p>A ghost.</p>"
    update.save()
    form = opened(editor, update)
    Update._base_manager.filter(pk=update.pk).update(body_en="<p>Kept.</p>", version=kept)
    new = Update.objects.get(pk=update.pk)
    new.body_en = "<p>Of the new history.</p>"
    new.save()
    assert new.version == update.version
    answer = editor.post(change_url(update), form)
    assert errors_of(answer).as_data()["__all__"][0].code == "conflict"
    assert Update.objects.get(pk=update.pk).body_en == "<p>Of the new history.</p>"
    # The form now contains the version that its message shows.
    assert form["version"] != answer.context["adminform"].form["version"].value() == new.version_name


def test_a_restored_version_is_the_one_that_was_shown() -> None:
    update = factories.update(factories.article(), body_en="<p>Kept.</p>")
    editor = member_of("Editor")
    address = reverse("admin:articles_update_versions", args=[update.pk])

    def save(text: str) -> None:
        update.body_en = f"<p>{text}</p>"
        update.save()

    save("A ghost.")
    save("Another ghost.")
    page = editor.get(address, {"version": 2}).content.decode()
    shown = dict(re.findall(r'name="(version|newest)" value="([^"]+)"', page))
    update.versions.filter(number__gt=1).delete()
    save("Of the new history.")
    save("The newest.")
    lost = editor.post(address, shown | {"what": "all"}, follow=True)
    assert "Nothing was restored." in lost.content.decode()
    assert Update.objects.get().body_en == "<p>The newest.</p>"


@pytest.mark.parametrize("pressed", [{"text": "Another thought."}, {"delete": "1"}], ids=["change", "delete"])
def test_authors_change_the_comment_that_they_read(client: Any, pressed: dict[str, str]) -> None:
    comment = factories.comment(secret_hash=hashed_secret("mine"))
    ghost = submission.edit(comment, "A ghost.", Sender(None, ""), version=comment.version)
    # The same number, with another text.
    Comment.objects.filter(pk=comment.pk).update(text="Of the new history.")
    form = {"secret": "mine", "version": ghost.version_name} | pressed
    headers = {"sec-fetch-site": "same-origin"}
    assert client.post(own_url(comment, "en", ""), form, headers=headers).status_code == 409
    assert Comment.objects.get().text == "Of the new history."


def test_moderators_decide_on_the_comment_that_they_read() -> None:
    queue = QueueClient(moderator())
    comment = factories.comment()
    ghost = submission.edit(comment, "A ghost.", Sender(None, ""), version=comment.version)
    Comment.objects.filter(pk=comment.pk).update(text="Of the new history.")
    assert list(queue.decide("approved", ghost)["problems"]) == [comment.element]
    assert Comment.objects.get().state == "waiting"
    assert not queue.decide("approved", Comment.objects.get())["problems"]

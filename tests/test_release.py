"""Rules of publication, backdating and pins hold in every form and in code."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import changes
from articles.embeds import services
from articles.history import restoring
from articles.models import Article, Picture, Update
from articles.publishing import pins
from articles.publishing.schedule import publish_due
from liveblog.actors import acting_as
from tests import factories
from tests.desks import DeskClient
from tests.forms import change_url, errors_of, member_of, opened

pytestmark = pytest.mark.django_db

State = Update.State


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def ben() -> User:
    return User.objects.create_superuser("ben")


def reviewed() -> Article:
    return factories.article(needs_release=True)


def save(update: Update, user: Any, **fields: Any) -> Update:
    """Save an update as a form does: in the name of a user, after checking the rules."""
    update = Update.objects.get(pk=update.pk) if update.pk else update
    for name, value in fields.items():
        setattr(update, name, value)
    with acting_as(user):
        update.full_clean()
        update.save()
    return update


def written(article: Article, user: Any, state: str = State.DRAFT, **fields: Any) -> Update:
    return save(Update(article=article, source_language="en", body_en="<p>Talks.</p>"), user, state=state, **fields)


def refused(update: Update, user: Any, **fields: Any) -> dict[str, Any]:
    before = Update.objects.filter(pk=update.pk).values().first()
    with pytest.raises(ValidationError) as caught:
        save(update, user, **fields)
    assert Update.objects.filter(pk=update.pk).values().first() == before
    return caught.value.error_dict


# A second person releases ---------------------------------------------------------------------------------------------


def test_nobody_releases_their_own_update_if_it_needs_a_second_person(ann: User, ben: User) -> None:
    update = written(reviewed(), ben)
    assert "state" in refused(update, ben, state=State.PUBLISHED)
    update = save(update, ben, state=State.SUBMITTED)
    assert update.submitted_by == ben
    assert "state" in refused(update, ben, state=State.PUBLISHED)
    update = save(update, ann, state=State.PUBLISHED)
    assert (update.state, update.released_by) == (State.PUBLISHED, ann)


def test_a_second_person_cannot_publish_an_update_that_was_not_submitted(ann: User, ben: User) -> None:
    assert "state" in refused(written(reviewed(), ann), ben, state=State.PUBLISHED)


def test_a_new_update_cannot_skip_the_release(ann: User) -> None:
    with pytest.raises(ValidationError):
        written(reviewed(), ann, State.PUBLISHED)
    with pytest.raises(ValidationError), acting_as(ann):
        # Code that does not check the rules first cannot publish either.
        Update(article=Article.objects.get(), body_en="<p>x</p>", state=State.PUBLISHED).save()
    assert not Update.objects.exists()


def test_an_update_that_was_taken_back_must_be_submitted_again(ann: User, ben: User) -> None:
    update = written(reviewed(), ann, State.SUBMITTED)
    update = save(update, ann, state=State.DRAFT)
    assert update.submitted_by is None
    update = save(update, ben, state=State.SUBMITTED)
    assert "state" in refused(update, ben, state=State.PUBLISHED)
    assert save(update, ann, state=State.PUBLISHED).first_published_at


def test_the_clock_only_publishes_released_updates(ann: User, ben: User) -> None:
    article = factories.article()
    soon = timezone.now() + datetime.timedelta(hours=1)
    early = written(article, ann, State.SCHEDULED, publish_at=soon)
    article.needs_release = True
    article.save()
    submitted = written(article, ann, State.SUBMITTED, publish_at=soon)
    assert "state" in refused(submitted, ann, state=State.SCHEDULED)
    released = save(submitted, ben, state=State.SCHEDULED)
    assert released.released_by == ben
    factories.make_due(early)
    factories.make_due(released)
    assert publish_due() == 1
    released.refresh_from_db()
    early.refresh_from_db()
    assert (released.state, early.state) == (State.PUBLISHED, State.SCHEDULED)
    # Somebody else can still release it.
    assert save(early, ben, state=State.PUBLISHED).state == State.PUBLISHED


def test_a_released_update_cannot_be_changed_before_it_appears(ann: User, ben: User) -> None:
    later = timezone.now() + datetime.timedelta(hours=1)
    update = written(reviewed(), ann, State.SUBMITTED, publish_at=later)
    update = save(update, ben, state=State.SCHEDULED)
    assert "state" in refused(update, ann, body_en="<p>Something else.</p>")
    assert "state" in refused(update, ann, body_en="<p>Something else.</p>", state=State.PUBLISHED)
    # Translations are still allowed, because they have their own review.
    assert save(update, ann, body_de="<p>Gespräche.</p>").body_de
    update = save(update, ann, state=State.DRAFT, body_en="<p>Something else.</p>")
    assert update.released_by is None


def released(ann: User, ben: User) -> tuple[Update, Picture]:
    """Create an update by Ann, released by Ben for later, with all optional parts."""
    later = timezone.now() + datetime.timedelta(hours=1)
    fields = {"kind": "embed", "source_url": "https://example.com/wire", "submitted_by": ann, "released_by": ben}
    picture = factories.picture(caption_en="The hall")
    update = factories.update(
        reviewed(),
        pictures=(picture,),
        authors=(factories.author(),),
        embed="https://example.com/draft-of-a-map",
        state="scheduled",
        publish_at=later,
        **fields,
    )
    with changes.edit(update):
        services.attach(update, "https://example.com/map")
    return update, picture


CHANGES: list[dict[str, Any]] = [
    {"embed_url": "https://example.com/another"},
    {"caption": "Another hall"},
    {"authors": []},
    {"is_key": "on"},
]


def changed(data: dict[str, Any], picture: Picture, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the data that a form sends if the user changed only these fields."""
    name = f"picture-{picture.pk}"
    pictures = {"pictures-shown": "1", "pictures": picture.pk, f"{name}-credit": "Photo: I. Moraru"}
    pictures |= {f"{name}-alt": "The hall", f"{name}-caption": "The hall"}
    return data | pictures | {f"{name}-caption" if key == "caption" else key: value for key, value in fields.items()}


@pytest.mark.parametrize(
    "fields",
    [
        *CHANGES,
        {"kind": "text", "embed_url": "", "body": "<p>Talks.</p>"},
        {"source_url": "https://example.com/another"},
        {"published_at": "2020-01-01T10:00", "backdating_reason": "Because."},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_released_update_cannot_be_changed_at_the_desk(ann: User, ben: User, fields: dict[str, Any]) -> None:
    update, picture = released(ann, ben)
    Article._base_manager.filter(pk=update.article_id).update(coverage_start="2020-01-01T00:00Z")
    desk = DeskClient(member_of("Journalist"), update.article)
    answer = desk.rewrite(update, changed(desk.opened(update), picture, fields), "publish")
    assert "This update has been approved" in str(answer["errors"])


@pytest.mark.parametrize("fields", CHANGES, ids=lambda fields: next(iter(fields)))
def test_a_released_update_cannot_be_changed_in_the_admin(ann: User, ben: User, fields: dict[str, Any]) -> None:
    update, picture = released(ann, ben)
    client = member_of("Journalist")
    answer = client.post(change_url(update), changed(opened(client, update), picture, fields))
    assert "This update has been approved" in str(errors_of(answer))
    # The unchanged form is accepted.
    assert client.post(change_url(update), changed(opened(client, update), picture, {})).status_code == 302


def test_a_released_update_can_be_published_early_if_it_is_unchanged(ann: User, ben: User) -> None:
    update, _picture = released(ann, ben)
    desk = DeskClient(member_of("Journalist"), update.article)
    assert desk.rewrite(update, desk.opened(update), "publish")["state"] == "published"
    update.refresh_from_db()
    assert update.released_by == ben


def test_a_change_that_would_be_refused_can_be_previewed(ann: User, ben: User) -> None:
    update, _picture = released(ann, ben)
    desk = DeskClient(member_of("Journalist"), update.article)
    data = desk.opened(update) | {"body": "<p>Something else.</p>", "reader": "de"}
    assert "<p>Something else.</p>" in desk.client.post(desk.address("preview", update.pk), data).content.decode()
    assert "Something else" not in Update.objects.get().body_en


def test_a_released_update_cannot_be_restored_to_an_earlier_version(ann: User, ben: User) -> None:
    update, _picture = released(ann, ben)
    with pytest.raises(ValidationError):
        restoring.restore(update.pk, 1, update.versions.count(), ann)
    assert services.as_data(Update.objects.get()) == {"url": "https://example.com/map"}


def test_code_without_a_user_needs_no_release() -> None:
    assert factories.update(reviewed()).state == State.PUBLISHED


def test_corrections_of_published_updates_need_no_second_person(ann: User, ben: User) -> None:
    update = save(written(reviewed(), ann, State.SUBMITTED), ben, state=State.PUBLISHED)
    assert save(update, ann, body_en="<p>Corrected.</p>").body_en == "<p>Corrected.</p>"
    update = save(update, ann, state=State.WITHDRAWN)
    assert "state" in refused(update, ann, state=State.PUBLISHED)
    assert save(update, ben, state=State.PUBLISHED).state == State.PUBLISHED


def test_the_form_offers_only_allowed_actions() -> None:
    article = reviewed()
    writer, second = member_of("Journalist"), member_of("Editor")
    form = {"article": article.pk, "source_language": "en", "body_en": "<p>Talks.</p>"}
    answer = writer.post("/admin/articles/update/add/", {**form, "_publish": "1"})
    assert "second pair of eyes" in str(errors_of(answer))
    later = {"publish_at": "2035-01-01T10:00"}
    writer.post("/admin/articles/update/add/", {**form, **later, "_continue": "1"})
    update = Update.objects.get()
    assert update.state == State.DRAFT
    html = writer.get(change_url(update)).content.decode()
    assert 'name="_submit"' in html
    assert 'name="_publish"' not in html
    writer.post(change_url(update), {**opened(writer, update), "_submit": "1"})
    update.refresh_from_db()
    assert update.state == State.SUBMITTED
    assert 'name="_publish"' not in writer.get(change_url(update)).content.decode()
    assert ">Approve<" in second.get(change_url(update)).content.decode()
    assert writer.post(change_url(update), {**opened(writer, update), "_publish": "1"}).status_code == 200
    assert second.post(change_url(update), {**opened(second, update), "_publish": "1"}).status_code == 302
    update.refresh_from_db()
    assert (update.state, update.released_by.username) == (State.SCHEDULED, "editor")


def test_a_form_without_an_article_shows_an_error() -> None:
    reviewed()
    answer = member_of("Journalist").post("/admin/articles/update/add/", {"body_en": "<p>x</p>", "_publish": "1"})
    assert "article" in errors_of(answer)


# An earlier time ------------------------------------------------------------------------------------------------------


def hours_ago(count: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(hours=count)


def test_backdating_needs_a_reason_which_is_stored(ann: User) -> None:
    article = factories.article(coverage_start=hours_ago(5))
    update = written(article, ann)
    fields = {"state": State.PUBLISHED, "first_published_at": hours_ago(2)}
    assert "backdating_reason" in refused(update, ann, **fields)
    assert "backdating_reason" in refused(update, ann, **fields, backdating_reason="  ")
    save(update, ann, **fields, backdating_reason="The network was down.")
    version = update.versions.order_by("-number")[0]
    assert (version.user, version.data["backdating_reason"]) == (ann, "The network was down.")
    html = member_of("Journalist").get(f"/admin/articles/update/{update.pk}/versions/").content.decode()
    assert "The network was down." in html
    assert "backdated" in html


def test_an_update_cannot_be_dated_in_the_future_or_long_before_the_coverage(ann: User) -> None:
    update = written(factories.article(coverage_start=hours_ago(5)), ann)
    for moment in (hours_ago(-1), hours_ago(5 + 25)):
        fields = {"state": State.PUBLISHED, "first_published_at": moment, "backdating_reason": "Because."}
        assert "first_published_at" in refused(update, ann, **fields)
    eve = hours_ago(5 + 23)
    assert save(update, ann, state=State.PUBLISHED, first_published_at=eve, backdating_reason="The eve.").pk


def test_publishing_now_needs_no_reason(ann: User) -> None:
    update = written(factories.article(), ann, State.PUBLISHED)
    assert save(update, ann, body_en="<p>Later.</p>").first_published_at == update.first_published_at


# Pins -----------------------------------------------------------------------------------------------------------------


def on_page(article: Article) -> list[Update]:
    return list(article.updates.on_page().newest_first())


def test_pinned_updates_come_first_in_the_chosen_order() -> None:
    article = factories.article()
    one, two, three = (factories.update(article) for _ in range(3))
    pins.pin(one)
    pins.pin(two)
    assert on_page(article) == [two, one, three]
    pins.reorder([one.pk, two.pk])
    assert on_page(article) == [one, two, three]
    by_key = sorted(on_page(article), key=lambda update: update.sort_key, reverse=True)
    assert by_key == on_page(article)
    pins.unpin(one)
    assert on_page(article) == [two, three, one]


def test_pinning_twice_has_the_effect_of_pinning_once() -> None:
    article = factories.article()
    one, two = factories.update(article), factories.update(article)
    pins.pin(one)
    pins.pin(two)
    revision = factories.log_of(article)
    pins.pin(one)
    pins.reorder([two.pk, one.pk])
    assert factories.log_of(article) == revision


def test_an_outdated_order_neither_pins_nor_unpins_updates() -> None:
    article = factories.article()
    one, two, three = (factories.update(article) for _ in range(3))
    elsewhere = factories.update(factories.article())
    for update in (one, two, three):
        pins.pin(update)
    pins.unpin(two)
    pins.reorder([two.pk, one.pk, elsewhere.pk])
    assert on_page(article) == [one, three, two]
    elsewhere.refresh_from_db()
    assert elsewhere.pin is None


def test_only_published_updates_can_be_pinned_and_withdrawing_unpins() -> None:
    article = factories.article()
    with pytest.raises(ValidationError):
        pins.pin(factories.update(article, state="draft"))
    update = factories.update(article)
    pins.pin(update)
    update.refresh_from_db()
    update.state = State.WITHDRAWN
    update.save()
    assert update.pin is None


def test_a_page_has_no_more_pinned_updates_than_it_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Update, "MAX_PINNED", 2)
    article = factories.article()
    one, two, three = (factories.update(article) for _ in range(3))
    pins.pin(one)
    pins.pin(two)
    with pytest.raises(ValidationError, match="only 2 pinned updates"):
        pins.pin(three)
    pins.pin(one)
    facts = factories.update(article, kind="facts", body_en="<ul><li>One.</li><li>Two.</li><li>Three.</li></ul>")
    assert on_page(article) == [two, one, facts, three]
    pins.unpin(one)
    pins.pin(three)
    assert on_page(article) == [three, two, facts, one]


def test_pinning_does_not_conflict_with_an_open_form() -> None:
    update = factories.update(factories.article())
    client = member_of("Journalist")
    data = opened(client, update)
    pins.pin(update)
    assert client.post(change_url(update), {**data, "body_en": "<p>New.</p>"}).status_code == 302
    update.refresh_from_db()
    assert (update.body_en, update.pin) == ("<p>New.</p>", 1)


def test_rules_take_no_queries_if_no_user_acts() -> None:
    update = factories.update(reviewed())
    update = Update.objects.get(pk=update.pk)
    with CaptureQueriesContext(connection) as captured:
        update.save()
    assert len(captured) <= 17

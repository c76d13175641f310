"""A write that changes readers' pages goes through an edit or raises, so every change gets a line in the log."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from articles import changes
from articles.changes import OutsideEditError
from articles.models import Article, Author, Embed, Picture, Topic, Translation, Update
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(name="update")
def full_update() -> Update:
    """Create an update with all optional parts."""
    update = factories.update(
        factories.article(),
        body_en="<p>Signed.</p>",
        body_de="<p>Unterzeichnet.</p>",
        authors=(factories.author("Ioana Petrescu"),),
        pictures=(factories.picture(),),
        embed="https://example.com/chart",
    )
    article = update.article
    with changes.edit(article):
        article.authors.add(factories.author("Oleh Bondar"))
        article.topics.add(Topic.objects.create(slug="nato", name_en="NATO"))
    return update


WRITES: dict[str, Callable[[Update], object]] = {
    "Picture.save": lambda update: update.pictures.get().save(),
    "Picture.delete": lambda update: update.pictures.get().delete(),
    "Picture moved away": lambda update: _moved_away(update.pictures.get()).save(),
    "Picture.objects.update": lambda update: update.pictures.update(caption_en="Another hall"),
    "Picture.objects.delete": lambda update: Picture.objects.filter(update=update).delete(),
    "Picture.objects.create": lambda update: Picture.objects.create(update=update, image=factories.photo()),
    "Picture.objects.bulk_create": lambda update: Picture.objects.bulk_create([Picture(update=update)]),
    "Picture.objects.bulk_update": lambda update: Picture.objects.bulk_update(update.pictures.all(), ["alt_en"]),
    "Translation.save": lambda update: update.translations.get(language="de").save(),
    "Translation.delete": lambda update: update.translations.get(language="de").delete(),
    "Translation.objects.update": lambda _: Translation.objects.update(state="machine"),
    "Translation.objects.delete": lambda update: Translation.objects.filter(update=update).delete(),
    "Update.objects.update": lambda update: Update.objects.filter(pk=update.pk).update(headline_en="Another"),
    "Update.objects.delete": lambda update: Update.objects.filter(pk=update.pk).delete(),
    "article.updates.delete": lambda update: update.article.updates.all().delete(),
    "Update.objects.bulk_create": lambda update: Update.objects.bulk_create([Update(article=update.article)]),
    "Update.objects.bulk_update": lambda update: Update.objects.bulk_update([update], ["is_key"]),
    "Article.objects.update": lambda _: Article.objects.update(headline_de="Anders"),
    "Article.objects.delete": lambda _: Article.objects.all().delete(),
    "Embed.objects.update": lambda _: Embed.objects.update(title="Another chart"),
    "Embed.objects.delete": lambda _: Embed.objects.all().delete(),
    "Author.objects.update": lambda _: Author.objects.update(name="Nobody"),
    "Author.objects.delete": lambda _: Author.objects.all().delete(),
    "Topic.objects.update": lambda _: Topic.objects.update(name_de="Anders"),
    "Topic.objects.delete": lambda _: Topic.objects.all().delete(),
    "update.authors.add": lambda update: update.authors.add(factories.author("Karim Haddad")),
    "update.authors.remove": lambda update: update.authors.remove(update.authors.get()),
    "update.authors.clear": lambda update: update.authors.clear(),
    "update.authors.set": lambda update: update.authors.set([]),
    "author.updates.add": lambda update: factories.author("Karim Haddad").updates.add(update),
    "author.updates.clear": lambda update: update.authors.get().updates.clear(),
    "article.authors.add": lambda update: update.article.authors.add(factories.author("Karim Haddad")),
    "article.topics.clear": lambda update: update.article.topics.clear(),
    "topic.articles.remove": lambda update: Topic.objects.get().articles.remove(update.article),
    "article.related.add": lambda update: update.article.related.add(factories.article()),
}


def _moved_away(picture: Picture) -> Picture:
    picture.update = None
    return picture


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_that_readers_would_see_raises_outside_an_edit(
    update: Update, write: Callable[[Update], object]
) -> None:
    logged = factories.log_of(update.article)
    with pytest.raises(OutsideEditError), transaction.atomic():
        write(update)
    assert factories.log_of(update.article) == logged


def test_the_same_write_inside_an_edit_is_logged(update: Update) -> None:
    article, logged = update.article, len(factories.log_of(update.article))
    for write in (
        lambda: Picture.objects.filter(update=update).update(caption_en="Another hall"),
        lambda: update.authors.clear(),
        lambda: update.translations.filter(language="de").update(state="machine"),
        lambda: update.pictures.get().delete(),
    ):
        with changes.edit(update):
            write()
        logged += 1
        assert factories.log_of(article)[-1] == (logged, update.element)


def test_an_edit_of_one_update_does_not_allow_writes_to_another(update: Update) -> None:
    other = factories.update(update.article, pictures=(factories.picture(),))
    with changes.edit(update), pytest.raises(OutsideEditError, match=f"update {other.pk}"):
        other.pictures.get().save()


def test_writes_that_readers_do_not_see_need_no_edit(update: Update) -> None:
    row = update.translations.get(language="uk")
    row.attempts = 3
    row.save(update_fields=["attempts"])
    Translation.objects.filter(pk=row.pk).update(due_at=None, failure="timeout")
    Embed.objects.update(attempts=2)
    uploaded = factories.picture()
    uploaded.save()
    uploaded.delete()


def test_the_server_does_not_start_without_a_follower(monkeypatch: pytest.MonkeyPatch) -> None:
    followers = dict(changes._followers)
    del followers["change log"]
    monkeypatch.setattr(changes, "_followers", followers)
    with pytest.raises(CommandError, match="'change log'"):
        call_command("check")


def test_only_followers_with_a_place_in_the_order_can_register() -> None:
    with pytest.raises(ValueError, match="sitemap"):
        changes.register("sitemap", changes._followers["desks"])

"""The change log gets a line when readers' pages change, and only then."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import changes
from articles.models import Article, Topic, Update
from liveblog.delivery import log
from liveblog.models import Change
from tests import factories
from tests.forms import member_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def logged_since(article: Article, revision: int) -> list[str]:
    return [element for number, element in factories.log_of(article) if number > revision]


def revision_of(article: Article) -> int:
    return Article.objects.values_list("revision", flat=True).get(pk=article.pk)


def test_a_published_update_is_one_change() -> None:
    article = factories.article()
    update = factories.update(article)
    assert factories.log_of(article) == [(1, update.element)]
    assert revision_of(article) == 1


def test_a_draft_is_not_a_change() -> None:
    article = factories.article()
    factories.update(article, state=Update.State.DRAFT)
    assert factories.log_of(article) == []


def test_saving_an_unchanged_update_is_not_a_change() -> None:
    article = factories.article()
    update = factories.update(article)
    update.save()
    article.refresh_from_db()
    article.save()
    assert factories.log_of(article) == [(1, update.element)]


def test_text_that_sanitises_to_the_same_is_not_a_change() -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Calm.</p>")
    update.body_en = '<p onclick="x()">Calm.</p><p></p>'
    update.save()
    assert revision_of(article) == 1


@pytest.mark.parametrize(
    "edit",
    [
        {"body_en": "<p>Rewritten.</p>"},
        {"headline_en": "A headline"},
        {"body_de": "<p>Übersetzt.</p>"},
        {"is_key": True},
        {"correction_note_en": "The figure was wrong."},
        {"state": Update.State.WITHDRAWN},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_each_edit_that_readers_see_is_one_change(edit: dict) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>As it was.</p>")
    for name, value in edit.items():
        setattr(update, name, value)
    update.save()
    # A key event also has an entry in the list of key events.
    entry = [f"moment-{update.pk}"] if "is_key" in edit else []
    assert logged_since(article, 1) == [update.element, *entry]


def test_a_translation_into_a_language_outside_the_article_is_not_a_change() -> None:
    article = factories.article(languages=["en", "de"])
    update = factories.update(article)
    update.body_pl = "<p>Po polsku.</p>"
    update.save()
    assert revision_of(article) == 1


def test_a_byline_added_in_the_same_edit_is_part_of_its_change() -> None:
    article = factories.article()
    update = factories.update(article)
    with changes.edit(update):
        update.body_en = "<p>New.</p>"
        update.save()
        update.authors.add(factories.author())
    assert logged_since(article, 1) == [update.element]


def test_deleting_a_published_update_is_a_change() -> None:
    article = factories.article()
    update = factories.update(article)
    element = update.element
    update.delete()
    assert logged_since(article, 1) == [element]


def test_a_new_headline_of_the_article_changes_its_head_and_the_pages_that_link_to_it() -> None:
    article, other = factories.article(), factories.article()
    with changes.edit(other):
        other.related.add(article)
    before = revision_of(other)
    article.headline_de = "Neue Lage"
    article.save()
    assert factories.log_of(article) == [(1, "coverage")]
    assert logged_since(other, before) == ["related"]


def test_removing_a_language_reloads_open_pages() -> None:
    article = factories.article()
    article.languages = ["en", "de"]
    article.save()
    assert log.PAGE in logged_since(article, 0)


def test_renaming_an_author_reloads_the_pages_with_the_byline() -> None:
    article, author = factories.article(), factories.author()
    factories.update(article, authors=(author,))
    author.name = "Ioana Ionescu"
    author.save()
    assert logged_since(article, 1) == [log.PAGE]


def test_deleting_an_author_reloads_the_pages_with_the_byline_and_makes_a_version() -> None:
    article, draft_only, author = factories.article(), factories.article(), factories.author()
    with changes.edit(article):
        article.authors.add(author)
    update = factories.update(article, authors=(author,), body_en="<p>Talks.</p>")
    draft = factories.update(draft_only, authors=(author,), state="draft", body_en="<p>Soon.</p>")
    client = member_of("Editor")
    desk_before, before = Article.objects.get(pk=draft_only.pk).desk_revision, revision_of(article)
    assert client.post(reverse("admin:articles_author_delete", args=[author.pk]), {"post": "yes"}).status_code == 302
    assert logged_since(article, before) == [log.PAGE]
    assert logged_since(draft_only, 0) == []
    assert Article.objects.get(pk=draft_only.pk).desk_revision == desk_before + 1
    for each in (update, draft):
        version = each.versions.order_by("-number")[0]
        assert (version.data["authors"], str(version.user)) == ([], "editor")


def test_bulk_deletion_of_authors_or_topics_reloads_pages() -> None:
    article, author = factories.article(), factories.author()
    topic = Topic.objects.create(slug="summits", name_en="Summits")
    with changes.edit(article):
        article.authors.add(author)
        article.topics.add(topic)
    client, before = member_of("Editor"), revision_of(article)
    for count, (model, item) in enumerate((("author", author), ("topic", topic)), 1):
        chosen = {"action": "delete_selected", "_selected_action": item.pk, "post": "yes"}
        client.post(reverse(f"admin:articles_{model}_changelist"), chosen)
        assert logged_since(article, before) == [log.PAGE] * count


def test_a_failed_edit_leaves_no_trace() -> None:
    article = factories.article()
    update = factories.update(article)
    with pytest.raises(RuntimeError), changes.edit(update):
        update.body_en = "<p>Half done.</p>"
        update.save()
        raise RuntimeError
    assert revision_of(article) == 1
    assert "Half done" not in Update.objects.get().body_en


def test_saving_an_older_copy_of_an_article_does_not_lower_the_revision() -> None:
    article = factories.article()
    early = Article.objects.get(pk=article.pk)
    factories.update(article)
    early.headline_en = "Later"
    early.save()
    assert revision_of(article) == 2


def test_no_two_changes_share_a_revision() -> None:
    article = factories.article()
    factories.update(article)
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.create(article=article, revision=1, element="coverage")


def test_nothing_is_logged_outside_a_transaction(transactional_db: None) -> None:
    article = factories.article()
    with pytest.raises(transaction.TransactionManagementError):
        log.append(article.pk, "coverage")


def test_an_edit_takes_the_same_queries_for_any_number_of_updates() -> None:
    article = factories.article()
    update = factories.update(article)

    def queries_of_an_edit() -> int:
        update.body_en += "<p>More.</p>"
        with CaptureQueriesContext(connection) as captured:
            update.save()
        return len(captured)

    few = queries_of_an_edit()
    for _ in range(10):
        factories.update(article)
    assert queries_of_an_edit() == few


def test_concurrent_saves_get_consecutive_revisions(transactional_db: None) -> None:
    article = factories.article()
    start = threading.Barrier(4)

    def post() -> None:
        try:
            start.wait()
            for _ in range(5):
                factories.update(Article.objects.get(pk=article.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [revision for revision, _element in factories.log_of(article)] == list(range(1, 21))

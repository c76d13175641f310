"""The models refuse invalid data with an error beside the field."""

import datetime
import pickle

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from articles.models import Article, Update
from articles.publishing.schedule import publish_due
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_published_update_needs_text_in_its_source_language() -> None:
    update = factories.update(factories.article())
    with pytest.raises(IntegrityError), transaction.atomic():
        Update._base_manager.filter(pk=update.pk).update(body_en="", headline_en=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Update._base_manager.filter(pk=update.pk).update(source_language="pl")


def test_the_error_names_the_field_without_text() -> None:
    article = factories.article()
    with pytest.raises(ValidationError) as caught:
        Update(article=article, source_language="de", state="published", body_en="<p>x</p>").full_clean()
    assert "body_de" in caught.value.error_dict


def test_an_article_cannot_have_a_language_that_is_not_shipped() -> None:
    article = factories.article()
    with pytest.raises(ValueError, match="'xx' is no language for which the database has columns"):
        Article._base_manager.filter(pk=article.pk).update(source_language="xx")


def test_coverage_cannot_end_before_it_starts() -> None:
    article = factories.article()
    article.coverage_end = article.coverage_start - datetime.timedelta(hours=1)
    with pytest.raises(ValidationError):
        article.full_clean(exclude=["headline"])


def test_finished_coverage_has_an_end_and_reopened_coverage_has_none() -> None:
    article = factories.article(coverage_end=timezone.now() + datetime.timedelta(days=1))
    article.state = Article.State.FINISHED
    article.save()
    article.refresh_from_db()
    assert article.coverage_end is not None
    assert article.coverage_end <= timezone.now()
    ended = article.coverage_end
    article.save()
    assert article.coverage_end == ended
    article.state = Article.State.LIVE
    article.save()
    article.refresh_from_db()
    assert article.coverage_end is None


def test_cancelled_coverage_ends_when_it_would_have_started() -> None:
    start = timezone.now() + datetime.timedelta(days=1)
    article = factories.article(state="announced", coverage_start=start)
    article.state = Article.State.FINISHED
    article.save()
    assert article.coverage_end == start


def test_the_source_language_must_be_a_language_of_the_article() -> None:
    with pytest.raises(ValidationError) as caught:
        factories.article(source_language="de", languages=["en"])
    assert "languages" in caught.value.error_dict


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        factories.article(time_zone="Europe/Bukarest")
    assert "time_zone" in caught.value.error_dict


def test_a_photo_needs_credit_line_and_alternative_text() -> None:
    with pytest.raises(ValidationError) as caught:
        factories.article(photo=factories.photo())
    assert {"photo_alt_en", "photo_credit_en"} <= caught.value.error_dict.keys()


def test_an_update_that_readers_have_seen_cannot_become_a_draft_again() -> None:
    update = factories.update(factories.article())
    update.state = Update.State.DRAFT
    with pytest.raises(ValidationError):
        update.full_clean()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>Good <strong>text</strong></p>", "<p>Good <strong>text</strong></p>"),
        ('<p onclick="evil()">Text</p>', "<p>Text</p>"),
        ("<script>alert(1)</script><p>Text</p>", "<p>Text</p>"),
        ('<p style="color:red">Text</p><p></p><p> </p>', "<p>Text</p>"),
        ('<a href="javascript:alert(1)">Link</a>', '<a rel="noopener">Link</a>'),
        ("<p>&nbsp;</p>", ""),
        ("<img src=x onerror=alert(1)>", ""),
        # Other programs use these elements for formats of the editor.
        ("<p><b>Bold</b> <i>fine</i> <del>gone</del></p>", "<p><strong>Bold</strong> <em>fine</em> <s>gone</s></p>"),
        ('<h2 class="x" lang="de">Lage</h2><h4>b &lt;b&gt;</h4>', '<h3 lang="de">Lage</h3><h3>b &lt;b&gt;</h3>'),
    ],
)
def test_saving_sanitises_html(given: str, kept: str) -> None:
    update = factories.update(factories.article(), headline_en="Headline", body_en=given)
    assert Update.objects.get(pk=update.pk).body_en == kept
    Update._base_manager.filter(pk=update.pk).update(body_de=given)
    assert Update.objects.get(pk=update.pk).body_de == kept


def test_republishing_keeps_the_time_of_the_first_publication() -> None:
    update = factories.update(factories.article())
    first = update.first_published_at
    update.state = Update.State.WITHDRAWN
    update.save()
    update.state = Update.State.PUBLISHED
    update.save()
    assert update.first_published_at == first
    assert update.withdrawn_at is None


def test_a_correction_is_dated_when_its_note_changes() -> None:
    update = factories.update(factories.article())
    assert update.corrected_at is None
    update.correction_note_en = "It was 40, not 14."
    update.save()
    first = update.corrected_at
    update.body_en = "<p>Another detail.</p>"
    update.save()
    assert update.corrected_at == first is not None
    update.correction_note_en = "It was 40 billion, not 14."
    update.save()
    assert update.corrected_at > first


def test_an_update_counts_as_translated_only_when_all_of_it_is() -> None:
    update = factories.update(factories.article(), headline_en="Head", body_en="<p>Body</p>", headline_de="Kopf")
    assert not update.exists_in("de")
    update.body_de = "<p>Rumpf</p>"
    assert update.exists_in("de")


def test_text_is_never_taken_from_another_language_without_asking() -> None:
    update = factories.update(factories.article(), body_en="<p>English</p>")
    with translation.override("de"):
        assert not Update.objects.get(pk=update.pk).body


def test_sort_keys_have_the_order_of_the_page() -> None:
    article = factories.article()
    now = timezone.now()
    made = [
        factories.update(article, first_published_at=now + datetime.timedelta(seconds=offset))
        for offset in (3, 1, 2, 2)
    ]
    by_key = sorted(made, key=lambda update: update.sort_key, reverse=True)
    assert by_key == list(article.updates.published().newest_first())


def test_a_scheduled_update_is_published_when_it_is_due_and_not_before() -> None:
    article = factories.article()
    due = factories.scheduled(article)
    factories.update(article, state="scheduled", publish_at=timezone.now() + datetime.timedelta(hours=1))
    assert publish_due() == 1
    assert factories.log_of(article) == [(1, due.element)]
    assert publish_due() == 0


def test_a_scheduled_update_needs_a_time() -> None:
    with pytest.raises(ValidationError) as caught:
        factories.update(factories.article(), state="scheduled")
    assert "publish_at" in caught.value.error_dict


def test_all_querysets_of_a_model_have_one_class() -> None:
    article = factories.article()
    made = {type(Update.objects.all()), type(Update.objects.filter(pk=1)), type(article.updates.all())}
    assert len(made) == 1
    assert type(Article.objects.all()) not in made


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_pickled_queryset_is_read_in_the_present_language(code: str) -> None:
    update = factories.update(factories.article(), headline_en="Peace", headline_ar="سلام")
    found = pickle.loads(pickle.dumps(Update.objects.filter(pk=update.pk)))
    with translation.override(code):
        assert found.get().headline == {"en": "Peace", "ar": "سلام"}[code]
        assert type(found) is type(Update.objects.all())

"""A reader's comment is seen by others when a moderator has approved it, and by open pages at once."""

from typing import Any

import pytest

from comments.models import Comment
from tests import factories

pytestmark = pytest.mark.django_db

WORDS = {"name": "Ana", "email": "ana@example.org", "text": "Thank you."}


def post(client: Any, address: str, fields: dict[str, str] = WORDS, site: str = "same-origin") -> Any:
    return client.post(address, fields, headers={"sec-fetch-site": site})


def test_a_comment_waits_for_a_moderator(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('de')}comments/")
    assert answer.status_code == 302
    comment = Comment.objects.get()
    assert (comment.state, comment.language, comment.name) == ("waiting", "de", "Ana")
    assert factories.log_of(article) == []
    assert "Thank you." not in client.get(article.url("de")).content.decode()


def test_an_approved_comment_reaches_pages_in_every_language(client: Any) -> None:
    article = factories.article()
    comment = Comment.objects.create(article=article, language="uk", name="Олена", text="Дякую!")
    comment.state = Comment.State.APPROVED
    comment.save()
    assert factories.log_of(article) == [(1, comment.element), (2, "comments-count")]
    change, _count = client.get(f"/ar/live/{article.slug}/changes?after=0").json()["changes"]
    assert (change["op"], change["list"]) == ("put", "comments")
    assert 'lang="uk" dir="ltr"' in change["html"]
    assert change["html"].strip() in client.get(article.url("ar")).content.decode()


def test_a_comment_that_is_taken_back_is_removed() -> None:
    article = factories.article()
    comment = Comment.objects.create(article=article, language="en", state="approved", **WORDS)
    comment.state = Comment.State.SPAM
    comment.save()
    elements = [element for _revision, element in factories.log_of(article)]
    assert elements == [comment.element, "comments-count"] * 2


def test_markup_in_a_comment_is_shown_and_not_obeyed(client: Any) -> None:
    article = factories.article()
    Comment.objects.create(
        article=article, language="en", name="<b>x</b>", text="<script>alert(1)</script>", state="approved"
    )
    html = client.get(article.url("en")).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>x" not in html


def test_a_form_on_another_site_cannot_post(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('de')}comments/", site="cross-site")
    assert answer.status_code == 403
    assert "Nicht erlaubt" in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_comment_of_nothing_but_blanks_is_refused(client: Any) -> None:
    article = factories.article()
    for text in ("   ", "\x00", "\n\n"):
        assert post(client, f"{article.url('en')}comments/", {"name": "Ana", "text": text}).status_code == 422
    assert not Comment.objects.exists()


def test_the_field_that_people_do_not_see_stays_empty(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('en')}comments/", WORDS | {"website": "spam.example"})
    assert answer.status_code == 422
    assert not Comment.objects.exists()


def test_errors_are_said_in_the_readers_language_and_keep_what_was_written(client: Any) -> None:
    article = factories.article()
    answer = post(client, f"{article.url('de')}comments/", {"name": "", "text": "Ein Satz."})
    html = answer.content.decode()
    assert "Dieses Feld ist zwingend erforderlich." in html
    assert "Ein Satz." in html

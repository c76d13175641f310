"""Editors of forgotten coverage get one warning; then the system finishes the coverage, and shows that it did."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from articles.models import Article, CoverageEmail, CoverageEvent, Update
from articles.publishing import emails
from articles.publishing.forgotten import handle_due
from tests import factories, newsroom
from tests.desks import DeskClient
from tests.forms import member_of
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def spans(settings: Any) -> None:
    settings.COVERAGE_WARN_HOURS, settings.COVERAGE_FINISH_HOURS = 10, 5


def quiet(hours: float = 11, **fields: Any) -> Article:
    """Create coverage without activity for some hours."""
    article = factories.article(**fields)
    factories.update(article)
    pass_hours(article, hours)
    article.refresh_from_db()
    return article


def pass_hours(article: Article, hours: float) -> None:
    """Move all times of the coverage back by some hours."""
    span = timedelta(hours=hours)
    Article._base_manager.filter(pk=article.pk).update(coverage_start=article.coverage_start - span)
    for update in article.updates.all():
        if update.first_published_at:
            Update._base_manager.filter(pk=update.pk).update(first_published_at=update.first_published_at - span)
        for version in update.versions.all():
            update.versions.filter(pk=version.pk).update(at=version.at - span)
    for event in article.events.all():
        article.events.filter(pk=event.pk).update(at=event.at - span)
    article.refresh_from_db()


def kinds_of(article: Article) -> list[str]:
    return list(article.events.order_by("pk").values_list("kind", flat=True))


def test_forgotten_coverage_is_first_reported_to_editors_and_later_finished() -> None:
    article = quiet(9)
    assert handle_due() == 0
    pass_hours(article, 2)
    assert handle_due() == 1
    assert handle_due() == 0
    article.refresh_from_db()
    assert (article.state, kinds_of(article)) == ("live", ["started", "warned"])
    pass_hours(article, 6)
    assert handle_due() == 1
    article.refresh_from_db()
    assert (article.state, article.finished_by_clock) == ("finished", True)
    assert handle_due() == 0
    event = article.events.latest("pk")
    assert (event.kind, event.user, event.cause) == ("finished", None, "clock")


def test_coverage_that_never_started_is_forgotten_as_well() -> None:
    article = factories.article(state="announced")
    pass_hours(article, 20)
    assert handle_due() == 1
    assert kinds_of(article) == ["announced", "warned"]


def write(article: Article) -> None:
    factories.update(article)


def plan(article: Article) -> None:
    factories.update(article, state="scheduled", publish_at=timezone.now() + timedelta(days=9))


def keep(article: Article) -> None:
    DeskClient(member_of("Journalist"), article).cover("keep")


def draft(article: Article) -> None:
    DeskClient(member_of("Journalist"), article).write("draft", body="<p>Soon.</p>")


@pytest.mark.parametrize("act", [write, plan, keep, draft])
def test_an_answer_to_the_warning_restarts_the_time(act: Any) -> None:
    article = quiet()
    assert handle_due() == 1
    pass_hours(article, 6)
    act(article)
    assert handle_due() == 0
    article.refresh_from_db()
    assert article.state == "live"


def test_resumed_coverage_is_not_finished_at_once() -> None:
    article = quiet()
    handle_due()
    pass_hours(article, 6)
    handle_due()
    DeskClient(member_of("Journalist"), article).cover("reopen")
    assert handle_due() == 0
    article.refresh_from_db()
    assert (article.state, article.finished_by_clock) == ("live", False)


@pytest.mark.parametrize(("warn", "finish", "kinds"), [(0, 5, ["started"]), (10, 0, ["started", "warned"])])
def test_the_site_sets_both_times_and_0_means_never(
    settings: Any, warn: float, finish: float, kinds: list[str]
) -> None:
    settings.COVERAGE_WARN_HOURS, settings.COVERAGE_FINISH_HOURS = warn, finish
    article = quiet()
    handle_due()
    pass_hours(article, 1000)
    handle_due()
    assert kinds_of(article) == kinds


def test_page_desk_and_history_say_who_finished_the_coverage(client: Any) -> None:
    article = quiet()
    desk = DeskClient(member_of("Journalist"), article)
    handle_due()
    side = desk.entries()["side"]
    assert "Is this coverage over?" in side
    assert "Keep it open" in side
    waits = factories.update(article, state="scheduled", publish_at=timezone.now() + timedelta(hours=1))
    factories.make_due(waits)
    pass_hours(article, 6)
    handle_due()
    article.refresh_from_db()
    assert "Finished automatically" in client.get(article.url("en")).content.decode()
    side = desk.entries()["side"]
    assert "Finished automatically" in side
    assert "Scheduler" in side
    history = member_of("Editor").get(f"/admin/articles/article/{article.pk}/history/").content.decode()
    assert "Scheduler" in history
    # Nothing is published after the end.
    waits.refresh_from_db()
    assert waits.state == "draft"


def test_editors_and_authors_get_one_email_each(mail: MailServer) -> None:
    article = factories.article(time_zone="America/Bogota")
    newsroom.user("editor", "Editor", email="editor@example.org")
    newsroom.user("elsewhere", "Journalist", email="elsewhere@example.org")
    wrote = newsroom.user("wrote", "Journalist", email="wrote@example.org")
    DeskClient(member_of("Journalist"), article)
    update = factories.update(article)
    update.versions.update(user=wrote)
    pass_hours(article, 11)
    handle_due()
    handle_due()
    while emails.send_due():
        pass
    assert sorted(message["To"] for _to, message in mail.messages) == ["editor@example.org", "wrote@example.org"]
    text = mail.messages[0][1].get_content()
    assert f"/admin/articles/article/{article.pk}/desk/" in text
    assert "finished automatically" in text
    assert "(GMT−5)" in text
    pass_hours(article, 6)
    handle_due()
    while emails.send_due():
        pass
    assert len(mail.messages) == 4
    assert CoverageEmail.objects.filter(sent_at=None).count() == 0


def test_a_warning_answered_in_time_is_not_sent(mail: MailServer) -> None:
    newsroom.user("editor", "Editor", email="editor@example.org")
    article = quiet()
    handle_due()
    factories.update(article)
    assert emails.send_due() == 1
    assert (mail.messages, CoverageEmail.objects.get().due_at) == ([], None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_several_processes_send_one_warning(settings: Any) -> None:
    settings.EMAIL_CONFIGURED = True
    newsroom.user("editor", "Editor", email="editor@example.org")
    article = quiet()
    start = threading.Barrier(4)

    def look() -> None:
        start.wait()
        try:
            handle_due()
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds_of(article) == ["started", "warned"]
    assert CoverageEmail.objects.count() == 1
    assert CoverageEvent.objects.filter(kind="warned").count() == 1

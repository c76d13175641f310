"""Each decision on a comment is made once, recorded, and can be undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from comments import moderation
from comments.models import Ban, Comment, Decision, State
from liveblog.errors import Conflict
from liveblog.newsroom import panels
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def moderator(name: str = "mod") -> User:
    made = User.objects.create_user(name, is_staff=True)
    made.groups.add(Group.objects.get(name="Moderator"))
    return made


def elements_of(article: Any) -> list[str]:
    return [element for _revision, element in factories.log_of(article)]


def test_a_decision_is_recorded_and_reaches_open_pages() -> None:
    comment, user = factories.comment(), moderator()
    moderation.decide(comment.pk, State.APPROVED, user, version=comment.version, reason="fine")
    line = Decision.objects.get()
    assert (line.comment, line.user, line.from_state, line.to_state) == (comment, user, "waiting", "approved")
    assert (line.actor, line.reason) == ("moderator", "fine")
    assert elements_of(comment.article) == [comment.element, "comments-count"]
    assert not Comment.objects.queued().exists()


def test_a_comment_decided_by_a_colleague_is_not_decided_again() -> None:
    comment = factories.comment()
    moderation.decide(comment.pk, State.APPROVED, moderator("one"), version=comment.version)
    with pytest.raises(Conflict) as conflict:
        moderation.decide(comment.pk, State.REJECTED, moderator("two"), version=comment.version)
    decision = moderation.last_decision(conflict.value.current)
    assert decision is not None
    assert decision.user.username == "one"
    comment.refresh_from_db()
    assert comment.state == State.APPROVED
    assert Decision.objects.count() == 1


def test_a_comment_changed_by_its_author_is_not_approved_unread() -> None:
    comment = factories.comment()
    Comment.objects.filter(pk=comment.pk).update(text="Another text.", version=1)
    with pytest.raises(Conflict):
        moderation.decide(comment.pk, State.APPROVED, moderator(), version=0)


def test_deciding_on_a_deleted_comment_is_a_conflict() -> None:
    with pytest.raises(Conflict) as conflict:
        moderation.decide(77, State.APPROVED, moderator(), version=0)
    assert conflict.value.current is None


def test_a_decision_and_its_undo_can_be_undone() -> None:
    comment, user = factories.comment(held="links"), moderator()
    decision = moderation.decide(comment.pk, State.SPAM, user, version=0)
    undone = moderation.undo(decision.pk, user)
    comment.refresh_from_db()
    assert (comment.state, comment.held) == (State.WAITING, "links")
    assert list(Comment.objects.queued()) == [comment]
    assert undone.undoes == decision
    moderation.undo(undone.pk, user)
    comment.refresh_from_db()
    assert comment.state == State.SPAM
    assert [line.to_state for line in Decision.objects.all()] == ["spam", "waiting", "spam"]


def test_only_the_last_decision_can_be_undone() -> None:
    comment, user = factories.comment(), moderator()
    first = moderation.decide(comment.pk, State.REJECTED, user, version=0)
    moderation.decide(comment.pk, State.APPROVED, user, version=1)
    with pytest.raises(Conflict):
        moderation.undo(first.pk, user)


def test_a_claim_on_a_comment_expires() -> None:
    comment, one, two = factories.comment(), moderator("one"), moderator("two")
    assert moderation.claim(comment.pk, one)
    assert not moderation.claim(comment.pk, two)
    comment.refresh_from_db()
    assert comment.claimant == one
    Comment.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert moderation.claim(comment.pk, two)
    moderation.release(comment.pk, one)
    comment.refresh_from_db()
    assert comment.claimed_by == two


def test_a_ban_needs_an_email_or_an_address() -> None:
    until = timezone.now() + timedelta(days=1)
    comment = factories.comment(email="ana@example.org", confirmed=True, address="192.0.2.7")
    moderation.ban(comment, moderator(), until=until, email=True)
    assert Ban.objects.in_force().get().email_hash == comment.email_hash
    with pytest.raises(ValueError, match="Nothing"):
        moderation.ban(factories.comment(), None, until=until, email=True, address=True)


def test_a_report_brings_a_comment_back_into_the_queue_and_leaves_it_on_the_page() -> None:
    comment = factories.comment(state="approved")
    for reader in ("a", "a", "b"):
        moderation.report(comment.pk, "abuse", "", reader)
    queued = Comment.objects.queued().get()
    assert (queued.state, queued.held, queued.open_reports) == (State.APPROVED, "reported", 2)
    moderation.decide(comment.pk, State.APPROVED, moderator(), version=queued.version)
    assert not Comment.objects.queued().exists()


def test_the_record_of_an_author_counts_all_confirmed_comments_under_an_email() -> None:
    for state in ("approved", "approved", "spam", "waiting"):
        factories.comment(email="Ana@example.org ", confirmed=True, state=state)
        factories.comment(email="ana@example.org", state=state)
    assert moderation.record_of("ana@example.org") == {"approved": 2, "spam": 1, "waiting": 1}
    assert not moderation.record_of("")


def test_editors_have_all_rights_of_moderators_and_more() -> None:
    user = moderator()
    editor = User.objects.create_user("editor")
    editor.groups.add(Group.objects.get(name="Editor"))
    for right in ("comments.add_ban", "comments.view_decision", "comments.add_note", "comments.change_listedword"):
        assert user.has_perm(right)
        assert editor.has_perm(right)
    assert not user.has_perm("comments.feature_comment")
    assert editor.has_perm("comments.feature_comment")
    assert editor.has_perm("comments.erase_comment")


@pytest.mark.django_db(transaction=True)
def test_moderators_who_decide_at_the_same_time_decide_each_comment_once() -> None:
    comments = [factories.comment() for _ in range(6)]
    people = [User.objects.create_user(f"mod{number}") for number in range(4)]

    def decide_all(user: User) -> int:
        decided = 0
        for comment in comments:
            try:
                moderation.decide(comment.pk, State.APPROVED, user, version=0)
                decided += 1
            except Conflict:
                pass
        connection.close()
        return decided

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(decide_all, people)) == len(comments)
    assert Decision.objects.count() == len(comments)


def test_the_live_desk_tells_moderators_how_many_comments_wait() -> None:
    comment = factories.comment()
    factories.comment(comment.article, state="approved")
    factories.comment()
    [panel] = [panel for panel in panels.panels_for(comment.article_id, moderator()) if "comments" in panel.url]
    assert panel.count == 1
    assert f"={comment.article_id}" in panel.url
    assert not [
        each for each in panels.panels_for(comment.article_id, User.objects.create_user("x")) if "comments" in each.url
    ]

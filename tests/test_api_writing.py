"""With a token, programs do the newsroom's work by its rules, within the rights of the token and its owner."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, GlossaryTerm, Topic, Translation, Update, UpdateVersion
from liveblog import limits
from liveblog.accounts.models import Profile
from liveblog.actors import acting_as
from liveblog.audit.models import Action, Entry
from liveblog.rest import idempotency
from liveblog.rest.models import StoredAnswer, Token
from liveblog.rest.scopes import Scope
from tests import factories, newsroom, programs
from tests.programs import Program

pytestmark = pytest.mark.django_db

ALL = tuple(Scope.values)
UPDATES = "/desk/articles/summit/updates"


@pytest.fixture
def article() -> Article:
    return factories.article(slug="summit")


@pytest.fixture
def journalist() -> User:
    return newsroom.user_who_logs_in("ioana", "Journalist", email="ioana@example.org")


@pytest.fixture
def program(journalist: User) -> Program:
    return Program.of(journalist, *ALL)


def version_of(answer: Any) -> str:
    assert answer.status_code < 300, answer.content
    return answer["ETag"]


# The matrix -----------------------------------------------------------------------------------------------------------

#: Each operation: the needed scopes, the permitted roles, and the request.
Ask = Callable[[Program, dict[str, Any]], Any]
WRITERS, TRANSLATORS, MODERATORS = {"Journalist", "Editor"}, {"Translator", "Editor"}, {"Moderator", "Editor"}
EVERYBODY = {"Journalist", "Translator", "Moderator", "Editor"}

OPERATIONS: dict[str, tuple[set[str], set[str], Ask]] = {
    "read": ({"read"}, EVERYBODY, lambda p, o: p.get(f"/desk/articles/{o['slug']}/updates/{o['draft']}")),
    "list": ({"read"}, EVERYBODY, lambda p, o: p.get(f"/desk/articles/{o['slug']}/updates")),
    "create": ({"create"}, WRITERS, lambda p, o: p.post(f"/desk/articles/{o['slug']}/updates", {"text": "New."})),
    "create and publish": (
        {"create", "publish"},
        WRITERS,
        lambda p, o: p.post(f"/desk/articles/{o['slug']}/updates", {"text": "New.", "action": "publish"}),
    ),
    "correct": (
        {"correct"},
        WRITERS,
        lambda p, o: p.ask(
            "PATCH", f"/desk/articles/{o['slug']}/updates/{o['published']}", {"text": "Corrected."}, If_Match="*"
        ),
    ),
    "publish": (
        {"publish"},
        WRITERS,
        lambda p, o: p.post(f"/desk/articles/{o['slug']}/updates/{o['draft']}/publish", If_Match="*"),
    ),
    "draft": ({"correct"}, WRITERS, lambda p, o: p.post(f"/desk/articles/{o['slug']}/updates/{o['scheduled']}/draft")),
    "withdraw": (
        {"withdraw"},
        WRITERS,
        lambda p, o: p.post(f"/desk/articles/{o['slug']}/updates/{o['published']}/withdraw"),
    ),
    "read a translation": (
        {"read"},
        {"Journalist", "Translator", "Editor"},
        lambda p, o: p.get(f"/desk/translations/{o['translation']}"),
    ),
    "translate": (
        {"translate"},
        TRANSLATORS,
        lambda p, o: p.ask(
            "PUT", f"/desk/translations/{o['translation']}", {"texts": {"body": "<p>Es geht los.</p>"}}, If_Match="*"
        ),
    ),
    "refuse": (
        {"translate"},
        TRANSLATORS,
        lambda p, o: p.post(f"/desk/translations/{o['translation']}/refuse", If_Match="*"),
    ),
    "read a comment": ({"read"}, MODERATORS, lambda p, o: p.get(f"/desk/comments/{o['comment']}")),
    "moderate": (
        {"moderate"},
        MODERATORS,
        lambda p, o: p.post(f"/desk/comments/{o['comment']}/decisions", {"to": "approved"}, If_Match="*"),
    ),
}


def objects(slug: str) -> dict[str, Any]:
    """Create an object of each kind, and return the values of the placeholders in addresses."""
    article = factories.article(slug=slug)
    published = factories.update(article, body_en="<p>It begins.</p>")
    return {
        "article": article,
        "slug": slug,
        "draft": factories.update(article, state="draft").pk,
        "scheduled": factories.update(
            article, state="scheduled", publish_at=timezone.now() + datetime.timedelta(hours=1)
        ).pk,
        "published": published.pk,
        "translation": Translation.objects.get(update=published, language="de").pk,
        "comment": factories.comment(article).pk,
    }


def state_of(found: dict[str, Any]) -> object:
    """Return all data that an operation could change."""
    return (
        list(Update.objects.filter(article=found["article"]).order_by("pk").values_list("pk", "state", "version")),
        list(Translation.objects.filter(pk=found["translation"]).values_list("state", "version")),
        list(found["article"].comments.values_list("pk", "state")),
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_needs_its_scopes_and_a_role_that_may_and_its_article(name: str) -> None:
    scopes, roles, ask = OPERATIONS[name]
    own, other = objects("summit"), factories.article(slug="flood")
    for role in sorted(EVERYBODY):
        user = newsroom.user(role.lower(), role)
        every = Program.of(user, *ALL)
        if role not in roles:
            before = state_of(own)
            assert ask(every, own).status_code == 403, role
            assert state_of(own) == before
            continue
        before = state_of(own)
        for lacking in scopes:
            answer = ask(Program.of(user, *(set(ALL) - {lacking})), own)
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient-scope"), (role, lacking)
            assert lacking in answer["WWW-Authenticate"]
        answer = ask(Program.of(user, *scopes, articles=[other]), own)
        assert (answer.status_code, answer.json()["code"]) == (403, "other-article"), role
        assert state_of(own) == before
    user = User.objects.get(username=min(roles).lower())
    answer = ask(Program.of(user, *scopes, articles=[own["article"]]), own)
    assert answer.status_code in (200, 201), answer.content
    assert ask(Program(), own).status_code == 401


def test_a_token_ends_with_its_time_its_revocation_and_its_owner(article: Article, journalist: User) -> None:
    def asks(secret: str) -> int:
        return Program(secret).get("/desk/token").status_code

    token, secret = Token.make(journalist, "Bot", ["read"], valid_for=datetime.timedelta(days=7))
    assert asks(secret) == 200
    assert asks(secret + "x") == asks("lbt_") == asks("") == 401
    Token.objects.update(expires_at=timezone.now())
    assert asks(secret) == 401
    Token.objects.update(expires_at=timezone.now() + datetime.timedelta(days=1))
    token.refresh_from_db()
    assert token.revoke()
    assert asks(secret) == 401
    _token, secret = Token.make(journalist, "Bot", ["read"], valid_for=datetime.timedelta(days=7))
    User.objects.filter(pk=journalist.pk).update(is_staff=False)
    assert asks(secret) == 401
    User.objects.filter(pk=journalist.pk).update(is_staff=True)
    journalist.is_active = False
    journalist.save()
    journalist.is_active = True
    journalist.save()
    assert asks(secret) == 401, "A suspension ends tokens for good."


def test_a_role_that_is_lost_is_lost_to_the_token_at_once(article: Article, journalist: User, program: Program) -> None:
    assert program.post(UPDATES, {"text": "One."}).status_code == 201
    journalist.groups.clear()
    assert program.post(UPDATES, {"text": "Two."}).status_code == 403


def test_a_role_that_needs_a_second_factor_needs_one_for_tokens_too(program: Program, settings: Any) -> None:
    settings.REQUIRE_MFA = ["journalist"]
    assert program.get("/desk/token").status_code == 401


def test_a_token_for_a_deleted_article_is_valid_for_no_other(journalist: User, article: Article) -> None:
    gone = factories.article(slug="gone")
    bot = Program.of(journalist, *ALL, articles=[gone])
    gone.delete()
    assert bot.get("/desk/token").json()["articles"] == []
    assert bot.post(UPDATES, {"text": "One."}).status_code == 403


def test_secrets_are_stored_as_hashes_and_sessions_are_no_tokens(article: Article, journalist: User) -> None:
    _token, secret = Token.make(journalist, "Bot", ALL, valid_for=datetime.timedelta(days=7))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {Token._meta.db_table}")
        assert secret not in str(cursor.fetchall())
    client = Client()
    client.force_login(journalist)
    answer = client.post("/api/v1" + UPDATES, json.dumps({"text": "x"}), content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.usefixtures("one_stretch")
def test_a_program_that_asks_too_often_is_told_to_wait(program: Program, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    answers = [program.get("/desk/token") for _number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    limits.forget()
    for _number in range(100):
        Program("lbt_wrong").get("/desk/token")
    assert Program("lbt_wrong").get("/desk/token").status_code == 429


@pytest.mark.usefixtures("one_stretch")
def test_the_limit_of_forms_is_not_one_of_programs_with_a_token(program: Program, settings: Any) -> None:
    factories.article(slug="summit")
    settings.POSTS_PER_MINUTE = 1
    answers = [program.post(UPDATES, {"text": f"Fourteen came {number}."}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    without = [Client().post("/api/v1" + UPDATES, {}, content_type="application/json") for _number in range(2)]
    assert [answer.status_code for answer in without] == [401, 429]


# Writing --------------------------------------------------------------------------------------------------------------


def test_an_update_is_written_corrected_published_and_withdrawn(
    article: Article, journalist: User, program: Program
) -> None:
    created = program.post(UPDATES, {"headline": "Talks begin", "text": "Fourteen <b>came.\n\nSee below."})
    assert created.status_code == 201
    update = Update.objects.get()
    assert created["Location"].endswith(f"{UPDATES}/{update.pk}")
    assert (update.state, update.written_by, update.body_en) == (
        "draft",
        journalist,
        "<p>Fourteen &lt;b&gt;came.</p><p>See below.</p>",
    )
    changed = program.ask(
        "PATCH",
        f"{UPDATES}/{update.pk}",
        {"body": "<p>Fifteen came.<script>x</script></p>"},
        If_Match=version_of(created),
    )
    assert changed.json()["body"] == "<p>Fifteen came.</p>"
    assert changed.json()["headline"] == "Talks begin"
    published = program.post(f"{UPDATES}/{update.pk}/publish", If_Match=version_of(changed))
    assert published.json()["url"].endswith(f"/en/live/summit/update/{update.pk}/")
    assert programs.Program().get(f"/articles/summit/updates/{update.pk}").json()["text"] == "Fifteen came."
    corrected = program.ask(
        "PATCH",
        f"{UPDATES}/{update.pk}",
        {"text": "Sixteen came.", "correction_note": "The number was wrong.", "is_key": True},
        If_Match=version_of(published),
    )
    assert corrected.json()["state"] == "published"
    withdrawn = program.post(f"{UPDATES}/{update.pk}/withdraw", {"leaves_mark": True, "reason": "It was false."})
    assert withdrawn.json()["state"] == "withdrawn"
    update.refresh_from_db()
    assert (update.correction_note_en, update.withdrawal_note_en, update.is_key) == (
        "The number was wrong.",
        "It was false.",
        True,
    )
    versions = UpdateVersion.objects.filter(update=update)
    assert versions.count() == 5
    assert {version.user for version in versions} == {journalist}
    entry = Entry.objects.get(action=Action.PUBLISHED)
    assert (entry.actor, entry.details["token"]) == (journalist, "A program")


def test_the_byline_of_the_owner_is_the_default_as_at_the_desk(
    article: Article, journalist: User, program: Program
) -> None:
    own, other = factories.author(user=journalist), factories.author("Ana Pop")
    assert program.post(UPDATES, {"text": "One."}).json()["authors"] == [own.pk]
    assert program.post(UPDATES, {"text": "Two.", "authors": [other.pk]}).json()["authors"] == [other.pk]


def test_every_field_of_an_update_survives_a_change_of_another_one(article: Article, program: Program) -> None:
    author, picture = factories.author(), upload(program).json()["id"]
    Topic.objects.create(slug="nato", name_en="NATO")
    moment = timezone.now().replace(microsecond=0) + datetime.timedelta(days=1)
    sent = {
        "language": "de",
        "kind": "quote",
        "headline": "Ein Wort",
        "body": "<p>Wir kommen.</p>",
        "attribution": "Ana Pop",
        "source_url": "https://example.org/source",
        "is_key": True,
        "authors": [author.pk],
        "topics": ["nato"],
        "pictures": [{"id": picture, "alt": "Der Saal", "caption": "Mittags", "credit": "Foto: I. Moraru"}],
        "publish_at": moment.isoformat(),
        "action": "schedule",
    }
    created = program.post(UPDATES, sent)
    before = created.json()
    address = f"{UPDATES}/{before['id']}"
    after = program.ask("PATCH", address, {"is_breaking": True}, If_Match=version_of(created)).json()
    assert after == before | {"is_breaking": True, "version": after["version"]}
    assert after["state"] == "scheduled"
    assert datetime.datetime.fromisoformat(after["publish_at"]) == moment


def test_a_poll_has_a_question_and_choices(article: Article, program: Program) -> None:
    sent = {"kind": "poll", "headline": "Will they agree?", "choices": ["Yes", "No"], "action": "publish"}
    created = program.post(UPDATES, sent).json()
    assert (created["body"], created["choices"]) == ("", ["Yes", "No"])
    address = f"{UPDATES}/{created['id']}"
    changed = program.ask("PATCH", address, {"headline": "Will they sign?"}, If_Match=created["version"]).json()
    assert changed["choices"] == ["Yes", "No"]
    poll = Program().get(f"/articles/summit/updates/{created['id']}").json()["poll"]
    assert [choice["text"] for choice in poll["choices"]] == ["Yes", "No"]


def upload(program: Program, name: str = "hall.png") -> Any:
    content = factories.photo().read() if name.endswith("png") else b"no picture"
    answer = program._client.post(
        f"{programs.ROOT}/desk/pictures", {"file": SimpleUploadedFile(name, content)}, headers=program._headers
    )
    programs.check("POST", "/desk/pictures", answer)
    return answer


def test_pictures_are_uploaded_and_their_faults_are_reported(article: Article, program: Program) -> None:
    assert upload(program, "hall.txt").json()["errors"]["file"]
    picture = upload(program).json()["id"]
    answer = program.post(UPDATES, {"text": "x", "action": "publish", "pictures": [{"id": picture, "alt": "The hall"}]})
    assert f"pictures.{picture}.credit" in answer.json()["errors"]
    stranger = Program.of(newsroom.user("maria", "Journalist"), *ALL)
    assert stranger.post(UPDATES, {"text": "x", "pictures": [{"id": picture}]}).status_code == 422


REFUSED: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"body"}),
    ({"text": "x", "kind": "ode"}, {"kind"}),
    ({"text": "x", "language": "xx"}, {"language"}),
    ({"text": "x", "headline": "y" * 201}, {"headline"}),
    ({"text": "x", "source_url": "javascript:alert(1)"}, {"source_url"}),
    ({"text": "x", "authors": [999_999]}, {"authors"}),
    ({"text": "x", "unknown": 1}, {"unknown"}),
    ({"text": "x", "body": "y"}, {"text"}),
    ({"text": "x", "is_key": "perhaps"}, {"is_key"}),
    ({"text": "x", "also_in": ["nothing"]}, {"also_in"}),
    ({"text": "x", "action": "schedule"}, {"publish_at"}),
    ({"text": "x", "action": "schedule", "publish_at": "2020-01-01T00:00:00Z"}, {"publish_at"}),
    ({"text": "x", "action": "schedule", "publish_at": "2099-01-01T00:00:00"}, {"publish_at"}),
    ({"text": "x", "kind": "poll"}, {"choices"}),
    ({"text": "x", "topics": ["nothing"]}, {"topics"}),
]


def test_violated_rules_are_reported_by_field_and_nothing_changes(article: Article, program: Program) -> None:
    for sent, fields in REFUSED:
        answer = program.post(UPDATES, {"action": "publish"} | sent)
        assert answer.status_code == 422, (sent, answer.content)
        assert fields <= answer.json()["errors"].keys(), sent
    assert not Update.objects.exists()


def test_errors_are_in_the_language_of_the_request(article: Article, program: Program) -> None:
    answer = program.post(UPDATES, {"action": "publish"}, Accept_Language="de")
    assert "zuerst" in answer.json()["errors"]["body"][0]
    # The schema refuses these before a form sees them.
    sent = {"text": "One.", "is_key": "perhaps", "action": "print", "colour": "red", "authors": ["Ada"]}
    errors = program.post(UPDATES, sent, Accept_Language="de").json()["errors"]
    assert errors == {
        "is_key": ["Hier ist true oder false anzugeben."],
        "action": ["Hier ist einer dieser Werte anzugeben: draft, publish, schedule."],
        "colour": ["Ein Feld mit diesem Namen gibt es nicht."],
        "authors.0": ["Bitte eine ganze Zahl eingeben."],
    }


def test_a_second_person_releases_what_a_program_writes(article: Article, program: Program) -> None:
    Article._base_manager.filter(pk=article.pk).update(needs_release=True)
    created = program.post(UPDATES, {"text": "One.", "action": "publish"})
    assert created.json()["state"] == "submitted"
    address = f"{UPDATES}/{created.json()['id']}/publish"
    refused = program.post(address, If_Match=version_of(created))
    assert refused.status_code == 422
    second = Program.of(newsroom.user("maria", "Journalist"), *ALL)
    assert second.post(address, If_Match=version_of(created)).json()["state"] == "published"


def test_only_the_scope_publish_changes_when_an_update_appears(article: Article, journalist: User) -> None:
    tomorrow, soon = (timezone.now() + datetime.timedelta(**span) for span in ({"days": 1}, {"seconds": 2}))
    scheduled = factories.update(article, state="scheduled", publish_at=tomorrow)
    submitted = factories.update(article, state="submitted")
    draft = factories.update(article, state="draft")
    correcting = Program.of(journalist, "read", "correct")
    changes = {"publish_at": soon.isoformat()}, {"earlier_time": timezone.now().isoformat(), "backdating_reason": "."}
    for update in (scheduled, submitted):
        for change in changes:
            refused = correcting.ask("PATCH", f"{UPDATES}/{update.pk}", change, If_Match="*")
            assert refused.status_code == 403, change
    scheduled.refresh_from_db()
    assert (scheduled.state, scheduled.publish_at, scheduled.earlier_time) == ("scheduled", tomorrow, None)
    changed = correcting.ask("PATCH", f"{UPDATES}/{scheduled.pk}", {"headline": "Talks"}, If_Match="*")
    assert (changed.status_code, changed.json()["state"]) == (200, "scheduled")
    # Nothing publishes a draft by itself.
    assert correcting.ask("PATCH", f"{UPDATES}/{draft.pk}", changes[0], If_Match="*").status_code == 200
    later = {"publish_at": (tomorrow + datetime.timedelta(days=1)).isoformat()}
    publishing = Program.of(journalist, "read", "correct", "publish")
    assert publishing.ask("PATCH", f"{UPDATES}/{scheduled.pk}", later, If_Match="*").status_code == 200


@pytest.mark.parametrize("needs_release", [True, False])
@pytest.mark.parametrize("state", ["draft", "submitted", "withdrawn"])
def test_a_change_without_an_action_keeps_the_state(
    article: Article, journalist: User, state: str, needs_release: bool
) -> None:
    Article._base_manager.filter(pk=article.pk).update(needs_release=needs_release)
    ana = newsroom.user("ana", "Journalist")
    with acting_as(ana):
        update = factories.update(article, state=state)
    for person in (ana, journalist):
        program = Program.of(person, "read", "correct")
        headline = f"Talks, by {person}"
        changed = program.ask("PATCH", f"{UPDATES}/{update.pk}", {"headline": headline}, If_Match="*")
        assert (changed.status_code, changed.json()["state"], changed.json()["headline"]) == (200, state, headline)
    update.refresh_from_db()
    assert (update.published_before, update.submitted_by) == (False, ana if state == "submitted" else None)
    moved = program.ask("PATCH", f"{UPDATES}/{update.pk}", {"action": "draft"}, If_Match="*")
    assert moved.json()["state"] == "draft"


def test_a_version_that_a_program_has_not_read_is_not_replaced(article: Article, program: Program) -> None:
    created = program.post(UPDATES, {"text": "One."})
    address = f"{UPDATES}/{created.json()['id']}"
    changed = program.ask("PATCH", address, {"text": "Two."}, If_Match=version_of(created))
    late = program.ask("PATCH", address, {"text": "Three."}, If_Match=version_of(created))
    assert (late.status_code, late.json()["code"]) == (412, "changed")
    assert program.ask("PATCH", address, {"text": "Three."}).status_code == 428
    assert program.post(f"{address}/publish", If_Match=version_of(created)).status_code == 412
    assert program.get(address)["ETag"] == version_of(changed)


def test_copies_go_only_to_articles_that_the_token_is_for(article: Article, journalist: User) -> None:
    other = factories.article(slug="flood")
    bot = Program.of(journalist, *ALL, articles=[article])
    assert bot.post(UPDATES, {"text": "x", "also_in": ["flood"]}).status_code == 403
    both = Program.of(journalist, *ALL, articles=[article, other])
    assert both.post(UPDATES, {"text": "x", "also_in": ["flood"]}).status_code == 201
    assert other.updates.count() == 1


# Repeated requests ----------------------------------------------------------------------------------------------------


def test_a_request_that_comes_twice_is_done_once(article: Article, program: Program) -> None:
    first, second = (program.post(UPDATES, {"text": "One."}, Idempotency_Key="a-1") for _number in range(2))
    assert (first.content, first.status_code, first["ETag"]) == (second.content, second.status_code, second["ETag"])
    assert second["Idempotent-Replayed"] == "true"
    assert Update.objects.count() == 1
    other = program.post(UPDATES, {"text": "Two."}, Idempotency_Key="a-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key")
    assert program.post(UPDATES, {"text": "Two."}, Idempotency_Key="a-2").status_code == 201
    stranger = Program.of(newsroom.user("maria", "Journalist"), *ALL)
    assert stranger.post(UPDATES, {"text": "Other."}, Idempotency_Key="a-1").status_code == 201


def test_a_refused_request_can_be_corrected_under_the_same_key(article: Article, program: Program) -> None:
    assert program.post(UPDATES, {"action": "publish"}, Idempotency_Key="a-1").status_code == 422
    assert program.post(UPDATES, {"text": "One.", "action": "publish"}, Idempotency_Key="a-1").status_code == 201


def test_a_request_whose_process_died_is_still_done_once(article: Article, program: Program) -> None:
    program.post(UPDATES, {"text": "One."}, Idempotency_Key="a-1")
    # The process died after the commit, before it stored its response.
    StoredAnswer.objects.update(status=None)
    busy = program.post(UPDATES, {"text": "One."}, Idempotency_Key="a-1")
    assert (busy.status_code, busy.json()["code"]) == (409, "in-progress")
    StoredAnswer.objects.update(at=timezone.now() - idempotency.LOST_AFTER)
    assert program.post(UPDATES, {"text": "One."}, Idempotency_Key="a-1").status_code == 201
    assert Update.objects.count() == 1


def test_answers_are_kept_for_a_day(article: Article, program: Program) -> None:
    program.post(UPDATES, {"text": "One."}, Idempotency_Key="a-1")
    StoredAnswer.objects.update(at=timezone.now() - idempotency.KEPT_FOR - datetime.timedelta(minutes=1))
    program.post(UPDATES, {"text": "Two."}, Idempotency_Key="a-2")
    assert [row.key for row in StoredAnswer.objects.all()] == ["a-2"]


@pytest.mark.one_database
@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_concurrent_requests_is_done(article: Article, journalist: User) -> None:
    _token, secret = Token.make(journalist, "Bot", ALL, valid_for=datetime.timedelta(days=1))
    answers: list[int] = []

    def send() -> None:
        try:
            answers.append(Program(secret).post(UPDATES, {"text": "One."}, Idempotency_Key="a-1").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Update.objects.count() == 1
    assert set(answers) <= {201, 409}
    assert 201 in answers


# Translating and moderating -------------------------------------------------------------------------------------------


def test_a_translation_is_saved_and_accepted_with_its_remarks() -> None:
    update = factories.update(
        factories.article(slug="summit"), headline_en="Talks", body_en="<p>14 came.</p><p>So.</p>"
    )
    bot = Program.of(newsroom.user("greta", "Translator"), *ALL)
    row = Translation.objects.get(update=update, language="de")
    [queued] = [
        one for one in bot.get("/desk/translations?language=de&article=summit").json()["items"] if one["update"]
    ]
    assert (queued["id"], queued["source"]["headline"]) == (row.pk, "Talks")
    address = f"/desk/translations/{row.pk}"
    texts = {"headline": "Gespräche", "body": "<p>41 kamen.</p><p>So.</p>"}
    saved = bot.ask("PUT", address, {"texts": texts}, If_Match=version_of(bot.get(address)))
    assert saved.json()["state"] == "review"
    assert saved.json()["texts"] == texts
    sent = {"texts": texts, "accept": True}
    refused = bot.ask("PUT", address, sent, If_Match=version_of(saved))
    assert (refused.status_code, refused.json()["code"]) == (422, "remarks")
    keys = [remark["key"] for remark in saved.json()["remarks"]]
    accepted = bot.ask("PUT", address, sent | {"acknowledged": keys}, If_Match=version_of(saved))
    assert accepted.json()["state"] == "reviewed"
    assert bot.ask("PUT", address, sent, If_Match=version_of(saved)).status_code == 412
    unknown = bot.ask("PUT", address, {"texts": {"standfirst": "x"}}, If_Match="*")
    assert list(unknown.json()["errors"]) == ["standfirst"]


def test_a_list_of_translations_reads_the_glossary_once() -> None:
    GlossaryTerm.objects.create(source_language="en", language="de", source="talks", target="Gespräche")
    article = factories.article(slug="summit")
    for number in range(3):
        text = {"body_en": f"<p>Talks {number}.</p>", "body_de": f"<p>Treffen {number}.</p>"}
        factories.update(article, **text)
    bot = Program.of(newsroom.user("greta", "Translator"), *ALL)
    with CaptureQueriesContext(connection) as queries:
        items = bot.get("/desk/translations?language=de&state=review").json()["items"]
    assert [len(item["remarks"]) for item in items] == [1, 1, 1]
    assert sum("glossaryterm" in query["sql"] for query in queries) == 1


def test_a_translator_of_other_languages_may_not(article: Article) -> None:
    greta = newsroom.user("greta", "Translator")
    Profile.objects.create(user=greta, languages=["uk"])
    row = Translation.objects.get(article=article, language="de")
    answer = Program.of(greta, *ALL).ask("PUT", f"/desk/translations/{row.pk}", {"texts": {}}, If_Match="*")
    assert answer.status_code == 403


def test_a_comment_is_decided_on_once_and_the_decision_is_undone(article: Article) -> None:
    comment = factories.comment(article)
    bot = Program.of(newsroom.user("mihai", "Moderator"), *ALL)
    address = f"/desk/comments/{comment.pk}"
    read = bot.get(address)
    assert [one["id"] for one in bot.get("/desk/comments").json()["items"]] == [comment.pk]
    decisions = f"{address}/decisions"
    assert bot.post(decisions, {"to": "rejected"}, If_Match=version_of(read)).json()["errors"]["reason"]
    made = bot.post(decisions, {"to": "rejected", "reason": "insult"}, If_Match=version_of(read))
    assert made.json()["comment"]["state"] == "rejected"
    assert bot.post(decisions, {"to": "approved"}, If_Match=version_of(read)).status_code == 412
    undone = bot.post(f"{decisions}/{made.json()['id']}/undo")
    assert undone.json()["comment"]["state"] == "waiting"


def test_a_token_for_some_articles_lists_only_what_belongs_to_them(article: Article) -> None:
    other = factories.article(slug="flood")
    for each in (article, other):
        factories.comment(each)
        factories.update(each)
    bot = Program.of(newsroom.user("eva", "Editor"), *ALL, articles=[article])
    assert {one["article"] for one in bot.get("/desk/comments").json()["items"]} == {"summit"}
    assert {one["article"] for one in bot.get("/desk/translations?language=de").json()["items"]} == {"summit"}


def test_lists_of_the_newsroom_are_paged_by_key(article: Article, program: Program) -> None:
    for _number in range(3):
        factories.update(article, state="draft")
    address: str | None = f"{UPDATES}?state=draft&limit=2"
    seen: list[int] = []
    while address:
        answer = program.get(address).json()
        seen += [item["id"] for item in answer["items"]]
        address = (answer["next"] or "").removeprefix(f"{settings.SITE_URL}{programs.ROOT}")
    assert len(seen) == len(set(seen)) == 3


# The screens ----------------------------------------------------------------------------------------------------------

TOKENS = "/admin/liveblog/token/"


@pytest.fixture
def person(journalist: User) -> Client:
    client = Client()
    newsroom.log_in(client, "ioana")
    return client


def test_a_person_makes_a_token_that_is_shown_once_and_revokes_it(
    person: Client, journalist: User, article: Article
) -> None:
    page = person.post(
        f"{TOKENS}add/", {"name": "Chat bot", "scopes": ["create", "publish"], "articles": [article.pk], "days": "30"}
    )
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert article.headline_en in page.content.decode().partition('id="scopes-title"')[2]
    token = Token.objects.get()
    assert (token.user, token.scopes, list(token.articles.all())) == (journalist, ["create", "publish"], [article])
    assert token.expires_at - timezone.now() > datetime.timedelta(days=29)
    assert Program(secret).post(UPDATES, {"text": "One."}).status_code == 201
    for address in (TOKENS, f"{TOKENS}{token.pk}/change/"):
        shown = person.get(address).content.decode()
        assert "Chat bot" in shown
        assert secret not in shown
    person.post(f"{TOKENS}{token.pk}/change/")
    assert Program(secret).get("/desk/token").status_code == 401
    actions = list(Entry.objects.filter(about__contains="token").order_by("pk").values_list("action", flat=True))
    assert actions == [Action.TOKEN_MADE, Action.TOKEN_REVOKED]


def test_nobody_sees_or_ends_the_tokens_of_others_but_administrators(person: Client) -> None:
    other, _secret = Token.make(
        newsroom.user("maria", "Journalist"), "Other", ["read"], valid_for=datetime.timedelta(1)
    )
    assert "Other" not in person.get(TOKENS).content.decode()
    assert person.post(f"{TOKENS}{other.pk}/change/").status_code == 404
    assert Token.objects.in_force().exists()
    admin = Client()
    admin.force_login(newsroom.user("root", is_superuser=True))
    assert "Other" in admin.get(TOKENS).content.decode()
    admin.post(f"{TOKENS}{other.pk}/change/")
    assert not Token.objects.in_force().exists()


def test_a_person_gives_a_token_no_more_rights_than_they_have(person: Client) -> None:
    wrong: dict[str, Any] = {"scopes": ["moderate"], "name": "\u2003", "days": "9999", "articles": ["x"]}
    for name, value in [*wrong.items(), ("scopes", [])]:
        page = person.post(f"{TOKENS}add/", {"name": "Bot", "scopes": ["create"], "days": "30"} | {name: value})
        assert page.status_code == 200
        assert list(page.context["adminform"].form.errors) == [name]
    assert not Token.objects.exists()


def test_a_session_that_is_old_has_to_prove_itself_first(person: Client, journalist: User) -> None:
    stranger = Client()
    stranger.force_login(journalist)
    answer = stranger.get(f"{TOKENS}add/")
    assert (answer.status_code, "reauthenticate" in answer["Location"]) == (302, True)


def test_the_number_of_tokens_of_a_person_is_limited(person: Client, journalist: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("liveblog.rest.models.MAX_TOKENS", 1)
    monkeypatch.setattr("liveblog.rest.forms.MAX_TOKENS", 1)
    Token.make(journalist, "One", ["read"], valid_for=datetime.timedelta(days=1))
    page = person.post(f"{TOKENS}add/", {"name": "Two", "scopes": ["read"], "days": "30"})
    assert page.context["adminform"].form.non_field_errors()
    with pytest.raises(ValidationError):
        Token.make(journalist, "Three", ["read"], valid_for=datetime.timedelta(days=1))

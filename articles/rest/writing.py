"""Operations of journalists: write, correct, publish and withdraw updates, as at the desk.

The JSON of a program is converted to the form of the composer, so the same rules, errors, history and locks apply.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from articles import kinds
from articles.choices import UpdateState
from articles.desk import actions, saving
from articles.desk.forms import ComposerForm, copy_targets
from articles.models import Article, Topic, Update
from articles.pictures.forms import MARKER
from articles.polls.forms import without_choices
from articles.publishing import snapshot
from articles.rest.reading import Before, Limit, Slug, find_article
from articles.rest.schemas import ROOT
from articles.templatetags.live import absolute
from articles.text.localized import text_in
from liveblog.actors import user_of
from liveblog.errors import Conflict
from liveblog.languages import MAX_CODE_LENGTH, field_of
from liveblog.numbers import LARGEST
from liveblog.pagination import Anchor, Order, Place
from liveblog.rest import problems
from liveblog.rest.answers import IF_MATCH, answer, expected_version
from liveblog.rest.authentication import AccessToken, require, require_article, token_of
from liveblog.rest.idempotency import key_of_update, once
from liveblog.rest.problems import Problem
from liveblog.rest.scopes import Scope

router = Router(tags=["Updates of the newsroom"])

State = Update.State

#: Addresses.
_UPDATES = "/desk/articles/{slug}/updates"
_UPDATE = f"{_UPDATES}/{{int:pk}}"

_BY_KEY = Order(("pk",))
PAGE_SIZE = 50

#: Fields of the form that have another name in the API.
_NAMES = {"source_language": "language", "published_at": "earlier_time"}

#: The fields with the time of publication, and the time that readers see.
_TIMES = frozenset({"publish_at", "earlier_time"})

Action = Literal["draft", "publish", "schedule"]
Id = Annotated[int, Field(ge=1, le=LARGEST)]


class PictureIn(Schema):
    """A picture of an update, uploaded before, with its texts in the language of the update."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    alt: str = Field("", description="What the picture shows, for those who do not see it.")
    caption: str = ""
    credit: str = Field("", description="Needed before readers see it.")
    is_decorative: bool = Field(False, description="It needs no alternative text.")


class UpdateIn(Schema):
    """An update. A field that is left out stays as it is, or is empty in a new one."""

    model_config = ConfigDict(extra="forbid")

    language: str | None = Field(
        None, description="In which it is written; one of those of the article.", max_length=MAX_CODE_LENGTH
    )
    kind: str | None = Field(None, description=f"One of {kinds.NAMES}.", max_length=12)
    headline: str | None = None
    body: str | None = Field(None, description="HTML; what the editor does not offer is removed.")
    text: str | None = Field(
        None, description="The body without markup, in place of `body`; blank lines part paragraphs."
    )
    attribution: str | None = None
    source_url: str | None = None
    embed_url: str | None = Field(None, description="The address of a video, post, sound or chart.")
    is_key: bool | None = None
    is_breaking: bool | None = None
    correction_note: str | None = Field(None, description="What was wrong, for readers who saw it.")
    authors: list[Id] | None = Field(None, description="Bylines; that of the token’s owner if it is left out.")
    topics: list[Slug] | None = Field(None, description="Slugs, besides the topics of the article.")
    pictures: list[PictureIn] | None = None
    choices: list[str] | None = Field(None, description="For a poll; its headline is the question.", max_length=50)
    closes_at: datetime.datetime | None = Field(None, description="For a poll.")
    publish_at: datetime.datetime | None = Field(None, description="For `action` schedule.")
    earlier_time: datetime.datetime | None = Field(
        None, description="The time that it carries, if that is an earlier one."
    )
    backdating_reason: str | None = None
    also_in: list[Slug] | None = Field(None, description="Slugs of other articles that get a copy.")
    action: Action | None = Field(
        None,
        description="What becomes of an update that readers have not seen. Default: a new one is a draft, another one "
        "keeps its state; but a scheduled one is submitted if a second person releases updates. Publishing and "
        "scheduling need the scope publish, and so does another time for an update that is scheduled or submitted.",
    )


class WithdrawalIn(Schema):
    model_config = ConfigDict(extra="forbid")

    leaves_mark: bool = Field(False, description="Readers are told that an update was withdrawn here.")
    reason: str = Field("", description="For readers, beside the mark.", max_length=500)


class PictureOfUpdateOut(Schema):
    id: int
    url: str
    alt: str
    caption: str
    credit: str


class DeskUpdateOut(Schema):
    """An update as the desk shows it: in its source language, in any state."""

    id: int
    article: str
    state: str = Field(description="draft, submitted, scheduled, published or withdrawn.")
    version: str = Field(description="Its ETag, for the header If-Match.")
    language: str
    kind: str
    headline: str
    body: str
    attribution: str
    source_url: str
    embed_url: str
    is_key: bool
    is_breaking: bool
    correction_note: str
    authors: list[int]
    topics: list[str]
    pictures: list[PictureOfUpdateOut]
    choices: list[str] = Field(description="Of a poll.")
    closes_at: datetime.datetime | None
    publish_at: datetime.datetime | None
    earlier_time: datetime.datetime | None
    backdating_reason: str
    first_published_at: datetime.datetime | None
    url: str | None = Field(description="Its page for readers; null while they do not see it.")


class DeskUpdatesOut(Schema):
    items: list[DeskUpdateOut]
    next: str | None = Field(description="The address of the next page; null on the last one.")


class TokenOut(Schema):
    """The access token of this request."""

    name: str
    user: str = Field(description="The person for whom it acts.")
    scopes: list[str]
    articles: list[str] | None = Field(description="The slugs of the articles that it is for; null for all.")
    expires_at: datetime.datetime


@router.get("/desk/token", response=TokenOut, auth=AccessToken(), tags=["Access token"])
def read_token(request: HttpRequest) -> HttpResponse:
    """Return the rights of this request's token."""
    token = token_of(request)
    own = Article.objects.filter(pk__in=token.articles.values("pk")).order_by("slug").values_list("slug", flat=True)
    return answer(
        TokenOut(
            name=token.name,
            user=token.user.get_username(),
            scopes=token.scopes,
            articles=None if token.every_article else list(own),
            expires_at=token.expires_at,
        )
    )


@router.get(_UPDATES, response=DeskUpdatesOut, auth=AccessToken(Scope.READ))
def list_desk_updates(
    request: HttpRequest,
    slug: str,
    state: UpdateState | None = None,
    before: Before | None = None,
    limit: Limit = PAGE_SIZE,
) -> HttpResponse:
    """The updates of an article in any state, the newest first."""
    article = _article(request, slug)
    found = article.updates.filter(state=state) if state else article.updates.all()
    place, anchor = (Place("before", before), Anchor(before, (before,))) if before else (Place(), None)
    rows = found.select_related("embed").prefetch_related("authors", "topics", "pictures")
    page = _BY_KEY.page(rows, place, anchor, limit)
    following = None
    if page.older:
        query = {"state": state} if state else {}
        following = f"{ROOT}/desk/articles/{article.slug}/updates?" + urlencode(
            query | {"limit": limit, "before": page.older.pk}
        )
    return answer(DeskUpdatesOut(items=[_out(one, article) for one in page.items], next=following))


@router.post(_UPDATES, response={201: DeskUpdateOut}, auth=AccessToken(Scope.CREATE))
def create_update(request: HttpRequest, slug: str, update: UpdateIn) -> HttpResponse:
    """Write an update."""
    article = _article(request, slug)

    def create() -> HttpResponse:
        data = _form_data(request, article, None, update)
        data["key"] = key_of_update(request)
        outcome = saving.write(article, data, user_of(request))
        if outcome.saved is None and outcome.is_conflict:
            # The first request with this key was executed, and somebody has changed the update since.
            return _answer(article, outcome.form.instance.pk, 201)
        return _answer(article, _saved(outcome).pk, 201)

    return once(request, create)


@router.get(_UPDATE, response=DeskUpdateOut, auth=AccessToken(Scope.READ))
def read_desk_update(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One update, in any state."""
    return _answer(_article(request, slug), pk)


@router.patch(_UPDATE, response=DeskUpdateOut, auth=AccessToken(Scope.CORRECT), openapi_extra=IF_MATCH)
def change_update(request: HttpRequest, slug: str, pk: int, update: UpdateIn) -> HttpResponse:
    """Change an update. Name the version that you have read in If-Match."""
    article = _article(request, slug)

    def change() -> HttpResponse:
        present = _get(article, pk)
        data = _form_data(request, article, present, update)
        data["opened"] = expected_version(request, snapshot.version_token(present))
        outcome = saving.rewrite(article, present.pk, data, user_of(request))
        if outcome is None:
            raise Http404
        if outcome.is_conflict:
            raise problems.changed()
        return _answer(article, _saved(outcome).pk)

    return once(request, change)


@router.post(f"{_UPDATE}/publish", response=DeskUpdateOut, auth=AccessToken(Scope.PUBLISH), openapi_extra=IF_MATCH)
def publish_update(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Publish or release an update; it is submitted if a second person releases updates.

    Name the version that you have read in If-Match.
    """
    article = _article(request, slug)

    def publish() -> HttpResponse:
        version = expected_version(request, snapshot.version_token(_get(article, pk)))
        return _act(request, article, pk, "publish", opened=version)

    return once(request, publish)


@router.post(f"{_UPDATE}/draft", response=DeskUpdateOut, auth=AccessToken(Scope.CORRECT))
def make_draft(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make a scheduled or submitted update a draft again."""
    article = _article(request, slug)
    return once(request, lambda: _act(request, article, pk, "draft"))


@router.post(f"{_UPDATE}/withdraw", response=DeskUpdateOut, auth=AccessToken(Scope.WITHDRAW))
def withdraw_update(request: HttpRequest, slug: str, pk: int, withdrawal: WithdrawalIn) -> HttpResponse:
    """Withdraw an update, perhaps with a mark for readers."""
    article = _article(request, slug)
    mark = "1" if withdrawal.leaves_mark else ""
    return once(request, lambda: _act(request, article, pk, "withdraw", mark=mark, reason=withdrawal.reason))


# Finding --------------------------------------------------------------------------------------------------------------


def _article(request: HttpRequest, slug: str) -> Article:
    """Return the article of a request with a token. Raise Problem if the token is not for it."""
    article = find_article(slug)
    require_article(token_of(request), article.pk)
    timezone.activate(article.zone)
    return article


def _get(article: Article, pk: int) -> Update:
    rows = Update.objects.select_related("article", "embed").prefetch_related("authors", "topics", "pictures")
    return get_object_or_404(rows, pk=min(pk, LARGEST), article=article)


# The form of the composer ---------------------------------------------------------------------------------------------


def _form_data(request: HttpRequest, article: Article, present: Update | None, update: UpdateIn) -> QueryDict:
    """Return the form data of the composer: the present values, replaced by those of the request."""
    token, action = token_of(request), update.action or _default_action(present)
    form = saving.composer_form(user_of(request), article, present, None)
    if _needs_publish(update, present):
        require(token, Scope.PUBLISH)
    given = update.model_dump(exclude_unset=True, exclude={"action", "also_in", "pictures", "text", "topics"})
    if update.text is not None:
        if update.body is not None:
            raise problems.invalid({"text": [_("Send either a body or a text.")]})
        given["body"] = _paragraphs(update.text)
    if update.topics is not None:
        given["topics"] = _topics(update.topics)
    values = _present_values(form) | {_form_name(name): value for name, value in given.items()}
    data = QueryDict(mutable=True)
    for name, value in values.items():
        _put(data, name, value)
    data["action"] = "publish" if present and present.published_before else action
    for slug in update.also_in or ():
        target = copy_targets(article).filter(slug=slug).first()
        if target is None:
            raise problems.invalid({"also_in": [_("There is no live coverage at “%(slug)s”.") % {"slug": slug}]})
        require_article(token, target.pk)
        data.appendlist("also_in", str(target.pk))
    _put_pictures(data, form, update)
    return data


def _default_action(present: Update | None) -> str:
    """Return the action of the composer for a request that names none: a new update is a draft, others stay."""
    if present is None:
        return "draft"
    # Saving a scheduled update has the rules of scheduling, as at the desk.
    return "schedule" if present.state == State.SCHEDULED else "keep"


def _needs_publish(update: UpdateIn, present: Update | None) -> bool:
    """Return whether a request needs the scope publish, because it decides whether or when readers see an update."""
    if present is not None and present.published_before:
        return False
    if update.action is not None:
        return update.action != "draft"
    # A new time for an update that waits for its publication can publish it at once.
    waits = present is not None and present.state in (State.SCHEDULED, State.SUBMITTED)
    return waits and not _TIMES.isdisjoint(update.model_fields_set)


def _present_values(form: ComposerForm) -> dict[str, Any]:
    """Return the initial values of a composer's fields."""
    left_out = {"key", "opened", "also_in"}
    found = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    values = {name: value for name, value in found.items() if name not in left_out}
    for name, value in values.items():
        if isinstance(value, list):
            # Authors and topics are identified by their keys.
            values[name] = [getattr(each, "pk", each) for each in value]
    return values


def _topics(slugs: list[str]) -> list[int]:
    found = dict(Topic.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    if unknown := [slug for slug in slugs if slug not in found]:
        raise problems.invalid({"topics": [_("There is no topic “%(slug)s”.") % {"slug": slug} for slug in unknown]})
    return list(found.values())


def _put(data: QueryDict, name: str, value: Any) -> None:
    if isinstance(value, list):
        data.setlist(name, [str(each) for each in value])
    elif isinstance(value, bool):
        if value:
            data[name] = "on"
    elif isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            field = _NAMES.get(name, name)
            raise problems.invalid({field: [_("Give the time zone, such as 2026-11-26T18:30:00+02:00.")]})
        # In the form of the composer: local time, with the offset that distinguishes the two moments of a repeated
        # hour.
        data[name] = value.isoformat()
    else:
        data[name] = "" if value is None else str(value)


def _put_pictures(data: QueryDict, form: ComposerForm, update: UpdateIn) -> None:
    if update.pictures is None:
        return
    data[MARKER] = "1"
    for picture in update.pictures:
        data.appendlist("pictures", str(picture.id))
        for name in ("alt", "caption", "credit"):
            data[f"picture-{picture.id}-{name}"] = getattr(picture, name)
        if picture.is_decorative:
            data[f"picture-{picture.id}-warned"] = "1"


def _form_name(name: str) -> str:
    return next((ours for ours, theirs in _NAMES.items() if theirs == name), name)


def _paragraphs(text: str) -> str:
    """Return plain text as HTML: a blank line begins a paragraph, other line breaks stay."""
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part)


def _saved(outcome: saving.Outcome) -> Update:
    """Return the saved update. Raise Problem with the errors of the form."""
    if outcome.saved is not None:
        return outcome.saved
    form = outcome.form
    errors = {_NAMES.get(name, name): [*map(str, found)] for name, found in form.errors.items()}
    for name, found in form.pictures.errors.items():
        errors[_picture_name(name)] = [*map(str, found)]
    for name, warning in form.pictures.warnings.items():
        errors[_picture_name(name)] = [str(warning)]
    raise problems.invalid(errors)


def _picture_name(name: str) -> str:
    """Return the API's name of a field of a picture: “picture-12-alt” is “pictures.12.alt”."""
    _kind, _dash, rest = name.partition("-")
    return f"pictures.{rest.replace('-', '.')}" if rest else "pictures" if name != NON_FIELD_ERRORS else name


# Acting and answering -------------------------------------------------------------------------------------------------


def _act(request: HttpRequest, article: Article, pk: int, action: str, **values: str) -> HttpResponse:
    data = QueryDict(mutable=True)
    data.update(values)
    try:
        actions.act(article.pk, min(pk, LARGEST), action, user_of(request), data)
    except Update.DoesNotExist:
        raise Http404 from None
    except Conflict:
        raise problems.changed() from None
    except ValidationError as error:
        raise _problem_of(error) from None
    return _answer(article, pk)


def _problem_of(error: ValidationError) -> Problem:
    """Return the errors of a model by the API's names of fields."""
    found: Mapping[str, list[str]] = (
        error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    )
    errors: dict[str, list[str]] = {}
    for name, messages in found.items():
        plain = field_of(name) or _NAMES.get(name, name)
        errors.setdefault(_picture_name(plain) if plain.startswith("picture") else plain, []).extend(messages)
    return problems.invalid(errors)


def _answer(article: Article, pk: int, status: int = 200) -> HttpResponse:
    """Return an update in its stored form."""
    content = _out(_get(article, pk), article)
    headers = {"Location": f"{ROOT}/desk/articles/{article.slug}/updates/{content.id}"} if status == 201 else {}
    return answer(content, status, version=content.version, headers=headers)


def _out(update: Update, article: Article) -> DeskUpdateOut:
    update.article = article
    language = update.source_language
    embed = getattr(update, "embed", None)
    texts: dict[str, Any] = {name: text_in(update, name, language) for name in snapshot.TEXTS}
    choices: list[str] = []
    if update.kind == Update.Kind.POLL:
        texts["body"], choices = without_choices(texts["body"])
    return DeskUpdateOut(
        id=update.pk,
        article=article.slug,
        version=snapshot.version_token(update),
        language=language,
        **texts,
        **{
            name: getattr(update, name)
            for name in (
                *("state", "kind", "source_url", "is_key", "is_breaking", "closes_at", "publish_at", "earlier_time"),
                *("backdating_reason", "first_published_at"),
            )
        },
        embed_url=embed.url if embed else "",
        authors=[author.pk for author in update.authors.all()],
        topics=[topic.slug for topic in update.topics.all()],
        choices=choices,
        pictures=[
            PictureOfUpdateOut(
                id=picture.pk,
                url=absolute(picture.image.url),
                **{name: text_in(picture, name, language) for name in ("alt", "caption", "credit")},
            )
            for picture in update.pictures.all()
        ],
        url=absolute(update.url(article.front_language)) if update.state == State.PUBLISHED else None,
    )

"""Operations of translators: the queue, and saving, accepting and refusing one translation, as at their desk."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from articles.models import Article, GlossaryTerm, Translation
from articles.rest.reading import Before, Language, Limit, Slug, find_article
from articles.rest.schemas import ROOT
from articles.translations import columns, desk, review, rights
from articles.translations.admin import TranslationForm
from articles.translations.models import TranslationQuerySet
from liveblog.actors import user_of
from liveblog.errors import Conflict
from liveblog.numbers import LARGEST
from liveblog.pagination import Anchor, Order, Place
from liveblog.rest import problems
from liveblog.rest.answers import IF_MATCH, answer, expected_version
from liveblog.rest.authentication import AccessToken, require_article, token_of
from liveblog.rest.idempotency import once
from liveblog.rest.problems import Problem
from liveblog.rest.scopes import Scope
from liveblog.translation.terms import Term

router = Router(tags=["Translations"])

_BY_KEY = Order(("pk",))
PAGE_SIZE = 50

_READERS = ("articles.view_translation", "articles.change_update")


class RemarkOut(Schema):
    """A remark of the checks on a text."""

    field: str
    message: str
    key: str = Field(description="Send it in `acknowledged` if the text is right nevertheless.")
    is_blocking: bool = Field(description="It cannot be acknowledged.")


class TranslationOut(Schema):
    """The translation of an article’s own texts or of an update into one language."""

    id: int
    article: str
    update: int | None = Field(description="The update; null for the article’s own texts.")
    language: str
    source_language: str
    state: str = Field(description="missing, machine, review, reviewed or refused.")
    is_outdated: bool
    version: str = Field(description="Its ETag, for the header If-Match: it names the translation and its original.")
    source: dict[str, str] = Field(description="The original’s texts by field; `body` is HTML.")
    texts: dict[str, str]
    remarks: list[RemarkOut]


class TranslationsOut(Schema):
    items: list[TranslationOut]
    next: str | None = Field(description="The address of the next page; null on the last one.")


class TranslationIn(Schema):
    model_config = ConfigDict(extra="forbid")

    texts: dict[str, str] = Field(description="The whole translation, by field of `source`.", max_length=100)
    accept: bool = Field(False, description="You have reviewed it: readers get it without a mark.")
    acknowledged: list[str] = Field([], description="Keys of the remarks with which it is accepted.", max_length=1000)


@router.get("/desk/translations", response=TranslationsOut, auth=AccessToken(Scope.READ, *_READERS))
def list_translations(
    request: HttpRequest,
    language: Language,
    article: Slug | None = None,
    state: Translation.State | None = None,
    before: Before | None = None,
    limit: Limit = PAGE_SIZE,
) -> HttpResponse:
    """The translations into a language, the newest first. Without a state: those that wait for a translator."""
    token = token_of(request)
    found = _rows().filter(language=language)
    found = found.filter(state=state) if state else found.wanting()
    if article:
        of = find_article(article)
        require_article(token, of.pk)
        found = found.of_article(of.pk)
    elif not token.every_article:
        own = Article.objects.filter(pk__in=token.articles.all())
        found = found.filter(article__in=own) | found.filter(update__article__in=own)
    place, anchor = (Place("before", before), Anchor(before, (before,))) if before else (Place(), None)
    page = _BY_KEY.page(found, place, anchor, limit)
    following = None
    if page.older:
        given = {"article": article, "state": state}
        rest = "".join(f"&{name}={value}" for name, value in given.items() if value)
        following = f"{ROOT}/desk/translations?language={language}{rest}&limit={limit}&before={page.older.pk}"
    # Once for all rows: a glossary may have thousands of terms.
    sources = {row.item.source_language for row in page.items}
    terms = {source: GlossaryTerm.between(source, language) for source in sources}
    items = [_out(row, terms[row.item.source_language]) for row in page.items]
    return answer(TranslationsOut(items=items, next=following))


@router.get("/desk/translations/{int:pk}", response=TranslationOut, auth=AccessToken(Scope.READ, *_READERS))
def read_translation(request: HttpRequest, pk: int) -> HttpResponse:
    """One translation, with its original."""
    return _answer(_get(request, pk))


@router.put(
    "/desk/translations/{int:pk}", response=TranslationOut, auth=AccessToken(Scope.TRANSLATE), openapi_extra=IF_MATCH
)
def save_translation(request: HttpRequest, pk: int, translation: TranslationIn) -> HttpResponse:
    """Save a translation, and perhaps accept it. Name the version that you have read in If-Match.

    422 with remarks by field if the checks have some that are not acknowledged.
    """
    row = _own(request, pk)

    def save() -> HttpResponse:
        opened = expected_version(request, desk.version_token(row))
        form = TranslationForm(row, _form_data(row, translation))
        if unknown := translation.texts.keys() - form.names.keys():
            raise problems.invalid({name: [_("The original has no such text.")] for name in sorted(unknown)})
        if not form.is_valid():
            raise _invalid(form)
        accepted = {"accept": translation.accept, "acknowledged": translation.acknowledged}
        try:
            desk.save(row.pk, opened, form.entered, user_of(request), **accepted)  # type: ignore[arg-type]
        except Conflict:
            raise problems.changed() from None
        except review.RemarksError as error:
            raise _remarked(error) from None
        return _answer(_get(request, pk))

    return once(request, save)


@router.post(
    "/desk/translations/{int:pk}/refuse",
    response=TranslationOut,
    auth=AccessToken(Scope.TRANSLATE),
    openapi_extra=IF_MATCH,
)
def refuse_translation(request: HttpRequest, pk: int) -> HttpResponse:
    """Give readers of this language the original. Name the version that you have read in If-Match."""
    row = _own(request, pk)

    def refuse() -> HttpResponse:
        try:
            desk.refuse(row.pk, expected_version(request, desk.version_token(row)), user_of(request))
        except Conflict:
            raise problems.changed() from None
        return _answer(_get(request, pk))

    return once(request, refuse)


def _rows() -> TranslationQuerySet:
    found: TranslationQuerySet = Translation.objects.select_related("article", "update__article", "update__embed")
    found = found.prefetch_related("update__pictures")
    return found.filter(language__in=[code for code, _name in settings.LANGUAGES])


def _get(request: HttpRequest, pk: int) -> Translation:
    """Return a translation. Raise Problem if the token is not for its article."""
    row: Translation = get_object_or_404(_rows(), pk=min(pk, LARGEST))
    require_article(token_of(request), columns.article_of(row.item).pk)
    return row


def _own(request: HttpRequest, pk: int) -> Translation:
    """Return a translation into a language of the token's owner."""
    row = _get(request, pk)
    if row.language not in rights.languages_of(user_of(request)):
        raise problems.forbidden(_("Only translators of this language may change this translation."))
    return row


def _form_data(row: Translation, translation: TranslationIn) -> QueryDict:
    """Return the form data of the translators' desk, which divides a text into paragraphs and joins them again."""
    data = QueryDict(mutable=True)
    data["stamp"] = desk.version_token(row)
    for name, text in translation.texts.items():
        data[f"{name}-0"] = text
    if translation.accept:
        data["_accept"] = "1"
    return data


def _invalid(form: TranslationForm) -> Problem:
    fields = {piece: field for field, pieces in form.names.items() for piece in pieces}
    return problems.invalid({fields.get(name, name): [*map(str, found)] for name, found in form.errors.items()})


def _remarked(error: review.RemarksError) -> Problem:
    title = _("The checks found possible problems in this translation. Acknowledge them if it is right as it is.")
    errors = {field: [str(problem.message) for problem in found] for field, found in error.problems.items()}
    return Problem(422, "remarks", title, errors)


def _answer(row: Translation) -> HttpResponse:
    return answer(_out(row), version=desk.version_token(row))


def _out(row: Translation, terms: Sequence[Term] | None = None) -> TranslationOut:
    """Return a translation. `terms`: the glossary, as for `review.problems_of`."""
    item = row.item
    source, texts = columns.texts_of(item, item.source_language), columns.texts_of(item, row.language)
    found = review.problems_of(item, source, texts, row.language, terms=terms) if texts else {}
    return TranslationOut(
        id=row.pk,
        article=columns.article_of(item).slug,
        update=row.update_id,
        language=row.language,
        source_language=item.source_language,
        state=row.state,
        is_outdated=row.outdated,
        version=desk.version_token(row),
        source=source,
        texts=texts,
        remarks=[
            RemarkOut(
                field=field,
                message=str(problem.message),
                key=review.key_of(row.language, field, problem),
                is_blocking=problem.blocking,
            )
            for field, each in found.items()
            for problem in each
        ],
    )

"""A text without visible characters counts as empty in every field."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from articles import changes
from articles.models import Article, Author, Picture, Update
from articles.polls import ballot
from articles.text.plaintext import plain_text
from articles.text.richtext import normalise
from articles.translations.models import Translation
from comments.models import Comment
from comments.queue.reasons import Reason, encode
from liveblog.actors import acting_as
from liveblog.blank import is_blank
from liveblog.fields import NormalisedField, TextFormField
from tests import factories
from tests.desks import DeskClient
from tests.forms import errors_of, form_of, member_of, opened

#: Invisible texts: fillers, blanks, zero widths, marks without a letter, tags, selectors, controls, spaces.
BLANKS = [
    "\u3164",
    "\u115f\u1160",
    "\uffa0",
    "\u2800\u2800",
    "\u200b\u200c\u200d\u2060\ufeff",
    "\u0301\u20dd",
    "\U000e0067\U000e007f",
    "\ufe0f\U000e0100",
    "\u00ad\u034f\u180e",
    "\u202e\u2066\u2069\u200f\u061c",
    "\x07\x1b\x9b",
    "\u00a0\u2003\u3000\u202f\u2028\n\t",
    "\U0001d159",
    "\ue000\ufdd0\ufffc",
]
#: A few of them, for tests in which each costs a request.
TYPED = ["\u3164", "\u2800\u0301", "\u00ad\u200b\U000e0067"]
INK = ["a", "é", "e\u0301", "क्", "ำ", "한", "٣", "ـ", "۝", "!", "…", "☭", "👍", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\ufffd", "می‌خواهم"]


@pytest.mark.parametrize("text", ["", *BLANKS])
def test_invisible_text_is_blank(text: str) -> None:
    assert is_blank(text)
    assert plain_text(f"<p>{text}</p><ul><li><strong>{text}</strong></li></ul>") == ""
    assert normalise(f"<p>{text}</p><ul><li><p>{text}</p></li></ul>") == ""
    assert normalise(f"<p>{text}</p><p>a</p><p>{text}<br></p>") == "<p>a</p>"


@pytest.mark.parametrize("text", INK)
def test_visible_text_is_not_blank(text: str) -> None:
    assert not is_blank(text)
    assert plain_text(f"<p>{text}</p>") == text


def test_letters_digits_and_symbols_have_ink_unless_their_glyph_is_empty() -> None:
    empty = {
        character
        for character in map(chr, range(0x110000))
        if unicodedata.category(character)[0] in "LNPS" and is_blank(character)
    }
    assert empty == set("\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159") | (empty & set("\U00013441\U00013442"))


@given(st.text(), st.sampled_from(BLANKS))
def test_invisible_characters_do_not_change_whether_a_text_is_blank(text: str, blank: str) -> None:
    assert is_blank(text + blank) == is_blank(text) == is_blank(blank + text)


# Fields and forms -----------------------------------------------------------------------------------------------------


def _columns() -> Iterator[models.Field]:
    """Yield the columns for texts of users and readers, in all models."""
    for model in (Article, Update, Picture, Author, Comment):
        for field in model._meta.concrete_fields:
            typed = type(field).__mro__
            if field.editable and not field.choices and (models.TextField in typed or models.CharField in typed):
                yield field


def test_columns_for_words_store_no_blank_text() -> None:
    named = [field for field in _columns() if isinstance(field, NormalisedField)]
    assert {"headline_de", "alt_ar", "credit_en", "name", "text", "body_uk"} <= {field.name for field in named}
    for field in named:
        assert field.get_prep_value("\u3164") == ""


#: Fields without texts: hidden ones, and lists of codes, names or addresses.
_NO_WORDS = {"website", "time_zone", "password", "embed_url", "code", "login"}


def _subclasses(cls: type) -> Iterator[type]:
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


def _forms() -> Iterator[type[forms.BaseForm]]:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    for model, model_admin in admin.site._registry.items():
        # The translators' desk builds its own form.
        if model is not Translation and model_admin.has_add_permission(request):
            yield model_admin.get_form(request, change=True, obj=model() if model in (User, Group) else None)
            yield model_admin.get_form(request)
    for each in _subclasses(forms.BaseForm):
        # The admin derives its forms from those in `liveblog.admin`.
        if (
            each.__module__.split(".")[0] in ("articles", "comments", "liveblog")
            and each.__module__ != "liveblog.admin"
        ):
            yield each


@pytest.mark.django_db
def test_every_form_treats_blank_text_as_empty() -> None:
    checked = set()
    for form in _forms():
        for name, field in getattr(form, "base_fields", {}).items():
            if type(field) not in (forms.CharField, UsernameField) and not isinstance(field, TextFormField):
                continue
            if isinstance(field.widget, (forms.HiddenInput, forms.PasswordInput)) or name in _NO_WORDS:
                continue
            checked.add(name)
            assert isinstance(field, TextFormField), f"{form.__module__}.{form.__qualname__}.{name}"
    assert {"headline", "backdating_reason", "headline_uk", "name", "word", "first_name", "reason"} <= checked


# In forms -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("blank", TYPED)
def test_a_blank_comment_shows_an_error_beside_its_field_in_the_readers_language(client: Client, blank: str) -> None:
    article = factories.article()
    address = f"{article.url('de')}comments/"
    for field in ("name", "text"):
        values = {"name": "Ana", "email": "ana@example.org", "text": "Danke."} | {field: blank}
        answer = client.post(address, values)
        assert answer.status_code == 422
        assert answer.content.decode().count("Bitte füllen Sie dieses Feld aus.") == 1
    assert not Comment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("blank", TYPED)
def test_the_desk_does_not_publish_blank_text(blank: str) -> None:
    desk = DeskClient(member_of("Journalist"), factories.article())
    found = desk.write(headline=blank, body=f"<p>{blank}</p>")
    assert list(found["errors"]) == ["body"]
    found = desk.write(kind="quote", body="<p>Never.</p>", attribution=blank)
    assert list(found["errors"]) == ["attribution"]
    found = desk.write(kind="poll", headline="Stay?", body=f"<ul><li>Yes</li><li>{blank}</li></ul>")
    assert list(found["errors"]) == ["choices"]
    found = desk.write(kind="facts", body=f"<p>Known:</p><ul><li>{blank}</li></ul>")
    assert list(found["errors"]) == ["body"]
    found = desk.write(kind="table", headline="Votes", body=f"<table><tbody><tr><td>{blank}</td></tr></tbody></table>")
    assert list(found["errors"]) == ["body"]
    assert not Update.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("blank", TYPED)
def test_a_picture_needs_a_visible_credit_line_and_alternative_text(blank: str) -> None:
    client = member_of("Journalist")
    desk = DeskClient(client, factories.article())
    picture = factories.picture(alt_en="", credit_en="")
    picture.uploaded_by = User.objects.get(username="journalist")
    picture.save()
    fields = {"pictures-shown": "1", "pictures": str(picture.pk), "kind": "pictures"}
    names = {name: f"picture-{picture.pk}-{name}" for name in ("alt", "caption", "credit")}
    found = desk.write(**fields, **dict.fromkeys(names.values(), blank))
    assert names["credit"] in found["pictures"]["errors"]
    found = desk.write(**fields, **dict.fromkeys(names.values(), blank) | {names["credit"]: "Photo: Moraru"})
    assert list(found["pictures"]["warnings"]) == [names["alt"]]
    assert not Update.objects.exists()


@pytest.mark.django_db
def test_headlines_authors_and_accounts_need_a_visible_name(admin_client: Client) -> None:
    blank, article = "\u3164\u2800", factories.article()
    page = reverse("admin:articles_article_change", args=[article.pk])
    assert "headline_en" in errors_of(admin_client.post(page, opened(admin_client, article) | {"headline_en": blank}))
    page = reverse("admin:articles_author_add")
    assert list(errors_of(admin_client.post(page, form_of(admin_client.get(page)) | {"name_en": blank}))) == ["name_en"]
    account = User.objects.create_user("oksana")
    page = reverse("admin:auth_user_change", args=[account.pk])
    assert "username" in errors_of(admin_client.post(page, {"username": blank, "first_name": blank}))
    page = reverse("admin:articles_snippet_add")
    data = form_of(admin_client.get(page)) | {"name": blank, "source_language": "en"}
    assert list(errors_of(admin_client.post(page, data))) == ["name"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Author.objects.create(name_en=blank)


@pytest.mark.django_db
def test_a_blank_translation_counts_as_missing() -> None:
    article = factories.article()
    update = factories.update(article, headline_en="Peace", body_en="<p>It is signed.</p>")
    client = member_of("Translator")
    row = Translation.objects.get_or_create(update=update, language="de")[0]
    page = reverse("admin:articles_translation_change", args=[row.pk])
    form = client.get(page).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    texts = {name: "\u3164" for names in form.names.values() for name in names}
    answer = client.post(page, data | texts | {"_accept": "1"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    update.refresh_from_db()
    assert (update.headline_de or "", update.body_de or "") == ("", "")


@pytest.mark.django_db
def test_code_without_a_form_stores_no_blank_text_either() -> None:
    update = factories.update(factories.article(), headline_en="Peace", body_en="<p>Signed.</p>")
    update.headline_en, update.attribution_en = "\u3164", "\u2800"
    with changes.edit(update):
        update.save()
    update.refresh_from_db()
    assert (update.headline_en, update.attribution_en) == ("", "")
    with (
        acting_as(User.objects.create_superuser("admin")),
        pytest.raises(ValidationError, match="reason for backdating"),
    ):
        update.first_published_at, update.backdating_reason = update.article.coverage_start, "\u3164"
        update.save()
    assert encode(Reason.OTHER, "\u3164") == Reason.OTHER
    written = ballot.parse("<ul><li>Yes</li><li>\u3164</li></ul>")
    assert written is None

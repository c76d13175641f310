"""A newsroom can replace any text of the interface, in each language, without changing the product."""

from __future__ import annotations

import json
import re
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from hypothesis import given
from hypothesis import strategies as st

from liveblog import notify
from liveblog.audit.models import Entry
from liveblog.languages import SHIPPED
from liveblog.wording import catalogue, current, interchange, places, rules
from liveblog.wording.catalogue import Message
from liveblog.wording.models import Wording
from tests import factories, newsroom
from tests.actors import TEST

pytestmark = pytest.mark.django_db

WORDS = "/admin/settings/words/"


def message(english: str, context: str | None = None) -> Message:
    found = [
        each for each in catalogue.messages().values() if each.singular == english and context in (None, each.context)
    ]
    return found[0]


def page_of(language: str, english: str, context: str | None = None) -> str:
    return reverse("settings-words-message", args=[language, message(english, context).key])


def decided(language: str, english: str, *texts: str) -> None:
    """Replace a message, and load the replacement in this process."""
    found = message(english)
    Wording.decide(language, [(found, list(texts), current.product_texts(language, found))], TEST)
    current.look()


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(newsroom.user("ioana", "Editor"))
    return client


def saved(editor: Client, address: str, *texts: str, seen: int = 0) -> Any:
    answer = editor.post(address, {"seen": str(seen), **{f"text_{form}": text for form, text in enumerate(texts)}})
    current.look()
    return answer


# Display --------------------------------------------------------------------------------------------------------------


def test_an_editor_s_word_is_on_every_page_of_its_language_and_caches_notice(editor: Client) -> None:
    factories.update(factories.article(slug="summit"))
    heard: list[bool] = []
    notify.add_change_callback(lambda: heard.append(True))
    first = editor.get("/de/live/summit/")
    assert ">Alle Beiträge</a" in first.content.decode()
    answer = saved(editor, page_of("de", "All updates"), "Der ganze Ticker")
    assert (answer.status_code, heard) == (302, [True])
    again = editor.get("/de/live/summit/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert ">Der ganze Ticker</a" in again.content.decode()
    assert ">All updates</a" in editor.get("/en/live/summit/").content.decode()
    # The product's text returns, with a new ETag.
    saved(editor, page_of("de", "All updates"), "", seen=1)
    last = editor.get("/de/live/summit/", headers={"If-None-Match": again["ETag"]})
    assert ">Alle Beiträge</a" in last.content.decode()
    assert last["ETag"] != first["ETag"]


def test_plural_forms_contexts_and_libraries_can_be_replaced(editor: Client) -> None:
    plural = next(one for one in catalogue.messages().values() if one.plural and one.files and not one.context)
    arabic = reverse("settings-words-message", args=["ar", plural.key])
    form = editor.get(arabic).context["form"]
    assert len(form.text_fields) == 6
    texts = [f"{text} ⁂" for _field, text in form.text_fields]
    assert saved(editor, arabic, *texts[:5]).status_code == 422
    assert saved(editor, arabic, *texts).status_code == 302
    with translation.override("ar"):
        for number, form_of_number in ((0, 0), (1, 1), (2, 2), (7, 3), (30, 4), (200, 5)):
            assert ngettext(plural.singular, plural.plural, number) == texts[form_of_number]
    with translation.override("pl"):
        # One of the four Polish forms is only for fractions, which are never counted.
        assert (
            len(editor.get(reverse("settings-words-message", args=["pl", plural.key])).context["form"].text_fields) == 3
        )
    context = next(one for one in catalogue.messages().values() if one.context and not one.plural and one.files)
    saved(editor, reverse("settings-words-message", args=["en", context.key]), "Ours")
    with translation.override("en"):
        assert pgettext(context.context, context.singular) == "Ours"
        assert gettext(context.singular) != "Ours"
    saved(editor, page_of("en", "This field is required."), "Please fill this in.")
    assert (
        "Please fill this in." in editor.post("/admin/login/", {}).content.decode()
        or gettext("This field is required.") == "Please fill this in."
    )


def test_a_look_up_costs_the_same_with_words_and_without() -> None:
    with translation.override("de"):
        depth = len(translation.trans_real.catalog()._catalog._catalogs)
        decided("de", "All updates", "Der Ticker")
        assert len(translation.trans_real.catalog()._catalog._catalogs) == depth
        assert gettext("All updates") == "Der Ticker"
        assert gettext("Newsroom") == "Redaktion"


# Any word -------------------------------------------------------------------------------------------------------------


def names_in(path: Path) -> set[str]:
    """Return the names of the messages that a compiled catalogue translates."""
    if not path.exists():
        return set()
    with path.open("rb") as file:
        keys = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {key if isinstance(key, str) else key[0] for key in keys} - {""}


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_every_message_of_every_catalogue_can_be_replaced(domain: str) -> None:
    known = {each.id for each in catalogue.messages().values()}
    count = 0
    for directory in catalogue.directories():
        source = catalogue.path_of(directory, "en", domain)
        # Some languages still translate messages that a library no longer has.
        live = {entry.msgid for entry in polib.pofile(str(source))} if source.exists() else None
        for language in SHIPPED:
            names = names_in(catalogue.path_of(directory, language, domain).with_suffix(".mo"))
            missing = {name for name in names - known if live is None or name.split(catalogue.SEPARATOR)[-1] in live}
            assert not missing, (directory, language)
            count += len(names)
    assert count > 300


def test_all_words_can_be_replaced_at_once() -> None:
    every = list(catalogue.messages().values())
    own = [(each, [f"{text} ⁂" for text in current.product_texts("pl", each)], [""]) for each in every]
    Wording.decide("pl", own, TEST)
    current.look()
    with translation.override("pl"):
        for each, texts, _product in own:
            if each.plural:
                counted = [each.singular, each.plural, 5]
                shown = npgettext(each.context, *counted) if each.context else ngettext(*counted)
                assert shown == texts[2], each
            else:
                shown = pgettext(each.context, each.singular) if each.context else gettext(each.singular)
                assert shown == texts[0], each
    assert interchange.exported("pl").count(b"msgid ") == len(every) + 1


def test_words_of_scripts_of_libraries_can_be_replaced(editor: Client) -> None:
    editor.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    counter = "%(sel)s of %(cnt)s selected"
    before = editor.get(reverse("admin:jsi18n")).content.decode()
    assert '"%(sel)s de %(cnt)s seleccionado"' in before
    # Spanish has three forms in our catalogue and two in Django's; scripts use ours.
    assert "1000000" in before
    [row, *_more] = editor.get(WORDS, {"q": counter, "to": "es"}).context["rows"]
    assert row["places"] == "Palabras de Django y de otras bibliotecas"
    texts = ["%(sel)s/%(cnt)s uno", "%(sel)s/%(cnt)s millones", "%(sel)s/%(cnt)s varios"]
    assert saved(editor, row["url"], *texts).status_code == 302
    assert json.dumps(texts, indent=2)[2:-2].replace("  ", "") in re.sub(
        " {2,}", "", editor.get(reverse("admin:jsi18n")).content.decode()
    )
    assert imported(editor, interchange.exported("es"), "es").status_code == 302


def test_lists_with_a_search_speak_in_words_that_can_be_replaced(editor: Client) -> None:
    decided("en", "Loading more results…", "More is coming…")
    page = editor.get(reverse("admin:articles_article_add")).content.decode()
    assert page.count("More is coming…") >= 2
    assert "select2/i18n" not in page


# Search ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "query", "text"),
    [
        ("de", "alle beiträge", "Alle Beiträge"),
        ("de", "all updates", "Alle Beiträge"),
        ("ar", "كل التحديثات", None),
        ("fr", "required", None),
        ("en", "Key events", "Key events"),
    ],
)
def test_messages_are_found_as_they_are_shown_and_in_english(
    editor: Client, language: str, query: str, text: str | None
) -> None:
    rows = editor.get(WORDS, {"q": query, "to": language}).context["rows"]
    assert rows
    if text:
        assert rows[0]["texts"] == [text]


def test_a_message_says_where_it_appears_with_an_example(editor: Client) -> None:
    article = factories.article(slug="summit")
    page = editor.get(page_of("de", "All updates")).content.decode()
    assert f'<a href="{article.url("de")}">Live page</a>' in page
    assert "templates/articles/live.html" in page
    assert places.labels_of(message("This field is required.")) == ["Words of Django and other libraries"]
    # Every file that catalogues name is on some screen.
    assert all(places.labels_of(each) for each in catalogue.messages().values())


def test_the_own_words_are_found_too_and_listed_first(editor: Client) -> None:
    decided("de", "All updates", "Der ganze Newsticker")
    assert editor.get(WORDS, {"to": "de"}).context["rows"][0]["texts"] == ["Der ganze Newsticker"]
    assert editor.get(WORDS, {"to": "de", "q": "newsticker"}).context["rows"][0]["is_own"]
    assert not editor.get(WORDS, {"to": "en"}).context["rows"]


# Rules ----------------------------------------------------------------------------------------------------------------

COUNTED = Message("", "%(count)d new update by %(name)s", "%(count)d new updates by %(name)s")
LINKED = Message("", 'See <a href="%(url)s">the rules</a>.')


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Message("", "All updates"), "All <b>updates</b>"),
        (Message("", "All updates"), "All updates <"),
        (Message("", "All updates"), 'x" autofocus="'),
        (Message("", "All updates"), "All &lt;script&gt;"),
        (Message("", "All updates"), "100 % updates"),
        (Message("", "All updates"), "All %(count)s"),
        (Message("", "All updates"), "All\nupdates"),
        (Message("", "All updates"), "All\x07updates"),
        (Message("", "All updates"), "All \u202eupdates"),
        (Message("", "All updates"), "All \u2067updates"),
        (Message("", "All updates"), "a" * 41),
        (Message("", "By %(name)s"), "By %(nam)s"),
        (Message("", "By %(name)s"), "By the newsroom"),
        (Message("", "By %(name)s"), "By %(name)s, 5 % more"),
        (Message("", "By {name}"), "By {name.__class__}"),
        (Message("", "By {name}"), "By {name} {"),
        (Message("", "%s of %s"), "%s"),
        (LINKED, "See the rules at %(url)s."),
        (LINKED, 'See <a href="https://evil.example/%(url)s">the rules</a>.'),
        (LINKED, 'See <a href="%(url)s" onclick="x">the rules</a>.'),
    ],
)
def test_words_that_would_break_a_page_are_refused(source: Message, text: str) -> None:
    with pytest.raises(ValidationError):
        rules.check(source, source.english, 0, text)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Message("", "All updates"), "Q&A – everything, “live”"),
        (Message("", "By %(name)s"), "%(name)s, our correspondent"),
        (Message("", "%(share)s %% of readers"), "%(share)s %% of them"),
        (Message("", "%s of %s"), "%s out of %s"),
        (LINKED, 'Our <a href="%(url)s">house rules</a> apply.'),
        (Message("", "First line\n\nSecond line"), "One\n\nTwo"),
        (Message("", "All updates"), "كل \u2068Live\u2069"),
    ],
)
def test_words_that_fit_are_accepted(source: Message, text: str) -> None:
    rules.check(source, source.english, 0, rules.normal(text, source.english[0]))


@given(st.text(max_size=30), st.sampled_from(["All updates", "By %(name)s", "{count} left", LINKED.singular]))
def test_accepted_words_never_bring_markup_or_fail_to_be_filled_in(text: str, english: str) -> None:
    source = Message("", english)
    try:
        rules.check(source, [english], 0, text)
    except ValidationError:
        return
    assert text.count("<") == english.count("<")
    assert text.count('"') == english.count('"')
    values = {"name": "Ana", "url": "/rules/"}
    if "%" in english:
        assert text % values
    if "{" in english:
        assert text.format(count=3)


def test_a_number_may_be_left_out_where_the_product_leaves_it_out() -> None:
    product = ["Neu von %(name)s", "%(count)d neue von %(name)s"]
    rules.check(COUNTED, product, 0, "Frisch von %(name)s")
    with pytest.raises(ValidationError):
        rules.check(COUNTED, product, 1, "Frische von %(name)s")


def test_apostrophes_and_outer_spaces_are_mended() -> None:
    assert rules.normal(" l'info ", "news") == "l’info"
    assert rules.normal("; ", ", ") == "; "


def test_wrong_words_are_refused_beside_their_field_and_change_nothing(editor: Client) -> None:
    answer = saved(editor, page_of("de", "All updates"), "<b>Alles</b>")
    assert answer.status_code == 422
    assert answer.context["form"].errors["text_0"] == ["Remove the markup: this text has none."]
    assert not Wording.objects.exists()


# History, rights, files -----------------------------------------------------------------------------------------------


def test_each_change_is_in_the_history_and_the_audit_log_and_of_two_at_once_one_fails(editor: Client) -> None:
    address = page_of("de", "All updates")
    saved(editor, address, "Der Ticker")
    saved(editor, address, "Der Newsticker", seen=1)
    stale = saved(editor, address, "Alles", seen=1)
    assert (stale.status_code, len(stale.context["form"].non_field_errors())) == (422, 1)
    assert [each.texts for each in editor.get(address).context["decisions"]] == [["Der Newsticker"], ["Der Ticker"]]
    entry = Entry.objects.latest("pk")
    assert (entry.actor_name, entry.about) == ("ioana", "words: All updates")
    assert entry.details["texts"] == ["Der Newsticker"]
    row = Wording.objects.latest("pk")
    row.pk = None
    with pytest.raises(IntegrityError):
        row.save()


@pytest.mark.parametrize("role", ["Journalist", "Translator", "Moderator"])
def test_only_editors_change_words(client: Client, role: str) -> None:
    client.force_login(newsroom.user("jonas", role))
    for address in (WORDS, page_of("de", "All updates"), f"{WORDS}de.po"):
        assert client.get(address).status_code == 403
    assert client.post(f"{WORDS}import/").status_code == 403


def imported(editor: Client, content: bytes, language: str = "de") -> Any:
    answer = editor.post(f"{WORDS}import/", {"to": language, "file": ContentFile(content, "words.po")})
    current.look()
    return answer


def test_words_leave_and_come_back_as_a_catalogue_that_tools_read(editor: Client) -> None:
    decided("de", "All updates", "Der Ticker")
    plural = next(one for one in catalogue.messages().values() if one.plural and one.files)
    texts = [f"{text} ⁂" for text in current.product_texts("de", plural)]
    Wording.decide("de", [(plural, texts, current.product_texts("de", plural))], TEST)
    answer = editor.get(f"{WORDS}de.po")
    file = polib.pofile(answer.content.decode())
    assert file.metadata["Language"] == "de"
    assert {entry.msgid for entry in file} == {"All updates", plural.singular}
    assert file.find("All updates").comment == "Product: Alle Beiträge"
    Wording.objects.all().delete()
    current.look()
    assert imported(editor, answer.content).status_code == 302
    assert {tuple(each.texts) for each in Wording.objects.in_force()} == {("Der Ticker",), tuple(texts)}
    # The same file once more changes nothing.
    count = Wording.objects.count()
    imported(editor, answer.content)
    assert Wording.objects.count() == count


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b'msgid "All updates"\nmsgstr "<b>x</b>"\n',
        b'msgid "All updates"\nmsgid_plural "x"\nmsgstr[0] "x"\nmsgstr[1] "y"\nmsgid "Newsroom"\nmsgstr "%(a)s"\n',
        b'msgid ""\nmsgstr "Language: fr\\n"\n\nmsgid "All updates"\nmsgstr "Tout"\n',
        b'msgid "All updates\n',
    ],
)
def test_a_file_with_a_fault_changes_nothing(editor: Client, content: bytes) -> None:
    answer = imported(editor, b'msgid "Key events"\nmsgstr "Wichtiges"\n\n' + content)
    assert answer.status_code == 422
    assert answer.context["import_form"].errors["file"]
    assert not Wording.objects.exists()


def test_an_update_of_the_product_keeps_words_and_lists_those_whose_text_is_gone(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided("de", "All updates", "Der Ticker")
    decided("de", "Newsroom", "Desk")
    gone = message("All updates")
    now = Message("", "All updates here", files=("templates/articles/live.html",))
    rest = {key: each for key, each in catalogue.messages().items() if key != gone.key} | {now.key: now}
    monkeypatch.setattr(catalogue, "messages", lambda: rest)
    page = editor.get(WORDS, {"to": "de"})
    assert [row["texts"] for row in page.context["rows"]] == [["Desk"]]
    assert [row["texts"] for row in page.context["gone"]] == [["Der Ticker"]]
    assert b"No longer used by this release." in editor.get(f"{WORDS}de.po").content
    one = editor.get(page.context["gone"][0]["url"])
    assert one.context["close"][0]["english"] == ["All updates here"]
    assert editor.post(page.context["gone"][0]["url"]).status_code == 302
    assert not editor.get(WORDS, {"to": "de"}).context["gone"]
    assert interchange.exported("de").count(b"msgid ") == 2


def test_messages_that_the_site_does_not_have_are_named_and_left_out(editor: Client) -> None:
    answer = imported(editor, b'msgid "Never heard of it"\nmsgstr "Nie geh\xc3\xb6rt"\n')
    assert answer.status_code == 302
    assert not Wording.objects.exists()
    assert "Never heard of it" in editor.get(answer.url).content.decode()


def test_words_of_a_number_of_forms_that_is_wrong_by_now_are_not_shown() -> None:
    plural = next(one for one in catalogue.messages().values() if one.plural and one.files)
    Wording.decide("ar", [(plural, ["one", "two"], [])], TEST)
    current.look()
    with translation.override("ar"):
        assert ngettext(plural.singular, plural.plural, 1) not in ("one", "two")
    assert b'msgstr[1] "two"' in interchange.exported("ar")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        '"Plural-Forms: nplurals=9999999999; plural=n;\\n"\n\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] "x"\n',
        '"Plural-Forms: nplurals=2; plural=n!=1;\\n"\n\nmsgid "a"\nmsgid_plural "b"\nmsgstr[99999999] "x"\n',
        '"Content-Type: text/plain; charset=zlib\\n"\n\nmsgid "a"\nmsgstr "b"\n',
        '"POT-Creation-Date: 99999-99-99 99:99+9999\\n"\n\nmsgid "a"\nmsgstr "b"\n',
    ],
)
def test_a_hostile_catalogue_is_refused_at_once(body: str) -> None:
    with pytest.raises(ValidationError):
        interchange.read(f'msgid ""\nmsgstr ""\n{body}'.encode(), "de")

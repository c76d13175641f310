"""`scripts/check_words.py` finds faults in catalogues and in the code."""

import sys
from pathlib import Path

import polib
import pytest
from django.contrib.admin.models import LogEntry
from django.utils.translation import override

from liveblog.languages import SHIPPED, language_name, language_title
from liveblog.lists import labelled, listed

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "scripts"))

import check_words

WORDS = check_words.load()


@pytest.mark.parametrize(
    ("language", "english", "text", "problem"),
    [
        ("fr", "Really?", "Vraiment ?", "\u202f?"),
        ("fr", "Time: 16:52", "Heure : 16:52", "\xa0:"),
        ("fr", "the article", "l'article", "straight"),
        ("es", "Withdraw it?", "Retirarla?", "¿"),
        ("ro", "question", "întrebaţi", "ț"),
        ("uk", "the object", "об'єкт", "straight"),
        ("ar", "First, wait", "انتظر, ثم", "،"),
        ("de", "Choose “Live”", "Wählen Sie “Live”", "quotation"),
        ("pl", "Choose a time.", "Należy wybrać czas.", "tryb"),
        ("ro", "Translating…", "Mașina lucrează…", "traducere automată"),
        ("de", "Save", "Sichern", "speichern"),
        ("uk", "you", "коли Ви пишете", "малої"),
    ],
)
def test_other_marks_and_words_to_avoid_are_found(language: str, english: str, text: str, problem: str) -> None:
    entry = polib.POEntry(msgid=english, msgstr=text)
    assert problem in " ".join(check_words.translated(entry, language, WORDS))


def test_one_term_has_one_word() -> None:
    entry = polib.POEntry(msgid="All updates", msgstr="Alle Einträge")
    assert list(check_words.terms(entry, "de", WORDS)) == ["“update” is “Beitrag”"]
    assert not list(check_words.terms(polib.POEntry(msgid="All updates", msgstr="Alle Beiträge"), "de", WORDS))


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("You can't vote.", "straight"),
        ("Your e-mail", "email"),
        ("Somebody has saved this.", "someone"),
        ("Sent to %(recipient)s", "recipient"),
        ("Frobnicate", "context"),
    ],
)
def test_english_is_held_to_its_words_too(message: str, problem: str) -> None:
    found = [text for text in check_words.english([polib.POEntry(msgid=message)], WORDS) if message in text]
    assert problem in " ".join(found)


@pytest.mark.parametrize(
    "template",
    [
        '{% translate "Source" %}: {{ name }}',
        '{% translate "Banned until" %} {{ until }}',
        '{% translate "In reply to" %}\n  <bdi>{{ name }}</bdi>',
        '{{ names|join:", " }}',
        '{% translate "Reject" %}…',
        '<b>{% translate "Source" %}</b>: {{ name }}',
        '<bdi>{{ name }}</bdi> {% translate "has joined" %}',
        '{{ count }} {% translate "updates" %}',
        "<li>{{ label }}: {{ value }}</li>",
        "{{ label }}{% if value %}: <b>{{ value }}</b>{% endif %}",
        '{% translate "Written by" %} {% translate "the editors" %}',
    ],
)
def test_a_template_that_joins_a_message_to_something_is_found(template: str) -> None:
    assert list(check_words.template_fragments(template))


def test_a_label_and_a_message_with_its_value_are_no_fragments() -> None:
    assert not list(check_words.template_fragments('{% translate "Source:" %} {{ name }}'))
    whole = "{% blocktranslate %}Banned until {{ time }}{% endblocktranslate %}</span>"
    assert not list(check_words.template_fragments(whole))


@pytest.mark.parametrize("source", ['_("Written by") + name', "f\"{_('Live coverage')} – {name}\""])
def test_code_that_joins_a_message_to_something_is_found(source: str) -> None:
    assert list(check_words.python_fragments(source))


def test_comments_for_translators_explain_short_messages_and_placeholders() -> None:
    assert list(check_words.comments(polib.POEntry(msgid="Save"), WORDS)) == ["button"]
    assert list(check_words.comments(polib.POEntry(msgid="%(votes)s of %(total)s votes"), WORDS)) == [
        "votes: a number",
        "total: a number",
    ]


def test_languages_are_named_by_cldr_in_the_case_of_a_sentence() -> None:
    with override("fr"):
        assert (language_name("en"), language_title("en")) == ("anglais", "Anglais")
    with override("ar"):
        assert language_name("uk") == "الأوكرانية"
    for code in SHIPPED:
        with override(code):
            assert language_name(code) != code


def test_lists_and_labels_have_the_marks_of_the_language() -> None:
    with override("ar"):
        assert listed(["أ", "ب"]) == "أ، ب"
    with override("fr"):
        assert labelled("Allemand", "relue") == "Allemand\xa0: relue"


def test_an_accepted_translation_is_worded_for_each_reader_of_the_history() -> None:
    from articles.translations import review

    remark = {"field": "body_de", "code": "empty", "blocking": False, "details": []}
    entry = LogEntry(change_message=review.accepted_message("de", [remark]))
    with override("en"):
        assert review.log_message(entry).startswith("Approved the translation despite warnings (German): ")
    with override("fr"):
        assert "(allemand)\xa0: La traduction est vide" in review.log_message(entry)

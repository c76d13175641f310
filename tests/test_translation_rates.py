"""The translation checks are accurate and fast enough."""

import re
import time
from decimal import Decimal

import pytest
from num2words import num2words

from articles.translations.checks import check
from articles.translations.checks.number_words import languages, spelled
from articles.translations.checks.typography import NARROW, TYPOGRAPHY
from tests import translation_rates
from tests.translation_set import LANGUAGES, load

PAGE = translation_rates.PAGE.read_text(encoding="utf-8")

#: The least percentage of detected wrong translations. Errors of meaning are harder to detect.
FLOORS = {
    "negation": 84,
    "reversal": 50,
    "number": 95,
    "date": 95,
    "unit": 80,
    "name": 58,
    "acronym": 88,
    "typography": 95,
    "link": 100,
    "markup": 92,
    "omission": 84,
    "question": 94,
    "untranslated": 90,
    "language": 78,
    "script": 84,
}
MAX_ALARMS_PERCENT, MAX_ALARMS_PERCENT_UNSEEN = 5, 11
MAX_SECONDS = 0.05


def _row(name: str) -> list[str]:
    match = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", translation_rates.measured(PAGE), re.MULTILINE)
    assert match, name
    return match[1].split("|")


def _percent(cell: str) -> float:
    part, whole = cell.split("/")
    return 100 * int(part) / int(whole)


def test_the_page_states_how_often_the_checks_are_right_now():
    assert translation_rates.measured(PAGE) == translation_rates.tables(translation_rates.results())


@pytest.mark.parametrize(("kind", "floor"), FLOORS.items())
def test_wrong_translations_of_each_kind_are_found(kind, floor):
    assert _percent(_row(kind)[-1]) >= floor


def test_right_translations_are_left_alone():
    assert _percent(_row("any, of all")[-1]) <= MAX_ALARMS_PERCENT
    assert _percent(_row("unseen")[-1]) <= MAX_ALARMS_PERCENT_UNSEEN


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_text_is_checked_as_fast_as_somebody_types(language):
    source_language = "de" if language == "en" else "en"
    source = target = ""
    for entry in load(language):
        if entry.right and entry.source_language == source_language and entry.field == "body":
            source, target = source + entry.source, target + entry.target
            if len(target) >= 3000:
                break
    best = MAX_SECONDS * 100
    for typed in range(6):
        start = time.process_time()
        check(source, f"{target}<p>{typed}</p>", source_language, language, html=True)
        best = min(best, time.process_time() - start)
    assert best < MAX_SECONDS


@pytest.mark.parametrize("language", sorted(languages()))
def test_numbers_in_words_are_read_as_num2words_writes_them(language):
    for number in [*range(2, 120), 200, 345, 777, 999, 1001, 2345, 10000, 45678, 250000, 3500000]:
        words = num2words(number, lang=language).translate(str.maketrans("'ʼşţ", "’’șț")).replace(",", "")
        values = [found.value for found in spelled(words, language)]
        assert values == [Decimal(number)], words


CODES = [
    # Examples of each kind of error.
    ("en", "uk", "Russia did not attack the convoy", "Росія атакувала колону", {"negation_lost"}),
    ("en", "pl", "Nobody was hurt in the fire", "W pożarze ktoś został ranny", {"negation_lost"}),
    ("es", "de", "El puente nunca se cerró", "Die Brücke wurde geschlossen", {"negation_lost"}),
    ("en", "ro", "The bridge is safe", "Podul nu este sigur", {"negation_added"}),
    ("en", "de", "Trains will not run until Friday", "Züge fahren erst am Freitag", set()),
    ("en", "fr", "We fear that the dam may break", "Nous craignons que le barrage ne cède", set()),
    ("pl", "en", "Nikt nigdy nic nie powiedział", "Nobody ever said anything", set()),
    ("en", "fr", "Is it true?", "C’est vrai?", {"typography"}),
    ("en", "fr", "Is it true?", f"Est-ce vrai{NARROW}?", set()),
    ("en", "ro", "The guests are here", "Oaspeţii sunt aici", {"typography"}),
    ("en", "uk", "The object was hit", "У об'єкт влучили", {"typography"}),
    ("en", "es", "Who won?", "Quién ganó?", {"typography"}),
    ("en", "ar", "In Cairo, it rained", "في القاهرة, هطل المطر", {"typography"}),
    ("en", "uk", "7 of 30 boats sank", "Сім із тридцяти човнів затонули", set()),
    ("en", "es", "1,000,000 people marched", "Un millón de personas se manifestaron", set()),
    ("en", "uk", "7 of 30 boats sank", "Сімнадцять із тридцяти човнів затонули", {"numbers"}),
    ("en", "de", "Gusts of 83 mph were measured", "Gemessen wurden Böen von 134 km/h", set()),
    ("en", "de", "The wall is 3 metres high", "Die Mauer ist 3 Kilometer hoch", {"units"}),
    ("uk", "en", "Закон підписав Володимир Зеленський", "Volodymyr Zelensky signed the law", set()),
    ("uk", "en", "Закон підписав Володимир Зеленський", "Volodymyr Groysman signed the law", {"names"}),
    ("en", "uk", "NATO is meeting today", "Сьогодні засідає НАТО", set()),
    ("en", "ar", "NATO is meeting in Brussels", "يجتمع الناتو في بروكسل", set()),
    ("en", "fr", "NATO is meeting today", "L’ONU se réunit aujourd’hui", {"acronyms"}),
    ("en", "de", "The talks begin on Tuesday", "Die Gespräche beginnen am Freitag", {"dates"}),
    ("en", "pl", "Berlin has agreed", "Веrlin się zgodził", {"script"}),
    ("de", "en", "Ist die Brücke offen?", "The bridge is open.", {"question"}),
    ("en", "de", "Prices rose sharply", "Die Preise fielen stark", {"opposite"}),
    ("en", "fr", "Thanks to {name} for this", "Merci à {nom} pour ceci", {"placeholders"}),
]


@pytest.mark.parametrize(("source_language", "language", "source", "translation", "codes"), CODES)
def test_each_check_finds_its_fault_and_accepts_correct_text(source_language, language, source, translation, codes):
    assert {problem.code for problem in check(source, translation, source_language, language)} == codes


def test_a_remark_names_the_place():
    (problem,) = check("Russia did not attack the convoy", "Росія атакувала колону", "en", "uk")
    assert problem.message == "A negation is missing: “did not attack the”."


def test_the_page_lists_the_typography_of_every_language():
    for language, rules in TYPOGRAPHY.items():
        if language in LANGUAGES:
            opening, closing = rules.quotes[:2]
            assert f"{opening}…{closing}" in PAGE.replace(" ", ""), language

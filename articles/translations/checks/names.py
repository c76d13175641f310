# ruff: noqa: E501 the words of a language stay on one line
"""Check names of people, places and companies, also between scripts.

Names are compared by their sound: anyascii transliterates them, differences of spelling between languages are folded
(Selenskyj, Zelensky, Зеленського), and rapidfuzz measures the rest. Names of countries and cities come from Babel
(CLDR). A name counts as wrong only if the translation has another name in its place; a missing one may be paraphrased.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from anyascii import anyascii
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from rapidfuzz import fuzz

from articles.translations.checks.dates import date_words
from articles.translations.checks.pair import Pair, aligned, base
from liveblog.translation.inflection import without_arabic_marks

#: Places whose names in two languages sound too different to be compared: one line each, all languages together.
_PLACES = """
Brussels Bruxelles Brüssel Bruselas Bruksela Bruxelles-ul Брюссель بروكسل
Geneva Genf Genève Ginebra Genewa Женева جنيف
Munich München Monachium Мюнхен ميونيخ
Cologne Köln Colonia Kolonia Кельн كولونيا
Vienna Wien Vienne Viena Wiedeń Відень فيينا
Hague Haag Haye Haya Haga Гаага لاهاي
Naples Neapel Nápoles Neapol Неаполь نابولي
Milan Mailand Milán Mediolan Мілан ميلانو
Venice Venedig Venise Venecia Wenecja Veneția Венеція البندقية
Florence Florenz Florencia Florencja Florența Флоренція فلورنسا
Aleppo Alep Alepo Halab Алеппо حلب
Mecca Mekka Mecque Meca Мекка مكة
Cairo Kairo Caire Kair Каїр القاهرة
Algiers Algier Alger Argel Алжир الجزائر
Jerusalem Jérusalem Jerusalén Jerozolima Ierusalim Єрусалим القدس
Damascus Damaskus Damas Damasco Damaszek Damasc Дамаск دمشق
Casablanca Касабланка الدار
Tbilisi Tiflis Тбілісі تبليسي
Constanța Konstanza Constanta Констанца كونستانتسا
Timișoara Temeswar Тімішоара
Poznań Posen Познань
Wrocław Breslau Вроцлав
Gdańsk Danzig Гданськ
Vistula Wisła Weichsel Vistule Вісла
Danube Donau Dunaj Dunărea Danubio Дунай الدانوب
Rhine Rhein Rhin Ren Rin Рейн الراين
Lviv Lemberg Lwów Leópolis Львів لفيف
Gaza Gazastreifen Gazy Газа غزة
"""
#: Countries and regions in the same way.
_COUNTRIES = """
Germany German Germans Deutschland Deutsche Deutschen Allemagne Alemania Niemcy Niemiec Niemcami Germania Німеччина ألمانيا
France French Frankreich Francia Francja Franța Франція فرنسا
Britain UK England Inglaterra Angleterre Anglia Англія إنجلترا Großbritannien Grande-Bretagne Royaume-Uni Bretaña Brytania Brytanii Британія بريطانيا
Netherlands Niederlande Pays-Bas Países Holandia Olanda Нідерланди هولندا
Greece Griechenland Grèce Grecia Grecja Греція اليونان
Hungary Ungarn Hongrie Hungría Węgry Węgier Ungaria Угорщина المجر
Poland Polen Pologne Polonia Polska Polsce Polski Польща بولندا
Austria Österreich Autriche Австрія النمسا
Switzerland Schweiz Suisse Suiza Szwajcaria Elveția Швейцарія سويسرا
Spain Spanien Espagne España Hiszpania Spania Іспанія إسبانيا
Italy Italien Italie Italia Włochy Włoch Італія إيطاليا
Egypt Ägypten Égypte Egipto Egipt Єгипет مصر
Morocco Marokko Maroc Marruecos Maroko Марокко المغرب
Herzegovina Herzegowina Herzégovine Hercegowina Herțegovina Герцеговина هرسك
India Indien Inde Indie Індія الهند
China Chine Chiny Chin Китай الصين
Japan Japon Japón Japonia Японія اليابان
Turkey Türkiye Türkei Turquie Turquía Turcja Turcia Туреччина تركيا
Syria Syrien Syrie Siria Сирія سوريا
Lebanon Libanon Liban Líbano Ліван لبنان
Jordan Jordanien Jordanie Jordania Iordania Йорданія الأردن
Croatia Kroatien Croatie Croacia Chorwacja Croația Хорватія كرواتيا
Serbia Serbien Serbie Сербія صربيا
Russia Russland Russie Rusia Rosja Росія روسيا
London Londres Londyn Londra Лондон لندن
Athens Athen Athènes Atenas Ateny Atena Афіни أثينا
Lisbon Lissabon Lisbonne Lisboa Lizbona Lisabona Лісабон لشبونة
Belgrade Belgrad Belgrado Белград بلغراد
Mariupol Marioupol Маріуполь ماريوبول
Odesa Odessa Одеса أوديسا
Balearics Balearen Baléares Baleares Baleary Baleare Балеари البليار
Canaries Kanaren Canarias Kanary Canare Канари الكناري
"""
#: Capitalised words that are no names, or that translations omit: titles, institutions, nationalities.
_COMMON = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "sir",
        "lord",
        "king",
        "queen",
        "prince",
        "princess",
        "president",
        "minister",
        "prime",
        "chancellor",
        "mayor",
        "judge",
        "general",
        "captain",
        "pope",
        "court",
        "supreme",
        "constitutional",
        "high",
        "house",
        "white",
        "senate",
        "parliament",
        "congress",
        "council",
        "commission",
        "committee",
        "bank",
        "central",
        "party",
        "union",
        "national",
        "international",
        "european",
        "united",
        "nations",
        "states",
        "state",
        "street",
        "square",
        "bridge",
        "river",
        "mount",
        "lake",
        "north",
        "south",
        "east",
        "west",
        "northern",
        "southern",
        "eastern",
        "western",
        "great",
        "new",
        "old",
        "saint",
        "red",
        "cross",
        "black",
        "sea",
        "world",
        "health",
        "organization",
        "organisation",
        "ministry",
        "interior",
        "defence",
        "defense",
        "foreign",
        "police",
        "army",
        "navy",
        "air",
        "force",
        "service",
        "agency",
        "office",
        "secretary",
        "security",
        "day",
        "week",
        "times",
        "post",
        "photo",
        "photograph",
        "image",
        "illustration",
        "update",
        "breaking",
        "live",
        "good",
        "evening",
        "morning",
        "thanks",
        "i",
        "storm",
        "the",
        "a",
        "an",
        "in",
        "on",
        "at",
        "by",
        "for",
        "of",
        "centre",
        "center",
        "university",
        "institute",
        "museum",
        "airport",
        "station",
        "stadium",
        "league",
        "cup",
        "championship",
        "open",
        "grand",
        "prix",
        "olympic",
        "observatory",
        "rights",
        "human",
        "foundation",
        "association",
        "authority",
        "federation",
        "federal",
        "workers",
        "academy",
        "school",
        "college",
        "hospital",
        "church",
        "cathedral",
        "theatre",
        "tower",
        "gate",
        "hall",
        "park",
        "garden",
        "arena",
        "coast",
        "guard",
        "border",
        "intelligence",
        "finance",
        "health",
        "education",
        "transport",
        "culture",
        "environment",
        "energy",
        "economy",
        "justice",
        "affairs",
        "treaty",
        "act",
        "law",
        "bill",
        "charter",
        "agreement",
        "accord",
        "pact",
        "war",
        "peace",
        "nobel",
        "prize",
        "award",
        "francis",
        "charles",
        "poles",
        "danes",
        "finns",
        "swedes",
        "turks",
        "greeks",
        "czechs",
        "serbs",
        "croats",
        "kurds",
        "arabs",
        "jews",
        "muslims",
        "christians",
        "americans",
        "russians",
        "ukrainians",
        "germans",
        "britons",
        "french",
        "italians",
        "spaniards",
        "soviet",
        "games",
        "election",
        "elections",
        "labour",
        "conservative",
        "conservatives",
        "democrat",
        "democrats",
        "republican",
        "republicans",
        "tory",
        "tories",
        "social",
        "strip",
        "bay",
        "gulf",
        "island",
        "islands",
        "isle",
        "mountain",
        "valley",
        "airlines",
        "airways",
        "railway",
        "network",
        "rail",
        "group",
        "company",
        "premier",
        "deputy",
        "director",
        "manager",
        "chief",
        "executive",
        "spokesman",
        "spokeswoman",
        "ambassador",
        "governor",
        "attorney",
        "palace",
        "alliance",
        "альянс",
        "patriots",
        "plan",
        "department",
        "sea",
        "state",
        "штати",
        "чорн",
        "чорним",
        "cape",
        "downing",
        "hrest",
        "cruz",
        "croix",
        "kreuz",
        "krzyż",
        "хрест",
        "сили",
        "jazeera",
        "television",
        "radio",
        "news",
        "ministre",
        "président",
        "présidente",
        "conseil",
        "assemblée",
        "cour",
        "république",
        "premier",
        "sénat",
        "ministère",
        "parlement",
        "église",
        "état",
        "gouvernement",
        "bundestag",
        "bundesrat",
        "ministerium",
        "präsident",
        "präsidentin",
        "polizei",
        "feuerwehr",
        "gericht",
        "amt",
        "bahn",
        "deutsche",
        "deutscher",
        "deutschen",
        "gobierno",
        "ministerio",
        "presidente",
        "congreso",
        "senado",
        "tribunal",
        "corte",
        "guardia",
        "urbana",
        "civil",
        "policía",
        "banco",
        "consejo",
        "comisión",
        "estado",
        "ministerstwo",
        "prezydent",
        "sejm",
        "senat",
        "sąd",
        "rada",
        "rząd",
        "komisja",
        "policja",
        "straż",
        "ministerul",
        "președintele",
        "guvernul",
        "parlamentul",
        "curtea",
        "poliția",
        "banca",
        "consiliul",
        "camera",
        "piața",
        "gara",
        "serviciul",
        "президент",
        "міністр",
        "рада",
        "суд",
        "офіс",
        "верховна",
        "генпрокурор",
        "уряд",
        "область",
        "міністерство",
    ]
)
_NATIONALITY = re.compile(r"\w{2,}(?:ian|ians|ish|ese|ean|ans?|i|is|ch|ic|ots|ards?)$")
#: Endings of surnames, which identify a name at the beginning of a sentence.
_SURNAME = re.compile(
    r"\w{2,}(?:sk[iy]j?|skyj|sky|enko|ov|off|ova|ić|ovich|escu|eanu|sson|stein|ský|ськ(?:ий|ого|ому|им|а|ої)|енко|чук|ович|ець)$"
)
_SPEAKER = re.compile(r"[\s\xa0\u202f]?:\s?[«“„\"]")
_TOKEN = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_INITIAL = re.compile(r"(?:^|[.!?:…»”\"\n(/–—|•]|«|“|„)[\s\xa0\u202f«“„\"'‘(–—]*$")
_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")
_ARABIC_PREFIXES = ("وال", "فال", "بال", "كال", "ولل", "لل", "ال", "و", "ف", "ب", "ل", "ك")
_INFLECTED = frozenset({"pl", "uk", "ro"})
_PARTICLES = frozenset(
    [
        "von",
        "van",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "al",
        "el",
        "bin",
        "ibn",
        "abu",
        "ben",
        "la",
        "le",
        "du",
        "des",
    ]
)

#: Sounds that languages spell differently, on transliterated text; longer spellings first.
_FOLDED = [
    (re.compile(pattern), folded)
    for pattern, folded in (
        (r"[^a-z]", ""),
        (r"schtsch|shch|szcz", "s"),
        (r"tsch|tch|tsh", "s"),
        (r"sch|sh|sz|cz|zh|rz|ch(?=[eiy])|dzh|dj|zs", "s"),
        (r"kh", "h"),
        (r"ck|ch|qu|q|gh", "k"),
        (r"tz|ts|dz|c(?=[eiy])", "s"),
        (r"ph", "f"),
        (r"th|dh|dt", "t"),
        (r"w", "v"),
        (r"x", "ks"),
        (r"ou|oo", "u"),
        (r"eau|au|oe", "o"),
        (r"ae|ee", "e"),
        (r"[yj]", "i"),
        (r"z|ç", "s"),
        (r"c", "k"),
        (r"g", "h"),
        (r"i{2,}|ie(?=[^r])|ei", "i"),
        (r"(.)\1", r"\1"),
    )
]
#: Classes of consonants: sibilants and velars are one, as c, g, j, ch and ج stand for either.
_CLASSES = str.maketrans("pbfvdtkgqcxszjhlrmn", "PPFFTTSSSSSSSS LRMN".replace(" ", "_"))
#: In a longer text a name may be paraphrased.
_SHORT_TEXT = 250
_MIN_RATIO, _MIN_PLACE_RATIO, _MIN_SKELETON_RATIO = 68, 80, 75


class Name(NamedTuple):
    word: str
    start: int
    initial: bool
    #: The number of the sequence of capitalised words.
    sequence: int
    #: Whether a colon follows, as after the name of a speaker.
    labelled: bool = False


def names_differing(pair: Pair) -> list[str]:
    """Return names for which the translation has others."""
    source_language, language = base(pair.source_language), base(pair.language)
    source, target = pair.source.text, pair.target.text
    if source_language == language or not _readable(source) or not _readable(target):
        return []
    arabic_source, arabic_target = bool(_ARABIC_LETTER.search(source)), bool(_ARABIC_LETTER.search(target))
    if arabic_source and arabic_target:
        return []
    ours = [] if arabic_source else _names(source, source_language)
    theirs = [] if arabic_target else _names(target, language)
    our_words, their_words = _words_of(source, source_language), _words_of(target, language)
    lost = [name for name in ours if not their_words.has(name.word, source_language)]
    added = [name for name in theirs if not our_words.has(name.word, language)]
    if arabic_source or arabic_target:
        places = _places_changed(pair, source_language, language)
        if arabic_target:
            return places or _one_sided(lost, ours, their_words, source_language)
        return places or _one_sided(added, theirs, our_words, language)
    found: list[str] = []
    for (start, end), (from_, to) in _spans(pair):
        found += _two_sided(
            [name for name in lost if start <= name.start < end],
            [name for name in added if from_ <= name.start < to],
            ours,
            theirs,
            source_language,
            language,
        )
    return list(dict.fromkeys(found))


def _spans(pair: Pair) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the positions of each sentence and its translation in the texts."""
    spans = []
    source_end = target_end = 0
    whole = ((0, len(pair.source.text)), (0, len(pair.target.text)))
    for source, target in aligned(pair):
        start, from_ = pair.source.text.find(source, source_end), pair.target.text.find(target, target_end)
        if start < 0 or from_ < 0:
            return [whole]
        source_end, target_end = start + len(source), from_ + len(target)
        spans.append(((start, source_end), (from_, target_end)))
    return spans


def _places_changed(pair: Pair, source_language: str, language: str) -> list[str]:
    """Return places for which the sentence of the translation has another one of the same kind."""
    found = []
    for source, target in aligned(pair):
        ours, theirs = _words_of(source, source_language), _words_of(target, language)
        gone = [key for key in ours.places.keys() - theirs.places.keys() if not theirs.sounds_like(ours.places[key])]
        new = [key for key in theirs.places.keys() - ours.places.keys() if not ours.sounds_like(theirs.places[key])]
        if len(gone) == len(new) == 1 and gone[0].split()[0] == new[0].split()[0]:
            found.append(f"{ours.places[gone[0]]} → {theirs.places[new[0]]}")
    return found


def _readable(text: str) -> bool:
    """Return whether capitals identify names: not in text all in capitals, or in Chinese or Japanese."""
    return bool(re.search(r"[a-zа-яіїєґ]|[\u0620-\u064a]", text)) and not re.search("[\u3000-\ud7ff]", text)


def _one_sided(unmatched: list[Name], names: list[Name], words: "_Words", language: str) -> list[str]:
    """Return names that no word of the other text, which has no capitals, sounds like."""
    found = []
    for group in _grouped(names).values():
        last = group[-1]
        if last.word.lower() in _COMMON or not _is_sure(last) or len(_fold(last.word)) < 3:
            continue
        if language == "de" and (len(words.text) >= _SHORT_TEXT or group[0].initial) and not _SURNAME.match(last.word):
            continue  # any noun may be the last of several words with capitals
        is_place = place(last.word, language) is not None
        if len(group) == 1:
            short = len(words.text) < _SHORT_TEXT and _alone(last, language)
            gone = last in unmatched and not is_place and (short or _SURNAME.match(last.word) is not None)
        else:
            kept = [
                name
                for name in group[:-1]
                if name not in unmatched
                and name.word.lower() not in _COMMON
                and len(skeleton(name.word)) > 1
                and (language != "de" or skeleton(name.word) in words.skeletons)
            ]
            gone = (
                last in unmatched
                and not is_place
                and (bool(kept) or (all(_is_sure(name) for name in group) and language != "de"))
            )
            gone = gone or (
                last not in unmatched
                and not is_place
                and bool(kept)
                and not words.follows(kept[-1].word, last.word, language)
            )
        if gone:
            found.append(last.word)
    return found


def _two_sided(
    lost: list[Name], added: list[Name], ours: list[Name], theirs: list[Name], source_language: str, language: str
) -> list[str]:
    found = []
    gone_places = [name for name in lost if place(name.word, source_language) is not None]
    new_places = [name for name in added if place(name.word, language) is not None]
    kinds = {str(place(name.word, source_language)).split()[0] for name in gone_places}
    if gone_places and new_places and kinds & {str(place(name.word, language)).split()[0] for name in new_places}:
        found.append(_change(gone_places, new_places))
    our_groups, their_groups = _grouped(ours), _grouped(theirs)
    for name in lost:
        group = our_groups[name.sequence]
        if not _is_sure(name) or (name in gone_places and new_places):
            continue
        for other in added:
            counterpart = their_groups[other.sequence]
            if not _is_sure(other) or name.word == other.word:
                continue
            # A title or a given name may change; the surname comes last.
            if name != group[-1] or other != counterpart[-1]:
                continue
            both_long = len(group) > 1 and len(counterpart) > 1
            shared = both_long and any(
                _similar(_fold(one.word), _fold(two.word)) for one in group if one not in lost for two in counterpart
            )
            alone = (
                _alone(name, source_language)
                and _alone(other, language)
                and len(group) == len(counterpart) == 1
                and len([one for one in lost if _alone(one, source_language)]) == 1
                and len([one for one in added if _alone(one, language)]) == 1
            )
            german = group if source_language == "de" else counterpart if language == "de" else []
            persons = (
                both_long
                and all(_is_sure(one) for one in (counterpart if german is group else group))
                and not (german and (len(german) > 3 or german[0].initial))
            )
            replaced = (
                all(one in lost for one in group) and all(one in added for one in counterpart) and (persons or alone)
            )
            if shared or replaced:
                found.append(_change([name], [other]))
                break
    return list(dict.fromkeys(found))


def _grouped(names: Iterable[Name]) -> dict[int, list[Name]]:
    groups: dict[int, list[Name]] = {}
    for name in names:
        groups.setdefault(name.sequence, []).append(name)
    return groups


def _change(lost: Iterable[Name], added: Iterable[Name]) -> str:
    return f"{', '.join(name.word for name in lost)} → {', '.join(name.word for name in added)}"


def _is_sure(name: Name) -> bool:
    """Return whether a word is a name that is not translated."""
    word = name.word.lower()
    return not (word in _COMMON or word in _PARTICLES or len(word) < 3 or name.word.isupper())


def _alone(name: Name, language: str) -> bool:
    """Return whether a single word is certainly a name: not in German, and not at the start of a sentence."""
    if name.labelled or _SURNAME.match(name.word):
        return True
    if language == "de" or name.initial:
        return False
    return not (language == "en" and _NATIONALITY.fullmatch(name.word.lower()))


@lru_cache(maxsize=128)
def _names(text: str, language: str) -> list[Name]:
    found: list[Name] = []
    sequence, end = 0, -1
    for match in _TOKEN.finditer(text):
        word = match[0]
        for part in word.split("-") if "-" in word else [word]:
            part = re.sub(r"^(?:[LlDd]|[Qq]u|[Nn]|[Ss])[’'](?=\w)|[’'](?:s|ul|a)?$", "", part)
            if (
                not part[:1].isupper()
                or (sum(map(str.isupper, part)) > 1 and len(part) < 5)
                or _is_date(part, language)
            ):
                continue
            between = text[end : match.start()] if end >= 0 else "."
            if not (between.strip(" \xa0\u202f") == "" or between.strip().lower() in _PARTICLES) or "\n" in between:
                sequence += 1
            initial = bool(_INITIAL.search(text[max(0, match.start() - 6) : match.start()]) or match.start() == 0)
            labelled = bool(_SPEAKER.match(text, match.end()))
            if len(part) > 1 and not part.isupper():
                found.append(Name(part, match.start(), initial, sequence, labelled))
                end = match.end()
    # In these cases, such as titles and articles, the first word of a sentence is hardly ever part of the name after
    # it.
    return [name for name in found if not (name.initial and name.word.lower() in _COMMON)]


def _is_date(word: str, language: str) -> bool:
    return bool(date_words(language).fullmatch(word))


class _Words:
    """The words of a text, to look for names among them."""

    def __init__(self, text: str, language: str) -> None:
        self.language = language
        text = unicodedata.normalize("NFC", without_arabic_marks(text))
        words = {
            part
            for match in _TOKEN.finditer(text)
            for part in (match[0], *re.split(r"[-’']", match[0]))
            if len(part) > 1
        }
        self.arabic = bool(_ARABIC_LETTER.search(text))
        if self.arabic:
            words |= {word.removeprefix(p) for word in words for p in _ARABIC_PREFIXES if word.startswith(p)}
            tokens = [match[0] for match in _TOKEN.finditer(text)]
            words |= {one + other for one, other in pairwise(tokens)}
        self.text = text
        self.tokens = [match[0] for match in _TOKEN.finditer(text)]
        self.folds = {_fold(word) for word in words if self.arabic or word[:1].isupper()}
        self.lower_folds = {
            _fold(word) for word in words if not self.arabic and not word[:1].isupper() and len(word) > 3
        }
        self.skeletons = {skeleton(word) for word in words}
        self.places = {
            found: word
            for word in sorted(words)
            if (self.arabic or word[:1].isupper()) and (found := place(word, language)) is not None
        }

    def has(self, name: str, language: str) -> bool:
        where = place(name, language)
        if where is not None and where in self.places:
            return True
        mine, bones = _fold(name), skeleton(name)
        if mine in self.folds:
            return True
        if self.arabic or _ARABIC_LETTER.search(name):
            if len(bones) < 2:
                return True
            return any(_same_bones(bones, other, strict=where is not None) for other in self.skeletons)
        if len(bones) > 1 and bones in self.skeletons and (len(bones) > 2 or len(mine) < 6):
            return True
        if len(bones) > 3 and any(other.startswith(bones) for other in self.skeletons):
            return True  # an adjective
        least = _MIN_PLACE_RATIO if where is not None and self.places else _MIN_RATIO
        return any(_similar(mine, other, least) for other in self.folds) or any(
            len(mine) > 3 and other.startswith(mine[: max(4, len(mine) - 2)]) for other in self.folds | self.lower_folds
        )

    def sounds_like(self, name: str) -> bool:
        """Return whether a word of the text begins with the consonants of a name, as its adjective does."""
        bones = skeleton(name)
        return len(bones) > 1 and any(other.startswith(bones[:3]) for other in self.skeletons)

    def follows(self, one: str, other: str, language: str) -> bool:
        """Return whether `other` sounds like one of the four words after a word that sounds like `one`."""
        first, second = skeleton(one), skeleton(other)
        if len(second) < 2 or len(first) < 2:
            return True
        if any(_same_bones(first + second, bones) for bones in self.skeletons if len(bones) > 3):
            return True
        starts = [index for index, token in enumerate(self.tokens) if _sounds_like(first, token)]
        return not starts or any(
            _sounds_like(second, token)
            for index in starts
            for token in self.tokens[max(0, index - 1) : index + 5]
            if token != self.tokens[index]
        )


def _sounds_like(bones: str, word: str) -> bool:
    forms = [word, *(word.removeprefix(prefix) for prefix in _ARABIC_PREFIXES if word.startswith(prefix))]
    return any(_same_bones(bones, skeleton(form)) for form in forms)


@lru_cache(maxsize=256)
def _words_of(text: str, language: str) -> _Words:
    return _Words(text, language)


@lru_cache(maxsize=20_000)
def _same_bones(one: str, other: str, *, strict: bool = False) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 2:
        return False
    if len(longer) <= 3 or strict:
        return one == other
    return fuzz.ratio(one, other) >= _MIN_SKELETON_RATIO or (len(shorter) >= 3 and longer.startswith(shorter))


@lru_cache(maxsize=50_000)
def _similar(one: str, other: str, least: float = _MIN_RATIO) -> bool:
    """Return whether two folded names are the same, perhaps inflected or spelled in another way."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 3:
        return one == other
    stem = shorter[: max(3, round(len(shorter) * 0.72))]
    if len(shorter) > 4 and longer.startswith(shorter[:4]) and least == _MIN_RATIO and len(longer) > len(shorter) + 1:
        return True
    if longer.startswith(stem) and len(longer) - len(shorter) <= 4 and len(shorter) >= 4:
        return True
    return fuzz.ratio(one, other) >= least


@lru_cache(maxsize=20_000)
def _fold(word: str) -> str:
    folded = anyascii(word.replace("ь", "").replace("ʼ", "").replace("’", "")).lower()
    for pattern, replacement in _FOLDED:
        folded = pattern.sub(replacement, folded)
    return folded


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """Return the classes of the consonants of a word, in any script."""
    folded = anyascii(word.replace("ь", "")).lower()
    folded = re.sub(r"[^a-z]", "", folded)
    if _ARABIC_LETTER.search(word):
        folded = re.sub("[wyh]", "", folded)
    folded = re.sub(r"schtsch|shch|szcz|tsch|tch|sch|sh|sz|cz|ch|zh|rz|kh|ck|gh|qu|dj|dzh|ts|tz", "s", folded)
    folded = folded.replace("ph", "f").replace("th", "t").replace("x", "ks").replace("w", "v")
    folded = re.sub(r"[aeiouyh]|(?<=[aeiou])j|j$", "", folded)
    folded = folded.translate(_CLASSES)
    return re.sub(r"(.)\1+", r"\1", folded)


@lru_cache(maxsize=20_000)
def place(word: str, language: str) -> str | None:
    """Return the key of a country, a continent or a city that the word names, perhaps inflected."""
    index = _places(language)
    lowered = word.lower().replace("'", "’")
    if language == "ar":
        forms = {lowered, *(lowered.removeprefix(prefix) for prefix in _ARABIC_PREFIXES if lowered.startswith(prefix))}
        return next((index[form] for form in forms if form in index), None)
    if lowered in index:
        return index[lowered]
    if language == "de" and lowered.endswith("s"):
        return index.get(lowered[:-1])
    if language in _INFLECTED:
        for length in range(len(lowered) - 1, max(3, len(lowered) - 5), -1):
            if found := index.get(lowered[:length] + "*"):
                return found
    return None


@lru_cache(maxsize=16)
def _places(language: str) -> dict[str, str]:
    """Return the names of places in a language, in lower case, with their keys; a stem ends with *."""
    index: dict[str, str] = {}
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return index
    named = [
        (f"city {key}", locale.time_zones.get(key, {}).get("city") or key.rpartition("/")[2].replace("_", " "))
        for key in get_global("zone_territories")
    ]
    named += [
        (f"territory {key}", name)
        for key, name in locale.territories.items()
        if len(key) in (2, 3) and key not in ("ZZ", "XA", "XB")
    ]
    for key, name in named:
        for word in [name] if " " not in name else []:
            _put(index, word, key, language)
    for kind, table in (("city", _PLACES), ("territory", _COUNTRIES)):
        for number, line in enumerate(table.strip().split("\n")):
            for word in line.split():
                _put(index, word, f"{kind} {number}", language, override=True)
    return index


def _put(index: dict[str, str], word: str, key: str, language: str, *, override: bool = False) -> None:
    lowered = word.lower()
    forms = [lowered]
    if language == "ar":
        forms.append(lowered.removeprefix("ال"))
    elif len(lowered) >= 5 and language in _INFLECTED:
        forms += [f"{lowered[: len(lowered) - cut]}*" for cut in (0, 1, 2) if len(lowered) - cut >= 4]
    for form in forms:
        if override or form not in index:
            index[form] = key

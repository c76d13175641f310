# ruff: noqa: E501 the words of a language stay on one line
"""Check days of the week and months."""

import re
from functools import lru_cache

from articles.translations.checks.pair import Pair, aligned, base

#: Monday to Sunday, then January to December; * stands for any ending. In Arabic months have two names.
_NAMES = {
    "en": "Monday* Tuesday* Wednesday* Thursday* Friday* Saturday* Sunday* January February March April May June July "
    "August September October November December",
    "de": "Montag* Dienstag* Mittwoch* Donnerstag* Freitag* Samstag*|Sonnabend* Sonntag* Januar*|Jänner Februar*|Feber "
    "März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "lundi* mardi* mercredi* jeudi* vendredi* samedi* dimanche* janvier février mars avril mai juin juillet août "
    "septembre octobre novembre décembre",
    "es": "lunes martes miércoles jueves viernes sábado* domingo* enero febrero marzo abril mayo junio julio agosto "
    "septiembre|setiembre octubre noviembre diciembre",
    "pl": "poniedział* wtor(?:ek|ku|kiem|kowy\\w*|kow\\w*) środ(?:a|y|ę|zie|ą|ow\\w*) czwart(?:ek|ku|kiem|kow\\w*) "
    "piąt(?:ek|ku|kiem|kow\\w*) sobot(?:a|y|ę|cie|ą|ni\\w*) niedziel(?:a|i|ę|ą|n\\w*) stycz(?:eń|nia|niu|niow\\w*) "
    "lut(?:y|ego|ym) mar(?:zec|ca|cu|cow\\w*) kwie(?:cień|tnia|tniu|tniow\\w*) maj(?:|a|u) czerw(?:iec|ca|cu|cow\\w*) "
    "lip(?:iec|ca|cu|cow\\w*) sierp(?:ień|nia|niu|niow\\w*) wrze(?:sień|śnia|śniu|śniow\\w*) "
    "październik* listopad* grud(?:zień|nia|niu|niow\\w*)",
    "ro": "luni|lunea marți|marțea|marţi miercuri|miercurea joi|joia vineri|vinerea sâmbăt* duminic* ianuarie "
    "februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "uk": "понеділ* вівтор(?:ок|ка|ку|ком|ок) серед(?:а|и|у|ою) четвер(?:|га|гу|гом) п’ятниц* субот(?:а|и|у|ою|ній|ній) "
    "неділ(?:я|і|ю|ею) січ(?:ень|ня|ні|нев\\w*) лют(?:ий|ого|ому) берез(?:ень|ня|ні) квіт(?:ень|ня|ні) "
    "трав(?:ень|ня|ні) черв(?:ень|ня|ні) лип(?:ень|ня|ні) серп(?:ень|ня|ні) верес(?:ень|ня|ні) жовт(?:ень|ня|ні) "
    "листопад(?:|а|і) груд(?:ень|ня|ні)",
    "ar": "الاثنين|الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد يناير|كانون.الثاني|جانفي فبراير|شباط|فيفري "
    "مارس|آذار أبريل|إبريل|نيسان|أفريل مايو|أيار|ماي يونيو|حزيران|جوان يوليو|تموز|جويلية أغسطس|آب|أوت "
    "سبتمبر|أيلول أكتوبر|تشرين.الأول نوفمبر|تشرين.الثاني ديسمبر|كانون.الأول",
}
#: Names that are also other words: they count only beside a number or after one of these words.
_AMBIGUOUS = {
    "en": re.compile(r"(?:\d(?:st|nd|rd|th)?\s+|\b(?:in|since|until|of|by|last|next|this|early|late|mid-?)\s?)$"),
    "fr": re.compile(r"(?:\d(?:er)?\s+|\b(?:en|de|mois de|depuis|fin|début|mi-?)\s?)$"),
    "de": re.compile(r"(?:\d\.?\s+|\b(?:im|seit|bis|Anfang|Ende|Mitte|vom)\s+)$"),
    "ro": re.compile(r"(?:\d\s+|\b(?:în|din|luna|lunii)\s+)$"),
    "ar": re.compile(r"(?:\d\s+|شهر\s+|يوم\s+|مساء\s+|صباح\s+|فجر\s+|في\s+|حتى\s+|أيام\s+)$"),
}
_ONLY_IN_CONTEXT = {
    "en": {"May", "March", "August"},
    "fr": {"mars", "mai", "avril"},
    "de": {"Mai"},
    "ro": {"mai", "luni"},
    "ar": {"آب", "ماي", "جوان", "أوت", "الأحد", "تموز"},
}
_UNIT_BEFORE = re.compile(r"(?:\d|doi|două|trei|patru|cinci|șase|șapte|opt|nouă|zece|de|câteva|sprezece)\s+$")


def dates_differing(pair: Pair) -> list[str]:
    """Return days and months for which the translation has others. A missing one may be written in digits."""
    found = []
    whole_source = _dates(pair.source.text, base(pair.source_language))
    whole_target = _dates(pair.target.text, base(pair.language))
    for one, other in aligned(pair):
        source, target = _dates(one, base(pair.source_language)), _dates(other, base(pair.language))
        for kind in (range(7), range(7, 19)):
            lost = [source[key] for key in kind if key in source and key not in whole_target]
            added = [target[key] for key in kind if key in target and key not in whole_source]
            if lost and added:
                found.append(f"{', '.join(lost)} → {', '.join(added)}")
    return found


#: The number of preceding characters in which words can identify a month.
_MAX_BEFORE = 40


@lru_cache(maxsize=256)
def _dates(text: str, language: str) -> dict[int, str]:
    if language not in _NAMES:
        return {}
    found: dict[int, str] = {}
    for match in date_words(language).finditer(text.replace("'", "’").replace("ʼ", "’")):
        before = text[max(0, match.start() - _MAX_BEFORE) : match.start()]
        if match[0] in _ONLY_IN_CONTEXT.get(language, ()):
            if match[0] == "luni":
                if _UNIT_BEFORE.search(before):
                    continue
            elif not _AMBIGUOUS[language].search(before):
                continue
        found.setdefault(int((match.lastgroup or "d0")[1:]), match[0])
    return found


@lru_cache(maxsize=16)
def date_words(language: str) -> re.Pattern[str]:
    """Return a pattern of the days and months of a language; it matches nothing if the language is unknown."""
    if language not in _NAMES:
        return re.compile("(?!)")
    forms = [name.replace("*", r"\w*") for name in _NAMES[language].split(" ")]
    before = "(?:[وفبكل]?)" if language == "ar" else ""
    case = "" if language in ("en", "de") else "(?i)"
    return re.compile(
        rf"{case}(?<!\w){before}(?:" + "|".join(f"(?P<d{i}>{form})" for i, form in enumerate(forms)) + r")(?!\w)"
    )

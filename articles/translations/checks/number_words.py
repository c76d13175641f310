"""Numbers written as words, in every language that the interface has.

Each line of a table holds a value and its forms; `a(b|c)` stands for ab and ac. Inflected forms are listed, because
words unrelated to numbers begin with stems such as "сто". The tests compare the tables with num2words.
"""

import re
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from liveblog.translation.inflection import without_arabic_marks

#: Prefixes of a value: # an ordinal or the name of a fraction, ~ a rough amount, / a fraction of one.
_TABLES = {
    "en": """
1 one|once
#1 first
2 two|twice|both
3 three|thrice
#3 third(|s)
4 four
#4 fourth(|s)|quarter(|s)
5 five
6 six
7 seven
8 eight
9 nine
#9 ninth(|s)
#5 fifth(|s)
#12 twelfth
10 ten
11 eleven
12 twelve|dozen
13 thirteen
14 fourteen|fortnight
15 fifteen
16 sixteen
17 seventeen
18 eighteen
19 nineteen
20 twenty
30 thirty
40 forty
50 fifty
60 sixty
70 seventy
80 eighty
90 ninety
#20 twentieth
20 twenties
30 thirties
40 forties
50 fifties
60 sixties
70 seventies
80 eighties
90 nineties
100 hundred
1000 thousand
1000000 million|mn
1000000000 billion|bn
1000000000000 trillion|tn
~10 tens
~12 dozens
~100 hundreds
~1000 thousands
~1000000 millions
~1000000000 billions
/2 half|halves
""",
    "de": """
#1 erste(|n|r|s|m)
2 zwei(|er|en)|zweimal|beide(|n|r|s|m)
3 drei(|er|en)|dreimal
#2 zweite(|n|r|s|m)
#3 dritte(|n|r|s|m)|drittel(|n)
4 vier
#4 viertel(|n)
5 fünf
#5 fünftel(|n)
6 sechs
7 sieben
#7 siebte(|n|r|s|m)
#8 achte(|n|r|s|m)
8 acht
9 neun
10 zehn
#10 zehntel(|n)
11 elf
12 zwölf|dutzend
16 sechzehn
17 siebzehn
20 zwanzig
30 dreißig
40 vierzig
50 fünfzig
60 sechzig
70 siebzig
80 achtzig
90 neunzig
100 hundert
1000 tausend|tsd
1000000 million(|en)|mio
1000000000 milliarde(|n)|mrd
1000000000000 billion(|en)
~10 zehn(er|ern)
~12 dutzende(|n|r)
~100 hunderte(|n|r)
~1000 tausende(|n|r)
~10000 zehntausende(|n|r)
~100000 hunderttausende(|n|r)
/2 halb(|e|en|er|es|em)|hälfte
/1.5 anderthalb|eineinhalb
""",
    "fr": """
1 un|une
#1 premi(er|ère|ers|ères)
2 deux|deuxième(|s)
#2 second(|e)
3 trois|troisième(|s)
#3 tiers
4 quatre|quatrième
#4 quart(|s)
5 cinq|cinquième(|s)
6 six|sixième
7 sept|septième
8 huit|huitième
9 neuf|neuvième
10 dix|dixième
11 onze|onzième
12 douze|douzaine
13 treize
14 quatorze
15 quinze
16 seize
20 vingt|vingts|vingtaine
30 trente|trentaine
40 quarante|quarantaine
50 cinquante|cinquantaine
60 soixante|soixantaine
70 septante
80 octante|huitante
90 nonante
100 cent|cents
1000 mille|millier
1000000 million(|s)
1000000000 milliard(|s)
1000000000000 billion(|s)
~10 dizaine(|s)
~12 douzaines
~15 quinzaine
~100 centaine(|s)
~1000 milliers
/2 moitié|demi(|e|es|s)
""",
    "es": """
1 un|uno|una
#1 primer(|o|a|os|as)
2 dos|ambos|ambas
#2 segund(o|a)
3 tres
#3 tercer(|o|a)|tercio(|s)
4 cuatro
#4 cuart(o|a|os|as)
5 cinco
#5 quint(o|a)
6 seis
#6 sext(o|a)
7 siete
#7 séptim(o|a)
8 ocho
#8 octav(o|a)
9 nueve
#9 noven(o|a)
10 diez
#10 décim(o|a)
11 once
12 doce|docena
13 trece
14 catorce
15 quince
16 dieciséis
17 diecisiete
18 dieciocho
19 diecinueve
20 veinte|veintena
21 veinti(uno|ún|una)
22 veintidós
23 veintitrés
24 veinticuatro
25 veinticinco
26 veintiséis
27 veintisiete
28 veintiocho
29 veintinueve
30 treinta
40 cuarenta
50 cincuenta
60 sesenta
70 setenta
80 ochenta
90 noventa
100 cien|ciento|centenar
200 doscient(os|as)
300 trescient(os|as)
400 cuatrocient(os|as)
500 quinient(os|as)
600 seiscient(os|as)
700 setecient(os|as)
800 ochocient(os|as)
900 novecient(os|as)
1000 mil|millar
1000000 mill(ón|ones)
1000000000000 bill(ón|ones)
~10 decena(|s)
~12 docenas
~100 cientos|centenares
~1000 miles|millares
/2 mitad|medi(o|a)
""",
    "pl": """
1 jeden|jedn(a|o|ego|ej|emu|ym|ą)
#1 pierwsz(y|a|e|ego|ej|emu|ym|ą|ych|ymi)
2 dwa|dwie|dwaj|dw(óch|u|om|oma|iema|oje|ojga|ojgu)|dwukrotnie|ob(a|ie|aj|oje|u)
#2 drug(i|a|ie|iego|iej|iemu|im|ą)
3 trzy|trzej|trzech|trzem|trzema|tr(oje|ojga|ojgu)|trzykrotnie
#3 trzeci(|a|e|ego|ej|emu|m|ą|ch)
4 czter(y|ej|ech|em|ema)|czwor(o|ga|gu)
#4 czwart(y|a|e|ego|ej|emu|ym|ą|ych)|ćwierć|ćwierci
5 pię(ć|ciu|cioma|cioro|ciorga)
#5 piąt(y|a|e|ego|ej|emu|ym|ą|ych)
6 sześ(ć|ciu|cioma|cioro|ciorga)
#6 szóst(y|a|e|ego|ej|emu|ym|ą|ych)
7 siedem|siedmi(u|oma|oro|orga)
#7 siódm(y|a|e|ego|ej|emu|ym|ą|ych)
8 osiem|ośmi(u|oma|oro|orga)
#8 ósm(y|a|e|ego|ej|emu|ym|ą|ych)
9 dziewię(ć|ciu|cioma|cioro|ciorga)
#9 dziewiąt(y|a|e|ego|ej|emu|ym|ą|ych)
10 dziesię(ć|ciu|cioma|cioro|ciorga)
#10 dziesiąt(y|a|e|ego|ej|emu|ym|ą)
11 jedena(ście|stu|stoma|ścioro)
#11 jedenast(y|a|e|ego|ej|emu|ym|ą)
12 dwana(ście|stoma|ścioro)|dwunastu|tuzin
#12 dwunast(y|a|e|ego|ej|emu|ym|ą)
13 trzyna(ście|stu|stoma|ścioro)
14 czterna(ście|stu|stoma|ścioro)
15 piętna(ście|stu|stoma|ścioro)
16 szesna(ście|stu|stoma|ścioro)
17 siedemna(ście|stu|stoma|ścioro)
18 osiemna(ście|stu|stoma|ścioro)
19 dziewiętna(ście|stu|stoma|ścioro)
#13 trzynast(y|a|e|ego|ej|emu|ym|ą)
#14 czternast(y|a|e|ego|ej|emu|ym|ą)
#15 piętnast(y|a|e|ego|ej|emu|ym|ą)
#16 szesnast(y|a|e|ego|ej|emu|ym|ą)
#17 siedemnast(y|a|e|ego|ej|emu|ym|ą)
#18 osiemnast(y|a|e|ego|ej|emu|ym|ą)
#19 dziewiętnast(y|a|e|ego|ej|emu|ym|ą)
20 dwadzieścia|dwudziestu|dwudziestoma|dwadzieścioro
#20 dwudziest(y|a|e|ego|ej|emu|ym|ą|ych)
30 trzydzieści|trzydziestu|trzydziestoma|trzydzieścioro
#30 trzydziest(y|a|e|ego|ej|emu|ym|ą|ych)
40 czterdzieści|czterdziestu|czterdziestoma|czterdzieścioro
#40 czterdziest(y|a|e|ego|ej|ych)
50 pięćdziesi(ąt|ęciu|ęcioma|ęcioro)
#50 pięćdziesiąt(y|a|e|ego|ej|ych)
60 sześćdziesi(ąt|ęciu|ęcioma|ęcioro)
#60 sześćdziesiąt(y|a|e|ego|ej|ych)
70 siedemdziesi(ąt|ęciu|ęcioma|ęcioro)
#70 siedemdziesiąt(y|a|e|ego|ej|ych)
80 osiemdziesi(ąt|ęciu|ęcioma|ęcioro)
#80 osiemdziesiąt(y|a|e|ego|ej|ych)
90 dziewięćdziesi(ąt|ęciu|ęcioma|ęcioro)
#90 dziewięćdziesiąt(y|a|e|ego|ej|ych)
100 sto|stu|stoma|setka|setkę
200 dwieście|dwustu
300 trzysta|trzystu
400 czterysta|czterystu
500 pięćset|pięciuset
600 sześćset|sześciuset
700 siedemset|siedmiuset
800 osiemset|ośmiuset
900 dziewięćset|dziewięciuset
1000 tysi(ąc|ąca|ące|ęcy|ącom|ącami|ącach|ącem)|tys
1000000 milion(|a|y|ów|om|ami|ach|em|ie)|mln
1000000000 miliard(|a|y|ów|om|ami|ach|em|zie)|mld
1000000000000 bilion(|a|y|ów)
~10 dziesiątki|dziesiątek
~100 setki|setek|setkom|setkami
/2 pół|połow(a|y|ę|ie|ą)
/1.5 półtora|półtorej
""",
    "ro": """
1 un|una|unu|unei|unui
#1 prim(a|ul|ele|ii|ilor|ei|ului)
2 doi|două|ambi(i|lor)|ambele|amândoi|amândouă
3 trei
4 patru
5 cinci
6 șase
7 șapte
8 opt
9 nouă
10 zece
11 unsprezece|unșpe
12 doisprezece|douăsprezece|duzină
13 treisprezece
14 paisprezece
15 cincisprezece
16 șaisprezece
17 șaptesprezece
18 optsprezece
19 nouăsprezece
20 douăzeci
30 treizeci
40 patruzeci
50 cincizeci
60 șaizeci
70 șaptezeci
80 optzeci
90 nouăzeci
#3 treime|treimi
#4 sfert(|uri|ul|urile)
#5 cincime|cincimi
100 sut(ă|a)|sute
1000 mie|mii
1000000 mili(on|oane)|mil
1000000000 miliard(|e)|mld
~10 zeci
~100 sutele|sutelor
~1000 miile|miilor
~1000000 milioanele|milioanelor
/2 jumătate|jumătății|jumătatea
""",
    "uk": """
1 оди(н)|одн(а|е|ого|ої|ому|ій|им|ією|у)
#1 перш(ий|а|е|ого|ої|ому|ій|им|ою|у|і|их|ими)
2 дв(а|і|ох|ом|ома|оє|оїх|ійко)|двічі|обид(ва|ві|вох|вом|вома)|обо(є|х|м)
#2 друг(ий|а|е|ого|ої|ому|ій|им|ою|у)
3 тр(и|ьох|ьом|ьома|оє|ійко)|тричі
#3 трет(ій|я|є|ього|ьої|ьому|ім|ьою|ю|ина|ини|ину|иною|ин|ині)
4 чотири|чотир(ьох|ьом|ма)|четверо
#4 четверт(ий|а|е|ого|ої|ій|им|ою|у|ина|ини|ину|иною)|чверт(ь|і|ю)|чвертю|чверть
5 п’ят(ь|и|ьох|ьом|ьма|ьома|еро|ьох)
#5 п’ят(ий|а|е|ого|ої|ому|ій|им|ою|у|ина|ини|ину)
6 шіст(ь|ьох|ьом|ьма|ьома)|шест(и|еро)
#6 шост(ий|а|е|ого|ої|ому|ій|им|ою|у)
7 сім|сім(ох|ом|ома)|сьом(а)|сем(и|еро)
#7 сьом(ий|а|е|ого|ої|ому|ій|им|ою|у)
8 вісім|вісьм(ох|ом|ома|а)|восьм(и|еро)
#8 восьм(ий|а|е|ого|ої|ому|ій|им|ою|у)
9 дев’ят(ь|и|ьох|ьом|ьма|ьома|еро)
#9 дев’ят(ий|а|е|ого|ої|ому|ій|им|ою|у)
10 десят(ь|и|ьох|ьом|ьма|ьома|еро|ок|ка)
#10 десят(ий|а|е|ого|ої|ому|ій|им|ою|у|ина|ини)
11 одинадцят(ь|и|ьох|ьом|ьма|ьома|еро)
#11 одинадцят(ий|а|е|ого|ої|ій|у)
12 дванадцят(ь|и|ьох|ьом|ьма|ьома|еро)|дюжин(а|у|и)
#12 дванадцят(ий|а|е|ого|ої|ій|у)
13 тринадцят(ь|и|ьох|ьом|ьма|ьома|еро)
14 чотирнадцят(ь|и|ьох|ьом|ьма|ьома|еро)
15 п’ятнадцят(ь|и|ьох|ьом|ьма|ьома|еро)
16 шістнадцят(ь|и|ьох|ьом|ьма|ьома|еро)
17 сімнадцят(ь|и|ьох|ьом|ьма|ьома|еро)
18 вісімнадцят(ь|и|ьох|ьом|ьма|ьома|еро)
19 дев’ятнадцят(ь|и|ьох|ьом|ьма|ьома|еро)
#13 тринадцят(ий|а|е|ого|ої|ій|у)
#14 чотирнадцят(ий|а|е|ого|ої|ій|у)
#15 п’ятнадцят(ий|а|е|ого|ої|ій|у)
#16 шістнадцят(ий|а|е|ого|ої|ій|у)
#17 сімнадцят(ий|а|е|ого|ої|ій|у)
#18 вісімнадцят(ий|а|е|ого|ої|ій|у)
#19 дев’ятнадцят(ий|а|е|ого|ої|ій|у)
20 двадцят(ь|и|ьох|ьом|ьма|ьома|еро)
#20 двадцят(ий|а|е|ого|ої|ій|у|их)
30 тридцят(ь|и|ьох|ьом|ьма|ьома|еро)
#30 тридцят(ий|а|е|ого|ої|ій|их)
40 сорок|сорока
#40 сороков(ий|а|е|ого|их)
50 п’ятдесят|п’ятдесят(и|ьох|ьом|ьма|ьома)
#50 п’ятдесят(ий|а|ого|их)
60 шістдесят|шістдесят(и|ьох|ьом|ьма|ьома)|шестидесяти
#60 шістдесят(ий|а|ого|их)
70 сімдесят|сімдесят(и|ьох|ьом|ьма|ьома)|семидесяти
#70 сімдесят(ий|а|ого|их)
80 вісімдесят|вісімдесят(и|ьох|ьом|ьма|ьома)|восьмидесяти
#80 вісімдесят(ий|а|ого|их)
90 дев’яносто|дев’яноста
#90 дев’яност(ий|а|ого|их)
100 сто|ста|сотня|сотню
200 двісті|двохсот|двомастами
300 триста|трьохсот
400 чотириста|чотирьохсот
500 п’ятсот|п’ятисот
600 шістсот|шестисот
700 сімсот|семисот
800 вісімсот|восьмисот
900 дев’ятсот|дев’ятисот
1000 тисяч(|а|і|у|ею|ам|ами|ах)|тис
1000000 мільйон(|а|и|ів|у|ом|ам|ами|ах)|млн
1000000000 мільярд(|а|и|ів|у|ом|ам|ами|ах)|млрд
1000000000000 трильйон(|а|и|ів)
~10 десятк(и|ів|ам|ами|ах)
~100 сотн(і|ям|ями|ях)|сотень
/2 половин(а|и|у|ою|і)|пів
/1.5 півтор(а|и)
""",
    "ar": """
1 واحد(|ة)|وأحد
#1 أول|أولى|الأول(|ى)
2 اثن(ان|ين|تان|تين|ا|تا|ي|تي)|كلا|كلتا
#2 ثان(|ي|ية)|الثاني(|ة)
3 ثلاث(|ة)
#3 ثالث(|ة)|ثلث(|ا|ي|ين|ان)|ثلثي
4 أربع(|ة)
#4 رابع(|ة)|ربع|أرباع
5 خمس(|ة)
#5 خامس(|ة)|خمس(ا|ي)
6 ست(|ة)
#6 سادس(|ة)
7 سبع(|ة)
#7 سابع(|ة)
8 ثمان(|ي|ية|يا)
#8 ثامن(|ة)
9 تسع(|ة)
#9 تاسع(|ة)
10 عشر(|ة)
#10 عاشر(|ة)
11 أحدعشر|إحدىعشرة
#11 حادية|حادي
20 عشر(ون|ين)
30 ثلاث(ون|ين)
40 أربع(ون|ين)
50 خمس(ون|ين)
60 ست(ون|ين)
70 سبع(ون|ين)
80 ثمان(ون|ين)
90 تسع(ون|ين)
20 عشرين(ي|ا)ت
60 ستيني(ات)
70 سبعيني(ات)
80 ثمانيني(ات)
90 تسعيني(ات)
50 خمسيني(ات)
40 أربعيني(ات)
30 ثلاثيني(ات)
100 مئة|مائة
200 مئت(ان|ين|ا|ي)|مائت(ان|ين|ا|ي)
300 ثلاثمئة|ثلاثمائة
400 أربعمئة|أربعمائة
500 خمسمئة|خمسمائة
600 ستمئة|ستمائة
700 سبعمئة|سبعمائة
800 ثمانمئة|ثمانمائة|ثمانيمئة
900 تسعمئة|تسعمائة
1000 ألف|ألفا|آلاف
2000 ألف(ان|ين|ي)
1000000 مليون(|ا)|ملايين
2000000 مليون(ان|ين|ي)
1000000000 مليار(|ا|ات)
2000000000 ملياري(|ن)|مليار(ان|ين)
1000000000000 تريليون(|ا|ات)
~10 عشرات
~100 مئات
/2 نصف
""",
}
#: Words between the parts of one number.
_LINKS = {"en": {"and", "a", "of"}, "fr": {"et"}, "es": {"y"}, "ro": {"și", "de"}, "de": {"und"}, "ar": {"و"}}
_MULTIPLIED_HUNDRED = frozenset({"en", "fr", "ro", "de", "ar"})
_SCALES = frozenset(Decimal(10) ** zeros for zeros in (3, 6, 9, 12))
#: Numbers of Paris and Brussels: soixante-quinze, quatre-vingt-dix.
_FRENCH_SCORES = frozenset({60, 80})
_WORD = re.compile("(?:[^\\W\\d_][\u064b-\u0652]*)+(?:[’'ʼ][^\\W\\d_]+)*")
#: One word, so that أحد (anybody, Sunday) alone is no number.
_ARABIC_ELEVEN = re.compile(r"\b(أحد|إحدى) (?=عشرة?\b)")
_GERMAN_LINKED = re.compile(r"(ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun)und(.+)")
_GERMAN_ENDING = re.compile(r"(?:ste[nrsm]?|te[nrsm]?|er-?jahren?|er|ern|mal|fach)$")
_GERMAN_ONE = {"ein": Decimal(1), "eine": Decimal(1), "eins": Decimal(1)}


class Word(NamedTuple):
    """A word for a number."""

    value: Decimal
    kind: str = ""  # "", or one of the prefixes of the tables


class Spelled(NamedTuple):
    """A number written as one word or several, from `start` to `end` of the text."""

    value: Decimal
    kind: str
    start: int
    end: int


def languages() -> frozenset[str]:
    """Return the languages whose words for numbers are known."""
    return frozenset(_TABLES)


def word(text: str, language: str) -> Word | None:
    """Return the number that a word stands for, or None."""
    known = _words(language)
    folded = text.lower().replace("'", "’").replace("ʼ", "’")
    if language == "ar":
        folded = without_arabic_marks(folded)
        for prefix in ("", "و", "ال", "وال", "ب", "بال", "ل", "لل", "ف", "ك"):
            if folded.startswith(prefix) and folded[len(prefix) :] in known:
                return known[folded[len(prefix) :]]
        return None
    if folded in known:
        return known[folded]
    if language == "de":
        return _german(folded)
    return None


def scale_after(text: str, start: int, language: str) -> tuple[Decimal, int] | None:
    """Return the factor of a word after digits (million), and its end."""
    match = re.compile(r"[ \xa0\u202f-]?(?:de )?([^\W\d_]+)\.?").match(text, start)
    found = match and word(match[1], language)
    if match and found and found.kind in ("", "~") and _is_scale(found.value):
        return found.value, match.end()
    return None


def spelled(text: str, language: str) -> list[Spelled]:
    """Return the numbers that are written as words, in order."""
    if language == "ar":
        text = _ARABIC_ELEVEN.sub("\\1\u0640", text)
    found: list[Spelled] = []
    number: _Composer | None = None
    for match in _WORD.finditer(text):
        between = text[number.end : match.start()] if number else ""
        linked = bool(between) and (
            not between.strip(" \xa0-") or between.strip(" \xa0-").lower() in _LINKS.get(language, ())
        )
        item = word(match[0], language)
        if item and number and linked and number.add(item, match.end(), match[0].startswith("و") or "و" in between):
            continue
        if number and item is None and match[0].lower() in _LINKS.get(language, ()) and linked:
            continue
        if number:
            found.append(number.result())
        number = _Composer(item, match.start(), match.end(), language) if item else None
    if number:
        found.append(number.result())
    return found


class _Composer:
    """Add up the words of one number."""

    def __init__(self, first: Word, start: int, end: int, language: str) -> None:
        self.start, self.end, self.language = start, end, language
        self.kind = first.kind
        self.total = Decimal(0)
        self.current = first.value
        if first.value >= 1000:
            self.total, self.current = first.value, Decimal(0)

    def add(self, item: Word, end: int, joined: bool) -> bool:
        """Return whether the word belongs to the number."""
        if self.kind in ("#", "/") or item.kind == "/":
            return False
        if self.kind == "~":
            if not _is_scale(item.value):
                return False
            self.total = (self.current or self.total) * item.value
            self.current = Decimal(0)
        elif _is_scale(item.value):
            if self.current == 0 and self.total:
                if item.value < self.total and item.value != 1000:
                    return False
                self.total *= item.value
            else:
                higher = self.total if self.total > item.value else Decimal(0)
                lower = self.total - higher
                self.total = higher + (lower + (self.current or 1)) * item.value
            self.current = Decimal(0)
            if item.kind == "~":
                self.kind = "~"
        elif item.value >= 1000:
            if self.current or item.value >= self.total:
                return False
            self.total += item.value
        elif not self._add_below_thousand(item.value, joined):
            return False
        if item.kind == "#":
            self.kind = "#"
        self.end = end
        return True

    def _add_below_thousand(self, value: Decimal, joined: bool) -> bool:
        current = self.current
        if value == 100 and self.language in _MULTIPLIED_HUNDRED and 1 <= current < 10:
            self.current = current * 100
        elif value == 20 and self.language == "fr" and current % 100 == 4:
            self.current = current - 4 + 80
        elif (
            current == 0
            or (current % 100 == 0 and value < 100)
            or (current % 10 == 0 and current % 100 >= 20 and value < 10)
            or (self.language == "fr" and current % 100 in _FRENCH_SCORES and 10 <= value < 20)
            or (self.language == "fr" and current % 100 in (70, 90) and 7 <= value < 10)
            or (self.language == "fr" and current % 100 == 10 and 7 <= value < 10)
            or (
                self.language == "ar"
                and 1 <= current % 100 < 10
                and (value == 10 or (joined and value < 100 and value % 10 == 0))
            )
        ):
            self.current = current + value
        else:
            return False
        return True

    def result(self) -> Spelled:
        return Spelled(self.total + self.current, self.kind, self.start, self.end)


def _is_scale(value: Decimal) -> bool:
    return value in _SCALES


def _german(text: str) -> Word | None:
    if len(text) < 6:
        return None
    known = _words("de")
    for ending in ("", *(match[0] for match in _GERMAN_ENDING.finditer(text))):
        value = _german_value(text.removesuffix(ending), known)
        if value is not None:
            return Word(value, "#" if ending[:1] in ("s", "t") else "")
    return None


def _german_value(text: str, known: dict[str, Word]) -> Decimal | None:
    for name, factor in (("tausend", Decimal(1000)), ("hundert", Decimal(100))):
        before, found, after = text.partition(name)
        if found:
            left = _german_value(before, known) if before else Decimal(1)
            right = _german_value(after.removeprefix("und"), known) if after else Decimal(0)
            return None if left is None or right is None else left * factor + right
    if match := _GERMAN_LINKED.fullmatch(text):
        tens = known.get(match[2])
        return _german_value(match[1], known) + tens.value if tens and 20 <= tens.value < 100 else None  # type: ignore[operator]
    if text in _GERMAN_ONE:
        return _GERMAN_ONE[text]
    if text.endswith("zehn") and text[:-4] in known:
        return known[text[:-4]].value + 10
    return known[text].value if text in known and not known[text].kind else None


@lru_cache(maxsize=16)
def _words(language: str) -> dict[str, Word]:
    words: dict[str, Word] = {}
    for line in _TABLES.get(language, "").split("\n"):
        name, _, forms = line.partition(" ")
        kind = name[:1] if name[:1] in ("#", "~", "/") else ""
        for form in re.findall(r"(?:[^|(]|\([^)]*\))+", forms):
            for expanded in _expanded(form):
                words.setdefault(expanded, Word(Decimal(name.lstrip("#~/")), kind))
    return words


def _expanded(form: str) -> list[str]:
    parts = re.split(r"(\([^)]*\))", form)
    return ["".join(chosen) for chosen in product(*(part.strip("()").split("|") for part in parts))]

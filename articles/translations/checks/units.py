# ruff: noqa: E501 the words of a language stay on one line
"""Units of measures, money and time, after or before a number, in each language."""

import re
from functools import lru_cache
from typing import NamedTuple

#: Unit: dimension, and its size in the first unit of that dimension. Each currency is a dimension of its own.
_SIZES: dict[str, tuple[str, float]] = {
    "mm": ("length", 0.001),
    "cm": ("length", 0.01),
    "m": ("length", 1),
    "km": ("length", 1000),
    "inch": ("length", 0.0254),
    "foot": ("length", 0.3048),
    "yard": ("length", 0.9144),
    "mile": ("length", 1609.344),
    "nautical mile": ("length", 1852),
    "m²": ("area", 1),
    "are": ("area", 100),
    "hectare": ("area", 1e4),
    "km²": ("area", 1e6),
    "acre": ("area", 4046.86),
    "mile²": ("area", 2.59e6),
    "m/s": ("speed", 3.6),
    "km/h": ("speed", 1),
    "mph": ("speed", 1.609344),
    "knot": ("speed", 1.852),
    "g": ("mass", 0.001),
    "kg": ("mass", 1),
    "tonne": ("mass", 1000),
    "pound": ("mass", 0.45359),
    "ounce": ("mass", 0.03),
    "litre": ("volume", 1),
    "m³": ("volume", 1000),
    "barrel": ("volume", 158.987),
    "gallon": ("volume", 3.785),
    "second": ("time", 1),
    "minute": ("time", 60),
    "hour": ("time", 3600),
    "day": ("time", 86400),
    "week": ("time", 604800),
    "month": ("time", 2629800),
    "year": ("time", 31557600),
    "decade": ("time", 315576000),
    "century": ("time", 3155760000),
    "°C": ("temperature", 1),
    "°F": ("temperature", 5 / 9),
    "kW": ("power", 1),
    "MW": ("power", 1000),
    "GW": ("power", 1e6),
    "%": ("share", 1),
    "‰": ("share", 0.1),
}
_CURRENCIES = [
    "euro",
    "dollar",
    "sterling",
    "franc",
    "yen",
    "zloty",
    "leu",
    "hryvnia",
    "rouble",
    "lira",
    "shekel",
    "pound",
    "yuan",
    "rupee",
    "dinar",
    "dirham",
    "riyal",
    "peso",
    "koruna",
    "forint",
    "crown",
    "cent",
    "grosz",
]
_SYMBOLS = """
mm mm|мм|ملم|مم
cm cm|см|سم
m m|м
km km|км|كم|كلم
inch in|″
foot ft
mile mi
m² m²|м²|m2|sq m|qm
hectare ha|га
km² km²|км²|km2|sq km|qkm
m/s m/s|м/с|م/ث
km/h km/h|kmh|kph|км/год|كم/س|كلم/س
mph mph
knot kn|kt
g g|г
kg kg|кг|كغ|كلغ|كجم
tonne t|т
litre l|л
second s|sec|sek|с|сек
minute min|хв|د
hour h|std|godz|год|س
°C °C|°С|ºC
°F °F
kW kW|кВт
MW MW|МВт
GW GW|ГВт
% %|٪|percent|per cent|pc|prozent|pour cent|por ciento|procent*|la sută|відсот*|процент*|في المئة|في المائة|بالمئة|بالمائة
euro €|EUR|euro*|євро|eur|يورو
dollar $|US$|USD|dollar*|dólar*|dolar*|dol|долар*|دولار*|дол
sterling £|GBP
yen ¥|yen*|єн*|ين
zloty zł|PLN|zloty*|złot*|злот*|زلوتي
leu RON|lei|leu|леїв|леї
hryvnia ₴|UAH|hryvnia*|hrywn*|hrivn*|гривень|гривн*|грн|هريفنيا
rouble ₽|RUB|rouble*|ruble*|rubel*|rubl*|rublo*|рубл*|روبل
lira ₺|lira*|lire*|лір*|ليرة
shekel ₪|shekel*|schekel*|шекел*|شيكل
franc CHF|franc|francs|franken|franco*|frank*|франк*|فرنك
"""
_WORDS = {
    "en": """
mm millimetre*|millimeter*
cm centimetre*|centimeter*
m metre*|meter*
km kilometre*|kilometer*
inch inch|inches
foot foot|feet
yard yard*
nautical mile nautical mile*
mile mile*
m² square metre*|square meter*
km² square kilometre*|square kilometer*
mile² square mile*
hectare hectare*
acre acre*
m/s metres per second|meters per second
km/h kilometres per hour|kilometers per hour|kilometres an hour
mph miles per hour|miles an hour
knot knot|knots
g gram*
kg kilogram*|kilo|kilos
tonne tonne*|ton|tons
ounce ounce*
litre litre*|liter*
barrel barrel*
gallon gallon*
second second|seconds
minute minute*
hour hour*
day day|days
week week|weeks
month month|months
year year|years
decade decade*
century century|centuries
°C degrees Celsius|celsius
°F degrees Fahrenheit|fahrenheit
MW megawatt*
GW gigawatt*
sterling pound|pounds
cent cent|cents
dinar dinar*
""",
    "de": """
mm Millimeter*
cm Zentimeter*
km Kilometer*
m Meter*
inch Zoll
foot Fuß
nautical mile Seemeile*
mile Meile*
m² Quadratmeter*
km² Quadratkilometer*
mile² Quadratmeile*
hectare Hektar*
m/s Meter pro Sekunde|Metern pro Sekunde
km/h Kilometer pro Stunde|Kilometern pro Stunde|Stundenkilometer*
mph Meilen pro Stunde
knot Knoten
g Gramm
kg Kilogramm|Kilo
tonne Tonne*|Tonner
ounce Unze*
litre Liter*
barrel Barrel
second Sekunde*
minute Minute*
hour Stunde*
day Tag|Tage|Tagen
week Woche*
month Monat*
year Jahr|Jahre|Jahren
decade Jahrzehnt*
century Jahrhundert*
°C Grad Celsius
°F Grad Fahrenheit
MW Megawatt
GW Gigawatt
sterling Pfund
cent Cent
""",
    "fr": """
mm millimètre*
cm centimètre*
m mètre*
km kilomètre*
inch pouce*
foot pied|pieds
nautical mile mille marin|milles marins|mille nautique|milles nautiques|milles
mile mile|miles
m² mètres carrés|mètre carré
km² kilomètres carrés|kilomètre carré
mile² miles carrés
hectare hectare*
m/s mètres par seconde
km/h kilomètres par heure|kilomètres-heure
knot nœud|nœuds
g gramme*
kg kilo|kilos|kilogramme*
tonne tonne*
ounce once|onces
litre litre*
barrel baril*
second seconde*
minute minute*
hour heure*
day jour|jours
week semaine*
month mois
year an|ans|année|années
decade décennie*
century siècle*
°C degrés Celsius
°F degrés Fahrenheit
sterling livre|livres
cent centime*
""",
    "es": """
mm milímetro*
cm centímetro*
m metro|metros
km kilómetro*
inch pulgada*
foot pie|pies
nautical mile milla náutica|millas náuticas
mile milla|millas
m² metros cuadrados|metro cuadrado
km² kilómetros cuadrados|kilómetro cuadrado
mile² millas cuadradas
hectare hectárea*
are área|áreas
m/s metros por segundo
km/h kilómetros por hora
knot nudo|nudos
g gramo*
kg kilo|kilos|kilogramo*
tonne tonelada*
ounce onza*
litre litro*
barrel barril*
second segundos
minute minuto*
hour hora|horas
day día|días
week semana*
month mes|meses
year año|años
decade década*
century siglo*
°C grados centígrados|grados Celsius
°F grados Fahrenheit
sterling libra|libras
cent céntimo*
""",
    "pl": """
mm milimetr*
cm centymetr*
m metr|metra|metry|metrów
km kilometr*
inch cal|cali|cale
foot stóp|stopy|stopa
nautical mile mil morskich|mile morskie
mile mil|mile|mila|mili
m² metrów kwadratowych
km² kilometrów kwadratowych
hectare hektar*
are ar|arów|ary
m/s metrów na sekundę|metry na sekundę
km/h kilometrów na godzinę
knot węzł*
g gram|gramów|gramy
kg kilogram*|kilo
tonne ton|tony|tona
ounce uncj*
litre litr|litra|litry|litrów
barrel barył*
second sekund*
minute minut*
hour godzin|godziny|godzina|godzinę|godz
day dni|dnia|dzień|dób|doby
week tygodni*|tydzień
month miesiąc*|miesięc*
year lat|lata|rok|roku|latami
decade dekad*
century wiek|wieku|wieków
°C stopni Celsjusza
°F stopni Fahrenheita
sterling funt|funty|funtów|funta
cent cent|centy|centów
grosz grosz*|gr
""",
    "ro": """
mm milimetr*
cm centimetr*
m metru|metri|metrii
km kilometr*
inch inci|țoli|inch
foot picioare
nautical mile mile marine|mile nautice
mile mile|milă
m² metri pătrați|metri pătraţi
km² kilometri pătrați|kilometri pătraţi
hectare hectar*
are ari|ar
m/s metri pe secundă
km/h kilometri pe oră|km pe oră
knot nod|noduri
g gram|grame
kg kilogram*|kilo|kile
tonne tonă|tone
ounce uncie|uncii
litre litru|litri
barrel baril|barili
second secund*
minute minut*
hour oră|ore|ora|orele
day zi|zile|zilele
week săptămân*
month lună|luni
year an|ani|anul|ani|anii
decade decenii|deceniu
century secol*
°C grade Celsius
°F grade Fahrenheit
sterling lire sterline|liră sterlină
cent cenți|bani
""",
    "uk": """
mm міліметр*
cm сантиметр*
m метр|метри|метрів|метра|метрах
km кілометр*
inch дюйм*
foot фут|фути|футів
nautical mile морських миль|морські милі
mile миль|милі|миля
m² квадратних метрів|квадратні метри
km² квадратних кілометрів|квадратні кілометри|квадратного кілометра
hectare гектар*
m/s метрів на секунду|метри на секунду
km/h кілометрів на годину
knot вузл*
g грам|грами|грамів
kg кілограм*|кіло
tonne тонн|тонни|тонна
ounce унці*
litre літр|літри|літрів|літра
barrel барел*
second секунд*
minute хвилин*
hour годин|години|година|годину|годинами
day день|дні|днів|дня|днями|доби|діб|доба|добу
week тиждень|тижні|тижнів|тижня|тижнями
month місяць|місяці|місяців|місяця|місяцями
year рік|роки|років|року|роками
decade десятиліт*
century століт*
°C градусів Цельсія|градуси Цельсія
°F градусів Фаренгейта|градуси Фаренгейта
MW мегават*
GW гігават*
sterling фунт|фунти|фунтів
cent цент*|копійк*|копійок
""",
    "ar": """
mm مليمتر*|ميليمتر*|ملليمتر*
cm سنتيمتر*|سنتمتر*
m متر|مترا|أمتار|مترًا
km كيلومتر*|كلم|كيلومترًا|كيلو متر
inch بوصة|بوصات
foot قدم|أقدام|قدما
nautical mile ميل بحري|أميال بحرية|ميلا بحريا
mile ميل|أميال|ميلا
m² متر مربع|أمتار مربعة
km² كيلومتر مربع|كيلومترات مربعة
hectare هكتار*
m/s متر في الثانية|أمتار في الثانية
km/h كيلومتر في الساعة|كيلومترا في الساعة|كم في الساعة
knot عقدة|عقد
g غرام*|جرام*
kg كيلوغرام*|كيلوجرام*
tonne طن|طنا|أطنان
ounce أونصة|أوقية
litre لتر|لترا|لترات
barrel برميل*|براميل
second ثانية|ثوان|ثواني
minute دقيقة|دقائق
hour ساعة|ساعات
day يوم|يوما|أيام
week أسبوع|أسبوعا|أسابيع
month شهر|شهرا|أشهر|شهور
year عام|عاما|أعوام|سنة|سنوات
decade عقود
century قرن|قرون
°C درجة مئوية|درجات مئوية
°F درجة فهرنهايت
sterling جنيه إسترليني|جنيهات إسترلينية
""",
}
_BEFORE = re.compile(r"([$€£¥₴]|US\$|USD|EUR|GBP)[ \xa0\u202f]?$")
_PREFIX = {"€": "euro", "$": "dollar", "£": "sterling", "¥": "yen", "₴": "hryvnia"}
#: Words that mean two of a unit.
ARABIC_DUALS = {
    "ساعتين": "hour", "ساعتان": "hour", "يومين": "day", "يومان": "day", "أسبوعين": "week", "أسبوعان": "week",
    "شهرين": "month", "شهران": "month", "عامين": "year", "عامان": "year", "سنتين": "year", "سنتان": "year",
    "دقيقتين": "minute", "دقيقتان": "minute", "دولارين": "dollar", "مترين": "m",
}  # fmt: skip


class Unit(NamedTuple):
    name: str
    text: str
    start: int
    end: int

    @property
    def dimension(self) -> str:
        return _SIZES[self.name][0] if self.name in _SIZES else self.name

    @property
    def size(self) -> float:
        return _SIZES[self.name][1] if self.name in _SIZES else 1


def unit_at(text: str, start: int, end: int, language: str) -> Unit | None:
    """Return the unit of the number from `start` to `end`."""
    if before := _BEFORE.search(text[max(0, start - 4) : start]):
        symbol = before[1]
        name = _PREFIX.get(symbol[-1]) or {"USD": "dollar", "EUR": "euro", "GBP": "sterling"}[symbol]
        return Unit(name, symbol, start - len(before[0]), end)
    pattern, names = _after(language)
    match = pattern.match(text, end)
    if not match:
        return None
    return Unit(names[int(match.lastgroup[1:])], match[0].strip(), end, match.end())  # type: ignore[index]


def differ(one: Unit, other: Unit) -> bool:
    return one.name != other.name and (one.dimension, one.size) != (other.dimension, other.size)


def same_amount(first: float, one: Unit, second: float, other: Unit) -> bool:
    """Return whether two amounts are about the same (five percent): 83 mph, 134 km/h."""
    if one.dimension != other.dimension or not differ(one, other):
        return False
    if one.dimension == "temperature":
        first, second = (
            value if unit.name == "°C" else (value - 32) * 5 / 9 for value, unit in ((first, one), (second, other))
        )
        return abs(first - second) <= 1
    first, second = first * one.size, second * other.size
    return abs(first - second) <= 0.05 * max(first, second)


@lru_cache(maxsize=16)
def _after(language: str) -> tuple[re.Pattern[str], list[str]]:
    names: list[str] = []
    alternatives: list[tuple[int, str]] = []
    for line in filter(None, (_SYMBOLS + _WORDS.get(language, "")).split("\n")):
        name = next(n for n in sorted({*_SIZES, *_CURRENCIES}, key=len, reverse=True) if line.startswith(n + " "))
        for form in line.removeprefix(name + " ").split("|"):
            pattern = re.escape(form).replace(r"\*", r"\w*").replace(r"\ ", r"[ \xa0\u202f]")
            # Symbols keep their case (M, m); the others may begin with a capital.
            names.append(name)
            flagged = pattern if len(form) <= 3 else f"(?i:{pattern})"
            alternatives.append((len(form), f"(?P<u{len(names) - 1}>{flagged})"))
    joined = "|".join(pattern for _, pattern in sorted(alternatives, key=lambda pair: -pair[0]))
    return re.compile(rf"[ \xa0\u202f-]?(?:de[ \xa0])?(?:{joined})(?![\w/²³])"), names

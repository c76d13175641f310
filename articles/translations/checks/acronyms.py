# ruff: noqa: E501 an organisation stays on its line
"""Acronyms of organisations, and their full names, in each language."""

import re
from functools import lru_cache

_LANGUAGES = ("en", "de", "fr", "es", "pl", "ro", "uk", "ar")
#: One organisation a line, one language a column; the first form is the acronym, * stands for any ending.
_TABLE = """
NATO|North Atlantic* ; NATO|Nato|Nordatlantik* ; OTAN|Alliance atlantique ; OTAN|Alianza Atlántica ; NATO|Sojusz* ; NATO|Alianț* ; НАТО|Альянс* ; ناتو|*شمال الأطلسي
EU|European Union|Brussels ; EU|Europäische* Union ; UE|Union européenne ; UE|Unión Europea ; UE|Uni* Europejsk* ; UE|Uniun* European* ; ЄС|Євросоюз*|Європейськ* Союз* ; *الاتحاد الأوروبي|*الأوروبي
UN|U.N.|United Nations ; UN|UNO|Uno|Vereinte* Nationen ; ONU|Nations unies ; ONU|Naciones Unidas ; ONZ|Narod* Zjednoczon* ; ONU|Națiunil* Unite ; ООН|Об’єднан* Наці* ; *لأمم المتحدة|*أممي*|*مجلس الأمن
WHO|World Health Organi* ; WHO|Weltgesundheitsorganisation ; OMS|Organisation mondiale de la santé ; OMS|Organización Mundial de la Salud ; WHO|Światow* Organizacj* Zdrowia ; OMS|Organizați* Mondial* a Sănătății ; ВООЗ|Всесвітн* організаці* охорони ; *منظمة الصحة العالمية|*الصحة العالمية
WTO|World Trade Organi* ; WTO|Welthandelsorganisation ; OMC|Organisation mondiale du commerce ; OMC|Organización Mundial del Comercio ; WTO|Światow* Organizacj* Handlu ; OMC|Organizați* Mondial* a Comerțului ; СОТ|Світов* організаці* торгівлі ; *منظمة التجارة العالمية
WMO|World Meteorological* ; WMO|Weltorganisation für Meteorologie|Weltwetterorganisation ; OMM|Organisation météorologique mondiale ; OMM|Organización Meteorológica Mundial ; WMO|Światow* Organizacj* Meteorolog* ; OMM|Organizați* Meteorologic* Mondial* ; ВМО|Всесвітн* метеорологічн* ; *المنظمة العالمية للأرصاد*|*الأرصاد الجوية
IMF|International Monetary Fund ; IWF|Internationale* Währungsfonds ; FMI|Fonds monétaire ; FMI|Fondo Monetario ; MFW|Międzynarodow* Fundusz* Walutow* ; FMI|Fondul* Monetar ; МВФ|Міжнародн* валютн* ; *صندوق النقد*
ECB|European Central Bank ; EZB|Europäische* Zentralbank ; BCE|Banque centrale européenne ; BCE|Banco Central Europeo ; EBC|Europejsk* Bank* Centraln* ; BCE|Banc* Central* European* ; ЄЦБ|Європейськ* центральн* банк* ; *المركزي الأوروبي
Fed|Federal Reserve ; Fed|US-Notenbank|Federal Reserve ; Fed|Réserve fédérale|Banque centrale américaine ; Fed|Reserva Federal ; Fed*|Rezerw* Federaln* ; Fed|Rezerv* Federal* ; ФРС|Федрезерв*|Федеральн* резервн* ; *الاحتياطي الفدرالي|*الاحتياطي الفيدرالي|*المركزي الأميركي
OSCE ; OSZE ; OSCE ; OSCE ; OBWE ; OSCE ; ОБСЄ ; *منظمة الأمن والتعاون*
OECD ; OECD ; OCDE ; OCDE ; OECD ; OCDE|OECD ; ОЕСР ; *منظمة التعاون الاقتصادي*|*التعاون الاقتصادي والتنمية
IAEA|UN nuclear watchdog|atomic energy agency ; IAEA|IAEO|Atomenergie* ; AIEA|Agence internationale de l’énergie ; OIEA|Organismo Internacional de Energía|Agencia Internacional de la Energía Atómica ; MAEA|Międzynarodow* Agencj* Energii ; AIEA|Agenți* Internațional* pentru Energi* ; МАГАТЕ|Міжнародн* агентств* з атомн* ; *الدولية للطاقة الذرية|*الطاقة الذرية
ICC|International Criminal Court ; IStGH|Internationale* Strafgerichtshof* ; CPI|Cour pénale internationale ; CPI|TPI|Corte Penal Internacional|Tribunal Penal Internacional ; MTK|Międzynarodow* Trybunał* Karn* ; CPI|Curt* Penal* Internațional* ; МКС|Міжнародн* кримінальн* суд* ; *الجنائية الدولية
ICJ|International Court of Justice ; IGH|Internationale* Gerichtshof* ; CIJ|Cour internationale de justice ; CIJ|Corte Internacional de Justicia ; MTS|Międzynarodow* Trybunał* Sprawiedliwości ; CIJ|Curt* Internațional* de Justiție ; Міжнародн* суд* ООН|МС ООН ; *العدل الدولية
UNHCR|UN refugee agency ; UNHCR|UN-Flüchtlingshilfswerk* ; HCR|UNHCR|Haut-Commissariat* ; ACNUR|UNHCR ; UNHCR ; UNHCR|ICNUR|Înalt* Comisariat* ; УВКБ* ; *مفوضية*|*المفوضية*
UNRWA ; UNRWA ; UNRWA ; UNRWA ; UNRWA ; UNRWA ; БАПОР|UNRWA|ЮНРВА ; *أونروا
UNICEF ; UNICEF|Unicef ; Unicef|UNICEF ; Unicef|UNICEF ; UNICEF ; UNICEF ; ЮНІСЕФ|UNICEF ; *يونيسف|*يونيسيف
UNESCO ; UNESCO|Unesco ; Unesco|UNESCO ; Unesco|UNESCO ; UNESCO ; UNESCO ; ЮНЕСКО ; *يونسكو
IOM|International Organization for Migration ; IOM ; OIM ; OIM ; IOM ; OIM ; МОМ ; *الدولية للهجرة
OAS ; OAS ; OEA ; OEA ; OPA ; OSA ; ОАД ; *الدول الأميركية
OPEC* ; OPEC*|Opec* ; Opep*|OPEP* ; OPEP* ; OPEC* ; OPEC* ; ОПЕК* ; *أوبك
OAPEC ; OAPEC ; OPAEP|Opaep ; OPAEP ; OAPEC ; OAPEC ; ОАПЕК ; *أوابك
FIFA|Fifa ; FIFA|Fifa|Weltverband* ; FIFA|Fifa ; FIFA ; FIFA ; FIFA ; ФІФА ; *فيفا
UEFA|Uefa ; UEFA|Uefa ; UEFA|Uefa ; UEFA ; UEFA ; UEFA ; УЄФА ; *يويفا|*ويفا|*الأوروبي لكرة القدم
IOC|Olympic Committee ; IOC|Olympische* Komitee* ; CIO|Comité international olympique ; COI|Comité Olímpico ; MKOl|Komitet* Olimpijsk* ; CIO|Comitet* Olimpic* ; МОК|Олімпійськ* комітет* ; *الأولمبية الدولية
AU|African Union ; AU|Afrikanische* Union ; UA|Union africaine ; UA|Unión Africana ; UA|Uni* Afrykańsk* ; UA|Uniun* African* ; АС|Африканськ* Союз* ; *الاتحاد الأفريقي|*الاتحاد الإفريقي
GDP ; BIP ; PIB ; PIB ; PKB ; PIB ; ВВП ; *الناتج المحلي*
AI ; KI ; IA ; IA ; SI|AI ; IA|AI|inteligenț* artificial* ; ШІ ; *الذكاء الاصطناعي
NGO* ; NGO*|Nichtregierungsorganisation* ; ONG ; ONG ; NGO|organizacj* pozarządow* ; ONG* ; НУО|неурядов* ; *غير حكومية|*غير الحكومية
US|USA|United States|America* ; USA|US|US-*|Vereinigte* Staaten|amerikanisch*|Amerika* ; États-Unis|USA|américain* ; EE. UU.|EE UU|EEUU|Estados Unidos|estadounidense*|norteamerican* ; USA|Stan* Zjednoczon*|amerykańsk*|Ameryk* ; SUA|Statele Unite|Statelor Unite|american* ; США|Сполучен* Штат*|американськ*|Америк* ; *الولايات المتحدة|*أميركي*|*أمريكي*|*أميركا|*أمريكا|*واشنطن
UK|Britain|British|United Kingdom ; Großbritannien|britisch*|UK|Vereinigte* Königreich*|Briten ; Royaume-Uni|britannique*|Grande-Bretagne|Londres ; Reino Unido|británic*|Gran Bretaña ; Wielk* Brytani*|brytyjsk*|UK ; Regatul* Unit*|britanic*|Mare* Britani* ; Британі*|британськ*|Велик* Британі* ; *بريطاني*|*المملكة المتحدة
AFP ; AFP ; AFP ; AFP ; AFP ; AFP ; AFP|АФП|Франс Прес* ; أ ف ب|فرانس برس|أ.ف.ب
AP|Associated Press ; AP ; AP ; AP ; AP ; AP ; AP|АП ; أ ب|أسوشيتد برس|أسوشييتد برس|أ.ب
DPA|dpa ; dpa|DPA ; DPA|dpa ; DPA|dpa|Dpa ; DPA|dpa ; DPA|dpa ; DPA|dpa ; د ب أ|د.ب.أ
EPA ; EPA ; EPA ; EPA ; EPA ; EPA ; EPA ; إ ب أ|أ ب أ
EFE ; EFE|Efe ; EFE|Efe ; EFE|Efe ; EFE ; EFE ; EFE ; إفي
PAP ; PAP ; PAP ; PAP ; PAP ; PAP ; PAP|ПАП ; باب
PA ; PA ; PA ; PA ; PA ; PA ; PA ; بي إيه
Reuters ; Reuters ; Reuters ; Reuters ; Reuters* ; Reuters ; Reuters|Рейтер* ; *رويترز
BBC ; BBC ; BBC ; BBC ; BBC ; BBC ; BBC|Бі-бі-сі|Бі-Бі-Сі ; *بي بي سي
CNN ; CNN ; CNN ; CNN ; CNN ; CNN ; CNN|Сі-ен-ен ; *سي إن إن
CIA ; CIA ; CIA ; CIA ; CIA ; CIA ; ЦРУ ; سي آي إيه|*الاستخبارات المركزية|*المخابرات المركزية
FBI ; FBI ; FBI ; FBI ; FBI ; FBI ; ФБР ; إف بي آي|*التحقيقات الفيدرالي*|*التحقيقات الفدرالي*
NASA|Nasa ; NASA|Nasa ; Nasa|NASA ; NASA ; NASA ; NASA ; НАСА|NASA ; *ناسا
ICRC|Red Cross ; IKRK|Rote* Kreuz* ; CICR|Croix-Rouge ; CICR|Cruz Roja ; MKCK|Czerwon* Krzyż* ; CICR|Cruc* Roși* ; МКЧХ|Червон* Хрест* ; *الصليب الأحمر
ESA ; ESA|Esa ; ESA ; ESA ; ESA ; ESA ; ЄКА|ESA ; *الفضاء الأوروبية
MSF|Doctors Without Borders ; MSF|Ärzte* ohne Grenzen ; MSF|Médecins sans frontières ; MSF|Médicos Sin Fronteras ; MSF|Lekarz* bez Granic ; MSF|Medici* fără Frontiere ; MSF|Лікар* без кордонів ; *أطباء بلا حدود
"""
#: Acronyms that translations often spell out.
_OFTEN_SPELLED_OUT = frozenset(
    [
        "TV",
        "PM",
        "MP",
        "MPS",
        "AM",
        "CEO",
        "EUR",
        "USD",
        "UTC",
        "GMT",
        "CET",
        "MEP",
        "HQ",
        "ID",
        "PR",
        "VIP",
        "DIY",
        "UNO",
        "NHS",
        "ITV",
        "ICE",
        "CDU",
        "SPD",
        "CSU",
        "AFD",
        "FDP",
        "PSG",
        "II",
        "III",
        "IV",
        "VI",
        "VII",
        "VIII",
        "IX",
        "XI",
        "XII",
    ]
)
_ACRONYM = re.compile(r"(?<![\w.-])[A-ZÀ-ÖØ-Þ]{2,}(?!\w)")


def acronyms_differing(source: str, target: str, source_language: str, language: str) -> list[str]:
    """Return acronyms of the source whose organisation the translation does not name, or names in another language."""
    if source_language not in _LANGUAGES or language not in _LANGUAGES:
        return _unknown(source, target, [])
    ours, theirs = _organisations(source, source_language, acronyms_only=True), _organisations(target, language)
    added = {
        key: form
        for key, form in _organisations(target, language, acronyms_only=True).items()
        if key not in _organisations(source, source_language)
    }
    found = []
    explained = []
    for key, form in ours.items():
        explained.append(form)
        if key in theirs:
            continue
        own = _first(key, language)
        if _foreign_form(key, target, language):
            found.append(f"{form} → {own}")
        elif added:
            found.append(f"{form} → {', '.join(added.values())}")
        elif (
            not {"ar", "uk"} & {source_language, language}
            and form.isupper()
            and form not in _OFTEN_SPELLED_OUT
            and key not in _WEAK
        ):
            found.append(form if form == own else f"{form} → {own}")
    if not found:
        spelled = _organisations(source, source_language)
        lost, new = spelled.keys() - theirs.keys() - _WEAK, theirs.keys() - spelled.keys() - _WEAK
        if lost and new:
            found.append(f"{', '.join(spelled[key] for key in lost)} → {', '.join(theirs[key] for key in new)}")
    return found + (
        [] if language in ("uk", "ar") or source_language in ("uk", "ar") else _unknown(source, target, explained)
    )


def _unknown(source: str, target: str, explained: list[str]) -> list[str]:
    """Return other acronyms that the translation lacks, if it has some that the source lacks."""
    if not re.search("[a-z]", source) or not re.search("[a-z]", target):
        return []
    known, before = target.casefold(), source.casefold()
    if all(acronym.casefold() in before or acronym in _ALL_FORMS for acronym in _ACRONYM.findall(target)):
        return []
    return [
        acronym
        for acronym in _ACRONYM.findall(source)
        if acronym not in explained and acronym not in _OFTEN_SPELLED_OUT and acronym.casefold() not in known
    ]


@lru_cache(maxsize=256)
def _organisations(text: str, language: str, *, acronyms_only: bool = False) -> dict[int, str]:
    text = text.replace("ʼ", "’")
    found: dict[int, str] = {}
    for match in _pattern(language, acronyms_only).finditer(text):
        found.setdefault(int((match.lastgroup or "o0")[1:].partition("_")[0]), match[0].strip())
    return found


def _foreign_form(key: int, text: str, language: str) -> bool:
    """Return whether a text has the acronym of another language for an organisation."""
    if language in ("uk", "ar"):
        return False  # an acronym in Latin letters is understood there
    own = _acronyms_of(key, language)
    others = {form for other in _LANGUAGES if other not in (language, "ar", "uk") for form in _acronyms_of(key, other)}
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) for form in others - own if form.isupper())


def _acronyms_of(key: int, language: str) -> set[str]:
    return {form.rstrip("*") for form in _rows()[key][_LANGUAGES.index(language)] if " " not in form}


def _first(key: int, language: str) -> str:
    return _rows()[key][_LANGUAGES.index(language)][0].strip("*")


_ALL_FORMS = frozenset(re.findall(r"[A-ZÀ-ÖØ-Þ]{2,}", _TABLE))


@lru_cache(maxsize=1)
def _rows() -> list[tuple[list[str], ...]]:
    return [tuple(column.strip().split("|") for column in line.split(" ; ")) for line in _TABLE.strip().split("\n")]


#: Countries: translations name them in many ways.
_WEAK = frozenset(
    index for index, line in enumerate(_TABLE.strip().split("\n")) if line.startswith(("US|", "UK|", "EU|", "UN|"))
)


@lru_cache(maxsize=32)
def _pattern(language: str, acronyms_only: bool) -> re.Pattern[str]:
    column = _LANGUAGES.index(language)
    alternatives = []
    for index, row in enumerate(_rows()):
        for number, form in enumerate(row[column]):
            if acronyms_only and language != "ar" and not (form.rstrip("*").isupper() or form in ("Fed", "Reuters")):
                continue
            pattern = re.escape(form.strip("*")).replace(r"\ ", r"[ \xa0]").replace(r"\*", r"\w*")
            before = r"\w{0,4}" if form.startswith("*") else "[وفبكل]{0,2}(?:ال)?" if language == "ar" else ""
            after = r"\w*" if form.endswith("*") else ""
            alternatives.append((-len(form), f"(?P<o{index}_{number}>{before}{pattern}{after})"))
    return re.compile(r"(?<!\w)(?:" + "|".join(pattern for _, pattern in sorted(alternatives)) + r")(?!\w)")

# ruff: noqa: E501 a sentence stays on its line
"""Correct translations, ways to corrupt them, and a count of the corruptions that the checks find.

`python -m tests.translation_errors` prints the table. In the texts, [brackets] enclose glossary terms and {braces}
enclose names; both are removed before the checks.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    django.setup()

from articles.translations.checks import check
from liveblog.translation.terms import Term

LANGUAGES = ("en", "de", "fr", "uk", "ar")
#: From English into four languages, and from German into English, because names are only compared in Latin script.
PAIRS = (("en", "de"), ("en", "fr"), ("en", "uk"), ("en", "ar"), ("de", "en"))

GLOSSARY = {
    "ceasefire": {"de": "Waffenruhe", "fr": "cessez-le-feu", "uk": "перемир’я", "ar": "هدنة"},
    "sanctions": {"de": "Sanktionen", "fr": "sanctions", "uk": "санкції", "ar": "عقوبات"},
    "power grid": {"de": "Stromnetz", "fr": "réseau électrique", "uk": "енергосистема", "ar": "شبكة الكهرباء"},
    "air defence": {"de": "Flugabwehr", "fr": "défense aérienne", "uk": "протиповітряна оборона", "ar": "الدفاع الجوي"},
    "grain corridor": {
        "de": "Getreidekorridor",
        "fr": "corridor céréalier",
        "uk": "зерновий коридор",
        "ar": "ممر الحبوب",
    },
    "turnout": {"de": "Wahlbeteiligung", "fr": "participation", "uk": "явка", "ar": "نسبة المشاركة"},
    "coalition": {"de": "Koalition", "fr": "coalition", "uk": "коаліція", "ar": "ائتلاف"},
    "inflation": {"de": "Inflation", "fr": "inflation", "uk": "інфляція", "ar": "التضخم"},
    "referendum": {"de": "Volksabstimmung", "fr": "référendum", "uk": "референдум", "ar": "استفتاء"},
    "flood": {"de": "Hochwasser", "fr": "inondation", "uk": "повінь", "ar": "فيضان"},
    "border": {"de": "Grenze", "fr": "frontière", "uk": "кордон", "ar": "حدود"},
    "refugees": {"de": "Flüchtlinge", "fr": "réfugiés", "uk": "біженці", "ar": "لاجئين"},
    "strike": {"de": "Streik", "fr": "grève", "uk": "страйк", "ar": "إضراب"},
    "committee": {"de": "Ausschuss", "fr": "commission", "uk": "комітет", "ar": "لجنة"},
}

_TEXTS = """
en The [ceasefire] came into force at 5:30 pm, says {NATO}’s spokesman {Peter Lindqvist}; 14 people had been killed before.
de Die [Waffenruhe] trat um 17.30 Uhr in Kraft, sagt {NATO}-Sprecher {Peter Lindqvist}; 14 Menschen waren zuvor getötet worden.
fr Le [cessez-le-feu] est entré en vigueur à 17 h 30, selon {Peter Lindqvist}, porte-parole de l’{OTAN} ; 14 personnes avaient été tuées auparavant.
uk [Перемир’я] набуло чинності о 17:30, каже речник НАТО Петер Ліндквіст; до того загинули 14 осіб.
ar دخلت ال[هدنة] حيز التنفيذ عند الساعة 5:30 مساءً، بحسب المتحدث باسم الناتو بيتر ليندكفيست، وكان 14 شخصًا قد قُتلوا قبل ذلك.

en “We will not lift the [sanctions] before 2025,” said President {Helena Markovic} in Brussels on Tuesday.
de „Vor 2025 werden wir die [Sanktionen] nicht aufheben“, sagte Präsidentin {Helena Markovic} am Dienstag in Brüssel.
fr « Nous ne lèverons pas les [sanctions] avant 2025 », a déclaré mardi à Bruxelles la présidente {Helena Markovic}.
uk «Ми не скасуємо [санкцій] до 2025 року», — заявила у вівторок у Брюсселі президентка Гелена Маркович.
ar «لن نرفع ال[عقوبات] قبل عام 2025»، هكذا قالت الرئيسة هيلينا ماركوفيتش في بروكسل يوم الثلاثاء.

en Almost 1,250,000 households are without electricity after the attack on the [power grid], the operator reports.
de Nach dem Angriff auf das [Stromnetz] sind fast 1.250.000 Haushalte ohne Strom, meldet der Betreiber.
fr Près de 1 250 000 foyers sont privés d’électricité après l’attaque contre le [réseau électrique], annonce l’opérateur.
uk Після удару по [енергосистемі] майже 1 250 000 домогосподарств залишилися без світла, повідомляє оператор.
ar بقي نحو ١٬٢٥٠٬٠٠٠ منزل بلا كهرباء بعد الهجوم على [شبكة الكهرباء]، وفق ما أعلنته الشركة المشغّلة.

en The {EU} will pay 18.5 billion euros, of which 3.2 billion are meant for [air defence].
de Die {EU} zahlt 18,5 Milliarden Euro, davon sind 3,2 Milliarden für die [Flugabwehr] bestimmt.
fr L’{UE} versera 18,5 milliards d’euros, dont 3,2 milliards destinés à la [défense aérienne].
uk ЄС виділить 18,5 мільярда євро, з яких 3,2 мільярда призначено для [протиповітряної оборони].
ar سيدفع الاتحاد الأوروبي 18,5 مليار يورو، منها 3,2 مليار مخصصة [للدفاع الجوي].

en Ships have used the [grain corridor] since 1 August 2022, and 33 million tonnes have left the ports.
de Seit dem 1. August 2022 nutzen Schiffe den [Getreidekorridor]; 33 Millionen Tonnen haben die Häfen verlassen.
fr Depuis le 1er août 2022, les navires empruntent le [corridor céréalier] et 33 millions de tonnes ont quitté les ports.
uk Судна користуються [зерновим коридором] від 1 серпня 2022 року; порти залишили 33 мільйони тонн.
ar تستخدم السفن [ممر الحبوب] منذ 1 أغسطس 2022، وقد غادر الموانئ 33 مليون طن.

en [Turnout] reached 61.4% by noon, {AFP} reports; in the last election it had been 58.9% at the same time.
de Die [Wahlbeteiligung] lag bis Mittag bei 61,4 %, meldet {AFP}; bei der letzten Wahl waren es um diese Zeit 58,9 %.
fr La [participation] atteignait 61,4 % à midi, rapporte l’{AFP} ; lors du dernier scrutin, elle était de 58,9 % à la même heure.
uk [Явка] до полудня сягнула 61,4 %, повідомляє AFP; на минулих виборах о цій порі вона становила 58,9 %.
ar بلغت [نسبة المشاركة] 61,4٪ حتى الظهر، بحسب فرانس برس، وكانت في الانتخابات الماضية 58,9٪ في الوقت نفسه.

en “There is no other majority in this house,” {Clara Hoffmeier} warned as the [coalition] lost the vote by 247 to 251.
de „Eine andere Mehrheit gibt es in diesem Haus nicht“, warnte {Clara Hoffmeier}, als die [Koalition] die Abstimmung mit 247 zu 251 Stimmen verlor.
fr « Il n’y a pas d’autre majorité dans cette assemblée », a averti {Clara Hoffmeier} lorsque la [coalition] a perdu le vote par 247 voix contre 251.
uk «Іншої більшості в цій палаті немає», — застерегла Клара Гоффмаєр, коли [коаліція] програла голосування 247 проти 251.
ar «لا توجد أغلبية أخرى في هذا المجلس»، حذّرت كلارا هوفماير بعدما خسر ال[ائتلاف] التصويت بواقع 247 مقابل 251 صوتًا.

en [Inflation] fell from 8.7 to 6.1 percent in March, according to figures the {OECD} has published in Paris.
de Die [Inflation] ist im März von 8,7 auf 6,1 Prozent gesunken, wie aus Zahlen hervorgeht, die die {OECD} in Paris vorgelegt hat.
fr L’[inflation] est passée de 8,7 à 6,1 pour cent en mars, selon les chiffres que l’{OCDE} a publiés à Paris.
uk [Інфляція] в березні знизилася з 8,7 до 6,1 відсотка, свідчать дані, які ОЕСР оприлюднила в Парижі.
ar تراجع [التضخم] من 8,7 إلى 6,1 في المئة في مارس، بحسب أرقام نشرتها منظمة التعاون الاقتصادي والتنمية في باريس.

en The [referendum] is to be held on 17 September; polling stations will be open from 7:00 to 21:30.
de Die [Volksabstimmung] soll am 17. September stattfinden; die Wahllokale sind von 7 bis 21.30 Uhr geöffnet.
fr Le [référendum] doit se tenir le 17 septembre ; les bureaux de vote seront ouverts de 7 h à 21 h 30.
uk [Референдум] має відбутися 17 вересня; виборчі дільниці працюватимуть від 7:00 до 21:30.
ar من المقرر إجراء ال[استفتاء] في 17 سبتمبر، وستفتح مراكز الاقتراع أبوابها من 7:00 إلى 21:30.

en “The water is still rising, and we cannot reach the villages,” said mayor {Anton Bergqvist} about the [flood].
de „Das Wasser steigt weiter, und wir kommen nicht in die Dörfer“, sagte Bürgermeister {Anton Bergqvist} über das [Hochwasser].
fr « L’eau monte toujours et nous ne pouvons pas atteindre les villages », a dit le maire {Anton Bergqvist} à propos de l’[inondation].
uk «Вода досі прибуває, і ми не можемо дістатися сіл», — сказав про [повінь] міський голова Антон Бергквіст.
ar «ما زالت المياه ترتفع ولا نستطيع الوصول إلى القرى»، هذا ما قاله رئيس البلدية أنتون بيرغكفيست عن ال[فيضان].

en More than 42,300 [refugees] crossed the [border] in a single day, the {UNHCR} says.
de Mehr als 42.300 [Flüchtlinge] haben an einem einzigen Tag die [Grenze] überquert, teilt das {UNHCR} mit.
fr Plus de 42 300 [réfugiés] ont franchi la [frontière] en une seule journée, indique le {UNHCR}.
uk Понад 42 300 [біженців] перетнули [кордон] за один день, повідомляє УВКБ ООН.
ar عبر أكثر من 42,300 من ال[لاجئين] ال[حدود] في يوم واحد، بحسب مفوضية الأمم المتحدة.

en The [strike] begins on Friday at 6 am and will last 36 hours, the union announced this morning.
de Der [Streik] beginnt am Freitag um 6 Uhr und dauert 36 Stunden, wie die Gewerkschaft am Morgen ankündigte.
fr La [grève] commence vendredi à 6 h et durera 36 heures, a annoncé le syndicat ce matin.
uk [Страйк] починається в п’ятницю о 6-й ранку й триватиме 36 годин, оголосила вранці профспілка.
ar يبدأ ال[إضراب] يوم الجمعة عند الساعة 6 صباحًا ويستمر 36 ساعة، كما أعلنت النقابة هذا الصباح.

en Two ministers resigned after the [committee] had heard 23 witnesses in 19 sessions.
de 2 Minister traten zurück, nachdem der [Ausschuss] in 19 Sitzungen 23 Zeugen gehört hatte.
fr Deux ministres ont démissionné après que la [commission] eut entendu 23 témoins en 19 séances.
uk Двоє міністрів пішли у відставку після того, як [комітет] заслухав 23 свідків на 19 засіданнях.
ar استقال وزيران بعدما استمعت ال[لجنة] إلى 23 شاهدًا في 19 جلسة.

en “Nobody asked us whether we wanted this,” a woman from Kharkiv tells our reporter at the [border].
de „Niemand hat uns gefragt, ob wir das wollten“, sagt eine Frau aus Charkiw unserem Reporter an der [Grenze].
fr « Personne ne nous a demandé si nous voulions cela », dit à notre reporter une femme de Kharkiv, à la [frontière].
uk «Ніхто нас не питав, чи ми цього хотіли», — каже нашому репортерові на [кордоні] жінка з Харкова.
ar «لم يسألنا أحد إن كنا نريد ذلك»، هكذا تقول امرأة من خاركيف لمراسلنا عند ال[حدود].

en The talks in Geneva, chaired by {Ingrid Solberg}, go into their 12th day; a deal on the [ceasefire] is not in sight.
de Die Gespräche in Genf unter Leitung von {Ingrid Solberg} gehen in den 12. Tag; eine Einigung über die [Waffenruhe] ist nicht in Sicht.
fr Les pourparlers de Genève, présidés par {Ingrid Solberg}, entrent dans leur 12e jour ; aucun accord sur le [cessez-le-feu] n’est en vue.
uk Переговори в Женеві під головуванням Інґрід Сольберг тривають 12-й день; угоди про [перемир’я] поки не видно.
ar تدخل المحادثات في جنيف برئاسة إنغريد سولبرغ يومها الـ12، ولا يلوح في الأفق اتفاق على ال[هدنة].

en “Winter will be decided in the substations,” engineer {Bohdan Ternovyk} says of the [power grid].
de „Der Winter entscheidet sich in den Umspannwerken“, sagt der Ingenieur {Bohdan Ternovyk} über das [Stromnetz].
fr « L’hiver se jouera dans les postes de transformation », dit l’ingénieur {Bohdan Ternovyk} du [réseau électrique].
uk «Зима вирішуватиметься на підстанціях», — каже про [енергосистему] інженер Богдан Терновик.
ar «الشتاء سيُحسم في محطات التحويل»، يقول المهندس بوهدان تيرنوفيك عن [شبكة الكهرباء].

en Norway delivers 24 launchers and 540 missiles for [air defence], minister {Sigrid Halvorsen} told {NRK}.
de Norwegen liefert 24 Startgeräte und 540 Raketen für die [Flugabwehr], sagte Ministerin {Sigrid Halvorsen} dem Sender {NRK}.
fr La Norvège livre 24 lanceurs et 540 missiles pour la [défense aérienne], a déclaré la ministre {Sigrid Halvorsen} à {NRK}.
uk Норвегія передає 24 пускові установки й 540 ракет для [протиповітряної оборони], сказала NRK міністерка Сіґрід Галворсен.
ar تسلّم النرويج 24 منصة إطلاق و540 صاروخًا لأغراض [الدفاع الجوي]، وفق ما قالته الوزيرة سيغريد هالفورسن.

en “I have read the report twice and found nothing new,” judge {Maria Castellano} said in the [committee].
de „Ich habe den Bericht zweimal gelesen und nichts Neues gefunden“, sagte Richterin {Maria Castellano} im [Ausschuss].
fr « J’ai lu le rapport deux fois et n’y ai rien trouvé de nouveau », a dit la juge {Maria Castellano} devant la [commission].
uk «Я двічі прочитала звіт і не знайшла нічого нового», — сказала в [комітеті] суддя Марія Кастельяно.
ar «قرأت التقرير مرتين ولم أجد فيه جديدًا»، هذا ما قالته القاضية ماريا كاستيلانو أمام ال[لجنة].

en The price of gas rose to 145.60 euros on Monday, the highest since 26 August, and [inflation] will follow.
de Der Gaspreis stieg am Montag auf 145,60 Euro, den höchsten Stand seit dem 26. August; die [Inflation] wird folgen.
fr Le prix du gaz a atteint lundi 145,60 euros, son plus haut niveau depuis le 26 août ; l’[inflation] suivra.
uk Ціна газу в понеділок зросла до 145,60 євро — найвищого рівня від 26 серпня; [інфляція] зросте слідом.
ar ارتفع سعر الغاز يوم الاثنين إلى 145,60 يورو، وهو الأعلى منذ 26 أغسطس، وسيتبعه [التضخم].

en “We demand nine percent and not a cent less,” says union leader {Jonas Petersen} on day 15 of the [strike].
de „Wir fordern neun Prozent und keinen Cent weniger“, sagt Gewerkschaftschef {Jonas Petersen} am 15. Tag des [Streiks].
fr « Nous exigeons neuf pour cent et pas un centime de moins », dit le chef du syndicat {Jonas Petersen} au 15e jour de la [grève].
uk «Ми вимагаємо дев’ять відсотків і ні цента менше», — каже лідер профспілки Йонас Петерсен на 15-й день [страйку].
ar «نطالب بتسعة في المئة ولن نقبل بأقل من ذلك»، يقول الزعيم النقابي يوناس بيترسن في اليوم الـ15 من ال[إضراب].

en Rescue teams from 16 countries search the ruins; {CNN} counts 2,870 dead after the [flood].
de Rettungskräfte aus 16 Ländern durchsuchen die Trümmer; {CNN} zählt nach dem [Hochwasser] 2.870 Tote.
fr Des secouristes de 16 pays fouillent les décombres ; {CNN} compte 2 870 morts après l’[inondation].
uk Рятувальники з 16 країн розбирають завали; CNN нарахувала 2870 загиблих після [повені].
ar تبحث فرق إنقاذ من 16 دولة بين الأنقاض، وتحصي شبكة سي إن إن 2,870 قتيلًا بعد ال[فيضان].

en “The [referendum] was neither free nor fair,” observer {Lukas Brandauer} of the {OSCE} said on Monday.
de „Die [Volksabstimmung] war weder frei noch fair“, sagte Beobachter {Lukas Brandauer} von der {OSZE} am Montag.
fr « Le [référendum] n’a été ni libre ni équitable », a dit lundi l’observateur {Lukas Brandauer}, de l’{OSCE}.
uk «[Референдум] не був ні вільним, ні чесним», — сказав у понеділок спостерігач ОБСЄ Лукас Брандауер.
ar «لم يكن ال[استفتاء] حرًا ولا نزيهًا»، هذا ما قاله المراقب لوكاس برانداور من منظمة الأمن والتعاون يوم الاثنين.

en Poland wants to renew 93 kilometres of railway to the [border], {TVP} reports; work begins in 2024.
de Polen will 93 Kilometer Bahnstrecke bis zur [Grenze] erneuern, meldet {TVP}; die Arbeiten beginnen 2024.
fr La Pologne veut rénover 93 kilomètres de voie ferrée jusqu’à la [frontière], rapporte {TVP} ; les travaux débuteront en 2024.
uk Польща хоче оновити 93 кілометри залізниці до [кордону], повідомляє TVP; роботи почнуться 2024 року.
ar تريد بولندا تجديد 93 كيلومترًا من السكك الحديدية حتى ال[حدود]، وتبدأ الأعمال في عام 2024.

en “My children ask every evening when we are going home,” one of the 310 [refugees] in the gym says.
de „Meine Kinder fragen jeden Abend, wann wir nach Hause fahren“, sagt einer der 310 [Flüchtlinge] in der Turnhalle.
fr « Mes enfants demandent chaque soir quand nous rentrerons », dit l’un des 310 [réfugiés] du gymnase.
uk «Мої діти щовечора питають, коли ми поїдемо додому», — каже один із 310 [біженців] у спортзалі.
ar «يسألني أطفالي كل مساء متى سنعود إلى البيت»، يقول أحد ال[لاجئين] الـ310 في صالة الرياضة.

en The {IAEA} sends 11 inspectors to the plant; {Rafael Dominguez} leads the mission, which arrives at 10:45 am.
de Die {IAEA} schickt 11 Inspektoren in das Kraftwerk; {Rafael Dominguez} leitet die Mission, die um 10.45 Uhr eintrifft.
fr L’{AIEA} envoie 11 inspecteurs à la centrale ; {Rafael Dominguez} dirige la mission, qui arrive à 10 h 45.
uk МАГАТЕ направляє на станцію 11 інспекторів; місію, яка прибуде о 10:45, очолює Рафаель Домінґес.
ar ترسل الوكالة الدولية للطاقة الذرية 11 مفتشًا إلى المحطة، ويقود رافائيل دومينغيز البعثة التي تصل عند الساعة 10:45 صباحًا.

en “It is too early to speak of a turning point,” analyst {Greta Lindholm} writes about the [sanctions].
de „Es ist zu früh, um von einem Wendepunkt zu sprechen“, schreibt die Analystin {Greta Lindholm} über die [Sanktionen].
fr « Il est trop tôt pour parler d’un tournant », écrit l’analyste {Greta Lindholm} à propos des [sanctions].
uk «Зарано говорити про перелом», — пише про [санкції] аналітикиня Ґрета Ліндгольм.
ar «من المبكر الحديث عن نقطة تحول»، تكتب المحللة غريتا ليندهولم عن ال[عقوبات].

en The [coalition] has agreed on a budget of 476.3 billion; the debt brake is suspended until 2026.
de Die [Koalition] hat sich auf einen Haushalt von 476,3 Milliarden geeinigt; die Schuldenbremse wird bis 2026 ausgesetzt.
fr La [coalition] s’est entendue sur un budget de 476,3 milliards ; le frein à l’endettement est suspendu jusqu’en 2026.
uk [Коаліція] домовилася про бюджет у 476,3 мільярда; боргове гальмо призупинено до 2026 року.
ar اتفق ال[ائتلاف] على موازنة قدرها 476,3 مليار، وعُلّق العمل بقاعدة كبح الديون حتى عام 2026.
"""


def _typeset(text: str) -> str:
    """Return a text with the no-break spaces of French punctuation, which would be invisible in a source file."""
    return text.replace("« ", "«\xa0").replace(" »", "\xa0»").replace(" ;", "\u202f;")


TEXTS: list[dict[str, str]] = [
    {line[:2]: _typeset(line[3:]) for line in block.splitlines()} for block in _TEXTS.strip().split("\n\n")
]


@dataclass(frozen=True)
class Case:
    """A translation with the marks of its terms and names, which the corruptions need."""

    source: str
    translation: str
    source_language: str
    language: str
    html: bool = False

    def problems(self) -> set[str]:
        source, translation = (re.sub(r"[\[\]{}]", "", text) for text in (self.source, self.translation))
        found = check(source, translation, self.source_language, self.language, terms=self._terms(), html=self.html)
        codes = {problem.code for problem in found}
        return codes | {"names"} if "acronyms" in codes else codes

    def _terms(self) -> Iterator[Term]:
        for english, others in GLOSSARY.items():
            forms = {"en": english, **others}
            source = forms[self.source_language]
            yield Term(source, forms[self.language])
            if self.source_language == "en":
                yield Term(source.capitalize(), forms[self.language])

    def spoilt(self, translation: str) -> "Case":
        return replace(self, translation=translation)


def correct(source_language: str, language: str) -> Iterator[Case]:
    """Yield every sentence by itself, and four at a time as an update with paragraphs, a link and a list."""
    for text in TEXTS:
        yield Case(text[source_language], text[language], source_language, language)
    for first in range(0, len(TEXTS), 6):
        update = (TEXTS * 2)[first : first + 4]
        yield Case(_html(update, source_language), _html(update, language), source_language, language, html=True)


def _html(texts: list[dict[str, str]], language: str) -> str:
    lead, *points, end = (text[language] for text in texts)
    start, _, rest = lead.rpartition(" ")
    items = "".join(f"<li>{point}</li>" for point in points)
    link = f'<a href="https://example.org/{len(texts[0]["en"])}">{rest}</a>'
    return f"<p>{start} {link}</p><ul>{items}</ul><blockquote><p><strong>{end}</strong></p></blockquote>"


# Errors ---------------------------------------------------------------------------------------------------------------

OWN = {"en": "“”", "de": "„“", "fr": "«»", "uk": "«»", "ar": "«»"}


def _without(text: str, match: re.Match[str], instead: str = "") -> str:
    return text[: match.start()] + instead + text[match.end() :]


def other_number(case: Case) -> Iterator[str]:
    for match in re.finditer(r"(?<![\d\"/.,٬:])\d(?=[\d.,٬:  \xa0]*(?![^<]*>))", case.translation):
        yield _without(case.translation, match, str(int(match[0]) % 9 + 1))


def missing_term(case: Case) -> Iterator[str]:
    for match in re.finditer(r"\[[^\]]*\]", case.translation):
        if case.translation.count(match[0][2:-2]) == 1:
            yield _without(case.translation, match, "")


def other_name(case: Case) -> Iterator[str]:
    if {case.source_language, case.language} <= {"en", "de", "fr"}:
        for match in re.finditer(r"\{([^}]*)\}", case.translation):
            first, _, last = match[1].rpartition(" ")
            yield _without(case.translation, match, f"{first} Wrzbuch" if last != match[1] else "")


def lost_quotation_mark(case: Case) -> Iterator[str]:
    for match in re.finditer(f"[{OWN[case.language]}]", case.translation):
        yield _without(case.translation, match)


def marks_of_another_language(case: Case) -> Iterator[str]:
    own = OWN[case.language]
    if own[0] in case.translation:
        others = {"en": ("„“", "«»", '""'), "de": ("“”", "«»", '""'), "fr": ("„“", "„”", '""')}
        for marks in others.get(case.language, ("„”", '""', "「」")):
            yield case.translation.translate(str.maketrans(own, marks))


def lost_quotation(case: Case) -> Iterator[str]:
    opening, closing = OWN[case.language]
    for match in re.finditer(f"{opening}([^{closing}]*){closing}", case.translation):
        yield _without(case.translation, match, match[1].strip("\xa0"))


def lost_structure(case: Case) -> Iterator[str]:
    if case.html:
        yield re.sub(r"</?a\b[^>]*>", "", case.translation)
        yield case.translation.replace("example.org", "example.com")
        yield re.sub(r"<li>.*?</li>", "", case.translation, count=1)
        yield case.translation.replace("</li><li>", " ")
        yield re.sub(r"</?blockquote>", "", case.translation)


def broken_markup(case: Case) -> Iterator[str]:
    if case.html:
        yield from (case.translation.replace(tag, "", 1) for tag in ("</p>", "</a>", "</li>", "</strong>", "<li>"))
        yield case.translation.replace("</strong></p>", "</p></strong>")
        yield case.translation[: case.translation.index("<a") + 12]
        yield case.translation.replace("<strong>", "&lt;strong&gt;").replace("</strong>", "&lt;/strong&gt;")
    else:
        yield case.translation.replace(" ", " <b>", 1) + "</b>"
        yield case.translation.replace(" ", "&nbsp;", 1)


def far_too_long(case: Case) -> Iterator[str]:
    yield (case.translation + " ") * 2 if case.html else f"{case.translation} {case.translation}"


def half_of_it(case: Case) -> Iterator[str]:
    yield case.translation[: len(case.translation) // 2] if not case.html else case.translation[:40] + "</p>"


def end_cut_off(case: Case) -> Iterator[str]:
    ending = re.search(r"(?:</\w+>)*$", case.translation)
    assert ending
    words = case.translation[: ending.start()].split(" ")
    for count in (1, 3, 4):
        yield " ".join(words[:-count]).rstrip(".,;:") + ending[0]


def untranslated(case: Case) -> Iterator[str]:
    yield case.source


def partly_untranslated(case: Case) -> Iterator[str]:
    if case.html:
        items = re.search(r"<ul>.*</ul>", case.source)
        assert items
        yield re.sub(r"<ul>.*</ul>", lambda _: items[0], case.translation)


def in_a_third_language(case: Case) -> Iterator[str]:
    for text in TEXTS:
        if text[case.source_language] == case.source:
            yield from (text[other] for other in LANGUAGES if other not in (case.source_language, case.language))


def direction_turned(case: Case) -> Iterator[str]:
    middle = case.translation.index(" ", 3)
    if not case.html:
        yield from (case.translation[:middle] + mark + case.translation[middle:] for mark in "\u202e\u202b\u2066\u2069")


def unseen_character(case: Case) -> Iterator[str]:
    middle = case.translation.index(" ", 3)
    if not case.html:
        yield from (case.translation[:middle] + mark + case.translation[middle:] for mark in "\u200b\ufeff")


def nothing(case: Case) -> Iterator[str]:
    yield from ("<p> </p>", "<p><br></p>") if case.html else ("", " \n")


#: Corruptions by the code with which the checks must report them.
ERRORS: dict[str, tuple[Callable[[Case], Iterator[str]], ...]] = {
    "numbers": (other_number,),
    "terms": (missing_term,),
    "names": (other_name,),
    "quotes_unbalanced": (lost_quotation_mark,),
    "quotes_foreign": (marks_of_another_language,),
    "quotes_count": (lost_quotation,),
    "structure": (lost_structure,),
    "markup": (broken_markup,),
    "length": (far_too_long, half_of_it),
    "truncated": (end_cut_off,),
    "language": (untranslated, partly_untranslated, in_a_third_language),
    "bidi": (direction_turned,),
    "invisible": (unseen_character,),
    "empty": (nothing,),
}


@dataclass
class Score:
    seeded: int = 0
    found: int = 0
    correct: int = 0
    alarms: int = 0


def measure(source_language: str, language: str, verbose: bool = False) -> dict[str, Score]:
    """Return, by kind of error, how many errors are found and how many false alarms there are."""
    scores: dict[str, Score] = defaultdict(Score)
    for case in correct(source_language, language):
        suspected = case.problems()
        if verbose and suspected:
            print("false alarm", source_language, language, suspected, case.translation)
        for code, ways in ERRORS.items():
            score = scores[code]
            score.correct += 1
            score.alarms += code in suspected
            for spoilt in (case.spoilt(text) for way in ways for text in way(case) if text != case.translation):
                found = code in spoilt.problems()
                score.seeded += 1
                score.found += found
                if verbose and not found:
                    print("missed", code, spoilt.language, spoilt.translation)
    return scores


def main() -> None:
    columns = {
        f"{source}→{language}": measure(source, language, verbose="VERBOSE" in os.environ) for source, language in PAIRS
    }
    print(f"{'found / seeded, false alarms':30}" + "".join(f"{column:>20}" for column in columns))
    for code in ERRORS:
        cells = (scores[code] for scores in columns.values())
        row = (f"{cell.found}/{cell.seeded}, {cell.alarms}/{cell.correct}" for cell in cells)
        print(f"{code:30}" + "".join(f"{cell:>20}" for cell in row))


if __name__ == "__main__":
    main()

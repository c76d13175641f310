# ruff: noqa: E501 the words of a language stay on one line
"""Check polarity: negations that are lost or added, and opposites.

Languages negate in different ways, so the check compares sentences, not words. Words that often replace a negation
(only, without, refuse, rule out) may explain a difference unless both texts have them.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from articles.translations.checks.pair import Pair, aligned, base
from liveblog.translation.inflection import without_arabic_marks

#: Words that negate. In languages of double negation all of one clause count once.
_NEGATIONS = {
    "en": r"not|cannot|\w+n’t|no(?! (?:doubt|matter)\b)(?!\.? ?\d)|none|nobody|no one|nothing|never|nowhere|unable|impossible|neither|nor|without|nil",
    "de": r"nicht(?! (?:wahr|zuletzt)\b)|kein(?:e|en|em|er|es|erlei)?|nie|niemals|niemand(?:en|em)?|nichts|nirgends|nirgendwo|"
    r"weder|ohne|nein|keinesfalls|keineswegs|niemandes|nimmer",
    "fr": r"(?:ne|n’\w+)\b(?=.*?\b(?:pas|plus|jamais|rien|personne|aucune?|ni|nulle?|point|guère|nullement)\b)|"
    r"(?:rien|personne|jamais|aucune?|nulle?|ni|pas)\b(?=[^.;!?]*?\b(?:ne|n’))|"
    r"(?<=[?«“] )personne|(?<=[?«“] )rien|pas|non|aucune?|sans|ni",
    "es": r"no|nunca|jamás|nadie|nada|ninguno?|ningún|ninguna|tampoco|ni|sin",
    "pl": r"nie|nigdy|nikt|nikogo|nikomu|nikim|nic|niczego|niczemu|niczym|nigdzie|żaden|żadn\w+|ani|bez|brak|brakuje|"
    r"zabrakło|nie(?:możliw|prawd|zdoln|winn|obecn|pewn|legaln|udan|zależn|znan|jasn|bezpieczn)\w*",
    "ro": r"nu|n-\w+|nici|nimeni|nimic|nimănui|niciodată|nicăieri|nicio|niciun|niciuna|niciunul|fără|ba",
    "uk": r"не|ні|ані|ніхто|нікого|нікому|ніким|нічого|нічому|ніщо|ніколи|ніде|нікуди|жоден|жодн\w+|немає|нема|"
    r"без|неможлив\w*|неправд\w*|невинн\w*|невинуват\w*|невідом\w*|нелегальн\w*|незаконн\w*",
    "ar": r"[وف]?(?:لا|لم|لن|ليس|ليست|ليسوا|لست|لسنا|بلا|ألا|لات|كلا)|[وفبل]?(?:دون|بدون)|[وف]?ما (?:من|كان|كانت)",
}
#: Phrases that look like negations but are not.
_EMPTY = {
    "en": r"not only\b|not without|can(?:not|’t) but\b|, (?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)n’t \w+\?|not least|no less than"
    r"|no fewer than|not to mention|no wonder|no matter|why not\b|No 10\b|“no”|no-one but",
    "de": r"nicht ohne|nicht (?:nur|allein|bloß)\b|nicht wahr\?|nicht zuletzt|nicht weniger als|ohnehin|ohne Weiteres|ohne weiteres",
    "fr": r"(?:crai\w+|redout\w+|empêch\w+|évit\w+|avant|à moins|de peur|de crainte)\b[^.;]{0,60}?\bqu[e’][^.;]{0,60}?\b(?:ne\b|n’)(?![^.;]{0,20}\bpas\b)|(?:non|pas) sans|(?:non|pas) seulement|n’est-ce pas|ne cess\w+ d|ne manqu\w+ pas d|non-\w+|Non loin|sans doute|pas moins d",
    "es": r"no sin\b|no s[oó]lo\b|no solamente|no únicamente|¿no\?|no obstante|nada más|sin embargo|nada menos|ni siquiera(?= )|de nada|no menos de|sin duda",
    "pl": r"nie bez|nie tylko|nie mniej niż|co najmniej|niemniej|mimo to",
    "ro": r"nu fără|nu mai puțin de|nu-i așa|nu (?:numai|doar)|fără îndoială",
    "uk": r"не без|не менш\w* (?:ніж|як)|чи не так|без сумніву|не (?:лише|тільки|лиш)\b|мало не|ледь не|хоч би що|ні в якому разі(?= не)",
    "ar": r"غير أن|ليس فقط|لا (?:ي|ت)زال\w*|لا زال\w*|ما زال\w*|لا سيما|لا بد|لا (?:ي|ت)قل\w* عن|بما لا يقل عن|لا شك|لا غير|ما لم",
}
#: Negations with an exception, which other languages put as "only" or the other way round: not until, nobody but.
_EXCEPTIVE = {
    "en": r"(?:not|\w+n’t|never|no \w+|nobody|no one|none|nothing|cannot)\b[^.;!?]{0,60}?\b(?:until|till|unless|but|except|other than|before|without)\b(?! not)|hardly|barely|scarcely|almost no\w*|next to (?:no|nothing)|few(?! \w+ ago)|little",
    "de": r"(?:nicht|kein\w*|niemand\w*|nichts|nie)\b[^.;!?]{0,60}?\b(?:bis|bevor|ehe|außer|vor|als|ohne)\b|nur [^.,;]{0,40}\bnicht|kaum|fast (?:nie\w*|kein\w*|nichts)|wenig(?:e|en)?",
    "fr": r"(?:ne|n’\w+)\b(?:(?!\b(?:pas|plus|jamais|rien|personne|aucun)\b)[^.;!?]){0,70}?\b(?:que|qu’\w+)|(?:ne|n’\w+)\b[^.;!?]{0,60}?\b(?:pas|plus|personne|rien|aucune?) [^.;!?]{0,40}?\b(?:avant|sauf|sans|jusqu’\w+|sinon|que|d’autre que)\b|à peine|guère|presque (?:pas|rien|personne|aucun)|peu de",
    "es": r"(?:no|nadie|nada|nunca|ningún\w*|ninguna?)\b[^.;!?]{0,60}?\b(?:hasta|sino|salvo|excepto|más que|antes|sin)\b|apenas|casi (?:nadie|nada|nunca|ningun\w*)|poc[oa]s?",
    "pl": r"(?:nie|nikt|nic|nigdy|żad\w+)\b[^.;!?]{0,60}?\b(?:dopóki|zanim|póki|przed|oprócz|poza|do|prócz|aż|wcześniej|bez)\b|ledwie|ledwo|prawie (?:nikt|nic|nie|nigdy|żad\w+)(?: nie)?|mało kto|niewiel\w+",
    "ro": r"(?:nu|n-\w+|nimeni|nimic)\b[^.;!?]{0,60}?\b(?:decât|până|înainte|exceptând|afară|fără)\b|aproape (?:nimeni|nimic|deloc|nicio|niciun)(?: nu)?|puțin[iîe]?|abia dacă",
    "uk": r"(?:не|ніхто|ніщо|нічого|ніколи|жод\w+)\b[^.;!?]{0,60}?\b(?:поки|доки|до|крім|окрім|раніше|перед|без)\b|ледве|ледь|майже (?:ніхто|нічого|ніколи|жод\w+)(?: не)?|мало хто|небагат\w+",
    "ar": r"[وف]?(?:لا|لم|لن|ليس\w*|ما)\b[^.؛!؟]{0,60}?(?<!\w)(?:إلا|سوى|حتى|قبل|غير|دون|بدون)\b|بالكاد|قلما|ن?[يت]كاد|قليل\w*",
}
#: Languages in which several words of one clause make one negation.
_CONCORD = frozenset({"fr", "es", "pl", "ro", "uk", "ar"})
_CLAUSE_WORDS = 7
#: In longer passages with differently divided sentences, negations cannot be matched.
_MAX_LENGTH = 400

#: Words that may replace a negation, by meaning. If both texts have one of a kind, they cancel out.
_STAND_INS: dict[str, dict[str, str]] = {
    "only": {
        "en": r"only|except\w*|solely|exclusive\w*|merely|other than|save for|apart from",
        "de": r"nur|erst|bloß|außer|ausschließlich|lediglich|abgesehen von|einzig\w*",
        "fr": r"seule?s?|seulement|sauf|excepté|uniquement|hormis|à part|exception",
        "es": r"sol[oa]s?|sólo|solamente|salvo|excepto|únic\w+|recién|a no ser|excepción",
        "pl": r"tylko|dopiero|jedynie|oprócz|poza|wyłącznie|zaledwie|z wyjątkiem|wyjątk\w+",
        "ro": r"doar|numai|abia|exceptând|excepția|în afară|mai puțin",
        "uk": r"лише|лиш|тільки|аж|крім|окрім|щойно|єдин\w+|за винятком|винятк\w+",
        "ar": r"فقط|وحد\w+|عدا|باستثناء|إنما|حصرا",
    },
    "refuse": {
        "en": r"turn\w* away|refus\w+|den(?:y|ies|ied|ying|ial)|reject\w*|declin\w+|disput\w+|rebuff\w*|oppos\w+|object\w*|veto\w*|contest\w*|dismiss\w*",
        "de": r"weiger\w*|verweiger\w*|lehn\w+|abgelehnt\w*|ablehn\w*|bestr[ie]+t\w*|bestreite\w*|dementier\w*|zurückgewiesen|wies\w* .*zurück|weis\w* .*zurück|zurückzuweisen|Veto|leugn\w*|geleugnet",
        "fr": r"refus\w+|ni[eé]\w*|nie|rejet\w+|démen\w+|contest\w+|déclin\w+|repouss\w+|oppos\w+",
        "es": r"rechaz\w+|neg[óoaué]\w*|nieg\w+|desmint\w+|desment\w+|desmien\w+|rehús\w+|rehus\w+|declin\w+|opon\w+|opuso",
        "pl": r"odmów\w*|odmaw\w*|odrzuc\w*|zaprzecz\w*|wyklucz\w*|zdement\w*|dement\w*|sprzeciw\w*",
        "ro": r"refuz\w*|neg[aă]\w*|neagă|respin\w*|dezmin\w*|contest\w*|declin\w*|opun\w*|opus\w*",
        "uk": r"відмов\w*|запереч\w*|спрост\w*|відхил\w*|відкин\w*|відкид\w*|заперечу\w*",
        "ar": r"\w*رفض\w*|\w*ينف\w*|\w*نفى\w*|\w*نفت\w*|\w*نفي\w*|\w*تنفي\w*|\w*أنكر\w*|\w*ينكر\w*|\w*امتنع\w*|\w*اعترض\w*",
    },
    "exclude": {
        "en": r"rul\w+ out|exclud\w+",
        "de": r"ausschließ\w*|schließ\w+ .*aus|schloss\w* .*aus|ausgeschlossen",
        "fr": r"exclu\w*|écart\w+",
        "es": r"descart\w+|exclu\w+",
        "pl": r"wyklucz\w*",
        "ro": r"exclu\w*",
        "uk": r"виключ\w*",
        "ar": r"\w*ستبعد\w*|\w*ستبعاد\w*",
    },
    "prevent": {
        "en": r"prevent\w*|ban|bans|banned|banning|barred|forb\w+|prohibit\w*|avoid\w*|block\w*|keep\w* from|kept from|bar",
        "de": r"verhinder\w*|verb[oi]t\w*|verboten\w*|abwend\w*|abzuwenden|abgewend\w*|untersag\w*|hinder\w*|vermied\w*|vermeid\w*|abgesehen|abzusehen|abseh\w*|untersagt\w*|blockier\w*",
        "fr": r"empêch\w+|interdi\w+|évit\w+|bloqu\w+|prohib\w+",
        "es": r"imped\w+|impid\w+|prohib\w+|prohíb\w+|evit\w+|veta\w*|bloque\w+",
        "pl": r"zakaz\w*|zabro\w*|zapobie\w*|unikn\w*|powstrzym\w*|blok\w*|uniemożliw\w*",
        "ro": r"împiedic\w*|interzi\w*|interdic\w*|opri\w*|evit\w*|bloc\w*",
        "uk": r"заборон\w*|заборон\w*|запобіг\w*|уник\w*|утрим\w*|перешкод\w*|завад\w*|блок\w*",
        "ar": r"\w*منع\w*|\w*حظر\w*|\w*تجنب\w*|\w*حال دون|\w*تحول دون|\w*حرم\w*",
    },
    "lack": {
        "en": r"forg[eo]t\w*|outages?|blackouts?|power is out|power cut\w*|lack\w*|fail\w*|miss(?:ing|ed|es)?|absen\w+|unable|impossib\w+|free of|short of|instead of|yet to|unlikely|doubt\w*|unharmed|unless|spared",
        "de": r"verg[ae]ß\w*|vergess\w*|vergisst|stromausf\w+|fehl\w*|versäum\w*|verzicht\w*|verpass\w*|vermiss\w*|mangel\w*|ausblieb\w*|ausbleib\w*|statt|anstatt|unmöglich|außerstande|noch aus|verschont|misslang|scheiter\w*|zweif\w*|vergeblich|unverletzt|bleib\w* aus|blieb\w* .*aus",
        "fr": r"oubli\w+|panne\w*|coupure\w*|manqu\w+|échou\w+|faute de|absen\w+|impossib\w+|incapab\w+|dépourv\w+|priv\w+|au lieu|renonc\w+|épargn\w+|dout\w+|indemn\w+|plutôt que",
        "es": r"olvid\w+|apag\w+|falt\w+|carec\w+|carenc\w+|fracas\w+|imposible|incapa\w+|ausen\w+|en vez|en lugar|renunci\w+|iles[oa]s?|dud\w+|desist\w+|abst\w+",
        "pl": r"zapomin\w*|zabrak\w*|zapomn\w*|zawi[oó]d\w*|zamiast|rezygn\w*|zrezygn\w*|zaniech\w*|wątp\w*|pozbaw\w*|daremn\w*",
        "ro": r"pan[ăe]\w*|lips\w*|eșu\w*|eșec\w*|imposibil\w*|incapabil\w*|absen\w*|în loc|renunț\w*|teafăr\w*|uit\w*|îndoi\w*|tefer\w*",
        "uk": r"забу\w*|знеструм\w*|бракує|бракув\w*|забув\w*|забул\w*|зник\w*|відсут\w*|замість|сумнів\w*|зірва\w*|провал\w*|навряд|цілі|уцілі\w*",
        "ar": r"\w*نسي\w*|\w*انقط\w*|\w*فشل\w*|\w*تعذر\w*|تخل[ىت]|خل[اوت]\w*|\w*نقص\w*|\w*غياب\w*|مستحيل\w*|بدلا|\w*أخفق\w*|\w*عجز\w*|\w*افتقر\w*|تفتقر|يفتقر|خالي\w*",
    },
    "un-": {
        "en": r"un(?!i|der|til|it|le|ion|cle\b)\w{4,}|in(?:credible|visible|sufficient|complete|correct|nocent|valid|dependent)\w*|im(?:possible|probable)\w*|illegal\w*|ir(?:regular|relevant)\w*|dis(?:like|agree|approv|appear)\w*|non-\w+|\w{3,}less(?:ly)?",
        "de": r"un(?!ter|d|s|i|gar|fall|fäll|wetter|gef)\w{4,}(?:lich|ig|bar|sam|haft|los|isch|t)(?:e[nrsm]?)?|illegal\w*|\w{3,}los(?:e[nrsm]?)?",
        "fr": r"in(?:visible|suffisant|complet|nocent|valid|dépendant|croyable|connu|justifi|accept)\w*|im(?:possible|probable)\w*|illég\w*|ir(?:réal)\w*|mé(?:content|conn)\w*",
        "es": r"in(?:creíble|visible|suficiente|complet|ocen|válid|aceptab|capaz|útil)\w*|im(?:posible|probable)\w*|ilegal\w*|des(?:confi|conoc|agrad)\w*",
        "pl": r"nie(?!dziel|mc|mie|zw|ba|daw|ste|raz|któ|mal|pok)\w{5,}(?:y|a|e|ego|ej|ych|ym|ie|o)|bez(?!piecz)\w{5,}",
        "ro": r"ne(?!ce|go|rv|pot|a)\w{4,}|in(?:vizibil|suficient|complet|valid|corect)\w*|im(?:posibil|probabil)\w*|ilegal\w*",
        "uk": r"не(?!діл|щод|хай|зва|обх|наче)\w{5,}|без(?!пек|печ)\w{5,}",
        "ar": r"لامبالا\w*|\w?غير|\w{0,2}عدم|انعدام",
    },
}  # fmt: skip

#: Pairs of opposites. Only clear cases: a text with one side, and a translation with only the other.
_OPPOSITES: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    (
        {
            "en": r"ris[ei]\w*|rose|gain\w*|climb\w*|increas\w+|grew|soar\w*|jump\w*|up|higher|rais(?:e|es|ed|ing)",
            "de": r"st[ie]+g\w*|gestiegen|steig\w*|erhöh\w*|zugelegt|kletter\w*|wuchs\w*|gewachsen|Plus|höher\w*|Anstieg\w*",
            "fr": r"hausse|augment\w+|progress\w+|mont[eéa]\w*|grimp\w+|bondi\w*|relev\w+|gagn\w+",
            "es": r"sub\w+|aument\w+|crec\w+|alza|increment\w+|gan[aóa]\w*",
            "pl": r"wzr[oó]s\w*|rośn\w*|podnio\w*|podnie\w*|podwyż\w*|zysk\w*|umocni\w*",
            "ro": r"cresc\w*|crește\w*|crescut\w*|urc\w+|major\w+|creștere\w*",
            "uk": r"зр[оі]с\w*|зроста\w*|підвищ\w*|збільш\w*|піднял\w*",
            "ar": r"\w*ارتف\w*|\w*يرتفع|\w*ترتفع|\w*صعد\w*|\w*زاد\w*|\w*ازداد\w*|\w*زيادة|\w*رفع\w*",
        },
        {
            "en": r"fall\w*|fell|drop\w*|declin\w+|decreas\w+|lost|los(?:e|es|ing)|plunge\w*|down|lower\w*|slump\w*|sank|sink\w*|slip\w*|cut|cuts",
            "de": r"fiel\w*|fäll\w*|fallen|gefallen|sank|sanken|gesunken|sink\w*|Minus|niedriger\w*|gesenkt|senk\w*|Rückgang\w*|zurückgegangen|verlor\w*|verloren|verlier\w*|nachgegeben|gab\w* .*nach",
            "fr": r"baiss\w+|chut\w+|recul\w+|diminu\w+|perd\w*|tomb\w+|repli\w*|abaiss\w+",
            "es": r"baj\w+|ca[eíyi]\w+|cay\w+|descend\w+|descien\w+|perd\w+|pierd\w+|reduc\w+|disminu\w+|retroced\w+",
            "pl": r"spad\w*|obniż\w*|strac\w*|osłab\w*|zmniejsz\w*|opad\w*|malej\w*",
            "ro": r"scad\w*|scăz\w*|scăd\w*|cobor\w*|pierd\w*|reduc\w*|redus\w*|diminu\w*|cade|căzut\w*",
            "uk": r"впа[лвд]\w*|паді\w*|знизи\w*|знижу\w*|зменш\w*|упа\w*|втрат\w*|подешев\w*|зниж\w*",
            "ar": r"\w*انخف\w*|\w*ينخفض|\w*تنخفض|\w*تراجع\w*|\w*هبط\w*|\w*خسر\w*|\w*هبوط\w*|\w*خفض\w*|\w*تخفض|\w*يخفض|\w*قل[صل]\w*",
        },
    ),
    (
        {
            "en": r"confirm\w*|admit\w*|acknowledg\w*|conced\w*",
            "de": r"bestätig\w*|räum\w+|eingeräumt|zugegeben|gab\w* .*zu",
            "fr": r"confirm\w+|reconn\w+|admet\w*|admis",
            "es": r"confirm\w+|admit\w+|reconoc\w+",
            "pl": r"potwierdz\w*|przyzna\w*",
            "ro": r"confirm\w*|recun\w*|admi[ts]\w*",
            "uk": r"підтверд\w*|визна\w*",
            "ar": r"\w*أكد\w*|\w*يؤكد\w*|\w*تؤكد\w*|\w*اعترف\w*|\w*أقر\w*",
        },
        {
            "en": r"den(?:y|ies|ied|ying)|disput\w+",
            "de": r"bestritt\w*|bestreite\w*|bestritten|dementier\w*|leugn\w*",
            "fr": r"nie|nié\w*|nient|niait|dément\w*",
            "es": r"neg[óa]\w*|nieg\w+|desmint\w+|desmient\w+",
            "pl": r"zaprzecz\w*|zdementow\w*|dementuj\w*",
            "ro": r"neg[aă]\w*|neagă|dezmin\w*",
            "uk": r"запереч\w*|спрост\w*",
            "ar": r"\w*نفى|\w*نفت|\w*ينفي|\w*تنفي|\w*أنكر\w*",
        },
    ),
    (
        {
            "en": r"accept\w*|agree[ds]?|approv\w+|back(?:s|ed)|grant\w*",
            "de": r"akzeptier\w*|angenommen|nahm\w* .*an|nimm\w* .*an|stimm\w* .*zu|zugestimmt|genehmig\w*|bewillig\w*|billig\w*",
            "fr": r"accept\w+|approuv\w+|accord\w+",
            "es": r"acept\w+|aprob\w+|aprueb\w+|conced\w+",
            "pl": r"przyj[ąęm]\w*|zaakcept\w*|zgodzi\w*|zatwierdz\w*|poparł\w*|akcept\w*",
            "ro": r"accept\w*|aprob\w*|admis\w*",
            "uk": r"прийня\w*|погод\w*|схвал\w*|ухвал\w*|затверд\w*|прийма\w*",
            "ar": r"\w*قبل[تو]?|\w*وافق\w*|\w*أقر[تو]?|\w*يقبل|\w*توافق",
        },
        {
            "en": r"turn\w* away|refus\w+|reject\w*|turn\w* down|declin\w+|oppos\w+",
            "de": r"weiger\w*|abgelehnt\w*|lehn\w*|zurückgewiesen|wies\w* .*zurück|weis\w* .*zurück|ablehn\w*|abgewiesen",
            "fr": r"refus\w+|rejet\w+|repouss\w+|débout\w+",
            "es": r"rechaz\w+|rehús\w+|rehus\w+|deneg\w+|denieg\w+",
            "pl": r"odrzuc\w*|odmów\w*|odmaw\w*|sprzeciw\w*",
            "ro": r"refuz\w*|resping\w*|respins\w*",
            "uk": r"відхил\w*|відмов\w*|відкин\w*|відкида\w*",
            "ar": r"\w*رفض\w*|\w*يرفض|\w*ترفض",
        },
    ),
    (
        {
            "en": r"open(?:s|ed|ing)?|reopen\w*",
            "de": r"offen|öffn\w*|geöffnet|eröffn\w*|wiedereröffn\w*",
            "fr": r"ouvr\w+|ouvert\w*|rouvr\w+|rouvert\w*",
            "es": r"abr\w+|abiert\w+|reabr\w+|reabiert\w*",
            "pl": r"otwar\w*|otwier\w*",
            "ro": r"deschi\w*|redeschi\w*",
            "uk": r"відкри\w*|відчин\w*",
            "ar": r"\w*فتح\w*|\w*مفتوح\w*",
        },
        {
            "en": r"clos(?:e|es|ed|ing)|shut\w*",
            "de": r"geschlossen|schlie(?:ß|ss)t|schließen|gesperrt|sperr\w*|schloss\w*",
            "fr": r"ferm\w+|refermé\w*",
            "es": r"cerr\w+|cierr\w+",
            "pl": r"zamk\w*|zamyka\w*",
            "ro": r"închi\w*",
            "uk": r"закри\w*|зачин\w*|перекри\w*",
            "ar": r"\w*غلق\w*|\w*إغلاق\w*|\w*مغلق\w*",
        },
    ),
    (
        {
            "en": r"win|wins|won|winning|victor\w+|beat\w*|defeats",
            "de": r"gew[ia]nn\w*|gewonnen|sieg\w*|Sieg\w*|schlägt|besieg\w*|schlug",
            "fr": r"gagn\w+|remport\w+|victoire\w*|bat|battent|l’emport\w+|vainc\w+",
            "es": r"gan[aóa]\w*|victoria\w*|vence\w*|venció|derrota a",
            "pl": r"wygra\w*|zwycięż\w*|zwycięst\w*|pokona\w*",
            "ro": r"câștig\w*|victori\w*|învin\w*|înving\w*|bate|bătut",
            "uk": r"вигра\w*|перем\w+|здола\w*|обіграл\w*",
            "ar": r"\w*فاز\w*|\w*فوز\w*|\w*هزم\w*|\w*انتصر\w*|\w*يفوز",
        },
        {
            "en": r"lose|loses|lost|losing|beaten|defeated",
            "de": r"verlier\w*|verlor\w*|Niederlage\w*|unterl[ai]\w*|unterliegt|unterlegen",
            "fr": r"perd\w*|défait\w*|battue?s? par|s’incline\w*",
            "es": r"perd\w+|pierd\w+|derrotad[oa] por|cae",
            "pl": r"przegra\w*|przegryw\w*|poraż\w*|uleg\w*",
            "ro": r"pierd\w*|înfrân\w*|învins\w* de",
            "uk": r"програ\w*|поразк\w*|поступ\w*",
            "ar": r"\w*خسر\w*|\w*خسارة|\w*يخسر",
        },
    ),
    (
        {
            "en": r"guilty|convicted",
            "de": r"schuldig\w*|verurteil\w*",
            "fr": r"coupable\w*|condamn\w+",
            "es": r"culpable\w*|condena\w+",
            "pl": r"winn(?:y|a|i|ego|ą|ym|ych|e)|skaza\w*",
            "ro": r"vinovat\w*|condamn\w*",
            "uk": r"винн\w+|винуват\w*|засудж\w*",
            "ar": r"مذنب\w*|\w*أدان\w*|\w*إدانة|\w*مدان\w*",
        },
        {
            "en": r"innocent|acquitted|not guilty|cleared",
            "de": r"unschuldig\w*|freigesprochen\w*|Freispruch",
            "fr": r"innocent\w*|acquitt\w+|relax\w+|non coupable",
            "es": r"inocente\w*|absuel\w+|absolv\w+",
            "pl": r"niewinn\w*|uniewinni\w*",
            "ro": r"nevinovat\w*|achit\w*",
            "uk": r"невинн\w*|невинуват\w*|виправда\w*",
            "ar": r"بريء\w*|بريئ\w*|\w*براءة|\w*برأ\w*",
        },
    ),
    (
        {
            "en": r"suspend\w*|halt\w*|cancel\w*|stop\w*|call\w* off",
            "de": r"ausgesetzt|setz\w* .*aus|eingestellt|stell\w* .*ein|abgesagt|gestrichen|stopp\w*|gestoppt|unterbr\w+|fallen .*aus|sag\w* .*ab",
            "fr": r"suspend\w*|interromp\w*|annul\w+|arrêt\w+",
            "es": r"suspend\w+|interrump\w+|cancel\w+|deten\w+",
            "pl": r"zawie[sś]\w*|wstrzyma\w*|odwoła\w*|przerwa\w*",
            "ro": r"suspend\w*|întrerup\w*|anul\w*|opri\w*",
            "uk": r"призупин\w*|зупин\w*|скасу\w*|припин\w*",
            "ar": r"\w*علق\w*|\w*تعليق\w*|\w*أوقف\w*|\w*ألغ\w*|\w*إلغاء\w*",
        },
        {
            "en": r"resum\w+|restart\w*|operating|continu\w+",
            "de": r"wieder ?aufgenommen|wieder auf\w*|wiederaufn\w*|fort\w*|fährt wieder|fahren wieder",
            "fr": r"repren\w+|reprend\w*|repris\w*|poursui\w+|rétabl\w+",
            "es": r"reanud\w+|retom\w+|contin[uú]\w+|restable\w+",
            "pl": r"wznowi\w*|wznawia\w*|kontynuuj\w*|przywróc\w*",
            "ro": r"relu\w*|reia\w*|continu\w*",
            "uk": r"віднов\w*|поновл\w*|поновил\w*|продовж\w*",
            "ar": r"\w*استأنف\w*|\w*استئناف\w*|\w*واصل\w*|\w*مواصلة",
        },
    ),
    (
        {
            "en": r"more than|over|above|at least|exceed\w*",
            "de": r"mehr als|über|mindestens|oberhalb",
            "fr": r"plus de|plus d’\w+|au-dessus|au moins|dépass\w+",
            "es": r"más de|por encima|al menos|super\w+|como mínimo",
            "pl": r"ponad|więcej niż|powyżej|co najmniej|przekr\w+",
            "ro": r"peste|mai mult de|cel puțin|depăș\w*",
            "uk": r"понад|більш\w* (?:ніж|як)|більше|щонайменше|перевищ\w*",
            "ar": r"أكثر من|فوق|ما يزيد|يزيد على|لا يقل عن|على الأقل|\w*تجاوز\w*|تزيد",
        },
        {
            "en": r"less than|under|below|fewer than|at most",
            "de": r"weniger als|unter|höchstens|knapp|unterhalb",
            "fr": r"moins de|moins d’\w+|au-dessous|au plus|en dessous|sous",
            "es": r"menos de|por debajo|como máximo|como mucho",
            "pl": r"poniżej|mniej niż|niespełna|najwyżej",
            "ro": r"sub|mai puțin de|cel mult",
            "uk": r"менш\w* (?:ніж|як)|нижче|щонайбільше|менше",
            "ar": r"أقل من|دون|تحت|ما يقل|على الأكثر",
        },
    ),
    (
        {"en": r"yes", "de": r"ja", "fr": r"oui", "es": r"sí", "pl": r"tak", "ro": r"da", "uk": r"так", "ar": r"نعم"},
        {
            "en": r"no", "de": r"nein", "fr": r"non", "es": r"no", "pl": r"nie", "ro": r"nu", "uk": r"ні",
            "ar": r"لا|كلا",
        },
    ),
)  # fmt: skip


class _Found(NamedTuple):
    negations: list[str]  # each with the words around it
    exceptive: list[str]
    stand_ins: frozenset[str]


def polarity_differing(pair: Pair) -> dict[str, list[str]]:
    """Return sentences in which a negation is lost or added, and opposites."""
    source_language, language = base(pair.source_language), base(pair.language)
    if source_language not in _NEGATIONS or language not in _NEGATIONS or source_language == language:
        return {}
    found: dict[str, list[str]] = {"negation_lost": [], "negation_added": [], "opposite": []}
    for source, target in aligned(pair):
        if len(source) > _MAX_LENGTH:
            continue
        lost, added = _difference(_polarity(source, source_language), _polarity(target, language))
        found["negation_lost"] += lost
        found["negation_added"] += added
        if not (lost or added):
            found["opposite"] += _opposites(source, target, source_language, language)
    return found


def _difference(source: _Found, target: _Found) -> tuple[list[str], list[str]]:
    spare = len(source.stand_ins ^ target.stand_ins)
    before, after = len(source.negations), len(target.negations)
    if before > after + len(target.exceptive) + spare:
        return source.negations[:1] if after == 0 else source.negations, []
    if source.exceptive and not (after or target.exceptive or "only" in target.stand_ins or spare > 1):
        return source.exceptive, []
    if after > before + len(source.exceptive) + spare:
        return [], target.negations[:1] if before == 0 else target.negations
    return [], []


#: While somebody types, the original stays the same.
@lru_cache(maxsize=256)
def _polarity(text: str, language: str) -> _Found:
    text = text.replace("'", "’")
    text = without_arabic_marks(text)
    negation, empty, exception, stand_ins = _patterns(language)
    text = empty.sub(_blank, text)
    kinds = frozenset(kind for kind, pattern in stand_ins.items() if pattern.search(text))
    exceptive = [_around(text, *match.span()) for match in exception.finditer(text)]
    places: list[tuple[int, int]] = []
    for match in negation.finditer(exception.sub(_blank, text)):
        if places and _COORDINATED.fullmatch(text[places[-1][1] : match.start()]):
            places[-1] = (places[-1][0], match.end())
            continue
        if places and (language in _CONCORD or _NEITHER.match(text, places[-1][0])):
            between = text[places[-1][1] : match.start()]
            if language in _CONCORD and _NOR.fullmatch(match[0]):
                places[-1] = (places[-1][0], match.end())
                continue
            if len(between.split()) <= _CLAUSE_WORDS and not _CLAUSE_END.search(between):
                places[-1] = (places[-1][0], match.end())
                continue
        places.append(match.span())
    return _Found([_around(text, start, end) for start, end in places], exceptive, kinds)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _around(text: str, start: int, end: int) -> str:
    """Return the negation with the word before it and the two after it."""
    before = re.search(r"[\w’-]+[ \xa0\u202f]$", text[max(0, start - 60) : start])
    after = re.match(r"(?:[ \xa0\u202f]?[\w’-]{1,60}){0,2}", text[end : end + 130])
    return text[start - len(before[0]) if before else start : end + (len(after[0]) if after else 0)].strip()


def _opposites(source: str, target: str, source_language: str, language: str) -> list[str]:
    found: list[str] = []
    source, target = (
        _patterns(spoken)[1].sub(_blank, without_arabic_marks(text.replace("'", "’")))
        for text, spoken in ((source, source_language), (target, language))
    )
    for sides in range(len(_OPPOSITES)):
        for side in (0, 1):
            ours, theirs = _opposite(sides, side, source_language), _opposite(sides, 1 - side, source_language)
            same, other = _opposite(sides, side, language), _opposite(sides, 1 - side, language)
            says = ours.search(source)
            if says and not theirs.search(source) and not same.search(target) and (wrong := other.search(target)):
                found.append(f"{says[0]} → {wrong[0]}")
    return found


#: "Cannot and will not" is one negation in other languages.
_COORDINATED = re.compile(r" (?:and|und|or|oder|et|y|i|și|та|і|й) (?:\w+ )?", re.IGNORECASE)
_NOR = re.compile(r"ni|nici|ani|ні|ані|ولا", re.IGNORECASE)
_NEITHER = re.compile(r"neither|weder", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:.!?،؛؟«»“”„–—]")


@lru_cache(maxsize=16)
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], dict[str, re.Pattern[str]]]:
    return (
        _words(_NEGATIONS[language]),
        re.compile(_EMPTY[language], re.IGNORECASE),
        _words(_EXCEPTIVE[language]),
        {kind: _words(forms[language]) for kind, forms in _STAND_INS.items()},
    )


@lru_cache(maxsize=512)
def _opposite(pair: int, side: int, language: str) -> re.Pattern[str]:
    return _words(_OPPOSITES[pair][side][language])


def _words(forms: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{forms})(?!\w)", re.IGNORECASE)

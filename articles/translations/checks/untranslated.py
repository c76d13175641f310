"""Find untranslated text: passages in a foreign script, and texts too short for the detector."""

import re
from functools import lru_cache

from articles.translations.checks.pair import Pair, base, shortened
from articles.translations.checks.script import letters_of

#: Addresses, hashtags and units such as km/h, which are the same in all languages.
_UNTRANSLATED = re.compile(r"(?<!\S)\S+(?:://|[./@])\w\S*|[#@]\w+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Small words within names, as in Bank of America, Ursula von der Leyen, Médecins sans frontières.
_IN_NAMES = _words(
    "of the and for von van der den de la le du des del di da dos do y e i et und al el bin ibn abu sans"
)
#: Frequent words. One that several languages share does not distinguish them.
_FUNCTION_WORDS = {
    "en": _words(
        "the have has been with from was were this that will are is by not says after their would in on a an it its at "
        "of and to for as or no who what"
    ),
    "de": _words(
        "der die das und ist nicht ein eine einen mit für wird haben hat sind auf zum zur dem nach über werden wurde "
        "es los in an was war am im den des von zu um bei aus er sie so"
    ),
    "fr": _words(
        "les est dans pour une avec sont pas cette qui sur aux été ont selon après leur par son sa ses un en que on a "
        "le la de du des et au ce il elle ne se à ou"
    ),
    "es": _words(
        "los las por una con para está son según después fue han pero sobre muy en este esta un no que es a el la de "
        "del y al se su lo como más o"
    ),
    "pl": _words(
        "nie jest się na dla przez zostały został po oraz być będzie są który tylko to was on i w z do o od za jak co "
        "ten a we ze"
    ),
    "ro": _words(
        "și este pentru cu sunt nu din care fost după într prin sau către are la un o pe a pot de în se al ale că mai "
        "ca am au lui"
    ),
    "uk": _words("що не на та для із був була були після про від його вони щодо у в і з до за як це є"),
    "ar": _words("في من على إلى أن عن هذا هذه بعد التي الذي قال كان لا ما مع"),
}


def left_in_another_language(pair: Pair) -> list[str]:
    """Return passages in a foreign script; without any, short texts in another language of the same script."""
    return [shortened(text) for text in foreign_passages(pair) or short_foreign_text(pair)]


def foreign_passages(pair: Pair) -> list[str]:
    """Return passages in another script than that of the language. Names and credits may stay as they are."""
    own = letters_of(pair.language)
    found = []
    for block in pair.target.blocks:
        text = _UNTRANSLATED.sub(" ", block)
        words = _WORD.findall(text)
        foreign = [word for word in words if not own.search(word)]
        if not foreign:
            continue
        if len(foreign) == len(words):
            if _is_prose(foreign) or (len(foreign) >= 3 and not re.search(r"[:/©|]", block)):
                found.append(block.strip())
        else:
            found += [passage for passage in _passages(text, own) if _is_prose(_WORD.findall(passage), 3)]
    return found


def short_foreign_text(pair: Pair) -> list[str]:
    """Return short texts, of the script of both languages, that are left in another language."""
    language = base(pair.language)
    sources = {_folded(block) for block in pair.source.blocks}
    found = []
    for block in pair.target.blocks:
        words = _WORD.findall(_UNTRANSLATED.sub(" ", block))
        lower = [word for word in words if word[0].islower() and len(word) > 1]
        # A pattern such as hh:mm has no words.
        is_prose = len(lower) >= 2 and any(len(word) > 3 for word in lower)
        untouched = is_prose and language != base(pair.source_language) and _folded(block) in sources
        if untouched or _is_of_another_language(lower, words, language):
            found.append(block.strip())
    return found


def _is_of_another_language(lower: list[str], words: list[str], language: str) -> bool:
    """Return whether a text of a few words has function words of another language and none of its own."""
    if not 2 <= len(words) <= 12 or language not in _FUNCTION_WORDS:
        return False
    if any(word.lower() in _FUNCTION_WORDS[language] for word in words):
        return False
    for other in _FUNCTION_WORDS.keys() - {language}:
        hits = sum(word in _function_words(other) and word not in _IN_NAMES for word in lower)
        # Titles and names within a text may have one such word.
        if hits >= 2 or (hits == 1 and len(lower) >= 2 and len(lower) >= len(words) / 2 and len(words) <= 4):
            return True
    return False


@lru_cache
def _function_words(language: str) -> frozenset[str]:
    """Return the words of a language that none of the others has."""
    words = frozenset(_FUNCTION_WORDS[language])
    return words.difference(*(other for code, other in _FUNCTION_WORDS.items() if code != language))


def _is_prose(words: list[str], least: int = 1) -> bool:
    """Return whether words are more than names: they are in lower case, or in a script without capitals."""
    small = [word for word in words if not word[0].isupper() and len(word) > 1 and word.lower() not in _IN_NAMES]
    return len(words) >= least and (len(small) >= 2 or any(len(word) > 3 for word in small))


def _passages(text: str, own: re.Pattern[str]) -> list[str]:
    """Return the passages between words of the language's own script."""
    found, start = [], 0
    for match in _WORD.finditer(text):
        if own.search(match[0]):
            found.append(text[start : match.start()].strip(" \t\n.,;:!?()«»“”„\"'–—-"))
            start = match.end()
    return [*found, text[start:].strip(" \t\n.,;:!?()«»“”„\"'–—-")]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?…")

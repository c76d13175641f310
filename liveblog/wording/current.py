"""The newsroom's wording in the memory of each process, where gettext and scripts of libraries find it.

Django keeps one object per language with all translations. The newsroom's texts are put into the first of its
dictionaries, in front of the product's, so a look-up costs the same with them and without. Each process that serves
polls for newer ones every two seconds.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import trans_real

from liveblog import jobs, notify
from liveblog.wording import catalogue
from liveblog.wording.catalogue import Message
from liveblog.wording.models import Wording

logger = logging.getLogger(__name__)

#: Seconds between two polls, during which another process may show the former texts.
LOOK_SECONDS = 2.0

#: Numbers that cover every plural form of every language (Unicode CLDR, plural rules).
_NUMBERS = (*range(1000), 10_000, 100_000, 1_000_000, 1_000_001, 2_000_000)

#: The last decision that this process knows, and the number of decisions. Rows are only added, but may be committed out
#: of order.
_State = tuple[int, int]
_NOTHING: _State = (0, 0)
_known: _State = _NOTHING
_lock = threading.Lock()

#: The catalogues of the product.
_product: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

#: The newsroom's texts by language and message.
_own: Mapping[str, Mapping[str, list[str]]] = {}


def edition() -> str:
    """Return a key of the texts that this process shows; "" if all are those of the product."""
    last, count = _known
    return f"w{last}.{count}" if count else ""


def look() -> bool:
    """Load the newest texts, and return whether there were any that this process did not know."""
    global _known
    with _lock:
        found = Wording.objects.aggregate(last=models.Max("pk"), count=models.Count("pk"))
        state = (found["last"] or 0, found["count"])
        if state == _known:
            return False
        _show(Wording.objects.in_force())
        # Pages are cached under the key of these texts, so load the texts before changing the key.
        _known = state
    notify.run_change_callbacks()
    return True


def look_after_commit() -> None:
    transaction.on_commit(look)


async def follow_while_serving() -> None:
    """Poll for newer texts as long as the server runs."""

    def look_once() -> int:
        look()
        return 0

    await jobs.run_while_serving(look_once, LOOK_SECONDS, logger)


def forget() -> None:
    """Show the product's texts (for tests)."""
    global _known
    if _known != _NOTHING:
        with _lock:
            _show([])
            _known = _NOTHING


def product_texts(language: str, message: Message) -> list[str]:
    """Return the product's texts of a message: one, or one for each plural form of the language."""
    products = [_product_catalogue(trans_real.translation(language)), _product_of_scripts(language)]
    if not message.plural:
        return [next(filter(None, (product.get(message.id) for product in products)), message.singular)]
    english = [message.singular, *[message.plural] * (catalogue.number_of_forms(language) - 1)]
    found = []
    for form, numbers in enumerate(numbers_of_forms(language)):
        texts_of_form = (_text_of_form(product, message.id, form, numbers) for product in products)
        found.append(next(filter(None, texts_of_form), english[form]))
    return found


def _text_of_form(product: Any, name: str, form: int, numbers: list[int]) -> str | None:
    if not numbers:
        return product.get((name, form))
    try:
        # A library's catalogue may have other plural forms than ours.
        return product.plural(name, numbers[0])
    except KeyError:
        return None


def texts(language: str, message: Message) -> list[str]:
    """Return the present texts of a message: the newsroom's, or else the product's."""
    own = _own.get(language, {}).get(message.id)
    product = product_texts(language, message)
    return own if own and len(own) == len(product) else product


@lru_cache(maxsize=64)
def numbers_of_forms(language: str) -> list[list[int]]:
    """Return for each plural form of a language the first numbers that take it; none for a form of fractions only."""
    plural = _product_catalogue(trans_real.translation(language))._plurals[0]
    numbers: dict[int, list[int]] = defaultdict(list)
    for number in _NUMBERS:
        numbers[plural(number)].append(number)
    return [numbers[form][:3] for form in range(catalogue.number_of_forms(language))]


def _show(wordings: Iterable[Wording]) -> None:
    global _own
    own: dict[str, dict[str, list[str]]] = defaultdict(dict)
    words: dict[str, dict[str | tuple[str, int], str]] = defaultdict(dict)
    for wording in wordings:
        name = wording.source.id
        own[wording.language][name] = wording.texts
        if not wording.plural:
            words[wording.language][name] = wording.texts[0]
        elif len(wording.texts) == catalogue.number_of_forms(wording.language):
            words[wording.language] |= {(name, form): text for form, text in enumerate(wording.texts)}
    _own = own
    for language, _name in settings.LANGUAGES:
        # Django writes codes from addresses, cookies and browsers in lower case, and keeps an object for each spelling.
        for spelling in {language, language.lower()}:
            translation: Any = trans_real.translation(spelling)
            product = _product_catalogue(translation)
            shown: Any = trans_real.TranslationCatalog()
            shown._catalogs = [product._catalogs[0] | words[language], *product._catalogs[1:]]
            shown._plurals = product._plurals
            # Threads that are rendering at this moment may use either.
            translation._catalog = shown if words[language] else product


@lru_cache(maxsize=64)
def _product_of_scripts(language: str) -> Any:
    """Return the catalogue of the scripts of libraries."""
    return trans_real.DjangoTranslation(language, domain="djangojs")._catalog  # type: ignore[attr-defined]


def _product_catalogue(translation: Any) -> Any:
    """Return Django's `TranslationCatalog` of the product. Its attributes are private, so django-stubs lacks them."""
    return _product.setdefault(translation, translation._catalog)

"""The prices of the engines of machine translation, from which costs are calculated."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel.numbers import format_currency, list_currencies
from django.core.exceptions import ImproperlyConfigured

from liveblog.languages import active_locale

_PRICE = re.compile(r"(\S+)\s+(\d{1,6}(?:\.\d{1,4})?)\s+([A-Z]{3})", re.ASCII)


class Price(NamedTuple):
    """The price of a million characters, in a currency (ISO 4217)."""

    amount: Decimal
    currency: str

    def of(self, characters: int) -> str:
        """Return the price of some characters, formatted in the active language: “€0.25”."""
        return str(format_currency(self.amount * characters / 1_000_000, self.currency, locale=active_locale()))


@lru_cache(maxsize=16)
def parse(text: str) -> Mapping[str, Price]:
    """Return the prices of TRANSLATION_PRICES, "deepl 20 EUR; llm 0.6 USD", by the names of engines.

    Raise ImproperlyConfigured if the text is malformed.
    """
    found: dict[str, Price] = {}
    for each in filter(None, map(str.strip, text.split(";"))):
        match = _PRICE.fullmatch(each)
        if match is None or match[3] not in list_currencies():
            raise ImproperlyConfigured(
                f"TRANSLATION_PRICES has {each!r}. A price is the name of an engine, the price of a million characters "
                "and a currency (ISO 4217): deepl 20 EUR."
            )
        found[match[1]] = Price(Decimal(match[2]), match[3])
    return found

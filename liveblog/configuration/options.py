"""The settings that administrators can change, in a table, and their values.

A variable of the environment overrides a stored value, so operators stay in control of their servers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import RegexValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from liveblog.configuration import current
from liveblog.fields import TextFormField
from liveblog.lists import listed
from liveblog.translation import order, prices

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

_NO_ADDRESS = _("Enter a URL that begins with https:// or http://.")

#: The greatest number of days for which anything can be kept: ten years.
_MAX_DAYS = 3650


@dataclass(frozen=True)
class Option:
    """A setting that can be stored.

    name        the name of the environment variable and of the attribute of `settings`
    default     the value of that attribute if the variable is not set
    field       makes its form field
    is_secret   whether it is a key, which is never shown again
    sent_to     the option with the address that a key is sent to; "" if that is always the same one
    """

    name: str
    default: Any
    field: Callable[..., forms.Field]
    label: _StrOrPromise
    help: _StrOrPromise = ""
    is_secret: bool = False
    sent_to: str = ""

    @property
    def set_by_environment(self) -> bool:
        """Return whether the server's environment sets it, so that a stored value has no effect."""
        return self.name in settings.SET_BY_ENVIRONMENT or getattr(settings, self.name) != self.default


def _text(**more: Any) -> forms.Field:
    return TextFormField(**{"max_length": 500, **more})


def _secret(**more: Any) -> forms.Field:
    attributes = {"autocomplete": "new-password", "dir": "ltr", "spellcheck": "false"}
    # The entered value comes back to the person who entered it, never the stored one.
    widget = forms.PasswordInput(attrs=attributes, render_value=True)
    return TextFormField(widget=widget, max_length=1000, validators=[_is_header], **more)


def _address(**more: Any) -> forms.Field:
    attributes = {"dir": "ltr", "autocomplete": "off", "inputmode": "url"}
    return TextFormField(
        widget=forms.TextInput(attrs=attributes),
        max_length=500,
        validators=[RegexValidator(r"\Ahttps?://[^\s/?#@]+(/[^\s?#]*)?\Z", _NO_ADDRESS)],
        **more,
    )


def _name(**more: Any) -> forms.Field:
    return TextFormField(
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
        max_length=120,
        **more,
    )


def _days(least: int) -> Callable[..., forms.Field]:
    def field(**more: Any) -> forms.Field:
        return forms.IntegerField(min_value=least, max_value=_MAX_DAYS, **more)

    return field


def _flag(**more: Any) -> forms.Field:
    return forms.BooleanField(**more)


def _formality(**more: Any) -> forms.Field:
    choices = [("", _("As DeepL does by default")), ("more", _("Formal")), ("less", _("Informal"))]
    return forms.ChoiceField(choices=choices, **more)


def _email(**more: Any) -> forms.Field:
    return forms.EmailField(max_length=254, **more)


def _order(**more: Any) -> forms.Field:
    return _name(validators=[_is_order], **more)


def _is_header(key: str) -> None:
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ValidationError(_("A key has only letters, digits and signs of ASCII, and no spaces."))


def _is_order(rules: str) -> None:
    known = order.BUILT_IN
    try:
        parsed = order.parse(rules)
    except ImproperlyConfigured:
        parsed = []
    named = {name for _source, _target, names in parsed for name in names}
    # Only the environment can name a class, because its code is run.
    if not parsed or not named <= set(known):
        message = _("Name engines such as “deepl llm”, or rules such as “en>uk llm deepl”. There are: %(names)s.")
        raise ValidationError(message, params={"names": listed(known)})


def _prices(**more: Any) -> forms.Field:
    return _name(validators=[_is_prices], **more)


def _is_prices(text: str) -> None:
    try:
        prices.parse(text)
    except ImproperlyConfigured:
        message = _("Enter the price of a million characters for each engine, such as “%(prices)s”.")
        raise ValidationError(message, params={"prices": _PRICES}) from None


#: An example.
_PRICES = "deepl 20 EUR; google 20 USD"
_KEY, _ADDRESS_OF_SERVER = _("API key"), _("Server URL")

OPTIONS: Mapping[str, Option] = {
    option.name: option
    for option in (
        Option(
            "TRANSLATION_ENGINES",
            "",
            _order,
            _("Order"),
            _(
                "Leave empty to use all engines below in their order. “deepl llm” asks DeepL first; “en>uk llm deepl” "
                "is a rule for one pair of languages. Separate rules by semicolons."
            ),
        ),
        Option(
            "TRANSLATION_PRICES",
            "",
            _prices,
            _("Prices"),
            format_lazy(
                _(
                    "The price of a million characters for each engine, such as “{prices}”. The list of translations "
                    "and the live desk then show costs."
                ),
                prices=_PRICES,
            ),
        ),
        Option(
            "TRANSLATE_UNPUBLISHED",
            True,
            _flag,
            _("Also translate updates before they are published"),
            _("Otherwise no text that is scheduled or awaiting approval leaves this site."),
        ),
        Option("DEEPL_API_KEY", "", _secret, _KEY, is_secret=True, sent_to="DEEPL_URL"),
        Option("DEEPL_FORMALITY", "", _formality, _("Form of address")),
        Option("DEEPL_URL", "", _address, _ADDRESS_OF_SERVER, _("Leave empty for DeepL’s own server.")),
        Option("LLM_URL", "", _address, _ADDRESS_OF_SERVER, _("For example https://models.example/v1")),
        Option("LLM_MODEL", "", _name, _("Model")),
        Option("LLM_API_KEY", "", _secret, _KEY, is_secret=True, sent_to="LLM_URL"),
        Option("LLM_STYLE", "", _text, _("House style"), _("A sentence such as “Address readers formally.”")),
        Option("GOOGLE_TRANSLATE_API_KEY", "", _secret, _KEY, is_secret=True),
        Option("AZURE_TRANSLATOR_KEY", "", _secret, _KEY, is_secret=True),
        Option("AZURE_TRANSLATOR_REGION", "", _name, _("Region")),
        Option("LIBRETRANSLATE_URL", "", _address, _ADDRESS_OF_SERVER),
        Option("LIBRETRANSLATE_API_KEY", "", _secret, _KEY, is_secret=True, sent_to="LIBRETRANSLATE_URL"),
        Option("AKISMET_API_KEY", "", _secret, _KEY, is_secret=True),
        Option(
            "AUDIT_KEEP_DAYS",
            365,
            _days(0),
            _("Audit log, in days"),
            _("Enter 0 to keep it indefinitely."),
        ),
        Option(
            "COMMENTS_KEEP_ADDRESS_DAYS",
            30,
            _days(1),
            _("IP addresses and browsers of commenters, in days"),
            _("The spam check needs them. Readers are told this number."),
        ),
        Option(
            "PRIVACY_CONTACT",
            "",
            _email,
            _("Contact for questions about personal data"),
            _("Readers see this email address on the page about their data."),
        ),
    )
}

#: Unstored values that are being tested in this context.
_tried: ContextVar[Mapping[str, Any]] = ContextVar("settings that are being tried", default={})  # noqa: B039


def value(name: str) -> Any:
    """Return the value of a setting: the environment's, or else the stored one, or else the default."""
    option = OPTIONS[name]
    if option.set_by_environment:
        return getattr(settings, name)
    tried = _tried.get()
    if name in tried:
        return tried[name]
    return current.stored().get(name, option.default)


@contextmanager
def trying(values: Mapping[str, Any]) -> Iterator[None]:
    """Use values for settings in this context as if they were stored, to test them first."""
    token = _tried.set(values)
    try:
        yield
    finally:
        _tried.reset(token)

"""Test the services of settings by a real request, and report the result in a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from liveblog.errors import ProviderError
from liveblog.translation.engines import Engine
from liveblog.translation.order import BUILT_IN, NAMES

_SAMPLE = "Ministers met in Bucharest on Tuesday."
_SAMPLE_LANGUAGE = "en"


@dataclass(frozen=True)
class Result:
    """The result of a test: a sentence, and the translation of a sample by a translation service."""

    text: str
    succeeded: bool = False
    sample: str = ""
    translation: str = ""
    language: str = ""


#: Tests a service with the values that `liveblog.configuration.options.value` returns now.
Test = Callable[[], Result]


def failure(provider: str, error: ProviderError) -> Result:
    """Return the result of a request that failed."""
    texts = {
        "refused": _("%(provider)s rejected the API key."),
        "quota": _("The quota of %(provider)s is used up."),
        "busy": _("%(provider)s is getting too many requests. Try again in a few minutes."),
        "unreachable": _("%(provider)s isn’t responding."),
        "timeout": _("%(provider)s isn’t responding."),
    }
    other = _("%(provider)s doesn’t understand the request. Check the server URL and the model.")
    return Result(texts.get(error.reason, other) % {"provider": provider})


def works(provider: str, began: float) -> str:
    """Return the sentence for a service that answered. `began`: by the monotonic clock."""
    milliseconds = round((time.monotonic() - began) * 1000)
    return _("%(provider)s works. It responded in %(milliseconds)d ms.") % {
        "provider": provider,
        "milliseconds": milliseconds,
    }


def is_set_up(engine: str) -> bool:
    """Return whether the settings describe an engine."""
    return _class_of(engine).options() is not None


def engine_test(engine: str) -> Test:
    """Return the test of an engine of machine translation: it translates a sentence."""
    return partial(_test_engine, engine)


def _class_of(engine: str) -> type[Engine]:
    found: type[Engine] = import_string(BUILT_IN[engine])
    return found


def _test_engine(engine: str) -> Result:
    made_by = _class_of(engine)
    arguments = made_by.options()
    if arguments is None:
        return Result(_("Fill in the fields first."))
    others = [code for code, _name in settings.LANGUAGES if code != _SAMPLE_LANGUAGE]
    target = others[0] if others else "de"
    began = time.monotonic()
    try:
        # Not the engine that makes drafts: these settings are not saved.
        (translated,) = made_by(**arguments).translate([_SAMPLE], _SAMPLE_LANGUAGE, target, html=False)
    except ProviderError as error:
        return failure(NAMES[engine], error)
    return Result(works(NAMES[engine], began), True, _SAMPLE, translated, target)

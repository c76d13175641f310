"""The reasons why there is no machine draft, in words."""

from __future__ import annotations

from django.utils.translation import gettext


def failure_text(reason: str) -> str:
    """Return the reason why there is no machine draft, for users."""
    texts = {
        "unreachable": gettext("The translation provider can’t be reached."),
        "timeout": gettext("The translation provider didn’t respond in time."),
        "busy": gettext("The translation provider is busy."),
        "quota": gettext("The translation quota is used up."),
        "refused": gettext("The translation provider rejected the API key."),
        "unsupported": gettext("The translation provider doesn’t support this language pair."),
    }
    return texts.get(reason) or gettext("The machine translation was unusable.")

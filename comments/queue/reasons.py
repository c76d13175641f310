"""Reasons for rejecting a comment. Usual ones are stored by name, so each moderator reads them in their language."""

from django.db import models
from django.utils.translation import pgettext_lazy

from liveblog.blank import unless_blank


class Reason(models.TextChoices):
    INSULT = "insult", pgettext_lazy("reason for refusing a comment", "Abusive or hateful")
    OFF_TOPIC = "off-topic", pgettext_lazy("reason for refusing a comment", "Off topic")
    FALSE = "false", pgettext_lazy("reason for refusing a comment", "Harmful misinformation")
    PRIVATE = "private", pgettext_lazy("reason for refusing a comment", "Shares someone’s personal information")
    UNLAWFUL = "unlawful", pgettext_lazy("reason for refusing a comment", "Unlawful")
    OTHER = "other", pgettext_lazy("reason for refusing a comment", "Something else")


_BREAK = ": "
_MAX_LENGTH = 300


def encode(reason: str, words: str) -> str:
    """Return the text that a decision stores: the name of a usual reason, the moderator's own words, or both."""
    words = unless_blank(words)
    known = reason if reason in Reason.values and not (reason == Reason.OTHER and words) else ""
    return _BREAK.join(part for part in (known, " ".join(words.split())) if part)[:_MAX_LENGTH]


def decode(reason: str) -> tuple[str, str]:
    """Return the usual reason in the active language, and the moderator's own words in their language."""
    known, _break, words = reason.partition(_BREAK)
    return (str(Reason(known).label), words) if known in Reason.values else ("", reason)

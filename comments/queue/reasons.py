"""Why a comment was refused. Usual reasons are kept by name, so that each moderator reads them in their language."""

from django.db import models
from django.utils.translation import pgettext_lazy


class Reason(models.TextChoices):
    INSULT = "insult", pgettext_lazy("reason for refusing a comment", "Insulting or hateful")
    OFF_TOPIC = "off-topic", pgettext_lazy("reason for refusing a comment", "Not about the subject")
    FALSE = "false", pgettext_lazy("reason for refusing a comment", "Dangerously false")
    PRIVATE = "private", pgettext_lazy("reason for refusing a comment", "Private matters of somebody")
    UNLAWFUL = "unlawful", pgettext_lazy("reason for refusing a comment", "Against the law")
    OTHER = "other", pgettext_lazy("reason for refusing a comment", "Something else")


_BREAK = ": "
_LONGEST = 300


def written(reason: str, words: str) -> str:
    """As a decision keeps it: a usual reason, words of the moderator's own, or both."""
    known = reason if reason in Reason.values and not (reason == Reason.OTHER and words.strip()) else ""
    return _BREAK.join(part for part in (known, " ".join(words.split())) if part)[:_LONGEST]


def read(reason: str) -> tuple[str, str]:
    """The usual reason in the language of who reads, and the moderator's own words, which are in any."""
    known, _break, words = reason.partition(_BREAK)
    return (str(Reason(known).label), words) if known in Reason.values else ("", reason)

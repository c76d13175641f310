"""Clean plain text, which people may have pasted from anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import models

from articles.text.bidi import balanced

#: Control characters, which databases and feeds reject, and code points that are no characters.
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff]")
#: Line ends of word processors and operating systems.
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def lines(text: str) -> str:
    """Return the text without control characters; bidirectional controls have no effect beyond their line."""
    text = NO_TEXT.sub("", _BREAK.sub("\n", text))
    return "\n".join(balanced(line) for line in text.split("\n")).strip()


def line(text: str) -> str:
    """Clean as `lines` does, and join the lines to one."""
    parts = (part.strip(" ") for part in re.split("[\n\t]", lines(text)))
    return " ".join(filter(None, parts))


class CleanedField(models.Field):
    """A mixin for fields whose text is cleaned by every write. It precedes the field class that stores the text."""

    def normalise(self, text: str | None) -> str | None:
        """Return the text as it is stored."""
        raise NotImplementedError

    def clean(self, value: str | None, model_instance: models.Model | None) -> str | None:
        return super().clean(self.normalise(value), model_instance)

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        written = super().pre_save(model_instance, add)
        value = self.normalise(written)
        if value != written:
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: object) -> object:
        value = super().get_prep_value(value)
        return self.normalise(value) if isinstance(value, str) else value


class LineField(CleanedField, models.CharField):
    """One line of plain text."""

    def normalise(self, text: str | None) -> str | None:
        return line(text) if text else text

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class LinesField(CleanedField, models.TextField):
    """Plain text of several lines."""

    def normalise(self, text: str | None) -> str | None:
        return lines(text) if text else text

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

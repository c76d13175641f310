"""Constraints of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models


class DatabaseCheck(models.CheckConstraint):
    """A check that only the database makes: the fields and the `clean` of its model hold the same rule.

    They name the wrong field, which a check cannot do. Django's own class would also query the database for each check
    during validation, which takes longer than all the rest of it.
    """

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: see above."""

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        # Migrations depend on the check, not on the way in which forms are validated.
        _path, args, kwargs = super().deconstruct()
        return "django.db.models.CheckConstraint", args, kwargs

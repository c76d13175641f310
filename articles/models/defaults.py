"""The default settings of new coverage."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.base import CoverageRules
from liveblog.constraints import DatabaseCheck
from liveblog.fields import LanguagesField
from liveblog.moments.fields import TimeZoneField


class CoverageDefaults(CoverageRules):
    """The initial settings of new coverage. One row; existing coverage keeps its own."""

    languages = LanguagesField(
        _("languages"), blank=True, default=list, help_text=_("The languages in which new coverage appears.")
    )
    time_zone = TimeZoneField(_("time zone"), default=timezone.get_default_timezone_name)

    class Meta:
        default_permissions = ("change",)
        verbose_name = _("default settings for coverage")
        verbose_name_plural = _("default settings for coverage")
        constraints = [DatabaseCheck(condition=models.Q(pk=1), name="one_row_of_usual_settings")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def stored(cls) -> CoverageDefaults:
        """Return the row, or the defaults of the product if there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def values(self) -> dict[str, Any]:
        """Return the columns that it sets in a new article, without languages that the site does not offer now."""
        offered = {code for code, _name in settings.LANGUAGES}
        names = ("time_zone", "needs_release", "shows_writing")
        return {
            **{name: getattr(self, name) for name in names},
            "languages": [code for code in self.languages if code in offered],
            "policies": dict(self.policies),
        }

"""The view of messages for scripts of libraries, in place of Django's own: with the newsroom's texts."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.i18n import JavaScriptCatalog

from liveblog.wording import catalogue, current


class _Catalogue(JavaScriptCatalog):
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def get_catalog(self) -> dict[str, str | list[str]]:
        """Return the texts by message: one, or one for each plural form."""
        found: dict[str, str | list[str]] = {}
        for message in catalogue.script_messages().values():
            texts = current.texts(_language(), message)
            found[message.id] = texts if message.plural else texts[0]
        return found

    def get_plural(self) -> Any:
        """Return the JavaScript expression for the plural form of a number."""
        return re.sub(r".*plural\s*=\s*|\s*;?\s*$", "", catalogue.plural_forms(_language()))


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


words = admin.site.admin_view(never_cache(_Catalogue.as_view()))

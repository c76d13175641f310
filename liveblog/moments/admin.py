"""Moments in the admin: each in the time zone of its row, with the name of the zone."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from liveblog.admin_input import InputAdmin
from liveblog.moments import formats


class MomentsAdmin(InputAdmin):
    """An admin that shows all moments of a row in one time zone: in lists, read-only fields and the history."""

    def zone_of(self, item: Any) -> tzinfo:
        """Return the zone of an item's moments: here the site's, for items that belong to no article."""
        return timezone.get_default_timezone()

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self._column(name) for name in super().get_list_display(request)]

    def _moments(self) -> dict[str, models.DateTimeField]:
        """Return the fields for moments by name."""
        return {field.name: field for field in self.model._meta.fields if isinstance(field, models.DateTimeField)}

    def _column(self, name: Any) -> Any:
        """Return a column of the list that shows a moment in the zone of its row; return other columns unchanged."""
        field = self._moments().get(name)
        if field is None:
            return name
        column: Any = partial(self._shown, name)
        column.__name__ = name
        return admin.display(description=field.verbose_name, ordering=name)(column)

    def _shown(self, name: str, item: Any) -> SafeString | None:
        value = getattr(item, name)
        return formats.element(value, self.zone_of(item)) if isinstance(value, datetime) else value

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        item = context["adminform"].form.instance
        # Format all before replacing one, because the zone may depend on them.
        names = self._moments().keys() & set(context["adminform"].readonly_fields)
        for name, shown in {name: self._shown(name, item) for name in names}.items():
            setattr(item, name, shown)
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        item = self.get_object(request, object_id)
        zone = {} if item is None else {"zone": self.zone_of(item)}
        return super().history_view(request, object_id, zone | (extra_context or {}))

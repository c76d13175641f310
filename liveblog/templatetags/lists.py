"""Template tags for the lists of the newsroom."""

from collections.abc import Sequence
from typing import Any

from babel.numbers import format_decimal
from django import template
from django.contrib.admin.templatetags.admin_list import paginator_number
from django.contrib.admin.views.main import ChangeList
from django.utils.safestring import SafeString, mark_safe

from liveblog.languages import active_locale

register = template.Library()


@register.simple_tag
def page_link(listed: ChangeList, number: Any) -> SafeString:
    """Return Django's link to a page of a list, with the separators of the language in its number."""
    link = paginator_number(listed, number)
    if not isinstance(number, int):
        return link
    written = format_decimal(number, locale=active_locale())
    return mark_safe(link.replace(f">{number}<", f">{written}<"))


@register.simple_tag
def chosen(choices: Sequence[dict[str, Any]]) -> object:
    """Return the label of the chosen value of a filter; "" for the first value, which stands for all."""
    return next((choice["display"] for choice in choices[1:] if choice["selected"]), "")

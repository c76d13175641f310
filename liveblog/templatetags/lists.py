"""Template tags for the lists of the newsroom."""

from babel.numbers import format_decimal
from django import template
from django.contrib.admin.templatetags.admin_list import paginator_number
from django.contrib.admin.views.main import ChangeList
from django.utils.safestring import SafeString, mark_safe

from liveblog.languages import active_locale

register = template.Library()


@register.simple_tag
def page_link(listed: ChangeList, number: int | str) -> SafeString:
    """Return Django's link to a page of a list, with the separators of the language in its number."""
    link = paginator_number(listed, number)
    if not isinstance(number, int):
        return link
    written = format_decimal(number, locale=active_locale())
    return mark_safe(link.replace(f">{number}<", f">{written}<"))

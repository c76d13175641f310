"""Template tags for the metadata of link previews in social networks (Open Graph)."""

from django import template
from django.utils import translation

from articles.cards import contents
from articles.templatetags.live import absolute
from liveblog import languages

register = template.Library()


@register.simple_tag
def open_graph_locale() -> str:
    """Return the locale of the active language (Open Graph): 'en_GB'."""
    return languages.open_graph_locale(translation.get_language() or "en")


@register.simple_tag
def site_card() -> str:
    """Return the address of the site's card in the active language."""
    return absolute(contents.site_card_url(translation.get_language() or "en"))

from typing import Any

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from articles.models import Article
from comments import rendering

register = template.Library()

#: How many of the newest threads stand beside a report; all are on the comments page.
BESIDE = 20


@register.inclusion_tag("comments/beside.html")
def comments_of(article: Article) -> dict[str, Any]:
    """The newest comments of an article, the way to all of them, and the form."""
    language = get_language() or "en"
    threads = list(rendering.threads_of(article.pk)[: BESIDE + 1])
    return {
        "url": f"{article.url(language)}comments/",
        "count": mark_safe(rendering.count_html(article, language)),
        "chosen": mark_safe(rendering.chosen_html(article, language)),
        "threads": rendering.threads_html(threads[:BESIDE], article, language),
        "form": mark_safe(rendering.form_html(article, language)),
        "more": len(threads) > BESIDE,
    }

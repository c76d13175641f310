from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from articles.models import Article
from comments import rendering

register = template.Library()

#: The number of threads on the live page: the newest. The comments page has all.
SIDEBAR_THREADS = 20


@register.inclusion_tag("comments/sidebar.html")
def comments_of(article: Article) -> dict[str, object]:
    """Show the newest comments of an article, a link to all of them, and the form."""
    language = get_language() or "en"
    threads = list(rendering.threads_of(article.pk)[: SIDEBAR_THREADS + 1])
    return {
        "url": f"{article.url(language)}comments/",
        "count": mark_safe(rendering.count_html(article, language)),
        "featured": mark_safe(rendering.featured_html(article, language)),
        "threads": rendering.threads_html(threads[:SIDEBAR_THREADS], article, language),
        "form": mark_safe(rendering.form_html(article, language)),
        # The first thread that is not on this page; newer ones are.
        "above": threads[SIDEBAR_THREADS].sort_key if len(threads) > SIDEBAR_THREADS else "",
    }

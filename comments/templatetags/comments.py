from typing import Any

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from comments.models import Comment
from comments.rendering import comment_html

register = template.Library()

#: How many of the newest comments stand beside a report; all are on the comments page.
BESIDE = 20


@register.inclusion_tag("comments/beside.html")
def comments_of(article_id: int, url: str) -> dict[str, Any]:
    """The newest approved comments of an article, and the way to all of them and to the form."""
    language = get_language() or "en"
    found = list(Comment.objects.approved().filter(article_id=article_id)[: BESIDE + 1])
    html = [comment_html(comment, language) for comment in found[:BESIDE]]
    return {"url": f"{url}comments/", "comments": mark_safe("".join(html)), "more": len(found) > BESIDE}

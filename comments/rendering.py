"""How comments look: the same HTML on the page that is loaded and in the frame that is pushed."""

from collections.abc import Collection, Iterable, Mapping

from django.template.loader import get_template
from django.utils import timezone, translation

from articles.models import Article
from comments.models import Comment
from liveblog.delivery.elements import Operation, number_of
from liveblog.languages import direction


def comment_html(comment: Comment, language: str) -> str:
    return get_template("comments/comment.html").render(
        {"comment": comment, "foreign": comment.language != language, "direction": direction(comment.language)}
    )


def render_comments(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    article = Article.objects.get(pk=article_id)
    approved = Comment.objects.approved().filter(article_id=article_id, pk__in=map(number_of, elements))
    found = {comment.element: comment for comment in approved}
    operations: dict[str, list[Operation]] = {}
    for language in languages:
        with translation.override(language), timezone.override(article.zone):
            operations[language] = [_operation(element, found.get(element), language) for element in elements]
    return operations


def render_surroundings(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    return {language: [] for language in languages}


def _operation(element: str, comment: Comment | None, language: str) -> Operation:
    if comment is None:
        return {"op": "remove", "id": element}
    return {
        "op": "put",
        "id": element,
        "list": "comments",
        "sort": comment.sort_key,
        "html": comment_html(comment, language),
    }

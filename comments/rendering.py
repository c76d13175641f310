"""How comments look: the same HTML on the page that is loaded and in the frame that is pushed.

The element of a page is a thread: a comment at the first level with the last of its answers. What is pushed for one
more answer is therefore small, however long the thread has become; all of it is on a page of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from babel.numbers import format_decimal
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article
from comments.forms import CommentForm
from comments.models import Comment, Discussion, Policy
from comments.models.comment import CHOSEN, COUNT
from comments.models.rules import FORM
from comments.text import html_of
from comments.translation import possible
from liveblog.delivery.elements import Operation, in_each_language, number_of
from liveblog.languages import direction

#: How many answers of a thread stand in a list of threads: the last ones.
ANSWERS = 5

#: How many of the editors' choice stand above all.
CHOICES = 3


# Queries --------------------------------------------------------------------------------------------------------------


def shown() -> QuerySet[Comment]:
    """Comments with all that is said of them, and nothing that is not: e-mails stay in the database."""
    columns = ("article", "parent", "thread", "language", "name", "text", "state", "written_at", "edited_at")
    return Comment.objects.only(*columns, "featured", "answers", "shown")


def threads_of(article_id: int) -> Any:
    return shown().filter(article=article_id).threads()


def last_answers(threads: Iterable[Comment]) -> dict[int, list[Comment]]:
    """The last answers of each thread, in the order in which they were written; one query for all."""
    place = Window(RowNumber(), partition_by=F("thread"), order_by=[F("written_at").desc(), F("pk").desc()])
    answered = [thread.pk for thread in threads if thread.answers]
    if not answered:
        return {}
    rows = answers_of(answered).annotate(place=place).filter(place__lte=ANSWERS)
    found = defaultdict(list)
    for row in rows:
        found[row.thread_id].append(row)
    return found


def answers_of(threads: Collection[int]) -> Any:
    """Approved answers, with the name of whom they answer."""
    rows = shown().approved().filter(thread__in=threads).select_related("parent")
    return rows.only(*_ANSWER_COLUMNS).order_by("written_at", "pk")


_ANSWER_COLUMNS = (
    *("article", "parent", "thread", "language", "name", "text", "state", "written_at", "edited_at", "featured"),
    *("parent__name", "parent__state", "parent__thread"),
)


# HTML -----------------------------------------------------------------------------------------------------------------


def comment_context(comment: Comment, article: Article, language: str) -> dict[str, Any]:
    """What there is to say of a comment. Call within `reading`."""
    parent = comment.parent if comment.thread_id else None
    return {
        "comment": comment,
        "url": f"{article.url(language)}comments/",
        "foreign": comment.language != language,
        "direction": direction(comment.language),
        "text": html_of(comment.text),
        "translatable": comment.language != language and possible(),
        # Who answers the comment above it does not have to say so.
        "answered": parent if parent and parent.thread_id and parent.state == Comment.State.APPROVED else None,
    }


def comment_html(comment: Comment, article: Article, language: str) -> str:
    """One comment by itself. Call within `reading`."""
    return get_template("comments/comment.html").render(comment_context(comment, article, language))


def thread_html(thread: Comment, answers: list[Comment], article: Article, language: str) -> str:
    """The element of a thread: a comment with these of its answers. Call within `reading`."""
    approved = thread.state == Comment.State.APPROVED
    return get_template("comments/thread.html").render(
        {
            "thread": thread,
            "url": f"{article.url(language)}comments/{thread.pk}/",
            "comment": mark_safe(comment_html(thread, article, language)) if approved else "",
            "answers": mark_safe("".join(comment_html(answer, article, language) for answer in answers)),
            "earlier": thread.answers - len(answers),
        }
    )


def threads_html(threads: list[Comment], article: Article, language: str) -> SafeString:
    """A list of threads, with constant queries. Call within `reading`."""
    answers = last_answers(threads)
    return mark_safe("".join(thread_html(one, answers.get(one.pk, []), article, language) for one in threads))


def count_html(article: Article, language: str) -> str:
    count = Comment.objects.approved().filter(article=article).count()
    written = format_decimal(count, locale=language)
    return get_template("comments/count.html").render({"count": count, "written": written})


def chosen_html(article: Article, language: str) -> str:
    chosen = shown().approved().filter(article=article, featured=True)[:CHOICES]
    comments = [comment_context(comment, article, language) for comment in chosen]
    return get_template("comments/chosen.html").render({"comments": comments})


def form_html(article: Article, language: str, **context: Any) -> str:
    """The form for one more comment, or the sentence that there is none. Call within `reading`."""
    discussion = Discussion.of(article.pk)
    return get_template("comments/form.html").render(
        {
            "form": CommentForm(article=article),
            "action": f"{article.url(language)}comments/",
            "open": discussion.is_open,
            "at_once": discussion.policy == Policy.AT_ONCE,
            "privacy_url": f"{article.url(language)}comments/privacy/",
        }
        | context
    )


# Elements, for live delivery ------------------------------------------------------------------------------------------


def render_threads(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    threads = list(threads_of(article_id).filter(pk__in=map(number_of, elements)))
    found = {thread.element: thread for thread in threads}
    answers = last_answers(threads)

    def operations(article: Article, language: str) -> list[Operation]:
        return [_thread_operation(found.get(element), element, answers, article, language) for element in elements]

    return in_each_language(Article.objects.filter(pk=article_id).first(), languages, operations)


def _thread_operation(
    thread: Comment | None, element: str, answers: dict[int, list[Comment]], article: Article, language: str
) -> Operation:
    if thread is None:
        return {"op": "remove", "id": element}
    return {
        "op": "put",
        "id": element,
        "list": "comments",
        "sort": thread.sort_key,
        "html": thread_html(thread, answers.get(thread.pk, []), article, language),
    }


#: The elements besides the threads.
_SECTIONS: dict[str, Callable[[Article, str], str]] = {COUNT: count_html, CHOSEN: chosen_html, FORM: form_html}


def render_sections(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    def operations(article: Article, language: str) -> list[Operation]:
        return [{"op": "set", "id": element, "html": _SECTIONS[element](article, language)} for element in elements]

    return in_each_language(Article.objects.filter(pk=article_id).first(), languages, operations)

"""Render comments: the same HTML for pages and for frames of live delivery.

The element of a page is a thread: a first-level comment with its last answers. A frame with a new answer is therefore
small, however long the thread is. The whole thread has its own page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from babel.numbers import format_decimal
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article
from comments import translation
from comments.forms import CommentForm
from comments.models import Comment, Discussion, Policy
from comments.models.comment import COUNT, FEATURED, CommentQuerySet
from comments.models.rules import FORM
from comments.text import html_of
from liveblog.delivery.elements import Operation, in_each_language, number_of
from liveblog.languages import direction, language_name, locale_of

#: The number of answers below each thread of a list: the last ones.
MAX_ANSWERS = 5

#: The number of editors' choices on the page.
MAX_FEATURED = 3


# Queries --------------------------------------------------------------------------------------------------------------


def for_readers() -> CommentQuerySet:
    """Return comments with the columns that readers see, and no others: e-mails stay in the database."""
    columns = ("article", "parent", "thread", "language", "name", "text", "state", "written_at", "edited_at")
    return Comment.objects.only(*columns, "featured", "answers", "shown")


def threads_of(article_id: int) -> CommentQuerySet:
    return for_readers().filter(article=article_id).threads()


def last_answers(threads: Iterable[Comment]) -> dict[int, list[Comment]]:
    """Return the last answers of each thread, oldest first, with one query for all threads."""
    place = Window(RowNumber(), partition_by=F("thread"), order_by=[F("written_at").desc(), F("pk").desc()])
    answered = [thread.pk for thread in threads if thread.answers]
    if not answered:
        return {}
    rows = answers_of(answered).annotate(place=place).filter(place__lte=MAX_ANSWERS)
    found: dict[int, list[Comment]] = defaultdict(list)
    for row in rows:
        assert row.thread_id is not None
        found[row.thread_id].append(row)
    return found


def answers_of(threads: Collection[int]) -> CommentQuerySet:
    """Return the approved answers in threads, with the name of the author whom each answers."""
    rows = for_readers().approved().filter(thread__in=threads).select_related("parent")
    return rows.only(*_ANSWER_COLUMNS).order_by("written_at", "pk")


_ANSWER_COLUMNS = (
    *("article", "parent", "thread", "language", "name", "text", "state", "written_at", "edited_at", "featured"),
    *("parent__name", "parent__state", "parent__thread"),
)


# HTML -----------------------------------------------------------------------------------------------------------------


def comment_context(comment: Comment, article: Article, language: str) -> dict[str, object]:
    """Return the context of a comment's template. Call within `page_locale`."""
    parent = comment.parent if comment.thread_id else None
    return {
        "comment": comment,
        "url": f"{article.url(language)}comments/",
        "foreign": comment.language != language,
        "direction": direction(comment.language),
        "language_name": language_name(comment.language),
        "text": html_of(comment.text),
        "translatable": comment.language != language and translation.available(),
        # An answer to the first comment of the thread need not name that comment's author.
        "answered": parent if parent and parent.thread_id and parent.state == Comment.State.APPROVED else None,
    }


def comment_html(comment: Comment, article: Article, language: str) -> str:
    """Return the HTML of one comment. Call within `page_locale`."""
    return get_template("comments/comment.html").render(comment_context(comment, article, language))


def thread_html(thread: Comment, answers: list[Comment], article: Article, language: str) -> str:
    """Return the element of a thread: a comment with some of its answers. Call within `page_locale`."""
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
    """Return the elements of threads, with a constant number of queries. Call within `page_locale`."""
    answers = last_answers(threads)
    return mark_safe("".join(thread_html(one, answers.get(one.pk, []), article, language) for one in threads))


def count_html(article: Article, language: str) -> str:
    count = Comment.objects.approved().filter(article=article).count()
    written = format_decimal(count, locale=locale_of(language))
    return get_template("comments/count.html").render({"count": count, "written": written})


def featured_html(article: Article, language: str) -> str:
    featured = for_readers().approved().filter(article=article, featured=True)[: MAX_FEATURED + 1]
    comments = [comment_context(comment, article, language) for comment in featured[:MAX_FEATURED]]
    context = {"comments": comments, "complete": len(featured) <= MAX_FEATURED}
    return get_template("comments/featured.html").render(context)


def form_html(article: Article, language: str, **context: object) -> str:
    """Return the form for a comment, or the sentence that comments are closed. Call within `page_locale`."""
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
_SECTIONS: dict[str, Callable[[Article, str], str]] = {COUNT: count_html, FEATURED: featured_html, FORM: form_html}


def render_sections(
    article_id: int, elements: Collection[str], languages: Collection[str]
) -> Mapping[str, Iterable[Operation]]:
    def operations(article: Article, language: str) -> list[Operation]:
        return [{"op": "set", "id": element, "html": _SECTIONS[element](article, language)} for element in elements]

    return in_each_language(Article.objects.filter(pk=article_id).first(), languages, operations)

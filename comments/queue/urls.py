"""The addresses of the queue, under /admin/comments/comment/."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from comments.queue import views

View = Callable[..., HttpResponseBase]


def patterns(wrap: Callable[[View], View]) -> list[URLPattern]:
    """Return the URL patterns of the queue; `wrap` is the admin's own decorator for views."""
    found: list[tuple[str, View, str]] = [
        ("", views.page, "comment_changelist"),
        ("entries/", views.entries, "queue_entries"),
        ("decide/", views.decide, "queue_decide"),
        ("undo/", views.undo, "queue_undo"),
        ("rules/<int:article>/", views.rules, "queue_rules"),
        ("<int:pk>/claim/", views.claim, "queue_claim"),
        ("<int:pk>/note/", views.note, "queue_note"),
        ("<int:pk>/ban/", views.ban, "queue_ban"),
        ("<int:pk>/translate/", views.translate, "queue_translate"),
        ("<int:pk>/feature/", views.feature, "queue_feature"),
        ("<int:pk>/update/", views.make_update, "queue_update"),
    ]
    return [path(rest, wrap(view), name=f"comments_{name}") for rest, view, name in found]

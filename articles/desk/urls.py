"""The addresses of an article's desk, under /admin/articles/article/<pk>/desk/."""

from collections.abc import Callable

from django.urls import URLPattern, path

from articles.desk import views
from articles.desk.views import View


def patterns(wrap: Callable[[View], View]) -> list[URLPattern]:
    """Return the URL patterns. `wrap` is `AdminSite.admin_view`, which requires a login."""
    desk = "<int:pk>/desk/"
    views_by_path = [
        ("", views.page, "desk"),
        ("entries/", views.entries, "desk_entries"),
        ("followers/", views.followers, "desk_followers"),
        ("updates/", views.write, "desk_write"),
        ("updates/preview/", views.preview, "desk_preview_new"),
        ("updates/<int:update>/", views.rewrite, "desk_rewrite"),
        ("updates/<int:update>/composer/", views.composer, "desk_composer"),
        ("updates/<int:update>/preview/", views.preview, "desk_preview"),
        ("updates/<int:update>/<slug:action>/", views.act, "desk_act"),
        ("coverage/finish/question/", views.finish, "desk_finish"),
        ("coverage/<slug:action>/", views.cover, "desk_cover"),
        ("related/", views.related, "desk_related"),
        ("notes/", views.write_note, "desk_notes"),
        ("notes/<int:note>/delete/", views.delete_note, "desk_delete_note"),
    ]
    return [path(f"{desk}{rest}", wrap(view), name=f"articles_{name}") for rest, view, name in views_by_path]

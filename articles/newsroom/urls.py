"""The addresses of home and of the pages around the desks, under /admin/."""

from django.contrib import admin
from django.urls import path

from articles.newsroom import views

_wrap = admin.site.admin_view

urlpatterns = [
    # In place of Django's list of tables, which has its own address here.
    path("", _wrap(views.home), name="newsroom"),
    path("now/", _wrap(views.now), name="newsroom-now"),
    path("start/", _wrap(views.start), name="start"),
    path("start/plan/", _wrap(views.plan), name="start-plan"),
    path("go/", _wrap(views.go), name="go"),
    path("go/found/", _wrap(views.found), name="go-found"),
    path("tables/", _wrap(views.tables), name="tables"),
]

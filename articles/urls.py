from django.urls import path

from articles.page import views

urlpatterns = [
    path("", views.index, name="index"),
    path("live/<slug:slug>/", views.live, name="live"),
    path("live/<slug:slug>/changes", views.changes, name="changes"),
    path("live/<slug:slug>/liveblog.json", views.liveblog, name="liveblog"),
    path("live/<slug:slug>/update/<int:pk>/", views.update, name="update"),
]

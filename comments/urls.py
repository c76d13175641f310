from django.urls import path

from comments.views import own, service, threads

urlpatterns = [
    path("live/<slug:slug>/comments/", threads.comments, name="comments"),
    path("live/<slug:slug>/comments/privacy/", threads.privacy, name="comments-privacy"),
    path("live/<slug:slug>/comments/mine/<str:secret>/", own.own, name="own-comment"),
    path("live/<slug:slug>/comments/<int:pk>/", threads.thread, name="thread"),
    path("live/<slug:slug>/comments/<int:pk>/translation/", service.translate, name="translate-comment"),
    path("live/<slug:slug>/comments/<int:pk>/report/", service.report, name="report-comment"),
    path("comments/unsubscribe/<str:token>/", service.unsubscribe, name="unsubscribe"),
]

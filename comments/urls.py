from django.urls import path

from comments.views import addresses, own, service, threads

urlpatterns = [
    path("live/<slug:slug>/comments/", threads.comments, name="comments"),
    path("live/<slug:slug>/comments/privacy/", threads.privacy, name="comments-privacy"),
    path("live/<slug:slug>/comments/mine/", own.own, name="own-comment"),
    path("live/<slug:slug>/comments/<int:pk>/", threads.thread, name="thread"),
    path("live/<slug:slug>/comments/<int:pk>/translation/", service.translate, name="translate-comment"),
    path("live/<slug:slug>/comments/<int:pk>/report/", service.report, name="report-comment"),
    path("comments/confirm/", addresses.confirm, name="confirm-email"),
    path("comments/unsubscribe/", addresses.unsubscribe, name="unsubscribing"),
    path("comments/unsubscribe/<str:token>/", addresses.unsubscribe, name="unsubscribe"),
]

from django.urls import path

from comments import views

urlpatterns = [path("live/<slug:slug>/comments/", views.comments, name="comments")]

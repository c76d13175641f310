from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path, register_converter
from django.views.static import serve

from liveblog import views
from liveblog.converters import LanguageConverter

register_converter(LanguageConverter, "language")

urlpatterns = [
    path("", views.to_language, name="root"),
    path("healthz", views.alive),
    path("readyz", views.ready),
    path("robots.txt", views.robots),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("<language:language>/", include("comments.urls")),
    path("<language:language>/", include("articles.urls")),
    # File names of uploads are never used twice.
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
]

handler404 = "liveblog.views.not_found"
handler500 = "liveblog.views.failed"

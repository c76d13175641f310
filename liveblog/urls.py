from allauth.account.views import password_change
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path, register_converter

from articles.embedding import views as embedding
from articles.feeds.views import indexnow_key, news, sitemap, sitemap_index
from articles.following import views as following
from articles.polls.views import vote
from articles.rest.routing import router as coverage_api
from comments.rest import router as comments_api
from liveblog import metrics, views
from liveblog.accounts import views as accounts
from liveblog.branding import settings_page
from liveblog.branding import views as branding
from liveblog.converters import IndexNowKeyConverter, LanguageConverter
from liveblog.newsroom import app
from liveblog.newsroom import settings as settings_pages
from liveblog.rest import site as rest
from liveblog.service_worker import service_worker
from liveblog.wording import scripts
from liveblog.wording import settings_page as wording

register_converter(LanguageConverter, "language")
register_converter(IndexNowKeyConverter, "indexnow")

api, api_urls = rest.make(coverage_api, comments_api)

urlpatterns = [
    path("", views.to_language, name="root"),
    path("healthz", views.alive),
    path("readyz", views.ready),
    path("metrics", metrics.metrics),
    path("robots.txt", views.robots),
    path("service-worker.js", service_worker, name="service-worker"),
    # For the service worker, which has no language.
    path("push/renew/", following.renew, {"language": settings.LANGUAGE_CODE}, name="push-renew"),
    path("sitemap.xml", sitemap_index, name="sitemap-index"),
    path("sitemap-<slug:section>.xml", sitemap, name="sitemap"),
    path("news-sitemap.xml", news, name="news-sitemap-of-all"),
    path("<indexnow:key>.txt", indexnow_key, name="indexnow-key"),
    path("brand/<slug:digest>.css", branding.styles, name="brand-styles"),
    path("brand/<slug:digest>.<slug:extension>", branding.file, name="brand-file"),
    path("i18n/", include("django.conf.urls.i18n")),
    # In place of Django's own, which support neither second factors nor throttling.
    path("admin/login/", accounts.login, name="account_login"),
    path("admin/password_change/", password_change, name="account_change_password"),
    path("admin/roles/", accounts.roles_page, name="roles"),
    path("admin/invite/", accounts.invite, name="invite"),
    path("admin/settings/", settings_pages.first, name="settings"),
    path("admin/settings/<slug:name>/", settings_pages.section, name="settings-section"),
    path("admin/settings/look/preview/", settings_page.preview, name="settings-look-preview"),
    path("admin/settings/words/import/", wording.import_words, name="settings-words-import"),
    path("admin/settings/words/<language:language>.po", wording.export_words, name="settings-words-export"),
    path("admin/settings/words/<language:language>/<slug:key>/", wording.message_words, name="settings-words-message"),
    # In place of Django's own, which lacks the newsroom's wording.
    path("admin/jsi18n/", scripts.words, name="script-words"),
    path("admin/manifest.webmanifest", app.manifest, name="newsroom-manifest"),
    path("admin/worker.js", app.worker, name="newsroom-worker"),
    path("admin/resume/", app.resume, name="newsroom-resume"),
    path("accounts/", include("liveblog.accounts.urls")),
    path("admin/", include("articles.newsroom.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include((api_urls, "api"))),
    path("embed.js", embedding.script, name="embed-script"),
    path("embed/<language:language>/<slug:slug>/", embedding.page, name="embed-page"),
    path("embed/<language:language>/<slug:slug>/fragment.html", embedding.fragment, name="embed-fragment"),
    path("oembed", embedding.oembed, name="oembed"),
    path("vote/<language:language>/<int:pk>/", vote, name="vote"),
    path("<language:language>/", include("comments.urls")),
    path("<language:language>/", include("articles.urls")),
    re_path(r"^media/(?P<path>.*)$", views.upload),
]

handler404 = "liveblog.views.not_found"
handler500 = "liveblog.views.failed"

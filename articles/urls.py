from django.urls import path

from articles.feeds.views import feed, news
from articles.following import views as following
from articles.listings import views as listings
from articles.page import views

urlpatterns = [
    path("", listings.index, name="index"),
    path("topics/", listings.topics, name="topics"),
    path("topics/<slug:slug>/", listings.topic, name="topic"),
    path("topics/<slug:topic>/feed.atom", feed, {"name": "atom"}, name="topic-feed-atom"),
    path("topics/<slug:topic>/feed.json", feed, {"name": "json"}, name="topic-feed-json"),
    path("authors/", listings.authors, name="authors"),
    path("authors/<int:pk>/", listings.author, name="author"),
    path("authors/<int:author>/feed.atom", feed, {"name": "atom"}, name="author-feed-atom"),
    path("authors/<int:author>/feed.json", feed, {"name": "json"}, name="author-feed-json"),
    path("archive/", listings.archive, name="archive"),
    path("archive/<int:year>/<int:month>/", listings.month, name="archive-month"),
    path("search/", listings.search, name="search"),
    path("card-<slug:digest>.jpg", views.site_card, name="site-card"),
    path("feed.atom", feed, {"name": "atom"}, name="feed-atom"),
    path("feed.json", feed, {"name": "json"}, name="feed-json"),
    path("news-sitemap.xml", news, name="news-sitemap"),
    path("following/", following.following, name="following"),
    path("follow/", following.follow, name="follow"),
    path("follow/leave/", following.leave, name="follow-leave"),
    path("follow/quiet-hours/", following.quiet_hours, name="follow-quiet-hours"),
    path("follow/renew/", following.renew, name="follow-renew"),
    path("follow/state/", following.state, name="follow-state"),
    path("live/<slug:slug>/", views.live, name="live"),
    path("live/<slug:slug>/feed.atom", feed, {"name": "atom"}, name="coverage-feed-atom"),
    path("live/<slug:slug>/feed.json", feed, {"name": "json"}, name="coverage-feed-json"),
    path("live/<slug:slug>/changes", views.changes, name="changes"),
    path("live/<slug:slug>/liveblog.json", views.liveblog, name="liveblog"),
    path("live/<slug:slug>/writing", views.writing_now, name="writing"),
    path("live/<slug:slug>/card-<slug:digest>.jpg", views.card, name="card"),
    path(
        "live/<slug:slug>/picture-<int:across>x<int:down>-<slug:digest>.jpg", views.article_shape, name="article-shape"
    ),
    path("live/<slug:slug>/update/<int:pk>/", views.update, name="update"),
    path("live/<slug:slug>/update/<int:pk>/card-<slug:digest>.jpg", views.update_card, name="update-card"),
    path(
        "live/<slug:slug>/update/<int:pk>/picture-<int:across>x<int:down>-<slug:digest>.jpg",
        views.update_shape,
        name="update-shape",
    ),
]

import asyncio
import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from liveblog import proxies

if found := proxies.problem():
    raise ImproperlyConfigured(found)

# This loads the apps, which the other imports need.
django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack
from django.urls import path, re_path

from articles.desk.consumers import ApprovalsConsumer, DeskConsumer
from articles.embeds.resolving import resolve_when_due
from articles.feeds.pings import send_when_due
from articles.following.deliveries import send_when_due as notify_when_due
from articles.interchange.jobs import import_when_due
from articles.newsroom.consumers import NewsroomConsumer
from articles.polls.counting import publish_when_voted
from articles.publishing.forgotten import handle_when_due
from articles.publishing.schedule import publish_when_due
from articles.translations.drafting import draft_when_due
from comments.jobs import run_when_due
from comments.queue.consumers import QueueConsumer
from liveblog import connections, interpreter, keys, metrics, notify, parameters, proxies
from liveblog.accounts import hashers, known
from liveblog.alerts.sending import tell_when_due
from liveblog.audit.clearing import clear_when_due
from liveblog.cross_origin import CrossOrigin
from liveblog.delivery.endpoint import hub, live, may_embed, nowhere
from liveblog.edge import BodyLimits
from liveblog.handler import Bulkhead, Group, Handler
from liveblog.languages import CODE_IN_ADDRESS
from liveblog.lifespan import Lifespan
from liveblog.origin import OwnPagesOnly, is_of_site
from liveblog.pagecache import PageCache
from liveblog.translation import detector
from liveblog.webhooks.sending import send_when_due as send_to_webhooks
from liveblog.wording.current import follow_while_serving as follow_words

#: Requests for three articles may wait for locks before the newsroom has to wait for connections.
_WRITERS = max(1, settings.DATABASE_POOL_SIZE // 5)
#: Comments, log-ins and pages that are not in memory are requests of people who have not shown who they are. Only a few
#: of them at once, with pauses, take the interpreter from the newsroom and from the loop that serves the pages. As many
#: may log in as passwords are hashed at once.
_COMMENTS, _ALL_COMMENTS, _LOG_INS, _NEW_PAGES = 1, 2, hashers.AT_ONCE, 2

_BULKHEADS = (
    # Comments on a locked article must not stop those on other articles, and a flood may name any number of articles.
    Bulkhead(rf"/{CODE_IN_ADDRESS}/live/([^/]+)/comments/(?!\d+/translation/)", _COMMENTS, rest=2.0),
    Bulkhead(rf"/{CODE_IN_ADDRESS}/(live)/[^/]+/comments/(?!\d+/translation/)", _ALL_COMMENTS, rest=2.0),
    Bulkhead(r"/(admin/login|accounts)/", _LOG_INS, is_read=True, rest=1.0),
    # Requests that lock an article, except those that wait for a provider in the meantime.
    Bulkhead(r"/admin/articles/article/(\d+)/(?!desk/embed/)", _WRITERS),
    Bulkhead(r"/admin/articles/(update|translation)/(?!pictures/)", _WRITERS),
    Bulkhead(r"/admin/(comments)/(?!comment/\d+/translate/)", _WRITERS),
    Bulkhead(r"/api/v1/desk/articles/([^/]+)/", _WRITERS),
    Bulkhead(r"/api/v1/desk/(comments|translations)/", _WRITERS),
)

connections.begin_to_serve()
_http = Handler(_BULKHEADS, Group("new pages", _NEW_PAGES, rest=1.0))
#: Besides the pages of readers: sitemaps, embeds, the style sheet and files of the brand, and the public part of the
#: API.
_SHARED = (
    *("/sitemap", "/news-sitemap.xml", "/brand/", "/embed/", "/embed.js"),
    *(f"/api/v1/{name}" for name in ("articles", "authors", "openapi.json", "topics")),
)
_pages = PageCache(_http, dict(settings.LANGUAGES), parameters.read_at, _SHARED, is_of_site)
notify.add_change_callback(_pages.expire)


def _own(app: Any, others: Any = None) -> Any:
    """Return a websocket application for pages of this site, and of the other origins that `others` allows."""
    return OwnPagesOnly(app, settings.SITE_ORIGINS, others)


async def _load_detector() -> None:
    if settings.DETECTOR_AT_START:
        await asyncio.to_thread(detector.load)


_routes = ProtocolTypeRouter(
    {
        "http": BodyLimits(CrossOrigin(_pages), settings.SESSION_COOKIE_NAME, known.is_known),
        "websocket": URLRouter(
            [
                # First, since there are thousands of them.
                path("ws/<language>/live/<slug:slug>/", _own(live, may_embed)),
                path("ws/desk/<int:pk>/", _own(AuthMiddlewareStack(DeskConsumer.as_asgi()))),
                path("ws/approvals/", _own(AuthMiddlewareStack(ApprovalsConsumer.as_asgi()))),
                path("ws/moderation/", _own(AuthMiddlewareStack(QueueConsumer.as_asgi()))),
                path("ws/newsroom/", _own(AuthMiddlewareStack(NewsroomConsumer.as_asgi()))),
                re_path("", _own(nowhere)),
            ]
        ),
        "lifespan": Lifespan(
            interpreter.tune,
            # Before anything is rendered.
            follow_words,
            notify.send_while_serving,
            metrics.sample_while_serving,
            lambda: publish_when_due(hub),
            lambda: publish_when_voted(hub),
            lambda: draft_when_due(hub.readers_of),
            resolve_when_due,
            handle_when_due,
            send_when_due,
            notify_when_due,
            send_to_webhooks,
            import_when_due,
            run_when_due,
            clear_when_due,
            tell_when_due,
            keys.note_while_serving,
            _load_detector,
        ),
    }
)

application = proxies.TrustedProxies(cast(Any, _routes), settings.TRUSTED_PROXIES or ())

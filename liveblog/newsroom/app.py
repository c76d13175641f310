"""The newsroom as an installable app (W3C Web Application Manifest, Service Workers).

It opens the page that its user visited last. A desk opens offline, too, and the browser keeps what is typed there.
"""

from __future__ import annotations

import json
import re

from django.conf import settings
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from liveblog.languages import direction, variety

#: The cookie with the path of the last page, kept for a month.
PLACE_COOKIE, PLACE_SECONDS = "newsroom_place", 30 * 24 * 3600
_PLACE = re.compile(r"/admin/[\w/-]{0,200}", re.ASCII)

#: Side in pixels and purpose of the icons under static/newsroom/.
_ICONS = ((192, "any"), (512, "any"), (512, "maskable"))


def remember_place(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make the app open at this page the next time."""
    response.set_cookie(
        PLACE_COOKIE,
        request.path,
        max_age=PLACE_SECONDS,
        path=reverse("admin:index"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@require_safe
def resume(request: HttpRequest) -> HttpResponse:
    """Redirect to the page of the newsroom that was last used on this device, or else to its home."""
    place = request.COOKIES.get(PLACE_COOKIE, "")
    return HttpResponseRedirect(place if _PLACE.fullmatch(place) else reverse("admin:index"))


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Respond with the manifest, in the language of the request."""
    language = get_language() or "en"
    content = {
        "id": reverse("admin:index"),
        "name": str(site.site_title),
        "short_name": str(site.site_title),
        "lang": variety(language),
        "dir": direction(language),
        "start_url": reverse("newsroom-resume"),
        "scope": reverse("admin:index"),
        "display": "standalone",
        "background_color": "#f6f5f3",
        "theme_color": "#c8102e",
        "icons": [
            {
                "src": static(f"newsroom/icon-{size}{'-maskable' if purpose == 'maskable' else ''}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size, purpose in _ICONS
        ],
    }
    return HttpResponse(json.dumps(content, ensure_ascii=False), content_type="application/manifest+json")


@never_cache
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Respond with the service worker. Its address sets its scope, so it cannot be that of a static file."""
    script = f"importScripts({json.dumps(static('newsroom/worker.js'))});\n"
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")

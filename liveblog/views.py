from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language_from_request
from django.views.decorators.cache import never_cache
from django.views.static import serve


def to_language(request: HttpRequest) -> HttpResponse:
    """The only address that depends on Accept-Language: it leads to the reader's language."""
    response = redirect("index", language=get_language_from_request(request))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests can be answered: 200, or 503 where the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def upload(request: HttpRequest, path: str) -> HttpResponseBase:
    """An uploaded file. Whole, for Django streams files to an ASGI server one thread switch at a time."""
    found: Any = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    if found.streaming:
        kept = HttpResponse(b"".join(found.streaming_content), headers=found.headers)
        found.close()
        found = kept
    # File names of uploads are never used twice.
    patch_cache_control(found, public=True, max_age=31_536_000, immutable=True)
    return found


def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse("User-agent: *\nDisallow: /admin/\nDisallow: /vote/\n", content_type="text/plain")


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)

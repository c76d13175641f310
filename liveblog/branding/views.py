"""Serve the style sheet and the files of the brand."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from liveblog.branding.current import current
from liveblog.branding.models import BrandFile
from liveblog.parameters import reads

#: The names of files are digests of their contents.
_YEAR = 365 * 86_400


@reads()
@require_safe
def styles(request: HttpRequest, digest: str) -> HttpResponse:
    """The style sheet. For the digest of an earlier one it responds with the present one, which caches do not keep."""
    branding = current()
    response = HttpResponse(branding.styles, content_type="text/css; charset=utf-8")
    is_present = branding.styles_url.endswith(f"/{digest}.css")
    if is_present:
        patch_cache_control(response, public=True, max_age=_YEAR, immutable=True)
    else:
        patch_cache_control(response, public=True, max_age=5)
    return response


@reads()
@require_safe
def file(request: HttpRequest, digest: str, extension: str) -> HttpResponse:
    """A logo, an icon or a font."""
    found = get_object_or_404(BrandFile, digest=digest)
    if found.extension != extension:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type=found.media_type)
    # An SVG that is opened by itself is a document, so forbid it everything.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    patch_cache_control(response, public=True, max_age=_YEAR, immutable=True)
    return response

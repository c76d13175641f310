"""The service worker of readers' pages: one script at the root, because a worker serves the addresses below its own.

It is a classic script, because not all browsers run modules in service workers, and it only imports its parts. Each
part is a file with its own listeners. The parts share one global scope; the type check (tsconfig.worker.json) rejects
names that clash.
"""

import json

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from liveblog.parameters import reads

#: In the order in which browsers run them.
PARTS = ("service-worker/offline.js", "service-worker/push.js")


@reads()
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that browsers register. They fetch it again at each visit, and install a changed one."""
    addresses = ", ".join(json.dumps(static(part)) for part in PARTS)
    response = HttpResponse(f"importScripts({addresses});\n", content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, public=True, no_cache=True)
    return response

"""Give entries of the audit log the request during which they are written."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from liveblog.audit.recording import current_request


class AuditMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = current_request.set(request)
        try:
            return self.get_response(request)
        finally:
            current_request.reset(token)

"""Responses of the API: JSON with HTTP validators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema

from liveblog.rest.problems import Problem, changed

MEDIA_TYPE = "application/json"

#: The part of the OpenAPI description for operations that call `expected_version`.
IF_MATCH: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "schema": {"type": "string"},
            "description": "The ETag of the version that you have read; * replaces any.",
        }
    ]
}


def answer(
    content: Schema, status: int = 200, *, version: str = "", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return content for one program only. `version` names the present state, for the header If-Match."""
    response = HttpResponse(
        content.model_dump_json(), status=status, content_type=MEDIA_TYPE, headers=dict(headers or {})
    )
    response.headers["Cache-Control"] = "no-store"
    if version:
        response.headers["ETag"] = f'"{version}"'
    return response


def expected_version(request: HttpRequest, present: str) -> str:
    """Return the version that a request to change something names by If-Match. Raise Problem if it names none.

    Return `present` if the request accepts any version (RFC 9110, section 13.1.1).
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        title = _(
            "Give the version that you have read (its ETag) in the header If-Match, so that you overwrite no other."
        )
        raise Problem(428, "version-required", title)
    if given == "*":
        return present
    version = given.removeprefix("W/").strip('"')
    if version != present:
        raise changed()
    return version

"""A client of the API /api/v1/. Each response is checked against the OpenAPI description."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from liveblog import urls
from liveblog.rest import site
from liveblog.rest.models import Token

ROOT = "/api/v1"


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI description, as clients get it."""
    found: dict[str, Any] = json.loads(json.dumps(site.described(urls.api)))
    return found


def faults_of_description() -> list[str]:
    return [str(error) for error in OpenAPIV31SpecValidator(description()).iter_errors()]


@cache
def _registry() -> Registry:
    return Registry().with_resource("urn:api", Resource.from_contents(description(), default_specification=DRAFT202012))


def check(method: str, route: str, answer: HttpResponse) -> None:
    """Fail unless the description lists the response for the operation."""
    operation = description()["paths"][route][method.lower()]
    said = operation["responses"].get(str(answer.status_code)) or operation["responses"]["default"]
    if answer.status_code == 304:
        return
    media_type = answer["Content-Type"].partition(";")[0]
    assert media_type in said["content"], (method, route, answer.status_code, media_type, answer.content[:300])
    schema = {"$ref": f"urn:api{said['content'][media_type]['schema']['$ref']}"}
    Draft202012Validator(schema, registry=_registry()).validate(json.loads(answer.content))


class Program:
    """A client with a token, or without one."""

    def __init__(self, secret: str = "") -> None:
        self._client = Client(raise_request_exception=True)
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    @classmethod
    def of(cls, user: User, *scopes: str, articles: Any = ()) -> Program:
        """Return a client with a new token of a user."""
        return cls(Token.make(user, "A program", scopes, articles, valid_for=timedelta(days=1))[1])

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request, and return the checked response. Underscores in the names of headers become hyphens."""
        route = urls_to_route(path)
        sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = self._client.generic(method, f"{ROOT}{path}", headers=sent, **content)
        if route is not None:
            check(method, route, answer)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, {} if body is None else body, **headers)


def urls_to_route(path: str) -> str | None:
    """Return the path in the description that matches an address; None if there is none."""
    parts = path.partition("?")[0].split("/")
    for route in description()["paths"]:
        pattern = route.split("/")
        pairs = list(zip(pattern, parts, strict=False))
        if len(pattern) == len(parts) and all(one == other or one.startswith("{") for one, other in pairs):
            return route
    return None

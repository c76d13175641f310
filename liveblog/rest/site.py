"""The API, its OpenAPI 3.1 description, and the addresses of both."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.cache import patch_cache_control
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation, PathView
from ninja.parser import Parser
from ninja.router import Router

from liveblog import cross_origin, json_input, web_origins
from liveblog.parameters import reads
from liveblog.rest import idempotency, problems
from liveblog.rest.authentication import AccessToken
from liveblog.rest.problems import ProblemDetails

#: Seconds for which caches may keep the description.
_MAX_AGE_SECONDS = 300

_DESCRIPTION = """\
Everything that readers see, for programs; and with an access token, the work of the newsroom.

Reading needs no token. Answers have an ETag: send it back in If-None-Match, and an answer that is still the same is
304. Lists are paged by key: follow `next` until it is null. Errors are problem details (RFC 9457).

Addresses under /desk/ need a token in the header Authorization ("Bearer lbt_…"). A token acts as the person who made
it, within its scopes and articles. Requests that change something may carry an Idempotency-Key, except uploads; those
that replace a version name it in If-Match.
"""


_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": idempotency.MAX_LENGTH},
    "description": "Names the request: if it comes again within a day, it gets the same answer and is not done again.",
}


class _Description(OpenAPISchema):
    """The OpenAPI description, with the scopes of operations and the common schema of errors."""

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        found = super().operation_security(operation)
        for auth in operation.auth_callbacks:
            if found and isinstance(auth, AccessToken):
                found = [{type(auth).__name__: [auth.scope.value] if auth.scope else []}]
        return found

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        found = super().operation_parameters(operation)
        takes_file = any(model.__ninja_param_source__ == "file" for model in operation.models)
        if operation.auth_callbacks and not takes_file and not {*operation.methods} & {"GET"}:
            found.append(_IDEMPOTENCY_KEY)
        return found

    def responses(self, operation: Operation) -> dict[Any, Any]:
        schema = ProblemDetails.model_json_schema()
        self.add_schema_definitions({ProblemDetails.__name__: schema})
        content = {problems.MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
        described = {str(status): found for status, found in super().responses(operation).items()}
        return described | {"default": {"description": "A problem", "content": content}}


class _Parser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return json_input.loads(request.body)


class _Interface(NinjaAPI):
    def get_openapi_schema(self, *, path_prefix: str | None = None, **_: Any) -> OpenAPISchema:
        return _Description(self, "" if path_prefix is None else path_prefix)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


def make(*routers: Router) -> tuple[NinjaAPI, list[URLPattern]]:
    """Return the API with the operations of some routers, and its URL patterns, to include under /api/v1/."""
    api = _Interface(
        title="Live blog",
        version="1",
        description=_DESCRIPTION,
        urls_namespace="api-1",
        parser=_Parser(),
        openapi_url=None,
        docs_url=None,
        servers=[{"url": f"{settings.SITE_URL}/api/v1"}],
    )
    problems.handle_with(api)
    for router in routers:
        api.add_router("", router)
    return api, [*_documents(api), *_operations(api), path("<path:rest>", problems.page_not_found)]


def _operations(api: NinjaAPI) -> list[URLPattern]:
    """Return the URL patterns of the operations. Each names the parameters that it reads; see `liveblog.parameters`."""
    views: dict[str, PathView] = {}
    for bound in api._get_bound_routers():
        views |= {f"{route}".lstrip("/"): view for route, view in bound.path_operations.items()}
    found = []
    for pattern in api.urls[0]:
        if not isinstance(pattern, URLPattern) or pattern.name == "api-root":
            continue
        operations = next(view for route, view in views.items() if _same(route, str(pattern.pattern))).operations
        names = {
            parameter
            for operation in operations
            for model in operation.models
            if model.__ninja_param_source__ == "query"
            for parameter in model.model_json_schema()["properties"]
        }
        pattern.callback.parameters = frozenset(names)  # type: ignore[attr-defined]
        found.append(pattern)
    return found


def _same(route: str, pattern: str) -> bool:
    return route.replace("{", "<").replace("}", ">") == pattern


def _documents(api: NinjaAPI) -> list[URLPattern]:
    @reads()
    def description(request: HttpRequest) -> HttpResponseBase:
        """Respond with the OpenAPI 3.1 description."""
        response = api.create_response(request, described(api), status=200)
        cross_origin.readable_by(response, [web_origins.ALL])
        patch_cache_control(response, public=True, max_age=_MAX_AGE_SECONDS)
        return response

    @reads()
    def documentation(request: HttpRequest) -> HttpResponse:
        """Respond with the documentation for people."""
        response = render(
            request, "liveblog/rest/documentation.html", {"sections": _sections(described(api)), "api": api}
        )
        patch_cache_control(response, public=True, max_age=_MAX_AGE_SECONDS)
        return response

    return [
        path("", documentation, name="api-documentation"),
        path("openapi.json", description, name="api-description"),
    ]


def described(api: NinjaAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the API."""
    return api.get_openapi_schema(path_prefix="")


def _sections(description: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the operations by their tags, in the form that the template needs."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for address, methods in description["paths"].items():
        for method, operation in methods.items():
            security = operation.get("security") or []
            scopes = [scope for each in security for found in each.values() for scope in found]
            shown = {
                "method": method.upper(),
                "address": address,
                "description": operation.get("description", ""),
                "token": bool(security),
                "scopes": scopes,
                "fields": [*map(_parameter, operation["parameters"]), *_fields(operation, description)],
            }
            sections.setdefault(operation["tags"][0], []).append(shown)
    return [{"name": name, "operations": operations} for name, operations in sections.items()]


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    place = {"path": "in the path", "query": "in the query", "header": "in the header"}[parameter["in"]]
    return {**parameter, "place": place, "description": _description_of(parameter)}


def _description_of(parameter: dict[str, Any]) -> str:
    """Return the description of a parameter, and its choices. That of an optional one may be in `anyOf`."""
    schema = parameter.get("schema", {})
    types = (schema, *schema.get("anyOf", ()))
    text = next(filter(None, (each.get("description", "") for each in (parameter, *types))), "")
    values = next((each["enum"] for each in types if "enum" in each), ())
    return f"{text} One of {', '.join(values)}.".strip() if values else text


def _fields(operation: dict[str, Any], description: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of a request body, with their descriptions."""
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next(iter(content.values()))["schema"] if content else {}
    if name := schema.get("$ref", "").rpartition("/")[2]:
        schema = description["components"]["schemas"][name]
    return [
        {
            "name": name,
            "place": "in the body",
            "required": name in schema.get("required", ()),
            "description": _description_of({"schema": found}),
        }
        for name, found in schema.get("properties", {}).items()
    ]

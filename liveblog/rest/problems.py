"""Errors of the API: problem details in JSON (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as RequestError
from pydantic import Field

MEDIA_TYPE = "application/problem+json"


#: By the beginning of pydantic's error type: the message of forms, and its placeholders with their names in pydantic.
_WORDS: dict[str, tuple[Any, *tuple[tuple[str, str], ...]]] = {
    "missing": (forms.Field.default_error_messages["required"],),
    "extra_forbidden": (gettext_lazy("There is no field with this name."),),
    "literal_error": (gettext_lazy("Choose one of these: %(choices)s."), ("choices", "expected")),
    "enum": (gettext_lazy("Choose one of these: %(choices)s."), ("choices", "expected")),
    "int": (forms.IntegerField.default_error_messages["invalid"],),
    "bool": (gettext_lazy("Use true or false."),),
    "datetime": (forms.DateTimeField.default_error_messages["invalid"],),
    "string_too_long": (gettext_lazy("Use at most %(limit)s characters."), ("limit", "max_length")),
    "greater_than_equal": (MinValueValidator.message, ("limit_value", "ge")),
    "less_than_equal": (MaxValueValidator.message, ("limit_value", "le")),
}


class ProblemDetails(Schema):
    """An error (RFC 9457)."""

    type: str = Field(description="Always about:blank: `code` tells one kind of problem from another.")
    title: str = Field(description="What went wrong, in the language of the site; under /desk/, of Accept-Language.")
    status: int
    code: str = Field(description="The kind of problem, for programs.")
    errors: dict[str, list[str]] = Field(
        description="Messages by field of the request; `__all__` holds those that belong to no field."
    )


class Problem(Exception):  # noqa: N818 - RFC 9457's name for it
    """An error response.

    status    the status of HTTP
    code      the kind of problem, for programs
    title     what went wrong, for people
    errors    messages by field
    headers   further headers of the answer
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.title = status, code, title
        self.errors = {name: [str(message) for message in found] for name, found in (errors or {}).items()}
        self.headers = dict(headers or {})

    def response(self) -> HttpResponse:
        details = ProblemDetails(
            type="about:blank", title=self.title, status=self.status, code=self.code, errors=self.errors
        )
        return HttpResponse(
            details.model_dump_json(), status=self.status, content_type=MEDIA_TYPE, headers=self.headers
        )


def not_found() -> Problem:
    return Problem(404, "not-found", _("There is nothing at this address."))


def forbidden(detail: str) -> Problem:
    return Problem(403, "forbidden", detail)


def invalid(errors: Mapping[str, Sequence[str]]) -> Problem:
    """Return the error for invalid content."""
    return Problem(422, "invalid", _("Something in this request has to be changed first."), errors)


def changed() -> Problem:
    """Return the error for a request that does not name the present version (RFC 9110, section 13.1.1)."""
    title = _("Someone else has saved another version in the meantime. Read it, then send your change again.")
    return Problem(412, "changed", title)


def of_validation_error(error: ValidationError) -> Problem:
    """Return the error response for an error of a form or a model."""
    return invalid(error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages})


def handle_with(api: NinjaAPI) -> None:
    """Answer all errors of an API as problem details."""

    makers: dict[type[Exception], Callable[[Any], Problem]] = {
        Problem: lambda error: error,
        Http404: lambda _error: not_found(),
        PermissionDenied: lambda _error: forbidden(_("The role of this token’s owner doesn’t allow this.")),
        ValidationError: of_validation_error,
        RequestError: _of_request_error,
        AuthenticationError: lambda _error: unauthorized(),
        HttpError: lambda error: Problem(error.status_code, "unreadable", _("This request can’t be read.")),
    }

    def respond(_request: HttpRequest, error: Any) -> HttpResponse:
        return next(makers[kind] for kind in type(error).__mro__ if kind in makers)(error).response()

    for exception in makers:
        api.add_exception_handler(exception, respond)


def unauthorized() -> Problem:
    """Return the error for a request without a valid token (RFC 6750, section 3)."""
    title = _("This request needs a valid access token. It may have been revoked, or its end has passed.")
    return Problem(401, "unauthorized", title, headers={"WWW-Authenticate": 'Bearer realm="liveblog"'})


def _of_request_error(error: RequestError) -> Problem:
    """Return the error for a request that violates the schema: messages by the name of the field."""
    errors: dict[str, list[str]] = {}
    for found in error.errors:
        # The first part is the location (body, query, path), the second the name of the view's argument.
        place, *names = (str(part) for part in found["loc"])
        path = names[1:] if place == "body" else names
        errors.setdefault(".".join(path) or NON_FIELD_ERRORS, []).append(_words_of(found))
    return invalid(errors)


def _words_of(found: Mapping[str, Any]) -> str:
    """Return the message of a pydantic error in the language of the request, worded like that of forms."""
    kind, context = str(found["type"]), dict(found.get("ctx", {}))
    if "expected" in context:
        # 'one', 'two' or 'three'
        context["expected"] = ", ".join(re.findall(r"'([^']*)'", str(context["expected"])))
    for beginning, (words, *names) in _WORDS.items():
        if kind.startswith(beginning) and all(name in context for _placeholder, name in names):
            return str(words) % {placeholder: context[name] for placeholder, name in names}
    return _("This field doesn’t take this value.")


def page_not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer an address of the API that does not exist."""
    return not_found().response()

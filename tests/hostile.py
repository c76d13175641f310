"""Requests that no page of the site sends: every address and parameter, with hostile values.

The addresses come from the URL resolver. The parameters are those that a view reads in trial requests, and the fields
of its forms, so that a new view is covered without an entry here.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.admin import site
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

#: Raw values in the encoding of addresses and form bodies.
VALUES = (
    "",
    "0",
    "1",
    "-1",
    "+1",
    " 1",
    "1.5",
    "1e999",
    "nan",
    "9" * 19,
    "9" * 23,
    "9" * 5000,
    "%D9%A1%D9%A2",
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "%C2",
    "%25",
    "%27%20OR%201=1--",
    "%0D%0ASet-Cookie:%20a=b",
    "2026-02-30",
    "0001-01-01T00:00",
    "9999-12-31T23:59:59.999999%2B23:59",
    "20260101T000000.000000-1",
    "99999999T999999.999999-9",
    "0--" + "9" * 23,
    "0-9999-12-31T23:59:59-1",
    "None",
    "all",
    "on",
    "__class__",
    "../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%F0%9F%98%80" * 50,
    "e" + "%CC%81" * 2000,
    "%E2%80%AE" * 100,
    "a" * 5000,
    "+".join(["word"] * 1000),
    "+".join(f"w{number}" for number in range(1000)),
    quote("<ul><li>" * 3000),
    quote("<" * 9000),
    quote("<a href='javascript:alert(1)'>x</a>"),
    quote("//user:pw@host"),
    quote("https://[::1"),
    "http%3A%2F%2F%5B",
    quote('{"a": [1, 2'),
    quote("[" * 2000),
    "xn--" + "a" * 100,
    "00000000-0000-0000-0000-000000000000",
    "1,2,3,,,,9" + "9" * 30,
    "1.1",
    "1.99999999999999999999999",
)

#: Parameters of Django's lists of objects, in addition to those of our filters.
LISTS = ("q", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "_facets", "id", "pk")
LOOKUPS = ("exact", "in", "isnull", "range", "regex", "gt", "year", "date", "contains", "nothing", "isnull__isnull")

_FIELD = re.compile(rb'<(?:input|select|textarea|button)\b[^>]*?\sname="([^"]+)"')
_NAMED = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """A pattern of the resolver: its route, with placeholders for its parts."""

    route: str
    pattern: URLPattern

    def __str__(self) -> str:
        return self.route

    def path(self, choose: Callable[[str, str], str]) -> str:
        """Return a path. `choose` takes the converter and the name of a placeholder, and returns its value."""
        return "/" + _NAMED.sub(lambda found: choose(found[1] or "str", found[2]), self.route)


def addresses() -> list[Address]:
    """Return all addresses of the site."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        # Turn a regular expression into a route: its groups become placeholders.
        own = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(entry.pattern)).lstrip("^").rstrip("$").replace("\\", "")
        if isinstance(entry, URLResolver):
            yield from _walk(entry, before + own)
        else:
            yield Address(before + own, entry)


@contextmanager
def record_parameters(found: set[str]) -> Iterator[None]:
    """During the block, add the names that views look up in query strings and forms to `found`."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("get", "getlist", "__getitem__", "__contains__", "pop"):
            original = getattr(QueryDict, method)

            def noting(
                self: Any, name: Any, *rest: Any, _original: Callable[..., Any] = original, **options: Any
            ) -> Any:
                if isinstance(name, str) and len(name) < 100:
                    found.add(name)
                return _original(self, name, *rest, **options)

            patch.setattr(QueryDict, method, noting)
        yield


def fields_of_forms(content: bytes) -> set[str]:
    return {name.decode(errors="replace") for name in _FIELD.findall(content)}


def lookups_of_lists() -> list[str]:
    """Return possible filter parameters of the admin's lists, sensible or not."""
    names = {field.name for model in site._registry for field in model._meta.get_fields()}
    return [*LISTS, *sorted(names), *sorted(f"{name}__{lookup}" for name in names for lookup in LOOKUPS)]


@dataclass(frozen=True)
class Answer:
    status: int
    seconds: float
    content: bytes
    error: str


def ask(client: Client, method: str, path: str, query: str, body: bytes | None, content_type: str) -> Answer:
    """Send one request, and roll its changes back. `seconds` of the answer is CPU time."""
    errors: list[str] = []

    def note(**_: Any) -> None:
        errors.append(repr(sys.exc_info()[1])[:300])

    got_request_exception.connect(note)
    started = time.process_time()
    try:
        with transaction.atomic():
            try:
                answer = client.generic(
                    method, path, body or b"", content_type, QUERY_STRING=query, HTTP_SEC_FETCH_SITE="same-origin"
                )
                content = b"" if answer.streaming else answer.content
            finally:
                transaction.set_rollback(True)
    finally:
        got_request_exception.disconnect(note)
    return Answer(answer.status_code, time.process_time() - started, content, errors[-1] if errors else "")


class Fuzzer:
    """A generator of random requests, which are the same for the same seed."""

    def __init__(self, seed: int, real: dict[str, list[str]]) -> None:
        """`real`: existing values, by the converter or the name of a placeholder."""
        self.random = random.Random(seed)
        self._real = real
        #: By route: parameters that its view is known to read.
        self.names: dict[str, set[str]] = {}
        self._lookups = lookups_of_lists()

    def value(self) -> str:
        return self.random.choice(VALUES)

    def _part(self, kind: str, name: str, *, hostile: float) -> str:
        if kind == "language":
            return self.random.choice(self._real["language"])
        real = self._real.get(name) or self._real.get(kind) or ["1"]
        return self.value() if self.random.random() < hostile else self.random.choice(real)

    def usual(self, address: Address) -> str:
        """Return a path that probably exists."""
        return address.path(lambda kind, name: self._part(kind, name, hostile=0))

    def path(self, address: Address) -> str:
        return address.path(lambda kind, name: self._part(kind, name, hostile=0.15))

    def pairs(self, address: Address) -> str:
        known = sorted(self.names.get(address.route, ()))
        pairs = []
        for _ in range(self.random.choice((0, 1, 1, 2, 3, 5, 12))):
            pool = self._lookups if address.route.startswith("admin/") and self.random.random() < 0.3 else known
            name = self.random.choice(pool) if pool else "x"
            # Repeat some names.
            pairs += [f"{quote(name)}={self.value()}"] * self.random.choice((1, 1, 1, 2))
        return "&".join(pairs)

    def body(self, address: Address) -> tuple[bytes, str]:
        """Return the body of a form and its content type."""
        chosen = self.random.random()
        if chosen < 0.05:
            return b"\x00\xff" * 50, "multipart/form-data; boundary=x"
        if chosen < 0.08:
            return b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n\r\n--x", "multipart/form-data; boundary=x"
        if chosen < 0.1:
            return b"a=1", "application/x-www-form-urlencoded; charset=nothing"
        if chosen < 0.12:
            return b"&".join(b"f%d=1" % number for number in range(1100)), "application/x-www-form-urlencoded"
        known = sorted(self.names.get(address.route, ()))
        pairs = [f"{quote(name)}={self.value()}" for name in known if self.random.random() < 0.8]
        if self.random.random() < 0.3:
            pairs += self.random.sample(pairs, len(pairs) // 2)
        return "&".join(pairs).encode(), "application/x-www-form-urlencoded"

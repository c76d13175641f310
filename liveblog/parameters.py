"""The query parameters of readers' pages.

A view names those that it reads. It sees no others, and the cache in front of it (`liveblog.pagecache`) ignores the
others as well: links from social networks and e-mails have a new parameter for each click.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

_P = ParamSpec("_P")
_R = TypeVar("_R", bound=HttpResponseBase)
_View = Callable[Concatenate[HttpRequest, _P], _R]


def reads(*names: str) -> Callable[[_View[_P, _R]], _View[_P, _R]]:
    """Decorate a view that reads these parameters of the query string and no others."""

    def decorate(view: _View[_P, _R]) -> _View[_P, _R]:
        @wraps(view)
        def reading(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> _R:
            query = request.GET.copy()
            for name in [name for name in query if name not in names]:
                del query[name]
            request.GET = query  # type: ignore[assignment]
            return view(request, *args, **kwargs)

        reading.parameters = frozenset(names)  # type: ignore[attr-defined]
        return reading

    return decorate


def read_by(view: Callable[..., Any]) -> frozenset[str] | None:
    """Return the parameters that a view reads; None if it does not name them."""
    return getattr(view, "parameters", None)


#: In characters. No page has a longer path.
MAX_PATH_LENGTH = 400


def read_at(path: str) -> frozenset[str] | None:
    """Return the parameters that the view at a path reads; None if it does not name them."""
    return _read_at(path) if len(path) <= MAX_PATH_LENGTH else frozenset()


@lru_cache(maxsize=1024)
def _read_at(path: str) -> frozenset[str] | None:
    try:
        return read_by(resolve(path).func)
    except Resolver404:
        return frozenset()

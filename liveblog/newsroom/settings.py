"""The sections of the page of settings. Each is a page of its own, for those who may change what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class Section(NamedTuple):
    """A section: its name in words, the name of its address, the permission that it needs, and its place."""

    label: _StrOrPromise
    address: str
    permission: str
    place: int


_sections: list[Section] = []


def register(label: _StrOrPromise, address: str, permission: str, place: int) -> None:
    """Add a section. Those with the lesser `place` come first."""
    _sections.append(Section(label, address, permission, place))
    _sections.sort(key=lambda section: section.place)


def sections_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sections that the user may open, each with its address and whether it is the present one."""
    return [
        {"label": section.label, "url": (url := reverse(section.address)), "here": request.path.startswith(url)}
        for section in _sections
        if request.user.has_perm(section.permission)
    ]

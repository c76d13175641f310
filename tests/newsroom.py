"""Create users of a newsroom, with the rights of their groups."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.test import Client

PASSWORD = "a long password"


@cache
def _hashed() -> str:
    """Return the hash of everybody's password, made once because hashing is slow by design."""
    return make_password(PASSWORD)


def user(name: str, *groups: str, **fields: Any) -> User:
    """Create a user in these groups."""
    user = User.objects.create(username=name, password=_hashed(), is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def user_who_logs_in(name: str, *groups: str, **fields: Any) -> User:
    """Create a user whose password the hasher of this test has hashed, so that a log-in need not hash it again."""
    found = user(name, *groups, **fields)
    found.set_password(PASSWORD)
    found.save()
    return found


def log_in(client: Client, name: str, password: str = PASSWORD, **extra: Any) -> Any:
    """Send the form of the log-in, and return the response."""
    return client.post("/admin/login/", {"username": name, "password": password}, **extra)

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
    """Return the hash of the password of all test users, computed once because hashing is slow by design."""
    return make_password(PASSWORD)


def user(name: str, *groups: str, **fields: Any) -> User:
    """Create a user in these groups."""
    user = User.objects.create(username=name, password=_hashed(), is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def user_who_logs_in(name: str, *groups: str, **fields: Any) -> User:
    """Create a user with a new hash from the test's hasher, so that logging in need not rehash the password."""
    found = user(name, *groups, **fields)
    found.set_password(PASSWORD)
    found.save()
    return found


def log_in(client: Client, name: str, password: str = PASSWORD, **extra: Any) -> Any:
    """Submit the login form, and return the response."""
    return client.post("/admin/login/", {"username": name, "password": password}, **extra)

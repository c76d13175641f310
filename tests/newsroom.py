"""People of a newsroom, with the rights of their groups, also in tests that empty the database."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection

PASSWORD = "a long password"


@cache
def _hashed() -> str:
    """That of all: to be hard to guess, a hash takes its time."""
    return make_password(PASSWORD)


def person(name: str, *groups: str, **fields: Any) -> User:
    """Somebody with an account in these groups."""
    user = User.objects.create(username=name, password=_hashed(), is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def give_rights() -> None:
    """Put back what migrations had put there, after a test that emptied the database."""
    ContentType.objects.clear_cache()
    schema = SimpleNamespace(connection=connection)
    for migration, function in (
        ("liveblog.migrations.0002_groups", "make_groups"),
        ("articles.migrations.0003_states_of_translations", "give_permissions"),
        ("articles.migrations.0006_revisions_of_the_desk", "give_rights"),
        ("comments.migrations.0003_rights", "give"),
    ):
        getattr(import_module(migration), function)(apps, schema)

"""The actors of tests: a machine for their own saves, and nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from django.contrib.auth.models import AnonymousUser

from liveblog.actors import Machine, acting_as, acting_user, is_machine

#: The actor of everything that a test itself saves.
TEST = Machine("Test")


@contextmanager
def nobody_acting() -> Iterator[None]:
    """Run the block without an actor."""
    with acting_as(AnonymousUser()):
        yield


def the_actor_or_test() -> AbstractContextManager[None]:
    """Act as the test unless there is an actor. A new thread has none."""
    return nullcontext() if acting_user() or is_machine() else acting_as(TEST)

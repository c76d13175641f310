"""The actors of tests: a machine for what they save themselves, and nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from django.contrib.auth.models import AnonymousUser

from liveblog.actors import Machine, acting_as, acting_user, is_machine

#: Stands for what a test saves itself.
TEST = Machine("Test")


@contextmanager
def nobody_acting() -> Iterator[None]:
    """Run the block as code that has named no actor."""
    with acting_as(AnonymousUser()):
        yield


def the_actor_or_test() -> AbstractContextManager[None]:
    """Have the test act if nobody does, as in a thread that it has started."""
    return nullcontext() if acting_user() or is_machine() else acting_as(TEST)

"""System checks: the server does not start unless everything is registered."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import Error

from articles import changes


def followers_are_registered(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[Error]:
    """Report each follower of edits that has not registered: without it, readers or versions would miss edits."""
    return [
        Error(f"Nothing follows edits as {name!r}.", hint="Register it in articles.apps.", id="articles.E001")
        for name in changes.missing_followers()
    ]

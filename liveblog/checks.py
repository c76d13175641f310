"""Checks of the settings of a production site, for `manage.py check --deploy`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning  # noqa: A004 - Django's name

from liveblog import proxies
from liveblog.configuration.options import value


def deployment(**_: Any) -> list[CheckMessage]:
    return list(_found())


def _found() -> Iterator[CheckMessage]:
    if not settings.SITE_URL.startswith("https:"):
        hint = "Set it to the public address of the site."
        if settings.IS_LOCAL:
            yield Warning("SITE_URL is an address that only this machine can use.", hint=hint, id="liveblog.W004")
        else:
            text = "SITE_URL does not begin with https:, so passwords and cookies travel in clear text."
            yield Error(text, hint=hint, id="liveblog.E001")
    if problem := proxies.problem():
        yield Error(problem, id="liveblog.E002")
    for name in settings.TRUSTED_PROXIES or ():
        if name != proxies.UNIX and ip_network(name).prefixlen == 0:
            yield Error(
                f"TRUSTED_PROXIES names {name}, which is everybody: any client could claim any address.",
                hint="Name the addresses of your proxies only.",
                id="liveblog.E003",
            )
    for name in ("EMBED_ROUTES", "PUSH_ROUTES", "WEBHOOK_ROUTES"):
        if getattr(settings, name):
            yield Error(f"{name} is for tests: its addresses are not checked.", hint="Unset it.", id="liveblog.E004")
    for origin in settings.SITE_ORIGINS:
        if settings.SITE_URL.startswith("https:") and not origin.startswith("https:"):
            yield Error(
                f"OTHER_ORIGINS names {origin}, whose pages anybody on the way can replace.",
                hint="Name origins with https: only.",
                id="liveblog.E005",
            )
    if settings.METRICS_TOKEN and not re.fullmatch(r"[!-~]{16,}", settings.METRICS_TOKEN):
        yield Error(
            "METRICS_TOKEN can be guessed.",
            hint="Use at least 16 letters, digits and signs, and no spaces.",
            id="liveblog.E006",
        )
    if settings.SECRET_KEY_FALLBACKS:
        yield Warning(
            "SECRET_KEY_FALLBACKS names former keys. A key that has leaked is of use until it is removed.",
            hint="Run manage.py rekey, then remove them.",
            id="liveblog.W001",
        )
    if not value("PRIVACY_CONTACT"):
        yield Warning(
            "PRIVACY_CONTACT is not set, so readers are not told whom to ask about their data.",
            hint="Set it to an email address, here or in the newsroom’s settings.",
            id="liveblog.W002",
        )
    if not settings.EMAIL_CONFIGURED:
        yield Info(
            "EMAIL_URL is not set, so nobody can confirm an address or reset a password.",
            hint="Set it to your mail server.",
            id="liveblog.I001",
        )
    if not settings.METRICS_TOKEN:
        yield Info(
            "METRICS_TOKEN is not set, so nobody can read /metrics.",
            hint="Set it if monitoring is to read it.",
            id="liveblog.I002",
        )
    if settings.AKISMET_TEST:
        yield Warning("AKISMET_TEST is on, so Akismet learns nothing.", hint="Unset it.", id="liveblog.W003")

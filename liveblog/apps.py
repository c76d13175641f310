from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import register
from django.db.models.signals import post_delete, post_migrate, post_save
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import Model

    from liveblog.remembered import Remembered


class LiveblogConfig(AppConfig):
    name = "liveblog"
    verbose_name = _("System")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from liveblog import checks, jobs, metrics, rekeying, tracing
        from liveblog.accounts import second_factor, sessions, suspension
        from liveblog.alerts import sending as alerts
        from liveblog.audit import accounts
        from liveblog.branding import current, settings_page
        from liveblog.branding.models import Brand, SiteLink
        from liveblog.configuration import current as configuration
        from liveblog.configuration import mail, pages, server
        from liveblog.configuration import rekeying as stored_settings
        from liveblog.configuration.models import StoredSetting
        from liveblog.newsroom import setup
        from liveblog.roles import apply_roles
        from liveblog.search import users
        from liveblog.translation import engines, prices
        from liveblog.webhooks import rekeying as webhooks
        from liveblog.wording import settings_page as wording

        # Django's own name for it is for programmers.
        apps.get_app_config("auth").verbose_name = _("People and roles")
        register(checks.deployment, deploy=True)
        # A wrong rule stops the server when it starts, not the first draft.
        engines.check(settings.TRANSLATION_ENGINES)
        prices.parse(settings.TRANSLATION_PRICES)
        post_migrate.connect(apply_roles, dispatch_uid="liveblog.roles")
        users.register()
        accounts.connect()
        user_logged_in.connect(alerts.note_language, dispatch_uid="language of alerts")
        suspension.connect()
        sessions.connect()
        metrics.register(jobs.measure)
        rekeying.register(second_factor.rekey)
        rekeying.register(webhooks.rekey)
        rekeying.register(stored_settings.rekey)
        remembered: dict[type[Model], Remembered[Any]] = {
            Brand: current.in_memory,
            SiteLink: current.in_memory,
            StoredSetting: configuration.in_memory,
        }
        for model, value in remembered.items():
            for signal in (post_save, post_delete):
                signal.connect(value.refresh_after_commit, sender=model, dispatch_uid=f"{model.__name__} in memory")
        for section in (settings_page, pages, mail, server, setup, wording):
            section.register()
        tracing.start()

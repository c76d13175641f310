from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register
from django.db.models.signals import post_migrate


class LiveblogConfig(AppConfig):
    name = "liveblog"
    verbose_name = "Live delivery"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from liveblog import checks, jobs, metrics, rekeying, tracing
        from liveblog.accounts import second_factor, suspension
        from liveblog.alerts import sending as alerts
        from liveblog.audit import accounts
        from liveblog.roles import apply_roles
        from liveblog.search import users
        from liveblog.translation import engines

        register(checks.deployment, deploy=True)
        # A wrong rule stops the server when it starts, not the first draft.
        engines.parse(settings.TRANSLATION_ENGINES)
        post_migrate.connect(apply_roles, dispatch_uid="liveblog.roles")
        users.register()
        accounts.connect()
        user_logged_in.connect(alerts.note_language, dispatch_uid="language of alerts")
        suspension.connect()
        metrics.register(jobs.measure)
        rekeying.register(second_factor.rekey)
        tracing.start()

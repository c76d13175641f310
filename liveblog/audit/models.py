"""The entries of the audit log."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Action(models.TextChoices):
    """The actions that are recorded."""

    LOGGED_IN = "logged_in", pgettext_lazy("audit log", "logged in")
    LOGIN_FAILED = "login_failed", pgettext_lazy("audit log", "failed to log in")
    LOGGED_OUT = "logged_out", pgettext_lazy("audit log", "logged out")
    SESSION_ENDED = "session_ended", pgettext_lazy("audit log", "ended a session")
    PASSWORD_CHANGED = "password_changed", pgettext_lazy("audit log", "changed a password")
    FACTOR_ADDED = "factor_added", pgettext_lazy("audit log", "added a second factor")
    FACTOR_REMOVED = "factor_removed", pgettext_lazy("audit log", "removed a second factor")
    FACTOR_FAILED = "factor_failed", pgettext_lazy("audit log", "failed the second factor")
    CODES_MADE = "codes_made", pgettext_lazy("audit log", "created recovery codes")
    INVITED = "invited", pgettext_lazy("audit log", "invited a colleague")
    ACCEPTED = "accepted", pgettext_lazy("audit log", "accepted an invitation")
    ROLES_CHANGED = "roles_changed", pgettext_lazy("audit log", "changed roles or rights")
    SUSPENDED = "suspended", pgettext_lazy("audit log", "suspended an account")
    REINSTATED = "reinstated", pgettext_lazy("audit log", "lifted a suspension")
    ACCOUNT_CHANGED = "account_changed", pgettext_lazy("audit log", "changed the details of an account")
    ACCOUNT_DELETED = "account_deleted", pgettext_lazy("audit log", "deleted an account")
    TOKEN_MADE = "token_made", pgettext_lazy("audit log", "created an access token")
    TOKEN_REVOKED = "token_revoked", pgettext_lazy("audit log", "revoked an access token")
    WEBHOOK_CHANGED = "webhook_changed", pgettext_lazy("audit log", "changed a webhook")
    WEBHOOK_OFF = "webhook_off", pgettext_lazy("audit log", "switched off a webhook")
    SETTINGS_CHANGED = "settings_changed", pgettext_lazy("audit log", "changed the rules of coverage")
    SITE_CHANGED = "site_changed", pgettext_lazy("audit log", "changed the settings of the site")
    IMPORTED = "imported", pgettext_lazy("audit log", "imported a file or coverage")
    STARTED = "started", pgettext_lazy("audit log", "started coverage")
    FINISHED = "finished", pgettext_lazy("audit log", "finished coverage")
    PUBLISHED = "published", pgettext_lazy("audit log", "published an update")
    SUBMITTED = "submitted", pgettext_lazy("audit log", "sent an update for approval")
    RELEASED = "released", pgettext_lazy("audit log", "approved an update")
    WITHDRAWN = "withdrawn", pgettext_lazy("audit log", "withdrew an update")
    DELETED = "deleted", pgettext_lazy("audit log", "deleted")
    EXPORTED = "exported", pgettext_lazy("audit log", "exported a reader’s data")
    ERASED = "erased", pgettext_lazy("audit log", "erased a reader’s data")


class Entry(models.Model):
    """One action of a user, a machine or a stranger."""

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True, editable=False)
    action = models.CharField(_("action"), max_length=24, choices=Action, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    #: The name of the actor at the time, which stays when the account is deleted; "" stands for a machine or a
    #: stranger.
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    #: The object of the action: "update 17", "account ioana".
    about = models.CharField(_("subject"), max_length=200, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    #: The network of the request without its last part; see `liveblog.networks`.
    network = models.GenericIPAddressField(_("network"), null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        default_permissions = ("view",)
        verbose_name = _("audit log entry")
        verbose_name_plural = _("audit log entries")

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.action} {self.about}".strip()

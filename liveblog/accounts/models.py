"""The languages of people in the newsroom, and invitations of colleagues."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liveblog.encryption import hashed_secret
from liveblog.fields import LanguageField, LanguagesField

#: The time for which the link of an invitation is valid.
VALID_FOR = timedelta(days=7)


class Profile(models.Model):
    """Data of a user beside their account, such as the languages into which they translate."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile")
    languages = LanguagesField(
        _("languages of translations"),
        blank=True,
        default=list,
        help_text=_("The languages this person may translate into. Select none for all languages."),
    )

    #: The language of messages to the user; empty until they have logged in.
    language = LanguageField(blank=True, default="")

    class Meta:
        default_permissions = ()
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return str(self.user)

    @classmethod
    def language_of(cls, user: User) -> str:
        """Return the language of messages to a user: one that the site offers."""
        noted = cls.objects.filter(user=user).values_list("language", flat=True).first()
        return noted if noted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class Invitation(models.Model):
    """A link by which a colleague opens the account that was made for them. Only a hash of its secret is stored."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitation")
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and timezone.now() < self.created_at + VALID_FOR and self.user.is_active

    @classmethod
    def make(cls, user: User, invited_by: User | None) -> str:
        """Store an invitation in place of an earlier one, and return its secret."""
        secret = secrets.token_urlsafe(32)
        values = {
            "secret_hash": hashed_secret(secret),
            "invited_by": invited_by,
            "created_at": timezone.now(),
            "accepted_at": None,
        }
        cls.objects.update_or_create(user=user, defaults=values)
        return secret

    @classmethod
    def find(cls, secret: str) -> Invitation | None:
        """Return the open invitation with this secret."""
        found = cls.objects.select_related("user").filter(secret_hash=hashed_secret(secret)).first()
        return found if found is not None and found.is_open else None

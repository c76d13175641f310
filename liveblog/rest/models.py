"""Tokens, by which programs act on behalf of users, and stored answers to requests that may be repeated."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.encryption import hashed_secret
from liveblog.fields import ShortTextField
from liveblog.rest.scopes import Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.models import Article

#: The prefix of every token, by which secret scanners recognise it.
BEGINNING = "lbt_"
#: Number of characters of a token in lists, by which its owner recognises it.
SHOWN_LENGTH = len(BEGINNING) + 6
#: The greatest number of valid tokens of one user.
MAX_TOKENS = 50
#: The time for which an expired or revoked token stays in the list.
KEPT_FOR = timedelta(days=90)
#: The least time between two records of the last use, because each one writes to the database.
_NOTED_EVERY = timedelta(minutes=1)


class TokenQuerySet(models.QuerySet["Token"]):
    def in_force(self) -> TokenQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


def _validate_scopes(value: object) -> None:
    if not isinstance(value, list) or not value or not set(value) <= set(Scope.values):
        raise ValidationError(_("Choose what the program may do."), code="scopes")


def too_many() -> ValidationError:
    """Return the error of a user who already has MAX_TOKENS tokens."""
    message = _("You have %(limit)s access tokens already. Revoke one that you don’t need.")
    return ValidationError(message, params={"limit": MAX_TOKENS})


class Token(models.Model):
    """The access token of one program. The program acts as its owner, within its scopes and articles, until it expires.

    Only a hash of the secret is stored (RFC 6750, section 5.3), so the secret is shown once, when the token is made.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("person"), editable=False
    )
    name = ShortTextField(
        pgettext_lazy("of a thing", "name"),
        max_length=80,
        help_text=_("The program that uses it, so that you recognise it later."),
    )
    #: The first SHOWN_LENGTH characters of the secret.
    beginning = models.CharField(max_length=16, editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("May do"), default=list, validators=[_validate_scopes])
    #: Not the same as an empty list of articles, which remains when the last one is deleted.
    every_article = models.BooleanField(default=True, editable=False)
    articles = models.ManyToManyField(
        "articles.Article",
        blank=True,
        related_name="+",
        verbose_name=_("articles"),
        help_text=_("Leave it empty for all articles."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valid until"), editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    #: A truncated address; see `liveblog.networks`.
    last_network = models.GenericIPAddressField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        default_permissions = ("add", "view")
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return self.name

    @property
    def in_force(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at

    @classmethod
    def make(
        cls,
        user: User,
        name: str,
        scopes: Iterable[str],
        articles: Iterable[Article] = (),
        *,
        valid_for: timedelta,
    ) -> tuple[Token, str]:
        """Make a token for all articles, or for the given ones. Return it with its secret, which nobody can read later.

        Raise ValidationError if the user has too many.
        """
        secret = BEGINNING + secrets.token_urlsafe(32)
        only = list(articles)
        with transaction.atomic():
            own = cls.objects.filter(user=user)
            own.filter(models.Q(expires_at__lt=timezone.now() - KEPT_FOR)).delete()
            own.filter(revoked_at__lt=timezone.now() - KEPT_FOR).delete()
            if own.in_force().count() >= MAX_TOKENS:
                raise too_many()
            token = cls(
                user=user,
                name=name,
                beginning=secret[:SHOWN_LENGTH],
                secret_hash=hashed_secret(secret),
                scopes=[scope for scope in Scope.values if scope in set(scopes)],
                every_article=not only,
                expires_at=timezone.now() + valid_for,
            )
            token.full_clean()
            token.save()
            token.articles.set(only)
            record(Action.TOKEN_MADE, token.about, actor=user, scopes=token.scopes, until=token.expires_at)
        return token, secret

    @classmethod
    def find(cls, secret: str) -> Token | None:
        """Return the valid token with this secret, with its owner; None if there is none."""
        if not secret.startswith(BEGINNING) or len(secret) > 100:
            return None
        return cls.objects.in_force().select_related("user").filter(secret_hash=hashed_secret(secret)).first()

    def revoke(self) -> bool:
        """Revoke the token. Return whether it was valid."""
        with transaction.atomic():
            ended = self._meta.model._default_manager.filter(pk=self.pk, revoked_at=None, expires_at__gt=timezone.now())
            if not ended.update(revoked_at=timezone.now()):
                return False
            self.refresh_from_db()
            record(Action.TOKEN_REVOKED, self.about)
        return True

    def used_from(self, network: str) -> None:
        """Record the use of the token, at most once a minute."""
        now = timezone.now()
        if self.last_used_at is None or self.last_used_at < now - _NOTED_EVERY:
            Token.objects.filter(pk=self.pk).update(last_used_at=now, last_network=network)

    def is_for(self, article_id: int | None) -> bool:
        """Return whether it may be used for an article."""
        return self.every_article or (article_id is not None and self.articles.filter(pk=article_id).exists())

    @property
    def about(self) -> str:
        """Return its name in entries of the audit log."""
        return f"token {self.beginning} of account {self.user.get_username()}"


class StoredAnswer(models.Model):
    """The answer to a request with an idempotency key: a repeated request gets it and is not executed again.

    See https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    #: A digest of the method, the address and the body.
    request = models.CharField(max_length=64)
    #: None while the request is being answered.
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_of_a_key")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"

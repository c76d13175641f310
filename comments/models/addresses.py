from __future__ import annotations

from django.db import models

from liveblog.encryption import EncryptedField, hashes, keyed_hash


class EmailAddress(models.Model):
    """An e-mail address that was given with a comment. It has no effect until its owner has confirmed it.

    Comments and bans refer to it by its hash. The row also has the encrypted address, so that the hashes can be renewed
    with a new key; see `comments.rekeying`.
    """

    email = EncryptedField()
    email_hash = models.CharField(max_length=64, unique=True)
    confirmed_at = models.DateTimeField(null=True)
    #: When the last e-mail that asks for a confirmation was queued; None if there is none, or if it was not sent.
    asked_at = models.DateTimeField(null=True)
    #: When the owner of an unconfirmed address asked for no more e-mails.
    silenced_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        # Data of readers must not be logged.
        return f"#{self.pk}"

    @classmethod
    def of(cls, email: str) -> EmailAddress:
        """Return the row of an address; create it if there is none."""
        found = cls.objects.filter(email_hash__in=hashes(email)).first()
        if found is None:
            found, _made = cls.objects.get_or_create(email_hash=keyed_hash(email), defaults={"email": email})
        return found

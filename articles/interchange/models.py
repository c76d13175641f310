"""The sources of imported coverage, its addresses there, and the imports that users start."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liveblog.fields import ShortTextField
from liveblog.jobs import QueueRow
from liveblog.languages import MAX_CODE_LENGTH
from liveblog.uploads import PRIVATE_UPLOADS

#: Uploaded files: they are in the storage of pictures, but no address leads to them.
UPLOADS = PRIVATE_UPLOADS


class ImportedArticle(models.Model):
    """The source of an imported article: importing it again updates the same article."""

    article = models.OneToOneField("articles.Article", models.CASCADE, related_name="imported_from")
    #: The permanent id of the coverage, which is the same in every file and at every address.
    key = models.CharField(max_length=500, unique=True)
    format = models.CharField(max_length=20)
    #: Whether everything was written, so that readers may open the page.
    complete = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class ImportedUpdate(models.Model):
    """The source of an imported update. It stays if the update is deleted, so that no import brings it back."""

    source = models.ForeignKey(ImportedArticle, models.CASCADE, related_name="updates")
    key = models.CharField(max_length=500)
    update = models.OneToOneField("articles.Update", models.SET_NULL, null=True, related_name="imported_from")
    #: The digest of the record from which it was last written.
    digest = models.CharField(max_length=64)
    #: The digest of the written texts and state; if it differs, somebody has edited the update here.
    written_digest = models.CharField(max_length=64)
    #: Names of the stored files, by the addresses of the pictures in the source.
    files = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_update_of_a_source_key")]

    def __str__(self) -> str:
        return self.key


class OldAddress(models.Model):
    """An address of imported coverage before the import. Requests for it are redirected."""

    #: Path, and query if it has one; without a language in front if `language` is empty.
    path = models.CharField(max_length=500)
    host = models.CharField(max_length=255, blank=True)
    language = models.CharField(max_length=MAX_CODE_LENGTH, blank=True)
    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="old_addresses")
    update: models.ForeignKey = models.ForeignKey("articles.Update", models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["path", "host"], name="one_target_of_an_old_address")]

    def __str__(self) -> str:
        return f"{self.host}{self.path}"


def upload_path(instance: Import, filename: str) -> str:
    """Return a path that cannot be guessed. No page links to it, and the site does not serve it."""
    return f"{UPLOADS}{secrets.token_hex(16)}"


class Import(QueueRow):
    """An import that somebody has started in the admin. `articles.interchange.jobs` works on the rows.

    The source is read first. It is imported once somebody has seen the losses and confirmed it.
    """

    class State(models.TextChoices):
        READING = "reading", pgettext_lazy("state of an import", "Reading")
        READY = "ready", pgettext_lazy("state of an import", "Read, not yet imported")
        IMPORTING = "importing", pgettext_lazy("state of an import", "Importing")
        FOLLOWING = "following", pgettext_lazy("state of an import", "Following the source")
        DONE = "done", pgettext_lazy("state of an import", "Imported")
        FAILED = "failed", pgettext_lazy("state of an import", "Failed")

    #: States with work to do.
    ACTIVE = (State.READING, State.IMPORTING, State.FOLLOWING)

    file = models.FileField(_("file"), upload_to=upload_path, max_length=200, blank=True)
    #: The original name of the file.
    file_name = models.CharField(_("file"), max_length=200, blank=True, editable=False)
    address = ShortTextField(_("link"), max_length=1000, blank=True)
    slug = models.SlugField(
        _("URL slug"),
        max_length=120,
        blank=True,
        help_text=_("The last part of the article’s URL. Leave empty to use the one given by the source."),
    )
    language = models.CharField(_("source language"), max_length=MAX_CODE_LENGTH, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    follow = models.BooleanField(
        _("follow the source"),
        default=False,
        help_text=_("URLs only: new updates, corrections and withdrawals are imported until you stop it."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READING, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("person")
    )
    #: The language in which that person works, for messages.
    shown_in = models.CharField(max_length=MAX_CODE_LENGTH, default="en", editable=False)
    asked_at = models.DateTimeField(_("time"), auto_now_add=True)
    article = models.ForeignKey(
        "articles.Article", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("article")
    )
    #: The number of updates in the source, and of those that were processed; see `articles.interchange.importing`.
    total = models.PositiveIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    counts = models.JSONField(default=dict, editable=False)
    notes = models.JSONField(default=list, editable=False)
    #: Why it failed, for people.
    error = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ("-pk",)
        default_permissions = ("view", "add", "change")
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="due_imports")]

    def __str__(self) -> str:
        return self.address or self.file_name or f"#{self.pk}"

    def forget_file(self) -> None:
        """Delete the uploaded file after the commit: it may hold drafts and personal data. The caller saves the row."""
        name, storage = self.file.name, self.file.storage
        self.file = ""
        if name:
            transaction.on_commit(lambda: storage.delete(name), robust=True)

"""The decisions of a newsroom on the wording of the interface."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liveblog import actors
from liveblog.fields import LanguageField
from liveblog.wording.catalogue import Message

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class WordingQuerySet(models.QuerySet["Wording"]):
    def of(self, language: str, message: Message) -> WordingQuerySet:
        """Return all decisions on a message, the last one first."""
        return self.filter(language=language, key=message.key).order_by("-number")

    def in_force(self) -> WordingQuerySet:
        """Return the last decision on each message, without those that returned to the product's texts."""
        by_message = self.model._base_manager.order_by().values("language", "key")
        last = by_message.annotate(last=models.Max("pk")).values("last")
        return self.filter(pk__in=last).exclude(texts=[]).order_by("language", "pk")


class Wording(models.Model):
    """One decision on the texts of a message in one language. The last one of a message counts.

    Rows are only added, so they are also the history of the texts. A message is identified by its English text and its
    context, as in gettext catalogues, so a decision outlasts a release that changes neither.
    """

    language = LanguageField(_("language"))
    #: The key of the message, and the number of the decision on it, from 1. Of two simultaneous ones, one fails.
    key = models.CharField(max_length=16, editable=False)
    number = models.PositiveIntegerField(editable=False)
    #: `msgctxt`, `msgid` and `msgid_plural` of the message.
    context = models.TextField(blank=True, editable=False)
    message = models.TextField(editable=False)
    plural = models.TextField(blank=True, editable=False)
    #: One text, or one for each plural form of the language. An empty list stands for the product's texts.
    texts = models.JSONField(default=list, editable=False)
    #: The texts of the product at that time.
    product_texts = models.JSONField(default=list, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False)
    #: The name of the user at the time, which stays when the account is deleted.
    user_name = models.CharField(max_length=150, blank=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WordingQuerySet.as_manager()

    class Meta:
        default_permissions = ("change",)
        verbose_name = _("word of the interface")
        verbose_name_plural = _("words of the interface")
        constraints = [
            models.UniqueConstraint(fields=["language", "key", "number"], name="one_wording_after_the_other"),
            models.CheckConstraint(condition=~models.Q(message=""), name="words_are_of_a_message"),
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.key}"

    @property
    def source(self) -> Message:
        """Return the message with only its text, whether or not the product still has it."""
        return Message(self.context, self.message, self.plural)

    @staticmethod
    def decide(
        language: str, decided: Iterable[tuple[Message, list[str], list[str]]], actor: User | actors.Machine
    ) -> list[Wording]:
        """Store decisions on messages: for each its texts, an empty list for the product's, and the product's texts.

        Raise IntegrityError if somebody else decides on one of them at the same time.
        """
        last = Wording.objects.filter(language=language).order_by().values_list("key").annotate(models.Max("number"))
        numbers = dict(last)
        return Wording.objects.bulk_create(
            Wording(
                language=language,
                key=message.key,
                number=numbers.get(message.key, 0) + 1,
                context=message.context,
                message=message.singular,
                plural=message.plural,
                texts=texts,
                product_texts=product,
                user=None if isinstance(actor, actors.Machine) else actor,
                user_name=actors.name_of(actor)[:150],
            )
            for message, texts, product in decided
        )

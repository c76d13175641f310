"""Votes, and the published tally of each poll."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Vote(models.Model):
    """One browser's vote in a poll. Voting again changes it."""

    update = models.ForeignKey("articles.Update", models.CASCADE, related_name="votes")
    #: A digest that distinguishes browsers within one poll without identifying them; see `articles.polls.voting`.
    voter = models.CharField(max_length=64)
    #: The place of the choice in the list, from 0.
    choice = models.PositiveSmallIntegerField()
    #: Whether the published tally includes the vote. The other rows are the queue of `articles.polls.counting`.
    counted = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    #: A digest of the reader's network address and the poll, by which the desk counts the votes from one network; empty
    #: if unknown or deleted.
    network = models.CharField(max_length=64, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["update", "network"], name="votes_from_a_network"),
            models.Index(fields=["update", "choice"], name="votes_for_a_choice"),
            models.Index(fields=["update"], condition=Q(counted=False), name="votes_to_count"),
        ]
        constraints = [models.UniqueConstraint(fields=["update", "voter"], name="one_vote_per_browser")]

    def __str__(self) -> str:
        return f"#{self.update_id}: {self.choice}"


class Tally(models.Model):
    """The published votes of a poll. Only `articles.polls.counting` writes it."""

    update = models.OneToOneField("articles.Update", models.CASCADE, primary_key=True, related_name="tally")
    #: The number of votes for each choice, in the order of the list.
    counts = models.JSONField(default=list)
    at = models.DateTimeField(null=True)
    #: The `closes_at` of the update for which open pages have been notified that the poll is closed.
    closed_for = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.update_id}: {self.counts}"

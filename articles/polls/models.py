"""What readers voted, and what all of them are told of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Vote(models.Model):
    """One browser's vote in a poll. Voting again changes it."""

    update = models.ForeignKey("articles.Update", models.CASCADE, related_name="votes")
    #: Tells browsers apart within one poll and says nothing of who they are; see `articles.polls.voting`.
    voter = models.CharField(max_length=64)
    #: The place of the choice in the list, from nought.
    choice = models.PositiveSmallIntegerField()
    #: Whether a published tally includes it as it is. The rows of which none does are the queue of those who count.
    counted = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["update", "choice"], name="votes_for_a_choice"),
            models.Index(fields=["update"], condition=Q(counted=False), name="votes_to_count"),
        ]
        constraints = [models.UniqueConstraint(fields=["update", "voter"], name="one_vote_per_browser")]

    def __str__(self) -> str:
        return f"#{self.update_id}: {self.choice}"


class Tally(models.Model):
    """The state of a poll as readers see it. Written by `articles.polls.counting` only."""

    update = models.OneToOneField("articles.Update", models.CASCADE, primary_key=True, related_name="tally")
    #: How many votes each choice has, in the order of the list.
    counts = models.JSONField(default=list)
    at = models.DateTimeField(null=True)
    #: The `closes_at` of the update of which open pages have been told that it has come.
    closed_for = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.update_id}: {self.counts}"

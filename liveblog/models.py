from django.db import models


class Change(models.Model):
    """One line of the change log: at `revision`, `element` of the article's page became different.

    The log holds no content. What an element looks like now, or that it is gone, is asked of the element's owner when
    a reader needs it; so a line can be delivered late, twice or together with later ones, and the page is the same.
    """

    article = models.ForeignKey("articles.Article", on_delete=models.CASCADE, related_name="changes")
    revision = models.PositiveBigIntegerField()
    element = models.CharField(max_length=64)
    #: The pages on which it did, as ",de,uk,"; empty: in all languages.
    languages = models.CharField(max_length=128, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("article", "revision")
        constraints = [
            models.UniqueConstraint(fields=["article", "revision"], name="one_change_per_revision"),
            models.CheckConstraint(condition=models.Q(revision__gt=0), name="revisions_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id}@{self.revision} {self.element}"

from django.db import models

from liveblog.fields import LanguagesField


class Change(models.Model):
    """One line of the change log: at `revision`, `element` of the article's page changed.

    The log holds no content. When a reader needs an element, the app that owns it renders its current state, or says
    that it is gone. So a line can be delivered late, twice or together with later ones, and the page is the same.
    """

    article = models.ForeignKey("articles.Article", on_delete=models.CASCADE, related_name="changes")
    revision = models.PositiveBigIntegerField()
    element = models.CharField(max_length=64)
    #: The languages of the pages on which it did; none stands for all languages.
    languages = LanguagesField(blank=True, default=list)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("article", "revision")
        constraints = [
            models.UniqueConstraint(fields=["article", "revision"], name="one_change_per_revision"),
            models.CheckConstraint(condition=models.Q(revision__gt=0), name="revisions_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id}@{self.revision} {self.element}"

from django.db import models
from django.utils.translation import gettext_lazy as _

from liveblog.fields import LanguageField


class CommentTranslation(models.Model):
    """A machine translation of a comment, made and stored when a reader or moderator first asks for it."""

    comment = models.ForeignKey(
        "comments.Comment", models.CASCADE, related_name="translations", verbose_name=_("comment")
    )
    language = LanguageField(_("language"))
    text = models.TextField()
    engine = models.CharField(max_length=20)
    #: Hash of the source text. If the comment has been edited since, it is translated again.
    text_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["comment", "language"], name="one_translation_of_a_comment"),
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}: {self.language}"

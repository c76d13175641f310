from django.db import models

from liveblog.accounts.models import Invitation, Profile
from liveblog.alerts.models import Alert, AlertChoice
from liveblog.audit.models import Entry
from liveblog.branding.models import Brand, BrandFile, SiteLink
from liveblog.configuration.models import StoredSetting
from liveblog.delivery.states import TOKEN_LENGTH, State
from liveblog.fields import LanguagesField
from liveblog.languages import MAX_CODE_LENGTH
from liveblog.rest.models import StoredAnswer, Token
from liveblog.search.index import FoldedTextField, SubstringIndex
from liveblog.webhooks.models import Delivery, Webhook
from liveblog.wording.models import Wording

__all__ = [
    "Alert",
    "AlertChoice",
    "Brand",
    "BrandFile",
    "Change",
    "DatabaseHistory",
    "Delivery",
    "Entry",
    "Invitation",
    "Profile",
    "SearchText",
    "SiteLink",
    "StoredAnswer",
    "StoredSetting",
    "Token",
    "Webhook",
    "Wording",
]


class Change(models.Model):
    """One line of the change log: at `revision`, `element` of the article's page changed.

    The log holds no content. When a reader needs an element, the app that owns it renders its current state, or says
    that it is gone. So a line can be delivered late, twice or together with later ones, with the same result.

    The tokens make the lines of a history a chain: see `liveblog.delivery.states`.
    """

    article = models.ForeignKey("articles.Article", on_delete=models.CASCADE, related_name="changes")
    revision = models.PositiveBigIntegerField()
    #: The tokens of the state after the change and of the state before it.
    token = models.CharField(max_length=TOKEN_LENGTH)
    previous_token = models.CharField(max_length=TOKEN_LENGTH)
    element = models.CharField(max_length=64)
    #: The languages of the pages on which it changed; none stands for all languages.
    languages = LanguagesField(blank=True, default=list)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("article_id", "revision")
        constraints = [
            models.UniqueConstraint(fields=["article", "revision"], name="one_change_per_revision"),
            models.CheckConstraint(condition=models.Q(revision__gt=0), name="revisions_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id}@{self.state} {self.element}"

    @property
    def state(self) -> State:
        return State(self.revision, self.token)

    @property
    def previous_state(self) -> State:
        return State(self.revision - 1, self.previous_token)


class DatabaseHistory(models.Model):
    """The name of the history in which the database was last written: see `liveblog.postgresql.histories`. One row."""

    name = models.CharField(max_length=80)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_history")]

    def __str__(self) -> str:
        return self.name


class SearchText(models.Model):
    """The text of one object in one language, folded for the search; see `liveblog.search`.

    One table has all kinds of objects, so one index serves every search.
    """

    #: The label of the model, such as "articles.update", and the primary key of the object.
    kind = models.CharField(max_length=60)
    object_id = models.PositiveBigIntegerField()
    #: Empty for texts without a language.
    language = models.CharField(max_length=MAX_CODE_LENGTH, blank=True)
    title = models.TextField(blank=True)
    #: The title, and the rest of the text.
    text = FoldedTextField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "language"], name="one_search_text_of_a_language"),
        ]
        indexes = [SubstringIndex(fields=["text"], name="search_text_trigrams")]

    def __str__(self) -> str:
        # No log keeps anything of an erased comment.
        return f"{self.kind} {self.object_id} {self.language}".strip()

from articles.desk.models import DeskNote, Snippet
from articles.embeds.models import Embed
from articles.feeds.models import Modification, Ping
from articles.following.models import Delivery, Edition, Follow, Story
from articles.history.models import CoverageEvent, UpdateVersion
from articles.interchange.models import Import, ImportedArticle, ImportedUpdate, OldAddress
from articles.models.article import Article, KnownSlug
from articles.models.base import Author, Topic
from articles.models.defaults import CoverageDefaults
from articles.models.update import DeletedUpdate, Update
from articles.pictures.models import Picture
from articles.policies import Policy
from articles.polls.models import Tally, Vote
from articles.publishing.models import CoverageEmail
from articles.translations.models import EngineUse, GlossaryTerm, Translation, TranslationUnit

__all__ = [
    "Article",
    "Author",
    "CoverageDefaults",
    "CoverageEmail",
    "CoverageEvent",
    "DeletedUpdate",
    "Delivery",
    "DeskNote",
    "Edition",
    "Embed",
    "EngineUse",
    "Follow",
    "GlossaryTerm",
    "Import",
    "ImportedArticle",
    "ImportedUpdate",
    "KnownSlug",
    "Modification",
    "OldAddress",
    "Picture",
    "Ping",
    "Policy",
    "Snippet",
    "Story",
    "Tally",
    "Topic",
    "Translation",
    "TranslationUnit",
    "Update",
    "UpdateVersion",
    "Vote",
]

"""Comments of readers, and the decisions of the newsroom about them."""

from comments.models.addresses import EmailAddress
from comments.models.comment import Comment, Commenter, Held, State
from comments.models.emails import EmailJob
from comments.models.moderation import Actor, Ban, Decision, Note, Report
from comments.models.rules import CommentDefaults, Discussion, ListedWord, Policy
from comments.models.translation import CommentTranslation

__all__ = [
    "Actor",
    "Ban",
    "Comment",
    "CommentDefaults",
    "CommentTranslation",
    "Commenter",
    "Decision",
    "Discussion",
    "EmailAddress",
    "EmailJob",
    "Held",
    "ListedWord",
    "Note",
    "Policy",
    "Report",
    "State",
]

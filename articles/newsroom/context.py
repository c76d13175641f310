"""The side bar of the newsroom's pages: a context processor that does no work unless a page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.newsroom import coverage
from liveblog import roles
from liveblog.lists import listed
from liveblog.newsroom.waiting import queues_for

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Item:
    """A list of the library. `view` is the name of its page, `permission` the right to open it."""

    label: _StrOrPromise
    view: str
    icon: str
    permission: str


LIBRARY = (
    Item(
        pgettext_lazy("kind of list", "Coverage"),
        "admin:articles_article_changelist",
        "coverage",
        "articles.view_article",
    ),
    Item(_("Updates"), "admin:articles_update_changelist", "lines", "articles.view_update"),
    Item(_("Snippets"), "admin:articles_snippet_changelist", "snippet", "articles.view_snippet"),
    Item(_("Glossary"), "admin:articles_glossaryterm_changelist", "book", "articles.view_glossaryterm"),
    Item(
        _("Translation memory"),
        "admin:articles_translationunit_changelist",
        "book",
        "articles.view_translationunit",
    ),
    Item(_("Topics"), "admin:articles_topic_changelist", "tag", "articles.view_topic"),
    Item(_("Authors"), "admin:articles_author_changelist", "pen", "articles.view_author"),
    Item(_("People"), "admin:auth_user_changelist", "people", "auth.view_user"),
)

#: Rarely visited places: only the command palette links to them.
SELDOM = (
    Item(_("Import coverage"), "admin:articles_import_changelist", "coverage", "articles.view_import"),
    Item(_("Webhooks"), "admin:liveblog_webhook_changelist", "machine", "liveblog.view_webhook"),
    Item(_("Access tokens"), "admin:liveblog_token_changelist", "machine", "liveblog.view_token"),
)


def sidebar(request: HttpRequest) -> dict[str, Any]:
    """Return the contents of the side bar, evaluated lazily; a context processor."""
    return {"sidebar": SimpleLazyObject(lambda: _sidebar(request))}


def _sidebar(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        return {}
    found = queues_for(user, lines=False)
    return {
        "queues": [queue for queue in found if queue.in_nav],
        "desks": coverage.desks(user),
        "library": [item for item in LIBRARY if user.has_perm(item.permission)],
        "may_start": user.has_perm("articles.start_coverage"),
        "role": role_of(user),
        "initials": initials_of(user),
    }


def role_of(user: User) -> str:
    """Return the labels of a user's roles."""
    if user.is_superuser:
        return str(_("Administrator"))
    names = {group.name for group in user.groups.all()}
    return listed(name for role, name in roles.NAMES.items() if role in names)


def initials_of(user: User) -> str:
    """Return the initials of a person."""
    words = (user.get_full_name() or user.get_username()).split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

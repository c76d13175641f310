"""The four roles of a newsroom: groups with the permissions of this table, brought up to date after each migrate.

A newsroom that wants other rights makes groups of its own; changes to these four last until the next migrate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet
    from django.utils.functional import _StrOrPromise

JOURNALIST, TRANSLATOR, MODERATOR, EDITOR = "Journalist", "Translator", "Moderator", "Editor"

#: Stands for superusers in lists of roles, such as REQUIRE_MFA. There is no group of this name.
ADMIN = "admin"

#: Name of the group to its label, in the order in which roles are offered.
NAMES: Mapping[str, _StrOrPromise] = {
    JOURNALIST: _("Journalist"),
    TRANSLATOR: _("Translator"),
    MODERATOR: _("Moderator"),
    EDITOR: _("Editor"),
}

#: The purpose of each role, in a sentence.
PURPOSES: Mapping[str, _StrOrPromise] = {
    JOURNALIST: _("Writes updates and runs coverage."),
    TRANSLATOR: _("Translates, and reviews machine translations, in their own languages."),
    MODERATOR: _("Decides on comments and moderates discussions."),
    EDITOR: _("Does all of this, plans coverage and sets its rules."),
}


@dataclass(frozen=True)
class Right:
    """Something that a role may do: its label, its permissions ("app label.codename"), and the roles."""

    words: _StrOrPromise
    permissions: tuple[str, ...]
    roles: tuple[str, ...]


def _all_of(model: str, *actions: str) -> tuple[str, ...]:
    app_label, name = model.split(".")
    return tuple(f"{app_label}.{action}_{name}" for action in actions or ("add", "change", "delete", "view"))


RIGHTS: tuple[Right, ...] = (
    Right(
        _("See all coverage and all updates, including drafts"),
        ("articles.view_article", "articles.view_update"),
        (JOURNALIST, TRANSLATOR, MODERATOR, EDITOR),
    ),
    Right(
        _("See authors and topics"), ("articles.view_author", "articles.view_topic"), (JOURNALIST, TRANSLATOR, EDITOR)
    ),
    Right(
        _("Write, publish, correct and withdraw updates, in any language"),
        ("articles.add_update", "articles.change_update"),
        (JOURNALIST, EDITOR),
    ),
    Right(
        _("Run coverage at the live desk: pin updates, link to related coverage, keep it open"),
        ("articles.cover_article",),
        (JOURNALIST, EDITOR),
    ),
    Right(_("Start coverage, or resume finished coverage"), ("articles.start_coverage",), (JOURNALIST, EDITOR)),
    Right(
        _("Set the headline, picture, languages and times of coverage"),
        _all_of("articles.article", "add", "change"),
        (JOURNALIST, EDITOR),
    ),
    Right(pgettext_lazy("table of rights", "Finish coverage"), ("articles.finish_coverage",), (JOURNALIST, EDITOR)),
    Right(_("Write and use snippets"), _all_of("articles.snippet", "add", "change", "view"), (JOURNALIST, EDITOR)),
    Right(_("Delete snippets"), _all_of("articles.snippet", "delete"), (EDITOR,)),
    Right(
        _("See translations and the glossary"),
        ("articles.view_translation", "articles.view_glossaryterm", "articles.view_translationunit"),
        (JOURNALIST, TRANSLATOR, EDITOR),
    ),
    Right(
        _("Translate, and approve or reject translations, in one’s own languages"),
        ("articles.translate_article", "articles.translate_update"),
        (TRANSLATOR, EDITOR),
    ),
    Right(_("Do this in all languages"), ("articles.translate_every_language",), (EDITOR,)),
    Right(_("Edit the glossary"), _all_of("articles.glossaryterm", "add", "change", "delete"), (TRANSLATOR, EDITOR)),
    Right(
        _("Import and export the translation memory, and delete wrong translations from it"),
        _all_of("articles.translationunit", "add", "delete"),
        (EDITOR,),
    ),
    Right(
        _("Decide on comments, write notes about them, and see reports and past decisions"),
        (
            *_all_of("comments.comment", "view", "change"),
            *_all_of("comments.note", "add", "view"),
            *("comments.view_decision", "comments.view_report"),
        ),
        (MODERATOR, EDITOR),
    ),
    Right(
        _("Ban commenters, and edit the list of words"),
        (*_all_of("comments.ban"), *_all_of("comments.listedword")),
        (MODERATOR, EDITOR),
    ),
    Right(
        _("Set the rules for comments"),
        _all_of("comments.discussion", "add", "change", "view"),
        (MODERATOR, EDITOR),
    ),
    Right(_("Feature comments in coverage, and turn them into updates"), ("comments.feature_comment",), (EDITOR,)),
    Right(_("Delete comments"), ("comments.delete_comment",), (EDITOR,)),
    Right(_("Export or erase all the data of a commenter"), ("comments.erase_comment",), (EDITOR,)),
    Right(
        _("Plan coverage: create, edit and delete articles, authors and topics"),
        (
            *_all_of("articles.article", "delete"),
            *_all_of("articles.author", "add", "change", "delete"),
            *_all_of("articles.topic", "add", "change", "delete"),
            "articles.delete_update",
        ),
        (EDITOR,),
    ),
    Right(_("Change the name and look of the site"), ("liveblog.change_brand",), (EDITOR,)),
    Right(_("Change the words of the interface"), ("liveblog.change_wording",), (EDITOR,)),
    Right(
        _("Set the defaults for new coverage and its comments"),
        ("articles.change_coveragedefaults", "comments.change_commentdefaults"),
        (EDITOR,),
    ),
    Right(
        _("Import coverage from other live blogs and from archives"),
        _all_of("articles.import", "add", "change", "view"),
        (EDITOR,),
    ),
    Right(
        _("Connect programs that act in one’s own name, by access tokens"),
        _all_of("liveblog.token", "add", "view"),
        (JOURNALIST, TRANSLATOR, MODERATOR, EDITOR),
    ),
    Right(
        _("Notify other systems of events at once, by webhooks"),
        (*_all_of("liveblog.webhook"), "liveblog.view_delivery"),
        (EDITOR,),
    ),
    Right(_("Decide whether updates need a second pair of eyes"), ("articles.switch_release",), (EDITOR,)),
)

#: The labels of the rights that only administrators have.
ADMINISTRATORS_ONLY: tuple[_StrOrPromise, ...] = (
    _("Invite colleagues, assign roles and suspend accounts"),
    _("Remove the second factors of someone who has lost their device"),
    _("Set up machine translation, the spam check, email and data retention"),
    _("Read the audit log of logins, roles and publishing"),
    _("Delete an update that readers have seen, or an article with such updates"),
)

#: Name of the group to its permissions.
ROLES: Mapping[str, frozenset[str]] = {
    role: frozenset(permission for right in RIGHTS if role in right.roles for permission in right.permissions)
    for role in NAMES
}


def recipients(permission: str) -> QuerySet[User]:
    """Return the people of the newsroom who have a permission ("app label.codename") and get e-mail about its work.

    Superusers as such are not included: administrators do not follow the daily work.
    """
    from django.contrib.auth.models import User

    permitted = User.objects.with_perm(permission, include_superusers=False)
    return permitted.filter(is_active=True, is_staff=True).exclude(email="")


def apply_roles(sender: AppConfig, using: str, apps: Apps = installed_apps, **kwargs: object) -> None:
    """Give each role its permissions of the app that was migrated; a receiver of `post_migrate`.

    Django makes the app's permissions in a receiver of its own, which `django.contrib.auth` connects earlier.
    """
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        # The migrations of `auth` are not applied yet, or are being unapplied.
        return
    for role, permissions in ROLES.items():
        wanted = _codenames(permissions, sender.label)
        if not wanted:
            continue
        group, _created = group_model.objects.using(using).get_or_create(name=role)
        own = permission_model.objects.using(using).filter(content_type__app_label=sender.label)
        group.permissions.remove(*own.filter(group=group).exclude(codename__in=wanted))
        group.permissions.add(*own.filter(codename__in=wanted))


def _codenames(permissions: Iterable[str], app_label: str) -> set[str]:
    pairs = (permission.split(".") for permission in permissions)
    return {codename for label, codename in pairs if label == app_label}

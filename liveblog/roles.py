"""The four roles of a newsroom: groups with the permissions of this table, brought up to date after each migrate.

A newsroom that wants other rights makes groups of its own; changes to these four last until the next migrate.
"""

from collections.abc import Iterable, Mapping

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps

_READ = ("articles.view_article", "articles.view_update", "articles.view_author", "articles.view_topic")
_TRANSLATE = (
    *("articles.translate_article", "articles.translate_update", "articles.view_translation"),
    *(f"articles.{action}_glossaryterm" for action in ("add", "change", "delete", "view")),
)
_RUN_COVERAGE = (
    *("articles.add_update", "articles.change_update", "articles.cover_article"),
    *("articles.view_snippet", "articles.add_snippet", "articles.change_snippet"),
)
_MODERATE = (
    *("comments.view_comment", "comments.change_comment"),
    *(f"comments.{action}_ban" for action in ("add", "change", "delete", "view")),
    *(f"comments.{action}_listedword" for action in ("add", "change", "delete", "view")),
    *("comments.add_note", "comments.view_note", "comments.view_decision", "comments.view_report"),
    *("comments.add_discussion", "comments.change_discussion", "comments.view_discussion"),
)

#: Name of the group to its permissions, as "app label.codename".
ROLES: Mapping[str, frozenset[str]] = {
    "Journalist": frozenset({*_READ, *_RUN_COVERAGE, "articles.view_translation", "articles.view_glossaryterm"}),
    "Translator": frozenset({*_READ, *_TRANSLATE}),
    "Moderator": frozenset({"articles.view_article", "articles.view_update", *_MODERATE}),
    "Editor": frozenset(
        {
            *(
                f"articles.{action}_{model}"
                for model in ("article", "update", "author", "topic")
                for action in ("add", "change", "delete", "view")
            ),
            *(*_RUN_COVERAGE, "articles.delete_snippet", *_TRANSLATE),
            *(f"articles.{action}_import" for action in ("add", "change", "view")),
            *(*_MODERATE, "comments.delete_comment", "comments.feature_comment", "comments.erase_comment"),
        }
    ),
}


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

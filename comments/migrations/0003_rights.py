"""The rights of moderators and editors over what came with moderation."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

_MODERATING = [
    *(f"{action}_{model}" for model in ("ban", "listedword") for action in ("add", "change", "delete", "view")),
    *("add_note", "view_note", "view_decision", "view_report"),
    *("add_discussion", "change_discussion", "view_discussion"),
]

RIGHTS = {"Moderator": _MODERATING, "Editor": [*_MODERATING, "feature_comment", "erase_comment"]}


def give(apps, schema_editor):
    # Permissions are otherwise made after the last migration, which is too late to give them out.
    create_permissions(
        installed.get_app_config("comments"), verbosity=0, using=schema_editor.connection.alias, apps=apps
    )
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, codenames in RIGHTS.items():
        group, _made = group_model.objects.get_or_create(name=name)
        for codename in codenames:
            group.permissions.add(permission_model.objects.get(content_type__app_label="comments", codename=codename))


class Migration(migrations.Migration):
    dependencies = [("comments", "0002_moderation"), ("liveblog", "0002_groups")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]

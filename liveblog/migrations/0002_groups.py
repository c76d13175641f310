"""The groups of a newsroom, each with the rights that its name says and no more."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = {
    "Journalist": [
        "articles.view_article",
        "articles.add_update",
        "articles.change_update",
        "articles.view_update",
        "articles.view_author",
        "articles.view_topic",
    ],
    "Translator": [
        "articles.view_article",
        "articles.translate_article",
        "articles.view_update",
        "articles.translate_update",
        "articles.view_author",
        "articles.view_topic",
    ],
    "Moderator": ["articles.view_article", "articles.view_update", "comments.view_comment", "comments.change_comment"],
    "Editor": [
        f"articles.{action}_{model}"
        for model in ("article", "update", "author", "topic")
        for action in ("add", "change", "delete", "view")
    ]
    + [
        "articles.translate_article",
        "articles.translate_update",
        "comments.view_comment",
        "comments.change_comment",
        "comments.delete_comment",
    ],
}


def make_groups(apps, schema_editor):
    # Permissions are otherwise made after the last migration, which is too late to give them out.
    for label in ("articles", "comments"):
        create_permissions(
            installed.get_app_config(label), verbosity=0, using=schema_editor.connection.alias, apps=apps
        )
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, permissions in GROUPS.items():
        group, _made = group_model.objects.get_or_create(name=name)
        for permission in permissions:
            label, codename = permission.split(".")
            group.permissions.add(permission_model.objects.get(content_type__app_label=label, codename=codename))


class Migration(migrations.Migration):
    dependencies = [
        ("liveblog", "0001_initial"),
        ("articles", "0001_initial"),
        ("comments", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]

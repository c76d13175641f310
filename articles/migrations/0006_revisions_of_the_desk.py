"""What a desk has to ask for, and who may run a coverage and keep pieces ready."""

from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

RIGHTS = {"Journalist": ["cover_article", "view_snippet", "add_snippet", "change_snippet"]}
RIGHTS["Editor"] = [*RIGHTS["Journalist"], "delete_snippet"]


def give_rights(apps, schema_editor):
    # Permissions are otherwise made after the last migration, which is too late to give them out.
    create_permissions(
        installed.get_app_config("articles"), verbosity=0, using=schema_editor.connection.alias, apps=apps
    )
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="articles")
    for name, codenames in RIGHTS.items():
        group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_history"),
        ("liveblog", "0002_groups"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(give_rights, migrations.RunPython.noop),
        migrations.AddField(
            model_name="article",
            name="desk_revision",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="update",
            name="desk_revision",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.AddIndex(
            model_name="update",
            index=models.Index(fields=["article", "desk_revision"], name="updates_of_the_desk"),
        ),
    ]

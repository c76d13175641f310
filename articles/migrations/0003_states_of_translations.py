"""States of the translations that there are: people wrote them, and stand behind them."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import timezone

FIELDS = {
    "article": ("headline", "standfirst", "dateline", "body", "photo_alt", "photo_caption", "photo_credit"),
    "update": ("headline", "body", "photo_alt", "photo_caption", "photo_credit", "correction_note"),
}
PERMISSIONS = {
    "Journalist": ["view_translation", "view_glossaryterm"],
    "Translator": [
        "view_translation",
        "view_glossaryterm",
        "add_glossaryterm",
        "change_glossaryterm",
        "delete_glossaryterm",
    ],
}
PERMISSIONS["Editor"] = PERMISSIONS["Translator"]


def texts(item, kind, language):
    found = {field: getattr(item, f"{field}_{language}") for field in FIELDS[kind]}
    return {field: text for field, text in found.items() if text}


def rows(Translation, items, kind, article_of):
    now = timezone.now()
    for item in items.iterator(chunk_size=500):
        source = texts(item, kind, item.source_language)
        for language in article_of(item).languages:
            if language == item.source_language:
                continue
            made = {}
            if texts(item, kind, language):
                made = {"state": "reviewed", "source": source, "source_revision": article_of(item).revision}
                made |= dict.fromkeys(("made_at", "first_made_at", "reviewed_at", "first_reviewed_at"), now)
            yield Translation(**{kind: item}, language=language, **made)


def make_rows(apps, schema_editor):
    Translation = apps.get_model("articles", "Translation")
    article, update = apps.get_model("articles", "Article"), apps.get_model("articles", "Update")
    for found in (
        rows(Translation, article.objects.all(), "article", lambda item: item),
        rows(Translation, update.objects.select_related("article"), "update", lambda item: item.article),
    ):
        batch = []
        for row in found:
            batch.append(row)
            if len(batch) == 1000:
                Translation.objects.bulk_create(batch)
                batch.clear()
        Translation.objects.bulk_create(batch)


def give_permissions(apps, schema_editor):
    create_permissions(
        installed.get_app_config("articles"), verbosity=0, using=schema_editor.connection.alias, apps=apps
    )
    for name, codenames in PERMISSIONS.items():
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        # Groups that a newsroom has removed stay away.
        if group is not None:
            found = apps.get_model("auth", "Permission").objects.filter(
                content_type__app_label="articles", codename__in=codenames
            )
            group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("articles", "0002_translations"), ("liveblog", "0002_groups")]
    operations = [
        migrations.RunPython(make_rows, migrations.RunPython.noop),
        migrations.RunPython(give_permissions, migrations.RunPython.noop),
    ]

import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import articles.interchange.models
import articles.kinds
import articles.pictures.fields
import liveblog.delivery.states
import liveblog.fields
import liveblog.links
import liveblog.moments.fields
import liveblog.search.index


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "__first__"),
        ("webpush", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Update",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "source_language",
                    liveblog.fields.SourceLanguageField(
                        default="en",
                        help_text="The language in which the article is first written.",
                        verbose_name="source language",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=articles.kinds.choices, default="text", max_length=12, verbose_name="kind"
                    ),
                ),
                ("headline", models.CharField(blank=True, max_length=200, verbose_name="headline")),
                ("headline_en", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("headline_de", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("headline_fr", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("headline_es", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("headline_pl", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("headline_ro", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("headline_uk", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("headline_ar", models.CharField(blank=True, max_length=200, null=True, verbose_name="headline")),
                ("body", models.TextField(blank=True, verbose_name="body")),
                ("body_en", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_de", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_fr", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_es", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_pl", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_ro", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_uk", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_ar", models.TextField(blank=True, null=True, verbose_name="body")),
                (
                    "attribution",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_en",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_de",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_fr",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_es",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_pl",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_ro",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_uk",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "attribution_ar",
                    models.CharField(
                        blank=True,
                        help_text="The person quoted, or the source of the figures.",
                        max_length=200,
                        null=True,
                        verbose_name="attribution",
                    ),
                ),
                (
                    "source_url",
                    models.URLField(
                        blank=True,
                        help_text="Where the quote was first published.",
                        max_length=500,
                        validators=[liveblog.links.names_no_user],
                        verbose_name="link to source",
                    ),
                ),
                (
                    "closes_at",
                    liveblog.moments.fields.MomentField(
                        blank=True,
                        help_text="Polls only. A poll always closes when coverage ends.",
                        null=True,
                        verbose_name="closes at",
                    ),
                ),
                ("is_key", models.BooleanField(default=False, verbose_name="key event")),
                ("is_breaking", models.BooleanField(default=False, verbose_name="breaking news")),
                (
                    "is_silent",
                    models.BooleanField(
                        default=False,
                        help_text="Followers aren’t notified of this update.",
                        verbose_name="no notification",
                    ),
                ),
                (
                    "pin",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        editable=False,
                        help_text="Pinned on top of the page, the greatest first.",
                        null=True,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Awaiting approval"),
                            ("scheduled", "Scheduled"),
                            ("published", "Published"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "publish_at",
                    liveblog.moments.fields.MomentField(
                        blank=True, help_text="Scheduled updates only.", null=True, verbose_name="publish at"
                    ),
                ),
                (
                    "first_published_at",
                    liveblog.moments.fields.MomentField(
                        blank=True, editable=False, null=True, verbose_name="first published"
                    ),
                ),
                (
                    "earlier_time",
                    liveblog.moments.fields.MomentField(
                        blank=True, editable=False, null=True, verbose_name="backdated to"
                    ),
                ),
                (
                    "backdating_reason",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="reason for backdating"),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="withdrawn")),
                (
                    "leaves_mark",
                    models.BooleanField(
                        default=False,
                        help_text="Readers see that an update was removed here.",
                        verbose_name="notice to readers",
                    ),
                ),
                (
                    "withdrawal_note",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_en",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_de",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_fr",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_es",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_pl",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_ro",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_uk",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                (
                    "withdrawal_note_ar",
                    models.CharField(
                        blank=True,
                        help_text="Shown to readers beside the notice.",
                        max_length=500,
                        null=True,
                        verbose_name="reason for withdrawal",
                    ),
                ),
                ("corrected_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="corrected")),
                (
                    "correction_note",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_en",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_de",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_fr",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_es",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_pl",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_ro",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_uk",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                (
                    "correction_note_ar",
                    models.CharField(
                        blank=True,
                        help_text="Tell readers what was wrong. Adding a note marks the update as corrected.",
                        max_length=500,
                        null=True,
                        verbose_name="correction note",
                    ),
                ),
                ("edition", models.PositiveIntegerField(default=1, editable=False)),
                ("revised_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("desk_revision", models.PositiveBigIntegerField(default=0, editable=False)),
                ("key", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                ("copy_group", models.UUIDField(blank=True, db_index=True, editable=False, null=True)),
            ],
            options={
                "verbose_name": "update",
                "verbose_name_plural": "updates",
                "ordering": ("-first_published_at", "-pk"),
                "permissions": [("translate_update", "Can translate update")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "published")),
                        fields=["-first_published_at", "-id"],
                        name="newest_updates_of_all",
                    ),
                    models.Index(
                        condition=models.Q(("state", "withdrawn")), fields=["-withdrawn_at"], name="withdrawn_updates"
                    ),
                    models.Index(condition=models.Q(("state", "scheduled")), fields=["publish_at"], name="due_updates"),
                    models.Index(condition=models.Q(("state", "submitted")), fields=["id"], name="updates_to_approve"),
                    models.Index(
                        condition=models.Q(("closes_at__isnull", False)), fields=["closes_at"], name="closing_polls"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "en"), _negated=True),
                            models.Q(("headline_en__gt", ""), ("headline_en__isnull", False)),
                            models.Q(("body_en__gt", ""), ("body_en__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_en",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "de"), _negated=True),
                            models.Q(("headline_de__gt", ""), ("headline_de__isnull", False)),
                            models.Q(("body_de__gt", ""), ("body_de__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_de",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "fr"), _negated=True),
                            models.Q(("headline_fr__gt", ""), ("headline_fr__isnull", False)),
                            models.Q(("body_fr__gt", ""), ("body_fr__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_fr",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "es"), _negated=True),
                            models.Q(("headline_es__gt", ""), ("headline_es__isnull", False)),
                            models.Q(("body_es__gt", ""), ("body_es__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_es",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "pl"), _negated=True),
                            models.Q(("headline_pl__gt", ""), ("headline_pl__isnull", False)),
                            models.Q(("body_pl__gt", ""), ("body_pl__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_pl",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "ro"), _negated=True),
                            models.Q(("headline_ro__gt", ""), ("headline_ro__isnull", False)),
                            models.Q(("body_ro__gt", ""), ("body_ro__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_ro",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "uk"), _negated=True),
                            models.Q(("headline_uk__gt", ""), ("headline_uk__isnull", False)),
                            models.Q(("body_uk__gt", ""), ("body_uk__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_uk",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("kind__in", ("pictures", "embed")),
                            models.Q(("source_language", "ar"), _negated=True),
                            models.Q(("headline_ar__gt", ""), ("headline_ar__isnull", False)),
                            models.Q(("body_ar__gt", ""), ("body_ar__isnull", False)),
                            _connector="OR",
                        ),
                        name="published_update_has_text_ar",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("first_published_at__isnull", False),
                            _connector="OR",
                        ),
                        name="published_update_has_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "scheduled"), _negated=True),
                            ("publish_at__isnull", False),
                            _connector="OR",
                        ),
                        name="scheduled_update_has_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("name_en", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_de", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_fr", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_es", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_pl", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_ro", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_uk", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_ar", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("slug", models.SlugField(max_length=80, unique=True, verbose_name="URL slug")),
            ],
            options={
                "verbose_name": "topic",
                "verbose_name_plural": "topics",
                "ordering": ("slug",),
            },
        ),
        migrations.CreateModel(
            name="Author",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source_language",
                    liveblog.fields.SourceLanguageField(
                        default="en",
                        help_text="The language in which the author’s name is written.",
                        verbose_name="language of the name",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("name_en", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_de", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_fr", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_es", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_pl", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_ro", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_uk", models.CharField(max_length=120, null=True, verbose_name="name")),
                ("name_ar", models.CharField(max_length=120, null=True, verbose_name="name")),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_en",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_de",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_fr",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_es",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_pl",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_ro",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_uk",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_ar",
                    models.CharField(
                        blank=True,
                        help_text="For example: Brussels correspondent.",
                        max_length=120,
                        null=True,
                        verbose_name="role",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="place")),
                ("place_en", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                ("place_de", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                ("place_fr", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                ("place_es", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                ("place_pl", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                ("place_ro", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                ("place_uk", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                ("place_ar", models.CharField(blank=True, max_length=120, null=True, verbose_name="place")),
                (
                    "photo",
                    articles.pictures.fields.PhotoField(
                        blank=True, height_field="photo_height", verbose_name="picture", width_field="photo_width"
                    ),
                ),
                ("photo_width", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ("photo_height", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                (
                    "links",
                    models.TextField(
                        blank=True,
                        help_text="One URL per line: a personal page, a profile, or mailto: followed by an email address.",
                        max_length=2000,
                        verbose_name="links",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="author",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "author",
                "verbose_name_plural": "authors",
                "ordering": ("pk",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "en"), _negated=True),
                            models.Q(("name_en__gt", ""), ("name_en__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_en",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "de"), _negated=True),
                            models.Q(("name_de__gt", ""), ("name_de__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_de",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "fr"), _negated=True),
                            models.Q(("name_fr__gt", ""), ("name_fr__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_fr",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "es"), _negated=True),
                            models.Q(("name_es__gt", ""), ("name_es__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_es",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "pl"), _negated=True),
                            models.Q(("name_pl__gt", ""), ("name_pl__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_pl",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "ro"), _negated=True),
                            models.Q(("name_ro__gt", ""), ("name_ro__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_ro",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "uk"), _negated=True),
                            models.Q(("name_uk__gt", ""), ("name_uk__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_uk",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "ar"), _negated=True),
                            models.Q(("name_ar__gt", ""), ("name_ar__isnull", False)),
                            _connector="OR",
                        ),
                        name="author_has_a_name_ar",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_en__gt", "")), fields=("name_en",), name="one_author_of_a_name_en"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_de__gt", "")), fields=("name_de",), name="one_author_of_a_name_de"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_fr__gt", "")), fields=("name_fr",), name="one_author_of_a_name_fr"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_es__gt", "")), fields=("name_es",), name="one_author_of_a_name_es"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_pl__gt", "")), fields=("name_pl",), name="one_author_of_a_name_pl"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_ro__gt", "")), fields=("name_ro",), name="one_author_of_a_name_ro"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_uk__gt", "")), fields=("name_uk",), name="one_author_of_a_name_uk"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name_ar__gt", "")), fields=("name_ar",), name="one_author_of_a_name_ar"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "policies",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="What readers see until the translation has been reviewed.",
                        verbose_name="unreviewed translations",
                    ),
                ),
                (
                    "needs_release",
                    models.BooleanField(
                        default=False,
                        help_text="Nothing is published until a colleague has approved it.",
                        verbose_name="updates need a second pair of eyes",
                    ),
                ),
                (
                    "shows_writing",
                    models.BooleanField(
                        default=False,
                        help_text="The page shows that an update is being written, but not by whom.",
                        verbose_name="show readers when an update is being written",
                    ),
                ),
                (
                    "photo",
                    articles.pictures.fields.PhotoField(
                        blank=True, height_field="photo_height", verbose_name="photo", width_field="photo_width"
                    ),
                ),
                ("photo_width", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ("photo_height", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                (
                    "photo_alt",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_en",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_de",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_fr",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_es",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_pl",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_ro",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_uk",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "photo_alt_ar",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                ("photo_caption", models.CharField(blank=True, max_length=500, verbose_name="caption")),
                ("photo_caption_en", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("photo_caption_de", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("photo_caption_fr", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("photo_caption_es", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("photo_caption_pl", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("photo_caption_ro", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("photo_caption_uk", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("photo_caption_ar", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                (
                    "photo_credit",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_en",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_de",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_fr",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_es",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_pl",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_ro",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_uk",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "photo_credit_ar",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                ("slug", models.SlugField(max_length=120, unique=True, verbose_name="URL slug")),
                ("slugs", models.JSONField(blank=True, default=dict, verbose_name="URL slugs in other languages")),
                (
                    "source_language",
                    liveblog.fields.SourceLanguageField(
                        default="en",
                        help_text="The language in which the article is first written.",
                        verbose_name="source language",
                    ),
                ),
                (
                    "languages",
                    liveblog.fields.LanguagesField(
                        help_text="The languages in which readers can open the page.", verbose_name="languages"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("announced", "Announced"), ("live", "Live"), ("finished", "Finished")],
                        default="announced",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "coverage_start",
                    liveblog.moments.fields.MomentField(
                        default=django.utils.timezone.now, verbose_name="coverage starts"
                    ),
                ),
                (
                    "coverage_end",
                    liveblog.moments.fields.MomentField(blank=True, null=True, verbose_name="coverage ends"),
                ),
                (
                    "time_zone",
                    liveblog.moments.fields.TimeZoneField(
                        default=django.utils.timezone.get_default_timezone_name,
                        help_text="The time zone of the event. All times in the article are entered and shown in it.",
                        verbose_name="time zone",
                    ),
                ),
                ("start_day", models.DateField(editable=False, verbose_name="coverage starts")),
                ("finished_by_clock", models.BooleanField(default=False, editable=False)),
                ("headline", models.CharField(max_length=200, verbose_name="headline")),
                ("headline_en", models.CharField(max_length=200, null=True, verbose_name="headline")),
                ("headline_de", models.CharField(max_length=200, null=True, verbose_name="headline")),
                ("headline_fr", models.CharField(max_length=200, null=True, verbose_name="headline")),
                ("headline_es", models.CharField(max_length=200, null=True, verbose_name="headline")),
                ("headline_pl", models.CharField(max_length=200, null=True, verbose_name="headline")),
                ("headline_ro", models.CharField(max_length=200, null=True, verbose_name="headline")),
                ("headline_uk", models.CharField(max_length=200, null=True, verbose_name="headline")),
                ("headline_ar", models.CharField(max_length=200, null=True, verbose_name="headline")),
                (
                    "standfirst",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_en",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_de",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_fr",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_es",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_pl",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_ro",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_uk",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "standfirst_ar",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the headline.",
                        max_length=600,
                        null=True,
                        verbose_name="standfirst",
                    ),
                ),
                (
                    "dateline",
                    models.CharField(
                        blank=True, help_text="Place and date of the report.", max_length=120, verbose_name="dateline"
                    ),
                ),
                (
                    "dateline_en",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                (
                    "dateline_de",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                (
                    "dateline_fr",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                (
                    "dateline_es",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                (
                    "dateline_pl",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                (
                    "dateline_ro",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                (
                    "dateline_uk",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                (
                    "dateline_ar",
                    models.CharField(
                        blank=True,
                        help_text="Place and date of the report.",
                        max_length=120,
                        null=True,
                        verbose_name="dateline",
                    ),
                ),
                ("body", models.TextField(blank=True, verbose_name="body")),
                ("body_en", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_de", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_fr", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_es", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_pl", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_ro", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_uk", models.TextField(blank=True, null=True, verbose_name="body")),
                ("body_ar", models.TextField(blank=True, null=True, verbose_name="body")),
                (
                    "notifications",
                    models.CharField(
                        choices=[
                            ("all", "Every update"),
                            ("key", "Key events and breaking news"),
                            ("breaking", "Breaking news alone"),
                            ("none", "No updates"),
                        ],
                        default="all",
                        help_text="The updates of which followers may be notified, if they want to be.",
                        max_length=8,
                        verbose_name="notifications",
                    ),
                ),
                (
                    "embedding",
                    models.CharField(
                        choices=[
                            ("site", "The sites that may show all coverage"),
                            ("more", "These sites, too"),
                            ("only", "These sites only"),
                            ("none", "No other site"),
                        ],
                        default="site",
                        max_length=4,
                        verbose_name="may be embedded by",
                    ),
                ),
                (
                    "embed_origins",
                    models.TextField(
                        blank=True,
                        help_text="One per line, such as https://partner.example or https://*.partner.example. A single * stands for all.",
                        verbose_name="sites",
                    ),
                ),
                ("revision", models.PositiveBigIntegerField(default=0, editable=False)),
                ("revised_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "revision_token",
                    models.CharField(default=liveblog.delivery.states.new_token, editable=False, max_length=8),
                ),
                ("desk_revision", models.PositiveBigIntegerField(default=0, editable=False)),
                ("deletion_revision", models.PositiveBigIntegerField(default=0, editable=False)),
                (
                    "desk_tokens",
                    models.CharField(default=liveblog.delivery.states.new_token, editable=False, max_length=512),
                ),
                (
                    "related",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Shown beside the text under “Related coverage”.",
                        to="articles.article",
                        verbose_name="related articles",
                    ),
                ),
                (
                    "authors",
                    models.ManyToManyField(
                        blank=True, related_name="articles", to="articles.author", verbose_name="authors"
                    ),
                ),
                (
                    "topics",
                    models.ManyToManyField(
                        blank=True, related_name="articles", to="articles.topic", verbose_name="topics"
                    ),
                ),
            ],
            options={
                "verbose_name": "article",
                "verbose_name_plural": "articles",
                "ordering": ("-coverage_start", "-pk"),
                "permissions": [
                    ("translate_article", "Can translate article"),
                    ("cover_article", "Can run the coverage of an article"),
                    ("start_coverage", "Can start a coverage"),
                    ("finish_coverage", "Can finish a coverage"),
                    ("switch_release", "Can switch the rule that a second person releases updates"),
                    ("translate_every_language", "Can translate into every language"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("coverage_end__isnull", True),
                            ("coverage_end__gte", models.F("coverage_start")),
                            _connector="OR",
                        ),
                        name="coverage_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "finished"), ("finished_by_clock", False), _connector="OR"),
                        name="clock_has_finished_the_coverage",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "en"), _negated=True),
                            models.Q(("headline_en__gt", ""), ("headline_en__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_en",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "de"), _negated=True),
                            models.Q(("headline_de__gt", ""), ("headline_de__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_de",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "fr"), _negated=True),
                            models.Q(("headline_fr__gt", ""), ("headline_fr__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_fr",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "es"), _negated=True),
                            models.Q(("headline_es__gt", ""), ("headline_es__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_es",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "pl"), _negated=True),
                            models.Q(("headline_pl__gt", ""), ("headline_pl__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_pl",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "ro"), _negated=True),
                            models.Q(("headline_ro__gt", ""), ("headline_ro__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_ro",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "uk"), _negated=True),
                            models.Q(("headline_uk__gt", ""), ("headline_uk__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_uk",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_language", "ar"), _negated=True),
                            models.Q(("headline_ar__gt", ""), ("headline_ar__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_has_a_headline_ar",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CoverageDefaults",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "policies",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="What readers see until the translation has been reviewed.",
                        verbose_name="unreviewed translations",
                    ),
                ),
                (
                    "needs_release",
                    models.BooleanField(
                        default=False,
                        help_text="Nothing is published until a colleague has approved it.",
                        verbose_name="updates need a second pair of eyes",
                    ),
                ),
                (
                    "shows_writing",
                    models.BooleanField(
                        default=False,
                        help_text="The page shows that an update is being written, but not by whom.",
                        verbose_name="show readers when an update is being written",
                    ),
                ),
                (
                    "languages",
                    liveblog.fields.LanguagesField(
                        blank=True,
                        default=list,
                        help_text="The languages in which new coverage appears.",
                        verbose_name="languages",
                    ),
                ),
                (
                    "time_zone",
                    liveblog.moments.fields.TimeZoneField(
                        default=django.utils.timezone.get_default_timezone_name, verbose_name="time zone"
                    ),
                ),
            ],
            options={
                "verbose_name": "default settings for coverage",
                "verbose_name_plural": "default settings for coverage",
                "default_permissions": ("change",),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_row_of_usual_settings")
                ],
            },
        ),
        migrations.CreateModel(
            name="CoverageEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("announced", "Announced"),
                            ("started", "Started"),
                            ("resumed", "Resumed"),
                            ("finished", "Finished"),
                            ("warned", "Editors alerted: nothing new"),
                            ("kept", "Kept open"),
                        ],
                        max_length=9,
                        verbose_name="event",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("", "Written"),
                            ("clock", "Scheduler"),
                            ("machine", "Automatic"),
                            ("found", "Before the history begins"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="origin",
                    ),
                ),
                ("actor", models.CharField(max_length=150)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "coverage event",
                "verbose_name_plural": "coverage events",
                "ordering": ("-at", "-pk"),
                "default_permissions": (),
                "indexes": [models.Index(fields=["article", "-at"], name="events_of_a_coverage")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("actor", ""), _negated=True), name="event_names_its_actor"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CoverageEmail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="emails", to="articles.coverageevent"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_coverage_emails"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("event", "user"), name="one_email_about_an_event")],
            },
        ),
        migrations.CreateModel(
            name="DeletedUpdate",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first_published_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "article",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="articles.article"
                    ),
                ),
            ],
            options={
                "verbose_name": "position of a deleted update",
                "verbose_name_plural": "positions of deleted updates",
                "default_permissions": (),
                "indexes": [models.Index(fields=["-deleted_at"], name="newest_deleted_updates")],
            },
        ),
        migrations.CreateModel(
            name="EngineUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("engine", models.CharField(max_length=20)),
                ("language", liveblog.fields.LanguageField()),
                ("texts", models.PositiveIntegerField(default=0)),
                ("characters", models.PositiveBigIntegerField(default=0)),
                ("accepted", models.PositiveIntegerField(default=0, help_text="Drafts that people have accepted.")),
                (
                    "changed",
                    models.FloatField(
                        default=0, help_text="The sum of the shares of those drafts that people changed."
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="articles.article"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("article", "engine", "language"), name="one_use_of_an_engine")
                ],
            },
        ),
        migrations.CreateModel(
            name="GlossaryTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_language", liveblog.fields.LanguageField(verbose_name="source language")),
                ("language", liveblog.fields.LanguageField(verbose_name="target language")),
                (
                    "field",
                    models.CharField(
                        blank=True,
                        choices=[
                            (None, "All texts"),
                            ("headline", "Headlines"),
                            ("standfirst", "Standfirsts"),
                            ("dateline", "Datelines"),
                            ("body", "Bodies of text"),
                            ("caption", "Captions"),
                            ("credit", "Credit lines"),
                            ("alt", "Alternative texts"),
                            ("attribution", "Attributions of quotes"),
                            ("note", "Correction and withdrawal notes"),
                        ],
                        default="",
                        help_text="A term for one kind of text takes precedence over a term for all texts.",
                        max_length=12,
                        verbose_name="applies to",
                    ),
                ),
                (
                    "source",
                    models.CharField(help_text="As written in the original.", max_length=120, verbose_name="term"),
                ),
                (
                    "target",
                    models.CharField(
                        blank=True,
                        help_text="Leave empty if the term isn’t translated.",
                        max_length=120,
                        verbose_name="translation",
                    ),
                ),
                (
                    "admitted",
                    models.TextField(
                        blank=True,
                        help_text="Other correct translations, one per line.",
                        max_length=600,
                        verbose_name="also allowed",
                    ),
                ),
                (
                    "forbidden",
                    models.TextField(
                        blank=True,
                        help_text="Wrong translations of this term, one per line. Translators are warned when they use one.",
                        max_length=600,
                        verbose_name="forbidden",
                    ),
                ),
                (
                    "case_sensitive",
                    models.BooleanField(
                        default=False,
                        help_text="“Polish” isn’t “polish”. Acronyms such as WHO are always case-sensitive.",
                        verbose_name="case-sensitive",
                    ),
                ),
                (
                    "inflected",
                    models.BooleanField(
                        default=True,
                        help_text="“allies” and “ally” are the same term. Untick this for words that never change, such as a slogan.",
                        verbose_name="includes inflected forms",
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="For translators, such as the meaning intended.",
                        max_length=300,
                        verbose_name="note",
                    ),
                ),
                (
                    "example",
                    models.CharField(
                        blank=True,
                        help_text="A sentence in which the term has this meaning.",
                        max_length=300,
                        verbose_name="example",
                    ),
                ),
            ],
            options={
                "verbose_name": "glossary term",
                "verbose_name_plural": "glossary",
                "ordering": ("source_language", "language", "source", "field"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source_language", "language", "source", "field"),
                        name="one_translation_of_a_term",
                        violation_error_message="This term is already in the glossary.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="glossary_term_is_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source_language", models.F("language")), _negated=True),
                        name="glossary_term_has_two_languages",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                (
                    "file",
                    models.FileField(
                        blank=True,
                        max_length=200,
                        upload_to=articles.interchange.models.upload_path,
                        verbose_name="file",
                    ),
                ),
                ("file_name", models.CharField(blank=True, editable=False, max_length=200, verbose_name="file")),
                ("address", models.CharField(blank=True, max_length=1000, verbose_name="link")),
                (
                    "slug",
                    models.SlugField(
                        blank=True,
                        help_text="The last part of the article’s URL. Leave empty to use the one given by the source.",
                        max_length=120,
                        verbose_name="URL slug",
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=35, verbose_name="source language")),
                ("time_zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
                (
                    "follow",
                    models.BooleanField(
                        default=False,
                        help_text="URLs only: new updates, corrections and withdrawals are imported until you stop it.",
                        verbose_name="follow the source",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Reading"),
                            ("ready", "Read, not yet imported"),
                            ("importing", "Importing"),
                            ("following", "Following the source"),
                            ("done", "Imported"),
                            ("failed", "Failed"),
                        ],
                        default="reading",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("shown_in", models.CharField(default="en", editable=False, max_length=35)),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                ("total", models.PositiveIntegerField(default=0, editable=False)),
                ("done", models.PositiveIntegerField(default=0, editable=False)),
                ("counts", models.JSONField(default=dict, editable=False)),
                ("notes", models.JSONField(default=list, editable=False)),
                ("error", models.TextField(blank=True, editable=False)),
                (
                    "article",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ("-pk",),
                "default_permissions": ("view", "add", "change"),
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_imports")
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportedArticle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=500, unique=True)),
                ("format", models.CharField(max_length=20)),
                ("complete", models.BooleanField(default=False)),
                ("at", models.DateTimeField(auto_now=True)),
                (
                    "article",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="imported_from", to="articles.article"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="KnownSlug",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=120, unique=True)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="known_slugs", to="articles.article"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Ping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("service", models.CharField(choices=[("websub", "Websub"), ("indexnow", "Indexnow")], max_length=8)),
                ("address", models.URLField(max_length=500)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["service", "due_at"], name="due_pings"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Snippet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Name shown in the list of snippets.", max_length=80, verbose_name="name"
                    ),
                ),
                ("source_language", liveblog.fields.LanguageField(verbose_name="language")),
                (
                    "kind",
                    models.CharField(
                        choices=articles.kinds.choices, default="text", max_length=12, verbose_name="kind"
                    ),
                ),
                ("headline", models.CharField(blank=True, max_length=200, verbose_name="headline")),
                ("body", models.TextField(blank=True, verbose_name="body")),
                (
                    "article",
                    models.ForeignKey(
                        blank=True,
                        help_text="Leave empty to offer it in every article.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="snippets",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
            ],
            options={
                "verbose_name": "snippet",
                "verbose_name_plural": "snippets",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Story",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "level",
                    models.CharField(
                        choices=[("all", "Every update"), ("key", "Key events"), ("breaking", "Breaking news")],
                        default="all",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("goes_at", models.DateTimeField()),
                ("stopped", models.BooleanField(default=False)),
                ("withdrawn", models.BooleanField(default=False)),
                ("told", models.PositiveIntegerField(default=0)),
                (
                    "article",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="stories",
                        to="articles.article",
                    ),
                ),
                (
                    "stopped_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["created_at"], name="oldest_stories")],
            },
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("language", liveblog.fields.LanguageField()),
                ("deadline", models.DateTimeField()),
                ("message", models.JSONField(null=True)),
                ("about", models.CharField(blank=True, max_length=48)),
                ("version", models.PositiveIntegerField(default=0)),
                ("gathered", models.BigIntegerField(default=0)),
                ("complete", models.BooleanField(default=False)),
                (
                    "story",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="editions", to="articles.story"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_editions")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("story", "language"), name="one_edition_in_a_language")
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("version", models.PositiveIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("held", models.BooleanField(default=False)),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="webpush.pushsubscription",
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="articles.edition"
                    ),
                ),
                (
                    "story",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="articles.story"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_notifications"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("story", "subscription"), name="one_delivery_of_a_story")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "update",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="tally",
                        serialize=False,
                        to="articles.update",
                    ),
                ),
                ("counts", models.JSONField(default=list)),
                ("at", models.DateTimeField(null=True)),
                ("closed_for", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="update",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="updates",
                to="articles.article",
                verbose_name="article",
            ),
        ),
        migrations.AddField(
            model_name="update",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="assigned to",
            ),
        ),
        migrations.AddField(
            model_name="update",
            name="authors",
            field=models.ManyToManyField(
                blank=True, related_name="updates", to="articles.author", verbose_name="authors"
            ),
        ),
        migrations.AddField(
            model_name="update",
            name="released_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="update",
            name="submitted_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="update",
            name="written_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "image",
                    articles.pictures.fields.PhotoField(
                        height_field="height", max_length=200, verbose_name="picture", width_field="width"
                    ),
                ),
                ("width", models.PositiveIntegerField(editable=False)),
                ("height", models.PositiveIntegerField(editable=False)),
                (
                    "alt",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_en",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_de",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_fr",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_es",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_pl",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_ro",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_uk",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                (
                    "alt_ar",
                    models.CharField(
                        blank=True,
                        help_text="Describe the photo for people who can’t see it.",
                        max_length=300,
                        null=True,
                        verbose_name="alt text",
                    ),
                ),
                ("caption", models.CharField(blank=True, max_length=500, verbose_name="caption")),
                ("caption_en", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("caption_de", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("caption_fr", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("caption_es", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("caption_pl", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("caption_ro", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("caption_uk", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                ("caption_ar", models.CharField(blank=True, max_length=500, null=True, verbose_name="caption")),
                (
                    "credit",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_en",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_de",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_fr",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_es",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_pl",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_ro",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_uk",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                (
                    "credit_ar",
                    models.CharField(
                        blank=True,
                        help_text="Photographer and agency, such as Jane Doe/Reuters.",
                        max_length=200,
                        null=True,
                        verbose_name="credit line",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "removed_from",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="removed_pictures",
                        to="articles.update",
                    ),
                ),
                (
                    "update",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pictures",
                        to="articles.update",
                        verbose_name="update",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "ordering": ("update", "position", "pk"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="OldAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=500)),
                ("host", models.CharField(blank=True, max_length=255)),
                ("language", models.CharField(blank=True, max_length=35)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="old_addresses", to="articles.article"
                    ),
                ),
                (
                    "update",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="articles.update"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("path", "host"), name="one_target_of_an_old_address")],
            },
        ),
        migrations.CreateModel(
            name="Modification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", liveblog.fields.LanguageField()),
                ("at", models.DateTimeField()),
                (
                    "update",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="modifications", to="articles.update"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("update", "language"), name="one_modification_in_a_language")
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportedUpdate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=500)),
                ("digest", models.CharField(max_length=64)),
                ("written_digest", models.CharField(max_length=64)),
                ("files", models.JSONField(default=dict)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="updates",
                        to="articles.importedarticle",
                    ),
                ),
                (
                    "update",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="imported_from",
                        to="articles.update",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("source", "key"), name="one_update_of_a_source_key")],
            },
        ),
        migrations.CreateModel(
            name="Embed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("url", models.URLField(max_length=1000, verbose_name="link")),
                ("provider", models.CharField(blank=True, max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("resolved", "Resolved"), ("link", "Link")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=300)),
                ("author", models.CharField(blank=True, max_length=200)),
                ("player_url", models.URLField(blank=True, max_length=1500)),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                (
                    "thumbnail",
                    models.ImageField(
                        blank=True,
                        height_field="thumbnail_height",
                        max_length=200,
                        upload_to="embeds/%Y/%m/",
                        width_field="thumbnail_width",
                    ),
                ),
                ("thumbnail_width", models.PositiveIntegerField(editable=False, null=True)),
                ("thumbnail_height", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "update",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="embed",
                        to="articles.update",
                        verbose_name="update",
                    ),
                ),
            ],
            options={
                "verbose_name": "embed",
                "verbose_name_plural": "embeds",
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_embeds")
                ],
            },
        ),
        migrations.CreateModel(
            name="DeskNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=1000)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="desk_notes", to="articles.article"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "update",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="desk_notes",
                        to="articles.update",
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
                "default_permissions": (),
                "indexes": [models.Index(fields=["article", "-at", "-id"], name="newest_notes_of_a_desk")],
            },
        ),
        migrations.AddField(
            model_name="update",
            name="topics",
            field=models.ManyToManyField(
                blank=True, related_name="updates", to="articles.topic", verbose_name="topics"
            ),
        ),
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", liveblog.fields.LanguageField()),
                (
                    "level",
                    models.CharField(
                        choices=[("all", "Every update"), ("key", "Key events"), ("breaking", "Breaking news")],
                        default="all",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "article",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="articles.article",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="articles.author",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="webpush.pushsubscription",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="articles.topic",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("article__isnull", False)),
                        fields=["article", "language", "subscription"],
                        name="followers_of_article",
                    ),
                    models.Index(
                        condition=models.Q(("topic__isnull", False)),
                        fields=["topic", "language", "subscription"],
                        name="followers_of_topic",
                    ),
                    models.Index(
                        condition=models.Q(("author__isnull", False)),
                        fields=["author", "language", "subscription"],
                        name="followers_of_author",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("article__isnull", False), ("author__isnull", True), ("topic__isnull", True)),
                            models.Q(("article__isnull", True), ("author__isnull", True), ("topic__isnull", False)),
                            models.Q(("article__isnull", True), ("author__isnull", False), ("topic__isnull", True)),
                            _connector="OR",
                        ),
                        name="follow_has_one_subject",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("article__isnull", False)),
                        fields=("subscription", "article"),
                        name="one_follow_of_article",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("topic__isnull", False)),
                        fields=("subscription", "topic"),
                        name="one_follow_of_topic",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("author__isnull", False)),
                        fields=("subscription", "author"),
                        name="one_follow_of_author",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Translation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("language", liveblog.fields.LanguageField(verbose_name="language")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("missing", "Missing"),
                            ("machine", "Machine draft"),
                            ("review", "In review"),
                            ("reviewed", "Reviewed"),
                            ("refused", "Not in this language"),
                        ],
                        default="missing",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("outdated", models.BooleanField(default=False, verbose_name="outdated")),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "source",
                    models.JSONField(default=dict, help_text="The original's texts that it was made from, by field."),
                ),
                (
                    "source_revision",
                    models.PositiveBigIntegerField(help_text="The article's revision at that time.", null=True),
                ),
                ("engine", models.CharField(blank=True, max_length=20)),
                ("made_at", models.DateTimeField(null=True)),
                ("first_made_at", models.DateTimeField(null=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("first_reviewed_at", models.DateTimeField(null=True)),
                ("problems", models.JSONField(default=list)),
                ("accepted", models.JSONField(default=list)),
                ("review_digest", models.CharField(blank=True, max_length=64)),
                ("remembered", models.CharField(blank=True, editable=False, max_length=64)),
                ("suggestion", models.JSONField(default=dict)),
                ("edited_until", models.DateTimeField(null=True)),
                (
                    "article",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="translations",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "editor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "translator",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "update",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="translations",
                        to="articles.update",
                        verbose_name="update",
                    ),
                ),
            ],
            options={
                "verbose_name": "translation",
                "verbose_name_plural": "translations",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_translations"
                    ),
                    models.Index(fields=["language", "state"], name="translations_by_state"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("article__isnull", False), ("update__isnull", True)),
                            models.Q(("article__isnull", True), ("update__isnull", False)),
                            _connector="OR",
                        ),
                        name="translation_of_one_thing",
                    ),
                    models.UniqueConstraint(fields=("article", "language"), name="one_translation_of_an_article"),
                    models.UniqueConstraint(fields=("update", "language"), name="one_translation_of_an_update"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TranslationUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file", models.CharField(blank=True, editable=False, max_length=100, verbose_name="file")),
                ("source_language", liveblog.fields.LanguageField(editable=False, verbose_name="source language")),
                ("language", liveblog.fields.LanguageField(editable=False, verbose_name="target language")),
                ("kind", models.CharField(blank=True, editable=False, max_length=12)),
                ("source", models.TextField(editable=False)),
                ("target", models.TextField(editable=False)),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("words", liveblog.search.index.FoldedTextField(editable=False)),
                ("length", models.PositiveIntegerField(editable=False)),
                ("reviewed_at", models.DateTimeField(editable=False, null=True, verbose_name="reviewed")),
                (
                    "reviewer",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "translation",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="units",
                        to="articles.translation",
                    ),
                ),
            ],
            options={
                "verbose_name": "translation memory entry",
                "verbose_name_plural": "translation memory",
                "default_permissions": ("add", "delete", "view"),
                "indexes": [
                    models.Index(fields=["digest", "language"], name="translation_units_of_a_source"),
                    liveblog.search.index.SubstringIndex(fields=["words"], name="translation_unit_trigrams"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source_language", models.F("language")), _negated=True),
                        name="unit_has_two_languages",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UpdateVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("", "Written"),
                            ("clock", "Scheduler"),
                            ("machine", "Automatic"),
                            ("found", "Before the history begins"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="origin",
                    ),
                ),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("restored", models.PositiveIntegerField(null=True)),
                ("data", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                (
                    "update",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="articles.update",
                        verbose_name="update",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "version",
                "verbose_name_plural": "versions",
                "ordering": ("update", "-number"),
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("update", "number"), name="one_version_of_a_number"),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("actor", ""), _negated=True), ("cause", "found"), _connector="OR"),
                        name="version_names_its_actor",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("voter", models.CharField(max_length=64)),
                ("choice", models.PositiveSmallIntegerField()),
                ("counted", models.BooleanField(default=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("network", models.CharField(blank=True, max_length=64)),
                (
                    "update",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="votes", to="articles.update"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["update", "network"], name="votes_from_a_network"),
                    models.Index(fields=["update", "choice"], name="votes_for_a_choice"),
                    models.Index(condition=models.Q(("counted", False)), fields=["update"], name="votes_to_count"),
                ],
                "constraints": [models.UniqueConstraint(fields=("update", "voter"), name="one_vote_per_browser")],
            },
        ),
        migrations.AddIndex(
            model_name="update",
            index=models.Index(fields=["article", "state", "-first_published_at", "-id"], name="newest_updates"),
        ),
        migrations.AddIndex(
            model_name="update",
            index=models.Index(
                condition=models.Q(("pin__isnull", False)), fields=["article", "-pin"], name="pinned_updates"
            ),
        ),
        migrations.AddIndex(
            model_name="update",
            index=models.Index(fields=["article", "desk_revision"], name="updates_of_the_desk"),
        ),
    ]

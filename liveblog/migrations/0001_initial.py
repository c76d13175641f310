import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import liveblog.encryption
import liveblog.fields
import liveblog.rest.models
import liveblog.search.index
import liveblog.webhooks.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("articles", "0001_initial"),
        ("auth", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="BrandFile",
            fields=[
                ("digest", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("extension", models.CharField(max_length=5)),
                ("content", models.BinaryField()),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("languages", liveblog.fields.LanguagesField(blank=True, default=list)),
                ("weights", models.CharField(blank=True, max_length=12)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Brand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="name of the site")),
                ("names", models.JSONField(blank=True, default=dict)),
                ("publisher", models.CharField(blank=True, max_length=120, verbose_name="publisher")),
                ("colour", models.CharField(blank=True, max_length=7, verbose_name="colour")),
                ("colour_dark", models.CharField(blank=True, max_length=7, verbose_name="colour on dark pages")),
                ("link", models.CharField(blank=True, max_length=7, verbose_name="links")),
                ("link_dark", models.CharField(blank=True, max_length=7, verbose_name="links on dark pages")),
                (
                    "headings",
                    models.CharField(
                        choices=[("serif", "Serif"), ("sans", "Sans-serif")],
                        default="serif",
                        max_length=5,
                        verbose_name="headlines",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "headline_font",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="liveblog.brandfile",
                        verbose_name="font of headlines",
                    ),
                ),
                (
                    "icon",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="liveblog.brandfile",
                        verbose_name="icon",
                    ),
                ),
                (
                    "logo",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="liveblog.brandfile",
                        verbose_name="logo",
                    ),
                ),
                (
                    "logo_dark",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="liveblog.brandfile",
                        verbose_name="logo for dark pages",
                    ),
                ),
                (
                    "text_font",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="liveblog.brandfile",
                        verbose_name="font of texts",
                    ),
                ),
            ],
            options={
                "verbose_name": "name and look of the site",
                "verbose_name_plural": "name and look of the site",
                "default_permissions": ("change",),
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("revision", models.PositiveBigIntegerField()),
                ("token", models.CharField(max_length=8)),
                ("previous_token", models.CharField(max_length=8)),
                ("element", models.CharField(max_length=64)),
                ("languages", liveblog.fields.LanguagesField(blank=True, default=list)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="articles.article"
                    ),
                ),
            ],
            options={
                "ordering": ("article", "revision"),
                "constraints": [
                    models.UniqueConstraint(fields=("article", "revision"), name="one_change_per_revision"),
                    models.CheckConstraint(condition=models.Q(("revision__gt", 0)), name="revisions_start_at_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DatabaseHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_history")],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, editable=False, verbose_name="time"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("logged_in", "logged in"),
                            ("login_failed", "failed to log in"),
                            ("logged_out", "logged out"),
                            ("session_ended", "ended a session"),
                            ("password_changed", "changed a password"),
                            ("factor_added", "added a second factor"),
                            ("factor_removed", "removed a second factor"),
                            ("factor_failed", "failed the second factor"),
                            ("codes_made", "created recovery codes"),
                            ("invited", "invited a colleague"),
                            ("accepted", "accepted an invitation"),
                            ("roles_changed", "changed roles or rights"),
                            ("suspended", "suspended an account"),
                            ("reinstated", "lifted a suspension"),
                            ("account_deleted", "deleted an account"),
                            ("token_made", "made an access token"),
                            ("token_revoked", "revoked an access token"),
                            ("webhook_changed", "changed a webhook"),
                            ("webhook_off", "switched off a webhook"),
                            ("settings_changed", "changed the rules of coverage"),
                            ("site_changed", "changed the settings of the site"),
                            ("started", "started coverage"),
                            ("finished", "finished coverage"),
                            ("published", "published an update"),
                            ("submitted", "sent an update for approval"),
                            ("released", "approved an update"),
                            ("withdrawn", "withdrew an update"),
                            ("deleted", "deleted"),
                            ("exported", "exported a reader’s data"),
                            ("erased", "erased a reader’s data"),
                        ],
                        db_index=True,
                        max_length=24,
                        verbose_name="action",
                    ),
                ),
                ("actor_name", models.CharField(blank=True, max_length=150, verbose_name="who")),
                ("about", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                (
                    "details",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="details",
                    ),
                ),
                ("network", models.GenericIPAddressField(blank=True, null=True, verbose_name="network")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit log entry",
                "verbose_name_plural": "audit log entries",
                "ordering": ("-at", "-pk"),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("secret_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("accepted_at", models.DateTimeField(null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitation",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Profile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "languages",
                    liveblog.fields.LanguagesField(
                        blank=True,
                        default=list,
                        help_text="The languages this person may translate into. Select none for all languages.",
                        verbose_name="languages of translations",
                    ),
                ),
                ("language", liveblog.fields.LanguageField(blank=True, default="")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="profile", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "profile",
                "verbose_name_plural": "profiles",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=60)),
                ("object_id", models.PositiveBigIntegerField()),
                ("language", models.CharField(blank=True, max_length=35)),
                ("title", models.TextField(blank=True)),
                ("text", liveblog.search.index.FoldedTextField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [liveblog.search.index.SubstringIndex(fields=["text"], name="search_text_trigrams")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "object_id", "language"), name="one_search_text_of_a_language"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "place",
                    models.CharField(
                        choices=[("header", "Header"), ("footer", "Footer")],
                        default="footer",
                        max_length=6,
                        verbose_name="place",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("imprint", "Imprint"),
                            ("privacy", "Privacy"),
                            ("contact", "Contact"),
                            ("other", "Something else"),
                        ],
                        default="other",
                        max_length=8,
                        verbose_name="destination",
                    ),
                ),
                ("language", liveblog.fields.LanguageField(blank=True, default="", verbose_name="language")),
                ("label", models.CharField(blank=True, max_length=60, verbose_name="link text")),
                ("address", models.CharField(max_length=500, verbose_name="link")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="liveblog.brand"
                    ),
                ),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "ordering": ("place", "position", "pk"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("request", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="one_answer_of_a_key")],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="The program that uses it, so that you recognise it later.",
                        max_length=80,
                        verbose_name="name",
                    ),
                ),
                ("beginning", models.CharField(editable=False, max_length=16)),
                ("secret_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "scopes",
                    models.JSONField(
                        default=list, validators=[liveblog.rest.models._validate_scopes], verbose_name="May do"
                    ),
                ),
                ("every_article", models.BooleanField(default=True, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="valid until")),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last used")),
                ("last_network", models.GenericIPAddressField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "articles",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Leave it empty for all articles.",
                        related_name="+",
                        to="articles.article",
                        verbose_name="articles",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "access token",
                "verbose_name_plural": "access tokens",
                "ordering": ("-created_at", "-pk"),
                "default_permissions": ("add", "view"),
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="The system that gets the messages, so that you recognise it.",
                        max_length=80,
                        verbose_name="name",
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        help_text="Messages are sent there by POST.",
                        max_length=500,
                        validators=[liveblog.webhooks.models.validate_address],
                        verbose_name="address",
                    ),
                ),
                ("events", models.JSONField(default=list, verbose_name="events")),
                ("every_article", models.BooleanField(default=True, editable=False)),
                ("secret", liveblog.encryption.EncryptedField(editable=False)),
                ("old_secret", liveblog.encryption.EncryptedField(blank=True, editable=False)),
                ("old_secret_until", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("is_on", models.BooleanField(default=True, verbose_name="switched on")),
                ("off_since", models.DateTimeField(editable=False, null=True)),
                (
                    "off_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "A person switched it off"),
                            ("failing", "No answer for days"),
                            ("gone", "It answered that it is gone for good (410)"),
                            ("full", "Too many messages were waiting for it"),
                        ],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                ("succeeded_at", models.DateTimeField(editable=False, null=True, verbose_name="last success")),
                ("email_due_at", models.DateTimeField(editable=False, null=True)),
                ("email_attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("email_failure", models.CharField(blank=True, editable=False, max_length=40)),
                (
                    "articles",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Leave it empty for all articles.",
                        related_name="+",
                        to="articles.article",
                        verbose_name="articles",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("message_id", models.CharField(max_length=40, unique=True)),
                ("event", models.CharField(max_length=40, verbose_name="event")),
                ("body", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                ("delivered_at", models.DateTimeField(null=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("tries", models.JSONField(default=list)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="liveblog.webhook",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ("-pk",),
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_deliveries"
                    ),
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["webhook", "due_at", "id"],
                        name="due_deliveries_of_webhook",
                    ),
                    models.Index(fields=["created_at"], name="old_deliveries"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("kind", models.CharField(max_length=20)),
                ("subject", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_alerts")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "kind", "subject"), name="one_alert_of_a_thing")
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                (
                    "channel",
                    models.CharField(
                        choices=[("none", "Not at all"), ("email", "By email"), ("push", "On my devices")], max_length=8
                    ),
                ),
                ("minutes", models.PositiveIntegerField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("user", "kind"), name="one_choice_about_a_kind")],
            },
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_brand"),
        ),
    ]

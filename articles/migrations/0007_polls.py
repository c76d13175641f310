import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import articles.kinds


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0006_revisions_of_the_desk"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
        migrations.CreateModel(
            name="Vote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("voter", models.CharField(max_length=64)),
                ("choice", models.PositiveSmallIntegerField()),
                ("counted", models.BooleanField(default=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="update",
            name="closes_at",
            field=models.DateTimeField(
                blank=True,
                help_text="For a poll. It closes with the coverage in any case.",
                null=True,
                verbose_name="closes at",
            ),
        ),
        migrations.AlterField(
            model_name="update",
            name="kind",
            field=models.CharField(choices=articles.kinds.choices, default="text", max_length=12, verbose_name="kind"),
        ),
        migrations.AddIndex(
            model_name="update",
            index=models.Index(
                condition=models.Q(("closes_at__isnull", False)), fields=["closes_at"], name="closing_polls"
            ),
        ),
        migrations.AddField(
            model_name="vote",
            name="update",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="votes", to="articles.update"
            ),
        ),
        migrations.AddIndex(
            model_name="vote",
            index=models.Index(fields=["update", "choice"], name="votes_for_a_choice"),
        ),
        migrations.AddIndex(
            model_name="vote",
            index=models.Index(condition=models.Q(("counted", False)), fields=["update"], name="votes_to_count"),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.UniqueConstraint(fields=("update", "voter"), name="one_vote_per_browser"),
        ),
    ]

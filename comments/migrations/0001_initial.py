import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import liveblog.encryption
import liveblog.fields
import liveblog.moments.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("articles", "0001_initial"),
        ("auth", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Discussion",
            fields=[
                (
                    "article",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="discussion",
                        serialize=False,
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "policy",
                    models.CharField(
                        choices=[
                            ("approval", "After approval by a moderator"),
                            ("trusted", "Immediately for trusted authors, otherwise after approval"),
                            ("at-once", "Immediately"),
                            ("closed", "Comments are closed"),
                        ],
                        default="approval",
                        max_length=10,
                        verbose_name="comments appear",
                    ),
                ),
                (
                    "closes_at",
                    liveblog.moments.fields.MomentField(blank=True, null=True, verbose_name="comments close"),
                ),
            ],
            options={
                "verbose_name": "rules for comments",
                "verbose_name_plural": "rules for comments",
            },
        ),
        migrations.CreateModel(
            name="EmailAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", liveblog.encryption.EncryptedField()),
                ("email_hash", models.CharField(max_length=64, unique=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("silenced_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", liveblog.fields.LanguageField(verbose_name="language")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("text", models.TextField(max_length=3000, verbose_name="comment")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Awaiting moderation"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("spam", "Spam"),
                            ("deleted", "Deleted by its author"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "held",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("policy", "All comments here are moderated first"),
                            ("check", "Being checked for spam"),
                            ("unchecked", "Spam check failed"),
                            ("links", "Many links"),
                            ("words", "Contains a listed word"),
                            ("fast", "Typed faster than a person can"),
                            ("doubled", "Same text sent several times"),
                            ("edited", "Edited by its author"),
                            ("reported", "Reported by readers"),
                        ],
                        max_length=12,
                        verbose_name="held because",
                    ),
                ),
                ("held_detail", models.CharField(blank=True, max_length=120)),
                ("written_at", models.DateTimeField(auto_now_add=True, verbose_name="written")),
                ("edited_at", models.DateTimeField(blank=True, null=True, verbose_name="edited")),
                ("version", models.PositiveIntegerField(default=0)),
                ("featured", models.BooleanField(default=False, verbose_name="editors’ choice")),
                ("copy_group_made", models.UUIDField(editable=False, null=True)),
                ("shown", models.BooleanField(default=False, editable=False)),
                ("answers", models.PositiveIntegerField(default=0, editable=False)),
                ("email", liveblog.encryption.EncryptedField(blank=True, verbose_name="email")),
                ("email_hash", models.CharField(blank=True, max_length=64)),
                ("confirmed", models.BooleanField(default=False, editable=False)),
                ("page_language", liveblog.fields.LanguageField(default="en", verbose_name="language of the page")),
                ("notify", models.BooleanField(default=False, verbose_name="wants email notifications")),
                ("secret_hash", models.CharField(blank=True, max_length=64)),
                ("address", models.GenericIPAddressField(blank=True, null=True, verbose_name="link")),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("text_hash", models.CharField(blank=True, max_length=64)),
                ("queued_at", models.DateTimeField(blank=True, null=True, verbose_name="waiting since")),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("open_reports", models.PositiveIntegerField(default=0)),
                ("spam_task", models.CharField(blank=True, max_length=8)),
                ("spam_due_at", models.DateTimeField(blank=True, null=True)),
                ("spam_attempts", models.PositiveSmallIntegerField(default=0)),
                ("spam_failure", models.CharField(blank=True, max_length=20)),
                ("spam_verdict", models.CharField(blank=True, max_length=8)),
                ("recheck_reason", models.CharField(blank=True, max_length=40)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "claimed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="replies",
                        to="comments.comment",
                        verbose_name="in reply to",
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="members",
                        to="comments.comment",
                    ),
                ),
                (
                    "update_made",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="articles.update",
                    ),
                ),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ("-written_at", "-pk"),
                "permissions": [
                    ("feature_comment", "Can feature a comment and make an update of it"),
                    ("erase_comment", "Can export and erase what an e-mail address left"),
                ],
                "indexes": [
                    models.Index(fields=["article", "state", "-written_at", "-id"], name="newest_comments"),
                    models.Index(
                        condition=models.Q(("shown", True), ("thread__isnull", True)),
                        fields=["article", "-written_at", "-id"],
                        name="threads_by_time",
                    ),
                    models.Index(
                        condition=models.Q(("shown", True), ("thread__isnull", True)),
                        fields=["article", "-answers", "-written_at", "-id"],
                        name="threads_by_answers",
                    ),
                    models.Index(
                        condition=models.Q(("queued_at__isnull", False)),
                        fields=["queued_at", "id"],
                        name="queued_comments",
                    ),
                    models.Index(
                        condition=models.Q(("spam_due_at__isnull", False)),
                        fields=["spam_due_at"],
                        name="due_spam_checks",
                    ),
                    models.Index(fields=["email_hash", "state"], name="comments_of_an_author"),
                    models.Index(fields=["text_hash", "written_at"], name="comments_of_a_text"),
                    models.Index(fields=["secret_hash"], name="comments_by_secret"),
                    models.Index(fields=["address", "written_at"], name="comments_by_address"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(models.Q(("text", ""), _negated=True), models.Q(("name", ""), _negated=True)),
                            ("state", "deleted"),
                            _connector="OR",
                        ),
                        name="comment_says_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "waiting"), _negated=True), ("queued_at__isnull", False), _connector="OR"
                        ),
                        name="what_waits_is_in_the_queue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("parent__isnull", True), ("thread__isnull", False), _connector="OR"),
                        name="reply_stands_in_a_thread",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Commenter",
            fields=[],
            options={
                "verbose_name": "data of an email address",
                "verbose_name_plural": "data of an email address",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("comments.comment",),
        ),
        migrations.CreateModel(
            name="CommentDefaults",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "policy",
                    models.CharField(
                        choices=[
                            ("approval", "After approval by a moderator"),
                            ("trusted", "Immediately for trusted authors, otherwise after approval"),
                            ("at-once", "Immediately"),
                            ("closed", "Comments are closed"),
                        ],
                        default="approval",
                        max_length=10,
                        verbose_name="comments appear",
                    ),
                ),
            ],
            options={
                "verbose_name": "default rules for comments",
                "verbose_name_plural": "default rules for comments",
                "default_permissions": ("change",),
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_row_of_usual_rules")],
            },
        ),
        migrations.CreateModel(
            name="CommentTranslation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", liveblog.fields.LanguageField(verbose_name="language")),
                ("text", models.TextField()),
                ("engine", models.CharField(max_length=20)),
                ("text_hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(auto_now=True)),
                (
                    "comment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="translations",
                        to="comments.comment",
                        verbose_name="comment",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("comment", "language"), name="one_translation_of_a_comment")
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="time")),
                ("day", models.DateField(editable=False, verbose_name="time")),
                (
                    "actor",
                    models.CharField(
                        choices=[
                            ("moderator", "A moderator"),
                            ("author", "Its author"),
                            ("policy", "The article’s rules"),
                            ("spam", "The spam filter"),
                        ],
                        max_length=10,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "from_state",
                    models.CharField(
                        choices=[
                            ("waiting", "Awaiting moderation"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("spam", "Spam"),
                            ("deleted", "Deleted by its author"),
                        ],
                        max_length=12,
                        verbose_name="previous status",
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("waiting", "Awaiting moderation"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("spam", "Spam"),
                            ("deleted", "Deleted by its author"),
                        ],
                        max_length=12,
                        verbose_name="new status",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("version", models.PositiveIntegerField()),
                ("was_held", models.CharField(blank=True, max_length=12)),
                ("was_queued_at", models.DateTimeField(null=True)),
                ("had_reports", models.PositiveIntegerField(default=0)),
                (
                    "comment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="comments.comment",
                        verbose_name="comment",
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undone_by",
                        to="comments.decision",
                        verbose_name="reverses",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moderator",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision",
                "verbose_name_plural": "decisions",
                "ordering": ("-pk",),
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(fields=("comment", "version"), name="one_decision_on_a_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=40)),
                ("key", models.CharField(max_length=80, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("approved", "Approved"), ("answered", "Answered"), ("confirm", "Confirm")],
                        max_length=8,
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "address",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="comments.emailaddress",
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answer_emails",
                        to="comments.comment",
                    ),
                ),
                (
                    "comment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="emails",
                        to="comments.comment",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="due_emails")
                ],
            },
        ),
        migrations.CreateModel(
            name="ListedWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", liveblog.fields.LanguageField(verbose_name="language")),
                (
                    "word",
                    models.CharField(
                        help_text="Whole words, in upper or lower case. A * at the end stands for any ending.",
                        max_length=100,
                        verbose_name="word",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[("hold", "A moderator decides"), ("reject", "The comment is rejected")],
                        default="hold",
                        max_length=6,
                        verbose_name="consequence",
                    ),
                ),
            ],
            options={
                "verbose_name": "listed word",
                "verbose_name_plural": "listed words",
                "ordering": ("language", "word"),
                "constraints": [models.UniqueConstraint(fields=("language", "word"), name="a_word_is_listed_once")],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                ("text", models.TextField(max_length=1000, verbose_name="note")),
                (
                    "comment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="comments.comment",
                        verbose_name="comment",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moderator",
                    ),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ("pk",),
                "default_permissions": ("add", "view"),
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("abuse", "Abusive or hateful"),
                            ("spam", "Advertising"),
                            ("false", "Harmful misinformation"),
                            ("private", "Shares someone’s personal information"),
                            ("other", "Something else"),
                        ],
                        max_length=8,
                        verbose_name="reason",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=500, verbose_name="reader’s explanation")),
                ("reader_hash", models.CharField(blank=True, max_length=64)),
                (
                    "comment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="comments.comment",
                        verbose_name="comment",
                    ),
                ),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "ordering": ("-pk",),
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reader_hash", ""), _negated=True),
                        fields=("comment", "reader_hash"),
                        name="one_report_of_a_reader",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Ban",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email_hash", models.CharField(blank=True, db_index=True, max_length=64)),
                ("address", models.GenericIPAddressField(blank=True, db_index=True, null=True, verbose_name="link")),
                ("until", liveblog.moments.fields.MomentField(verbose_name="until")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moderator",
                    ),
                ),
            ],
            options={
                "verbose_name": "ban",
                "verbose_name_plural": "bans",
                "ordering": ("-pk",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("email_hash", ""), _negated=True), ("address__isnull", False), _connector="OR"
                        ),
                        name="ban_of_somebody",
                    )
                ],
            },
        ),
    ]

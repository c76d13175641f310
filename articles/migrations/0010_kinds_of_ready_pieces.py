from django.db import migrations, models

import articles.kinds


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0009_embeds"),
    ]

    operations = [
        migrations.AlterField(
            model_name="snippet",
            name="kind",
            field=models.CharField(choices=articles.kinds.choices, default="text", max_length=12, verbose_name="kind"),
        ),
    ]

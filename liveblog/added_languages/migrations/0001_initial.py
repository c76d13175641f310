from django.db import migrations

from liveblog.added_languages.operations import AddLanguages


class Migration(migrations.Migration):
    initial = True

    dependencies = [("articles", "__first__")]

    operations = [AddLanguages()]

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate


class AddedLanguagesConfig(AppConfig):
    """A separate app, whose migration follows the first ones of the models with translated columns.

    Its label sorts before "articles", so its migration precedes their later ones.
    """

    name = "liveblog.added_languages"
    label = "added_languages"
    verbose_name = "Added languages"

    def ready(self) -> None:
        from liveblog.added_languages.tables import bring_up_to_date

        # The signals come once for each app that has models.
        sender = apps.get_app_config("liveblog")
        # Before, because a migration may make a table again with its columns; after, because it may have added fields.
        pre_migrate.connect(bring_up_to_date, sender=sender, dispatch_uid="added languages, before")
        post_migrate.connect(bring_up_to_date, sender=sender, dispatch_uid="added languages, after")

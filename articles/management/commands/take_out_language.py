import os
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, models

from liveblog import languages
from liveblog.added_languages import environment, tables
from liveblog.added_languages.arguments import language
from liveblog.fields import LanguagesField, SourceLanguageField


class Command(BaseCommand):
    help = "Take a language out: readers are not offered it any more, and everything written in it stays stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="TAG", type=language, help="the language tag (BCP 47), such as pt-BR")
        parser.add_argument(
            "--drop-columns",
            action="store_true",
            help="also take the columns of an added language out of the database, if nothing was ever written in it",
        )

    def handle(self, *args: object, **options: Any) -> None:
        code = options["code"]
        tag = languages.tag(code)
        if code not in languages.KNOWN:
            raise CommandError(f"The site does not have {tag}.")
        offered = [each for each, _name in settings.LANGUAGES if each != code]
        if not offered:
            raise CommandError("A site offers at least one language.")
        if options["drop_columns"]:
            self._drop(code)
            names = [languages.tag(each) for each in tables.added() if each != code]
            environment.set_list("ADDED_LANGUAGES", names, self.stdout)
        if not options["drop_columns"] or os.environ.get("LANGUAGES"):
            environment.set_list("LANGUAGES", [*map(languages.tag, offered)], self.stdout)
        self.stdout.write(
            f"{tag} is taken out. Replace the processes (manage.py reload, or a restart). "
            + ("" if options["drop_columns"] else "Everything written in it stays stored.")
        )

    def _drop(self, code: str) -> None:
        tag = languages.tag(code)
        if code in languages.SHIPPED:
            raise CommandError(f"{tag} comes with the product. Its columns stay.")
        if used := used_by(code):
            raise CommandError(
                f"{tag} is in use: {'; '.join(used)}. Nothing was changed. Without --drop-columns, the language is no "
                "longer offered and its texts stay stored."
            )
        tables.remove(connection, code)


def used_by(code: str) -> list[str]:
    """Return labels of the rows that are written in a language or refer to it."""
    found = []
    for model in apps.get_models():
        name = str(model._meta.verbose_name_plural)
        for field in model._meta.concrete_fields:
            rows = model._base_manager.all()
            if field.name in _columns_of(model, code):
                rows = rows.exclude(**{f"{field.name}__isnull": True}).exclude(**{field.name: ""})
            elif isinstance(field, SourceLanguageField):
                rows = rows.filter(**{field.name: code})
            elif isinstance(field, LanguagesField):
                rows = rows.filter(**{f"{field.name}__has": code})
            else:
                continue
            if number := rows.count():
                found.append(f"{number} {name} ({field.name})")
    return found


def _columns_of(model: type[models.Model], code: str) -> dict[str, models.Field]:
    return tables.fields_in(model, code) if model in tables.translated_models() else {}

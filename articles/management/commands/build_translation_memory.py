from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from articles.models import TranslationUnit
from articles.translations.memory import recording

#: Translations between two lines about the progress.
_STEP = 1000


class Command(BaseCommand):
    help = "Put the reviewed translations into the translation memory that are not there yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="make it of all reviewed translations again")

    def handle(self, *args: object, **options: Any) -> None:
        count = 0
        for count, _row in enumerate(recording.build(again=options["again"]), 1):
            if options["verbosity"] and count % _STEP == 0:
                self.stdout.write(f"{count} translations …")
        if options["verbosity"]:
            total = TranslationUnit.objects.count()
            self.stdout.write(f"{count} translations were remembered. The memory has {total} passages.")

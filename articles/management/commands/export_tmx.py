from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.models import TranslationUnit
from articles.translations.memory import tmx


class Command(BaseCommand):
    help = "Write the translation memory into a TMX file: reviewed passages that are public."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", default="memory.tmx", metavar="PATH", help="the file (default: %(default)s)")
        parser.add_argument("--drafts", action="store_true", help="also what readers have not seen yet")

    def handle(self, *args: object, **options: Any) -> None:
        path = Path(options["to"])
        if path.exists():
            raise CommandError(f"{path} exists already. Name another file with --to.")
        found = TranslationUnit.objects.order_by("pk")
        try:
            with path.open("wb") as file:
                file.writelines(tmx.lines(tmx.write(found if options["drafts"] else found.public())))
        except OSError as error:
            raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.stdout.write(f"The memory was written to {path}.")

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from articles.translations.memory import tmx
from liveblog.languages import KNOWN


class Command(BaseCommand):
    help = "Add the translations of a TMX file to the translation memory."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file")
        parser.add_argument(
            "--source-language",
            default="",
            choices=["", *KNOWN],
            help="of the originals (default: as the file says)",
        )
        parser.add_argument("--dry-run", action="store_true", help="read the file; add nothing")

    def handle(self, *args: object, **options: Any) -> None:
        path = Path(options["file"])
        with translation.override("en"):
            try:
                with path.open("rb") as file:
                    outcome = tmx.load(file, path.name, options["source_language"], check_only=options["dry_run"])
            except (OSError, tmx.FileError) as error:
                raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.stdout.write(f"{outcome.added} added, {outcome.known} known already, {outcome.skipped} left out.")
            if outcome.languages:
                self.stdout.write(f"Languages left out: {', '.join(sorted(outcome.languages))}.")
